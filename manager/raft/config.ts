import type { Chance } from './chance.ts';
import { invariant } from './invariant.ts';
import { isCount } from './entry.ts';
import { isMemberId, type MemberId } from './member.ts';
import type { LogStorage } from './log/storage.ts';
import type { Trace } from './trace.ts';

/**
 * How reads are made linearizable. Safe: a quorum confirms the leader for each batch of reads. Lease-based reads are not
 * offered, since a paused process breaks them; the name stays only for what a leader-forgetting follower must refuse.
 */
export type ReadOnlyOption = 'safe' | 'lease-based';

/** Sizes are in bytes and may be Infinity; ticks are of the driver's clock. */
export interface RaftOptions {
  readonly id: MemberId;
  readonly storage: LogStorage;
  readonly chance: Chance;
  readonly trace: Trace;
  /** A follower that hears nothing for this long, and up to twice as long by chance, starts an election. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** The state machine has this much already; 0: as much as the storage's snapshot. */
  readonly applied: number;
  /** Entries in one message. At least one entry is always sent. */
  readonly messageBytesMax: number;
  /** Entries handed out to be applied and not applied yet. */
  readonly applyingBytesMax: number;
  /** Payload that a leader takes before it is committed; beyond it proposals are dropped. */
  readonly uncommittedBytesMax: number;
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  /** Writing the log and applying are jobs that run beside the core, and answer by message. */
  readonly asyncStorageWrites: boolean;
  /** A leader that does not hear a quorum for an election timeout steps down. */
  readonly checkQuorum: boolean;
  /** Asks whether an election could be won before it disturbs anyone. */
  readonly preVote: boolean;
  readonly readOnly: ReadOnlyOption;
  /** Followers refuse proposals instead of sending them to the leader. */
  readonly disableProposalForwarding: boolean;
  /** Leaves it to the proposer that changes of the configuration are proposed one at a time. */
  readonly disableConfChangeValidation: boolean;
  /** A leader that is no voter any more steps down as soon as that is applied. */
  readonly stepDownOnRemoval: boolean;
}

/** @throws RaftInvariantError if the options contradict each other: they are written by programmers. */
export function checkOptions(options: RaftOptions): void {
  invariant(isMemberId(options.id), 'a member has an id');
  const { electionTicks, heartbeatTicks } = options;
  invariant(isCount(electionTicks) && isCount(heartbeatTicks), 'time goes by in whole ticks');
  invariant(isCount(options.applied), 'what was applied ends at an index');
  invariant(options.heartbeatTicks > 0, 'heartbeats take time');
  invariant(options.electionTicks > options.heartbeatTicks, 'elections outlast heartbeats');
  invariant(options.messageBytesMax >= 0 && options.applyingBytesMax > 0, 'messages have room');
  invariant(options.uncommittedBytesMax >= 0, 'a leader takes what it can commit at once');
  invariant(options.inflightMessagesMax > 0, 'at least one message may be under way');
  invariant(
    options.inflightBytesMax >= options.messageBytesMax ||
      (options.messageBytesMax === Infinity && options.inflightBytesMax > 0),
    'a whole message fits into the window',
  );
  invariant(
    options.readOnly !== 'lease-based' || options.checkQuorum,
    'a lease needs a leader that checks its quorum',
  );
}
