import { invariant } from '../../common/pure/invariant.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { ConfState } from '../raft/snapshot.ts';
import { type LogCipher, NonceSource } from './wal/cipher.ts';
import { corrupt } from './wal/failure.ts';
import { identityExists, writeIdentity } from './wal/identity-file.ts';
import { WriteAheadLog } from './wal/log.ts';
import { SnapshotFiles, type SnapshotWriter } from './wal/snapshot-file.ts';

export interface StorageOptions {
  /** The member's `raft` directory; made when missing. */
  readonly directory: string;
  readonly clusterId: string;
  /** Raft id of this member: whole, above 0, 48 bits. */
  readonly memberId: number;
  /** Raft ids of those who voted when the group's log was begun; a member that joins is told. This log knows them from its own beginning on. */
  readonly voters: readonly number[];
  readonly segmentBytes: number;
  readonly groupBytes: number;
  /** Bytes of one entry at most. */
  readonly entryBytes: number;
  /** Entries before a snapshot that stay in the log, for members that are a little behind. */
  readonly trailingEntries: number;
}

interface StoragePorts {
  readonly disk: Disk;
  readonly entropy: Entropy;
  readonly cipher: LogCipher;
}

/** A piece of a snapshot as main sends it. */
export interface SnapshotPiece {
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
  readonly last: boolean;
}

/** All that one member keeps on disk: `wal/`, `snap/` and `identity.json` in its `raft` directory. */
export class Storage {
  readonly log: WriteAheadLog;
  readonly snapshots: SnapshotFiles;
  readonly #trailingEntries: number;
  readonly #directory: string;
  readonly #disk: Disk;
  #writer: SnapshotWriter | undefined;

  private constructor(
    log: WriteAheadLog,
    snapshots: SnapshotFiles,
    place: Pick<StorageOptions, 'trailingEntries' | 'directory'> & { readonly disk: Disk },
  ) {
    this.log = log;
    this.snapshots = snapshots;
    this.#trailingEntries = place.trailingEntries;
    this.#directory = place.directory;
    this.#disk = place.disk;
  }

  /**
   * Opens what is there or begins anew. Leaves nothing behind that a crash left half done.
   * @throws `corrupt` (also when this member had a log and it is gone), `dataRootTooNew`, or what the disk throws.
   */
  static async open(options: StorageOptions, ports: StoragePorts): Promise<Storage> {
    const { directory, clusterId, memberId } = options;
    const { disk, cipher } = ports;
    const walDirectory = `${directory}/wal`;
    const snapDirectory = `${directory}/snap`;
    await makeDirectories(options.directory, disk);
    const identity = { clusterId, memberId };
    const isKnown = await identityExists(directory, identity, disk);
    if (isKnown && !(await hasSegments(walDirectory, disk))) {
      throw corrupt('the log of this member is gone', { directory: walDirectory });
    }
    const nonces = new NonceSource(ports.entropy);
    const place = { clusterId, memberId };
    const log = await WriteAheadLog.open(
      { ...options, ...place, directory: walDirectory },
      { disk, cipher, nonces },
    );
    const snapshots = new SnapshotFiles(
      { ...place, directory: snapDirectory },
      { disk, cipher, nonces },
    );
    await snapshots.removeOthers(() => log.marks);
    if (!isKnown) await writeIdentity(directory, identity, disk);
    return new Storage(log, snapshots, { ...options, disk });
  }

  /**
   * Takes the next piece of a snapshot. With the last one: file durable, then named by the log, then older files go.
   * @param confState who belongs to the group at its index; absent: those who voted when the log was begun.
   * @returns false when the last piece came too late: the log names a newer snapshot by now.
   */
  async saveChunk(piece: SnapshotPiece, confState?: ConfState): Promise<boolean> {
    this.#writer ??= await this.snapshots.begin(piece.index, piece.term);
    const isSame = this.#writer.index === piece.index && this.#writer.term === piece.term;
    invariant(isSame, 'pieces of one snapshot come together');
    const writer = this.#writer;
    await writer.add(piece.data);
    if (!piece.last) return true;
    const file = await writer.finish();
    this.#writer = undefined;
    const mark = confState === undefined ? file : { ...file, confState };
    const isOvertaken = mark.index <= (this.log.mark?.index ?? 0);
    if (!isOvertaken) await this.log.append([{ kind: 'snapshotMark', mark }]);
    writer.release();
    await this.removeOlder();
    return !isOvertaken;
  }

  /** Removes what the snapshot that the log names makes needless. @throws what the disk throws. */
  async removeOlder(): Promise<void> {
    const { durableMark } = this.log;
    if (durableMark !== undefined)
      await this.log.compact(Math.max(0, durableMark.index - this.#trailingEntries));
    await this.removeUnnamed();
  }

  /** Removes files of snapshots that nobody writes or reads and the log does not name. */
  async removeUnnamed(): Promise<void> {
    await this.snapshots.removeOthers(() => this.log.marks);
  }

  /** Gives up the snapshot whose pieces came last, and the space that it took. Harmless when there is none. */
  async giveUpSnapshot(): Promise<void> {
    await this.#writer?.abandon();
    this.#writer = undefined;
    await this.removeUnnamed();
  }

  /**
   * Closes the log for good and takes it out of the way: who opens it the next time finds that this member's log is gone. Nothing of it is deleted.
   * @throws what the disk throws
   */
  async setLogAside(): Promise<void> {
    await this.log.close();
    await this.#disk.removeTree(`${this.#directory}/wal.outdated`);
    await this.#disk.rename(`${this.#directory}/wal`, `${this.#directory}/wal.outdated`);
    await this.#disk.syncDirectory(this.#directory);
  }

  /** Waits for what was appended and closes all files. */
  async close(): Promise<void> {
    await this.#writer?.abandon();
    await this.log.close();
  }
}

async function makeDirectories(directory: string, disk: Disk): Promise<void> {
  await disk.makeDirectory(`${directory}/wal`);
  await disk.makeDirectory(`${directory}/snap`);
  await disk.syncDirectory(directory);
  await disk.syncDirectory(directory.slice(0, directory.lastIndexOf('/')) || '/');
}

async function hasSegments(directory: string, disk: Disk): Promise<boolean> {
  const entries = await disk.list(directory);
  return entries.some((entry) => entry.name.endsWith('.wal'));
}
