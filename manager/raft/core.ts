import { checkOptions, type RaftOptions } from './config.ts';
import { hexId } from './describe.ts';
import { isCount, payloadBytes, placed, noData, type ProposedEntry } from './entry.ts';
import { invariant } from './invariant.ts';
import { RaftLog } from './log/raft-log.ts';
import type { LogStorage } from './log/storage.ts';
import { none, type MemberId } from './member.ts';
import {
  isElectionMessage,
  stamped,
  waitsForAppend,
  type Message,
  type MessageFields,
  type MessageType,
} from './message.ts';
import { ReadQueue, type ReadRequest, type ReadState } from './read-queue.ts';
import { isHardState, type HardState } from './snapshot.ts';
import { Progress } from './tracker/progress.ts';
import { Tracker } from './tracker/tracker.ts';

/** Named as etcd's raft names them. */
export type Role = 'StateFollower' | 'StatePreCandidate' | 'StateCandidate' | 'StateLeader';

/**
 * The state of one member, and the few moves from which everything else is made: to send, to append, to change roles.
 *
 * Its fields are the library's own: whoever uses the library sees a `RawNode`.
 */
export class RaftCore {
  readonly options: RaftOptions;
  readonly id: MemberId;
  readonly log: RaftLog;
  tracker: Tracker = new Tracker();

  term = 0;
  /** Whom this member voted for in `term`. */
  vote: MemberId = none;
  role: Role = 'StateFollower';
  leader: MemberId = none;

  /** Ticks since an election began, or since the leader (or, as a leader, a quorum) was last heard. */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  /** Drawn anew with each term and role, so that members do not start elections at once for ever (paper, §5.2). */
  randomizedElectionTicks = 0;

  /** To whom the leader is handing over; it takes no proposals meanwhile. */
  transferee: MemberId = none;
  /** As a leader: no change of the configuration is taken before this index is applied. */
  pendingConfIndex = 0;
  /** As a leader: payload that was taken and is not applied. */
  uncommittedBytes = 0;

  /** May leave at once. */
  outbox: Message[] = [];
  /** May leave once all that `Ready` hands out is durable. */
  outboxAfterAppend: Message[] = [];

  /** As a leader: reads that wait for a quorum. */
  reads: ReadQueue = new ReadQueue();
  /** As a leader: reads that came before an entry of its own term was committed. */
  earlyReads: ReadRequest[] = [];
  /** Reads of this member that may be served. */
  readStates: ReadState[] = [];

  constructor(options: RaftOptions, log?: RaftLog) {
    checkOptions(options);
    this.options = options;
    this.id = options.id;
    this.log =
      log ??
      new RaftLog(options.storage, {
        applyingBytesMax: options.applyingBytesMax,
        trace: options.trace,
      });
  }

  get hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.committed };
  }

  /**
   * Takes over what was durable when the process ended. The hard state is written last, and a commit index alone need
   * not be synced, so snapshot, state and entries may be ahead of it: what they contain is committed, and of a term of
   * which only entries are known nothing was promised.
   */
  loadState(state: HardState): void {
    const first = this.log.firstIndex();
    const last = this.log.lastIndex();
    invariant(isCount(first) && isCount(last), 'the stored log ends at an index');
    invariant(first >= 1 && last >= first - 1, 'the stored log follows on what is compacted');
    for (const index of [first - 1, last]) {
      const term = this.log.term(index);
      invariant(typeof term === 'number' && isCount(term), 'the ends of the stored log have terms');
    }
    invariant(isHardState(state), 'the stored hard state is one');
    invariant(state.commit <= last, 'the stored log has all that was committed');
    invariant(this.options.applied <= last, 'the stored log has all that was applied');
    const { applied } = this.options;
    this.log.committed = Math.max(this.log.committed, state.commit, applied);
    this.term = state.term;
    this.vote = state.vote;
  }

  /** Queues a message, as coming from this member in its term. */
  send(fields: MessageFields): void {
    const isElection = isElectionMessage(fields.type);
    invariant(
      isElection === (fields.term !== undefined && fields.term !== 0),
      'messages of elections, and only they, say which term they mean',
    );
    const isForwarded = fields.type === 'MsgProp' || fields.type === 'MsgReadIndex';
    const term = isElection ? (fields.term ?? 0) : isForwarded ? 0 : this.term;
    const sent = stamped(fields, fields.from ?? this.id, term);
    if (waitsForAppend(sent.type) || this.#claimsUnwritten(sent.type)) {
      // What a member promises, to others and to itself, is true only once it is durable.
      this.outboxAfterAppend.push(sent);
    } else {
      invariant(sent.to !== this.id, 'a member tells itself only what waits for its storage');
      this.outbox.push(sent);
    }
  }

  /**
   * A candidate claims the end of its log. Were it to crash before that is durable, it could stand again in the same term
   * with less, and count votes that were given to more. (etcd's raft lets such requests leave at once.)
   */
  #claimsUnwritten(type: MessageType): boolean {
    if (type !== 'MsgVote' || !this.options.asyncStorageWrites) return false;
    return this.log.hasUnstableEntries || this.log.unstable.snapshot !== undefined;
  }

  /** Appends as the leader. False: it would be too much that is not committed, and nothing was appended. */
  appendEntries(proposed: readonly ProposedEntry[]): boolean {
    if (!this.#takeUncommitted(payloadBytes(proposed))) {
      this.options.trace.warn(
        () =>
          `${hexId(this.id)} appending new entries to log would exceed uncommitted entry size limit; ` +
          'dropping proposal',
      );
      return false;
    }
    const last = this.log.lastIndex();
    const entries = proposed.map((one, position) => placed(one, this.term, last + 1 + position));
    this.send({ type: 'MsgAppResp', to: this.id, index: this.log.append(entries) });
    return true;
  }

  /** Always takes what has no payload, and always takes something if nothing waits: a limit must not stop the group. */
  #takeUncommitted(bytes: number): boolean {
    const total = this.uncommittedBytes + bytes;
    if (this.uncommittedBytes > 0 && bytes > 0 && total > this.options.uncommittedBytesMax) {
      return false;
    }
    this.uncommittedBytes = total;
    return true;
  }

  /** Entries appended by an earlier leader are not counted, so this may take off more than was put on. */
  releaseUncommitted(bytes: number): void {
    this.uncommittedBytes = Math.max(0, this.uncommittedBytes - bytes);
  }

  /** Commits what a quorum has, but only from this leader's own term on (paper, §5.4.2). True: something new. */
  maybeCommit(): boolean {
    return this.log.maybeCommit({ term: this.term, index: this.tracker.committed() });
  }

  hasCommittedInTerm(): boolean {
    return this.log.termOrZero(this.log.committed) === this.term;
  }

  /** May stand for election: a voter that is not about to be replaced by a snapshot. */
  isPromotable(): boolean {
    const own = this.tracker.progress.get(this.id);
    return own !== undefined && !own.isLearner && this.log.unstable.snapshot === undefined;
  }

  becomeFollower(term: number, leader: MemberId): void {
    this.#reset(term);
    this.leader = leader;
    this.role = 'StateFollower';
    this.options.trace.info(() => `${hexId(this.id)} became follower at term ${this.term}`);
  }

  /** Neither term nor vote change: whoever only asks has promised nothing. */
  becomePreCandidate(): void {
    invariant(this.role !== 'StateLeader', 'a leader does not stand for election');
    this.tracker.resetVotes();
    this.leader = none;
    this.role = 'StatePreCandidate';
    this.options.trace.info(() => `${hexId(this.id)} became pre-candidate at term ${this.term}`);
  }

  becomeCandidate(): void {
    invariant(this.role !== 'StateLeader', 'a leader does not stand for election');
    this.#reset(this.term + 1);
    this.vote = this.id;
    this.role = 'StateCandidate';
    this.options.trace.info(() => `${hexId(this.id)} became candidate at term ${this.term}`);
  }

  becomeLeader(): void {
    invariant(this.role === 'StateCandidate', 'only a candidate becomes leader');
    this.#reset(this.term);
    this.leader = this.id;
    this.role = 'StateLeader';
    const own = this.tracker.progress.get(this.id);
    invariant(own !== undefined, 'a leader is a member');
    own.becomeReplicate();
    own.recentActive = true;
    // There may be a change among the entries that are not committed yet; finding out would cost more than waiting.
    this.pendingConfIndex = this.log.lastIndex();
    const isAppended = this.appendEntries([{ type: 'EntryNormal', data: noData }]);
    invariant(isAppended, 'an entry without payload is always taken');
    this.options.trace.info(() => `${hexId(this.id)} became leader at term ${this.term}`);
  }

  drawElectionTicks(): void {
    const { chance, electionTicks } = this.options;
    this.randomizedElectionTicks = electionTicks + chance.below(electionTicks);
  }

  #reset(term: number): void {
    if (this.term !== term) {
      this.term = term;
      this.vote = none;
    }
    this.leader = none;
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.drawElectionTicks();
    this.transferee = none;
    this.tracker.resetVotes();
    this.#resetProgress();
    this.pendingConfIndex = 0;
    this.uncommittedBytes = 0;
    this.reads = new ReadQueue();
    this.earlyReads = [];
  }

  /** What an earlier leader knew of the others says nothing about them now. */
  #resetProgress(): void {
    const last = this.log.lastIndex();
    const progress = new Map<MemberId, Progress>();
    for (const [id, one] of this.tracker.progress) {
      const isSelf = id === this.id;
      const fresh = new Progress({
        match: isSelf ? last : 0,
        next: last + 1,
        isLearner: one.isLearner,
        recentActive: false,
        limits: one.inflights.limits,
      });
      progress.set(id, fresh);
    }
    this.tracker.use(this.tracker.config, progress);
  }

  /** An independent copy over `storage`, for those who explore what could happen. */
  clone(storage: LogStorage): RaftCore {
    const options = { ...this.options, storage };
    const copy = new RaftCore(options, this.log.clone(storage, options.trace));
    copy.tracker = this.tracker.clone();
    copy.term = this.term;
    copy.vote = this.vote;
    copy.role = this.role;
    copy.leader = this.leader;
    copy.electionElapsed = this.electionElapsed;
    copy.heartbeatElapsed = this.heartbeatElapsed;
    copy.randomizedElectionTicks = this.randomizedElectionTicks;
    copy.transferee = this.transferee;
    copy.pendingConfIndex = this.pendingConfIndex;
    copy.uncommittedBytes = this.uncommittedBytes;
    copy.outbox = [...this.outbox];
    copy.outboxAfterAppend = [...this.outboxAfterAppend];
    copy.reads = this.reads.clone();
    copy.earlyReads = [...this.earlyReads];
    copy.readStates = [...this.readStates];
    return copy;
  }
}
