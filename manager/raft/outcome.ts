/** Why a message or a call had no effect. The texts are those of etcd's raft. */
export const refusals = {
  /** There is no leader, or the leader does not take it now: certainly not in the log, and never will be. */
  proposalDropped: 'raft proposal dropped',
  /** A message that only the member itself may make came from outside. */
  localMessage: 'raft: cannot step raft local message',
  /** An answer from somebody who is no member. */
  unknownPeer: 'raft: cannot step as peer not found',
  /** The message contradicts itself; whoever made it does not follow the protocol. */
  malformed: 'raft: cannot step malformed message',
} as const;

export type Refusal = (typeof refusals)[keyof typeof refusals];

/** Undefined: done. */
export type Outcome = Refusal | undefined;
