import { ShoalError } from '../../common/pure/errors.ts';
import type { NodeId, SetId } from '../../common/pure/ids.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Actor } from '../../common/ports/identity.ts';
import type { Log } from '../../common/ports/log.ts';
import type { ServerCall } from '../../common/ports/rpc.ts';
import {
  newAcknowledgeEndpointsResponse,
  newAssignmentsMessage,
  newDescribeResponse,
  newEndpointsMessage,
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
  EndpointSet,
  EndpointsMessage,
  EndpointsRequest,
  HeartbeatRequest,
  HeartbeatResponse,
  ReportStatusRequest,
  ReportStatusResponse,
  SessionMessage,
  SessionRequest,
} from '../../proto/gen/dispatcher.ts';
import type { Op } from '../../proto/gen/changeset.ts';
import { newNode, NodeState } from '../../proto/gen/objects.ts';
import type { DispatcherServer } from '../../proto/rpc/dispatcher.ts';
import type { EndpointAcksPort, LivenessPort } from '../observed/port.ts';
import type { ProposerPort } from '../proposer/port.ts';
import type { StoreEvent } from '../store/events.ts';
import type { StoreView } from '../store/view.ts';
import { assignmentOf } from './assignment.ts';
import { endpointSetOf } from './endpoint-set.ts';
import { NodeFeed } from './feed.ts';
import { nodeStatusOp, planReports } from './reports.ts';

/** Version of the worker protocol that this build serves. */
const protocol = 1;
/** Assignments or endpoint sets in one message: far below the size limit of one message. */
const rowsPerMessage = 64;
/** Period of heartbeats when the cluster says nothing, milliseconds. */
const defaultHeartbeatPeriodMs = 5_000;
/** How often expiry is looked at, milliseconds. */
const livenessPeriodMs = 500;

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
  readonly feed: NodeFeed;
  readonly ended: AbortController;
}

/**
 * Serves the nodes of this manager: sessions, assignments, endpoints, statuses. One session a node; a newer one fences the older at once.
 *
 * Runs from applied state; everything that it learns becomes a change set of actor `node:<id>`, acknowledged after commit.
 */
export class Dispatcher implements DispatcherServer {
  readonly #parts: DispatcherParts;
  readonly #sessions = new Map<NodeId, NodeSession>();

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** Feeds sessions and watches liveness until `signal` aborts. Every node gets full grace first: a new leader knows nothing. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, liveness, proposer } = this.#parts;
    const stop = this.#parts.subscribe((events) => {
      this.#note(events);
    });
    try {
      for (const node of proposer.view.nodes()) {
        if (node.status.state !== NodeState.nodeDown)
          liveness.seen(node.id, clock.nowMs(), this.#heartbeatPeriodMs(), false);
      }
      await this.#watchLiveness(signal);
    } finally {
      stop();
      for (const session of this.#sessions.values())
        session.ended.abort(new ShoalError('unavailable', 'the manager stops'));
    }
  }

  async *session(request: SessionRequest, call: ServerCall): AsyncIterable<SessionMessage> {
    const { nodeId } = call.peer;
    this.#checkHello(request, nodeId);
    const session = this.#open(nodeId);
    const signal = AbortSignal.any([call.signal, session.ended.signal]);
    try {
      await this.#submitNodeStatus(nodeId, NodeState.nodeReady, '', request.description, signal);
      this.#parts.log.at('info', 'node has a session', { nodeId });
      while (!signal.aborted) {
        yield this.#sessionMessage(session, nodeId);
        session.feed.node.take();
        await session.feed.node.wait(signal);
      }
      session.ended.signal.throwIfAborted();
    } finally {
      this.#close(session, nodeId);
    }
  }

  async heartbeat(request: HeartbeatRequest, call: ServerCall): Promise<HeartbeatResponse> {
    this.#require(request.sessionId, call);
    const periodMs = this.#heartbeatPeriodMs();
    this.#parts.liveness.seen(call.peer.nodeId, this.#parts.clock.nowMs(), periodMs, true);
    return newHeartbeatResponse({ periodMs });
  }

  async *assignments(
    request: AssignmentsRequest,
    call: ServerCall,
  ): AsyncIterable<AssignmentsMessage> {
    const session = this.#require(request.sessionId, call);
    const signal = AbortSignal.any([call.signal, session.ended.signal]);
    let version = this.#view.revision;
    session.feed.tasks.take();
    yield* this.#allAssignments(session.feed.nodeId, version);
    while (!signal.aborted) {
      await session.feed.tasks.wait(signal);
      const message = this.#assignmentChanges(session.feed, version);
      version = message.version;
      if (message.assign.length > 0 || message.remove.length > 0) yield message;
    }
  }

  async *endpoints(request: EndpointsRequest, call: ServerCall): AsyncIterable<EndpointsMessage> {
    const session = this.#require(request.sessionId, call);
    const signal = AbortSignal.any([call.signal, session.ended.signal]);
    let version = this.#view.revision;
    session.feed.services.take();
    yield* this.#allEndpoints(version);
    while (!signal.aborted) {
      await session.feed.services.wait(signal);
      const message = this.#endpointChanges(session.feed, version);
      version = message.version;
      yield message;
    }
  }

  async reportStatus(
    request: ReportStatusRequest,
    call: ServerCall,
  ): Promise<ReportStatusResponse> {
    this.#require(request.sessionId, call);
    for (;;) {
      const plan = planReports(this.#view, call.peer.nodeId, request.reports);
      if (plan.ops.length === 0) return newReportStatusResponse({ unknownTasks: plan.unknown });
      const done = await this.#submit(
        { kind: 'node', nodeId: call.peer.nodeId },
        'status report',
        plan.ops,
        call.signal,
      );
      if (done) return newReportStatusResponse({ unknownTasks: plan.unknown });
      // A task went away or moved on meanwhile: look again at what is left to say.
    }
  }

  async acknowledgeEndpoints(
    request: AcknowledgeEndpointsRequest,
    call: ServerCall,
  ): Promise<AcknowledgeEndpointsResponse> {
    this.#require(request.sessionId, call);
    this.#parts.acks.acknowledge(call.peer.nodeId, request.version);
    return newAcknowledgeEndpointsResponse();
  }

  async describe(request: DescribeRequest, call: ServerCall): Promise<DescribeResponse> {
    this.#require(request.sessionId, call);
    await this.#submitNodeStatus(
      call.peer.nodeId,
      NodeState.nodeReady,
      '',
      request.description,
      call.signal,
    );
    return newDescribeResponse();
  }

  get #view(): StoreView {
    return this.#parts.proposer.view;
  }

  #note(events: readonly StoreEvent[]): void {
    for (const session of this.#sessions.values())
      for (const event of events) session.feed.note(event);
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
    if (this.#view.node(nodeId) === undefined)
      throw new ShoalError('notFound', 'node not found', { fields: { nodeId } });
  }

  #open(nodeId: NodeId): NodeSession {
    this.#sessions
      .get(nodeId)
      ?.ended.abort(new ShoalError('unavailable', 'a newer session of this node took over'));
    const session = {
      id: this.#parts.newSessionId(),
      feed: new NodeFeed(nodeId),
      ended: new AbortController(),
    };
    this.#sessions.set(nodeId, session);
    this.#parts.liveness.seen(nodeId, this.#parts.clock.nowMs(), this.#heartbeatPeriodMs(), true);
    return session;
  }

  #close(session: NodeSession, nodeId: NodeId): void {
    session.ended.abort(new ShoalError('unavailable', 'the session ended'));
    if (this.#sessions.get(nodeId) !== session) return;
    this.#sessions.delete(nodeId);
    this.#parts.liveness.disconnected(nodeId, this.#parts.clock.nowMs());
  }

  /** @throws ShoalError `notFound` when the session is not this node's current one */
  #require(sessionId: string, call: ServerCall): NodeSession {
    const session = this.#sessions.get(call.peer.nodeId);
    if (session === undefined || session.id !== sessionId)
      throw new ShoalError('notFound', 'session is not known');
    return session;
  }

  #sessionMessage(session: NodeSession, nodeId: NodeId): SessionMessage {
    const row = this.#view.node(nodeId);
    if (row === undefined)
      throw new ShoalError('notFound', 'node not found', { fields: { nodeId } });
    return newSessionMessage({
      sessionId: session.id,
      protocol,
      clusterIncarnation: this.#view.cluster()?.lifecycle.incarnation ?? 0,
      heartbeatPeriodMs: this.#heartbeatPeriodMs(),
      node: newNode({
        id: row.id,
        createdAtMs: row.createdAtMs,
        spec: row.spec,
        status: row.status,
        lifecycle: row.lifecycle,
      }),
      managers: this.#view
        .nodes()
        .filter((node) => node.lifecycle.managerAddress !== '')
        .map((node) =>
          newManagerAddress({ nodeId: node.id, address: node.lifecycle.managerAddress }),
        ),
    });
  }

  #heartbeatPeriodMs(): number {
    const periodNs = this.#view.cluster()?.spec.heartbeatPeriodNs ?? 0;
    return periodNs > 0 ? Math.ceil(periodNs / 1e6) : defaultHeartbeatPeriodMs;
  }

  /** The complete set was cut at `version`; what changes while it is being read is noted in the feed and follows. */
  *#allAssignments(nodeId: NodeId, version: number): Iterable<AssignmentsMessage> {
    const rows = this.#view.tasksOfNode(nodeId);
    let at = 0;
    do {
      const part = rows.slice(at, at + rowsPerMessage);
      at += rowsPerMessage;
      yield newAssignmentsMessage({
        complete: true,
        version,
        assign: part.map((task) => assignmentOf(this.#view, task)),
        last: at >= rows.length,
      });
    } while (at < rows.length);
  }

  #assignmentChanges(feed: NodeFeed, appliesTo: number): AssignmentsMessage {
    const view = this.#view;
    const ids = feed.tasks.take();
    for (const id of ids.splice(rowsPerMessage)) feed.tasks.add(id);
    const rows = ids.map((id) => ({ id, task: view.task(id) }));
    return newAssignmentsMessage({
      appliesTo,
      version: view.revision,
      assign: rows.flatMap(({ task }) =>
        task?.nodeId === feed.nodeId ? [assignmentOf(view, task)] : [],
      ),
      remove: rows.filter(({ task }) => task?.nodeId !== feed.nodeId).map(({ id }) => id),
      last: true,
    });
  }

  *#allEndpoints(version: number): Iterable<EndpointsMessage> {
    const sets: EndpointSet[] = [];
    for (const service of this.#view.services()) {
      const set = endpointSetOf(this.#view, service.id, version);
      if (set !== undefined) sets.push(set);
    }
    let at = 0;
    do {
      const put = sets.slice(at, at + rowsPerMessage);
      at += rowsPerMessage;
      yield newEndpointsMessage({ complete: true, version, put, last: at >= sets.length });
    } while (at < sets.length);
  }

  #endpointChanges(feed: NodeFeed, appliesTo: number): EndpointsMessage {
    const version = this.#view.revision;
    const put: EndpointSet[] = [];
    const remove: string[] = [];
    for (const id of feed.services.take()) {
      const set = endpointSetOf(this.#view, id, version);
      if (set === undefined) remove.push(id);
      else put.push(set);
    }
    return newEndpointsMessage({ appliesTo, version, put, remove, last: true });
  }

  async #watchLiveness(signal: AbortSignal): Promise<void> {
    const { clock, liveness } = this.#parts;
    while (!signal.aborted) {
      const beforeMs = clock.nowMs();
      await clock.sleep(livenessPeriodMs, signal).catch(() => undefined);
      const lateMs = clock.nowMs() - beforeMs - livenessPeriodMs;
      if (lateMs > livenessPeriodMs) liveness.forgive(lateMs);
      for (const nodeId of liveness.takeExpired(clock.nowMs()))
        await this.#markDown(nodeId, signal);
    }
  }

  async #markDown(nodeId: NodeId, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#view.node(nodeId) === undefined) return;
    this.#sessions
      .get(nodeId)
      ?.ended.abort(new ShoalError('unavailable', 'no heartbeat came in time'));
    this.#parts.log.at('warn', 'node is down', { nodeId });
    await this.#submitNodeStatus(
      nodeId,
      NodeState.nodeDown,
      'heartbeat failure',
      undefined,
      signal,
    );
  }

  async #submitNodeStatus(
    nodeId: NodeId,
    state: NodeState,
    message: string,
    description: SessionRequest['description'],
    signal: AbortSignal,
  ): Promise<void> {
    const op = nodeStatusOp(this.#view, nodeId, { state, message, description });
    if (op !== undefined) await this.#submit({ kind: 'node', nodeId }, 'node status', [op], signal);
  }

  /** True when the set took effect; false when the store had moved on. @throws ShoalError when it is not known, or not possible now */
  async #submit(
    actor: Actor,
    reason: string,
    ops: readonly Op[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const id = this.#parts.newSetId();
    const set = {
      id,
      term: 0,
      actor,
      reason,
      traceId: id,
      minLevel: 1,
      reads: [],
      claims: [],
      ops,
    };
    const outcome = await this.#parts.proposer.submit(set, signal);
    switch (outcome.kind) {
      case 'done':
        return true;
      case 'refused':
        return false;
      case 'dropped':
        throw new ShoalError(
          outcome.reason === 'tooBusy' ? 'tooBusy' : 'notLeader',
          'the change was not taken',
        );
      case 'unknown':
        throw new ShoalError('unknownOutcome', 'the change may or may not have been made');
    }
  }
}
