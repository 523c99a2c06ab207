import type { ClusterApi, ClusterEvent } from '../common/ports/cluster-api.ts';
import type { Clock } from '../common/ports/clock.ts';
import type { Log } from '../common/ports/log.ts';
import { noMetrics, type Metrics } from '../common/ports/metrics.ts';
import type { RpcHandler } from '../common/ports/rpc.ts';
import { ShoalError } from '../common/pure/errors.ts';
import { newId } from '../common/pure/ids.ts';
import type { NodeId, SetId } from '../common/pure/ids.ts';
import { invariant } from '../common/pure/invariant.ts';
import type { Random } from '../common/pure/random.ts';
import { TaskGroup } from '../common/run/task-group.ts';
import { dispatcherHandlers } from '../proto/rpc/dispatcher.ts';
import { logBrokerHandlers } from '../proto/rpc/logs.ts';
import { Allocator } from './allocator/allocator.ts';
import type { ConsensusPort } from './consensus/port.ts';
import { clusterEvent } from './controlapi/cluster-events.ts';
import { ControlApi } from './controlapi/control-api.ts';
import { Dispatcher } from './dispatcher/dispatcher.ts';
import { foundingSet } from './founding.ts';
import type { Founding } from './founding.ts';
import { ControlLoop } from './loop/control-loop.ts';
import type { LoopOptions } from './loop/ports.ts';
import { LogBroker } from './logbroker/log-broker.ts';
import { loopMetrics } from './loop/metrics.ts';
import { EndpointAcks } from './observed/endpoint-acks.ts';
import { LivenessTable } from './observed/liveness.ts';
import { GlobalDecider } from './orchestrator/global/global.ts';
import { ReaperDecider } from './orchestrator/reaper/reaper.ts';
import { ReplicatedDecider } from './orchestrator/replicated/replicated.ts';
import { RestartDecider } from './orchestrator/restart/restart.ts';
import { UpdateDecider } from './orchestrator/update/update.ts';
import { Proposer } from './proposer/proposer.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import type { Decider } from './store/decider.ts';
import type { StoreEvent } from './store/events.ts';
import { PendingView } from './store/pending-view.ts';
import { Store } from './store/store.ts';
import type { StoreView } from './store/view.ts';

export interface ManagerParts {
  readonly nodeId: NodeId;
  readonly consensus: ConsensusPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Takes what the store, the proposer and the loop count; nobody when absent. */
  readonly metrics?: Metrics;
  /** Only when the cluster is being founded. */
  readonly founding: Founding | undefined;
  /** Ids of sessions: nobody can guess them. */
  readonly newSessionId: () => string;
  /** Lets everything else that is ready run first. */
  readonly turn: (signal: AbortSignal) => Promise<void>;
  readonly loopOptions: LoopOptions;
  /** What decides while this member leads, new for each leadership; the product's own when absent. */
  readonly deciders?: () => readonly Decider[];
  /** Takes what users are shown of each change, but for those that the log held at the start; nobody when absent. */
  readonly noteEvent?: (event: ClusterEvent) => void;
  /** Why users may change nothing but by removing, if that is so; never when absent. */
  readonly refusal?: () => ShoalError | undefined;
  /** The manager cannot go on: the process must end. */
  readonly failed: (error: unknown) => void;
}

/**
 * The manager role: consensus's main half, the store, the controllers while this member leads, and what answers nodes and users.
 *
 * Created and disposed within a running process. The consensus port is the caller's to close.
 */
export class Manager implements AsyncDisposable {
  readonly api: ClusterApi;
  /** What nodes may call. */
  readonly handlers: readonly RpcHandler[];
  readonly #parts: ManagerParts;
  readonly #store = new Store();
  readonly #proposer: Proposer;
  readonly #dispatcher: Dispatcher;
  readonly #logs: LogBroker;
  readonly #group = new TaskGroup();
  readonly #ids: Random;
  #isLeader = false;
  #endNoting: (() => void) | undefined;
  #leading: TaskGroup | undefined;

  constructor(parts: ManagerParts) {
    this.#parts = parts;
    this.#ids = parts.random.fork('ids');
    const { consensus, clock, log, metrics = noMetrics } = parts;
    this.#proposer = new Proposer({ consensus, store: this.#store, clock, log, metrics });
    const subscribe = (handler: (events: readonly StoreEvent[]) => void): (() => void) =>
      this.#subscribe(handler);
    const newSetId = (): SetId => newId(this.#ids);
    this.#dispatcher = new Dispatcher({
      proposer: this.#proposer,
      subscribe,
      liveness: new LivenessTable(),
      acks: new EndpointAcks(),
      clock,
      log,
      newSessionId: parts.newSessionId,
      newSetId,
    });
    const readIds = parts.random.fork('log reads');
    this.#logs = new LogBroker({
      view: () => this.view,
      subscribe,
      clock,
      newReadId: () => newId(readIds),
      sessionSignal: (sessionId, call) => this.#dispatcher.sessionSignal(sessionId, call),
    });
    this.handlers = [...dispatcherHandlers(this.#dispatcher), ...logBrokerHandlers(this.#logs)];
    this.api = new ControlApi({
      proposer: this.#proposer,
      logs: this.#logs,
      leaderNodeId: () => (this.#isLeader ? parts.nodeId : ''),
      newSetId,
      newServiceId: () => newId(this.#ids),
      ...(parts.refusal === undefined ? {} : { refusal: parts.refusal }),
    });
  }

  get view(): StoreView {
    return this.#store.view;
  }

  get store(): Store {
    return this.#store;
  }

  /**
   * Replays the log and begins to lead; a founder then makes the cluster. Resolves once the manager serves.
   * @throws ShoalError `corrupt`, `storageFailed`, `levelTooLow`
   */
  async start(signal: AbortSignal): Promise<void> {
    this.#proposer.onLeadership((leadership) => {
      this.#lead(leadership.self ? leadership.term : undefined);
    });
    this.#proposer.failure.catch(this.#parts.failed);
    await this.#proposer.ready(signal);
    this.#noteEvents();
    if (this.#parts.founding !== undefined) await this.#found(this.#parts.founding, signal);
    if (this.view.cluster() === undefined) {
      throw new ShoalError(
        'corrupt',
        'the log holds no cluster: leave the swarm with --force, or restore the data root from a backup',
      );
    }
  }

  /** Ends the controllers and sessions, then lets go of consensus; what was proposed and not answered is unknown. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#endNoting?.();
    this.#logs[Symbol.dispose]();
    await this.#group[Symbol.asyncDispose]();
    await this.#proposer[Symbol.asyncDispose]();
  }

  async #found(founding: Founding, signal: AbortSignal): Promise<void> {
    const outcome = await this.#proposer.submit(foundingSet(founding), signal);
    if (outcome.kind !== 'done') {
      throw new ShoalError('internal', 'the cluster could not be founded', {
        fields: { outcome: outcome.kind },
      });
    }
  }

  /** Leads in `term`, or not at all: controllers of an earlier leadership end first. */
  #lead(term: number | undefined): void {
    this.#isLeader = term !== undefined;
    this.#leading?.abort();
    this.#leading = undefined;
    if (term === undefined) return;
    this.#group.spawn(`leadership of term ${term}`, (signal) => this.#runLeadership(term, signal));
  }

  async #runLeadership(term: number, signal: AbortSignal): Promise<void> {
    await using leading = new TaskGroup(signal);
    this.#leading = leading;
    leading.spawn('controllers', (inner) => this.#controlLoop().lead(term, inner));
    leading.spawn('dispatcher', (inner) => this.#serveNodes(inner));
    try {
      await leading.settle();
    } catch (error) {
      this.#parts.failed(error);
    }
  }

  /** Leadership may come while the log is still being taken in; nodes are served from what all of it says. */
  async #serveNodes(signal: AbortSignal): Promise<void> {
    await this.#proposer.ready(signal);
    await this.#dispatcher.run(signal);
  }

  #controlLoop(): ControlLoop {
    const { clock, random, log, turn, loopOptions, metrics = noMetrics } = this.#parts;
    const deciders = (this.#parts.deciders ?? standardDeciders)();
    const names = deciders.map(({ name }) => name);
    return new ControlLoop({
      deciders,
      proposer: this.#proposer,
      pendingView: () => new PendingView(this.#store),
      watch: (wake) => this.#store.watch(undefined, wake),
      turn,
      clock,
      random: random.fork('loop'),
      log,
      metrics: loopMetrics(metrics, names),
      options: loopOptions,
    });
  }

  /** What the log held was shown when it happened. */
  #noteEvents(): void {
    const { noteEvent } = this.#parts;
    if (noteEvent === undefined) return;
    this.#endNoting = this.#subscribe((events) => {
      for (const event of events) {
        const shown = clusterEvent(event, this.view.clusterMs);
        if (shown !== undefined) noteEvent(shown);
      }
    });
  }

  /** Events are taken within the call that applied them, so a subscriber never loses its place. */
  #subscribe(handler: (events: readonly StoreEvent[]) => void): () => void {
    const watcher = this.#store.watch(undefined, () => {
      for (let take = watcher.take(); take.kind !== 'empty'; take = watcher.take()) {
        invariant(take.kind === 'events', 'a subscriber that takes at once keeps its place');
        handler(take.events);
      }
    });
    return () => {
      watcher.close();
    };
  }
}

/** In the order in which they are asked about one event; each belongs to one leadership. */
export function standardDeciders(): readonly Decider[] {
  return [
    new ReplicatedDecider(),
    new GlobalDecider(),
    new UpdateDecider(),
    new Allocator(),
    new Scheduler(),
    new RestartDecider(),
    new ReaperDecider(),
  ];
}
