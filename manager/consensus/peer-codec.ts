import {
  newPeerEntry,
  newPeerEntryId,
  newPeerId,
  newPeerMessage,
  newPeerSnapshot,
} from '../../proto/gen/raft.ts';
import type { PeerId, PeerMessage, PeerSnapshot } from '../../proto/gen/raft.ts';
import type { Entry, EntryType } from '../raft/entry.ts';
import { message, type Message, type MessageType } from '../raft/message.ts';
import type { Snapshot } from '../raft/snapshot.ts';

/** By their number on the wire, which is final. What never leaves a member is not among them. */
const messageTypes: readonly MessageType[] = [
  'MsgProp',
  'MsgApp',
  'MsgAppResp',
  'MsgVote',
  'MsgVoteResp',
  'MsgSnap',
  'MsgHeartbeat',
  'MsgHeartbeatResp',
  'MsgTransferLeader',
  'MsgTimeoutNow',
  'MsgReadIndex',
  'MsgReadIndexResp',
  'MsgPreVote',
  'MsgPreVoteResp',
];
const typeNumbers: ReadonlyMap<MessageType, number> = new Map(
  messageTypes.map((type, number) => [type, number]),
);

const entryTypes: readonly EntryType[] = ['EntryNormal', 'EntryConfChange', 'EntryConfChangeV2'];

/** As it goes to another member; undefined for what never leaves one. Entries keep their buffers. */
export function toWire(sent: Message): PeerMessage | undefined {
  const type = typeNumbers.get(sent.type);
  if (type === undefined) return undefined;
  const { to, from, term, logTerm, index, commit, reject, rejectHint, force, context } = sent;
  return newPeerMessage({
    type,
    to,
    from,
    term,
    logTerm,
    index,
    commit,
    reject,
    rejectHint,
    force,
    context,
    entries: sent.entries.map(({ type: entryType, ...entry }) =>
      newPeerEntry({ ...entry, type: entryTypes.indexOf(entryType) }),
    ),
    snapshot: sent.snapshot && snapshotToWire(sent.snapshot),
    committed: sent.committed && newPeerEntryId(sent.committed),
  });
}

/** Undefined when it is none that this version knows. What its numbers claim is for the library to judge. */
export function fromWire(received: PeerMessage): Message | undefined {
  const type = messageTypes[received.type];
  if (type === undefined) return undefined;
  const entries: Entry[] = [];
  for (const entry of received.entries) {
    const entryType = entryTypes[entry.type];
    if (entryType === undefined) return undefined;
    entries.push({ type: entryType, term: entry.term, index: entry.index, data: entry.data });
  }
  const { to, from, term, logTerm, index, commit, reject, rejectHint, force, context } = received;
  const { snapshot, committed } = received;
  return message({
    type,
    to,
    from,
    term,
    logTerm,
    index,
    commit,
    reject,
    rejectHint,
    force,
    context,
    entries,
    snapshot: snapshot && snapshotFromWire(snapshot),
    committed: committed && { term: committed.term, index: committed.index },
  });
}

function snapshotToWire({ data, index, term, confState }: Snapshot): PeerSnapshot {
  const { voters, learners, votersOutgoing, learnersNext, autoLeave } = confState;
  return newPeerSnapshot({
    data,
    index,
    term,
    autoLeave,
    voters: idsToWire(voters),
    learners: idsToWire(learners),
    votersOutgoing: idsToWire(votersOutgoing),
    learnersNext: idsToWire(learnersNext),
  });
}

function snapshotFromWire(received: PeerSnapshot): Snapshot {
  const { data, index, term, voters, learners, votersOutgoing, learnersNext, autoLeave } = received;
  return {
    data,
    index,
    term,
    confState: {
      voters: idsFromWire(voters),
      learners: idsFromWire(learners),
      votersOutgoing: idsFromWire(votersOutgoing),
      learnersNext: idsFromWire(learnersNext),
      autoLeave,
    },
  };
}

function idsToWire(ids: readonly number[]): PeerId[] {
  return ids.map((id) => newPeerId({ id }));
}

function idsFromWire(ids: readonly PeerId[]): number[] {
  return ids.map(({ id }) => id);
}
