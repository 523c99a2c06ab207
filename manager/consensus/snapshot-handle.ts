import { digestBytes } from './wal/cipher.ts';
import { readU64, viewOf, writeU64 } from './wal/numbers.ts';

/** What a snapshot's content is, wherever it lies: its length and its digest. */
export interface SnapshotHandle {
  readonly bytes: number;
  readonly sha256: Uint8Array;
}

/** The handle as the Raft library carries it in place of the content. */
export function encodeHandle({ bytes, sha256 }: SnapshotHandle): Uint8Array {
  const data = new Uint8Array(8 + digestBytes);
  writeU64(viewOf(data), 0, bytes);
  data.set(sha256, 8);
  return data;
}

/** Undefined: the bytes are no handle. */
export function decodeHandle(data: Uint8Array): SnapshotHandle | undefined {
  if (data.length !== 8 + digestBytes) return undefined;
  const bytes = readU64(viewOf(data), 0);
  return bytes === undefined ? undefined : { bytes, sha256: data.slice(8) };
}
