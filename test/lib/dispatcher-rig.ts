import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { Dispatcher } from '../../manager/dispatcher/dispatcher.ts';
import { EndpointAcks } from '../../manager/observed/endpoint-acks.ts';
import { LivenessTable } from '../../manager/observed/liveness.ts';
import { createOp } from '../../manager/store/ops.ts';
import {
  newAcknowledgeEndpointsRequest,
  newAssignmentsRequest,
  newEndpointsRequest,
  newHeartbeatRequest,
  newReportStatusRequest,
  newSessionRequest,
  newTaskReport,
} from '../../proto/gen/dispatcher.ts';
import type {
  AssignmentsMessage,
  EndpointsMessage,
  SessionMessage,
  SessionRequest,
} from '../../proto/gen/dispatcher.ts';
import {
  newNetwork,
  newNetworkAllocation,
  newNodeDescription,
  newNodeLifecycle,
  newNodeStatus,
  newServiceEndpoint,
  newTaskAddress,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
  NodeState,
  TaskState,
} from '../../proto/gen/objects.ts';
import type { Task } from '../../proto/gen/objects.ts';
import { newNetworkSpec, newPortConfig, newServiceSpec } from '../../proto/gen/specs.ts';
import { dispatcherClient, dispatcherHandlers } from '../../proto/rpc/dispatcher.ts';
import type { DispatcherClient } from '../../proto/rpc/dispatcher.ts';
import { KeptLog } from './kept-log.ts';
import { putValue } from './store-fixture.ts';
import type { StoreFixture } from './store-fixture.ts';
import { nodeId, StoreProposer } from './store-proposer.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Reads one stream to its end and keeps what came. */
export class Reader<Message> {
  readonly messages: Message[] = [];
  /** Why it ended; undefined while it goes on. */
  ended: string | undefined;

  async follow(stream: AsyncIterable<Message>): Promise<void> {
    try {
      for await (const message of stream) this.messages.push(message);
      this.ended = 'end';
    } catch (error) {
      this.ended = error instanceof ShoalError ? error.code : String(error);
    }
  }

  get last(): Message | undefined {
    return this.messages.at(-1);
  }
}

/** A node as the dispatcher sees it. */
export class NodeClient {
  readonly client: DispatcherClient;
  readonly #rig: DispatcherRig;
  readonly abort = new AbortController();
  sessionId = '';

  constructor(rig: DispatcherRig, id: string) {
    this.#rig = rig;
    const peer = { nodeId: nodeId(id), clusterId: asId<'cluster'>('c'), role: 'worker' } as const;
    this.client = dispatcherClient(rig.server.channel(peer));
  }

  get options(): { signal: AbortSignal } {
    return { signal: this.abort.signal };
  }

  async open(fields: Partial<SessionRequest> = {}): Promise<Reader<SessionMessage>> {
    const description = newNodeDescription({ hostname: 'h' });
    const hello = newSessionRequest({ protocolMin: 1, protocolMax: 1, description, ...fields });
    const reader = await this.read(this.client.session(hello, this.options));
    this.sessionId = reader.last?.sessionId ?? '';
    return reader;
  }

  async assignments(): Promise<Reader<AssignmentsMessage>> {
    const request = newAssignmentsRequest({ sessionId: this.sessionId });
    return this.read(this.client.assignments(request, this.options));
  }

  async endpoints(): Promise<Reader<EndpointsMessage>> {
    const request = newEndpointsRequest({ sessionId: this.sessionId });
    return this.read(this.client.endpoints(request, this.options));
  }

  /** Says that its picks follow the endpoints of `version`. */
  async acknowledge(version: number): Promise<void> {
    const request = newAcknowledgeEndpointsRequest({ sessionId: this.sessionId, version });
    await this.client.acknowledgeEndpoints(request, this.options);
    await this.#rig.clock.settle();
  }

  async beat(): Promise<number> {
    const request = newHeartbeatRequest({ sessionId: this.sessionId });
    return (await this.client.heartbeat(request, this.options)).periodMs;
  }

  async report(...statuses: readonly (readonly [string, TaskState])[]): Promise<readonly string[]> {
    const reports = statuses.map(([taskId, state]) =>
      newTaskReport({ taskId, status: newTaskStatus({ state, message: 'm', containerId: 'x' }) }),
    );
    const request = newReportStatusRequest({ sessionId: this.sessionId, reports });
    return (await this.client.reportStatus(request, this.options)).unknownTasks;
  }

  async read<Message>(stream: AsyncIterable<Message>): Promise<Reader<Message>> {
    const reader = new Reader<Message>();
    this.#rig.group.spawn('reader', () => reader.follow(stream));
    await this.#rig.clock.settle();
    return reader;
  }
}

/** A dispatcher over a store in this process, on virtual time, with two nodes that may open sessions. */
export class DispatcherRig {
  readonly clock: VirtualClock;
  readonly proposer: StoreProposer;
  readonly liveness = new LivenessTable();
  readonly acks = new EndpointAcks();
  readonly log = new KeptLog();
  readonly group = new TaskGroup();
  readonly server: MemoryRpcServer;
  readonly dispatcher: Dispatcher;
  readonly stop = new AbortController();

  /** @param other one of another manager, whose store and time it has. */
  constructor(other?: DispatcherRig) {
    this.clock = other?.clock ?? new VirtualClock();
    this.proposer = other?.proposer ?? new StoreProposer();
    let sessions = 0;
    this.dispatcher = new Dispatcher({
      proposer: this.proposer,
      subscribe: this.proposer.subscribe,
      liveness: this.liveness,
      acks: this.acks,
      clock: this.clock,
      log: this.log,
      newSessionId: () => `session-${(sessions += 1)}`,
      newSetId: this.proposer.newSetId,
    });
    this.server = new MemoryRpcServer(dispatcherHandlers(this.dispatcher), this.clock);
    if (other === undefined) for (const id of ['one', 'two']) this.node(id);
  }

  run(): void {
    this.serve();
    this.lead(0, this.stop.signal);
  }

  /** Serves nodes, without leading. */
  serve(): void {
    this.group.spawn('dispatcher', () => this.dispatcher.run(this.stop.signal));
  }

  lead(term: number, signal: AbortSignal): void {
    this.group.spawn('liveness', () => this.dispatcher.lead(term, signal));
  }

  node(id: string, state: NodeState = NodeState.nodeUnknown): void {
    this.fixture.node(id, { status: newNodeStatus({ state }), lifecycle: newNodeLifecycle() });
  }

  get fixture(): StoreFixture {
    return this.proposer.fixture;
  }

  state(id: string): NodeState | undefined {
    return this.fixture.view.node(nodeId(id))?.status.state;
  }

  taskState(id: string): TaskState | undefined {
    return this.fixture.view.task(asId<'task'>(id))?.reportedState;
  }

  /** A service with a published port, whose tasks have addresses on the ingress network. */
  web(): void {
    const network = newNetwork({
      id: 'ingress',
      spec: newNetworkSpec({ name: 'ingress', ingress: true }),
      network: newNetworkAllocation({ subnet: '10.0.0.0/24', gateway: '10.0.0.1' }),
    });
    this.fixture.change({ ops: [createOp({ kind: 'network', value: network })] });
    const ports = [newPortConfig({ targetPort: 80, publishedPort: 8080 })];
    this.fixture.service('web', {
      spec: newServiceSpec({ name: 'web' }),
      network: newServiceEndpoint({ ports }),
    });
  }

  task(id: string, fields: Partial<Task> = {}, serviceId = 'web', on = 'one'): void {
    this.fixture.task(id, {
      serviceId,
      desired: newTaskDesired({ state: TaskState.running }),
      placement: newTaskPlacement({ nodeId: on, placedAtMs: 1 }),
      network: newTaskNetwork({
        allocatedAtMs: 1,
        addresses: [newTaskAddress({ networkId: 'ingress', address: '10.0.0.7/24' })],
      }),
      ...fields,
    });
  }

  setTask(id: string, value: Parameters<typeof putValue>[1]): void {
    this.fixture.change({ ops: [putValue(id, value)] });
  }
}
