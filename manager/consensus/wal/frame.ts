import { crc16, crc32 } from '../../../common/pure/crc.ts';
import { nonceBytes, tagBytes } from './cipher.ts';
import { alignUp, readU64, viewOf, writeU64 } from './numbers.ts';

/**
 * One frame, little end first:
 *
 *     0  length u32    bytes of payload (ciphertext and tag)
 *     4  crc32 u32     of all but itself and the padding, continued from the previous frame's
 *     8  type u8
 *     9  flags u8      groupStart, groupEnd
 *    10  check u16     CRC-16 of the rest of the header without crc32: is `length` to be believed?
 *    12  index u64
 *    20  term u64
 *    28  nonce 12
 *    40  payload, then zeros up to a multiple of 8
 *
 * A group is the frames of one write and one sync; it starts at a sector. So no write ever touches a sector that holds
 * what was synced before, and a torn write leaves whole sectors of zeros, which tells it from bit rot.
 */
export const frameHeaderBytes = 40;
/** What a disk writes as a whole or not at all. */
export const sectorBytes = 512;

export const FrameType = {
  entries: 1,
  hardState: 2,
  snapshotMark: 3,
  identity: 4,
  keyEpoch: 5,
} as const;
export type FrameTypeCode = (typeof FrameType)[keyof typeof FrameType];

export const FrameFlag = { groupStart: 1, groupEnd: 2 } as const;

const typeCodes: ReadonlySet<number> = new Set(Object.values(FrameType));
const knownFlags = FrameFlag.groupStart | FrameFlag.groupEnd;

/** The header without its two sums. */
export interface FrameHeader {
  /** Bytes of payload, the tag included. */
  readonly length: number;
  readonly type: FrameTypeCode;
  readonly flags: number;
  readonly index: number;
  readonly term: number;
  readonly nonce: Uint8Array;
}

/** Bytes that a frame with so many plain bytes takes, padding included. */
export function frameBytes(plainBytes: number): number {
  return alignUp(frameHeaderBytes + plainBytes + tagBytes, 8);
}

/** Writes header and sums at `offset`; the payload is there already. @returns the frame's crc32. */
export function sealFrame(
  bytes: Uint8Array,
  offset: number,
  header: FrameHeader,
  previousCrc: number,
): number {
  const view = viewOf(bytes);
  view.setUint32(offset, header.length, true);
  view.setUint8(offset + 8, header.type);
  view.setUint8(offset + 9, header.flags);
  writeU64(view, offset + 12, header.index);
  writeU64(view, offset + 20, header.term);
  bytes.set(header.nonce, offset + 28);
  view.setUint16(offset + 10, headerCheck(bytes, offset), true);
  const crc = frameCrc(bytes, offset, header.length, previousCrc);
  view.setUint32(offset + 4, crc, true);
  return crc;
}

/** The header at `offset` if its check holds and the frame fits into `bytes`. Says nothing about the payload. */
export function readFrameHeader(bytes: Uint8Array, offset: number): FrameHeader | undefined {
  if (offset + frameHeaderBytes > bytes.length) return undefined;
  const view = viewOf(bytes);
  if (view.getUint16(offset + 10, true) !== headerCheck(bytes, offset)) return undefined;
  const length = view.getUint32(offset, true);
  const type = view.getUint8(offset + 8);
  const flags = view.getUint8(offset + 9);
  const index = readU64(view, offset + 12);
  const term = readU64(view, offset + 20);
  if (index === undefined || term === undefined) return undefined;
  if (!isFrameType(type) || (flags & ~knownFlags) !== 0) return undefined;
  if (length < tagBytes || offset + frameHeaderBytes + length > bytes.length) return undefined;
  const nonce = bytes.subarray(offset + 28, offset + 28 + nonceBytes);
  return { length, type, flags, index, term, nonce };
}

/** The crc32 that stands in the frame. */
export function storedCrc(bytes: Uint8Array, offset: number): number {
  return viewOf(bytes).getUint32(offset + 4, true);
}

/** The crc32 that the frame's bytes give. */
export function frameCrc(
  bytes: Uint8Array,
  offset: number,
  length: number,
  previousCrc: number,
): number {
  const lengthField = bytes.subarray(offset, offset + 4);
  const rest = bytes.subarray(offset + 8, offset + frameHeaderBytes + length);
  return crc32(rest, crc32(lengthField, previousCrc));
}

/** What a frame's payload is bound to, so that it can be moved nowhere: segment, offset, type, flags, index, term. */
export function frameAssociated(
  segment: number,
  offset: number,
  header: Omit<FrameHeader, 'length' | 'nonce'>,
): Uint8Array {
  const bytes = new Uint8Array(40);
  const view = viewOf(bytes);
  writeU64(view, 0, segment);
  writeU64(view, 8, offset);
  view.setUint8(16, header.type);
  view.setUint8(17, header.flags);
  writeU64(view, 24, header.index);
  writeU64(view, 32, header.term);
  return bytes;
}

function isFrameType(code: number): code is FrameTypeCode {
  return typeCodes.has(code);
}

function headerCheck(bytes: Uint8Array, offset: number): number {
  const covered = new Uint8Array(34);
  covered.set(bytes.subarray(offset, offset + 4), 0);
  covered.set(bytes.subarray(offset + 8, offset + 10), 4);
  covered.set(bytes.subarray(offset + 12, offset + frameHeaderBytes), 6);
  return crc16(covered);
}
