import type { LogCipher, NonceSource } from './cipher.ts';
import { tagBytes } from './cipher.ts';
import {
  FrameFlag,
  frameAssociated,
  frameBytes,
  frameHeaderBytes,
  sealFrame,
  sectorBytes,
} from './frame.ts';
import { alignUp } from './numbers.ts';
import { encodeRecord, type LogRecord, type PlainFrame } from './record.ts';

/** Where a group goes and what it continues. */
export interface GroupPlace {
  /** Sequence of the segment. */
  readonly segment: number;
  /** Byte in the segment; a multiple of the sector. */
  readonly offset: number;
  /** crc32 of the frame before it. */
  readonly previousCrc: number;
}

/** The bytes of a group, a multiple of the sector, and the crc32 that the next one continues. */
export interface SealedGroup {
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/** Turns records into frames that are sealed for `place`. Costs one copy and one pass of cipher and sum. */
export function sealGroup(
  frames: readonly PlainFrame[],
  place: GroupPlace,
  secrets: { readonly cipher: LogCipher; readonly nonces: NonceSource },
): SealedGroup {
  const bytes = new Uint8Array(groupBytes(frames));
  let crc = place.previousCrc;
  let offset = 0;
  for (const [position, frame] of frames.entries()) {
    const header = {
      length: frame.payload.length + tagBytes,
      type: frame.type,
      flags: flagsOf(position, frames.length),
      index: frame.index,
      term: frame.term,
      nonce: secrets.nonces.next(),
    };
    const associated = frameAssociated(place.segment, place.offset + offset, header);
    const sealed = secrets.cipher.seal(frame.payload, { nonce: header.nonce, associated });
    bytes.set(sealed, offset + frameHeaderBytes);
    crc = sealFrame(bytes, offset, header, crc);
    offset += frameBytes(frame.payload.length);
  }
  return { bytes, crc };
}

/** Bytes that these frames take on disk as one group. */
export function groupBytes(frames: readonly PlainFrame[]): number {
  const total = frames.reduce((sum, frame) => sum + frameBytes(frame.payload.length), 0);
  return alignUp(total, sectorBytes);
}

export function encodeRecords(records: readonly LogRecord[]): PlainFrame[] {
  return records.map(encodeRecord);
}

function flagsOf(position: number, count: number): number {
  const start = position === 0 ? FrameFlag.groupStart : 0;
  const end = position === count - 1 ? FrameFlag.groupEnd : 0;
  return start | end;
}
