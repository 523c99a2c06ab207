import { invariant } from '../../common/pure/invariant.ts';
import { limits } from '../../common/pure/limits.ts';
import type { RaftOptions } from '../raft/config.ts';
import type { StorageOptions } from './storage.ts';

/** How the consensus of one member runs. Frozen at start. */
export interface DriverOptions extends StorageOptions {
  /** Entries applied since the last snapshot after which the next one is asked for. */
  readonly snapshotEntries: number;
  /** The same in bytes of entries, so that a start never reads more than about that. */
  readonly snapshotBytes: number;
  /** Bytes of entries proposed and not yet handed over; beyond it proposals are dropped. */
  readonly backlogBytes: number;
  /** Bytes of entries that main has not applied beyond which those of a leader are not taken. */
  readonly waitingBytes: number;
  /** Begin as the only voter, whoever else belonged to the group: its quorum is lost. Give it for one start only. */
  readonly recover: boolean;
  /** Milliseconds of one tick of the Raft library. */
  readonly tickMs: number;
  readonly raft: Omit<
    RaftOptions,
    'id' | 'storage' | 'chance' | 'trace' | 'applied' | 'asyncStorageWrites'
  >;
}

const raftOptions: DriverOptions['raft'] = {
  electionTicks: limits.raftElectionTicks,
  heartbeatTicks: limits.raftHeartbeatTicks,
  messageBytesMax: limits.raftMessageBytes,
  applyingBytesMax: limits.consensusCreditBytes,
  // The driver counts what waits itself, and tells main in time.
  uncommittedBytesMax: Number.POSITIVE_INFINITY,
  inflightMessagesMax: limits.raftInflightMessages,
  inflightBytesMax: limits.raftInflightBytes,
  checkQuorum: true,
  preVote: true,
  readOnly: 'safe',
  // A follower's main sends its sets to the leader itself.
  disableProposalForwarding: true,
  disableConfChangeValidation: false,
  stepDownOnRemoval: true,
};

/** What is particular to one member. */
export interface MemberOptions {
  /** The member's `raft` directory, absolute; made when missing. */
  readonly directory: string;
  readonly clusterId: string;
  /** Raft id: whole, above 0, at most 48 bits. */
  readonly memberId: number;
}

/** The product's limits for `member`, with `changes` to them. */
export function driverOptions(
  member: MemberOptions,
  changes: Partial<DriverOptions> = {},
): DriverOptions {
  const isRaftId = Number.isSafeInteger(member.memberId) && member.memberId > 0;
  invariant(isRaftId && member.memberId < 2 ** 48, 'a raft id has 48 bits and is not 0');
  return Object.freeze({
    segmentBytes: limits.walSegmentBytes,
    groupBytes: limits.walGroupBytes,
    entryBytes: limits.entryBytes,
    trailingEntries: limits.snapshotTrailingEntries,
    snapshotEntries: limits.snapshotEntries,
    snapshotBytes: limits.snapshotLogBytes,
    backlogBytes: limits.proposerBytes,
    waitingBytes: limits.raftWaitingBytes,
    voters: [member.memberId],
    recover: false,
    tickMs: limits.raftTickMs,
    raft: raftOptions,
    ...member,
    ...changes,
  });
}
