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
  /** The file may lack something: write it anew. */
  #isIncomplete = false;

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
    await journal.#rewriteIfRoom();
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
    if (this.#pending.length > 0) this.#writing ??= this.#drain();
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

  /** What cannot be read ends the reading, as a torn end does. */
  async #load(): Promise<void> {
    try {
      for (const record of readFrames(await this.#readAll()))
        this.#take(decodeJournalRecord(record));
    } catch (error) {
      if (!isShoalError(error, 'corrupt')) throw error;
      this.#log.at('warn', 'journal ends in a record that cannot be read', { error });
    }
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
        if (this.#assignments.has(part.value.taskId))
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

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) await this.#writePending();
    this.#writing = undefined;
  }

  /** A disk that fails costs only the memory of a restart: logged once, and the next record brings the whole content again. */
  async #writePending(): Promise<void> {
    const bytes = concatBytes(this.#pending);
    this.#pending = [];
    try {
      if (this.#isIncomplete || this.#bytes + bytes.length > this.#rewriteAtBytes) {
        await this.#rewrite();
      } else {
        await this.#file?.write(this.#bytes, bytes);
        this.#bytes += bytes.length;
      }
    } catch (error) {
      if (!isShoalError(error)) throw error;
      if (!this.#isIncomplete) this.#log.at('error', 'journal write failed', { error });
      this.#isIncomplete = true;
    }
  }

  /** A full disk keeps no worker from its work: the file stays as it is until there is room. */
  async #rewriteIfRoom(): Promise<void> {
    try {
      await this.#rewrite();
    } catch (error) {
      if (!isShoalError(error, 'limitExceeded')) throw error;
      this.#log.at('error', 'journal write failed', { error });
      this.#isIncomplete = true;
    }
  }

  /** Replaces the file by one that holds only what counts now. */
  async #rewrite(): Promise<void> {
    const bytes = concatBytes(this.#records().map((record) => frame(encodeJournalRecord(record))));
    const file = await this.#writeFresh(bytes);
    await this.#file?.close();
    this.#file = file;
    this.#bytes = bytes.length;
    this.#rewriteAtBytes = bytes.length * 2 + rewriteSlackBytes;
    this.#isIncomplete = false;
  }

  /** The new file, in place of the old one. Until then the old one counts. */
  async #writeFresh(bytes: Uint8Array): Promise<DiskFile> {
    const fresh = `${this.#path}.new`;
    await this.#disk.remove(fresh);
    const file = await this.#disk.open(fresh, 'create');
    try {
      await file.write(0, bytes);
      await file.sync();
      await this.#disk.rename(fresh, this.#path);
      await this.#disk.syncDirectory(this.#directory);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
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

/** Encoded records up to the first frame that is not whole. */
function readFrames(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset + 8 <= bytes.length) {
    const length = view.getUint32(offset, true);
    const end = offset + 8 + length;
    if (end > bytes.length) break;
    const record = bytes.subarray(offset + 8, end);
    if (crc32(record) !== view.getUint32(offset + 4, true)) break;
    records.push(record);
    offset = end;
  }
  return records;
}
