import { existsSync } from 'node:fs';

/** Where the scripts of etcd's raft are: `SHOAL_RAFT_VECTORS`, or beside the repository; undefined: nowhere. */
export function vectorsDirectory(): string | undefined {
  const beside = new URL('../../../../shared/reference/raft-vectors', import.meta.url).pathname;
  const directory = process.env['SHOAL_RAFT_VECTORS'] ?? beside;
  return existsSync(directory) ? directory : undefined;
}

/** Our own scripts in the same format, for what those do not reach. */
export const ownScripts: string = new URL('../../testdata/raft', import.meta.url).pathname;
