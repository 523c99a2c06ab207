import type {
  ClusterApi,
  ClusterEvent,
  ClusterView,
  Filters,
  JoinTokens,
  LogMessage,
  LogOptions,
  LogSelector,
  NetworkView,
  NodeView,
  RequestContext,
  ServiceUpdateOptions,
  ServiceView,
  TaskView,
} from '../../common/ports/cluster-api.ts';
import type {
  InitRequest,
  JoinRequest,
  NodeControl,
  NodeFacts,
  SwarmState,
} from '../../common/ports/node-control.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { EventMemory } from '../../manager/controlapi/event-memory.ts';
import {
  newClusterLifecycle,
  newNetworkAllocation,
  newNodeDescription,
  newNodeLifecycle,
  newNodeStatus,
  newServiceEndpoint,
  newTaskStatus,
  NodeState,
  TaskState,
} from '../../proto/gen/objects.ts';
import {
  type ClusterSpec,
  newClusterSpec,
  newNetworkSpec,
  newNodeSpec,
  newPlatform,
  newTaskSpec,
  NodeRole,
  type NodeSpec,
  type ServiceSpec,
} from '../../proto/gen/specs.ts';

export const fakeNodeId = 'node0000000000000000000a1';
export const fakeNetworkId = 'net00000000000000000000a1';
const fakeClusterId = 'cluster000000000000000a1a';
/** 2026-01-01 00:00:00 UTC plus 1.5 s: shows how fractions are written. */
export const fakeTimeMs = 1_767_225_601_500;

/** A cluster of one node in memory that starts every task at once: what the API's tests ask. */
export class FakeCluster implements ClusterApi {
  readonly services = new Map<string, ServiceView>();
  readonly calls: string[] = [];
  /** Thrown by the next call instead of an answer. */
  failure: ShoalError | undefined;
  clusterSpec: ClusterSpec = newClusterSpec({ name: 'default', taskHistoryRetentionLimit: 5 });
  nodeSpec: NodeSpec = newNodeSpec({ role: NodeRole.manager });
  version = 10;
  #nextId = 0;

  getCluster(): Promise<ClusterView> {
    return this.#do('getCluster', () => ({
      meta: this.#meta(fakeClusterId),
      spec: this.clusterSpec,
      lifecycle: newClusterLifecycle({
        trustRootPem: 'PEM',
        issuerSubject: Uint8Array.of(1, 2, 3, 4),
        issuerPublicKey: Uint8Array.of(255),
        addressPools: ['10.0.0.0/8'],
        subnetSize: 24,
        dataPathPort: 4789,
      }),
    }));
  }

  getJoinTokens(): Promise<JoinTokens> {
    return this.#do('getJoinTokens', () => ({
      worker: 'SWMTKN-1-a-w',
      manager: 'SWMTKN-1-a-m',
    }));
  }

  updateCluster(_: RequestContext, version: number, spec: ClusterSpec): Promise<void> {
    return this.#do(`updateCluster ${version}`, () => {
      this.clusterSpec = spec;
    });
  }

  listNodes(): Promise<readonly NodeView[]> {
    return this.#do('listNodes', () => [this.#node()]);
  }

  getNode(_: RequestContext, ref: string): Promise<NodeView> {
    return this.#do(`getNode ${ref}`, () => {
      if (ref !== fakeNodeId && ref !== 'host1') throw notFound('node', ref);
      return this.#node();
    });
  }

  updateNode(_: RequestContext, ref: string, version: number, spec: NodeSpec): Promise<void> {
    return this.#do(`updateNode ${ref} ${version}`, () => {
      this.nodeSpec = spec;
    });
  }

  createService(_: RequestContext, spec: ServiceSpec): Promise<{ id: string; warnings: string[] }> {
    return this.#do('createService', () => {
      this.#nextId += 1;
      const id = `svc${String(this.#nextId).padStart(22, '0')}`;
      this.services.set(id, {
        meta: this.#meta(id),
        spec,
        previousSpec: undefined,
        endpoint: newServiceEndpoint({ ports: spec.endpoint?.ports ?? [] }),
        lifecycle: undefined,
        status: undefined,
      });
      return { id, warnings: [] };
    });
  }

  listServices(
    _: RequestContext,
    filters: Filters,
    withStatus: boolean,
  ): Promise<readonly ServiceView[]> {
    return this.#do('listServices', () =>
      [...this.services.values()]
        .filter(
          ({ meta, spec }) =>
            (filters.get('id') ?? [meta.id]).some((id) => meta.id.startsWith(id)) &&
            (filters.get('name') ?? [spec.name]).some((name) => spec.name.startsWith(name)),
        )
        .map((service) => (withStatus ? { ...service, status: statusOf(service) } : service)),
    );
  }

  getService(_: RequestContext, ref: string): Promise<ServiceView> {
    return this.#do(`getService ${ref}`, () => this.#service(ref));
  }

  updateService(
    _: RequestContext,
    ref: string,
    version: number,
    spec: ServiceSpec,
    options?: ServiceUpdateOptions,
  ): Promise<{ warnings: string[] }> {
    return this.#do(`updateService ${ref} ${version}`, () => {
      const service = this.#service(ref);
      if (service.meta.version !== version) {
        throw new ShoalError('outOfSequence', 'update out of sequence');
      }
      const wanted = options?.rollback === true ? service.previousSpec : spec;
      if (wanted === undefined) {
        throw new ShoalError('failedPrecondition', 'service does not have a previous spec', {
          fields: { service: service.meta.id },
        });
      }
      this.services.set(service.meta.id, {
        ...service,
        meta: { ...service.meta, version: version + 1 },
        spec: wanted,
        previousSpec: service.spec,
      });
      return { warnings: [] };
    });
  }

  removeNode(_: RequestContext, ref: string, force: boolean): Promise<void> {
    return this.#do(`removeNode ${ref}${force ? ' by force' : ''}`, () => undefined);
  }

  removeService(_: RequestContext, ref: string): Promise<void> {
    return this.#do(`removeService ${ref}`, () => {
      this.services.delete(this.#service(ref).meta.id);
    });
  }

  listTasks(_: RequestContext, filters: Filters): Promise<readonly TaskView[]> {
    return this.#do('listTasks', () => {
      const wanted = filters.get('service');
      return [...this.services.values()]
        .filter(({ meta, spec }) =>
          (wanted ?? [meta.id]).some((ref) => ref === meta.id || ref === spec.name),
        )
        .flatMap((service) => this.#tasks(service));
    });
  }

  getTask(_: RequestContext, ref: string): Promise<TaskView> {
    return this.#do(`getTask ${ref}`, () => {
      const all = [...this.services.values()].flatMap((service) => this.#tasks(service));
      const task = all.find(({ meta }) => meta.id === ref);
      if (task === undefined) throw notFound('task', ref);
      return task;
    });
  }

  listNetworks(): Promise<readonly NetworkView[]> {
    return this.#do('listNetworks', () => [this.#network()]);
  }

  getNetwork(_: RequestContext, ref: string): Promise<NetworkView> {
    return this.#do(`getNetwork ${ref}`, () => {
      if (ref !== 'ingress' && ref !== fakeNetworkId) throw notFound('network', ref);
      return this.#network();
    });
  }

  /** What `logs` gives, after which it ends; unless it follows. */
  logMessages: LogMessage[] = [];
  /** What it was asked for last. */
  logsAsked: { readonly selector: LogSelector; readonly options: LogOptions } | undefined;
  openLogs = 0;

  async *logs(
    { signal }: RequestContext,
    selector: LogSelector,
    options: LogOptions,
  ): AsyncGenerator<readonly LogMessage[]> {
    this.logsAsked = { selector, options };
    this.openLogs += 1;
    try {
      for (const message of this.logMessages) yield [message];
      if (!options.follow || signal.aborted) return;
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      this.openLogs -= 1;
    }
  }

  #do<T>(call: string, action: () => T): Promise<T> {
    this.calls.push(call);
    const failure = this.failure;
    this.failure = undefined;
    return failure === undefined ? Promise.resolve().then(action) : Promise.reject(failure);
  }

  #service(ref: string): ServiceView {
    const found = [...this.services.values()].find(
      ({ meta, spec }) => meta.id === ref || spec.name === ref,
    );
    if (found === undefined) throw notFound('service', ref);
    return found;
  }

  #meta(id: string): ServiceView['meta'] {
    return { id, version: this.version, createdAtMs: fakeTimeMs, updatedAtMs: fakeTimeMs };
  }

  #node(): NodeView {
    return {
      meta: this.#meta(fakeNodeId),
      spec: this.nodeSpec,
      status: newNodeStatus({
        state: NodeState.nodeReady,
        address: '127.0.0.1',
        description: newNodeDescription({
          hostname: 'host1',
          platform: newPlatform({ architecture: 'x86_64', os: 'linux' }),
          nanoCpus: 2e9,
          memoryBytes: 1e9,
          engineVersion: '28.2.2',
          engineAvailable: true,
          plugins: [{ type: 'Network', name: 'bridge' }],
          trustRootPem: 'PEM',
        }),
      }),
      lifecycle: newNodeLifecycle({ role: NodeRole.manager }),
      manager: { leader: true, reachable: true, address: '127.0.0.1:2377' },
    };
  }

  #network(): NetworkView {
    return {
      meta: this.#meta(fakeNetworkId),
      spec: newNetworkSpec({ name: 'ingress', ingress: true, driver: 'overlay' }),
      allocation: newNetworkAllocation({
        subnet: '10.0.0.0/24',
        gateway: '10.0.0.1',
        vni: 4096,
      }),
    };
  }

  #tasks(service: ServiceView): TaskView[] {
    const spec = service.spec.task ?? newTaskSpec();
    return Array.from({ length: replicasOf(service) }, (_, index) => ({
      meta: this.#meta(`task${service.meta.id.slice(-8)}${String(index).padStart(13, '0')}`),
      serviceId: service.meta.id,
      serviceName: service.spec.name,
      serviceLabels: service.spec.labels,
      slot: index + 1,
      nodeId: fakeNodeId,
      spec,
      specVersion: service.meta.version,
      desiredState: TaskState.running,
      status: newTaskStatus({
        state: TaskState.running,
        message: 'started',
        timestampMs: fakeTimeMs,
        containerId: 'c0ffee',
        pid: 42,
      }),
      addresses: [{ networkId: fakeNetworkId, address: `10.0.0.${index + 2}/24` }],
    }));
  }
}

function replicasOf({ spec }: ServiceView): number {
  const mode = spec.mode?.mode;
  return mode?.kind === 'replicated' ? mode.value.replicas : 1;
}

function statusOf(service: ServiceView): NonNullable<ServiceView['status']> {
  const replicas = replicasOf(service);
  return { runningTasks: replicas, desiredTasks: replicas, completedTasks: 0 };
}

function notFound(kind: string, ref: string): ShoalError {
  return new ShoalError('notFound', `${kind} not found`, { fields: { kind, ref } });
}

/** A node that becomes manager of a `FakeCluster` at once. */
export class FakeNodeControl implements NodeControl {
  readonly api: FakeCluster = new FakeCluster();
  state: SwarmState = 'inactive';
  controlAvailable = false;
  warnings: string[] = [];
  lastInit: InitRequest | undefined;
  lastJoin: JoinRequest | undefined;
  /** What joining ends with; the node becomes a worker when undefined. */
  joinFailure: ShoalError | undefined;
  readonly memory: EventMemory = new EventMemory();
  readonly #ended = new AbortController();

  /** A node that is a manager already. */
  static manager(): FakeNodeControl {
    const control = new FakeNodeControl();
    control.state = 'active';
    control.controlAvailable = true;
    return control;
  }

  facts(): NodeFacts {
    const isActive = this.state === 'active';
    return {
      swarmState: this.state,
      controlAvailable: this.controlAvailable,
      nodeId: isActive ? fakeNodeId : '',
      nodeAddress: isActive ? '127.0.0.1' : '',
      error: '',
      managers: this.controlAvailable ? [{ nodeId: fakeNodeId, address: '127.0.0.1:2377' }] : [],
      warnings: this.warnings,
    };
  }

  init(_: RequestContext, request: InitRequest): Promise<string> {
    if (this.state !== 'inactive') {
      return Promise.reject(new ShoalError('alreadyInSwarm', 'already in a swarm'));
    }
    this.lastInit = request;
    this.state = 'active';
    this.controlAvailable = true;
    return Promise.resolve(fakeNodeId);
  }

  join(_: RequestContext, request: JoinRequest): Promise<void> {
    if (this.state !== 'inactive') {
      return Promise.reject(new ShoalError('alreadyInSwarm', 'already in a swarm'));
    }
    this.lastJoin = request;
    if (this.joinFailure !== undefined) return Promise.reject(this.joinFailure);
    this.state = 'active';
    return Promise.resolve();
  }

  leave(_: RequestContext, force: boolean): Promise<void> {
    if (this.state === 'inactive') {
      return Promise.reject(new ShoalError('notInSwarm', 'not in a swarm'));
    }
    if (!force && this.controlAvailable) {
      const fields = { managers: 1 };
      return Promise.reject(new ShoalError('failedPrecondition', 'last manager', { fields }));
    }
    this.state = 'inactive';
    this.controlAvailable = false;
    return Promise.resolve();
  }

  /** Ends all streams of events, those to come too, once they gave what is remembered. */
  endEvents(): void {
    this.#ended.abort();
  }

  async *events(signal: AbortSignal): AsyncGenerator<readonly ClusterEvent[]> {
    yield* this.memory.read(AbortSignal.any([signal, this.#ended.signal]));
  }

  cluster(): ClusterApi {
    if (this.controlAvailable) return this.api;
    throw new ShoalError('notSwarmManager', 'this node is no manager');
  }
}
