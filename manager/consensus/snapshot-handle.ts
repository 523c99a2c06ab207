import { digestBytes } from './wal/cipher.ts';
import { readU64, viewOf, writeU64 } from './wal/numbers.ts';
import type { SnapshotContent } from './wal/record.ts';

/** The handle as the Raft library carries it in place of the content. */
export function encodeHandle({ bytes, sha256 }: SnapshotContent): Uint8Array {
  const data = new Uint8Array(8 + digestBytes);
  writeU64(viewOf(data), 0, bytes);
  data.set(sha256, 8);
  return data;
}

/** Undefined: the bytes are no handle. */
export function decodeHandle(data: Uint8Array): SnapshotContent | undefined {
  if (data.length !== 8 + digestBytes) return undefined;
  const bytes = readU64(viewOf(data), 0);
  return bytes === undefined ? undefined : { bytes, sha256: data.slice(8) };
}
