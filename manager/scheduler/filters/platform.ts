import type { Platform } from '../../../proto/gen/specs.ts';
import { normaliseArchitecture } from '../../store/architecture.ts';
import { countNodes, type Filter } from './filter.ts';

/** The image runs on the node's operating system and architecture; an empty one means any. */
export const platformFilter: Filter = {
  isDynamic: false,
  check: ({ spec }, { row }) => {
    const platforms = spec.placement?.platforms ?? [];
    if (platforms.length === 0) return true;
    const own = row.status.description?.platform;
    return own !== undefined && platforms.some((platform) => fits(platform, own));
  },
  explain: (nodes) => `unsupported platform on ${countNodes(nodes)}`,
};

function fits(wanted: Platform, own: Platform): boolean {
  const architecture = normaliseArchitecture(wanted.architecture);
  const os = wanted.os.toLowerCase();
  return (
    (architecture === '' || architecture === normaliseArchitecture(own.architecture)) &&
    (os === '' || os === own.os.toLowerCase())
  );
}
