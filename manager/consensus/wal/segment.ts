import { invariant } from '../../../common/pure/invariant.ts';
import { crc32 } from '../../../common/pure/crc.ts';
import { keyIdBytes } from './cipher.ts';
import { sectorBytes } from './frame.ts';
import { readU64, viewOf, writeU64 } from './numbers.ts';

/** The header takes the first sector of a segment; the first group follows. */
export const segmentHeaderBytes: number = sectorBytes;
/** The format that this code writes. */
const segmentVersion = 1;

const magic = new TextEncoder().encode('SHOALWAL');
const clusterIdBytesMax = 64;

/**
 * What the first sector of a segment says. Little end first:
 *
 *     0 magic 8 · 8 version u32 · 12 crc32 u32 of all the other bytes · 16 sequence u64 · 24 firstIndex u64 · 32 memberId u64
 *    40 segmentBytes u64 · 48 epoch u32 · 52 previousCrc u32 · 56 keyId 8 · 64 length of clusterId u16 · 66 clusterId
 */
export interface SegmentHeader {
  /** 1 for the first segment of a log, then one more each. */
  readonly sequence: number;
  /** Index that the next new entry had when the segment was begun. */
  readonly firstIndex: number;
  readonly memberId: number;
  readonly clusterId: string;
  /** Length of the file. */
  readonly segmentBytes: number;
  /** Nonce epoch of the opening that began the segment. */
  readonly epoch: number;
  /** crc32 of the last frame of the previous segment; 0 in the first. */
  readonly previousCrc: number;
  readonly keyId: Uint8Array;
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(segmentHeaderBytes);
  const view = viewOf(bytes);
  const clusterId = new TextEncoder().encode(header.clusterId);
  invariant(clusterId.length <= clusterIdBytesMax, 'a cluster id fits into the header');
  bytes.set(magic, 0);
  view.setUint32(8, segmentVersion, true);
  writeU64(view, 16, header.sequence);
  writeU64(view, 24, header.firstIndex);
  writeU64(view, 32, header.memberId);
  writeU64(view, 40, header.segmentBytes);
  view.setUint32(48, header.epoch, true);
  view.setUint32(52, header.previousCrc, true);
  bytes.set(header.keyId, 56);
  view.setUint16(64, clusterId.length, true);
  bytes.set(clusterId, 66);
  view.setUint32(12, headerCrc(bytes), true);
  return bytes;
}

/** The header, or why it is none: `damaged`, or `newer` when a later format wrote it. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | 'damaged' | 'newer' {
  if (bytes.length < segmentHeaderBytes) return 'damaged';
  const view = viewOf(bytes);
  if (view.getUint32(12, true) !== headerCrc(bytes.subarray(0, segmentHeaderBytes)))
    return 'damaged';
  if (!magic.every((byte, offset) => bytes[offset] === byte)) return 'damaged';
  if (view.getUint32(8, true) > segmentVersion) return 'newer';
  const sequence = readU64(view, 16);
  const firstIndex = readU64(view, 24);
  const memberId = readU64(view, 32);
  const segmentBytes = readU64(view, 40);
  if (sequence === undefined || firstIndex === undefined) return 'damaged';
  if (memberId === undefined || segmentBytes === undefined) return 'damaged';
  return {
    sequence,
    firstIndex,
    memberId,
    clusterId: new TextDecoder().decode(bytes.subarray(66, 66 + view.getUint16(64, true))),
    segmentBytes,
    epoch: view.getUint32(48, true),
    previousCrc: view.getUint32(52, true),
    keyId: bytes.slice(56, 56 + keyIdBytes),
  };
}

/** `0000000000000001-0000000000000001.wal`: sequence and first index, in hexadecimal. */
export function segmentName(sequence: number, firstIndex: number): string {
  return `${hex16(sequence)}-${hex16(firstIndex)}.wal`;
}

/** Reads a segment's name; undefined for any other file. */
export function parseSegmentName(
  name: string,
): { sequence: number; firstIndex: number } | undefined {
  const match = /^([0-9a-f]{16})-([0-9a-f]{16})\.wal$/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const sequence = Number.parseInt(match[1], 16);
  const firstIndex = Number.parseInt(match[2], 16);
  if (!Number.isSafeInteger(sequence) || !Number.isSafeInteger(firstIndex)) return undefined;
  return { sequence, firstIndex };
}

/** Sixteen hexadecimal digits. */
export function hex16(value: number): string {
  return value.toString(16).padStart(16, '0');
}

function headerCrc(bytes: Uint8Array): number {
  return crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12)));
}
