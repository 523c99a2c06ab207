import { ShoalError } from '../../common/pure/errors.ts';
import type { Random } from '../../common/pure/random.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Disk, DiskEntry, DiskFile } from '../../common/ports/disk.ts';
import { SectorFile } from './sector-file.ts';

/** Calls that can be counted, delayed, failed or be the last one of a process. */
export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'remove'
  | 'makeDirectory'
  | 'syncDirectory';

/** Which calls a planned failure hits, and how. */
export interface DiskFault {
  readonly operation: DiskOperation;
  /** The call that fails, counting from 1 the calls that match from now on. Later ones work again. */
  readonly nth: number;
  /** Only calls on paths that contain this text count. */
  readonly pathPart?: string;
  /** Default: an input/output error (`storageFailed`). */
  readonly error?: ShoalError;
}

export interface MemoryDiskOptions {
  /** Decides what a crash keeps. */
  readonly random: Random;
  /** With `latencyMs`: the clock on which calls take time. */
  readonly clock?: Clock;
  /** How long a call takes, in milliseconds; default 0. */
  readonly latencyMs?: (operation: DiskOperation, path: string) => number;
  /** Total bytes of files; a write beyond it fails as on a full disk. Default: no bound. */
  readonly capacityBytes?: number;
}

class Directory {
  readonly live = new Map<string, DiskNode>();
  readonly durable = new Map<string, DiskNode>();
}

type DiskNode = Directory | SectorFile;

interface Place {
  readonly directory: Directory;
  readonly name: string;
}

/** A change of names that no `syncDirectory` has made durable yet. A rename is one change: kept or lost as a whole. */
interface NameChange {
  readonly from?: Place;
  readonly to?: Place;
  readonly node: DiskNode;
}

/**
 * A disk in memory that forgets like a real one.
 *
 * Writes go to a cache; `sync` makes one file's bytes and length durable, `syncDirectory` one directory's names. `crash`
 * cuts the power: of what was not synced, each 512-byte sector, each length and each change of a name is kept or lost
 * (a sector may also read as zeros) as `random` decides. A failed `sync` leaves the bytes readable but never durable, as
 * Linux does. One instance is one incarnation of a process: after `crash` or `stopAt` its calls never return.
 */
export class MemoryDisk implements Disk {
  readonly #options: MemoryDiskOptions;
  readonly #root: Directory;
  readonly #faults: { fault: DiskFault; left: number }[] = [];
  readonly #stopped = Promise.withResolvers<void>();
  #pending: NameChange[] = [];
  #capacityBytes: number;
  #isDead = false;
  #mutations = 0;
  #stopAt = Number.POSITIVE_INFINITY;

  constructor(options: MemoryDiskOptions, root?: unknown) {
    this.#options = options;
    this.#root = root instanceof Directory ? root : new Directory();
    this.#capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Calls that changed something (or synced it) so far: the boundaries that `stopAt` counts. */
  get mutations(): number {
    return this.#mutations;
  }

  /** Resolves when the process has made the call at which `stopAt` ends it. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  /** Ends the process just before its `count`th mutating call (from 1, since this disk began): that call never returns. */
  stopAt(count: number): void {
    this.#stopAt = count;
  }

  /** Plans one failure. */
  failOn(fault: DiskFault): void {
    this.#faults.push({ fault, left: fault.nth });
  }

  /** Bytes of all files. */
  get usedBytes(): number {
    return usedBytes(this.#root);
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  /**
   * Ends the process, and with `power: 'cut'` (the default) the machine too.
   * @returns the disk that the next incarnation finds. `kept` means kill -9: the cache survives.
   */
  crash(power: 'cut' | 'kept' = 'cut'): MemoryDisk {
    this.#isDead = true;
    if (power === 'cut') this.#losePower();
    const next = new MemoryDisk(
      { ...this.#options, capacityBytes: this.#capacityBytes },
      this.#root,
    );
    next.#pending = power === 'cut' ? [] : this.#pending;
    return next;
  }

  /** Flips bits of the byte at `offset`, in cache and on the medium: bit rot. */
  corrupt(path: string, offset: number, mask = 0x01): void {
    const node = this.#find(path);
    if (!(node instanceof SectorFile)) throw missing(path);
    node.flip(offset, mask);
  }

  async open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile> {
    await this.#enter('open', path, mode === 'create');
    const existing = this.#find(path);
    if (mode === 'create') {
      if (existing !== undefined) throw failed('file exists', path);
      const file = new SectorFile();
      this.#change({ to: this.#place(path), node: file });
      return new MemoryFile(this, path, file);
    }
    if (existing === undefined) throw missing(path);
    if (!(existing instanceof SectorFile)) throw failed('is a directory', path);
    return new MemoryFile(this, path, existing);
  }

  async readFile(path: string): Promise<Uint8Array> {
    await this.#enter('read', path, false);
    const node = this.#find(path);
    if (!(node instanceof SectorFile)) throw missing(path);
    return node.read(0, node.bytes);
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    await this.#enter('read', path, false);
    const directory = this.#directory(path);
    const names = [...directory.live.keys()].toSorted((left, right) => (left < right ? -1 : 1));
    return names.map((name) => describe(name, directory.live.get(name)));
  }

  async exists(path: string): Promise<boolean> {
    await this.#enter('read', path, false);
    return this.#find(path) !== undefined;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#enter('makeDirectory', path, true);
    let directory = this.#root;
    for (const name of split(path)) {
      let node = directory.live.get(name);
      if (node === undefined) {
        node = new Directory();
        this.#change({ to: { directory, name }, node });
      }
      if (!(node instanceof Directory)) throw failed('not a directory', path);
      directory = node;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#enter('rename', from, true);
    const node = this.#find(from);
    if (node === undefined) throw missing(from);
    this.#change({ from: this.#place(from), to: this.#place(to), node });
  }

  async remove(path: string): Promise<void> {
    await this.#enter('remove', path, true);
    const node = this.#find(path);
    if (node === undefined) return;
    if (node instanceof Directory) throw failed('is a directory', path);
    this.#change({ from: this.#place(path), node });
  }

  async removeTree(path: string): Promise<void> {
    await this.#enter('remove', path, true);
    const node = this.#find(path);
    if (node === undefined) return;
    if (node instanceof Directory) this.#removeChildren(node);
    this.#change({ from: this.#place(path), node });
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#enter('syncDirectory', path, true);
    const directory = this.#directory(path);
    const touches = (change: NameChange): boolean =>
      change.from?.directory === directory || change.to?.directory === directory;
    for (const change of this.#pending) if (touches(change)) makeDurable(change);
    this.#pending = this.#pending.filter((change) => !touches(change));
  }

  async freeBytes(path: string): Promise<number> {
    await this.#enter('read', path, false);
    return Math.max(0, this.#capacityBytes - usedBytes(this.#root));
  }

  /** Used by open files: counts, delays, fails or ends here. */
  async #enter(operation: DiskOperation, path: string, isMutation: boolean): Promise<void> {
    if (isMutation) this.#mutations += 1;
    if (this.#mutations >= this.#stopAt) this.#die();
    if (this.#isDead) await never();
    await this.#delay(operation, path);
    if (this.#isDead) await never();
    this.#failIfPlanned(operation, path);
  }

  async read(path: string, file: SectorFile, offset: number, length: number): Promise<Uint8Array> {
    await this.#enter('read', path, false);
    return file.read(offset, length);
  }

  async write(path: string, file: SectorFile, offset: number, bytes: Uint8Array): Promise<void> {
    // The caller may reuse its buffer only after the promise resolves; a copy keeps even a caller that does not honest.
    await this.#enter('write', path, true);
    const growth = Math.max(0, offset + bytes.length - file.bytes);
    if (growth > 0 && usedBytes(this.#root) + growth > this.#capacityBytes) {
      throw new ShoalError('limitExceeded', 'disk is full', { fields: { path } });
    }
    file.write(offset, bytes);
  }

  async sync(path: string, file: SectorFile): Promise<void> {
    try {
      await this.#enter('sync', path, true);
    } catch (error) {
      file.forgetDirty();
      throw error;
    }
    file.sync();
  }

  async truncate(path: string, file: SectorFile, bytes: number): Promise<void> {
    await this.#enter('truncate', path, true);
    file.truncate(bytes);
  }

  async #delay(operation: DiskOperation, path: string): Promise<void> {
    const latencyMs = this.#options.latencyMs?.(operation, path) ?? 0;
    if (latencyMs <= 0 || this.#options.clock === undefined) return;
    await this.#options.clock.sleep(latencyMs, new AbortController().signal);
  }

  #failIfPlanned(operation: DiskOperation, path: string): void {
    for (const planned of this.#faults) {
      if (planned.fault.operation !== operation || planned.left === 0) continue;
      if (planned.fault.pathPart !== undefined && !path.includes(planned.fault.pathPart)) continue;
      planned.left -= 1;
      if (planned.left === 0) throw planned.fault.error ?? failed('input/output error', path);
    }
  }

  #die(): void {
    this.#isDead = true;
    this.#stopped.resolve();
  }

  #losePower(): void {
    const random = this.#options.random;
    for (const change of this.#pending) if (random.below(2) === 0) makeDurable(change);
    this.#pending = [];
    revert(this.#root, random);
  }

  #change(change: NameChange): void {
    if (change.from !== undefined) change.from.directory.live.delete(change.from.name);
    if (change.to !== undefined) change.to.directory.live.set(change.to.name, change.node);
    this.#pending.push(change);
  }

  #removeChildren(directory: Directory): void {
    for (const [name, node] of directory.live) {
      if (node instanceof Directory) this.#removeChildren(node);
      this.#change({ from: { directory, name }, node });
    }
  }

  #find(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#root;
    for (const name of split(path)) {
      if (!(node instanceof Directory)) return undefined;
      node = node.live.get(name);
    }
    return node;
  }

  #directory(path: string): Directory {
    const node = this.#find(path);
    if (!(node instanceof Directory)) throw missing(path);
    return node;
  }

  #place(path: string): Place {
    const names = split(path);
    const name = names.pop();
    if (name === undefined) throw failed('is the root', path);
    return { directory: this.#directory(`/${names.join('/')}`), name };
  }
}

class MemoryFile implements DiskFile {
  readonly #disk: MemoryDisk;
  readonly #path: string;
  readonly #file: SectorFile;
  #isClosed = false;

  constructor(disk: MemoryDisk, path: string, file: SectorFile) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return await this.#disk.read(this.#path, this.#openFile(), offset, length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await this.#disk.write(this.#path, this.#openFile(), offset, bytes);
  }

  async sync(): Promise<void> {
    await this.#disk.sync(this.#path, this.#openFile());
  }

  async writeDurably(offset: number, bytes: Uint8Array): Promise<void> {
    await this.write(offset, bytes);
    await this.sync();
  }

  async truncate(bytes: number): Promise<void> {
    await this.#disk.truncate(this.#path, this.#openFile(), bytes);
  }

  async size(): Promise<number> {
    return this.#openFile().bytes;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #openFile(): SectorFile {
    if (this.#isClosed) throw failed('file is closed', this.#path);
    return this.#file;
  }
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

function makeDurable(change: NameChange): void {
  if (change.from !== undefined) change.from.directory.durable.delete(change.from.name);
  if (change.to !== undefined) change.to.directory.durable.set(change.to.name, change.node);
}

/** Puts everything below `directory` back to what is durable, as `random` decides for unsynced bytes. */
function revert(directory: Directory, random: Random): void {
  directory.live.clear();
  for (const [name, node] of directory.durable) {
    directory.live.set(name, node);
    if (node instanceof Directory) revert(node, random);
    else node.crash(random);
  }
}

function usedBytes(directory: Directory): number {
  let total = 0;
  for (const node of directory.live.values()) {
    total += node instanceof Directory ? usedBytes(node) : node.bytes;
  }
  return total;
}

function describe(name: string, node: DiskNode | undefined): DiskEntry {
  if (node instanceof SectorFile) return { name, kind: 'file', bytes: node.bytes };
  return { name, kind: 'directory', bytes: 0 };
}

function missing(path: string): ShoalError {
  return new ShoalError('notFound', 'no such file or directory', { fields: { path } });
}

function failed(message: string, path: string): ShoalError {
  return new ShoalError('storageFailed', message, { fields: { path } });
}

/** What a dead process waits for. */
async function never(): Promise<never> {
  return await new Promise<never>(() => {});
}
