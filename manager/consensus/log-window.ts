import { MemoryStorage } from '../raft/log/memory-storage.ts';
import type { Snapshot } from '../raft/snapshot.ts';

/** A lone voter forgets what main has applied in pieces of so many entries. */
const forgetEntries = 256;

/** What the Raft library reads of the log that was written: entries that others may still need, in memory, and the newest snapshot. */
export class LogWindow extends MemoryStorage {
  /** Who belongs to the group was changed last by the entry at this index. */
  configIndex = 0;
  #isSnapshotMissed = false;

  /** None where the entries here do not follow on it, or where it does not know of all members: then a newer one is missed. */
  override snapshot(): Snapshot | undefined {
    const snapshot = super.snapshot();
    const isOld =
      snapshot === undefined ||
      snapshot.index < this.firstIndex() - 1 ||
      snapshot.index < this.configIndex;
    if (isOld) this.#isSnapshotMissed = true;
    return isOld ? undefined : snapshot;
  }

  /** True once after a snapshot was asked for that is not here. */
  takeMissed(): boolean {
    const isMissed = this.#isSnapshotMissed;
    this.#isSnapshotMissed = false;
    return isMissed;
  }

  /** Forgets all up to `index`. */
  forget(index: number): void {
    if (index >= this.firstIndex()) this.compact(index);
  }

  /** As `forget`, once that is worth it. */
  forgetInPieces(index: number): void {
    if (index - this.firstIndex() >= forgetEntries) this.compact(index);
  }
}
