import fc from 'fast-check';
import { expect } from 'vitest';
import { createOp, deleteOp, giveBack } from '../../manager/store/ops.ts';
import type { ServiceRow, TaskRow } from '../../manager/store/rows.ts';
import { isLive, isOver, isPlaced, isTerminal, taskError } from '../../manager/store/task-state.ts';
import {
  newCluster,
  newClusterLifecycle,
  newNetwork,
  newNetworkAllocation,
  NodeState,
  Table,
  TaskState,
} from '../../proto/gen/objects.ts';
import {
  newClusterSpec,
  newContainerSpec,
  newNetworkSpec,
  newTaskSpec,
  NodeAvailability,
  UpdateOrder,
} from '../../proto/gen/specs.ts';
import type { DeciderRig } from './decider-rig.ts';
import { parseServiceSpec } from './decider-words.ts';
import { allDeciders } from './loop-bench.ts';

/** Nodes of the world. */
export const nodeIds = ['n1', 'n2', 'n3'];
const serviceIds = ['web', 'job', 'slow'];

/** Something that happens to a cluster; numbers pick among what is there. */
export type Action =
  | { readonly kind: 'scale'; readonly service: number; readonly replicas: number }
  | { readonly kind: 'report'; readonly task: number; readonly state: TaskState }
  | { readonly kind: 'node'; readonly node: number; readonly state: NodeState }
  | {
      readonly kind: 'availability';
      readonly node: number;
      readonly availability: NodeAvailability;
    }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'remove'; readonly service: number }
  | { readonly kind: 'respec'; readonly service: number; readonly image: number }
  | { readonly kind: 'rollback'; readonly service: number }
  | { readonly kind: 'decide'; readonly decider: number; readonly key: number };

const small = fc.nat({ max: 40 });
/** Any action. */
export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('scale' as const),
      service: small,
      replicas: fc.nat({ max: 6 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      task: small,
      state: fc.constantFrom(
        TaskState.running,
        TaskState.ready,
        TaskState.complete,
        TaskState.failed,
        TaskState.rejected,
        TaskState.shutdown,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('node' as const),
      node: small,
      state: fc.constantFrom(NodeState.nodeReady, NodeState.nodeDown, NodeState.nodeUnknown),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('availability' as const),
      node: small,
      availability: fc.constantFrom(
        NodeAvailability.active,
        NodeAvailability.drain,
        NodeAvailability.pause,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat({ max: 70_000 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('respec' as const),
      service: small,
      image: fc.nat({ max: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rollback' as const), service: small }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('remove' as const), service: fc.constant(2) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('decide' as const), decider: small, key: fc.nat() }),
  },
);

const deciders = allDeciders();

/** Three nodes, three services, an ingress network that is almost too small. */
export function newWorld(rig: DeciderRig): DeciderRig {
  rig.fixture.change({
    ops: [
      createOp({
        kind: 'cluster',
        value: newCluster({
          id: 'cluster',
          spec: newClusterSpec({ taskHistoryRetentionLimit: 3 }),
          lifecycle: newClusterLifecycle({ level: 1 }),
        }),
      }),
      createOp({
        kind: 'network',
        value: newNetwork({
          id: 'ingress',
          spec: newNetworkSpec({ name: 'ingress', ingress: true }),
          network: newNetworkAllocation({ subnet: '10.0.0.0/28', gateway: '10.0.0.1', vni: 4096 }),
        }),
      }),
    ],
  });
  for (const id of nodeIds) rig.node(id);
  rig.service(
    'web',
    parseServiceSpec(
      new Map([
        ['replicas', '3'],
        ['ports', '8080:80'],
        ['delay', '2s'],
      ]),
    ),
  );
  rig.service(
    'job',
    parseServiceSpec(
      new Map([
        ['replicas', '2'],
        ['restart', 'on-failure'],
        ['attempts', '2'],
      ]),
    ),
  );
  rig.service(
    'slow',
    parseServiceSpec(
      new Map([
        ['replicas', '2'],
        ['ports', '0:80'],
        ['delay', '0s'],
        ['cpus', '2'],
        ['order', 'start-first'],
        ['onfailure', 'rollback'],
      ]),
    ),
  );
  rig.service(
    'agent',
    parseServiceSpec(
      new Map([
        ['mode', 'global'],
        ['delay', '1s'],
        ['onfailure', 'continue'],
      ]),
    ),
  );
  return rig;
}

function pick<Item>(items: readonly Item[], at: number): Item | undefined {
  return items[at % Math.max(1, items.length)];
}

/** Lets `step` happen; nothing happens when there is nothing to pick. */
export function perform(rig: DeciderRig, step: Action): void {
  if (step.kind === 'advance') rig.advance(step.ms);
  else if (step.kind === 'node') rig.nodeState(pick(nodeIds, step.node) ?? '', step.state);
  else if (step.kind === 'availability') {
    rig.nodeSpec(pick(nodeIds, step.node) ?? '', { availability: step.availability });
  } else if (step.kind === 'scale') {
    const replicated = rig.view.services().filter((service) => !isGlobal(service));
    const id = pick(replicated, step.service)?.id;
    if (id !== undefined) rig.scale(id, step.replicas);
  } else if (step.kind === 'respec') respec(rig, step.service, step.image);
  else if (step.kind === 'rollback') {
    const service = pick(rig.view.services(), step.service);
    if (service?.previous !== undefined) rig.update(service.id, 'rollback');
  } else if (step.kind === 'remove') {
    const id = serviceIds[step.service] ?? '';
    const claims = rig.view.claimsOf(id).map(({ space, key }) => giveBack(space, key, id));
    if (rig.view.service(id as never) !== undefined) {
      rig.fixture.change({ claims, ops: [deleteOp(Table.services, id)] });
    }
  } else if (step.kind === 'report') report(rig, step.task, step.state);
  else decide(rig, step.decider, step.key);
}

function isGlobal({ current }: ServiceRow): boolean {
  return current.spec.mode?.mode?.kind === 'global';
}

function respec(rig: DeciderRig, at: number, image: number): void {
  const service = pick(rig.view.services(), at);
  if (service === undefined) return;
  const { spec } = service.current;
  const container = newContainerSpec({ image: `image:${image}` });
  rig.update(service.id, { ...spec, task: newTaskSpec({ ...spec.task, container }) });
}

/** A node reports about a task that it has; states only go forward. */
function report(rig: DeciderRig, at: number, state: TaskState): void {
  const task = pick([...rig.view.tasks()].filter(isPlaced), at);
  if (task === undefined || state <= task.reportedState || isTerminal(task)) return;
  const mayRun = task.desiredState === TaskState.running;
  if (state === TaskState.running && !mayRun) return;
  rig.report(task, state);
}

function decide(rig: DeciderRig, at: number, keyAt: number): void {
  const decider = pick(deciders, at);
  const key = decider && pick([...decider.allKeys(rig.view)], keyAt);
  if (decider !== undefined && key !== undefined) rig.settle(decider, key, 50);
}

/** Holds what must be true at every moment: one wanted task a slot, start-first one more while it is replaced; one holder an address. */
export function checkSafety(rig: DeciderRig): void {
  const wanted = new Map<string, number>();
  const owners = new Map<string, string>();
  for (const task of rig.view.tasks()) {
    const slot = `${task.serviceId}/${task.slot === 0 ? task.nodeId : task.slot}`;
    if (isLive(task)) {
      const count = (wanted.get(slot) ?? 0) + 1;
      wanted.set(slot, count);
      const most = task.revision.spec.update?.order === UpdateOrder.startFirst ? 2 : 1;
      expect(count, `wanted tasks in slot ${slot}`).toBeLessThanOrEqual(most);
    }
    if (isTerminal(task) || task.desiredState > TaskState.running) continue;
    for (const { address } of task.addresses) {
      expect(owners.get(address), `address ${address} given twice`).toBeUndefined();
      owners.set(address, task.id);
    }
  }
}

/** Everything heals, and nodes do what they are told, until nothing moves any more. */
export function calmDown(rig: DeciderRig): void {
  for (const id of nodeIds) {
    rig.nodeState(id, NodeState.nodeReady);
    rig.nodeSpec(id, { availability: NodeAvailability.active });
  }
  for (let round = 0; round < 12; round += 1) {
    rig.converge(deciders);
    const tasks = [...rig.view.tasks()];
    for (const task of tasks) obey(rig, task);
    rig.advance(70_000);
  }
  rig.converge(deciders);
}

export function obey(rig: DeciderRig, task: TaskRow): void {
  if (!isPlaced(task) || isTerminal(task)) return;
  if (task.desiredState > TaskState.running) rig.report(task, TaskState.shutdown);
  else if (task.desiredState > task.reportedState) rig.report(task, task.desiredState);
}

/** Holds what must be true in the end: the replicas that were asked for run or say why not, and nothing is left over. */
export function checkLiveness(rig: DeciderRig): void {
  for (const service of rig.view.services()) {
    const mode = service.current.spec.mode?.mode;
    const replicas = mode?.kind === 'replicated' ? mode.value.replicas : nodeIds.length;
    const tasks = rig.tasks(service.id);
    const slots = new Set(tasks.map(({ slot, nodeId }) => (slot === 0 ? nodeId : slot)));
    expect(slots.size, `slots of ${service.id}`).toBe(replicas);
    for (const task of tasks.filter(({ desiredState }) => desiredState <= TaskState.running)) {
      const isSettled = task.reportedState === TaskState.running || taskError(task) !== '';
      expect(isSettled, `${service.id}.${task.slot} runs or says why not`).toBe(true);
    }
    expect(tasks.filter(({ desiredState }) => desiredState === TaskState.remove)).toEqual([]);
  }
  const held = rig.view.claimCount('address/ingress');
  const services = rig.view
    .services()
    .filter(({ endpoint }) => (endpoint?.virtualIps.length ?? 0) > 0);
  const holders = [...rig.view.tasks()].filter(
    (task) => task.addresses.length > 0 && !isOver(task),
  );
  expect(held, 'addresses held').toBe(services.length + holders.length);
}
