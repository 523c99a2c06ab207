import type { RaftCore } from './core.ts';
import { isCount, type Entry } from './entry.ts';
import { isLocalThread, isMemberId } from './member.ts';
import {
  isElectionMessage,
  isLocalMessage,
  waitsForAppend,
  type Message,
  type MessageType,
} from './message.ts';
import type { ConfState, Snapshot } from './snapshot.ts';

/**
 * Terms that a member may have missed: more than a group gets through in a century of nothing but elections. Whoever
 * believed in a term further away would take the group to where there is no next one.
 */
const missedTermsMax = 2 ** 32;

/** What must hold of a message of one type. Others may say anything. */
const rules: Partial<Record<MessageType, (received: Message, core: RaftCore) => boolean>> = {
  MsgApp: (received) => entriesFollow(received),
  // A leader tells a follower to commit only what that follower has acknowledged.
  MsgHeartbeat: (received, core) => received.commit <= core.log.lastIndex(),
  MsgSnap: ({ snapshot, term }) => snapshot !== undefined && isOfTerm(snapshot, term),
  // Only the leader of the message's term believes what an answer claims; to others it says no more than its term.
  MsgAppResp: (received, core) =>
    received.reject ||
    received.index <= core.log.lastIndex() ||
    core.role !== 'StateLeader' ||
    received.term !== core.term,
  // The leader gives entries their place, and their term.
  MsgProp: ({ entries, term }) => entries.length > 0 && term === 0,
  MsgReadIndex: ({ term }) => term === 0,
};

/** Made by a member as one of its term. */
const ofSomeTerm: ReadonlySet<MessageType> = new Set<MessageType>([
  'MsgApp',
  'MsgAppResp',
  'MsgHeartbeat',
  'MsgHeartbeatResp',
  'MsgSnap',
  'MsgTimeoutNow',
  'MsgReadIndexResp',
]);

/**
 * Whether a message could have been made by a member that follows the protocol: numbers are numbers, entries follow on
 * one another and on what the message says precedes them, and nobody claims more than can be.
 *
 * A message that is not is dropped as a whole; the core behind this line need not ask again.
 */
export function isWellFormed(received: Message, core: RaftCore): boolean {
  // What its own storage says is the driver's word, and no message.
  if (isLocalThread(received.from) && isLocalMessage(received.type)) return true;
  return (
    numbersAreCounts(received) &&
    received.to === core.id &&
    received.term <= core.term + missedTermsMax &&
    isFromSomebody(received, core) &&
    (rules[received.type]?.(received, core) ?? true)
  );
}

/**
 * To itself a member says only what waits for its storage, and refuses nothing. Whether the term of a vote's log is
 * beyond the term asked for says nothing: a crash may have come between the entries and the hard state.
 */
function isFromSomebody({ type, from, term, reject }: Message, core: RaftCore): boolean {
  if (!ofSomeTerm.has(type) && !isElectionMessage(type)) return true;
  if (from === core.id && (reject || !waitsForAppend(type))) return false;
  return term > 0 && isMemberId(from);
}

function isOfTerm({ index, term, confState }: Snapshot, sentIn: number): boolean {
  return isPosition(index) && isPosition(term) && term <= sentIn && hasMemberIds(confState);
}

function hasMemberIds({ voters, learners, votersOutgoing, learnersNext }: ConfState): boolean {
  return [voters, learners, votersOutgoing, learnersNext].every((ids) => ids.every(isMemberId));
}

function entriesFollow({ entries, index, logTerm, term }: Message): boolean {
  let previous: Pick<Entry, 'index' | 'term'> = { index, term: logTerm };
  for (const entry of entries) {
    const follows = entry.index === previous.index + 1 && entry.term >= previous.term;
    if (!follows || !isPosition(entry.term)) return false;
    previous = entry;
  }
  return isCount(previous.index) && previous.term <= term;
}

function numbersAreCounts(received: Message): boolean {
  const { term, logTerm, index, commit, rejectHint, context, from, committed } = received;
  return (
    isCount(term) &&
    isCount(logTerm) &&
    isCount(index) &&
    isCount(commit) &&
    isCount(rejectHint) &&
    isCount(context) &&
    isCount(from) &&
    isCount(committed?.index ?? 0) &&
    isCount(committed?.term ?? 0)
  );
}

function isPosition(value: number): boolean {
  return isCount(value) && value > 0;
}
