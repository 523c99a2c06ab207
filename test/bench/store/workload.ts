// The clusters that the bench fills its stores with: replicated services of a thousand tasks each, on a thousand nodes, in one network.
import { Buffer } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import {
  encodeBatch,
  newBatch,
  newChangeSet,
  newClaim,
  type ChangeSet,
  type Op,
} from '../../../proto/gen/changeset.ts';
import {
  newCluster,
  newClusterLifecycle,
  newNetwork,
  newNetworkAllocation,
  newNode,
  newNodeDescription,
  newNodeStatus,
  newService,
  newServiceEndpoint,
  newTask,
  newTaskAddress,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
  NodeState,
  TaskState,
} from '../../../proto/gen/objects.ts';
import {
  newContainerSpec,
  newReplicatedMode,
  newServiceMode,
  newServiceSpec,
  newTaskSpec,
  NodeAvailability,
  newNodeSpec,
} from '../../../proto/gen/specs.ts';
import { createOp, homeOf, putOp } from '../../../manager/store/ops.ts';

const opsPerSet = 200;
const tasksPerService = 1000;
const nodes = 1000;
const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
const startMs = 1_767_225_600_000;

export function newIds(count: number): string[] {
  const bytes = Buffer.alloc(25);
  return Array.from({ length: count }, () => {
    randomFillSync(bytes);
    return Array.from(bytes, (byte) => alphabet[byte % 36]).join('');
  });
}

/** What tasks refer to, a set at a time. */
export function* surroundings(tasks: number): Iterable<Op[]> {
  yield [
    createOp({
      kind: 'cluster',
      value: newCluster({ id: 'cluster', lifecycle: newClusterLifecycle({ level: 1 }) }),
    }),
    createOp({
      kind: 'network',
      value: newNetwork({
        id: 'net',
        network: newNetworkAllocation({ subnet: '10.0.0.0/8', gateway: '10.0.0.1' }),
      }),
    }),
  ];
  for (let n = 0; n < nodes; n += 1) {
    const spec = newNodeSpec({ availability: NodeAvailability.active });
    const description = newNodeDescription({ engineAvailable: true });
    const status = newNodeStatus({ state: NodeState.nodeReady, description });
    yield [createOp({ kind: 'node', value: newNode({ id: nodeId(n), spec, status }) })];
  }
  for (let n = 0; n * tasksPerService < tasks; n += 1) {
    const replicas = Math.min(tasksPerService, tasks - n * tasksPerService);
    yield [createOp({ kind: 'service', value: service(serviceId(n), replicas) })];
  }
}

function service(id: string, replicas: number): ReturnType<typeof newService> {
  const task = newTaskSpec({ container: newContainerSpec({ image: 'bench:1' }) });
  const mode = newServiceMode({
    mode: { kind: 'replicated', value: newReplicatedMode({ replicas }) },
  });
  return newService({
    id,
    spec: newServiceSpec({ name: id, task, mode }),
    network: newServiceEndpoint(),
  });
}

/** The life of all tasks in eight steps, as entries, made as they are needed so that they do not count. */
export function* livesOf(ids: readonly string[]): Iterable<Uint8Array> {
  const steps = [create, allocate, place, ...statuses];
  for (const step of steps) {
    for (const start of starts(ids.length)) {
      const chunk = ids.slice(start, start + opsPerSet);
      const ops = chunk.map((id, n) => step(id, start + n));
      yield entry({ ops, claims: step === allocate ? claimsOf(chunk, start) : [] });
    }
  }
}

export const opsPerLife = 8;

/** All tasks as they run, one operation each. */
export function* runningTasks(ids: readonly string[]): Iterable<Uint8Array> {
  for (const start of starts(ids.length)) {
    const chunk = ids.slice(start, start + opsPerSet);
    const ops = chunk.map((id, n) => createOp({ kind: 'task', value: running(id, start + n) }));
    yield entry({ ops, claims: claimsOf(chunk, start) });
  }
}

/** Another status of each of `ids`, spread over all services. */
export function* statusChanges(ids: readonly string[], changes: number): Iterable<Uint8Array> {
  const stride = Math.max(1, Math.floor(ids.length / changes));
  for (const start of starts(changes)) {
    const ops: Op[] = [];
    for (let n = start; n < Math.min(start + opsPerSet, changes); n += 1) {
      const id = ids[(n * stride) % ids.length] ?? '';
      const value = newTaskStatus({ ...status(id, n, TaskState.running), message: 'changed' });
      ops.push(putOp({ ...homeOf.taskStatus, key: id }, { kind: 'taskStatus', value }));
    }
    yield entry({ ops });
  }
}

let sets = 0;

/** An entry of one set. */
export function entry(set: Partial<ChangeSet>): Uint8Array {
  sets += 1;
  const whole = newChangeSet({
    id: `set-${sets}`,
    actor: 'controller:bench',
    wallMs: startMs + sets,
    ...set,
  });
  return encodeBatch(newBatch({ sets: [whole] }));
}

function* starts(count: number): Iterable<number> {
  for (let start = 0; start < count; start += opsPerSet) yield start;
}

function claimsOf(chunk: readonly string[], start: number): ReturnType<typeof newClaim>[] {
  return chunk.map((owner, n) =>
    newClaim({ space: 'address/net', key: addressOf(start + n).slice(0, -2), owner }),
  );
}

function create(id: string, n: number): Op {
  const desired = newTaskDesired({ state: TaskState.running });
  return createOp({
    kind: 'task',
    value: newTask({ id, serviceId: serviceOf(n), slot: slotOf(n), desired }),
  });
}

function allocate(id: string, n: number): Op {
  return putOp({ ...homeOf.taskNetwork, key: id }, { kind: 'taskNetwork', value: network(n) });
}

function place(id: string, n: number): Op {
  return putOp(
    { ...homeOf.taskPlacement, key: id },
    { kind: 'taskPlacement', value: placement(n) },
  );
}

const statuses = [
  TaskState.accepted,
  TaskState.preparing,
  TaskState.ready,
  TaskState.starting,
  TaskState.running,
].map((state) => (id: string, n: number): Op => {
  return putOp(
    { ...homeOf.taskStatus, key: id },
    { kind: 'taskStatus', value: status(id, n, state) },
  );
});

function running(id: string, n: number): ReturnType<typeof newTask> {
  return newTask({
    id,
    serviceId: serviceOf(n),
    slot: slotOf(n),
    desired: newTaskDesired({ state: TaskState.running }),
    network: network(n),
    placement: placement(n),
    status: status(id, n, TaskState.running),
  });
}

function network(n: number): ReturnType<typeof newTaskNetwork> {
  const addresses = [newTaskAddress({ networkId: 'net', address: addressOf(n) })];
  return newTaskNetwork({ addresses, allocatedAtMs: startMs + n });
}

function placement(n: number): ReturnType<typeof newTaskPlacement> {
  return newTaskPlacement({ nodeId: nodeId(n % nodes), placedAtMs: startMs + n });
}

function status(id: string, n: number, state: TaskState): ReturnType<typeof newTaskStatus> {
  return newTaskStatus({
    state,
    timestampMs: startMs + n,
    message: 'started',
    containerId: state >= TaskState.starting ? id.padEnd(64, id) : '',
    pid: state === TaskState.running ? n : 0,
  });
}

function serviceOf(n: number): string {
  return serviceId(Math.floor(n / tasksPerService));
}

function slotOf(n: number): number {
  return (n % tasksPerService) + 1;
}

function serviceId(n: number): string {
  return `service-${n}`;
}

function nodeId(n: number): string {
  return `node-${n}`;
}

function addressOf(n: number): string {
  return `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}/8`;
}
