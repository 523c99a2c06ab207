import type { PeerProgress } from '../consensus/port.ts';
import type { ConfState } from '../raft/snapshot.ts';

/** Entries that a learner may lack of the log when it becomes a voter: it has them within a moment. */
const caughtUpEntries = 1000;

/** What the leader knows when it decides. */
export interface MembersView {
  /** Raft ids of the managers that the cluster wants. */
  readonly wanted: ReadonlySet<number>;
  readonly confState: ConfState;
  readonly peers: readonly PeerProgress[];
  readonly lastIndex: number;
  /** Raft id of the leader. */
  readonly self: number;
}

export type MemberStep =
  /** As a learner, which has no vote until it has caught up. */
  | { readonly kind: 'add'; readonly raftId: number }
  | { readonly kind: 'promote'; readonly raftId: number }
  | { readonly kind: 'remove'; readonly raftId: number }
  /** This member is to go: somebody else has to lead first. */
  | { readonly kind: 'transfer' };

/**
 * Decides the next change of who belongs to the group, so that in the end all that are wanted vote and nobody else.
 *
 * One at a time, and none while one is under way. A voter goes only where those that are left and answer are a quorum. Pure and idempotent:
 * with the group as wanted there is nothing to do.
 */
export function planMembers(view: MembersView): MemberStep | undefined {
  const { wanted, confState, self } = view;
  const { voters, learners, votersOutgoing } = confState;
  if (votersOutgoing.length > 0 || wanted.size === 0) return undefined;
  const learner = learners.find((id) => !wanted.has(id));
  if (learner !== undefined) return { kind: 'remove', raftId: learner };
  const missing = [...wanted].find((id) => !voters.includes(id) && !learners.includes(id));
  if (missing !== undefined) return { kind: 'add', raftId: missing };
  const ready = learners.find((id) => hasCaughtUp(view, id));
  if (ready !== undefined) return { kind: 'promote', raftId: ready };
  const goes = voters.filter((id) => !wanted.has(id)).find((id) => canGo(view, id));
  if (goes === undefined) return undefined;
  return goes === self ? { kind: 'transfer' } : { kind: 'remove', raftId: goes };
}

/** True when those voters that are left without `raftId`, and answer now, are a quorum of them. */
export function canGo(
  { confState, peers, self }: Pick<MembersView, 'confState' | 'peers' | 'self'>,
  raftId: number,
): boolean {
  const left = confState.voters.filter((id) => id !== raftId);
  const active = left.filter((id) => id === self || isActive(peers, id));
  return active.length > left.length / 2;
}

function isActive(peers: readonly PeerProgress[], id: number): boolean {
  return peers.some((peer) => peer.id === id && peer.isActive);
}

function hasCaughtUp({ peers, lastIndex }: MembersView, id: number): boolean {
  const peer = peers.find((other) => other.id === id);
  if (peer?.isActive !== true || peer.matchIndex === 0) return false;
  return peer.matchIndex + caughtUpEntries >= lastIndex;
}
