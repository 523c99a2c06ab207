import type { Entropy } from '../common/ports/entropy.ts';
import type { ClusterApi, ClusterEvent } from '../common/ports/cluster-api.ts';
import type { Clock } from '../common/ports/clock.ts';
import type { Log } from '../common/ports/log.ts';
import { noMetrics, type Metrics } from '../common/ports/metrics.ts';
import type { RpcDialer, RpcHandler } from '../common/ports/rpc.ts';
import { ShoalError } from '../common/pure/errors.ts';
import { newId } from '../common/pure/ids.ts';
import { limits } from '../common/pure/limits.ts';
import type { NodeId, SetId } from '../common/pure/ids.ts';
import type { Random } from '../common/pure/random.ts';
import { TaskGroup } from '../common/run/task-group.ts';
import { Wakeup } from '../common/run/wakeup.ts';
import type { ManagerAddress } from '../proto/gen/dispatcher.ts';
import { Table } from '../proto/gen/objects.ts';
import { NodeRole } from '../proto/gen/specs.ts';
import { dispatcherHandlers } from '../proto/rpc/dispatcher.ts';
import { logBrokerHandlers } from '../proto/rpc/logs.ts';
import { Allocator } from './allocator/allocator.ts';
import { Joining } from './ca/joining.ts';
import type { CertificateSigner } from './ca/port.ts';
import { clusterHandlers } from './cluster-services.ts';
import type { ConsensusPort, Leadership } from './consensus/port.ts';
import { clusterEvent } from './controlapi/cluster-events.ts';
import { ControlApi } from './controlapi/control-api.ts';
import { Dispatcher } from './dispatcher/dispatcher.ts';
import { foundingSet } from './founding.ts';
import type { Founding } from './founding.ts';
import { ControlLoop } from './loop/control-loop.ts';
import type { LoopOptions } from './loop/ports.ts';
import { LogBroker } from './logbroker/log-broker.ts';
import { loopMetrics } from './loop/metrics.ts';
import { Membership } from './membership/membership.ts';
import { newRaftId } from './membership/raft-ids.ts';
import { renumber } from './membership/roles.ts';
import { StateVotes } from './membership/state-votes.ts';
import { EndpointAcks } from './observed/endpoint-acks.ts';
import { LivenessTable } from './observed/liveness.ts';
import { GlobalDecider } from './orchestrator/global/global.ts';
import { ReaperDecider } from './orchestrator/reaper/reaper.ts';
import { ReplicatedDecider } from './orchestrator/replicated/replicated.ts';
import { RestartDecider } from './orchestrator/restart/restart.ts';
import { UpdateDecider } from './orchestrator/update/update.ts';
import { managersOf, OtherManagers } from './other-managers.ts';
import { awaitSignal } from './proposer/await-signal.ts';
import type { SetRequest } from './proposer/port.ts';
import { Proposer, type GroupMessage } from './proposer/proposer.ts';
import { recoverySet } from './recovering.ts';
import { Scheduler } from './scheduler/scheduler.ts';
import type { Decider } from './store/decider.ts';
import type { StoreEvent } from './store/events.ts';
import { PendingView } from './store/pending-view.ts';
import { Store } from './store/store.ts';
import type { StoreView } from './store/view.ts';

export interface ManagerParts {
  readonly nodeId: NodeId;
  /** Its number in consensus. */
  readonly raftId: number;
  readonly consensus: ConsensusPort;
  /** Reaches the other managers. */
  readonly dialer: RpcDialer;
  readonly entropy: Entropy;
  /** What signs certificates, loaded with the first of them. */
  readonly signer: () => Promise<CertificateSigner>;
  /** Managers that this one knows of before its log has come: those that it was told when it joined. */
  readonly knownManagers: readonly ManagerAddress[];
  /** host:port of its own cluster services. */
  readonly managerAddress: string;
  /** Others say that this member was removed from the group. */
  readonly removedFromCluster: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Takes what the store, the proposer and the loop count; nobody when absent. */
  readonly metrics?: Metrics;
  /** Only when the cluster is being founded. */
  readonly founding: Founding | undefined;
  /** Consensus began alone because the quorum was lost: the cluster begins a new incarnation. Absent otherwise. */
  readonly isRecovering?: boolean;
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
 * The manager role: consensus's main half, the store, the controllers while this member leads, and what answers nodes and users whether it
 * leads or not.
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
  readonly #others: OtherManagers;
  readonly #membership: Membership;
  readonly #stateVotes: StateVotes;
  /** Resolved once the store holds the cluster that this manager serves. */
  readonly #begun = Promise.withResolvers<void>();
  /** Resolved once this member votes. */
  readonly #votes = Promise.withResolvers<void>();
  #leadership: Leadership | undefined;
  /** The time in which nobody leads, whatever elections are tried in it; undefined while somebody does. */
  #leaderless: object | undefined;
  #endNoting: (() => void) | undefined;
  #leading: TaskGroup | undefined;

  constructor(parts: ManagerParts) {
    this.#parts = parts;
    this.#ids = parts.random.fork('ids');
    const { consensus, clock, log, metrics = noMetrics } = parts;
    this.#others = this.#newOtherManagers();
    this.#stateVotes = this.#newStateVotes();
    this.#proposer = new Proposer({
      consensus,
      store: this.#store,
      clock,
      log,
      metrics,
      leader: this.#others.leader,
      compared: ({ own, leader }) => {
        this.#stateVotes.applied(own, leader);
      },
    });
    const newSetId = (): SetId => newId(this.#ids);
    this.#dispatcher = new Dispatcher({
      proposer: this.#proposer,
      subscribe: (handler) =>
        this.#subscribe(handler, () => {
          this.#dispatcher.stateReplaced();
        }),
      liveness: new LivenessTable(),
      acks: new EndpointAcks(),
      clock,
      log,
      newSessionId: parts.newSessionId,
      newSetId,
    });
    this.#logs = this.#newLogBroker();
    this.#membership = this.#newMembership(newSetId);
    this.handlers = [
      ...dispatcherHandlers(this.#dispatcher),
      ...logBrokerHandlers(this.#logs),
      ...clusterHandlers({
        proposer: this.#proposer,
        appliedIndex: () => this.#store.applied.index,
        joining: this.#newJoining(newSetId),
        observe: (call) => this.#dispatcher.observe(call),
        compare: (call) => this.#stateVotes.tell(call.signal),
        logs: this.#logs,
        isManager: (nodeId) => this.view.node(nodeId)?.lifecycle.role === NodeRole.manager,
      }),
    ];
    this.api = new ControlApi({
      proposer: this.#proposer,
      logs: this.#logs,
      leaderNodeId: () => this.#leaderNodeId,
      isReachable: ({ id }) => id === parts.nodeId || this.#others.isAnswering(id),
      canGo: ({ lifecycle }) => this.#canGo(lifecycle.raftId),
      newSetId,
      newServiceId: () => newId(this.#ids),
      ...(parts.refusal === undefined ? {} : { refusal: parts.refusal }),
    });
  }

  /** A leader has to hear of both ways: consensus takes longer to miss somebody, and may miss one that still answers. */
  #canGo(raftId: number): boolean {
    if (this.#leadership?.self === true && !this.#membership.canGo(raftId)) return false;
    const answering = new Set(
      this.view
        .nodes()
        .filter(({ id }) => this.#others.isAnswering(id))
        .map(({ lifecycle }) => lifecycle.raftId),
    );
    return this.#membership.canGoBy((id) => answering.has(id), raftId);
  }

  /** False while nodes are better served by another manager: this one has lost the others. */
  get servesNodes(): boolean {
    return this.#dispatcher.servesNodes;
  }

  get view(): StoreView {
    return this.#store.view;
  }

  get store(): Store {
    return this.#store;
  }

  /**
   * Replays the log; a founder then makes the cluster, and one that joins waits until it has come. Resolves once the manager serves, whoever
   * leads.
   * @throws ShoalError `corrupt`, `storageFailed`, `levelTooLow`
   */
  async start(signal: AbortSignal): Promise<void> {
    const { founding, knownManagers, isRecovering } = this.#parts;
    this.#proposer.onGroup((message) => {
      if (message.kind === 'removed') this.#parts.removedFromCluster();
      else this.#hear(message);
    });
    this.#proposer.onLeadership((leadership) => {
      this.#leadership = leadership;
      this.#lead(leadership.self ? leadership.term : undefined);
      this.#serveNodesWhileLed();
    });
    this.#proposer.failure.catch(this.#parts.failed);
    this.#others.update(knownManagers, this.view);
    await this.#proposer.ready(signal);
    if (founding !== undefined) {
      this.#noteEvents();
      await this.#found(foundingSet(founding), signal);
    } else if (isRecovering === true) {
      await this.#proposer.barrier(signal);
      await this.#found(recoverySet(this.view, this.#parts, newId(this.#ids)), signal);
    } else if (knownManagers.length > 0) {
      await this.#awaitCluster(signal);
      // Before it votes it is no help to the others: they may have no quorum without it, and whoever joined it would not know.
      await awaitSignal(this.#votes.promise, signal);
    }
    if (this.view.cluster() === undefined) {
      throw new ShoalError(
        'corrupt',
        'the log holds no cluster: leave the swarm with --force, or restore the data root from a backup',
      );
    }
    this.#begun.resolve();
    // What came before was shown when it happened, here or elsewhere.
    if (founding === undefined) this.#noteEvents();
    this.#followNodes();
    this.#spawn('dispatcher', (inner) => this.#dispatcher.run(inner));
  }

  /** Hands leadership over, if this member leads and there is another; waits until that has come about, or `signal` aborts. */
  async handOver(signal: AbortSignal): Promise<void> {
    if (this.#leadership?.self !== true || !this.#membership.hasOthers) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = this.#proposer.onLeadership(({ self, leader }) => {
      if (!self && leader !== undefined) resolve();
    });
    this.#parts.consensus.post({ kind: 'transfer', to: 0 });
    try {
      await awaitSignal(promise, signal);
    } catch {
      this.#parts.log.at('warn', 'leadership could not be handed over in time');
    } finally {
      end();
    }
  }

  /** Ends the controllers and sessions, then lets go of consensus; what was proposed and not answered is unknown. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#endNoting?.();
    this.#logs[Symbol.dispose]();
    await this.#others[Symbol.asyncDispose]();
    await this.#group[Symbol.asyncDispose]();
    await this.#proposer[Symbol.asyncDispose]();
  }

  #hear(message: Exclude<GroupMessage, { kind: 'removed' }>): void {
    this.#membership.hear(message);
    if (message.kind !== 'members') return;
    if (message.confState.voters.includes(this.#parts.raftId)) this.#votes.resolve();
  }

  /** Makes the change with which a cluster begins. */
  async #found(set: SetRequest, signal: AbortSignal): Promise<void> {
    const outcome = await this.#proposer.submit(set, signal);
    if (outcome.kind !== 'done') {
      throw new ShoalError('internal', 'the cluster could not be begun', {
        fields: { outcome: outcome.kind },
      });
    }
  }

  /** Leads in `term`, or not at all: controllers of an earlier leadership end first. */
  #lead(term: number | undefined): void {
    this.#leading?.abort();
    this.#leading = undefined;
    if (term === undefined) return;
    this.#group.spawn(`leadership of term ${term}`, (signal) => this.#runLeadership(term, signal));
  }

  /** A job that fails ends the manager: half of one serves nobody. */
  #spawn(name: string, job: (signal: AbortSignal) => Promise<void>): void {
    this.#group.spawn(name, async (signal) => {
      try {
        await job(signal);
      } catch (error) {
        if (!signal.aborted) this.#parts.failed(error);
      }
    });
  }

  async #runLeadership(term: number, signal: AbortSignal): Promise<void> {
    await using leading = new TaskGroup(signal);
    this.#leading = leading;
    leading.spawn('controllers', (inner) => this.#controlLoop().lead(term, inner));
    leading.spawn('nodes', (inner) => this.#leadNodes(term, inner));
    try {
      await leading.settle();
    } catch (error) {
      this.#parts.failed(error);
    }
  }

  /** A manager that has lost the others cannot write what its nodes say: they go to one that can. */
  #serveNodesWhileLed(): void {
    if (this.#leadership?.leader !== undefined) {
      this.#leaderless = undefined;
      this.#dispatcher.rejoined();
      return;
    }
    if (this.#leaderless !== undefined) return;
    const leaderless = {};
    this.#leaderless = leaderless;
    this.#spawn('sessions without a leader', async (signal) => {
      await this.#parts.clock.sleep(limits.sessionsLeaderlessMs, signal);
      if (this.#leaderless === leaderless) this.#dispatcher.cutOff();
    });
  }

  /** Leadership may come while the log is still being taken in: nodes are judged, and members changed, by what all of it says. */
  async #leadNodes(term: number, signal: AbortSignal): Promise<void> {
    await awaitSignal(this.#begun.promise, signal);
    await using group = new TaskGroup(signal);
    group.spawn('liveness', (inner) => this.#dispatcher.lead(term, inner));
    group.spawn('membership', (inner) => this.#membership.lead(term, inner));
    await group.settle();
  }

  /** Resolves once the store holds the cluster. */
  async #awaitCluster(signal: AbortSignal): Promise<void> {
    if (this.view.cluster() !== undefined) return;
    const changed = new Wakeup();
    const watcher = this.#store.watch(undefined, () => {
      changed.notify();
    });
    try {
      while (this.view.cluster() === undefined) {
        await changed.wait(signal);
        signal.throwIfAborted();
      }
    } finally {
      watcher.close();
    }
  }

  /** Keeps the other managers' addresses in step with the nodes of the store. */
  #followNodes(): void {
    const look = (): void => {
      this.#others.update(managersOf(this.view), this.view);
      this.#membership.look();
    };
    look();
    this.#subscribe((events) => {
      if (events.some(({ table }) => table === Table.nodes || table === Table.clusters)) look();
    }, look);
  }

  #newLogBroker(): LogBroker {
    const readIds = this.#parts.random.fork('log reads');
    const { elsewhere } = this.#dispatcher;
    return new LogBroker({
      view: () => this.view,
      subscribe: (handler, replaced) => this.#subscribe(handler, replaced),
      managers: {
        managerOf: (nodeId) => elsewhere.managerOf(nodeId),
        watch: (handler) => elsewhere.watch(handler),
        channelTo: (managerId) => this.#others.channelTo(managerId),
      },
      clock: this.#parts.clock,
      newReadId: () => newId(readIds),
      sessionSignal: (sessionId, call) => this.#dispatcher.sessionSignal(sessionId, call),
    });
  }

  #newOtherManagers(): OtherManagers {
    const { nodeId, dialer, consensus, clock } = this.#parts;
    return new OtherManagers({
      nodeId,
      dialer,
      clock,
      post: (message) => {
        consensus.post(message);
      },
      follow: (managerId, observations) => this.#dispatcher.follow(managerId, observations),
      compare: (managerId, checks) => this.#stateVotes.follow(managerId, checks),
      gone: (managerId) => {
        this.#dispatcher.managerGone(managerId);
      },
      spawn: (name, job) => {
        this.#spawn(name, job);
      },
    });
  }

  #newStateVotes(): StateVotes {
    const { nodeId, clock, log, failed } = this.#parts;
    return new StateVotes({
      selfNodeId: nodeId,
      managers: () => managersOf(this.view).map((manager) => manager.nodeId),
      clock,
      log,
      spawn: (name, job) => {
        this.#spawn(name, job);
      },
      failed,
    });
  }

  #newMembership(newSetId: () => SetId): Membership {
    const { raftId, consensus, clock, log, entropy } = this.#parts;
    return new Membership({
      raftId,
      proposer: this.#proposer,
      changeMembers: (term, change, signal) => this.#proposer.changeMembers(term, change, signal),
      post: (message) => {
        consensus.post(message);
      },
      clock,
      log,
      entropy,
      newSetId,
    });
  }

  #newJoining(newSetId: () => SetId): Joining {
    const { clock, entropy, signer } = this.#parts;
    return new Joining({
      proposer: this.#proposer,
      signer,
      clock,
      entropy,
      newSetId,
      newNodeId: () => newId(this.#ids),
      newRaftId: () => newRaftId(entropy),
      renumber: (row, fresh) => renumber(row, this.view.clusterId(), fresh),
      managers: () => managersOf(this.view),
    });
  }

  get #leaderNodeId(): string {
    const leader = this.#leadership?.leader;
    if (leader === undefined) return '';
    return this.view.nodes().find(({ lifecycle }) => lifecycle.raftId === leader)?.id ?? '';
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

  /**
   * Events are taken within the call that applied them, so a subscriber loses its place only where the whole state is replaced: by a
   * snapshot of another member, for one that was far behind. `replaced` hears of that.
   */
  #subscribe(
    handler: (events: readonly StoreEvent[]) => void,
    replaced: () => void = () => undefined,
  ): () => void {
    const watcher = this.#store.watch(undefined, () => {
      for (let take = watcher.take(); take.kind !== 'empty'; take = watcher.take()) {
        if (take.kind === 'events') handler(take.events);
        else replaced();
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
