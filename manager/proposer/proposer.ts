import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import { noMetrics, type Metrics } from '../../common/ports/metrics.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import type { ConsensusPort, FromConsensus, Leadership } from '../consensus/port.ts';

import { cutSnapshot } from '../store/snapshot.ts';
import type { Store } from '../store/store.ts';
import type { StoreView } from '../store/view.ts';
import { awaitSignal } from './await-signal.ts';
import { Barriers } from './barriers.ts';
import { encodeSet } from './encode-set.ts';
import { Intake } from './intake.ts';
import { proposerMetrics, type ProposerMetrics } from './metrics.ts';
import { Outbox } from './outbox.ts';
import type { ProposerPort, SetOutcome, SetRequest } from './port.ts';
import { storeMetrics, type StoreMetrics } from './store-metrics.ts';
import { WallStamp } from './wall-stamp.ts';

/** How often what has waited too long is looked for, while something waits. */
const sweepMs = 1000;

export interface ProposerParts {
  readonly consensus: ConsensusPort;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts nothing when absent. */
  readonly metrics?: Metrics;
}

/**
 * Main's half of consensus: proposes change sets, applies what is committed, and answers who waits.
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
  readonly #barriers: Barriers;
  readonly #intake: Intake;
  readonly #stamp = new WallStamp();
  readonly #handlers = new Set<(leadership: Leadership) => void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #fail: (error: unknown) => void;
  #leadership: Leadership | undefined;
  #replayedIndex: number | undefined;
  #requestId = 0;
  #isFlushPlanned = false;
  #isSweeping = false;
  #isStopping = false;
  #hasFailed = false;
  #isClosed = false;
  #isStreaming = false;
  /** Bytes taken in during this turn. */
  #turnBytes = 0;
  #isTurnPlanned = false;
  #whenIdle: (() => void) | undefined;

  constructor({ consensus, store, clock, log, metrics = noMetrics }: ProposerParts) {
    this.view = store.view;
    this.#consensus = consensus;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#metrics = proposerMetrics(metrics);
    this.#storeMetrics = storeMetrics(metrics, store);
    this.#intake = new Intake(store);
    this.#barriers = new Barriers(() => this.#askBarrier());
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

  /**
   * Resolves once the log was replayed and this member leads.
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
    const dropped = this.#cannotTake(set);
    if (dropped !== undefined) return dropped;
    const encoded = encodeSet(set, this.#wallMs());
    if (encoded.kind === 'refused') return encoded;
    const { bytes } = encoded;
    if (this.#outbox.isFull(bytes.length)) return { kind: 'dropped', reason: 'tooBusy' };
    const sinceMs = this.#clock.nowMs();
    const added = this.#outbox.add({ id: set.id, bytes, ops: set.ops.length, sinceMs });
    this.#planFlush();
    this.#sweep();
    return await awaitSignal(added.outcome, signal);
  }

  async barrier(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#isStopping || this.#hasFailed) {
      throw new ShoalError('unavailable', 'the manager is stopping');
    }
    const done = this.#barriers.add(this.#clock.nowMs());
    this.#sweep();
    await awaitSignal(done, signal);
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

  #cannotTake(set: SetRequest): SetOutcome | undefined {
    if (this.#isStopping || this.#hasFailed) return { kind: 'dropped', reason: 'stopping' };
    const leads = this.#leadership?.self === true;
    const isOfOtherTerm = set.term !== 0 && set.term !== this.#leadership?.term;
    return leads && !isOfOtherTerm ? undefined : { kind: 'dropped', reason: 'notLeader' };
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

  #flush(): void {
    while (this.#outbox.queued > 0 && this.#outbox.entries < limits.proposerEntries) {
      const requestId = this.#nextRequestId();
      const queued = this.#outbox.queued;
      const data = this.#outbox.nextEntry(requestId);
      this.#metrics.proposed(queued - this.#outbox.queued, data.length);
      this.#consensus.post({ kind: 'propose', requestId, term: 0, data });
    }
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
      case 'members':
        // A manager is alone: there is no way to join one yet.
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
    const sets = this.#outbox.takeEntry(message.requestId);
    // What is committed has its outcome once it is applied.
    if (message.outcome !== 'committed') {
      const outcome: SetOutcome =
        message.outcome === 'unknown'
          ? { kind: 'unknown' }
          : this.#dropped(message.outcome === 'noRoom');
      for (const set of sets) this.#outbox.settle(set.id, outcome);
    }
    this.#flush();
    this.#checkIdle();
  }

  /** A leader drops what it cannot keep up with. */
  #dropped(isDiskFull: boolean): SetOutcome {
    if (this.#isStopping) return { kind: 'dropped', reason: 'stopping' };
    if (isDiskFull) return { kind: 'dropped', reason: 'diskFull' };
    const leads = this.#leadership?.self === true;
    return { kind: 'dropped', reason: leads ? 'tooBusy' : 'notLeader' };
  }

  #lead({ term, leader, self }: Leadership): void {
    const before = this.#leadership;
    this.#leadership = { term, leader, self };
    if (before?.self === true && (!self || before.term !== term)) {
      this.#outbox.settleAll({ kind: 'dropped', reason: 'notLeader' }, { kind: 'unknown' });
    }
    if (self) this.#stamp.begin();
    this.#log.at('info', 'leadership changed', { term, leader, self });
    for (const handler of this.#handlers) handler(this.#leadership);
    this.#checkReady();
  }

  #checkReady(): void {
    if (this.#leadership?.self !== true || this.#replayedIndex === undefined) return;
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
        this.#outbox.expire(sinceMs);
        this.#barriers.expire(sinceMs);
        this.#flush();
        this.#checkIdle();
      }
      this.#isSweeping = false;
    });
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
    this.#outbox.settleAll({ kind: 'dropped', reason: 'stopping' }, { kind: 'unknown' });
    this.#barriers.failAll('unavailable', 'the manager is stopping');
    this.#checkIdle();
  }
}
