import type { RaftCore } from '../core.ts';
import { hexId } from '../describe.ts';
import { awaitedResponse, campaign, countVote, learnCommitted } from '../election.ts';
import { none } from '../member.ts';
import type { Message, MessageType } from '../message.ts';
import { refusals, type Outcome } from '../outcome.ts';
import { broadcastAppend } from '../replication.ts';
import { receiveFromLeader } from './from-leader.ts';

const handlers: Partial<Record<MessageType, (core: RaftCore, received: Message) => void>> = {
  MsgApp: leaderFound,
  MsgHeartbeat: leaderFound,
  MsgSnap: leaderFound,
  MsgVoteResp: voteReceived,
  MsgPreVoteResp: voteReceived,
  MsgTimeoutNow: ignoreTimeoutNow,
};

/** Candidates and pre-candidates: they differ only in which answers they count, and in what winning means. */
export function stepCandidate(core: RaftCore, received: Message): Outcome {
  if (received.type === 'MsgProp') {
    core.options.trace.info(
      () => `${hexId(core.id)} no leader at term ${core.term}; dropping proposal`,
    );
    return refusals.proposalDropped;
  }
  handlers[received.type]?.(core, received);
  return undefined;
}

/** Somebody has won this term. */
function leaderFound(core: RaftCore, received: Message): void {
  core.becomeFollower(received.term, received.from);
  receiveFromLeader(core, received);
}

function ignoreTimeoutNow(core: RaftCore, received: Message): void {
  core.options.trace.debug(
    () =>
      `${hexId(core.id)} [term ${core.term} state ${core.role}] ignored MsgTimeoutNow ` +
      `from ${hexId(received.from)}`,
  );
}

function voteReceived(core: RaftCore, received: Message): void {
  // An answer to the other question, from before.
  if (received.type !== awaitedResponse(core)) return;
  learnCommitted(core, received);
  if (core.role === 'StateFollower') return;
  const { granted, rejected, result } = countVote(core, received);
  core.options.trace.info(
    () =>
      `${hexId(core.id)} has received ${granted} ${received.type} votes and ` +
      `${rejected} vote rejections`,
  );
  if (result === 'VoteLost') {
    // The term stays: a lost pre-vote answers for a term that was never entered.
    core.becomeFollower(core.term, none);
  } else if (result === 'VoteWon') {
    if (core.role === 'StatePreCandidate') {
      campaign(core, 'election');
    } else if (core.tracker.votes.get(core.id) === true) {
      // A leader whose own vote is not durable could crash, forget the term, win it once more and fill it differently.
      core.becomeLeader();
      broadcastAppend(core);
    }
  }
}
