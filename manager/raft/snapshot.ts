import { isCount } from './entry.ts';
import { isMemberId, none, type MemberId } from './member.ts';

/** The configuration as a snapshot and the storage keep it; lists ascend. */
export interface ConfState {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
  /** Voters of the configuration that a joint one is leaving; empty when it is not joint. */
  readonly votersOutgoing: readonly MemberId[];
  /** Become learners when the joint configuration is left; voters until then. */
  readonly learnersNext: readonly MemberId[];
  /** The leader leaves the joint configuration by itself as soon as it is applied. */
  readonly autoLeave: boolean;
}

export const emptyConfState: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

/** The state machine after `index`, or a handle to it: the library never looks into `data`. */
export interface Snapshot {
  readonly data: Uint8Array;
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState;
}

/** What must be durable before any message that depends on it is sent. */
export interface HardState {
  readonly term: number;
  readonly vote: MemberId;
  readonly commit: number;
}

export const emptyHardState: HardState = { term: 0, vote: 0, commit: 0 };

export function isEmptyHardState(state: HardState): boolean {
  return state.term === 0 && state.vote === 0 && state.commit === 0;
}

/** Numbers are counts, votes are for members, and nobody votes before the first term. */
export function isHardState({ term, vote, commit }: HardState): boolean {
  const isVote = vote === none || (isMemberId(vote) && term > 0);
  return isCount(term) && isCount(commit) && isVote;
}

export function sameHardState(a: HardState, b: HardState): boolean {
  return a.term === b.term && a.vote === b.vote && a.commit === b.commit;
}
