// Shows that the scheduler, which looks at nodes in a kept order until one fits, picks what a look at every node for every task picks, and
// says the same of tasks that fit nowhere.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allocator } from '../../../../manager/allocator/allocator.ts';
import { ReplicatedDecider } from '../../../../manager/orchestrator/replicated/replicated.ts';
import type { Demand, Offer } from '../../../../manager/scheduler/filters/filter.ts';
import { Pipeline } from '../../../../manager/scheduler/filters/pipeline.ts';
import { hostPortKey, hostPortsOf } from '../../../../manager/scheduler/host-port.ts';
import { Scheduler } from '../../../../manager/scheduler/scheduler.ts';
import { readWhole } from '../../../../manager/store/decider.ts';
import type { NodeRow, TaskRow } from '../../../../manager/store/rows.ts';
import { isPlaced, isTerminal } from '../../../../manager/store/task-state.ts';
import type { StoreView } from '../../../../manager/store/view.ts';
import { NodeState, TaskState } from '../../../../proto/gen/objects.ts';
import { newTaskSpec, NodeAvailability, type PortConfig } from '../../../../proto/gen/specs.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';
import { parseServiceSpec } from '../../../lib/decider-words.ts';

const zones = ['a', 'b', ''];
const cluster = fc.record({
  nodes: fc.array(
    fc.record({
      zone: fc.constantFrom(...zones),
      rack: fc.constantFrom('1', '2'),
      cpus: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  services: fc.array(
    fc.record({
      replicas: fc.nat({ max: 9 }),
      cpus: fc.nat({ max: 1 }),
      max: fc.nat({ max: 3 }),
      port: fc.nat({ max: 4 }).map((n) => (n === 0 ? 'host:8080:80' : '')),
      constraints: fc.constantFrom('', '', 'node.labels.zone==a', 'node.labels.zone!=b'),
      spread: fc.constantFrom('', '', 'node.labels.zone', 'node.labels.zone,node.labels.rack'),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  steps: fc.array(fc.nat(), { maxLength: 25 }),
});

type Shape = typeof cluster extends fc.Arbitrary<infer Of> ? Of : never;

function wordsOf(service: Shape['services'][number], image: string): Map<string, string> {
  const { replicas, cpus, max, port, constraints, spread } = service;
  const words = { replicas, cpus, max, ports: port, constraints, spread, image };
  return new Map(Object.entries(words).map(([name, value]) => [name, String(value)]));
}

/** What all tasks that wait get, and what is said of those that fit nowhere: every node is looked at for each. */
function pickNaively(view: StoreView, serviceId: string): Map<string, string> {
  const placedOn = new Map<string, string>();
  const waiting = [...view.tasks()].filter(
    (task) => task.serviceId === serviceId && !isPlaced(task) && isWaiting(task),
  );
  const versions: number[] = [];
  waiting.sort((left, right) => left.slot - right.slot || (left.id < right.id ? -1 : 1));
  for (const { revision } of waiting)
    if (!versions.includes(revision.version)) versions.push(revision.version);
  for (const version of versions) {
    for (const task of waiting.filter(({ revision }) => revision.version === version)) {
      placedOn.set(task.id, pickFor(view, task, placedOn));
    }
  }
  return placedOn;
}

function isWaiting(task: TaskRow): boolean {
  return task.allocatedAtMs > 0 && task.desiredState <= TaskState.running && !isTerminal(task);
}

/** The id of the best of all nodes, or why there is none. */
function pickFor(view: StoreView, task: TaskRow, placedOn: ReadonlyMap<string, string>): string {
  const { spec } = task.revision;
  const { serviceId } = task;
  const demand: Demand = {
    serviceId,
    spec: spec.task ?? newTaskSpec(),
    hostPorts: hostPortsOf(spec),
  };
  const pipeline = new Pipeline(demand);
  const offers = view.nodes().map((row) => offerOf(view, row, { serviceId, placedOn }));
  const isOpen = new Map(offers.map((offer) => [offer, pipeline.admits(offer)]));
  let level = offers;
  for (const preference of demand.spec.placement?.spreadPreferences ?? []) {
    const groups = Map.groupBy(level, ({ row }) => valueOf(row, preference));
    const open = [...groups].filter(([, group]) => group.some((offer) => isOpen.get(offer)));
    level =
      open.toSorted(([left, of], [right, than]) => {
        return sumOf(of) - sumOf(than) || (left < right ? -1 : 1);
      })[0]?.[1] ?? [];
  }
  const best = level
    .filter((offer) => isOpen.get(offer))
    .toSorted(
      (left, right) =>
        left.serviceTasks - right.serviceTasks ||
        left.totalTasks - right.totalTasks ||
        (left.row.id < right.row.id ? -1 : 1),
    )[0];
  return best?.row.id ?? pipeline.explain();
}

function valueOf(row: NodeRow, path: string): string {
  return row.spec.labels.get(path.slice('node.labels.'.length)) ?? '';
}

function sumOf(offers: readonly Offer[]): number {
  return offers.reduce((sum, { serviceTasks }) => sum + serviceTasks, 0);
}

function offerOf(
  view: StoreView,
  row: NodeRow,
  more: { readonly serviceId: string; readonly placedOn: ReadonlyMap<string, string> },
): Offer {
  const here = [...view.tasks()].filter(
    (task) =>
      !isTerminal(task) &&
      (isPlaced(task) ? task.nodeId === row.id : more.placedOn.get(task.id) === row.id),
  );
  const wanted = here.filter(({ desiredState }) => desiredState <= TaskState.running);
  const ports = new Set(
    here.flatMap(({ revision }) => hostPortsOf(revision.spec)).map(hostPortKey),
  );
  const reserved = here.map(({ revision }) => revision.spec.task?.reservations);
  const sum = (numbers: readonly number[]): number =>
    numbers.reduce((left, right) => left + right, 0);
  return {
    row,
    serviceTasks: wanted.filter(({ serviceId }) => serviceId === more.serviceId).length,
    totalTasks: wanted.length,
    freeNanoCpus:
      (row.status.description?.nanoCpus ?? 0) - sum(reserved.map((of) => of?.nanoCpus ?? 0)),
    freeMemoryBytes:
      (row.status.description?.memoryBytes ?? 0) - sum(reserved.map((of) => of?.memoryBytes ?? 0)),
    usesHostPort: (port: PortConfig) => ports.has(hostPortKey(port)),
  };
}

/** Something happens to the cluster: tasks fail or are given up, nodes go and come, a service gets another spec. */
function disturb(rig: DeciderRig, shape: Shape, step: number): void {
  const tasks = [...rig.view.tasks()];
  const task = tasks[step % Math.max(1, tasks.length)];
  const node = `n${step % shape.nodes.length}`;
  const at = step % shape.services.length;
  const service = shape.services[at];
  const isOdd = step % 2 === 1;
  const what = step % 6;
  if (what === 0) rig.nodeState(node, isOdd ? NodeState.nodeDown : NodeState.nodeReady);
  else if (what === 1) rig.nodeState(node, NodeState.nodeReady);
  else if (what === 2) rig.nodeSpec(node, { availability: NodeAvailability.drain });
  else if (what === 3 && service !== undefined)
    rig.update(`s${at}`, parseServiceSpec(wordsOf(service, `again:${step}`)));
  else if (task !== undefined && task.reportedState < TaskState.failed) {
    rig.report(task, TaskState.failed);
    rig.desire(task, TaskState.remove);
  }
}

function outcomeOf(task: TaskRow | undefined): string {
  if (task === undefined) return '';
  return isPlaced(task) ? task.nodeId : task.explanation;
}

test('the pick in kept order is the pick of a look at every node', () => {
  let refused = 0;
  let placed = 0;
  fc.assert(
    fc.property(cluster, fc.boolean(), (shape, isFollowed) => {
      const rig = new DeciderRig();
      for (const [at, { zone, rack, cpus }] of shape.nodes.entries()) {
        const labels = new Map<string, string>([['rack', rack]]);
        if (zone !== '') labels.set('zone', zone);
        rig.node(`n${at}`, { spec: { labels }, description: { nanoCpus: cpus * 1e9 } });
      }
      for (const [at, service] of shape.services.entries())
        rig.service(`s${at}`, parseServiceSpec(wordsOf(service, 'first:1')));
      const scheduler = new Scheduler();
      if (isFollowed) readWhole(scheduler.follower, rig.view);
      const watcher = rig.fixture.store.watch(undefined, () => undefined);
      const follow = (): void => {
        const take = watcher.take();
        if (take.kind === 'events')
          for (const event of take.events) scheduler.follower.follow(event);
      };
      for (const step of [0, ...shape.steps]) {
        if (step > 0) disturb(rig, shape, step);
        rig.converge([new ReplicatedDecider(), new Allocator()]);
        for (const at of shape.services.keys()) {
          follow();
          const expected = pickNaively(rig.view, `s${at}`);
          rig.apply(rig.ask(scheduler, `service/s${at}`).sets);
          for (const [id, outcome] of expected) {
            const task = rig.view.task(id as TaskRow['id']);
            if (task !== undefined && isPlaced(task)) placed += 1;
            else refused += 1;
            expect(outcomeOf(task)).toBe(outcome);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
  expect(placed).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});
