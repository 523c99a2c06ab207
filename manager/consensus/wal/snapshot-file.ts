import { crc32 } from '../../../common/pure/crc.ts';
import { equalBytes } from '../../../common/pure/bytes.ts';
import { isShoalError, ShoalError } from '../../../common/pure/errors.ts';
import type { Disk, DiskFile } from '../../../common/ports/disk.ts';
import {
  type Digest,
  keyIdBytes,
  type LogCipher,
  nonceBytes,
  type NonceSource,
  tagBytes,
} from './cipher.ts';
import { corrupt, tooNew } from './failure.ts';
import { alignUp, viewOf, writeU64 } from './numbers.ts';
import type { SnapshotContent, SnapshotMark } from './record.ts';
import { hex16 } from './segment.ts';

/** Plain bytes of one chunk in a file at most; larger pieces are cut. */
const snapshotChunkBytes = 1024 * 1024;

const version = 1;
const headerBytes = 512;
const chunkHeaderBytes = 32;
const lastChunk = 1;
const magic = new TextEncoder().encode('SHOALSNP');

/** Whose snapshots these are, and where. */
export interface SnapshotPlace {
  readonly directory: string;
  readonly clusterId: string;
  readonly memberId: number;
}

export interface SnapshotPorts {
  readonly disk: Disk;
  readonly cipher: LogCipher;
  readonly nonces: NonceSource;
}

/**
 * Snapshot files, `<term>-<index>.snap` in sixteen hexadecimal digits each. Only one that a mark in the log names counts.
 *
 * A file is a sector of header (magic 8 · version u32 · crc32 u32 of the other bytes · index u64 · term u64 · memberId u64 ·
 * keyId 8 · length of clusterId u16 · clusterId), then chunks: length u32 · crc32 u32 continued from the previous chunk ·
 * number u32 · flags u32 (1: last) · nonce 12 · zeros 4 · payload · zeros up to a multiple of 8.
 */
export class SnapshotFiles {
  readonly #place: SnapshotPlace;
  readonly #ports: SnapshotPorts;
  /** Names of files that are being written, or are whole and wait for their mark. */
  readonly #unnamed = new Set<string>();
  /** Names of files that are being read, and by how many. */
  readonly #readers = new Map<string, number>();

  constructor(place: SnapshotPlace, ports: SnapshotPorts) {
    this.#place = place;
    this.#ports = ports;
  }

  /** Begins a file for the state at `index`, under a name that does not count yet. */
  async begin(index: number, term: number): Promise<SnapshotWriter> {
    const { disk } = this.#ports;
    const name = fileName(index, term);
    const path = `${this.#place.directory}/${name}`;
    const header = this.#header(index, term);
    return new SnapshotWriter({
      index,
      term,
      file: await this.#create(name, header),
      headerCrc: crc32(header),
      digest: this.#ports.cipher.digest(),
      seal: (offset, chunk, plain) => this.#seal({ index, term, offset }, chunk, plain),
      publish: async () => {
        await disk.rename(`${path}.tmp`, path);
        await disk.syncDirectory(this.#place.directory);
      },
      release: () => {
        this.#unnamed.delete(name);
      },
    });
  }

  /** The file of a snapshot that is begun, with its header. */
  async #create(name: string, header: Uint8Array): Promise<DiskFile> {
    const { disk } = this.#ports;
    const path = `${this.#place.directory}/${name}.tmp`;
    await disk.remove(path);
    this.#unnamed.add(name);
    try {
      const file = await disk.open(path, 'create');
      await file.write(0, header);
      return file;
    } catch (error) {
      this.#unnamed.delete(name);
      throw error;
    }
  }

  /**
   * Reads the file that `mark` names, chunk by chunk; the last one comes only when the whole has proved right.
   * @throws `corrupt` when it is missing or differs from what was written, `dataRootTooNew`.
   */
  async *read(
    mark: SnapshotMark,
  ): AsyncGenerator<{ readonly data: Uint8Array; readonly last: boolean }> {
    using _held = this.#hold(fileName(mark.index, mark.term));
    await using file = await this.#openFile(mark);
    const head = await file.read(0, headerBytes);
    if (!equalBytes(head, this.#header(mark.index, mark.term))) {
      if (isOfNewerFormat(head))
        throw tooNew('the snapshot', { snapshot: fileName(mark.index, mark.term) });
      throw this.#damaged(mark, 'header is damaged');
    }
    const digest = this.#ports.cipher.digest();
    let bytes = 0;
    let offset = headerBytes;
    let crc = crc32(head);
    for (let number = 0; ; number += 1) {
      const chunk = await this.#readChunk(file, mark, { offset, number, crc });
      digest.update(chunk.data);
      bytes += chunk.data.length;
      if (chunk.last) {
        const isWhole = bytes === mark.bytes && equalBytes(digest.finish(), mark.sha256);
        if (!isWhole) throw this.#damaged(mark, 'content is not what the log names');
      }
      yield { data: chunk.data, last: chunk.last };
      if (chunk.last) return;
      ({ offset, crc } = chunk);
    }
  }

  /** Removes every file but those that `marks` name at that moment, that are being read, and whose writers are not done. */
  async removeOthers(marks: () => readonly SnapshotMark[]): Promise<void> {
    const { disk } = this.#ports;
    const { directory } = this.#place;
    let hasRemoved = false;
    for (const { name } of await disk.list(directory)) {
      if (this.#isNeeded(name.replace(/\.tmp$/, ''), marks())) continue;
      await disk.remove(`${directory}/${name}`);
      hasRemoved = true;
    }
    if (hasRemoved) await disk.syncDirectory(directory);
  }

  #isNeeded(name: string, marks: readonly SnapshotMark[]): boolean {
    const isNamed = marks.some(({ index, term }) => fileName(index, term) === name);
    return isNamed || this.#unnamed.has(name) || this.#readers.has(name);
  }

  #hold(name: string): Disposable {
    this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const left = (this.#readers.get(name) ?? 1) - 1;
        if (left > 0) this.#readers.set(name, left);
        else this.#readers.delete(name);
      },
    };
  }

  #path(index: number, term: number): string {
    return `${this.#place.directory}/${fileName(index, term)}`;
  }

  #header(index: number, term: number): Uint8Array {
    const bytes = new Uint8Array(headerBytes);
    const view = viewOf(bytes);
    const clusterId = new TextEncoder().encode(this.#place.clusterId);
    bytes.set(magic, 0);
    view.setUint32(8, version, true);
    writeU64(view, 16, index);
    writeU64(view, 24, term);
    writeU64(view, 32, this.#place.memberId);
    bytes.set(this.#ports.cipher.keyId, 40);
    view.setUint16(40 + keyIdBytes, clusterId.length, true);
    bytes.set(clusterId, 42 + keyIdBytes);
    view.setUint32(12, headerCrc(bytes), true);
    return bytes;
  }

  #seal(at: ChunkPlace, chunk: Chunk, plain: Uint8Array): Uint8Array {
    const nonce = this.#ports.nonces.next();
    const sealed = this.#ports.cipher.seal(plain, { nonce, associated: associatedOf(at, chunk) });
    const bytes = new Uint8Array(alignUp(chunkHeaderBytes + sealed.length, 8));
    const view = viewOf(bytes);
    view.setUint32(0, sealed.length, true);
    view.setUint32(8, chunk.number, true);
    view.setUint32(12, chunk.last ? lastChunk : 0, true);
    bytes.set(nonce, 16);
    bytes.set(sealed, chunkHeaderBytes);
    view.setUint32(4, chunkCrc(bytes, chunk.previousCrc), true);
    return bytes;
  }

  async #openFile(mark: SnapshotMark): Promise<DiskFile> {
    try {
      return await this.#ports.disk.open(this.#path(mark.index, mark.term), 'read');
    } catch (error) {
      if (isShoalError(error, 'notFound')) throw this.#damaged(mark, 'file is missing');
      throw error;
    }
  }

  async #readChunk(
    file: DiskFile,
    mark: SnapshotMark,
    at: { readonly offset: number; readonly number: number; readonly crc: number },
  ): Promise<ReadChunk> {
    const head = await file.read(at.offset, chunkHeaderBytes);
    if (head.length < chunkHeaderBytes) throw this.#damaged(mark, 'file is too short');
    const view = viewOf(head);
    const length = view.getUint32(0, true);
    const isPlausible = length >= tagBytes && length <= snapshotChunkBytes + tagBytes;
    if (!isPlausible) throw this.#damaged(mark, 'chunk header is damaged');
    const bytes = await file.read(at.offset, alignUp(chunkHeaderBytes + length, 8));
    const crc = chunkCrc(bytes, at.crc);
    if (bytes.length < chunkHeaderBytes + length || crc !== view.getUint32(4, true)) {
      throw this.#damaged(mark, 'checksum does not match');
    }
    const last = view.getUint32(12, true) === lastChunk;
    const chunk = { number: at.number, last, previousCrc: at.crc };
    const data = this.#ports.cipher.open(
      bytes.subarray(chunkHeaderBytes, chunkHeaderBytes + length),
      {
        nonce: head.subarray(16, 16 + nonceBytes),
        associated: associatedOf({ index: mark.index, term: mark.term, offset: at.offset }, chunk),
      },
    );
    if (data === undefined) throw this.#damaged(mark, 'seal does not open');
    return { data, last, offset: at.offset + bytes.length, crc };
  }

  #damaged(mark: SnapshotMark, reason: string): ShoalError {
    return corrupt('the snapshot is damaged', {
      snapshot: fileName(mark.index, mark.term),
      reason,
    });
  }
}

/** All formats have the magic, their version and the sum of the other bytes in one place. */
function isOfNewerFormat(head: Uint8Array): boolean {
  if (head.length < headerBytes || !magic.every((byte, offset) => head[offset] === byte))
    return false;
  const view = viewOf(head);
  return view.getUint32(8, true) > version && view.getUint32(12, true) === headerCrc(head);
}

function headerCrc(head: Uint8Array): number {
  return crc32(head.subarray(16), crc32(head.subarray(0, 12)));
}

interface Chunk {
  readonly number: number;
  readonly last: boolean;
  readonly previousCrc: number;
}

interface ChunkPlace {
  readonly index: number;
  readonly term: number;
  readonly offset: number;
}

interface ReadChunk {
  readonly data: Uint8Array;
  readonly last: boolean;
  /** Where the next chunk begins, and what its crc32 continues. */
  readonly offset: number;
  readonly crc: number;
}

interface WriterParts {
  readonly index: number;
  readonly term: number;
  readonly file: DiskFile;
  readonly headerCrc: number;
  readonly digest: Digest;
  seal(offset: number, chunk: Chunk, plain: Uint8Array): Uint8Array;
  /** Gives the file its name, durably. */
  publish(): Promise<void>;
  /** The file may be removed unless a mark names it. */
  release(): void;
}

/** Writes one snapshot. Chunks are added one after the other; the file counts only when its mark is in the log. */
export class SnapshotWriter {
  readonly index: number;
  readonly term: number;
  readonly #parts: WriterParts;
  #offset = headerBytes;
  #number = 0;
  #bytes = 0;
  #crc: number;
  #isClosed = false;

  /** Made by `SnapshotFiles.begin`. */
  constructor(parts: WriterParts) {
    this.index = parts.index;
    this.term = parts.term;
    this.#parts = parts;
    this.#crc = parts.headerCrc;
  }

  /** Adds bytes of the state. */
  async add(data: Uint8Array): Promise<void> {
    for (let start = 0; start < data.length; start += snapshotChunkBytes) {
      await this.#write(data.subarray(start, start + snapshotChunkBytes), false);
    }
  }

  /**
   * Ends the file and makes it durable under its name.
   * @param expected what it has to hold. @returns the mark to append to the log; `release` once that is done.
   * @throws `invalidArgument` when it holds something else; the name then stays as it was.
   */
  async finish(expected?: SnapshotContent): Promise<SnapshotMark> {
    const { file, digest } = this.#parts;
    await this.#write(new Uint8Array(0), true);
    await file.sync();
    await this.#close();
    const content = { bytes: this.#bytes, sha256: digest.finish() };
    if (expected !== undefined && !isSameContent(content, expected))
      throw new ShoalError('invalidArgument', 'a snapshot is not what it says');
    await this.#parts.publish();
    return { index: this.index, term: this.term, ...content };
  }

  /** From now on the file stays only if a mark names it. */
  release(): void {
    this.#parts.release();
  }

  /** Closes a file that will not be finished, and leaves it to be removed. */
  async abandon(): Promise<void> {
    this.release();
    await this.#close();
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#parts.file.close();
  }

  async #write(plain: Uint8Array, last: boolean): Promise<void> {
    const chunk = { number: this.#number, last, previousCrc: this.#crc };
    const bytes = this.#parts.seal(this.#offset, chunk, plain);
    this.#crc = viewOf(bytes).getUint32(4, true);
    this.#parts.digest.update(plain);
    this.#bytes += plain.length;
    await this.#parts.file.write(this.#offset, bytes);
    this.#offset += bytes.length;
    this.#number += 1;
  }
}

function isSameContent(one: SnapshotContent, other: SnapshotContent): boolean {
  return one.bytes === other.bytes && equalBytes(one.sha256, other.sha256);
}

function fileName(index: number, term: number): string {
  return `${hex16(term)}-${hex16(index)}.snap`;
}

/** crc32 of a chunk but its own field, continued from the one before. */
function chunkCrc(bytes: Uint8Array, previous: number): number {
  return crc32(bytes.subarray(8), crc32(bytes.subarray(0, 4), previous));
}

/** What a chunk is bound to: its snapshot, its place, its number and whether it is the last. */
function associatedOf(at: ChunkPlace, chunk: Chunk): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = viewOf(bytes);
  writeU64(view, 0, at.index);
  writeU64(view, 8, at.term);
  writeU64(view, 16, at.offset);
  view.setUint32(24, chunk.number, true);
  view.setUint32(28, chunk.last ? lastChunk : 0, true);
  return bytes;
}
