import type { MountBody, StringMap } from '../../../common/ports/engine-api.ts';
import { ShoalError } from '../../../common/pure/errors.ts';
import { MountType, type Mount } from '../../../proto/gen/specs.ts';
import { expandTemplate, type TemplateContext } from './template.ts';

/**
 * A mount as the engine takes it. Templates may stand in source, target, and the labels and driver options of a volume.
 * @throws ShoalError `invalidArgument` for a template that does not expand, or a type that this version does not know.
 */
export function mountBody(mount: Mount, context: TemplateContext): MountBody {
  const expand = (text: string): string => expandTemplate(text, 'mounts', context);
  const common = {
    Target: expand(mount.target),
    ReadOnly: mount.readOnly,
    ...(mount.source === '' ? {} : { Source: expand(mount.source) }),
    ...(mount.consistency === '' ? {} : { Consistency: mount.consistency }),
  };
  switch (mount.type) {
    case MountType.bind:
      return { Type: 'bind', ...common, BindOptions: bindOptions(mount) };
    case MountType.volume:
      return { Type: 'volume', ...common, VolumeOptions: volumeOptions(mount, expand) };
    case MountType.tmpfs:
      return { Type: 'tmpfs', ...common, TmpfsOptions: tmpfsOptions(mount) };
    default:
      throw new ShoalError('invalidArgument', 'the type of a mount is not known on this node');
  }
}

function bindOptions(mount: Mount): NonNullable<MountBody['BindOptions']> {
  return {
    ...(mount.bindPropagation === '' ? {} : { Propagation: mount.bindPropagation }),
    ...(mount.bindNonRecursive ? { NonRecursive: true } : {}),
    ...(mount.bindCreateMountpoint ? { CreateMountpoint: true } : {}),
  };
}

function volumeOptions(
  mount: Mount,
  expand: (text: string) => string,
): NonNullable<MountBody['VolumeOptions']> {
  const expandAll = (map: ReadonlyMap<string, string>): StringMap =>
    Object.fromEntries([...map].map(([key, value]) => [key, expand(value)]));
  const options = expandAll(mount.volumeDriverOptions);
  const hasDriver = mount.volumeDriver !== '' || mount.volumeDriverOptions.size > 0;
  return {
    NoCopy: mount.volumeNoCopy,
    Labels: expandAll(mount.volumeLabels),
    ...(hasDriver ? { DriverConfig: { Name: mount.volumeDriver, Options: options } } : {}),
    ...(mount.volumeSubpath === '' ? {} : { Subpath: mount.volumeSubpath }),
  };
}

function tmpfsOptions(mount: Mount): NonNullable<MountBody['TmpfsOptions']> {
  return {
    ...(mount.tmpfsSizeBytes === 0 ? {} : { SizeBytes: mount.tmpfsSizeBytes }),
    ...(mount.tmpfsMode === 0 ? {} : { Mode: mount.tmpfsMode }),
  };
}
