import type { MemberId } from '../member.ts';
import {
  committedByMajority,
  votedByMajority,
  type AckedIndex,
  type VoteResult,
  type Votes,
} from './majority.ts';

/** The voters of a configuration. Outside a joint configuration `outgoing` is empty (thesis, §4.3). */
export interface JointVoters {
  readonly incoming: ReadonlySet<MemberId>;
  readonly outgoing: ReadonlySet<MemberId>;
}

export function isJoint(voters: JointVoters): boolean {
  return voters.outgoing.size > 0;
}

export function isVoter(voters: JointVoters, id: MemberId): boolean {
  return voters.incoming.has(id) || voters.outgoing.has(id);
}

/** The voters of both halves, ascending. */
export function voterIds(voters: JointVoters): MemberId[] {
  return [...new Set([...voters.incoming, ...voters.outgoing])].sort((a, b) => a - b);
}

/** Committed means committed in both halves. */
export function committedByBoth(voters: JointVoters, acked: AckedIndex): number {
  const incoming = committedByMajority(voters.incoming, acked);
  if (!isJoint(voters)) return incoming;
  return Math.min(incoming, committedByMajority(voters.outgoing, acked));
}

/** Won means won in both halves; lost in one of them is lost. */
export function votedByBoth(voters: JointVoters, votes: Votes): VoteResult {
  const incoming = votedByMajority(voters.incoming, votes);
  const outgoing = votedByMajority(voters.outgoing, votes);
  if (incoming === outgoing) return incoming;
  return incoming === 'VoteLost' || outgoing === 'VoteLost' ? 'VoteLost' : 'VotePending';
}
