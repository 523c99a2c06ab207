import { formatRfc3339 } from '../../common/pure/rfc3339.ts';
import type { JsonRecord } from './json.ts';

/** What every object of the cluster begins with. Times are milliseconds since the Unix epoch. */
export interface ShownMeta {
  readonly id: string;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export function writeMeta(meta: ShownMeta): JsonRecord {
  return {
    ID: meta.id,
    Version: { Index: meta.version },
    CreatedAt: formatRfc3339(meta.createdAtMs),
    UpdatedAt: formatRfc3339(meta.updatedAtMs),
  };
}
