import { entriesBytes, limitBytes, type Entry, type EntryId } from '../entry.ts';
import { invariant } from '../invariant.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Trace } from '../trace.ts';
import type { Gap, LogStorage } from './storage.ts';
import { Unstable } from './unstable.ts';

/** How far a slice of the log may be handed out to be applied. */
export interface ApplyRule {
  /** Entries that are not durable here yet may be applied: only where `Ready` is written before it is applied. */
  readonly allowUnstable: boolean;
}

/** Entries that a leader sends: they follow on `previous`. */
export interface LogSlice {
  readonly previous: EntryId;
  readonly entries: readonly Entry[];
}

/**
 * The whole log: what storage has, and behind it what it has not got yet.
 *
 * applied ≤ applying ≤ committed ≤ lastIndex, always.
 */
export class RaftLog {
  readonly storage: LogStorage;
  unstable: Unstable;
  /** The highest index known to be in the logs of a quorum. */
  committed: number;
  /** The highest index handed out to be applied. */
  applying: number;
  /** The highest index that the state machine has. */
  applied: number;
  readonly #applyingBytesMax: number;
  #applyingBytes = 0;
  /** No more is handed out to be applied until some of it was. */
  #isApplyingPaused = false;
  readonly #trace: Trace;

  constructor(
    storage: LogStorage,
    options: { readonly applyingBytesMax: number; readonly trace: Trace },
  ) {
    this.storage = storage;
    this.#trace = options.trace;
    this.#applyingBytesMax = options.applyingBytesMax;
    this.unstable = new Unstable(storage.lastIndex() + 1, options.trace);
    const start = storage.firstIndex() - 1;
    this.committed = start;
    this.applying = start;
    this.applied = start;
  }

  /** What was handed out to be applied and is not yet, and whether more waits for that. */
  get applyingNow(): { readonly bytes: number; readonly isPaused: boolean } {
    return { bytes: this.#applyingBytes, isPaused: this.#isApplyingPaused };
  }

  firstIndex(): number {
    return this.unstable.firstIndex() ?? this.storage.firstIndex();
  }

  lastIndex(): number {
    return this.unstable.lastIndex() ?? this.storage.lastIndex();
  }

  lastId(): EntryId {
    const index = this.lastIndex();
    return { term: this.termOrZero(index), index };
  }

  term(index: number): number | Gap {
    const unstable = this.unstable.term(index);
    if (unstable !== undefined) return unstable;
    // The entry before the first is compacted, but its term is kept: logs are matched by it.
    if (index + 1 < this.firstIndex()) return 'compacted';
    if (index > this.lastIndex()) return 'unavailable';
    return this.storage.term(index);
  }

  /** 0 where no term is known. */
  termOrZero(index: number): number {
    const term = this.term(index);
    return typeof term === 'number' ? term : 0;
  }

  matchesTerm(id: EntryId): boolean {
    return this.term(id.index) === id.term;
  }

  /** A log that ends at `theirs` has at least what this one has, if it ever comes to that (paper, §5.4.1). */
  isUpToDate(theirs: EntryId): boolean {
    const ours = this.lastId();
    return theirs.term > ours.term || (theirs.term === ours.term && theirs.index >= ours.index);
  }

  /** Appends what a leader sent, if it fits on. The last index that is the leader's too, or undefined: it does not fit. */
  maybeAppend(slice: LogSlice, committed: number): number | undefined {
    if (!this.matchesTerm(slice.previous)) return undefined;
    const last = slice.previous.index + slice.entries.length;
    const conflict = this.#findConflict(slice.entries);
    if (conflict !== 0) {
      invariant(conflict > this.committed, 'no leader contradicts a committed entry');
      this.append(slice.entries.slice(conflict - (slice.previous.index + 1)));
    }
    // What lies behind the leader's last entry may differ from the leader's log.
    this.commitTo(Math.min(committed, last));
    return last;
  }

  /** Appends at the index of the first entry; the last index of the log afterwards. */
  append(entries: readonly Entry[]): number {
    const first = entries[0];
    if (first !== undefined) {
      invariant(first.index > this.committed, 'committed entries are never replaced');
      this.unstable.truncateAndAppend(entries);
    }
    return this.lastIndex();
  }

  /** The first index at which the entries differ from the log, or at which they go on behind it; 0 if neither. */
  #findConflict(entries: readonly Entry[]): number {
    for (const entry of entries) {
      if (this.matchesTerm(entry)) continue;
      if (entry.index <= this.lastIndex()) {
        this.#trace.info(
          () =>
            `found conflict at index ${entry.index} [existing term: ${this.termOrZero(entry.index)}, ` +
            `conflicting term: ${entry.term}]`,
        );
      }
      return entry.index;
    }
    return 0;
  }

  /**
   * The highest index up to `index` at which a log that has `term` at `index` may agree with this one, with the term
   * that stands there (0 if unknown): all above it certainly differ. Spares a message for each entry of a diverged end.
   */
  findConflictByTerm(index: number, term: number): EntryId {
    for (let at = index; at > 0; at -= 1) {
      const ours = this.term(at);
      if (typeof ours !== 'number') return { index: at, term: 0 };
      if (ours <= term) return { index: at, term: ours };
    }
    return { index: 0, term: 0 };
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    invariant(index <= this.lastIndex(), 'only what is in the log is committed');
    this.committed = index;
  }

  /** Commits up to this entry if it is new and really stands there. */
  maybeCommit(id: EntryId): boolean {
    if (id.term === 0 || id.index <= this.committed || !this.matchesTerm(id)) return false;
    this.commitTo(id.index);
    return true;
  }

  appliedTo(index: number, bytes: number): void {
    invariant(index <= this.committed, 'only what is committed is applied');
    invariant(index >= this.applied, 'what is applied stays applied');
    this.applied = index;
    this.applying = Math.max(this.applying, index);
    this.#applyingBytes = Math.max(0, this.#applyingBytes - bytes);
    this.#isApplyingPaused = this.#applyingBytes >= this.#applyingBytesMax;
  }

  /** Entries up to `index` were handed out. */
  acceptApplying(index: number, bytes: number, rule: ApplyRule): void {
    invariant(index <= this.committed, 'only what is committed is handed out');
    this.applying = index;
    this.#applyingBytes += bytes;
    // A slice that ends early was cut by its size: what remains waits, or the limit would not be one.
    this.#isApplyingPaused =
      this.#applyingBytes >= this.#applyingBytesMax || index < this.#maxAppliable(rule);
  }

  /** What may be applied next. */
  nextCommitted(rule: ApplyRule): readonly Entry[] {
    if (!this.hasNextCommitted(rule)) return [];
    const room = this.#applyingBytesMax - this.#applyingBytes;
    invariant(room > 0, 'a pause was made when there was no more room');
    const entries = this.slice(this.applying + 1, this.#maxAppliable(rule) + 1, room);
    invariant(typeof entries !== 'string', 'what is to be applied is in the log');
    return entries;
  }

  hasNextCommitted(rule: ApplyRule): boolean {
    // A snapshot comes first: it may contain what would be applied.
    if (this.#isApplyingPaused || this.unstable.snapshot !== undefined) return false;
    return this.applying < this.#maxAppliable(rule);
  }

  #maxAppliable(rule: ApplyRule): number {
    return rule.allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1);
  }

  get hasUnstableEntries(): boolean {
    return this.unstable.entries.length > 0;
  }

  snapshot(): Snapshot | undefined {
    return this.unstable.snapshot ?? this.storage.snapshot();
  }

  /** Begins anew behind a snapshot. */
  restore(snapshot: Snapshot): void {
    this.#trace.info(
      () =>
        `log [${describeLog(this)}] starts to restore snapshot ` +
        `[index: ${snapshot.index}, term: ${snapshot.term}]`,
    );
    this.committed = snapshot.index;
    this.unstable.restore(snapshot);
  }

  /** All entries from `from` on, cut by size. */
  entriesFrom(from: number, maxBytes: number): readonly Entry[] | Gap {
    return from > this.lastIndex() ? [] : this.slice(from, this.lastIndex() + 1, maxBytes);
  }

  /** Entries from `from` to before `to`, as many as `maxBytes` allows and at least one. */
  slice(from: number, to: number, maxBytes: number): readonly Entry[] | Gap {
    invariant(from <= to && to <= this.lastIndex() + 1, 'a slice lies within the log');
    if (from < this.firstIndex()) return 'compacted';
    if (from === to) return [];
    const { unstable } = this;
    if (from >= unstable.offset) return limitBytes(unstable.slice(from, to), maxBytes);
    const cut = Math.min(to, unstable.offset);
    const stable = this.storage.entries(from, cut, maxBytes);
    if (typeof stable === 'string' || to <= unstable.offset) return stable;
    if (stable.length < cut - from) return stable;
    const bytes = entriesBytes(stable);
    if (bytes >= maxBytes) return stable;
    const rest = limitBytes(unstable.slice(unstable.offset, to), maxBytes - bytes);
    if (rest.length === 1 && bytes + entriesBytes(rest) > maxBytes) return stable;
    return [...stable, ...rest];
  }

  clone(storage: LogStorage, trace: Trace): RaftLog {
    const copy = new RaftLog(storage, { applyingBytesMax: this.#applyingBytesMax, trace });
    copy.unstable = this.unstable.clone(trace);
    copy.committed = this.committed;
    copy.applying = this.applying;
    copy.applied = this.applied;
    copy.#applyingBytes = this.#applyingBytes;
    copy.#isApplyingPaused = this.#isApplyingPaused;
    return copy;
  }
}

function describeLog(log: RaftLog): string {
  const { unstable } = log;
  return (
    `committed=${log.committed}, applied=${log.applied}, applying=${log.applying}, ` +
    `unstable.offset=${unstable.offset}, unstable.offsetInProgress=${unstable.offsetInProgress}, ` +
    `len(unstable.Entries)=${unstable.entries.length}`
  );
}
