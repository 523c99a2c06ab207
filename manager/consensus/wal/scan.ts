import type { LogCipher } from './cipher.ts';
import {
  FrameFlag,
  type FrameHeader,
  frameAssociated,
  frameCrc,
  frameHeaderBytes,
  readFrameHeader,
  sectorBytes,
  storedCrc,
} from './frame.ts';
import { alignUp, isZero, viewOf } from './numbers.ts';
import { decodeRecord, type LogRecord } from './record.ts';
import { segmentHeaderBytes } from './segment.ts';

/** A whole segment in memory and what it continues. */
export interface SegmentContent {
  readonly bytes: Uint8Array;
  readonly sequence: number;
  readonly previousCrc: number;
}

/** How the groups of a segment end. */
export type SegmentTail =
  /** Nothing but zeros follows. */
  | { readonly kind: 'clean' }
  /** The last write never finished: what follows may be zeroed. */
  | { readonly kind: 'torn' }
  /** Bytes are not what was written; nothing may be thrown away. */
  | { readonly kind: 'corrupt'; readonly offset: number; readonly reason: string };

export interface ScannedSegment {
  readonly groups: readonly (readonly LogRecord[])[];
  /** Where the next group goes. */
  readonly end: number;
  /** crc32 of the last frame. */
  readonly crc: number;
  readonly tail: SegmentTail;
}

type FrameReading =
  | {
      readonly kind: 'frame';
      readonly header: FrameHeader;
      readonly crc: number;
      readonly record: LogRecord;
    }
  | { readonly kind: 'empty' }
  | { readonly kind: 'bad'; readonly reason: string };

type GroupReading =
  | {
      readonly kind: 'group';
      readonly records: readonly LogRecord[];
      readonly end: number;
      readonly crc: number;
    }
  | { readonly kind: 'stop'; readonly offset: number; readonly reason: string | undefined };

/** Reads every whole group of a segment and judges what follows the last one. Pure; costs one pass. */
export function scanSegment(content: SegmentContent, cipher: LogCipher): ScannedSegment {
  const groups: (readonly LogRecord[])[] = [];
  let end = segmentHeaderBytes;
  let crc = content.previousCrc;
  while (end < content.bytes.length) {
    const reading = readGroup({ ...content, previousCrc: crc }, end, cipher);
    if (reading.kind === 'stop') {
      return { groups, end, crc, tail: judgeTail(content, end, reading, cipher) };
    }
    groups.push(reading.records);
    end = reading.end;
    crc = reading.crc;
  }
  return { groups, end, crc, tail: { kind: 'clean' } };
}

function readGroup(content: SegmentContent, start: number, cipher: LogCipher): GroupReading {
  const records: LogRecord[] = [];
  let offset = start;
  let crc = content.previousCrc;
  for (;;) {
    const reading = readFrame({ ...content, previousCrc: crc }, offset, cipher);
    if (reading.kind !== 'frame') {
      return { kind: 'stop', offset, reason: reading.kind === 'bad' ? reading.reason : undefined };
    }
    const isStart = (reading.header.flags & FrameFlag.groupStart) !== 0;
    if (isStart !== (offset === start)) {
      return { kind: 'stop', offset, reason: 'frame stands at the wrong place of its group' };
    }
    records.push(reading.record);
    crc = reading.crc;
    offset = alignUp(offset + frameHeaderBytes + reading.header.length, 8);
    if ((reading.header.flags & FrameFlag.groupEnd) !== 0) {
      return { kind: 'group', records, end: alignUp(offset, sectorBytes), crc };
    }
  }
}

function readFrame(content: SegmentContent, offset: number, cipher: LogCipher): FrameReading {
  const { bytes } = content;
  if (offset >= bytes.length)
    return { kind: 'bad', reason: 'group runs over the end of its segment' };
  if (isZero(bytes.subarray(offset, sectorEnd(offset)))) return { kind: 'empty' };
  const header = readFrameHeader(bytes, offset);
  if (header === undefined) return { kind: 'bad', reason: 'frame header is damaged' };
  const crc = frameCrc(bytes, offset, header.length, content.previousCrc);
  if (crc !== storedCrc(bytes, offset)) return { kind: 'bad', reason: 'checksum does not match' };
  const payload = openFrame(content, offset, header, cipher);
  if (payload === undefined) return { kind: 'bad', reason: 'seal does not open' };
  const record = decodeRecord({ ...header, payload });
  if (record === undefined) return { kind: 'bad', reason: 'record is malformed' };
  return { kind: 'frame', header, crc, record };
}

function openFrame(
  content: SegmentContent,
  offset: number,
  header: FrameHeader,
  cipher: LogCipher,
): Uint8Array | undefined {
  const start = offset + frameHeaderBytes;
  return cipher.open(content.bytes.subarray(start, start + header.length), {
    nonce: header.nonce,
    associated: frameAssociated(content.sequence, offset, header),
  });
}

/**
 * Tells a write that never finished from damage. Both show as a group that cannot be read.
 *
 * Damage for certain: a later group that opens under the key, for a group is written only after the one before it was
 * synced. Otherwise a write is torn if, and only if, a sector of it is missing, which reads as zeros: segments are
 * zero-filled before use. A group whose every sector is there was written whole, so a wrong byte in it is bit rot of what
 * may have been acknowledged. (After Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST'18.)
 */
function judgeTail(
  content: SegmentContent,
  groupStart: number,
  stop: { readonly offset: number; readonly reason: string | undefined },
  cipher: LogCipher,
): SegmentTail {
  const { bytes } = content;
  if (isZero(bytes.subarray(groupStart))) return { kind: 'clean' };
  if (hasLaterGroup(content, groupStart, cipher)) {
    return { kind: 'corrupt', offset: stop.offset, reason: stop.reason ?? 'a sector was lost' };
  }
  if (hasLostSector(bytes, stop.offset)) return { kind: 'torn' };
  return { kind: 'corrupt', offset: stop.offset, reason: stop.reason ?? 'frame is missing' };
}

function hasLaterGroup(content: SegmentContent, groupStart: number, cipher: LogCipher): boolean {
  const { bytes } = content;
  const view = viewOf(bytes);
  for (let offset = groupStart + sectorBytes; offset < bytes.length; offset += sectorBytes) {
    if (view.getUint32(offset, true) === 0) continue;
    const header = readFrameHeader(bytes, offset);
    if (header === undefined || (header.flags & FrameFlag.groupStart) === 0) continue;
    if (openFrame(content, offset, header, cipher) !== undefined) return true;
  }
  return false;
}

/** True when a whole sector of the frame at `offset` reads as zeros; of its header only, when that cannot be believed. */
function hasLostSector(bytes: Uint8Array, offset: number): boolean {
  const header = readFrameHeader(bytes, offset);
  const end = offset + frameHeaderBytes + (header?.length ?? 0);
  for (let start = offset - (offset % sectorBytes); start < end; start += sectorBytes) {
    if (isZero(bytes.subarray(start, start + sectorBytes))) return true;
  }
  return false;
}

function sectorEnd(offset: number): number {
  return offset - (offset % sectorBytes) + sectorBytes;
}
