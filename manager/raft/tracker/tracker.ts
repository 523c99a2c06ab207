import { sortedIds, type MemberId } from '../member.ts';
import { committedByBoth, votedByBoth } from '../quorum/joint.ts';
import type { VoteResult } from '../quorum/majority.ts';
import { emptyConfig, type Config } from './config.ts';
import type { Progress } from './progress.ts';

export type ProgressMap = ReadonlyMap<MemberId, Progress>;

export interface Tally {
  readonly granted: number;
  readonly rejected: number;
  readonly result: VoteResult;
}

/** The configuration in force, what is known of each member in it, and the votes of the election under way. */
export class Tracker {
  config: Config = emptyConfig;
  progress: ProgressMap = new Map();
  #ids: readonly MemberId[] = [];
  #votes = new Map<MemberId, boolean>();

  /** Puts a configuration in force, with one progress for each of its members. */
  use(config: Config, progress: ProgressMap): void {
    this.config = config;
    this.progress = progress;
    this.#ids = sortedIds(progress.keys());
  }

  /** All members, learners too, ascending: the order in which everything is sent. */
  get ids(): readonly MemberId[] {
    return this.#ids;
  }

  /** `id` is the only voter, so that what it says is decided. A leader that was removed is not. */
  isOnlyVoter(id: MemberId): boolean {
    const { incoming, outgoing } = this.config.voters;
    return incoming.size === 1 && outgoing.size === 0 && incoming.has(id);
  }

  /** The highest index that a quorum has. */
  committed(): number {
    return committedByBoth(this.config.voters, (id) => this.progress.get(id)?.match);
  }

  /** Enough voters were heard since `recentActive` was last cleared. */
  isQuorumActive(): boolean {
    const active = new Map<MemberId, boolean>();
    for (const [id, progress] of this.progress) {
      if (!progress.isLearner) active.set(id, progress.recentActive);
    }
    return votedByBoth(this.config.voters, active) === 'VoteWon';
  }

  get votes(): ReadonlyMap<MemberId, boolean> {
    return this.#votes;
  }

  resetVotes(): void {
    this.#votes = new Map();
  }

  /** A member's first answer counts; what it says later does not. */
  recordVote(id: MemberId, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  tally(): Tally {
    let granted = 0;
    let rejected = 0;
    for (const [id, progress] of this.progress) {
      const vote = progress.isLearner ? undefined : this.#votes.get(id);
      if (vote === true) granted += 1;
      if (vote === false) rejected += 1;
    }
    return { granted, rejected, result: votedByBoth(this.config.voters, this.#votes) };
  }

  clone(): Tracker {
    const copy = new Tracker();
    const progress = new Map<MemberId, Progress>();
    for (const [id, one] of this.progress) progress.set(id, one.clone());
    copy.use(this.config, progress);
    copy.#votes = new Map(this.#votes);
    return copy;
  }
}
