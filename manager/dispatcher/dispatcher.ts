import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import type { NodeId, SetId, TaskId } from '../../common/pure/ids.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { ServerCall } from '../../common/ports/rpc.ts';
import {
  newAcknowledgeEndpointsResponse,
  newDescribeResponse,
  newHeartbeatResponse,
  newManagerAddress,
  newReportStatusResponse,
  newSessionMessage,
} from '../../proto/gen/dispatcher.ts';
import type {
  AcknowledgeEndpointsRequest,
  AcknowledgeEndpointsResponse,
  AssignmentsMessage,
  AssignmentsRequest,
  DescribeRequest,
  DescribeResponse,
  EndpointsMessage,
  EndpointsRequest,
  HeartbeatRequest,
  HeartbeatResponse,
  ReportStatusRequest,
  ReportStatusResponse,
  SessionMessage,
  SessionRequest,
} from '../../proto/gen/dispatcher.ts';
import { newObservedNode } from '../../proto/gen/managers.ts';
import type { Observation, ObservedNode } from '../../proto/gen/managers.ts';
import { newNode, NodeState, Table } from '../../proto/gen/objects.ts';
import type { DispatcherServer } from '../../proto/rpc/dispatcher.ts';
import type { EndpointAcksPort, LivenessPort } from '../observed/port.ts';
import type { ProposerPort } from '../proposer/port.ts';
import type { StoreEvent } from '../store/events.ts';
import type { NodeRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { streamAssignments } from './assignment-stream.ts';
import { DrainBarrier } from './drain-barrier.ts';
import { streamEndpoints } from './endpoint-stream.ts';
import type { EndpointProgress } from './endpoint-stream.ts';
import { endpointFeed, nodeFeed, taskFeed } from './feed.ts';
import type { Feed } from './feed.ts';
import { streamObservations } from './observation-stream.ts';
import { NodeWriter } from './node-writer.ts';
import { SessionsElsewhere, type ObservedManager } from './sessions-elsewhere.ts';

/** Version of the worker protocol that this build serves. */
const protocol = 1;
/** Period of heartbeats when the cluster says nothing, milliseconds. */
const defaultHeartbeatPeriodMs = 5_000;
/** How often expiry is looked at, milliseconds. */
const livenessPeriodMs = 500;
const silence = 'no heartbeat came in time';

export interface DispatcherParts {
  readonly proposer: ProposerPort;
  /** Calls `handler` with the events of each applied entry, in order; the result ends it. */
  readonly subscribe: (handler: (events: readonly StoreEvent[]) => void) => () => void;
  readonly liveness: LivenessPort;
  readonly acks: EndpointAcksPort;
  readonly clock: Clock;
  readonly log: Log;
  readonly newSessionId: () => string;
  readonly newSetId: () => SetId;
}

interface NodeSession {
  readonly id: string;
  readonly nodeId: NodeId;
  /** What its streams still have to tell: each stream has its own. */
  readonly feeds: Set<Feed<unknown>>;
  /** Those of `feeds` that name tasks. */
  readonly taskFeeds: Set<Feed<TaskId>>;
  /** How far its newest stream of endpoints is; undefined before the first. */
  endpoints: EndpointProgress | undefined;
  readonly ended: AbortController;
}

/**
 * Serves the nodes of this manager: sessions, assignments, endpoints, statuses. One session a node; a newer one fences the older at once.
 *
 * Runs from applied state; everything that it learns becomes a change set of actor `node:<id>`, acknowledged after commit.
 */
export class Dispatcher implements DispatcherServer {
  /** Sessions that nodes have with other managers. */
  readonly elsewhere: SessionsElsewhere = new SessionsElsewhere();
  readonly #parts: DispatcherParts;
  readonly #writer: NodeWriter;
  readonly #sessions = new Map<NodeId, NodeSession>();
  /** Nodes that had sessions with another manager when it was heard last. */
  readonly #remembered = new Map<string, ReadonlySet<NodeId>>();
  /** What other managers have still to be told. */
  readonly #observers = new Set<Feed<NodeId>>();
  #isCutOff = false;
  /** When this manager began, or found the others again, last. */
  #gatheredMs: number;
  /** Of the run that serves now; an older one may still be ending. */
  #drains: DrainBarrier | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#gatheredMs = parts.clock.nowMs();
    this.#writer = new NodeWriter(parts);
  }

  /** Feeds sessions until `signal` aborts; sessions can be opened meanwhile only. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = this.#parts.subscribe((events) => {
      for (const event of events) this.#note(event);
    });
    const drains = this.#newBarrier();
    this.#drains = drains;
    try {
      await drains.run(signal);
    } finally {
      stop();
      if (this.#drains === drains) this.#stopServing();
    }
  }

  /** False while this manager has lost the others, and nodes are better served by one that has not. */
  get servesNodes(): boolean {
    return !this.#isCutOff;
  }

  /** Nobody leads, as far as this manager knows: its nodes turn to another one. */
  cutOff(): void {
    this.#isCutOff = true;
    for (const session of this.#sessions.values()) end(session, 'this manager has lost the others');
  }

  /** The store holds another state, without what happened in between: nodes open their sessions anew, and are told all of it. */
  stateReplaced(): void {
    for (const session of this.#sessions.values()) end(session, 'this manager was far behind');
  }

  /** Somebody leads: nodes may have sessions here again. */
  rejoined(): void {
    if (this.#isCutOff) this.#gatheredMs = this.#parts.clock.nowMs();
    this.#isCutOff = false;
  }

  /** Watches liveness for the leadership of `term` until `signal` aborts. Nobody's silence before counts. */
  async lead(term: number, signal: AbortSignal): Promise<void> {
    const { clock, liveness } = this.#parts;
    for (const node of this.#view.nodes()) {
      if (node.status.state === NodeState.nodeDown) liveness.forget(node.id);
      else liveness.grant(node.id, clock.nowMs(), this.#heartbeatPeriodMs(), this.#returnMs());
    }
    while (!signal.aborted) {
      const beforeMs = clock.nowMs();
      await clock.sleep(livenessPeriodMs, signal).catch(() => undefined);
      const lateMs = clock.nowMs() - beforeMs - livenessPeriodMs;
      if (lateMs > livenessPeriodMs) liveness.forgive(lateMs);
      if (!signal.aborted) await this.#endExpired(term, signal);
    }
  }

  /** Nodes that were sent away, or had no manager for long, do not try all the time; undefined: they had one until now. */
  #returnMs(): number | undefined {
    const sinceMs = this.#parts.clock.nowMs() - this.#gatheredMs;
    return this.#isCutOff || sinceMs < limits.sessionReturnMs ? limits.sessionReturnMs : undefined;
  }

  /** Tells another manager what the nodes with sessions here say. */
  observe(call: ServerCall): AsyncIterable<Observation> {
    const { clock } = this.#parts;
    return streamObservations(
      {
        clock,
        sessions: () => [...this.#sessions.keys()],
        observed: (nodeId) => this.#observed(nodeId),
        feeds: this.#observers,
      },
      call.signal,
    );
  }

  /** Takes what another manager says of the nodes that have sessions with it, until it says no more. */
  async follow(managerId: string, observations: AsyncIterable<Observation>): Promise<void> {
    const manager = { managerId, nodes: new Set<NodeId>() };
    try {
      for await (const { nodes: heard } of observations) {
        // Not before it says something: who cannot be reached has told nothing new.
        this.#remembered.set(managerId, manager.nodes);
        for (const node of heard) this.#hear(node, manager);
      }
    } finally {
      // What is not heard of any more has the time that it had: the manager may be cut off, and its nodes as well as ever.
      for (const nodeId of manager.nodes) this.elsewhere.delete(nodeId, manager);
    }
  }

  /** The process of a manager is gone: nodes that had sessions with it are suspect until they turn to another one. */
  managerGone(managerId: string): void {
    for (const nodeId of this.#remembered.get(managerId) ?? []) this.#suspect(nodeId);
    this.#remembered.delete(managerId);
  }

  async *session(request: SessionRequest, call: ServerCall): AsyncIterable<SessionMessage> {
    const { nodeId } = call.peer;
    this.#checkServes();
    // A manager that lags knows less than the node was told by others, which would stop what runs and start what has ended.
    await this.#parts.proposer.barrier(call.signal);
    this.#checkServes();
    this.#checkHello(request, nodeId);
    const session = this.#open(nodeId, request);
    const signal = AbortSignal.any([call.signal, session.ended.signal]);
    const feed = nodeFeed(nodeId);
    session.feeds.add(feed);
    try {
      const ready = { state: NodeState.nodeReady, message: '' };
      const { description } = request;
      await this.#writer.setStatus(nodeId, { ...ready, description }, signal);
      this.#parts.log.at('info', 'node has a session', { nodeId });
      while (!signal.aborted) {
        feed.take();
        yield this.#sessionMessage(session);
        await feed.wait(signal);
        this.#endIfSilent(session);
        // An earlier session's end may be written only now: while this one lives the node is ready.
        if (!signal.aborted) {
          await this.#writer.setStatus(nodeId, { ...ready, description: undefined }, signal);
        }
      }
      session.ended.signal.throwIfAborted();
    } finally {
      this.#close(session);
    }
  }

  async heartbeat(request: HeartbeatRequest, call: ServerCall): Promise<HeartbeatResponse> {
    this.#sessionOf(request.sessionId, call);
    const periodMs = this.#heartbeatPeriodMs();
    this.#parts.liveness.seen(call.peer.nodeId, this.#parts.clock.nowMs(), periodMs);
    this.#tellOthers(call.peer.nodeId);
    return newHeartbeatResponse({ periodMs });
  }

  async *assignments(
    request: AssignmentsRequest,
    call: ServerCall,
  ): AsyncIterable<AssignmentsMessage> {
    const session = this.#sessionOf(request.sessionId, call);
    const { nodeId } = session;
    const feed = taskFeed(nodeId);
    const view = (): StoreView => this.#view;
    const isHeld = (taskId: TaskId): boolean => this.#drains?.isHeld(taskId) === true;
    session.taskFeeds.add(feed);
    try {
      yield* fed(session, feed, call, (signal) =>
        streamAssignments({ view, nodeId, feed, isHeld }, signal),
      );
    } finally {
      session.taskFeeds.delete(feed);
    }
  }

  async *endpoints(request: EndpointsRequest, call: ServerCall): AsyncIterable<EndpointsMessage> {
    const session = this.#sessionOf(request.sessionId, call);
    const feed = endpointFeed();
    const view = (): StoreView => this.#view;
    const told = (progress: EndpointProgress): void => {
      session.endpoints = progress;
      this.#drains?.followed(session.nodeId);
    };
    yield* fed(session, feed, call, (signal) => streamEndpoints({ view, feed, told }, signal));
  }

  async reportStatus(
    request: ReportStatusRequest,
    call: ServerCall,
  ): Promise<ReportStatusResponse> {
    const { nodeId } = this.#sessionOf(request.sessionId, call);
    const unknownTasks = await this.#writer.report(nodeId, request.reports, call.signal);
    return newReportStatusResponse({ unknownTasks });
  }

  async acknowledgeEndpoints(
    request: AcknowledgeEndpointsRequest,
    call: ServerCall,
  ): Promise<AcknowledgeEndpointsResponse> {
    const { nodeId } = this.#sessionOf(request.sessionId, call);
    this.#acknowledge(nodeId, request.version);
    this.#tellOthers(nodeId);
    return newAcknowledgeEndpointsResponse();
  }

  async describe(request: DescribeRequest, call: ServerCall): Promise<DescribeResponse> {
    const { nodeId } = this.#sessionOf(request.sessionId, call);
    const { description } = request;
    const ready = { state: NodeState.nodeReady, message: '', description };
    await this.#writer.setStatus(nodeId, ready, call.signal);
    return newDescribeResponse();
  }

  /** Aborts when that session is over. @throws ShoalError `notFound` when it is not the current one of the node that calls */
  sessionSignal(sessionId: string, call: ServerCall): AbortSignal {
    return this.#sessionOf(sessionId, call).ended.signal;
  }

  get #view(): StoreView {
    return this.#parts.proposer.view;
  }

  #tellOthers(nodeId: NodeId): void {
    for (const feed of this.#observers) feed.add(nodeId);
  }

  #observed(nodeId: NodeId): ObservedNode {
    const isConnected = this.#sessions.has(nodeId);
    return newObservedNode({
      nodeId,
      connected: isConnected,
      // A node that this manager sent away has done nothing to be suspected for.
      periodMs: isConnected || this.#isCutOff ? this.#heartbeatPeriodMs() : 0,
      endpointsVersion: isConnected ? this.#followedBy(nodeId) : 0,
    });
  }

  /** @param manager the one that says so. */
  #hear(
    { nodeId, connected, periodMs, endpointsVersion }: ObservedNode,
    manager: ObservedManager & { readonly nodes: Set<NodeId> },
  ): void {
    const { acks, clock, liveness } = this.#parts;
    const { nodes } = manager;
    const id = asId<'node'>(nodeId);
    if (!connected) {
      if (!nodes.delete(id)) return;
      this.elsewhere.delete(id, manager);
      if (periodMs === 0) this.#suspect(id);
      return;
    }
    // A node that is there anew may begin with less than it had acknowledged.
    if (!nodes.has(id) && !this.#sessions.has(id)) acks.forget(id);
    if (!nodes.has(id)) this.elsewhere.add(id, manager);
    nodes.add(id);
    liveness.seen(id, clock.nowMs(), periodMs);
    // The manager may have applied more than this one; it has seen to it that the node claims no more than that.
    acks.acknowledge(id, endpointsVersion);
    this.#drains?.followed(id);
  }

  #suspect(nodeId: NodeId): void {
    if (this.elsewhere.has(nodeId) || this.#sessions.has(nodeId)) return;
    this.#parts.liveness.disconnected(nodeId, this.#parts.clock.nowMs());
  }

  #stopServing(): void {
    this.#drains = undefined;
    for (const session of this.#sessions.values()) end(session, 'the manager stops');
  }

  #newBarrier(): DrainBarrier {
    const { clock, log } = this.#parts;
    return new DrainBarrier({
      view: () => this.#view,
      clock,
      log,
      hasSession: (nodeId) => this.#sessions.has(nodeId) || this.elsewhere.has(nodeId),
      followed: (nodeId) => this.#followedBy(nodeId),
      released: ({ taskId, nodeId }) => {
        for (const feed of this.#sessions.get(nodeId)?.taskFeeds ?? []) feed.add(taskId);
      },
    });
  }

  /** What a node acknowledged, and what came after it and was no news to the node. */
  #followedBy(nodeId: NodeId): number {
    const acknowledged = this.#parts.acks.version(nodeId);
    const told = this.#sessions.get(nodeId)?.endpoints;
    if (told === undefined || acknowledged < told.version) return acknowledged;
    return Math.max(acknowledged, told.revision);
  }

  #acknowledge(nodeId: NodeId, version: number): void {
    this.#parts.acks.acknowledge(nodeId, Math.min(version, this.#view.revision));
    this.#drains?.followed(nodeId);
  }

  #note(event: StoreEvent): void {
    this.#drains?.note(event);
    if (event.table === Table.nodes) this.#noteNode(event);
    for (const { feeds } of this.#sessions.values()) for (const feed of feeds) feed.note(event);
  }

  /** Whoever is ready is watched, whether its manager can be heard or not. */
  #noteNode({ kind, key, before, after }: StoreEvent): void {
    const { clock, liveness } = this.#parts;
    const nodeId = asId<'node'>(key);
    if (kind === 'delete') this.#forget(nodeId);
    else if (isReady(after) && !isReady(before)) {
      liveness.grant(nodeId, clock.nowMs(), this.#heartbeatPeriodMs());
    }
  }

  /** The leader may have found a node down that has a session here: if it is silent here as well, it has no session any more. */
  #endIfSilent(session: NodeSession): void {
    const { clock, liveness } = this.#parts;
    const state = this.#view.node(session.nodeId)?.status.state;
    const isSilent = liveness.isOverdue(session.nodeId, clock.nowMs());
    if (state === NodeState.nodeDown && isSilent) end(session, silence);
  }

  /** The node was removed from the cluster. */
  #forget(nodeId: NodeId): void {
    this.#parts.liveness.forget(nodeId);
    this.#parts.acks.forget(nodeId);
    this.#remembered.delete(nodeId);
    this.#sessions.get(nodeId)?.ended.abort(nodeNotFound(nodeId));
  }

  #checkServes(): void {
    if (this.#drains === undefined || this.#isCutOff)
      throw new ShoalError('unavailable', 'the manager serves no sessions now');
  }

  #checkHello(request: SessionRequest, nodeId: NodeId): void {
    if (request.protocolMin > protocol || request.protocolMax < protocol) {
      throw new ShoalError(
        'failedPrecondition',
        'no common version of the worker protocol; upgrade the older side',
        {
          fields: { protocol, protocolMin: request.protocolMin, protocolMax: request.protocolMax },
        },
      );
    }
    if (this.#view.node(nodeId) === undefined) throw nodeNotFound(nodeId);
  }

  /** What the node says that it follows counts if it belongs to this cluster as it is now. */
  #open(nodeId: NodeId, hello: SessionRequest): NodeSession {
    const { acks, clock, liveness, newSessionId } = this.#parts;
    const older = this.#sessions.get(nodeId);
    if (older !== undefined) end(older, 'a newer session of this node took over');
    const session = {
      id: newSessionId(),
      nodeId,
      feeds: new Set<Feed<unknown>>(),
      taskFeeds: new Set<Feed<TaskId>>(),
      endpoints: undefined,
      ended: new AbortController(),
    };
    this.#sessions.set(nodeId, session);
    liveness.seen(nodeId, clock.nowMs(), this.#heartbeatPeriodMs());
    acks.forget(nodeId);
    if (hello.clusterIncarnation === this.#clusterIncarnation) {
      this.#acknowledge(nodeId, hello.endpointsVersion);
    }
    this.#tellOthers(nodeId);
    return session;
  }

  #close(session: NodeSession): void {
    end(session, 'the session ended');
    if (this.#sessions.get(session.nodeId) !== session) return;
    this.#sessions.delete(session.nodeId);
    this.#tellOthers(session.nodeId);
    if (!this.#isCutOff) this.#suspect(session.nodeId);
  }

  /** @throws ShoalError `notFound` when the session is not this node's current one */
  #sessionOf(sessionId: string, call: ServerCall): NodeSession {
    const session = this.#sessions.get(call.peer.nodeId);
    if (session === undefined || session.id !== sessionId || session.ended.signal.aborted) {
      throw new ShoalError('notFound', 'session is not known');
    }
    return session;
  }

  #sessionMessage({ id, nodeId }: NodeSession): SessionMessage {
    const row = this.#view.node(nodeId);
    if (row === undefined) throw nodeNotFound(nodeId);
    const { createdAtMs, spec, status, lifecycle } = row;
    const managers = this.#view.nodes().filter((node) => node.lifecycle.managerAddress !== '');
    return newSessionMessage({
      sessionId: id,
      protocol,
      clusterIncarnation: this.#clusterIncarnation,
      heartbeatPeriodMs: this.#heartbeatPeriodMs(),
      node: newNode({ id: row.id, createdAtMs, spec, status, lifecycle }),
      managers: managers.map((node) =>
        newManagerAddress({
          nodeId: node.id,
          address: node.lifecycle.managerAddress,
          raftId: node.lifecycle.raftId,
        }),
      ),
    });
  }

  get #clusterIncarnation(): number {
    return this.#view.cluster()?.lifecycle.incarnation ?? 0;
  }

  #heartbeatPeriodMs(): number {
    const periodNs = this.#view.cluster()?.spec.heartbeatPeriodNs ?? 0;
    return periodNs > 0 ? Math.ceil(periodNs / 1e6) : defaultHeartbeatPeriodMs;
  }

  /** All sessions of silent nodes end at once, and all of them are marked down together: whoever is heard later is ready after that. */
  async #endExpired(term: number, signal: AbortSignal): Promise<void> {
    const expired = this.#parts.liveness.takeExpired(this.#parts.clock.nowMs());
    for (const nodeId of expired) {
      const session = this.#sessions.get(nodeId);
      if (session !== undefined) end(session, silence);
    }
    await Promise.all(expired.map((nodeId) => this.#markDown({ nodeId, term }, signal)));
  }

  /** What cannot be written now is tried again at the next look. */
  async #markDown(
    { nodeId, term }: { nodeId: NodeId; term: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, liveness, log } = this.#parts;
    const down = {
      state: NodeState.nodeDown,
      message: 'heartbeat failure',
      description: undefined,
    };
    try {
      await this.#writer.setStatus(nodeId, down, signal, term);
      log.at('warn', 'node is down', { nodeId });
    } catch (error) {
      if (signal.aborted) return;
      if (!isShoalError(error)) throw error;
      log.at('warn', 'node could not be marked down yet', { nodeId, error });
      if (!this.#sessions.has(nodeId)) liveness.seen(nodeId, clock.nowMs(), 0);
    }
  }
}

/** Runs a stream that reads `feed`, for as long as the call and the session live. */
async function* fed<Key, Message>(
  session: NodeSession,
  feed: Feed<Key>,
  call: ServerCall,
  stream: (signal: AbortSignal) => AsyncIterable<Message>,
): AsyncIterable<Message> {
  session.feeds.add(feed);
  try {
    yield* stream(AbortSignal.any([call.signal, session.ended.signal]));
    session.ended.signal.throwIfAborted();
  } finally {
    session.feeds.delete(feed);
  }
}

function end(session: NodeSession, why: string): void {
  session.ended.abort(new ShoalError('unavailable', why));
}

function isReady(row: StoreEvent['after']): boolean {
  return (row as NodeRow | undefined)?.status.state === NodeState.nodeReady;
}

function nodeNotFound(nodeId: NodeId): ShoalError {
  return new ShoalError('notFound', 'node not found', { fields: { kind: 'node', ref: nodeId } });
}
