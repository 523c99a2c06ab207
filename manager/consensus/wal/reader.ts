import { equalBytes } from '../../../common/pure/bytes.ts';
import { isShoalError } from '../../../common/pure/errors.ts';
import type { Disk, DiskFile } from '../../../common/ports/disk.ts';
import type { LogCipher } from './cipher.ts';
import { corrupt, tooNew } from './failure.ts';
import { LogState } from './log-state.ts';
import { type ScannedSegment, scanSegment } from './scan.ts';
import {
  decodeSegmentHeader,
  parseSegmentName,
  type SegmentHeader,
  segmentName,
} from './segment.ts';
import { openSpare, sparePath } from './spare.ts';

/** Whose log is expected, and where. */
export interface LogPlace {
  /** Directory of the segments. */
  readonly directory: string;
  readonly clusterId: string;
  /** Raft id, 48 bits. */
  readonly memberId: number;
}

export interface SegmentFile {
  readonly name: string;
  readonly sequence: number;
  readonly firstIndex: number;
}

/** A log that was read to its end. */
export interface ReadLog {
  readonly state: LogState;
  /** Oldest first; the last one is open for appending. */
  readonly segments: readonly SegmentFile[];
  /** Where the next group goes in the last segment. */
  readonly end: number;
  /** Length of the last segment. */
  readonly endBytes: number;
  /** crc32 of the last frame. */
  readonly crc: number;
  /** False when the log holds no group yet: it was just begun. */
  readonly hasGroups: boolean;
}

/** Bytes written at a time when the end of the log is settled. */
const chunkBytes = 1024 * 1024;

/**
 * Reads and verifies every segment, oldest first. Cuts a torn tail of the last one and makes the rest of it durable; anything else that is
 * not as written is refused.
 *
 * @returns undefined when there is no segment.
 * @throws `corrupt`, `dataRootTooNew`, or what the disk throws.
 */
export async function readLog(
  place: LogPlace,
  ports: { readonly disk: Disk; readonly cipher: LogCipher },
): Promise<ReadLog | undefined> {
  const segments = await listSegments(place, ports.disk);
  const first = segments[0];
  if (first === undefined) return undefined;
  const state = new LogState(first.firstIndex);
  let hasGroups = false;
  let crc: number | undefined;
  let end = 0;
  let endBytes = 0;
  for (const segment of segments) {
    const bytes = await ports.disk.readFile(`${place.directory}/${segment.name}`);
    const header = checkHeader(bytes, segment, place, ports.cipher);
    checkChain(segment, header, { crc, lastIndex: state.lastIndex });
    const scanned = scanSegment(
      { bytes, sequence: segment.sequence, previousCrc: header.previousCrc },
      ports.cipher,
    );
    applyGroups(state, scanned, segment);
    checkTail(scanned, segment, segment === segments.at(-1));
    if (segment === segments.at(-1)) {
      const path = `${place.directory}/${segment.name}`;
      bytes.fill(0, scanned.end);
      await settle(ports.disk, { directory: place.directory, path, bytes });
    }
    hasGroups ||= scanned.groups.length > 0;
    ({ crc, end } = scanned);
    endBytes = bytes.length;
  }
  checkWhole(state, hasGroups || segments.length > 1);
  return { state, segments, end, endBytes, crc: crc ?? 0, hasGroups };
}

async function listSegments(place: LogPlace, disk: Disk): Promise<SegmentFile[]> {
  const found: SegmentFile[] = [];
  for (const { name } of await disk.list(place.directory)) {
    const parsed = parseSegmentName(name);
    if (parsed !== undefined) found.push({ name, ...parsed });
  }
  found.sort((left, right) => left.sequence - right.sequence);
  for (const [position, segment] of found.entries()) {
    const expected = (found[0]?.sequence ?? 0) + position;
    if (segment.sequence !== expected) {
      throw corrupt('a segment of the log is missing', { sequence: expected });
    }
  }
  return found;
}

function checkHeader(
  bytes: Uint8Array,
  segment: SegmentFile,
  place: LogPlace,
  cipher: LogCipher,
): SegmentHeader {
  const fields = { segment: segment.name };
  const header = decodeSegmentHeader(bytes);
  if (header === 'newer') throw tooNew('the log', fields);
  if (header === 'damaged') throw corrupt('the header of a segment is damaged', fields);
  if (segmentName(header.sequence, header.firstIndex) !== segment.name) {
    throw corrupt('a segment of the log has the name of another', fields);
  }
  if (header.segmentBytes !== bytes.length) {
    throw corrupt('a segment of the log does not have its length', fields);
  }
  if (header.clusterId !== place.clusterId || header.memberId !== place.memberId) {
    throw corrupt('the log belongs to another member', fields);
  }
  if (!equalBytes(header.keyId, cipher.keyId)) {
    throw corrupt('the log was written with another data key', fields);
  }
  return header;
}

function checkChain(
  segment: SegmentFile,
  header: SegmentHeader,
  before: { readonly crc: number | undefined; readonly lastIndex: number },
): void {
  if (before.crc === undefined) return;
  const continues = header.previousCrc === before.crc && header.firstIndex === before.lastIndex + 1;
  if (!continues) throw corrupt('the end of a segment is missing', { before: segment.name });
}

function applyGroups(state: LogState, scanned: ScannedSegment, segment: SegmentFile): void {
  for (const group of scanned.groups) {
    for (const record of group) {
      const complaint = state.apply(record);
      if (complaint !== undefined) {
        throw corrupt('the log contradicts itself', { segment: segment.name, complaint });
      }
    }
  }
}

function checkTail(scanned: ScannedSegment, segment: SegmentFile, isLast: boolean): void {
  const { tail } = scanned;
  if (tail.kind === 'clean' || (tail.kind === 'torn' && isLast)) return;
  const where = tail.kind === 'torn' ? { offset: scanned.end, reason: 'unfinished write' } : tail;
  throw corrupt('the log is damaged', {
    segment: segment.name,
    offset: where.offset,
    reason: where.reason,
  });
}

function checkWhole(state: LogState, mustBeWhole: boolean): void {
  const complaint = mustBeWhole ? state.complaint() : undefined;
  if (complaint !== undefined) throw corrupt('the log is not whole', { complaint });
}

interface LastSegment {
  readonly directory: string;
  readonly path: string;
  /** What it is to hold: what a write left that never finished is zeroed. */
  readonly bytes: Uint8Array;
}

/**
 * Makes what was read of the last segment durable, and zeroes what a write left that never finished.
 *
 * All of it is written anew: after a sync that failed the kernel may hold bytes that can be read, count as clean, and are not on the disk, so
 * that another sync alone would not bring them there (Rebello et al., "Can Applications Recover from fsync Failures?", 2020). And into another
 * file, which takes the place of this one: a write in place that a power cut ends may lose what was on the disk already.
 */
async function settle(disk: Disk, segment: LastSegment): Promise<void> {
  const { directory, path, bytes } = segment;
  const copy = sparePath(directory);
  try {
    await using file = await openSpare(disk, copy, bytes.length);
    await writeAll(file, bytes);
  } catch (error) {
    if (!isShoalError(error, 'limitExceeded')) throw error;
    await disk.remove(copy);
    return await settleInPlace(disk, segment);
  }
  await disk.rename(copy, path);
  await disk.syncDirectory(directory);
}

/** On a full disk there is no room for a copy. */
async function settleInPlace(disk: Disk, { path, bytes }: LastSegment): Promise<void> {
  await using file = await disk.open(path, 'write');
  await writeAll(file, bytes);
}

async function writeAll(file: DiskFile, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    await file.write(offset, bytes.slice(offset, offset + chunkBytes));
  }
  await file.sync();
}
