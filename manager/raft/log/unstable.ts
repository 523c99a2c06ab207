import type { Entry, EntryId } from '../entry.ts';
import { invariant } from '../invariant.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Trace } from '../trace.ts';

/**
 * The end of the log that storage has not got yet: perhaps a snapshot, and the entries from `offset` on.
 *
 * Of both, a part may be on its way to storage already (in progress): it is not handed out again, and it stays here
 * until storage says that it is durable.
 */
export class Unstable {
  snapshot: Snapshot | undefined = undefined;
  /** Index of the first of `entries`. */
  offset: number;
  isSnapshotInProgress = false;
  /** Entries before this index are on their way. Never below `offset`. */
  offsetInProgress: number;
  /** Grows in place: an append costs what it appends, however much waits here. Nobody else holds this array. */
  #entries: Entry[] = [];
  readonly #trace: Trace;

  constructor(offset: number, trace: Trace) {
    this.offset = offset;
    this.offsetInProgress = offset;
    this.#trace = trace;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The first index of the whole log, if the snapshot here decides it. */
  firstIndex(): number | undefined {
    return this.snapshot === undefined ? undefined : this.snapshot.index + 1;
  }

  /** The last index of the whole log, if it is here. */
  lastIndex(): number | undefined {
    if (this.#entries.length > 0) return this.offset + this.#entries.length - 1;
    return this.snapshot?.index;
  }

  /** Undefined if storage must be asked. */
  term(index: number): number | undefined {
    if (index < this.offset) {
      return this.snapshot?.index === index ? this.snapshot.term : undefined;
    }
    return this.#entries[index - this.offset]?.term;
  }

  nextEntries(): readonly Entry[] {
    return this.#entries.slice(this.offsetInProgress - this.offset);
  }

  get hasNextEntries(): boolean {
    return this.offset + this.#entries.length > this.offsetInProgress;
  }

  nextSnapshot(): Snapshot | undefined {
    return this.isSnapshotInProgress ? undefined : this.snapshot;
  }

  /** What `nextEntries` and `nextSnapshot` gave is on its way. */
  acceptInProgress(): void {
    this.offsetInProgress = this.offset + this.#entries.length;
    if (this.snapshot !== undefined) this.isSnapshotInProgress = true;
  }

  /**
   * Storage has everything up to this entry. The term must match: an answer to a write that was overtaken by another
   * leader's entries says nothing about those.
   */
  stableTo(id: EntryId): void {
    const term = this.term(id.index);
    if (term === undefined) {
      this.#trace.info(() => `entry at index ${id.index} missing from unstable log; ignoring`);
      return;
    }
    if (id.index < this.offset) {
      this.#trace.info(() => `entry at index ${id.index} matched unstable snapshot; ignoring`);
      return;
    }
    if (term !== id.term) {
      this.#trace.info(
        () =>
          `entry at (index,term)=(${id.index},${id.term}) mismatched with entry at ` +
          `(${id.index},${term}) in unstable log; ignoring`,
      );
      return;
    }
    this.#entries = this.#entries.slice(id.index + 1 - this.offset);
    this.offset = id.index + 1;
    this.offsetInProgress = Math.max(this.offsetInProgress, this.offset);
  }

  stableSnapshotTo(index: number): void {
    if (this.snapshot?.index !== index) return;
    this.snapshot = undefined;
    this.isSnapshotInProgress = false;
  }

  /** Begins anew behind a snapshot. */
  restore(snapshot: Snapshot): void {
    this.offset = snapshot.index + 1;
    this.offsetInProgress = this.offset;
    this.#entries = [];
    this.snapshot = snapshot;
    this.isSnapshotInProgress = false;
  }

  /** Appends at the index of the first entry given; what stood there or behind it is gone. */
  truncateAndAppend(entries: readonly Entry[]): void {
    const from = entries[0]?.index;
    if (from === undefined) return;
    if (from === this.offset + this.#entries.length) {
      for (const entry of entries) this.#entries.push(entry);
    } else if (from <= this.offset) {
      this.#trace.info(() => `replace the unstable entries from index ${from}`);
      this.#entries = [...entries];
      this.offset = from;
      this.offsetInProgress = from;
    } else {
      this.#trace.info(() => `truncate the unstable entries before index ${from}`);
      this.#entries = [...this.slice(this.offset, from), ...entries];
      this.offsetInProgress = Math.min(this.offsetInProgress, from);
    }
  }

  /** Entries from `from` to before `to`, all of which must be here. */
  slice(from: number, to: number): readonly Entry[] {
    invariant(
      from >= this.offset && from <= to && to <= this.offset + this.#entries.length,
      'a slice lies within the unstable entries',
    );
    return this.#entries.slice(from - this.offset, to - this.offset);
  }

  clone(trace: Trace): Unstable {
    const copy = new Unstable(this.offset, trace);
    copy.snapshot = this.snapshot;
    copy.#entries = [...this.#entries];
    copy.isSnapshotInProgress = this.isSnapshotInProgress;
    copy.offsetInProgress = this.offsetInProgress;
    return copy;
  }
}
