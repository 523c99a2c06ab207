import { concatBytes } from '../../common/pure/bytes.ts';
import { crc32 } from '../../common/pure/crc.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import type { Disk, DiskFile } from '../../common/ports/disk.ts';
import type { Log } from '../../common/ports/log.ts';
import type { Assignment, EndpointSet, TaskReport } from '../../proto/gen/dispatcher.ts';
import {
  decodeJournalRecord,
  encodeJournalRecord,
  newJournalMark,
  newJournalRecord,
} from '../../proto/gen/node.ts';
import type { JournalMark, JournalRecord } from '../../proto/gen/node.ts';

/** What the worker remembers across a restart of the daemon. */
export interface JournalContent {
  readonly assignments: ReadonlyMap<string, Assignment>;
  readonly statuses: ReadonlyMap<string, TaskReport>;
  readonly endpoints: ReadonlyMap<string, EndpointSet>;
  readonly mark: JournalMark;
}

/** Appended bytes after which the file is rewritten with what still counts, beyond twice the size of that. */
const rewriteSlackBytes = 1024 * 1024;

/**
 * The worker's memory on disk: which tasks it has, what it last said of them, and which endpoints it serves.
 *
 * A log of records, each with length and checksum; the end after the last whole record is ignored. It is a help, not the truth: containers are
 * found again by label and the manager sends everything in the next session, so a lost tail costs nothing and appends are not synced one by one.
 */
export class Journal implements AsyncDisposable {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #log: Log;
  readonly #assignments = new Map<string, Assignment>();
  readonly #statuses = new Map<string, TaskReport>();
  readonly #endpoints = new Map<string, EndpointSet>();
  #mark: JournalMark = newJournalMark();
  #file: DiskFile | undefined;
  #bytes = 0;
  #rewriteAtBytes = rewriteSlackBytes;
  #pending: Uint8Array[] = [];
  #writing: Promise<void> | undefined;

  private constructor(disk: Disk, directory: string, log: Log) {
    this.#disk = disk;
    this.#directory = directory;
    this.#log = log;
  }

  /** Opens the journal in `directory`, which is made when missing, and reads what is there. */
  static async open(disk: Disk, directory: string, log: Log): Promise<Journal> {
    const journal = new Journal(disk, directory, log);
    await disk.makeDirectory(directory);
    await journal.#load();
    await journal.#rewrite();
    return journal;
  }

  get content(): JournalContent {
    return {
      assignments: this.#assignments,
      statuses: this.#statuses,
      endpoints: this.#endpoints,
      mark: this.#mark,
    };
  }

  /** Takes `records` into the content at once; they reach the disk soon after. */
  append(records: readonly JournalRecord[]): void {
    for (const record of records) {
      this.#take(record);
      this.#pending.push(frame(encodeJournalRecord(record)));
    }
    this.#writing ??= this.#drain();
  }

  /** Waits until all that was appended is written. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    await this.#file?.close();
    this.#file = undefined;
  }

  get #path(): string {
    return `${this.#directory}/journal`;
  }

  async #load(): Promise<void> {
    for (const record of readFrames(await this.#readAll())) this.#take(record);
  }

  async #readAll(): Promise<Uint8Array> {
    try {
      return await this.#disk.readFile(this.#path);
    } catch (error) {
      if (isShoalError(error, 'notFound')) return new Uint8Array(0);
      throw error;
    }
  }

  #take(record: JournalRecord): void {
    const part = record.record;
    switch (part?.kind) {
      case 'assign':
        this.#assignments.set(part.value.taskId, part.value);
        break;
      case 'forget':
        this.#assignments.delete(part.value);
        this.#statuses.delete(part.value);
        break;
      case 'status':
        this.#statuses.set(part.value.taskId, part.value);
        break;
      case 'endpoints':
        this.#endpoints.set(part.value.serviceId, part.value);
        break;
      case 'forgetEndpoints':
        this.#endpoints.delete(part.value);
        break;
      case 'mark':
        this.#mark = part.value;
        break;
      case undefined:
        break;
    }
  }

  /** Writes what is pending until nothing is. A disk that fails costs only the memory of a restart: logged, not fatal. */
  async #drain(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const bytes = concatBytes(this.#pending);
        this.#pending = [];
        await this.#file?.write(this.#bytes, bytes);
        this.#bytes += bytes.length;
        if (this.#bytes > this.#rewriteAtBytes) await this.#rewrite();
      }
    } catch (error) {
      this.#log.at('error', 'journal write failed', { error });
    } finally {
      this.#writing = undefined;
    }
  }

  /** Replaces the file by one that holds only what counts now. */
  async #rewrite(): Promise<void> {
    const bytes = concatBytes(this.#records().map((record) => frame(encodeJournalRecord(record))));
    const fresh = `${this.#path}.new`;
    await this.#disk.remove(fresh);
    const file = await this.#disk.open(fresh, 'create');
    await file.write(0, bytes);
    await file.sync();
    await this.#disk.rename(fresh, this.#path);
    await this.#disk.syncDirectory(this.#directory);
    await this.#file?.close();
    this.#file = file;
    this.#bytes = bytes.length;
    this.#rewriteAtBytes = bytes.length * 2 + rewriteSlackBytes;
  }

  #records(): JournalRecord[] {
    return [
      newJournalRecord({ record: { kind: 'mark', value: this.#mark } }),
      ...[...this.#assignments.values()].map((value) =>
        newJournalRecord({ record: { kind: 'assign', value } }),
      ),
      ...[...this.#statuses.values()].map((value) =>
        newJournalRecord({ record: { kind: 'status', value } }),
      ),
      ...[...this.#endpoints.values()].map((value) =>
        newJournalRecord({ record: { kind: 'endpoints', value } }),
      ),
    ];
  }
}

/** length u32 LE | crc32 u32 LE | record */
function frame(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + record.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, record.length, true);
  view.setUint32(4, crc32(record), true);
  bytes.set(record, 8);
  return bytes;
}

/** Records up to the first frame that is not whole. */
function readFrames(bytes: Uint8Array): JournalRecord[] {
  const records: JournalRecord[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset + 8 <= bytes.length) {
    const length = view.getUint32(offset, true);
    const end = offset + 8 + length;
    if (end > bytes.length) break;
    const record = bytes.subarray(offset + 8, end);
    if (crc32(record) !== view.getUint32(offset + 4, true)) break;
    records.push(decodeJournalRecord(record));
    offset = end;
  }
  return records;
}
