import type { RaftCore } from './core.ts';
import type { Message, MessageType } from './message.ts';
import type { Snapshot } from './snapshot.ts';

/** What must hold of a message of one type. Others may say anything. */
const rules: Partial<Record<MessageType, (received: Message, core: RaftCore) => boolean>> = {
  MsgApp: (received) => hasSenderInTerm(received) && entriesFollow(received),
  // A leader tells a follower to commit only what that follower has acknowledged.
  MsgHeartbeat: (received, core) =>
    hasSenderInTerm(received) && received.commit <= core.log.lastIndex(),
  MsgSnap: (received) => hasSenderInTerm(received) && isOfTerm(received.snapshot, received.term),
  // Only the leader of the message's term believes what an answer claims; to others it says no more than its term.
  MsgAppResp: (received, core) =>
    received.reject ||
    received.index <= core.log.lastIndex() ||
    core.role !== 'StateLeader' ||
    received.term !== core.term,
  // A log may be of a later term than the member: a crash came between the entries and the hard state.
  MsgVote: hasSenderInTerm,
  MsgPreVote: hasSenderInTerm,
  MsgProp: ({ entries }) => entries.length > 0,
};

/**
 * Whether a message could have been made by a member that follows the protocol: numbers are numbers, entries follow on
 * one another and on what the message says precedes them, and nobody claims more than can be.
 *
 * A message that is not is dropped as a whole; the core behind this line need not ask again.
 */
export function isWellFormed(received: Message, core: RaftCore): boolean {
  return numbersAreCounts(received) && (rules[received.type]?.(received, core) ?? true);
}

function isOfTerm(snapshot: Snapshot | undefined, term: number): boolean {
  return snapshot !== undefined && snapshot.index > 0 && snapshot.term <= term;
}

function hasSenderInTerm(received: Message): boolean {
  return received.term > 0 && received.from > 0;
}

function entriesFollow({ entries, index, logTerm, term }: Message): boolean {
  let previous = { index, term: logTerm };
  for (const entry of entries) {
    if (entry.index !== previous.index + 1 || entry.term < previous.term) return false;
    previous = entry;
  }
  return previous.term <= term;
}

function numbersAreCounts(received: Message): boolean {
  return (
    isCount(received.term) &&
    isCount(received.logTerm) &&
    isCount(received.index) &&
    isCount(received.commit) &&
    isCount(received.rejectHint) &&
    isCount(received.from) &&
    isCount(received.committed?.index ?? 0) &&
    isCount(received.committed?.term ?? 0)
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
