import { isShoalError } from '../../../common/pure/errors.ts';
import type { Disk, DiskFile } from '../../../common/ports/disk.ts';
import type { TaskGroup } from '../../../common/run/task-group.ts';

/** Bytes of zeros that one write of a new segment holds; synced one by one, so that the log's own sync never waits long. */
const fillBytes = 1024 * 1024;

/** Name of the file that becomes the next segment. */
const spareName = 'spare.tmp';

/** Where the next segment of the log in `directory` is made. */
export function sparePath(directory: string): string {
  return `${directory}/${spareName}`;
}

/** What an earlier opening left is written anew in its place: that needs no space, so that a start works on a full disk. It may hold anything. */
export async function openSpare(disk: Disk, path: string, bytes: number): Promise<DiskFile> {
  if (await disk.exists(path)) {
    const file = await disk.open(path, 'write');
    if ((await file.size()) === bytes) return file;
    await file.close();
    await disk.remove(path);
  }
  return await disk.open(path, 'create');
}

type Making =
  | { readonly kind: 'file'; readonly file: DiskFile }
  | { readonly kind: 'failed'; readonly error: unknown };

/**
 * The next segment, filled with zeros in the background one ahead, so that an append never waits for space and the log
 * knows early that the disk is full.
 */
export class SpareSegment {
  readonly path: string;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #bytes: number;
  readonly #group: TaskGroup;
  #making: Promise<Making> | undefined;
  #isDiskFull = false;

  constructor(options: {
    readonly disk: Disk;
    readonly directory: string;
    readonly bytes: number;
    readonly group: TaskGroup;
  }) {
    this.#disk = options.disk;
    this.#directory = options.directory;
    this.#bytes = options.bytes;
    this.#group = options.group;
    this.path = sparePath(options.directory);
  }

  /** True when the last try to make the file found the disk full. */
  get isDiskFull(): boolean {
    return this.#isDiskFull;
  }

  /** Begins to make the file, unless it is there, being made, or failed. */
  prepare(): void {
    if (this.#making !== undefined) return;
    const { promise, resolve } = Promise.withResolvers<Making>();
    this.#making = promise;
    this.#group.spawn('fill the next segment', async () => {
      resolve(await this.#make());
    });
  }

  /** Begins anew if the disk was full. */
  retry(): void {
    if (!this.#isDiskFull) return;
    this.#isDiskFull = false;
    this.#making = undefined;
    this.prepare();
  }

  /** The file, zero-filled and durable under `path`; the caller owns it and renames it. @throws what the disk threw. */
  async take(): Promise<DiskFile> {
    this.retry();
    this.prepare();
    const made = await this.#making;
    this.#making = undefined;
    if (made?.kind === 'file') return made.file;
    throw made?.error;
  }

  /** Closes the file if it was made and not taken. */
  async close(): Promise<void> {
    const made = await this.#making;
    this.#making = undefined;
    if (made?.kind === 'file') await made.file.close();
  }

  async #make(): Promise<Making> {
    try {
      const file = await openSpare(this.#disk, this.path, this.#bytes);
      await this.#fill(file);
      await this.#disk.syncDirectory(this.#directory);
      return { kind: 'file', file };
    } catch (error) {
      if (isShoalError(error, 'limitExceeded')) await this.#giveUp();
      return { kind: 'failed', error };
    }
  }

  async #fill(file: DiskFile): Promise<void> {
    const zeros = new Uint8Array(Math.min(fillBytes, this.#bytes));
    for (let offset = 0; offset < this.#bytes; offset += zeros.length) {
      await file.write(offset, zeros.subarray(0, Math.min(zeros.length, this.#bytes - offset)));
      await file.sync();
    }
  }

  /** Gives the space back that the half-made file took. */
  async #giveUp(): Promise<void> {
    this.#isDiskFull = true;
    await this.#disk.remove(this.path);
  }
}
