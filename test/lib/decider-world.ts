import { Allocator } from '../../manager/allocator/allocator.ts';
import { GlobalDecider } from '../../manager/orchestrator/global/global.ts';
import { ReaperDecider } from '../../manager/orchestrator/reaper/reaper.ts';
import { ReplicatedDecider } from '../../manager/orchestrator/replicated/replicated.ts';
import { RestartDecider } from '../../manager/orchestrator/restart/restart.ts';
import { UpdateDecider } from '../../manager/orchestrator/update/update.ts';
import { Scheduler } from '../../manager/scheduler/scheduler.ts';
import type { Decider, Draft } from '../../manager/store/decider.ts';
import { createOp, deleteOp, giveBack, take } from '../../manager/store/ops.ts';
import type { TaskRow } from '../../manager/store/rows.ts';
import { isPlaced, taskError, taskState } from '../../manager/store/task-state.ts';
import type { Claim, Op } from '../../proto/gen/changeset.ts';
import {
  newCluster,
  newClusterLifecycle,
  newNetwork,
  newNetworkAllocation,
  NodeState,
  Table,
  TaskState,
  taskStateName,
  updateStateName,
  type ServiceEndpoint,
  type ServiceLifecycle,
  type TaskNetwork,
} from '../../proto/gen/objects.ts';
import {
  newClusterSpec,
  newNetworkSpec,
  newPlatform,
  NodeAvailability,
  type PortConfig,
} from '../../proto/gen/specs.ts';
import { DeciderRig } from './decider-rig.ts';
import {
  list,
  parseCommand,
  parseLabels,
  parseMs,
  parseServiceSpec,
  type Command,
} from './decider-words.ts';

type Handler = (command: Command) => readonly string[];

/** A cluster made by commands, in which tasks are called `web.1#1`: service, slot, and which of the slot's tasks by age. */
export class DeciderWorld {
  readonly #rig = new DeciderRig();
  /** Names of tasks as they were given, also when the row is gone. */
  readonly #names = new Map<string, string>();
  readonly #ordinals = new Map<string, number>();
  /** What the last command said of each service. */
  readonly #options = new Map<string, ReadonlyMap<string, string>>();
  readonly #deciders: Readonly<Record<string, () => Decider>> = {
    replicated: () => new ReplicatedDecider(),
    global: () => new GlobalDecider(),
    update: () => new UpdateDecider(),
    restart: () => new RestartDecider(),
    reaper: () => new ReaperDecider(),
    allocator: () => new Allocator(),
    scheduler: () => new Scheduler(),
  };
  readonly #handlers: Readonly<Record<string, Handler>> = {
    cluster: (command) => this.#cluster(command),
    node: (command) => this.#node(command),
    'node-state': ({ words: [id = '', state = ''] }) => {
      this.#rig.nodeState(id, nodeState(state));
      return [];
    },
    'node-labels': ({ words: [id = '', labels] }) => {
      this.#rig.nodeSpec(id, { labels: parseLabels(labels) });
      return [];
    },
    availability: ({ words: [id = '', availability = ''] }) => {
      this.#rig.nodeSpec(id, { availability: availabilityOf(availability) });
      return [];
    },
    'node-remove': ({ words: [id = ''] }) => this.#change([deleteOp(Table.nodes, id)]),
    network: (command) => this.#network(command),
    service: ({ words: [id = ''], options }) => {
      this.#options.set(id, options);
      this.#rig.service(id, parseServiceSpec(options));
      return [];
    },
    // Another spec: what is not named stays as the last command said.
    respec: ({ words: [id = ''], options }) => {
      const merged = new Map([...(this.#options.get(id) ?? []), ...options]);
      this.#options.set(id, merged);
      this.#rig.update(id, parseServiceSpec(merged));
      return [];
    },
    rollback: ({ words: [id = ''] }) => {
      this.#rig.update(id, 'rollback');
      return [];
    },
    status: ({ words: [id = ''] }) => [this.#status(id)],
    // Nodes do what they are told, once.
    work: ({ words: [id = ''] }) => {
      for (const task of this.#rig.tasks(id)) this.#workOn(task);
      return [];
    },
    scale: ({ words: [id = '', replicas = ''] }) => {
      this.#rig.scale(id, Number(replicas));
      return [];
    },
    'service-remove': ({ words: [id = ''] }) =>
      this.#change(
        [deleteOp(Table.services, id)],
        this.#rig.view.claimsOf(id).map(({ space, key }) => giveBack(space, key, id)),
      ),
    claim: ({ words: [space = '', key = '', owner = ''] }) =>
      this.#change([], [take(space, key, owner)]),
    free: ({ words: [space = '', key = '', owner = ''] }) =>
      this.#change([], [giveBack(space, key, owner)]),
    report: ({ words: [name = '', state = ''] }) => {
      this.#rig.report(this.#taskNamed(name), TaskState[state as keyof typeof TaskState]);
      return [];
    },
    desire: ({ words: [name = '', state = ''] }) => {
      this.#rig.desire(this.#taskNamed(name), TaskState[state as keyof typeof TaskState]);
      return [];
    },
    advance: ({ words: [duration = ''] }) => {
      this.#rig.advance(parseMs(duration));
      return [];
    },
    decide: (command) => this.#decide(command),
    'decide-late': (command) => this.#decideLate(command),
    converge: ({ words }) => {
      this.#rig.converge(words.map((name) => this.#decider(name)));
      this.#nameTasks();
      return [];
    },
    run: ({ words: [service = ''] }) => this.#run(service),
    tasks: ({ words: [service = ''] }) => this.#tasks(service),
    claims: ({ words: [prefix = ''] }) => this.#claims(prefix),
  };

  /** Runs one line; gives what it prints. */
  run(line: string): readonly string[] {
    const command = parseCommand(line);
    const handler = this.#handlers[command.name];
    if (handler === undefined) throw new Error(`no such command: ${line}`);
    return handler(command);
  }

  #decider(name: string): Decider {
    const make = this.#deciders[name];
    if (make === undefined) throw new Error(`no such decider: ${name}`);
    return make();
  }

  #change(ops: readonly Op[], claims: readonly Claim[] = []): readonly string[] {
    this.#rig.fixture.change({ ops, claims });
    return [];
  }

  #cluster({ options }: Command): readonly string[] {
    const value = newCluster({
      id: 'cluster',
      spec: newClusterSpec({ taskHistoryRetentionLimit: Number(options.get('history') ?? '5') }),
      lifecycle: newClusterLifecycle({
        level: 1,
        addressPools: list(options.get('pools')),
        subnetSize: Number(options.get('subnet') ?? '24'),
      }),
    });
    return this.#change([createOp({ kind: 'cluster', value })]);
  }

  #node({ words, options }: Command): readonly string[] {
    const [os = 'linux', architecture = 'x86_64'] = (options.get('platform') ?? '').split('/');
    for (const id of words) {
      this.#rig.node(id, {
        state: nodeState(options.get('state') ?? 'ready'),
        address: options.get('ip') ?? '',
        spec: {
          labels: parseLabels(options.get('labels')),
          availability: availabilityOf(options.get('availability') ?? 'active'),
        },
        description: {
          engineAvailable: options.get('engine') !== 'down',
          nanoCpus: Number(options.get('cpus') ?? '4') * 1e9,
          memoryBytes: Number(options.get('memory') ?? '1024') * 1024 * 1024,
          platform: newPlatform({ os: os || 'linux', architecture }),
          engineLabels: parseLabels(options.get('engine-labels')),
        },
      });
    }
    return [];
  }

  #network({ words: [id = ''], options }: Command): readonly string[] {
    const subnet = options.get('subnet') ?? '';
    const gateway = options.get('gateway') ?? '';
    const value = newNetwork({
      id,
      spec: newNetworkSpec({
        name: id,
        ingress: id === 'ingress',
        driver: 'overlay',
        subnet: options.get('asked') ?? '',
      }),
      network: subnet === '' ? undefined : newNetworkAllocation({ subnet, gateway, vni: 4096 }),
    });
    return this.#change([createOp({ kind: 'network', value })]);
  }

  #decide({ words: [name = '', scope = ''], options }: Command): readonly string[] {
    const rows = options.get('rows');
    const decider = this.#decider(name);
    const call =
      rows === undefined
        ? this.#rig.settleAtOnce(decider, scope)
        : this.#rig.ask(decider, scope, Number(rows));
    if (rows !== undefined) this.#rig.apply(call.sets);
    this.#nameTasks();
    const describe = (draft: Draft): readonly string[] =>
      options.has('brief')
        ? [`${draft.reason}: ${draft.ops.length} operations`]
        : this.#describe(draft);
    return [
      ...call.sets.flatMap(describe),
      ...(call.sets.length === 0 ? ['nothing'] : []),
      ...(call.wakeInMs === undefined ? [] : [`wake in ${call.wakeInMs} ms`]),
      ...(call.more ? ['more'] : []),
    ];
  }

  /** `decide-late update service/web web.1#1 running`: the report comes between the decision and its effect. */
  #decideLate({ words: [name = '', scope = '', ...report] }: Command): readonly string[] {
    const { sets } = this.#rig.ask(this.#decider(name), scope);
    const lines = sets.map((draft) => this.#describe(draft));
    this.run(`report ${report.join(' ')}`);
    const results = sets.flatMap((draft, index) => [
      ...(lines[index] ?? []),
      this.#rig.try(draft) ? '  done' : '  refused',
    ]);
    this.#nameTasks();
    return results;
  }

  /** All deciders to a standstill, the node's part included: what is placed and wanted runs, what is not wanted stops. */
  #run(service: string): readonly string[] {
    const deciders = Object.values(this.#deciders).map((make) => make());
    this.#rig.converge(deciders);
    for (const task of this.#rig.tasks(service)) this.#workOn(task);
    this.#rig.converge(deciders);
    this.#nameTasks();
    return this.#tasks(service);
  }

  #workOn(task: TaskRow): void {
    if (!isPlaced(task) || task.reportedState > TaskState.running) return;
    const isWanted = task.desiredState <= TaskState.running;
    if (isWanted && task.desiredState > task.reportedState)
      this.#rig.report(task, task.desiredState);
    if (!isWanted) this.#rig.report(task, TaskState.shutdown);
  }

  #tasks(service: string): readonly string[] {
    this.#nameTasks();
    return this.#rig.tasks(service).map((task) => {
      const words = [
        this.#nameOf(task.id),
        taskStateName(taskState(task)),
        `desired=${taskStateName(task.desiredState)}`,
        ...(task.nodeId === '' ? [] : [`node=${task.nodeId}`]),
        ...task.addresses.map(({ address }) => address),
        ...(taskError(task) === '' ? [] : [`error="${taskError(task)}"`]),
      ];
      return words.join(' ');
    });
  }

  #status(id: string): string {
    const status = this.#rig.view.service(id as never)?.lifecycle;
    if (status === undefined) return 'no update';
    const failed = status.failedSlots.length === 0 ? '' : ` failed=${status.failedSlots.join(',')}`;
    return `${this.#named(status.message)}: slots=${status.slots}${failed}`;
  }

  /** `text` with the names of tasks for their ids. */
  #named(text: string): string {
    return text
      .split(' ')
      .map((word) => this.#nameOf(word))
      .join(' ');
  }

  #claims(prefix: string): readonly string[] {
    const owners = [
      ...this.#rig.view.services().map((service) => service.id),
      ...this.#rig.view.networks().map((network) => network.id),
      ...[...this.#rig.view.tasks()].map((task) => task.id),
    ];
    return owners
      .flatMap((owner) =>
        this.#rig.view
          .claimsOf(owner)
          .filter(({ space }) => space.startsWith(prefix))
          .map(({ space, key }) => `${space} ${key} ${this.#nameOf(owner)}`),
      )
      .toSorted();
  }

  #taskNamed(name: string): TaskRow {
    this.#nameTasks();
    const task = [...this.#rig.view.tasks()].find(({ id }) => this.#nameOf(id) === name);
    if (task === undefined) throw new Error(`no such task: ${name}`);
    return task;
  }

  #nameTasks(): void {
    const services = [...this.#rig.view.servicesWithTasks()];
    for (const task of services.flatMap((id) => this.#rig.tasks(id))) {
      if (this.#names.has(task.id)) continue;
      const slot = `${task.serviceId}.${task.slot === 0 ? task.nodeId : task.slot}`;
      const ordinal = (this.#ordinals.get(slot) ?? 0) + 1;
      this.#ordinals.set(slot, ordinal);
      this.#names.set(task.id, `${slot}#${ordinal}`);
    }
  }

  #nameOf(id: string): string {
    return this.#names.get(id) ?? id;
  }

  #describe(draft: Draft): readonly string[] {
    const reads = draft.reads.map(({ key }) => this.#nameOf(key));
    return [
      `${this.#named(draft.reason)}${reads.length === 0 ? '' : ` (relies on ${[...new Set(reads)].join(', ')})`}`,
      ...draft.ops.map((op) => `  ${this.#describeOp(op)}`),
      ...draft.claims.map(
        ({ space, key, owner, giveBack: isBack }) =>
          `  ${isBack ? 'give back' : 'take'} ${space} ${key} ${this.#nameOf(owner)}`,
      ),
    ];
  }

  #describeOp({ op }: Op): string {
    if (op === undefined) return 'nothing';
    if (op.kind === 'delete') return `delete ${this.#nameOf(op.value.key)}`;
    if (op.kind === 'put') return `${this.#nameOf(op.value.key)} ${describePut(op.value.value)}`;
    const { object } = op.value;
    if (object?.kind !== 'task') return `create ${object?.kind ?? ''}`;
    const { desired, placement } = object.value;
    const node = placement === undefined ? '' : ` for ${placement.nodeId}`;
    return `create ${this.#nameOf(object.value.id)} ${describeDesired(desired)}${node}`;
  }
}

type PutValue = NonNullable<Extract<NonNullable<Op['op']>, { kind: 'put' }>['value']['value']>;

function describePut(value: PutValue | undefined): string {
  if (value?.kind === 'taskDesired') return describeDesired(value.value);
  if (value?.kind === 'taskNetwork') return describeNetwork(value.value);
  if (value?.kind === 'serviceEndpoint') return describeEndpoint(value.value);
  if (value?.kind === 'taskPlacement') {
    const { nodeId, placedAtMs, explanation } = value.value;
    return placedAtMs === 0 ? `explanation "${explanation}"` : `node=${nodeId}`;
  }
  if (value?.kind === 'serviceLifecycle') return describeStatus(value.value);
  if (value?.kind !== 'networkAllocation') return value?.kind ?? 'nothing';
  const { error, subnet, gateway, vni } = value.value;
  return error === '' ? `subnet=${subnet} gateway=${gateway} vni=${vni}` : `error "${error}"`;
}

function describeStatus({ updateState, slots, failedSlots }: ServiceLifecycle): string {
  const failed = failedSlots.length === 0 ? '' : ` failed=${failedSlots.join(',')}`;
  return `${updateStateName(updateState)} slots=${slots}${failed}`;
}

function describeEndpoint({ ports, virtualIps, error }: ServiceEndpoint): string {
  return [
    'endpoint',
    ...ports.map(describePort),
    ...virtualIps.map(({ address }) => `vip=${address}`),
    ...(error === '' ? [] : [`error "${error}"`]),
  ].join(' ');
}

function describeDesired(
  desired: { readonly state: TaskState; readonly delayMs: number } | undefined,
): string {
  if (desired === undefined) return '';
  const delay = desired.delayMs === 0 ? '' : ` after ${desired.delayMs} ms`;
  return `desired=${taskStateName(desired.state)}${delay}`;
}

function describeNetwork(network: TaskNetwork): string {
  if (network.error !== '') return `error "${network.error}"`;
  const addresses = network.addresses.map(({ address }) => address);
  return addresses.length === 0 ? 'needs no address' : addresses.join(' ');
}

function describePort(port: PortConfig): string {
  const host = port.publishMode === 1 ? 'host:' : '';
  const protocol = port.protocol === 1 ? '/udp' : '';
  return `${host}${port.publishedPort}:${port.targetPort}${protocol}`;
}

function nodeState(text: string): NodeState {
  if (text === 'down') return NodeState.nodeDown;
  return text === 'ready' ? NodeState.nodeReady : NodeState.nodeUnknown;
}

function availabilityOf(text: string): NodeAvailability {
  if (text === 'drain') return NodeAvailability.drain;
  return text === 'pause' ? NodeAvailability.pause : NodeAvailability.active;
}
