import type { RaftCore } from './core.ts';
import { hexId } from './describe.ts';
import {
  answerVoteRequest,
  isInLease,
  isVoteRequest,
  learnCommitted,
  refuseVote,
  startElection,
  traceIgnoredVote,
  traceVote,
} from './election.ts';
import { entriesBytes, payloadBytes } from './entry.ts';
import { none } from './member.ts';
import { message, type Message, type MessageType } from './message.ts';
import type { Outcome } from './outcome.ts';
import { entriesApplied } from './proposals.ts';
import { stepCandidate } from './roles/candidate.ts';
import { stepFollower } from './roles/follower.ts';
import { stepLeader } from './roles/leader.ts';

/** What is the same in every role. */
const handlers: Partial<Record<MessageType, (core: RaftCore, received: Message) => void>> = {
  MsgHup: (core) => startElection(core, core.options.preVote ? 'pre-election' : 'election'),
  MsgStorageAppendResp: appendStored,
  MsgStorageApplyResp: applyDone,
  MsgVote: answerVoteRequest,
  MsgPreVote: answerVoteRequest,
};

/** Feeds one message, of whatever term, to a member. */
export function step(core: RaftCore, received: Message): Outcome {
  if (received.term > core.term) {
    if (!enterHigherTerm(core, received)) return undefined;
  } else if (received.term < core.term && received.term !== 0) {
    answerLowerTerm(core, received);
    return undefined;
  }
  const handle = handlers[received.type];
  if (handle === undefined) return stepRole(core, received);
  handle(core, received);
  return undefined;
}

function stepRole(core: RaftCore, received: Message): Outcome {
  if (core.role === 'StateLeader') return stepLeader(core, received);
  if (core.role === 'StateFollower') return stepFollower(core, received);
  return stepCandidate(core, received);
}

/** Follows into the sender's term where that is right. False: the message is not to be answered at all. */
function enterHigherTerm(core: RaftCore, received: Message): boolean {
  if (isVoteRequest(received.type) && !received.force && isInLease(core)) {
    traceIgnoredVote(core, received);
    return false;
  }
  // Neither a question about a term to come nor consent to it makes that term exist.
  const isOfTermToCome =
    received.type === 'MsgPreVote' || (received.type === 'MsgPreVoteResp' && !received.reject);
  if (isOfTermToCome) return true;
  traceTerm(core, received, 'received a', 'higher');
  const isFromLeader =
    received.type === 'MsgApp' || received.type === 'MsgHeartbeat' || received.type === 'MsgSnap';
  core.becomeFollower(received.term, isFromLeader ? received.from : none);
  return true;
}

/** The sender is behind: most of what it says is void, but it must be able to find out. */
function answerLowerTerm(core: RaftCore, received: Message): void {
  const { checkQuorum, preVote } = core.options;
  const isFromLeader = received.type === 'MsgHeartbeat' || received.type === 'MsgApp';
  if ((checkQuorum || preVote || isCutOff(core)) && isFromLeader) {
    // A member with a higher term that nobody's vote request reaches would else never get together with the leader.
    core.send({ type: 'MsgAppResp', to: received.from });
  } else if (received.type === 'MsgPreVote') {
    traceVote(core, received, 'rejected');
    refuseVote(core, received.from, 'MsgPreVoteResp');
  } else if (received.type === 'MsgStorageAppendResp') {
    if (received.index !== 0) {
      // Since then another leader may have replaced those entries, and may have replaced them back.
      core.options.trace.info(
        () =>
          `${hexId(core.id)} [term: ${core.term}] ignored entry appends from a ` +
          `${received.type} message with lower term [term: ${received.term}]`,
      );
    }
    snapshotStored(core, received);
  } else {
    traceTerm(core, received, 'ignored a', 'lower');
    if (received.type === 'MsgPreVoteResp') learnCommitted(core, received);
  }
}

/**
 * Nobody hears of this member's term from itself: it does not stand for election, or does in vain, because those whom it
 * takes for the voters are none any more. (In etcd's raft such a member is lost without check-quorum and pre-vote.)
 */
function isCutOff(core: RaftCore): boolean {
  const { role, vote, id, electionElapsed, options } = core;
  const hasStood = role !== 'StateLeader' && vote === id;
  return !core.isPromotable() || (hasStood && electionElapsed >= options.heartbeatTicks);
}

function traceTerm(
  core: RaftCore,
  received: Message,
  what: string,
  relation: 'higher' | 'lower',
): void {
  core.options.trace.info(
    () =>
      `${hexId(core.id)} [term: ${core.term}] ${what} ${received.type} message with ` +
      `${relation} term from ${hexId(received.from)} [term: ${received.term}]`,
  );
}

function appendStored(core: RaftCore, received: Message): void {
  if (received.index !== 0) {
    core.log.unstable.stableTo({ term: received.logTerm, index: received.index });
  }
  snapshotStored(core, received);
}

/** Committed state is the same in every term, so a snapshot counts whenever it was written. */
function snapshotStored(core: RaftCore, received: Message): void {
  if (received.snapshot === undefined) return;
  core.log.unstable.stableSnapshotTo(received.snapshot.index);
  entriesApplied(core, received.snapshot.index, 0);
}

function applyDone(core: RaftCore, received: Message): void {
  const last = received.entries.at(-1);
  if (last === undefined) return;
  entriesApplied(core, last.index, entriesBytes(received.entries));
  core.releaseUncommitted(payloadBytes(received.entries));
}

/** One tick of the driver's clock. */
export function tick(core: RaftCore): void {
  if (core.role === 'StateLeader') tickLeader(core);
  else tickElection(core);
}

function tickElection(core: RaftCore): void {
  core.electionElapsed += 1;
  if (!core.isPromotable() || core.electionElapsed < core.randomizedElectionTicks) return;
  core.electionElapsed = 0;
  startElection(core, core.options.preVote ? 'pre-election' : 'election');
}

function tickLeader(core: RaftCore): void {
  core.heartbeatElapsed += 1;
  core.electionElapsed += 1;
  if (core.electionElapsed >= core.options.electionTicks) {
    core.electionElapsed = 0;
    if (core.options.checkQuorum) stepLocally(core, 'MsgCheckQuorum');
    // The transfer took too long: proposals are taken again.
    if (isLeader(core)) core.transferee = none;
  }
  if (!isLeader(core) || core.heartbeatElapsed < core.options.heartbeatTicks) return;
  core.heartbeatElapsed = 0;
  stepLocally(core, 'MsgBeat');
}

function isLeader(core: RaftCore): boolean {
  return core.role === 'StateLeader';
}

function stepLocally(core: RaftCore, type: 'MsgCheckQuorum' | 'MsgBeat'): void {
  step(core, message({ type, to: core.id, from: core.id }));
}
