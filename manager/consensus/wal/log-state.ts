import { equalBytes } from '../../../common/pure/bytes.ts';
import type { Entry } from '../../raft/entry.ts';
import type { HardState } from '../../raft/snapshot.ts';
import type { LogIdentity, LogRecord, SnapshotMark } from './record.ts';

/**
 * What a log says so far, record by record. Each is checked against those before it; both replay and append go through here,
 * so nothing gets into a log that would be refused when it is read.
 */
export class LogState {
  #identity: LogIdentity | undefined;
  #hardState: HardState = { term: 0, vote: 0, commit: 0 };
  #mark: SnapshotMark | undefined;
  #firstIndex: number;
  #lastIndex: number;
  #lastTerm = 0;
  /** Entries beyond the mark, while they are kept. */
  #entries: Entry[] = [];
  #keepsEntries = true;

  /** @param firstIndex index of the first entry that the oldest segment may hold. */
  constructor(firstIndex: number) {
    this.#firstIndex = firstIndex;
    this.#lastIndex = firstIndex - 1;
  }

  /** The same state, without the entries. */
  copy(): LogState {
    const copy = new LogState(this.#firstIndex);
    copy.#identity = this.#identity;
    copy.#hardState = this.#hardState;
    copy.#mark = this.#mark;
    copy.#lastIndex = this.#lastIndex;
    copy.#lastTerm = this.#lastTerm;
    copy.#keepsEntries = false;
    return copy;
  }

  get identity(): LogIdentity | undefined {
    return this.#identity;
  }

  get hardState(): HardState {
    return this.#hardState;
  }

  /** The newest snapshot that is named. */
  get mark(): SnapshotMark | undefined {
    return this.#mark;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  get lastTerm(): number {
    return this.#lastTerm;
  }

  /** Everything up to here is committed, as far as the log itself says. */
  get commit(): number {
    return Math.max(this.#hardState.commit, this.#mark?.index ?? 0);
  }

  /** The entries beyond the mark, while they are kept. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** Hands over the entries beyond the mark and keeps none from now on. */
  takeEntries(): readonly Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    this.#keepsEntries = false;
    return entries;
  }

  /** Takes the next record. @returns what is wrong with it, if something is; then nothing has changed. */
  apply(record: LogRecord): string | undefined {
    switch (record.kind) {
      case 'entries':
        return this.#applyEntries(record.entries);
      case 'hardState':
        return this.#applyHardState(record.state);
      case 'snapshotMark':
        return this.#applyMark(record.mark);
      case 'identity':
        return this.#applyIdentity(record.identity);
      case 'keyEpoch':
        return undefined;
    }
  }

  /** What is missing in a log that has been read to its end. */
  complaint(): string | undefined {
    if (this.#identity === undefined) return 'no identity';
    const next = (this.#mark?.index ?? 0) + 1;
    if (this.#firstIndex > next) return `entries ${next} to ${this.#firstIndex - 1} are missing`;
    return undefined;
  }

  #applyEntries(entries: readonly Entry[]): string | undefined {
    const first = entries[0];
    if (first === undefined) return 'a batch without entries';
    if (first.index > this.#lastIndex + 1) return `entry ${first.index} follows ${this.#lastIndex}`;
    if (first.index <= this.commit) return `entry ${first.index} would replace a committed one`;
    let term = first.index === this.#lastIndex + 1 ? this.#lastTerm : this.#termBefore(first.index);
    for (const entry of entries) {
      if (entry.term < term) return `term of entry ${entry.index} is lower than the one before`;
      term = entry.term;
    }
    this.#append(entries, term);
    return undefined;
  }

  #append(entries: readonly Entry[], term: number): void {
    const first = entries[0]?.index ?? 0;
    if (this.#keepsEntries) {
      while ((this.#entries.at(-1)?.index ?? 0) >= first) this.#entries.pop();
      for (const entry of entries) this.#entries.push(entry);
    }
    this.#lastIndex = first + entries.length - 1;
    this.#lastTerm = term;
  }

  /** Term of the entry before `index` where it is known; 0, which any term may follow, where it is not. */
  #termBefore(index: number): number {
    if (this.#mark?.index === index - 1) return this.#mark.term;
    const offset = index - 1 - (this.#entries[0]?.index ?? index);
    return this.#entries[offset]?.term ?? 0;
  }

  #applyHardState(state: HardState): string | undefined {
    const old = this.#hardState;
    if (state.term < old.term) return 'term goes back';
    if (state.term === old.term && old.vote !== 0 && state.vote !== old.vote) {
      return 'a second vote in one term';
    }
    if (state.commit < old.commit) return 'commit goes back';
    if (state.commit > this.#lastIndex) return 'commit lies beyond the last entry';
    this.#hardState = state;
    return undefined;
  }

  #applyMark(mark: SnapshotMark): string | undefined {
    const old = this.#mark;
    if (old !== undefined && mark.index < old.index) return 'snapshot mark goes back';
    if (old?.index === mark.index && !equalBytes(old.sha256, mark.sha256)) {
      return 'two snapshots at one index';
    }
    const { isInstalled, ...kept } = mark;
    // What repeats it later says no more that the log begins anew.
    this.#mark = kept;
    if (isInstalled === true || mark.index > this.#lastIndex) this.#beginAfter(mark);
    this.#entries = this.#entries.filter((entry) => entry.index > mark.index);
    return undefined;
  }

  /** A snapshot from elsewhere: the log goes on behind it, and what it held there is of another history. */
  #beginAfter(mark: SnapshotMark): void {
    this.#firstIndex = mark.index + 1;
    this.#lastIndex = mark.index;
    this.#lastTerm = mark.term;
    this.#entries = [];
  }

  #applyIdentity(identity: LogIdentity): string | undefined {
    const old = this.#identity;
    if (old !== undefined && old.clusterId !== identity.clusterId) return 'another cluster';
    if (old !== undefined && old.memberId !== identity.memberId) return 'another member';
    this.#identity = identity;
    return undefined;
  }
}
