import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import { noMetrics, type Metrics } from '../../common/ports/metrics.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { encodeStateCheck } from '../../proto/gen/changeset.ts';
import type { ConsensusPort, FromConsensus, Leadership } from '../consensus/port.ts';

import type { ConfChange } from '../raft/confchange/change.ts';
import { cutSnapshot } from '../store/snapshot.ts';
import type { Store } from '../store/store.ts';
import type { StoreView } from '../store/view.ts';
import { awaitSignal } from './await-signal.ts';
import { Barriers } from './barriers.ts';
import { checkForwarded, encodeSet, wallStampBytes } from './encode-set.ts';
import { Forwarding } from './forwarding.ts';
import { Intake, type StateComparer } from './intake.ts';
import { proposerMetrics, type ProposerMetrics } from './metrics.ts';
import { Outbox, type WaitingSet } from './outbox.ts';
import type {
  DropReason,
  ForwardedOutcome,
  LeaderLink,
  ProposerPort,
  SetOutcome,
  SetRequest,
} from './port.ts';
import { storeMetrics, type StoreMetrics } from './store-metrics.ts';
import { WallStamp } from './wall-stamp.ts';

type ConsensusOutcome = Extract<FromConsensus, { kind: 'outcome' }>['outcome'];

/** What consensus says of the group of members. */
export type GroupMessage = Extract<FromConsensus, { kind: 'members' | 'progress' | 'removed' }>;

/** Entries of which one says what the leader has made of the log. */
const checkEntries = 64;

/** How often what has waited too long is looked for, while something waits. */
const sweepMs = 1000;

export interface ProposerParts {
  readonly consensus: ConsensusPort;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts nothing when absent. */
  readonly metrics?: Metrics;
  /** The way to another manager that leads; there is none when absent. */
  readonly leader?: LeaderLink;
  /** Nobody compares when absent. */
  readonly compared?: StateComparer;
}

/**
 * Main's half of consensus: proposes change sets or has the leader propose them, applies what is committed, and answers who waits.
 *
 * Sets of users and nodes wait while nobody leads, and go out again when somebody else does: a set that was proposed twice takes effect
 * once.
 *
 * Everything that consensus says is handled in the call that brings it, in order; only long work (replay, snapshots) goes on in
 * later turns.
 */
export class Proposer implements ProposerPort, AsyncDisposable {
  readonly view: StoreView;
  /** Rejects when this member cannot go on: the process must end. Pending until then. */
  readonly failure: Promise<never>;
  readonly #consensus: ConsensusPort;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: ProposerMetrics;
  readonly #storeMetrics: StoreMetrics;
  readonly #group = new TaskGroup();
  readonly #outbox = new Outbox();
  readonly #forwarding: Forwarding | undefined;
  readonly #barriers: Barriers;
  readonly #intake: Intake;
  readonly #stamp = new WallStamp();
  readonly #handlers = new Set<(leadership: Leadership) => void>();
  /** Who waits for the outcome of a change of the group, by request. */
  readonly #changes = new Map<number, (outcome: ConsensusOutcome) => void>();
  readonly #groupHandlers = new Set<(message: GroupMessage) => void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #fail: (error: unknown) => void;
  #leadership: Leadership | undefined;
  #replayedIndex: number | undefined;
  /** Since when nobody leads; undefined while somebody does. */
  #leaderlessMs: number | undefined;
  #requestId = 0;
  #uncheckedEntries = 0;
  #isFlushPlanned = false;
  #isRetryPlanned = false;
  #isSweeping = false;
  #isStopping = false;
  #hasFailed = false;
  #isClosed = false;
  #isStreaming = false;
  /** Bytes taken in during this turn. */
  #turnBytes = 0;
  #isTurnPlanned = false;
  #whenIdle: (() => void) | undefined;

  constructor(parts: ProposerParts) {
    const { consensus, store, clock, log, metrics = noMetrics, leader } = parts;
    const { compared = () => undefined } = parts;
    this.view = store.view;
    this.#leaderlessMs = clock.nowMs();
    this.#consensus = consensus;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#metrics = proposerMetrics(metrics);
    this.#storeMetrics = storeMetrics(metrics, store);
    this.#intake = new Intake(store, compared);
    this.#barriers = new Barriers(() => this.#askBarrier());
    if (leader !== undefined) {
      this.#forwarding = new Forwarding({
        leader,
        outbox: this.#outbox,
        clock,
        spawn: (name, job) => {
          this.#spawn(name, job);
        },
        nextId: () => this.#nextRequestId(),
        outcomeOf: (setId) => store.outcomeOf(setId),
        appliedIndex: () => store.applied.index,
        caughtUp: (signal) => this.#catchUp(signal),
        settled: () => {
          this.#flush();
          this.#checkIdle();
        },
      });
    }
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    this.#fail = reject;
    // Whether anybody listens is theirs to decide.
    promise.catch(() => undefined);
    this.#ready.promise.catch(() => undefined);
    consensus.receive((message) => {
      this.#receive(message);
    });
    consensus.post({
      kind: 'credit',
      entries: limits.consensusCreditEntries,
      bytes: limits.consensusCreditBytes,
    });
  }

  /** Who leads; undefined until consensus has said so once. */
  get leadership(): Leadership | undefined {
    return this.#leadership;
  }

  /** Calls `handler` with who leads, now if that is known and at every change. The result ends it. */
  onLeadership(handler: (leadership: Leadership) => void): () => void {
    this.#handlers.add(handler);
    if (this.#leadership !== undefined) handler(this.#leadership);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** Calls `handler` with what consensus says of the group of members, from now on. The result ends it. */
  onGroup(handler: (message: GroupMessage) => void): () => void {
    this.#groupHandlers.add(handler);
    return () => {
      this.#groupHandlers.delete(handler);
    };
  }

  /**
   * Resolves once all that was in the log at the start, as far as it was known to be committed, is applied.
   * @throws what `failure` rejects with, and the reason of `signal`.
   */
  async ready(signal: AbortSignal): Promise<void> {
    await awaitSignal(Promise.race([this.#ready.promise, this.failure]), signal);
  }

  async submit(set: SetRequest, signal: AbortSignal): Promise<SetOutcome> {
    signal.throwIfAborted();
    const known = this.#store.outcomeOf(set.id);
    if (known !== undefined) return known;
    const waiting = this.#outbox.get(set.id);
    if (waiting !== undefined) return await awaitSignal(waiting.outcome, signal);
    const dropped = this.#cannotTake(set.term);
    if (dropped !== undefined) return dropped;
    const encoded = encodeSet(set);
    if (encoded.kind === 'refused') return encoded;
    const { bytes } = encoded;
    return await this.#queue({ id: set.id, bytes, ops: set.ops.length, term: set.term }, signal);
  }

  /** Proposes a set that another manager encoded, if this one leads; as `submit`. */
  async submitForwarded(bytes: Uint8Array, signal: AbortSignal): Promise<ForwardedOutcome> {
    const set = checkForwarded(bytes);
    if (set === undefined) return { kind: 'unfit' };
    const known = this.#store.outcomeOf(set.id);
    if (known !== undefined) return known;
    const waiting = this.#outbox.get(set.id);
    if (waiting !== undefined) return await awaitSignal(waiting.outcome, signal);
    if (this.#isStopping || this.#hasFailed) return { kind: 'dropped', reason: 'stopping' };
    // One hop: what came here goes no further.
    if (this.#leadership?.self !== true) return { kind: 'dropped', reason: 'notLeader' };
    return await this.#queue({ id: set.id, bytes, ops: set.ops.length, term: 0 }, signal);
  }

  async barrier(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#isStopping || this.#hasFailed) {
      throw new ShoalError('unavailable', 'the manager is stopping');
    }
    await this.#catchUp(signal);
  }

  /**
   * Has consensus change who belongs to the group, if this member leads in `term`. `onGroup` tells when that has come about.
   * @throws the reason of `signal`
   */
  async changeMembers(
    term: number,
    change: ConfChange,
    signal: AbortSignal,
  ): Promise<'committed' | 'dropped' | 'noRoom' | 'unknown'> {
    const requestId = this.#nextRequestId();
    const { promise, resolve } = Promise.withResolvers<ConsensusOutcome>();
    this.#changes.set(requestId, resolve);
    this.#consensus.post({ kind: 'changeMembers', requestId, term, change });
    return await awaitSignal(promise, signal);
  }

  /** Takes no more sets, and waits until those in flight have their outcome, or `signal` aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#isStopping = true;
    if (this.#outbox.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenIdle = resolve;
    await awaitSignal(promise, signal);
  }

  /** Ends it: who still waits for an outcome hears that it is unknown. Consensus goes on until its owner stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    this.#isClosed = true;
    this.#giveUp();
    this.#handlers.clear();
    this.#storeMetrics.close();
    await this.#group[Symbol.asyncDispose]();
  }

  async #queue(
    set: Pick<WaitingSet, 'id' | 'bytes' | 'ops' | 'term'>,
    signal: AbortSignal,
  ): Promise<SetOutcome> {
    if (this.#outbox.isFull(set.bytes.length)) return { kind: 'dropped', reason: 'tooBusy' };
    const added = this.#outbox.add({ ...set, sinceMs: this.#clock.nowMs() });
    this.#planFlush();
    this.#sweep();
    return await awaitSignal(added.outcome, signal);
  }

  /** As `barrier`, also while this ends: what is under way still has to come to something. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    if (this.#isLeaderless) throw noLeader();
    const done = this.#barriers.add(this.#clock.nowMs());
    this.#sweep();
    await awaitSignal(done, signal);
  }

  #cannotTake(term: number): SetOutcome | undefined {
    if (this.#isStopping || this.#hasFailed) return { kind: 'dropped', reason: 'stopping' };
    const isFenced = term !== 0 && !(this.#leads && term === this.#leadership?.term);
    return isFenced || this.#isLeaderless ? { kind: 'dropped', reason: 'notLeader' } : undefined;
  }

  get #leads(): boolean {
    return this.#leadership?.self === true;
  }

  /** True when nobody has led for so long that nobody should wait for it. */
  get #isLeaderless(): boolean {
    const sinceMs = this.#leaderlessMs;
    return sinceMs !== undefined && this.#clock.nowMs() - sinceMs >= limits.leaderlessMs;
  }

  #wallMs(): number {
    return this.#stamp.at(this.#clock.wallMs(), this.#clock.nowMs());
  }

  /** Proposes after the current job, so that all sets of this turn share an entry. */
  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  /** Sends what is queued on its way, if somebody leads. */
  #flush(): void {
    const leader = this.#leadership?.leader;
    if (this.#leads) this.#proposeQueued();
    else if (leader !== undefined) this.#forwarding?.flush(leader);
  }

  #proposeQueued(): void {
    while (this.#outbox.queued > 0 && this.#outbox.entries < this.#entriesMax()) {
      const requestId = this.#nextRequestId();
      const queued = this.#outbox.queued;
      const data = this.#outbox.nextEntry(
        requestId,
        wallStampBytes(this.#wallMs()),
        this.#nextCheck(),
      );
      this.#metrics.proposed(queued - this.#outbox.queued, data.length);
      this.#consensus.post({ kind: 'propose', requestId, term: 0, data });
    }
  }

  #entriesMax(): number {
    const { proposerEntries, proposerSharedEntries, entryBytes } = limits;
    return this.#outbox.overflows(entryBytes) ? proposerEntries : proposerSharedEntries;
  }

  /** Every so many entries the others are told what this member has made of the log. */
  #nextCheck(): Uint8Array | undefined {
    this.#uncheckedEntries += 1;
    if (this.#uncheckedEntries < checkEntries) return undefined;
    this.#uncheckedEntries = 0;
    return encodeStateCheck(this.#store.check);
  }

  #nextRequestId(): number {
    this.#requestId += 1;
    return this.#requestId;
  }

  #askBarrier(): number {
    const requestId = this.#nextRequestId();
    this.#consensus.post({ kind: 'readBarrier', requestId });
    return requestId;
  }

  #receive(message: FromConsensus): void {
    if (this.#hasFailed || this.#isClosed) return;
    switch (message.kind) {
      case 'committed':
        this.#intake.addEntries(message.entries);
        this.#takeIn();
        break;
      case 'snapshotChunk':
        this.#intake.addChunk(message);
        this.#takeIn();
        break;
      case 'outcome':
        this.#answered(message);
        break;
      case 'barrierDone':
        this.#barriers.answer(message.requestId, message.index, this.#store.applied.index);
        break;
      case 'leadership':
        this.#lead(message);
        break;
      case 'replayed':
        this.#replayedIndex = message.index;
        this.#checkReady();
        break;
      case 'snapshotWanted':
        this.#streamSnapshot();
        break;
      case 'progress':
        this.#consensus.post({ kind: 'alive' });
        for (const handler of this.#groupHandlers) handler(message);
        break;
      case 'members':
      case 'removed':
        for (const handler of this.#groupHandlers) handler(message);
        break;
      case 'failed':
        this.#failWith(new ShoalError(message.code, message.message));
        break;
      case 'stopped':
        this.#isStopping = true;
        this.#giveUp();
        break;
    }
  }

  /** Applies what has come, as far as this turn allows. */
  #takeIn(): void {
    if (this.#intake.isEmpty || this.#turnBytes >= limits.applyTurnBytes) return;
    this.#planTurn();
    try {
      this.#takeRound();
    } catch (error) {
      this.#failWith(error);
    }
  }

  #takeRound(): void {
    const startMs = this.#clock.nowMs();
    const round = this.#intake.round(limits.applyTurnBytes - this.#turnBytes);
    const nowMs = this.#clock.nowMs();
    this.#storeMetrics.applied(round.entries, nowMs - startMs);
    const { index } = this.#store.applied;
    // A chunk of a snapshot counts as a whole turn.
    this.#turnBytes += round.entries === 0 ? limits.applyTurnBytes : round.bytes;
    this.#stamp.follow(this.view.clusterMs, this.#clock.nowMs());
    this.#consensus.post({ kind: 'applied', index });
    if (round.entries > 0) {
      this.#consensus.post({ kind: 'credit', entries: round.entries, bytes: round.bytes });
    }
    for (const { setId, outcome } of round.results) this.#settle(setId, outcome, nowMs);
    this.#forwarding?.advance(index);
    this.#barriers.advance(index);
    this.#checkReady();
    this.#checkIdle();
  }

  #settle(setId: string, outcome: SetOutcome, nowMs: number): void {
    const waiting = this.#outbox.get(setId);
    if (waiting === undefined) return;
    this.#outbox.settle(setId, outcome);
    this.#metrics.settled(nowMs - waiting.sinceMs);
  }

  /** Goes on in the next turn, if there is more to do then. */
  #planTurn(): void {
    if (this.#isTurnPlanned) return;
    this.#isTurnPlanned = true;
    this.#spawn('apply', async (signal) => {
      await this.#clock.sleep(0, signal);
      this.#isTurnPlanned = false;
      this.#turnBytes = 0;
      this.#takeIn();
    });
  }

  #answered(message: Extract<FromConsensus, { kind: 'outcome' }>): void {
    this.#changes.get(message.requestId)?.(message.outcome);
    if (this.#changes.delete(message.requestId)) return;
    const sets = this.#outbox.takeEntry(message.requestId);
    switch (message.outcome) {
      case 'committed':
        // What is committed has its outcome once it is applied.
        break;
      case 'dropped':
        // Consensus cannot keep up, or hands leadership over.
        this.#outbox.requeue(sets, false);
        this.#planRetry();
        return;
      case 'noRoom':
        for (const set of sets) this.#drop(set, 'diskFull');
        break;
      case 'unknown':
        // This member leads no more, as it hears next.
        this.#abandon(sets);
        return;
    }
    this.#flush();
    this.#checkIdle();
  }

  #drop(set: WaitingSet, reason: DropReason): void {
    this.#outbox.settle(set.id, set.isInDoubt ? { kind: 'unknown' } : { kind: 'dropped', reason });
  }

  /** Sends what is queued on its way in a moment. */
  #planRetry(): void {
    if (this.#isRetryPlanned) return;
    this.#isRetryPlanned = true;
    this.#spawn('retry', async (signal) => {
      await this.#clock.sleep(limits.proposerRetryMs, signal);
      this.#isRetryPlanned = false;
      this.#flush();
    });
  }

  #lead({ term, leader, self }: Leadership): void {
    const before = this.#leadership;
    this.#leadership = { term, leader, self };
    // An election that nobody wins begins no new wait.
    this.#leaderlessMs =
      leader === undefined ? (this.#leaderlessMs ?? this.#clock.nowMs()) : undefined;
    if (before?.self === true && (!self || before.term !== term)) this.#endLeading();
    this.#forwarding?.abandon();
    if (self) this.#stamp.begin();
    this.#log.at('info', 'leadership changed', { term, leader, self });
    for (const handler of this.#handlers) handler(this.#leadership);
    this.#planFlush();
  }

  #endLeading(): void {
    this.#outbox.settleQueued(({ term }) => term !== 0, { kind: 'dropped', reason: 'notLeader' });
    this.#abandon(this.#outbox.takeProposed());
  }

  /** What controllers decided is fenced by its term, and comes to nothing unless it is committed already; all else goes to whoever leads next. */
  #abandon(proposed: readonly WaitingSet[]): void {
    for (const { id, term } of proposed) {
      if (term !== 0) this.#outbox.settle(id, { kind: 'unknown' });
    }
    this.#outbox.requeue(proposed, true);
  }

  #checkReady(): void {
    if (this.#replayedIndex === undefined) return;
    if (this.#store.applied.index >= this.#replayedIndex) this.#ready.resolve();
  }

  #checkIdle(): void {
    if (this.#outbox.size > 0) return;
    this.#whenIdle?.();
    this.#whenIdle = undefined;
  }

  /** Cuts a snapshot now and sends it a slice a turn. */
  #streamSnapshot(): void {
    if (this.#isStreaming) return;
    this.#isStreaming = true;
    const cut = cutSnapshot(this.#store);
    this.#spawn('snapshot', async (signal) => {
      try {
        while (!cut.isDone) {
          const data = cut.encodeSlice(limits.snapshotSliceRows);
          this.#consensus.post({ kind: 'snapshotChunk', ...cut.applied, data, last: cut.isDone });
          await this.#clock.sleep(0, signal);
        }
      } finally {
        cut.close();
      }
      this.#isStreaming = false;
    });
  }

  /** Looks for what has waited too long, as long as something waits. */
  #sweep(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#spawn('sweep', async (signal) => {
      while (this.#outbox.size + this.#barriers.size > 0) {
        await this.#clock.sleep(sweepMs, signal);
        const sinceMs = this.#clock.nowMs() - limits.proposerAgeMs;
        this.#outbox.expire(sinceMs, {
          kind: 'dropped',
          reason: this.#leadership?.leader === undefined ? 'notLeader' : 'tooBusy',
        });
        this.#barriers.expire(sinceMs);
        if (this.#isLeaderless) this.#giveUpOnLeader();
        this.#flush();
        this.#checkIdle();
      }
      this.#isSweeping = false;
    });
  }

  #giveUpOnLeader(): void {
    this.#outbox.settleAll({ kind: 'dropped', reason: 'notLeader' });
    this.#barriers.failAll('lostQuorum', 'no manager leads at the moment');
  }

  /** A job that fails ends the manager, like everything else here that does. */
  #spawn(name: string, job: (signal: AbortSignal) => Promise<void>): void {
    this.#group.spawn(name, async (signal) => {
      try {
        await job(signal);
      } catch (error) {
        if (!signal.aborted) this.#failWith(error);
      }
    });
  }

  #failWith(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#giveUp();
    this.#log.at('error', 'the manager cannot go on', { error });
    this.#fail(error);
  }

  /** Nobody will hear more: what was proposed may still come. */
  #giveUp(): void {
    this.#outbox.settleAll({ kind: 'dropped', reason: 'stopping' });
    this.#barriers.failAll('unavailable', 'the manager is stopping');
    for (const answer of this.#changes.values()) answer('unknown');
    this.#changes.clear();
    this.#checkIdle();
  }
}

function noLeader(): ShoalError {
  return new ShoalError('lostQuorum', 'no manager leads at the moment');
}
