// Shows that whatever happens to a cluster, every decider's work comes to rest at once, that no slot ever has two tasks
// that are meant to run, and that in the end each service has what it asks for, or says why not.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allocator } from '../../../../manager/allocator/allocator.ts';
import { ReaperDecider } from '../../../../manager/orchestrator/reaper/reaper.ts';
import { ReplicatedDecider } from '../../../../manager/orchestrator/replicated/replicated.ts';
import { RestartDecider } from '../../../../manager/orchestrator/restart/restart.ts';
import { Scheduler } from '../../../../manager/scheduler/scheduler.ts';
import type { TaskRow } from '../../../../manager/store/rows.ts';
import { isTerminal, taskError } from '../../../../manager/store/task-state.ts';
import { NodeState, TaskState } from '../../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../../proto/gen/specs.ts';
import { createOp, deleteOp, giveBack } from '../../../../manager/store/ops.ts';
import {
  newCluster,
  newClusterLifecycle,
  newNetwork,
  newNetworkAllocation,
  Table,
} from '../../../../proto/gen/objects.ts';
import { newClusterSpec, newNetworkSpec } from '../../../../proto/gen/specs.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';
import { parseServiceSpec } from '../../../lib/decider-words.ts';

const nodeIds = ['n1', 'n2', 'n3'];
const serviceIds = ['web', 'job', 'slow'];

type Action =
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
  | { readonly kind: 'decide'; readonly decider: number; readonly key: number };

const small = fc.nat({ max: 40 });
const action: fc.Arbitrary<Action> = fc.oneof(
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
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('remove' as const), service: fc.constant(2) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('decide' as const), decider: small, key: fc.nat() }),
  },
);

const deciders = [
  new ReplicatedDecider(),
  new RestartDecider(),
  new ReaperDecider(),
  new Allocator(),
  new Scheduler(),
];

function newWorld(): DeciderRig {
  const rig = new DeciderRig();
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
      ]),
    ),
  );
  return rig;
}

function pick<Item>(items: readonly Item[], at: number): Item | undefined {
  return items[at % Math.max(1, items.length)];
}

function perform(rig: DeciderRig, step: Action): void {
  if (step.kind === 'advance') rig.advance(step.ms);
  else if (step.kind === 'node') rig.nodeState(pick(nodeIds, step.node) ?? '', step.state);
  else if (step.kind === 'availability') {
    rig.nodeSpec(pick(nodeIds, step.node) ?? '', { availability: step.availability });
  } else if (step.kind === 'scale') {
    const id = pick(rig.view.services(), step.service)?.id;
    if (id !== undefined) rig.scale(id, step.replicas);
  } else if (step.kind === 'remove') {
    const id = serviceIds[step.service] ?? '';
    const claims = rig.view.claimsOf(id).map(({ space, key }) => giveBack(space, key, id));
    if (rig.view.service(id as never) !== undefined) {
      rig.fixture.change({ claims, ops: [deleteOp(Table.services, id)] });
    }
  } else if (step.kind === 'report') report(rig, step.task, step.state);
  else decide(rig, step.decider, step.key);
}

/** A node reports about a task that it has; states only go forward. */
function report(rig: DeciderRig, at: number, state: TaskState): void {
  const task = pick(
    [...rig.view.tasks()].filter(({ nodeId }) => nodeId !== ''),
    at,
  );
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

function checkSafety(rig: DeciderRig): void {
  const wanted = new Set<string>();
  const owners = new Map<string, string>();
  for (const task of rig.view.tasks()) {
    const slot = `${task.serviceId}/${task.slot}`;
    if (task.desiredState <= TaskState.running) {
      expect(wanted.has(slot), `two wanted tasks in slot ${slot}`).toBe(false);
      wanted.add(slot);
    }
    if (isTerminal(task) || task.desiredState > TaskState.running) continue;
    for (const { address } of task.addresses) {
      expect(owners.get(address), `address ${address} given twice`).toBeUndefined();
      owners.set(address, task.id);
    }
  }
}

/** Everything heals, and nodes do what they are told, until nothing moves any more. */
function calmDown(rig: DeciderRig): void {
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

function obey(rig: DeciderRig, task: TaskRow): void {
  if (task.nodeId === '' || isTerminal(task)) return;
  if (task.desiredState > TaskState.running) rig.report(task, TaskState.shutdown);
  else if (task.desiredState > task.reportedState) rig.report(task, task.desiredState);
}

function checkLiveness(rig: DeciderRig): void {
  for (const service of rig.view.services()) {
    const mode = service.current.spec.mode?.mode;
    const replicas = mode?.kind === 'replicated' ? mode.value.replicas : 0;
    const tasks = rig.tasks(service.id);
    const slots = new Set(tasks.map(({ slot }) => slot));
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
    (task) => task.addresses.length > 0 && !isTerminal(task),
  );
  expect(held, 'addresses held').toBe(services.length + holders.length);
}

describe('the deciders together', () => {
  test('keep every slot to one wanted task, and settle on what was asked for', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 120 }), (steps) => {
        const rig = newWorld();
        for (const step of steps) {
          perform(rig, step);
          checkSafety(rig);
        }
        calmDown(rig);
        checkSafety(rig);
        checkLiveness(rig);
      }),
      { numRuns: 60 },
    );
  });
});
