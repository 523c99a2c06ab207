import type { RaftCore } from './core.ts';
import { hexId } from './describe.ts';
import type { EntryId } from './entry.ts';
import { none, type MemberId } from './member.ts';
import type { Message, MessageType } from './message.ts';
import { voterIds } from './quorum/joint.ts';
import type { Tally } from './tracker/tracker.ts';

/** Pre: asks whether an election could be won. Transfer: told to by the leader, and so not to be put off. */
export type CampaignKind = 'pre-election' | 'election' | 'transfer';

/** How far back a look for changes of the configuration reads at a time. */
const scanBytes = 1 << 20;

/** Time is up, or the leader has asked for it: stands for election if that is possible. */
export function startElection(core: RaftCore, kind: CampaignKind): void {
  const { trace } = core.options;
  const id = hexId(core.id);
  if (core.role === 'StateLeader') {
    trace.debug(() => `${id} ignoring MsgHup because already leader`);
    return;
  }
  if (!core.isPromotable()) {
    trace.warn(() => `${id} is unpromotable and can not campaign`);
    return;
  }
  if (hasUnappliedConfChange(core)) {
    trace.warn(
      () =>
        `${id} cannot campaign at term ${core.term} since there are still pending configuration ` +
        'changes to apply',
    );
    return;
  }
  trace.info(() => `${id} is starting a new election at term ${core.term}`);
  campaign(core, kind);
}

/** A member that has not made a committed change yet could win by a quorum that does not count any more. */
function hasUnappliedConfChange(core: RaftCore): boolean {
  const { log } = core;
  let next = log.applied + 1;
  while (next <= log.committed) {
    const entries = log.slice(next, log.committed + 1, scanBytes);
    // What a snapshot replaced is in its configuration, which is in force.
    if (typeof entries === 'string') return false;
    if (entries.some(({ type }) => type !== 'EntryNormal')) return true;
    next += entries.length;
  }
  return false;
}

export function campaign(core: RaftCore, kind: CampaignKind): void {
  if (kind === 'pre-election') core.becomePreCandidate();
  else core.becomeCandidate();
  const isPre = kind === 'pre-election';
  const type = isPre ? 'MsgPreVote' : 'MsgVote';
  // A pre-vote asks about the term that would come next, without entering it.
  const term = isPre ? core.term + 1 : core.term;
  const last = core.log.lastId();
  const committed = committedId(core);
  for (const to of voterIds(core.tracker.config.voters)) {
    if (to === core.id) {
      // Its own vote counts once it is durable, like any other.
      core.send({ type: responseTo(type), to, term });
      continue;
    }
    core.options.trace.info(
      () =>
        `${hexId(core.id)} [logterm: ${last.term}, index: ${last.index}] sent ${type} request ` +
        `to ${hexId(to)} at term ${core.term}`,
    );
    const force = kind === 'transfer';
    core.send({ type, to, term, index: last.index, logTerm: last.term, force, committed });
  }
}

function responseTo(type: 'MsgVote' | 'MsgPreVote'): 'MsgVoteResp' | 'MsgPreVoteResp' {
  return type === 'MsgVote' ? 'MsgVoteResp' : 'MsgPreVoteResp';
}

/** A voter's answer has come. */
export function countVote(
  core: RaftCore,
  { from, type, reject }: Pick<Message, 'from' | 'type' | 'reject'>,
): Tally {
  core.options.trace.info(
    () =>
      `${hexId(core.id)} received ${type}${reject ? ' rejection' : ''} from ${hexId(from)} ` +
      `at term ${core.term}`,
  );
  core.tracker.recordVote(from, !reject);
  return core.tracker.tally();
}

/** Somebody asks for a vote, in this member's term or (a pre-vote) in a later one. */
export function answerVoteRequest(core: RaftCore, asked: Message): void {
  const type = asked.type === 'MsgPreVote' ? 'MsgPreVote' : 'MsgVote';
  const mayVote =
    core.vote === asked.from ||
    (core.vote === none && core.leader === none) ||
    (type === 'MsgPreVote' && asked.term > core.term);
  const isGranted = mayVote && core.log.isUpToDate({ term: asked.logTerm, index: asked.index });
  traceVote(core, asked, isGranted ? 'cast' : 'rejected');
  if (!isGranted) {
    refuseVote(core, asked.from, responseTo(type));
    learnCommitted(core, asked);
    return;
  }
  // The term that was asked about: what a granted pre-vote promises is for that one.
  core.send({ type: responseTo(type), to: asked.from, term: asked.term });
  if (type === 'MsgVote') {
    core.electionElapsed = 0;
    core.vote = asked.from;
  }
}

/**
 * Says no in our own term, so that a pre-candidate that has fallen behind learns of it, and says what is committed: see
 * `learnCommitted`.
 */
export function refuseVote(
  core: RaftCore,
  to: MemberId,
  type: 'MsgVoteResp' | 'MsgPreVoteResp',
): void {
  // Before its first term a member knows no more than the configuration that it was made with.
  if (core.term === 0) return;
  core.send({ type, to, term: core.term, reject: true, committed: committedId(core) });
}

function committedId({ log }: RaftCore): EntryId {
  return { index: log.committed, term: log.termOrZero(log.committed) };
}

/**
 * A member that was made a learner, or removed, may have the longest log, and be the only one to know that the change
 * is committed: it does not stand for election, and without its vote nobody wins who still counts it. What it knows to
 * be committed lets the candidate make the change, and count anew. Or it is a voter again and does not know, and learns
 * so from a candidate that it has to refuse. What is committed is so whatever the term in which it is said. (etcd's raft
 * has no answer to this.)
 */
export function learnCommitted(core: RaftCore, { committed }: Message): void {
  // A leader counts itself.
  if (core.role === 'StateLeader') return;
  if (committed === undefined || !core.log.maybeCommit(committed)) return;
  // The quorum that this election is about may not be the one that counts.
  if (core.role === 'StateFollower') return;
  if (hasUnappliedConfChange(core)) core.becomeFollower(core.term, none);
}

/** A leader was heard within an election timeout, so nobody may disturb it (thesis, §4.2.3). */
export function isInLease(core: RaftCore): boolean {
  return (
    core.options.checkQuorum &&
    core.leader !== none &&
    core.electionElapsed < core.options.electionTicks
  );
}

export function traceIgnoredVote(core: RaftCore, asked: Message): void {
  core.options.trace.info(
    () =>
      `${voteLine(core, asked, 'ignored')}: lease is not expired ` +
      `(remaining ticks: ${core.options.electionTicks - core.electionElapsed})`,
  );
}

export function traceVote(core: RaftCore, asked: Message, verdict: 'cast' | 'rejected'): void {
  core.options.trace.info(() => voteLine(core, asked, verdict));
}

function voteLine(core: RaftCore, asked: Message, verdict: string): string {
  const last = core.log.lastId();
  const preposition = verdict === 'cast' ? 'for' : 'from';
  return (
    `${hexId(core.id)} [logterm: ${last.term}, index: ${last.index}, vote: ${hexId(core.vote)}] ` +
    `${verdict} ${asked.type} ${preposition} ${hexId(asked.from)} ` +
    `[logterm: ${asked.logTerm}, index: ${asked.index}] at term ${core.term}`
  );
}

export function isVoteRequest(type: MessageType): boolean {
  return type === 'MsgVote' || type === 'MsgPreVote';
}

/** Whose answers a candidate counts. */
export function awaitedResponse(core: RaftCore): MessageType {
  return core.role === 'StatePreCandidate' ? 'MsgPreVoteResp' : 'MsgVoteResp';
}
