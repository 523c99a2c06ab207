import { isShoalError } from '../../common/pure/errors.ts';
import { invariant } from '../../common/pure/invariant.ts';
import type { ConfState } from '../raft/snapshot.ts';
import type { Delivery } from './delivery.ts';
import type { DriverOptions } from './options.ts';
import type { SnapshotPiece, Storage } from './storage.ts';
import type { SnapshotMark } from './wal/record.ts';

/** A snapshot that found the disk full is tried again so often in the time that one covers. */
const retries = 10;

export interface SnapshotParts {
  readonly options: DriverOptions;
  readonly storage: Storage;
  readonly delivery: Delivery;
  /** Who belonged to the group at `index`; undefined: those who voted when the log was begun. */
  readonly confStateAt: (index: number) => ConfState | undefined;
  /** Asks main for a snapshot of what it has applied. */
  readonly want: () => void;
  /** The log names a new snapshot. */
  readonly saved: (mark: SnapshotMark) => void;
}

/** Asks main for a snapshot when the log is long enough, and stores what it sends. */
export class SnapshotTaker {
  readonly #parts: SnapshotParts;
  #appliedIndex: number;
  #isWanted = false;
  /** Somebody needs a newer one than there is. */
  #isMissed = false;
  /** The disk was full in the middle of a snapshot, or another member's overtook it: what is left of it is thrown away. */
  #isGivenUp = false;
  /** No further snapshot is asked for before main has applied so much. */
  #fromIndex = 0;

  constructor(parts: SnapshotParts) {
    this.#parts = parts;
    this.#appliedIndex = this.#markIndex;
  }

  /** Main has applied everything up to `index`. */
  applied(index: number): void {
    this.#appliedIndex = Math.max(this.#appliedIndex, index);
    this.#want();
  }

  /** Another member needs a snapshot of what main has applied by now. */
  miss(): void {
    this.#isMissed = true;
    this.#want();
  }

  /** The log names another member's snapshot now, which is newer than any of this one's. @throws what the disk throws. */
  async installed(): Promise<void> {
    if (this.#isWanted) await this.#giveUp();
  }

  /** @throws `storageFailed`, or what the disk throws. */
  async save(piece: SnapshotPiece): Promise<void> {
    invariant(this.#isWanted, 'a snapshot is sent only when it is wanted');
    invariant(piece.index <= this.#appliedIndex, 'a snapshot holds only what was applied');
    if (!this.#isGivenUp && piece.index <= this.#markIndex) await this.#giveUp();
    if (!this.#isGivenUp) await this.#store(piece);
    if (!piece.last) return;
    this.#isWanted = false;
    if (this.#isGivenUp) this.#postpone();
    else this.#saved();
    this.#want();
  }

  get #markIndex(): number {
    return this.#parts.storage.log.mark?.index ?? 0;
  }

  #want(): void {
    if (this.#isWanted || this.#appliedIndex < this.#fromIndex) return;
    const { options, delivery } = this.#parts;
    const since = this.#appliedIndex - this.#markIndex;
    const isDue =
      (this.#isMissed && since > 0) ||
      since >= options.snapshotEntries ||
      (since > 0 && delivery.bytesSinceSnapshot >= options.snapshotBytes);
    if (!isDue) return;
    this.#isWanted = true;
    this.#isMissed = false;
    delivery.noteSnapshotWanted();
    this.#parts.want();
  }

  /** A full disk costs the snapshot only: the log still holds everything. */
  async #store(piece: SnapshotPiece): Promise<void> {
    const { storage, confStateAt } = this.#parts;
    try {
      const isNamed = await storage.saveChunk(piece, confStateAt(piece.index));
      this.#isGivenUp = !isNamed;
    } catch (error) {
      if (!isShoalError(error, 'limitExceeded')) throw error;
      await this.#giveUp();
    }
  }

  async #giveUp(): Promise<void> {
    this.#isGivenUp = true;
    await this.#parts.storage.giveUpSnapshot();
  }

  #saved(): void {
    const { delivery, storage, saved } = this.#parts;
    delivery.noteSnapshotDone();
    if (storage.log.mark !== undefined) saved(storage.log.mark);
  }

  #postpone(): void {
    this.#isGivenUp = false;
    const pause = Math.ceil(this.#parts.options.snapshotEntries / retries);
    this.#fromIndex = this.#appliedIndex + pause;
  }
}
