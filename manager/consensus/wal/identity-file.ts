import { isShoalError } from '../../../common/pure/errors.ts';
import type { Disk } from '../../../common/ports/disk.ts';
import { corrupt, tooNew } from './failure.ts';

const fileVersion = 1;

/** Whose directory this is. */
export interface MemberIdentity {
  readonly clusterId: string;
  /** Raft id, 48 bits. */
  readonly memberId: number;
}

/**
 * `identity.json` beside the log: it shows that this member had a log, should the log be gone. A member that forgot its
 * votes and acknowledgements must not go on under its old id.
 * @throws `corrupt` when it is another member's, or damaged, `dataRootTooNew`, and what the disk throws.
 */
export async function identityExists(
  directory: string,
  expected: MemberIdentity,
  disk: Disk,
): Promise<boolean> {
  const text = await readText(`${directory}/identity.json`, disk);
  const fields = { file: `${directory}/identity.json` };
  if (text === undefined) return false;
  if (text !== encode(expected)) {
    if (versionOf(text) > fileVersion) throw tooNew('the identity of this member', fields);
    throw corrupt('the data root belongs to another member', fields);
  }
  return true;
}

/** Writes `identity.json` and makes it durable; called when the log's first group is. */
export async function writeIdentity(
  directory: string,
  identity: MemberIdentity,
  disk: Disk,
): Promise<void> {
  const path = `${directory}/identity.json`;
  await disk.remove(`${path}.tmp`);
  const file = await disk.open(`${path}.tmp`, 'create');
  await file.write(0, new TextEncoder().encode(encode(identity)));
  await file.sync();
  await file.close();
  await disk.rename(`${path}.tmp`, path);
  await disk.syncDirectory(directory);
}

function encode(identity: MemberIdentity): string {
  const memberId = identity.memberId.toString(16);
  return `${JSON.stringify({ version: fileVersion, clusterId: identity.clusterId, memberId })}\n`;
}

/** 0 when it says none. */
function versionOf(text: string): number {
  return Number(/^\{"version":(\d+),.*\}\n?$/s.exec(text)?.[1] ?? 0);
}

async function readText(path: string, disk: Disk): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await disk.readFile(path));
  } catch (error) {
    if (isShoalError(error, 'notFound')) return undefined;
    throw error;
  }
}
