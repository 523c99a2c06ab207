import { actorName } from '../../common/ports/identity.ts';
import { isShoalError } from '../../common/pure/errors.ts';
import { newId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Random } from '../../common/pure/random.ts';
import type { TaskGroup } from '../../common/run/task-group.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import type { SetOutcome, SetRequest } from '../proposer/port.ts';
import { ClusterTime } from '../store/cluster-time.ts';
import type { Decider, Draft } from '../store/decider.ts';
import type { StoreEvent } from '../store/events.ts';
import type { PendingView } from '../store/pending-view.ts';
import type { Watcher } from '../store/watch.ts';
import {
  eventsSince,
  holderEvents,
  rowsIn,
  touchedRows,
  type TouchedRow,
} from './pending-events.ts';
import type { LoopPorts } from './ports.ts';
import { Resync } from './resync.ts';
import { Retries } from './retries.ts';
import { AdaptiveBudget } from './row-budget.ts';
import { stampIds } from './stamp.ts';
import { WorkQueue, type WorkItem } from './work-queue.ts';

/** Decisions after which others get a turn though no time has passed, as on a virtual clock. */
const sliceDecisionsMax = 64;
/** Scopes of a pass over everything that are queued at a time. */
const resyncPortion = 256;
/** Level from which sets of controllers can be applied. */
const controllerLevel = 0;

/** A decider with its place and what its decisions cost. */
interface Seat {
  readonly decider: Decider;
  readonly budget: AdaptiveBudget;
}

/** One leadership's run of the control loop. Everything here dies with it. */
export class Leadership {
  readonly #ports: LoopPorts;
  readonly #term: number;
  readonly #group: TaskGroup;
  readonly #seats: readonly Seat[];
  /** One for all deciders: the store with our own sets in flight done to it. */
  readonly #view: PendingView;
  readonly #queue = new WorkQueue();
  readonly #wakeup = new Wakeup();
  /** A stream for each term: ids of one leadership never meet those of another, whoever makes the loop. */
  readonly #random: Random;
  readonly #retries: Retries;
  #time: ClusterTime;
  #resync: Resync | undefined;
  /** Indexes that are being read anew. */
  #restarts: Iterator<undefined, undefined>[] = [];
  #resyncAtMs = 0;
  #passStartMs = 0;
  /** Times at which the loop is going to be woken; each is nearer than those that were there before it. */
  readonly #alarmsMs = new Set<number>();
  #inFlight = 0;
  /** Scopes by the set in flight whose outcome they wait for. */
  readonly #waiting = new Map<string, WorkItem[]>();
  #sliceStartMs = 0;
  #sliceDecisions = 0;

  constructor(ports: LoopPorts, leadership: { readonly term: number; readonly group: TaskGroup }) {
    this.#ports = ports;
    this.#term = leadership.term;
    this.#group = leadership.group;
    this.#seats = ports.deciders.map((decider) => ({
      decider,
      budget: new AdaptiveBudget(ports.options.fixedBudgetRows),
    }));
    this.#view = ports.pendingView();
    this.#random = ports.random.fork(`term ${leadership.term}`);
    this.#retries = new Retries(this.#random.fork('retries'));
    this.#time = new ClusterTime(0, ports.clock.nowMs());
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#catchUp(signal);
    const watcher = this.#ports.watch(() => {
      this.#wakeup.notify();
    });
    try {
      this.#startOver();
      while (!signal.aborted) {
        this.#takeEvents(watcher);
        if (this.#restarts.length > 0) await this.#restartFollowers(signal);
        else await this.#step(signal);
      }
    } finally {
      watcher.close();
    }
  }

  /** Ends the views; what is in flight is left to the fence of its term. */
  close(): void {
    this.#view.close();
  }

  /** Waits until the store holds everything that earlier leaders had acknowledged. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#ports.proposer.barrier(signal);
        return;
      } catch (error) {
        if (signal.aborted || !isShoalError(error)) throw error;
        this.#ports.log.at('debug', 'controllers wait for the log', { error });
        await this.#ports.clock.sleep(limits.loopRetryMsMax, signal);
      }
    }
  }

  /** Reads everything again: at the start, and after the watch lost its place. */
  #startOver(): void {
    const { clock } = this.#ports;
    this.#time = new ClusterTime(this.#view.clusterMs, clock.nowMs());
    this.#beginSlice();
    this.#restarts = this.#seats.flatMap(
      ({ decider }) => decider.follower?.restart(this.#view) ?? [],
    );
    this.#beginPass();
  }

  #beginPass(): void {
    this.#resync = new Resync(this.#ports.deciders, this.#view);
    this.#passStartMs = this.#ports.clock.nowMs();
  }

  /** Reads on with the indexes that are not whole yet, for one slice; nothing is decided before. */
  async #restartFollowers(signal: AbortSignal): Promise<void> {
    while (this.#restarts.length > 0) {
      if (this.#restarts[0]?.next().done !== false) this.#restarts.shift();
      if (this.#isSliceOver()) break;
    }
    await this.#giveTurn(signal);
  }

  #takeEvents(watcher: Watcher): void {
    for (let take = watcher.take(); take.kind !== 'empty'; take = watcher.take()) {
      if (take.kind === 'resync') this.#startOver();
      else this.#notify(take.events);
    }
  }

  /** Brings the indexes in step with changes of the view, and queues the scopes that they may concern. */
  #notify(events: readonly StoreEvent[]): void {
    for (const event of events) {
      for (const { decider } of this.#seats) decider.follower?.follow(event);
      for (const [index, { decider }] of this.#seats.entries()) {
        for (const key of decider.keysOf(event, this.#view)) {
          this.#queue.add({ decider: index, key });
        }
      }
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    this.#queue.wakeDue(this.#ports.clock.nowMs());
    this.#refill();
    const item = this.#inFlight < limits.loopSetsInFlight ? this.#queue.take() : undefined;
    if (item === undefined) {
      this.#arm(Math.min(this.#queue.nextDueMs() ?? Number.POSITIVE_INFINITY, this.#resyncAtMs));
      this.#endSlice();
      await this.#wakeup.wait(signal);
      this.#beginSlice();
      return;
    }
    this.#decide(item);
    if (this.#isSliceOver()) await this.#giveTurn(signal);
  }

  async #giveTurn(signal: AbortSignal): Promise<void> {
    this.#endSlice();
    await this.#ports.turn(signal);
    this.#beginSlice();
  }

  #beginSlice(): void {
    this.#sliceStartMs = this.#ports.clock.nowMs();
    this.#sliceDecisions = 0;
  }

  #endSlice(): void {
    this.#ports.metrics.sliced(this.#ports.clock.nowMs() - this.#sliceStartMs);
  }

  #isSliceOver(): boolean {
    this.#sliceDecisions += 1;
    return (
      this.#sliceDecisions >= sliceDecisionsMax ||
      this.#ports.clock.nowMs() - this.#sliceStartMs >= limits.loopSliceMs
    );
  }

  /** Queues the next portion of the pass over everything, when there is little else to do. */
  #refill(): void {
    const nowMs = this.#ports.clock.nowMs();
    if (this.#resync === undefined) {
      if (nowMs < this.#resyncAtMs) return;
      this.#beginPass();
      this.#retries.clearAll();
    }
    this.#resyncAtMs = nowMs + limits.loopResyncMs;
    if (this.#queue.readyCount > resyncPortion) return;
    const items = this.#resync?.next(resyncPortion) ?? [];
    for (const item of items) this.#queue.add(item);
    if (items.length > 0) return;
    this.#resync = undefined;
    this.#ports.metrics.passed(nowMs - this.#passStartMs);
  }

  /** Wakes the loop at `atMs`, unless it will be woken earlier. */
  #arm(atMs: number): void {
    if (Math.min(...this.#alarmsMs) <= atMs) return;
    this.#alarmsMs.add(atMs);
    this.#group.spawn('wake-up of the control loop', async (signal) => {
      await this.#ports.clock.sleep(Math.max(0, atMs - this.#ports.clock.nowMs()), signal);
      this.#alarmsMs.delete(atMs);
      this.#wakeup.notify();
    });
  }

  #decide(item: WorkItem): void {
    const seat = this.#seats[item.decider];
    if (seat === undefined) return;
    const { clock, metrics } = this.#ports;
    const view = this.#view;
    const nowMs = clock.nowMs();
    const budget = seat.budget.next();
    const time = { nowMs, clusterMs: this.#time.at(view.clusterMs, nowMs) };
    const decision = seat.decider.decide(view, item.key, time, budget);
    const tookMs = clock.nowMs() - nowMs;
    seat.budget.learn(budget, tookMs);
    metrics.decided(seat.decider.name, tookMs, decision.sets.length);
    for (const draft of stampIds(decision.sets, this.#random)) {
      if (this.#waitsFor(item, draft)) return;
      this.#propose(item, seat.decider, draft);
    }
    if (decision.wakeAtMs !== undefined) this.#queue.addAt(item, decision.wakeAtMs);
    if (decision.more) this.#queue.add(item);
  }

  /** True when the draft relies on what is in flight: its scope, with all that was to follow, is decided again when the outcome is known. */
  #waitsFor(item: WorkItem, draft: Draft): boolean {
    const setId = this.#view.awaitedBy(draft.reads);
    if (setId === undefined) return false;
    const waiting = this.#waiting.get(setId);
    if (waiting === undefined) this.#waiting.set(setId, [item]);
    else waiting.push(item);
    return true;
  }

  #propose(item: WorkItem, decider: Decider, draft: Draft): void {
    const request: SetRequest = {
      ...draft,
      id: newId(this.#random),
      term: this.#term,
      actor: { kind: 'controller', name: decider.name },
      traceId: newId(this.#random),
      minLevel: controllerLevel,
    };
    const touched = touchedRows(draft.ops);
    const before = rowsIn(this.#view, touched);
    const refusal = this.#view.add(request);
    if (refusal !== undefined) {
      this.#giveUp({ item, request, touched: [], pending: [] }, { kind: 'refused', refusal });
      return;
    }
    const flight = { item, request, touched, pending: rowsIn(this.#view, touched) };
    this.#notify(eventsSince(this.#view, touched, before));
    this.#inFlight += 1;
    this.#group.spawn(`set of ${decider.name}`, (signal) => this.#settle(flight, signal));
  }

  /** Sees one set through to a certain outcome; a set whose outcome is unknown is proposed again under its own id. */
  async #settle(flight: Flight, signal: AbortSignal): Promise<void> {
    const { proposer, metrics, clock } = this.#ports;
    const { request } = flight;
    let outcome = await proposer.submit(request, signal);
    while (outcome.kind === 'unknown') {
      metrics.settled(actorName(request.actor), 'unknown');
      await clock.sleep(limits.loopRetryMs, signal);
      await this.#catchUp(signal);
      outcome = await proposer.submit(request, signal);
    }
    signal.throwIfAborted();
    this.#inFlight -= 1;
    if (outcome.kind === 'done') {
      metrics.settled(actorName(request.actor), 'done');
      this.#view.remove(request.id);
      this.#retries.clear(nameOf(flight.item));
    } else {
      this.#giveUp(flight, outcome);
    }
    for (const item of this.#waiting.get(request.id) ?? []) this.#queue.add(item);
    this.#waiting.delete(request.id);
    this.#wakeup.notify();
  }

  /** The set certainly takes no effect: what was decided on top of it is looked at again, and its own scope. */
  #giveUp(flight: Flight, outcome: Exclude<SetOutcome, { kind: 'done' | 'unknown' }>): void {
    const { item, request, touched, pending } = flight;
    const { log, metrics, clock } = this.#ports;
    const { actor, reason } = request;
    metrics.settled(actorName(actor), outcome.kind);
    log.at('debug', 'set of a controller came to nothing', { actor, reason, outcome });
    this.#view.remove(request.id);
    this.#notify(eventsSince(this.#view, touched, pending));
    this.#notify(holderEvents(this.#view, request.claims));
    this.#queue.hold(item, clock.nowMs() + this.#retries.nextDelayMs(nameOf(item)));
  }
}

/** A set on its way. */
interface Flight {
  readonly item: WorkItem;
  readonly request: SetRequest;
  readonly touched: readonly TouchedRow[];
  /** The rows that it touches, as the pending view had them with it. */
  readonly pending: readonly (object | undefined)[];
}

function nameOf({ decider, key }: WorkItem): string {
  return `${decider} ${key}`;
}
