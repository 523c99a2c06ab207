import { countWithin, type Entry } from '../entry.ts';
import { invariant } from '../invariant.ts';
import {
  emptyConfState,
  emptyHardState,
  type ConfState,
  type HardState,
  type Snapshot,
} from '../snapshot.ts';
import type { Gap, LogStorage } from './storage.ts';

const emptySnapshot: Snapshot = {
  data: new Uint8Array(0),
  index: 0,
  term: 0,
  confState: emptyConfState,
};

/**
 * The written log, in memory: the window that a driver keeps of what is on disk, and the whole storage of tests.
 *
 * The entries follow on the snapshot's index, or, after a compaction, on a later one.
 */
export class MemoryStorage implements LogStorage {
  #hardState: HardState = emptyHardState;
  #snapshot: Snapshot = emptySnapshot;
  /** The entry before the first: compacted, but its term is known. */
  #before: { readonly index: number; readonly term: number } = { index: 0, term: 0 };
  #entries: Entry[] = [];

  initialState(): { readonly hardState: HardState; readonly confState: ConfState } {
    return { hardState: this.#hardState, confState: this.#snapshot.confState };
  }

  firstIndex(): number {
    return this.#before.index + 1;
  }

  lastIndex(): number {
    return this.#before.index + this.#entries.length;
  }

  term(index: number): number | Gap {
    if (index < this.#before.index) return 'compacted';
    if (index === this.#before.index) return this.#before.term;
    return this.#entries[index - this.#before.index - 1]?.term ?? 'unavailable';
  }

  entries(from: number, to: number, maxBytes: number): readonly Entry[] | Gap {
    if (from <= this.#before.index) return 'compacted';
    if (to > this.lastIndex() + 1) return 'unavailable';
    const start = from - this.#before.index - 1;
    const range = { start, end: start + to - from };
    return this.#entries.slice(start, start + countWithin(this.#entries, range, maxBytes));
  }

  snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  setHardState(state: HardState): void {
    this.#hardState = state;
  }

  /** Replaces everything. False: it is older than the one that is there, and nothing changed. */
  applySnapshot(snapshot: Snapshot): boolean {
    if (snapshot.index <= this.#snapshot.index && this.#snapshot.index > 0) return false;
    this.#snapshot = snapshot;
    this.#before = { index: snapshot.index, term: snapshot.term };
    this.#entries = [];
    return true;
  }

  /** Notes a snapshot of the state after `index`, which must be in the log; the log stays as it is. */
  noteSnapshot(snapshot: Snapshot): void {
    invariant(this.term(snapshot.index) === snapshot.term, 'a snapshot is of a state in the log');
    this.#snapshot = snapshot;
  }

  /** Forgets all entries up to `index`. */
  compact(index: number): void {
    invariant(
      index > this.#before.index && index <= this.lastIndex(),
      'what is compacted is there',
    );
    const term = this.term(index);
    invariant(typeof term === 'number', 'an entry that is there has a term');
    this.#entries = this.#entries.slice(index - this.#before.index);
    this.#before = { index, term };
  }

  /** Writes entries; whatever stood at the index of the first or behind it is gone. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const at = entry.index - this.#before.index - 1;
      if (at < 0) continue;
      invariant(at <= this.#entries.length, 'entries follow on one another');
      if (at < this.#entries.length) this.#entries.length = at;
      this.#entries.push(entry);
    }
  }

  clone(): MemoryStorage {
    return this.copyTo(new MemoryStorage());
  }

  /** Makes `copy` an independent copy; for storages that have more than this one. */
  protected copyTo<Copy extends MemoryStorage>(copy: Copy): Copy {
    copy.#hardState = this.#hardState;
    copy.#snapshot = this.#snapshot;
    copy.#before = this.#before;
    copy.#entries = [...this.#entries];
    return copy;
  }
}
