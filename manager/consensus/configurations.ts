import type { MemberId } from '../raft/member.ts';
import { emptyConfState, type ConfState } from '../raft/snapshot.ts';
import type { SnapshotMark } from './wal/record.ts';

interface Configuration {
  readonly index: number;
  readonly confState: ConfState;
}

/** Who belonged to the group, from the newest snapshot on. */
export class Configurations {
  readonly #initial: ConfState;
  /** Ascending; never empty. */
  #known: readonly [Configuration, ...Configuration[]];

  /** @param voters who voted when the log was begun. */
  constructor(voters: readonly MemberId[], mark: SnapshotMark | undefined) {
    this.#initial = { ...emptyConfState, voters };
    this.#known = [{ index: mark?.index ?? 0, confState: mark?.confState ?? this.#initial }];
  }

  /** As it is now. */
  get confState(): ConfState {
    return (this.#known.at(-1) ?? this.#known[0]).confState;
  }

  /** What was in force once everything up to `index` was applied. */
  at(index: number): ConfState {
    return (this.#known.findLast((known) => known.index <= index) ?? this.#known[0]).confState;
  }

  /** As `at`, but undefined where it is still the one with which the log was begun. */
  changedAt(index: number): ConfState | undefined {
    const confState = this.at(index);
    return confState === this.#initial ? undefined : confState;
  }

  /** The log begins anew behind a snapshot. */
  restart(index: number, confState: ConfState): void {
    this.#known = [{ index, confState }];
  }

  add(index: number, confState: ConfState): void {
    this.#known = [...this.#known, { index, confState }];
  }

  /** Nobody will ask for an index before `index`. */
  forget(index: number): void {
    const first = this.#known.findLastIndex((known) => known.index <= index);
    const [head, ...rest] = this.#known.slice(Math.max(0, first));
    if (head !== undefined) this.#known = [head, ...rest];
  }

  /** True when `id` votes and nobody else belongs to the group. */
  isAlone(id: MemberId): boolean {
    const { voters, learners, votersOutgoing, learnersNext } = this.confState;
    const others = [...learners, ...votersOutgoing, ...learnersNext];
    return voters.length === 1 && voters[0] === id && others.length === 0;
  }
}
