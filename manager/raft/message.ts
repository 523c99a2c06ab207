import type { Entry, EntryId } from './entry.ts';
import { none, type MemberId } from './member.ts';
import type { Snapshot } from './snapshot.ts';

/** Named as etcd's raft names them, because logs, scripts and literature do. */
export type MessageType =
  | 'MsgHup'
  | 'MsgBeat'
  | 'MsgProp'
  | 'MsgApp'
  | 'MsgAppResp'
  | 'MsgVote'
  | 'MsgVoteResp'
  | 'MsgSnap'
  | 'MsgHeartbeat'
  | 'MsgHeartbeatResp'
  | 'MsgUnreachable'
  | 'MsgSnapStatus'
  | 'MsgCheckQuorum'
  | 'MsgTransferLeader'
  | 'MsgTimeoutNow'
  | 'MsgReadIndex'
  | 'MsgReadIndexResp'
  | 'MsgPreVote'
  | 'MsgPreVoteResp'
  | 'MsgStorageAppend'
  | 'MsgStorageAppendResp'
  | 'MsgStorageApply'
  | 'MsgStorageApplyResp'
  | 'MsgForgetLeader';

/**
 * All that members, and a member and its own storage, tell each other. Which fields count depends on the type; a field
 * that does not has its empty value, so that every message has the same shape.
 */
export interface Message {
  readonly type: MessageType;
  readonly to: MemberId;
  readonly from: MemberId;
  /** The sender's term; 0 for what never leaves a member, and for forwarded proposals and reads. */
  readonly term: number;
  /** Term of the entry at `index`; in a rejected `MsgAppResp` the one at `rejectHint`. */
  readonly logTerm: number;
  readonly index: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
  /** Only in `MsgStorageAppend`: part of the hard state. */
  readonly vote: MemberId;
  readonly snapshot: Snapshot | undefined;
  readonly reject: boolean;
  /** Where the leader may probe next; see `RaftLog.findConflictByTerm`. */
  readonly rejectHint: number;
  /** In a vote asked for or refused: an entry that the sender knows to be committed. */
  readonly committed: EntryId | undefined;
  /** A vote asked for by a transfer of leadership: granted even while a leader is heard. */
  readonly force: boolean;
  /** Heartbeats: position in the leader's queue of reads. Reads: the id that the asker gave. 0: none. */
  readonly context: number;
  /** Only in what goes to the two local threads: delivered once the work is durable or applied. */
  readonly responses: readonly Message[];
}

/** What must be given for a message; the rest is empty unless given. */
export type MessageFields = Partial<Message> & Pick<Message, 'type' | 'to'>;

const nothing: readonly never[] = [];

export function message(fields: MessageFields): Message {
  return stamped(fields, fields.from ?? none, fields.term ?? 0);
}

/** As `message`, from this sender and in this term. Made once for each message: it copies no fields first. */
export function stamped(fields: MessageFields, from: MemberId, term: number): Message {
  return {
    type: fields.type,
    to: fields.to,
    from,
    term,
    logTerm: fields.logTerm ?? 0,
    index: fields.index ?? 0,
    entries: fields.entries ?? nothing,
    commit: fields.commit ?? 0,
    vote: fields.vote ?? none,
    snapshot: fields.snapshot,
    reject: fields.reject ?? false,
    rejectHint: fields.rejectHint ?? 0,
    committed: fields.committed,
    force: fields.force ?? false,
    context: fields.context ?? 0,
    responses: fields.responses ?? nothing,
  };
}

const fromNobodyElse: ReadonlySet<MessageType> = new Set<MessageType>([
  'MsgHup',
  'MsgBeat',
  'MsgUnreachable',
  'MsgSnapStatus',
  'MsgCheckQuorum',
  'MsgStorageAppend',
  'MsgStorageAppendResp',
  'MsgStorageApply',
  'MsgStorageApplyResp',
]);

const responses: ReadonlySet<MessageType> = new Set<MessageType>([
  'MsgAppResp',
  'MsgVoteResp',
  'MsgHeartbeatResp',
  'MsgUnreachable',
  'MsgReadIndexResp',
  'MsgPreVoteResp',
  'MsgStorageAppendResp',
  'MsgStorageApplyResp',
]);

const ofElections: ReadonlySet<MessageType> = new Set<MessageType>([
  'MsgVote',
  'MsgVoteResp',
  'MsgPreVote',
  'MsgPreVoteResp',
]);

const afterAppend: ReadonlySet<MessageType> = new Set<MessageType>([
  'MsgAppResp',
  'MsgVoteResp',
  'MsgPreVoteResp',
]);

/** Arises inside a member; one that comes from outside is refused. */
export function isLocalMessage(type: MessageType): boolean {
  return fromNobodyElse.has(type);
}

/** Answers something that this member sent, so its sender must be known to it. */
export function isResponse(type: MessageType): boolean {
  return responses.has(type);
}

/** Carries a term of its own choosing: a pre-vote asks about a term that its sender is not in. */
export function isElectionMessage(type: MessageType): boolean {
  return ofElections.has(type);
}

/** Promises something about the log or the vote, so it may leave only when all before it is durable. */
export function waitsForAppend(type: MessageType): boolean {
  return afterAppend.has(type);
}
