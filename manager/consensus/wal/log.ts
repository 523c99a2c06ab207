import type { ShoalError } from '../../../common/pure/errors.ts';
import { invariant } from '../../../common/pure/invariant.ts';
import type { Disk, DiskFile } from '../../../common/ports/disk.ts';
import { TaskGroup } from '../../../common/run/task-group.ts';
import type { Entry } from '../../raft/entry.ts';
import type { HardState } from '../../raft/snapshot.ts';
import type { LogCipher, NonceSource } from './cipher.ts';
import { storageFailed } from './failure.ts';
import { encodeRecords, groupBytes, sealGroup } from './group.ts';
import { LogState } from './log-state.ts';
import { type LogPlace, type ReadLog, readLog, type SegmentFile } from './reader.ts';
import { type LogIdentity, type LogRecord, recordBytes, type SnapshotMark } from './record.ts';
import { encodeSegmentHeader, segmentHeaderBytes, segmentName } from './segment.ts';
import { SpareSegment } from './spare.ts';

export interface LogOptions extends LogPlace {
  /** Who votes, as the first group of each segment says. */
  readonly voters: readonly number[];
  /** Length of a new segment; a multiple of the sector that holds several groups. */
  readonly segmentBytes: number;
  /** A group that has so many bytes of payload is written without waiting for more. */
  readonly groupBytes: number;
}

export interface LogPorts {
  readonly disk: Disk;
  readonly cipher: LogCipher;
  /** One source for all that one opening seals. */
  readonly nonces: NonceSource;
}

interface Append {
  readonly records: readonly LogRecord[];
  readonly bytes: number;
  resolve(): void;
  reject(error: ShoalError): void;
}

interface OpenSegment {
  readonly segment: SegmentFile;
  readonly file: DiskFile;
  readonly bytes: number;
  /** Where the next group goes. */
  end: number;
}

/** Rounds of microtasks that a group waits for company: they take no time. */
const gatherTicks = 6;

/** Part of a segment that a full disk leaves to what consensus itself appends: openings, votes and marks. */
const reservedPart = 1 / 16;

/** What a segment's header and the records that its first group repeats take at most. */
const carriedBytes = 2048;

/**
 * The write-ahead log: what `append` resolved for survives any crash.
 *
 * One write and one sync a group; what is appended while a sync is under way forms the next group. Any storage error
 * latches: every waiter and every later call fails with `storageFailed`, and whether a group that failed is on disk is
 * unknown. Nothing is ever tried again on the same file (Rebello et al., "Can Applications Recover from fsync
 * Failures?", ATC'20).
 */
export class WriteAheadLog implements AsyncDisposable {
  readonly #options: LogOptions;
  readonly #ports: LogPorts;
  readonly #group = new TaskGroup();
  readonly #spare: SpareSegment;
  /** Includes what is queued. */
  readonly #accepted: LogState;
  /** Includes only what is durable. */
  readonly #written: LogState;
  readonly #segments: SegmentFile[];
  #queue: Append[] = [];
  #queuedBytes = 0;
  #isFlushing = false;
  #open: OpenSegment | undefined;
  #crc: number;
  #failure: ShoalError | undefined;
  #isClosed = false;

  private constructor(options: LogOptions, ports: LogPorts, read: ReadLog | undefined) {
    this.#options = options;
    this.#ports = ports;
    this.#accepted = read?.state ?? new LogState(1);
    this.#written = this.#accepted.copy();
    this.#segments = [...(read?.segments ?? [])];
    this.#crc = read?.crc ?? 0;
    this.#spare = new SpareSegment({
      disk: ports.disk,
      directory: options.directory,
      bytes: options.segmentBytes,
      group: this.#group,
    });
  }

  /**
   * Reads the log in `options.directory`, or begins one when that holds none, and writes the first group of this opening.
   * The directory exists. The entries beyond the newest mark wait in `takeEntries`.
   *
   * @throws `corrupt`, `dataRootTooNew`, or what the disk throws.
   */
  static async open(options: LogOptions, ports: LogPorts): Promise<WriteAheadLog> {
    invariant(
      options.segmentBytes % segmentHeaderBytes === 0,
      'a segment consists of whole sectors',
    );
    invariant(options.segmentBytes >= 2 * options.groupBytes, 'a segment holds several groups');
    const read = await readLog(options, ports);
    const log = new WriteAheadLog(options, ports, read);
    await log.#begin(read);
    return log;
  }

  /** Newest term, vote and commit that were appended. */
  get hardState(): HardState {
    return this.#accepted.hardState;
  }

  get mark(): SnapshotMark | undefined {
    return this.#accepted.mark;
  }

  /** What a power cut would leave at least. */
  get durable(): Pick<LogState, 'hardState' | 'lastIndex'> {
    return this.#written;
  }

  /** The newest that is durable: what it covers may go. */
  get durableMark(): SnapshotMark | undefined {
    return this.#written.mark;
  }

  /** Those whose files are needed: the durable one, and one that was appended behind it. */
  get marks(): readonly SnapshotMark[] {
    return [this.durableMark, this.mark].filter((mark) => mark !== undefined);
  }

  /** Who voted when the group's log was begun. */
  get voters(): readonly number[] {
    return this.#accepted.identity?.voters ?? this.#options.voters;
  }

  /** Index of the last entry appended, durable or not. */
  get lastIndex(): number {
    return this.#accepted.lastIndex;
  }

  get lastTerm(): number {
    return this.#accepted.lastTerm;
  }

  /** Names of the segments, oldest first. */
  get segmentNames(): readonly string[] {
    return this.#segments.map((segment) => segment.name);
  }

  /** The entries beyond the newest mark, until they are taken. */
  get heldEntries(): readonly Entry[] {
    return this.#accepted.entries;
  }

  /** The entries beyond the newest mark, as they were at `open`. Handed over once. */
  takeEntries(): readonly Entry[] {
    return this.#accepted.takeEntries();
  }

  /**
   * False when the disk is full and `bytes` more might not fit behind what is queued: refuse new proposals. A sixteenth of the segment is
   * left for the log's own records even then. Looks again for space each time it says so.
   */
  hasRoomFor(bytes: number): boolean {
    if (!this.#spare.isDiskFull) return true;
    const left = (this.#open?.bytes ?? 0) - (this.#open?.end ?? 0) - this.#queuedBytes;
    const reserved = this.#options.segmentBytes * reservedPart;
    if (left >= 2 * bytes + carriedBytes + reserved) return true;
    this.#spare.retry();
    return false;
  }

  /**
   * Appends `records` as a whole, in order; an entry with an index that exists replaces it and all behind it.
   *
   * Resolves when they are durable. Buffers belong to the log from now on.
   * @throws `storageFailed` when that is unknown.
   */
  append(records: readonly LogRecord[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    invariant(!this.#isClosed, 'a closed log takes nothing');
    const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
    invariant(bytes + carriedBytes <= this.#options.segmentBytes, 'an append fits into a segment');
    for (const record of records) {
      const complaint = this.#accepted.apply(record);
      invariant(complaint === undefined, complaint ?? '');
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#queue.push({ records, bytes, resolve, reject });
    this.#queuedBytes += bytes;
    this.#startFlush();
    return promise;
  }

  /**
   * Removes the segments whose entries all lie at or below `index`, which a durable mark covers.
   * @throws what the disk throws; the log is poisoned then.
   */
  async compact(index: number): Promise<void> {
    invariant(index <= (this.#written.mark?.index ?? 0), 'only what a durable mark covers may go');
    try {
      while ((this.#segments[1]?.firstIndex ?? Number.POSITIVE_INFINITY) <= index + 1) {
        const oldest = this.#segments.shift();
        await this.#ports.disk.remove(`${this.#options.directory}/${oldest?.name ?? ''}`);
        await this.#ports.disk.syncDirectory(this.#options.directory);
      }
    } catch (error) {
      throw this.#poison(error);
    }
  }

  /** Waits until all that was appended is durable or failed, then closes the files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#group.settle();
    await this.#spare.close();
    await this.#open?.file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #begin(read: ReadLog | undefined): Promise<void> {
    const last = this.#segments.at(-1);
    if (read !== undefined && last !== undefined) {
      const path = `${this.#options.directory}/${last.name}`;
      const file = await this.#ports.disk.open(path, 'write');
      // A killed process may have left names that can be read and are not durable yet; what was read is.
      await this.#ports.disk.syncDirectory(this.#options.directory);
      this.#open = { segment: last, file, bytes: read.endBytes, end: read.end };
    }
    this.#spare.prepare();
    const epoch = { firstNonce: this.#ports.nonces.first, keyId: this.#ports.cipher.keyId };
    const isBare = this.#open?.end === segmentHeaderBytes;
    await this.append([...(isBare ? this.#carried() : []), { kind: 'keyEpoch', epoch }]);
  }

  /** What each segment's first group repeats, so that older segments can go. */
  #carried(): LogRecord[] {
    const { clusterId, memberId, voters } = this.#options;
    const identity: LogIdentity = this.#written.identity ?? { clusterId, memberId, voters };
    const mark = this.#written.mark;
    return [
      { kind: 'identity', identity },
      ...(mark === undefined ? [] : [{ kind: 'snapshotMark' as const, mark }]),
      { kind: 'hardState', state: this.#written.hardState },
    ];
  }

  #startFlush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.#group.spawn('write the log', async () => {
      await this.#flush();
    });
  }

  async #flush(): Promise<void> {
    await gather();
    while (this.#queue.length > 0 && this.#failure === undefined) {
      const appends = this.#takeGroup();
      try {
        await this.#writeGroup(joinRecords(appends));
      } catch (error) {
        const failure = this.#poison(error);
        for (const append of appends) append.reject(failure);
        break;
      }
      this.#settle(appends);
      await gather();
    }
    this.#isFlushing = false;
  }

  #takeGroup(): Append[] {
    let count = 0;
    for (let bytes = 0; count < this.#queue.length; count += 1) {
      bytes += this.#queue[count]?.bytes ?? 0;
      if (count > 0 && bytes > this.#options.groupBytes) break;
    }
    return this.#queue.splice(0, count);
  }

  #settle(appends: readonly Append[]): void {
    for (const append of appends) {
      for (const record of append.records) this.#written.apply(record);
      this.#queuedBytes -= append.bytes;
      append.resolve();
    }
  }

  async #writeGroup(records: readonly LogRecord[]): Promise<void> {
    let frames = encodeRecords(records);
    let target = this.#open;
    const fits = target !== undefined && target.end + groupBytes(frames) <= target.bytes;
    if (target === undefined || !fits) {
      target = await this.#roll();
      frames = [...encodeRecords(this.#carried()), ...frames];
    }
    const place = { segment: target.segment.sequence, offset: target.end, previousCrc: this.#crc };
    const sealed = sealGroup(frames, place, this.#ports);
    await target.file.writeDurably(target.end, sealed.bytes);
    target.end += sealed.bytes.length;
    this.#crc = sealed.crc;
    // Only a segment that holds a group counts: until then the one before it may not be removed.
    if (this.#segments.at(-1) !== target.segment) this.#segments.push(target.segment);
  }

  /** Begins the next segment: header durable, then its name, then it may be used. */
  async #roll(): Promise<OpenSegment> {
    const { disk, nonces, cipher } = this.#ports;
    const { directory, clusterId, memberId, segmentBytes } = this.#options;
    const sequence = (this.#open?.segment.sequence ?? 0) + 1;
    const firstIndex = this.#written.lastIndex + 1;
    const file = await this.#spare.take();
    const header = encodeSegmentHeader({
      sequence,
      firstIndex,
      memberId,
      clusterId,
      segmentBytes,
      epoch: nonces.epoch,
      previousCrc: this.#crc,
      keyId: cipher.keyId,
    });
    await file.write(0, header);
    await file.sync();
    const name = segmentName(sequence, firstIndex);
    await disk.rename(this.#spare.path, `${directory}/${name}`);
    await disk.syncDirectory(directory);
    await this.#open?.file.close();
    this.#open = {
      segment: { name, sequence, firstIndex },
      file,
      bytes: segmentBytes,
      end: segmentHeaderBytes,
    };
    this.#spare.prepare();
    return this.#open;
  }

  /** Latches the first storage error and fails everyone who waits. */
  #poison(cause: unknown): ShoalError {
    this.#failure ??= storageFailed(cause);
    const waiting = this.#queue;
    this.#queue = [];
    for (const append of waiting) append.reject(this.#failure);
    return this.#failure;
  }
}

/** Lets callers that were just told append again, and the rest of this turn too, so that one group takes them all. */
async function gather(): Promise<void> {
  for (let tick = 0; tick < gatherTicks; tick += 1) await Promise.resolve();
}

/** Joins batches of entries that follow each other, so that a group of many appends is one frame. */
function joinRecords(appends: readonly Append[]): LogRecord[] {
  const joined: LogRecord[] = [];
  let open: Entry[] | undefined;
  for (const record of appends.flatMap((append) => append.records)) {
    if (record.kind !== 'entries') {
      joined.push(record);
      open = undefined;
    } else if (open !== undefined && open.at(-1)?.index === (record.entries[0]?.index ?? 0) - 1) {
      for (const entry of record.entries) open.push(entry);
    } else {
      open = [...record.entries];
      joined.push({ kind: 'entries', entries: open });
    }
  }
  return joined;
}
