import { MemoryStorage } from '../raft/log/memory-storage.ts';
import type { Entry } from '../raft/entry.ts';
import type { Snapshot } from '../raft/snapshot.ts';

/** A lone voter forgets what main has applied in pieces of so many entries. */
const forgetEntries = 256;

/** What the Raft library reads of the log that was written: entries that others may still need, in memory, and the newest snapshot. */
export class LogWindow extends MemoryStorage {
  /** Who belongs to the group was changed last by the entry at this index. */
  configIndex = 0;
  #isSnapshotMissed = false;
  #waitingBytes = 0;
  #appliedIndex = 0;

  /** Payload of the entries that main has not applied. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Main has applied everything up to `index`. */
  noteApplied(index: number): void {
    if (index <= this.#appliedIndex) return;
    this.#waitingBytes -= this.#bytesOf(this.#appliedIndex + 1, index + 1);
    this.#appliedIndex = index;
  }

  override append(entries: readonly Entry[]): void {
    const first = entries[0]?.index;
    if (first === undefined) return;
    if (first <= this.lastIndex()) this.#waitingBytes -= this.#bytesOf(first, this.lastIndex() + 1);
    super.append(entries);
    this.#waitingBytes += this.#bytesOf(first, this.lastIndex() + 1);
  }

  override applySnapshot(snapshot: Snapshot): boolean {
    const isNewer = super.applySnapshot(snapshot);
    if (isNewer) {
      this.#waitingBytes = 0;
      this.#appliedIndex = snapshot.index;
    }
    return isNewer;
  }

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

  /** Payload of the entries from `from` on and before `to` that main has not applied. */
  #bytesOf(from: number, to: number): number {
    const start = Math.max(from, this.#appliedIndex + 1, this.firstIndex());
    if (start >= to) return 0;
    const entries = this.entries(start, to, Number.POSITIVE_INFINITY);
    return typeof entries === 'string'
      ? 0
      : entries.reduce((sum, { data }) => sum + data.length, 0);
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
