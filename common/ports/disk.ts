/** What kind of thing a directory entry is. */
export interface DiskEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
  readonly bytes: number;
}

/** An open file. Closing twice is harmless. */
export interface DiskFile extends AsyncDisposable {
  /** Reads up to `length` bytes at `offset`; fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Writes all of `bytes` at `offset`, in as many system calls as it takes. Not durable before `sync`. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Makes the file's content and length durable (fdatasync). A failure is final: never retry on this file. */
  sync(): Promise<void>;
  /** Writes all of `bytes` at `offset`, which are durable then; what was written before need not be. A failure is final, as of `sync`. */
  writeDurably(offset: number, bytes: Uint8Array): Promise<void>;
  /** Cuts or extends (with zeros) the file to `bytes`. */
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/**
 * A directory tree on one disk. Paths are absolute, `/`-separated.
 *
 * Creating, renaming and removing a name is durable only after `syncDirectory` of its parent. New directories get mode 0700, new files 0600.
 * Failures are `ShoalError`s: `notFound` for a missing path, `limitExceeded` when the disk is full, `storageFailed` for the rest.
 */
export interface Disk {
  /** `create` makes the file or fails when it exists; `write` opens an existing one to read and write; `read` only reads. */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile>;
  /** The whole content; `notFound` when missing. */
  readFile(path: string): Promise<Uint8Array>;
  /** Entries of a directory, sorted by name; `notFound` when missing. */
  list(path: string): Promise<readonly DiskEntry[]>;
  exists(path: string): Promise<boolean>;
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; a missing one is no error. */
  remove(path: string): Promise<void>;
  /** Removes a directory with all that is in it; a missing one is no error. */
  removeTree(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /** Bytes that can still be written under `path`. */
  freeBytes(path: string): Promise<number>;
}
