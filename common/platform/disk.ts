import { constants } from 'node:fs';
import {
  access,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  unlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { ShoalError } from '../pure/errors.ts';
import type { Disk, DiskEntry, DiskFile } from '../ports/disk.ts';

const directoryMode = 0o700;
const fileMode = 0o600;

const openFlags = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  write: constants.O_RDWR,
  read: constants.O_RDONLY,
} as const;

const durableFlags = constants.O_WRONLY | constants.O_DSYNC;

/** `Disk` over the file system of this machine. `makeDirectory` makes missing parents too; a directory that exists is no error. */
export class NodeDisk implements Disk {
  async open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile> {
    const handle = await mapped(path, async () => await open(path, openFlags[mode], fileMode));
    return new NodeFile(path, handle);
  }

  async readFile(path: string): Promise<Uint8Array> {
    const content = await mapped(path, async () => await readFile(path));
    return plain(content);
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    const names = await mapped(path, async () => await readdir(path));
    names.sort();
    const entries: DiskEntry[] = [];
    for (const name of names) {
      const entry = await describe(path, name);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  async exists(path: string): Promise<boolean> {
    try {
      await access(path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
      throw diskError(path, error);
    }
  }

  async makeDirectory(path: string): Promise<void> {
    await mapped(path, async () => await mkdir(path, { recursive: true, mode: directoryMode }));
  }

  async rename(from: string, to: string): Promise<void> {
    await mapped(from, async () => {
      await rename(from, to);
    });
  }

  async remove(path: string): Promise<void> {
    try {
      await unlink(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw diskError(path, error);
    }
  }

  async removeTree(path: string): Promise<void> {
    await mapped(path, async () => {
      await rm(path, { recursive: true, force: true });
    });
  }

  async syncDirectory(path: string): Promise<void> {
    await mapped(path, async () => {
      await using handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
      await handle.sync();
    });
  }

  async freeBytes(path: string): Promise<number> {
    const figures = await mapped(path, async () => await statfs(path));
    return figures.bavail * figures.bsize;
  }
}

class NodeFile implements DiskFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  /** The same file, opened once more so that a write returns when it is durable: one call instead of two, each with its way to a thread and back. */
  #durable: Promise<FileHandle> | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    return await mapped(this.#path, async () => {
      let done = 0;
      while (done < length) {
        const { bytesRead } = await this.#handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    });
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await mapped(this.#path, async () => {
      await writeAll(this.#handle, offset, bytes);
    });
  }

  async writeDurably(offset: number, bytes: Uint8Array): Promise<void> {
    await mapped(this.#path, async () => {
      // By its descriptor, as the file may have another name by now.
      this.#durable ??= open(`/proc/self/fd/${this.#handle.fd}`, durableFlags);
      await writeAll(await this.#durable, offset, bytes);
    });
  }

  async sync(): Promise<void> {
    await mapped(this.#path, async () => {
      await this.#handle.datasync();
    });
  }

  async truncate(bytes: number): Promise<void> {
    await mapped(this.#path, async () => {
      await this.#handle.truncate(bytes);
    });
  }

  async size(): Promise<number> {
    const figures = await mapped(this.#path, async () => await this.#handle.stat());
    return figures.size;
  }

  async close(): Promise<void> {
    this.#closing ??= mapped(this.#path, async () => {
      const durable = await this.#durable?.catch(() => undefined);
      await Promise.all([this.#handle.close(), durable?.close()]);
    });
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function writeAll(handle: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const left = bytes.length - done;
    const { bytesWritten } = await handle.write(bytes, done, left, offset + done);
    done += bytesWritten;
  }
}

/** Undefined when the name vanished between listing and looking. */
async function describe(directory: string, name: string): Promise<DiskEntry | undefined> {
  try {
    const figures = await stat(join(directory, name));
    if (figures.isFile()) return { name, kind: 'file', bytes: figures.size };
    return { name, kind: figures.isDirectory() ? 'directory' : 'other', bytes: 0 };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw diskError(join(directory, name), error);
  }
}

async function mapped<Result>(path: string, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw diskError(path, error);
  }
}

function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function diskError(path: string, cause: unknown): ShoalError {
  const fields = { path, errno: errnoOf(cause) ?? 'unknown' };
  switch (fields.errno) {
    case 'ENOENT':
      return new ShoalError('notFound', 'no such file or directory', { fields, cause });
    case 'ENOSPC':
    case 'EDQUOT':
      return new ShoalError('limitExceeded', 'disk is full', { fields, cause });
    default:
      return new ShoalError('storageFailed', `disk error ${fields.errno}`, { fields, cause });
  }
}

/** The same bytes without the Buffer methods, whose `slice` does not copy. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
