// Shows that placement equals a naive implementation, never exceeds what a node has, and that the index that follows the
// view says what a fresh one says.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Allocator } from '../../../../manager/allocator/allocator.ts';
import { ReplicatedDecider } from '../../../../manager/orchestrator/replicated/replicated.ts';
import { NodeIndex } from '../../../../manager/scheduler/node-index.ts';
import { Scheduler } from '../../../../manager/scheduler/scheduler.ts';
import type { TaskRow } from '../../../../manager/store/rows.ts';
import { TaskState } from '../../../../proto/gen/objects.ts';
import { readWhole } from '../../../../manager/store/decider.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';
import { parseServiceSpec } from '../../../lib/decider-words.ts';

const cluster = fc.record({
  nodes: fc.array(fc.record({ zone: fc.constantFrom('a', 'b', ''), cpus: fc.nat({ max: 4 }) }), {
    minLength: 1,
    maxLength: 6,
  }),
  services: fc.array(
    fc.record({
      replicas: fc.nat({ max: 9 }),
      cpus: fc.nat({ max: 2 }),
      max: fc.nat({ max: 3 }),
      spread: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

type ClusterShape = typeof cluster extends fc.Arbitrary<infer Shape> ? Shape : never;

function build(shape: ClusterShape): { readonly rig: DeciderRig; readonly ids: readonly string[] } {
  const rig = new DeciderRig();
  for (const [index, { zone, cpus }] of shape.nodes.entries()) {
    const labels = zone === '' ? new Map<string, string>() : new Map([['zone', zone]]);
    rig.node(`n${index}`, { spec: { labels }, description: { nanoCpus: cpus * 1e9 } });
  }
  const ids = shape.services.map((service, index) => {
    const options = new Map([
      ['replicas', String(service.replicas)],
      ['cpus', String(service.cpus)],
      ['max', String(service.max)],
    ]);
    if (service.spread) options.set('spread', 'node.labels.zone');
    rig.service(`s${index}`, parseServiceSpec(options));
    return `s${index}`;
  });
  rig.converge([new ReplicatedDecider(), new Allocator()]);
  return { rig, ids };
}

interface NaiveNode {
  readonly id: string;
  readonly zone: string;
  cpus: number;
  readonly tasks: string[];
}

function count(tasks: readonly string[], service: string): number {
  return tasks.filter((name) => name === service).length;
}

/** Tries every node for every task, one after the other. */
function placeNaively(shape: ClusterShape): (string | undefined)[][] {
  const nodes: NaiveNode[] = shape.nodes.map(({ zone, cpus }, index) => ({
    id: `n${index}`,
    zone,
    cpus,
    tasks: [],
  }));
  return shape.services.map((service, at) =>
    Array.from({ length: service.replicas }, () => {
      const name = `s${at}`;
      const zoneCount = (zone: string): number =>
        nodes
          .filter((node) => node.zone === zone)
          .reduce((sum, node) => sum + count(node.tasks, name), 0);
      const best = nodes
        .filter((node) => fits(node, service, name))
        .toSorted(
          (left, right) =>
            (service.spread
              ? zoneCount(left.zone) - zoneCount(right.zone) ||
                (left.zone < right.zone ? -1 : Number(left.zone > right.zone))
              : 0) ||
            count(left.tasks, name) - count(right.tasks, name) ||
            left.tasks.length - right.tasks.length ||
            (left.id < right.id ? -1 : 1),
        )[0];
      if (best === undefined) return undefined;
      best.tasks.push(name);
      best.cpus -= service.cpus;
      return best.id;
    }),
  );
}

function fits(node: NaiveNode, service: ClusterShape['services'][number], name: string): boolean {
  return service.cpus <= node.cpus && (service.max === 0 || count(node.tasks, name) < service.max);
}

function nodesOf(tasks: readonly TaskRow[]): (string | undefined)[] {
  return tasks.map(({ nodeId }) => (nodeId === '' ? undefined : nodeId));
}

describe('placement', () => {
  test('equals that of a naive implementation, whatever the budget', () => {
    fc.assert(
      fc.property(cluster, fc.boolean(), (shape, isTight) => {
        const { rig, ids } = build(shape);
        const scheduler = new Scheduler();
        for (const id of ids) rig.settle(scheduler, `service/${id}`, isTight ? 1 : undefined);
        expect(ids.map((id) => nodesOf(rig.tasks(id)))).toEqual(placeNaively(shape));
      }),
      { numRuns: 150 },
    );
  });

  test('never reserves more than a node has', () => {
    fc.assert(
      fc.property(cluster, (shape) => {
        const { rig, ids } = build(shape);
        for (const id of ids) rig.settle(new Scheduler(), `service/${id}`);
        const index = NodeIndex.of(rig.view);
        for (const node of rig.view.nodes()) {
          const has = node.status.description?.nanoCpus ?? 0;
          expect(index.loadOf(node.id).nanoCpus).toBeLessThanOrEqual(has);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the index', () => {
  test('follows the view as if it were made anew', () => {
    fc.assert(
      fc.property(cluster, fc.array(fc.nat(), { maxLength: 30 }), (shape, picks) => {
        const { rig, ids } = build(shape);
        const followed = new NodeIndex();
        readWhole(followed, rig.view);
        const watcher = rig.fixture.store.watch(undefined, () => undefined);
        for (const id of ids) rig.settle(new Scheduler(), `service/${id}`);
        for (const pick of picks) disturb(rig, pick);
        const take = watcher.take();
        if (take.kind === 'events') for (const event of take.events) followed.follow(event);
        const fresh = NodeIndex.of(rig.view);
        for (const node of rig.view.nodes()) {
          expect(followed.loadOf(node.id)).toEqual(fresh.loadOf(node.id));
        }
        for (const id of ids) {
          expect(followed.waitingOf(id)).toEqual(fresh.waitingOf(id));
          expect([...followed.inOrderFor(id)]).toEqual([...fresh.inOrderFor(id)]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

function disturb(rig: DeciderRig, pick: number): void {
  const tasks = [...rig.view.tasks()];
  const task = tasks[pick % Math.max(1, tasks.length)];
  if (task === undefined) return;
  const state = [TaskState.running, TaskState.failed, TaskState.shutdown][pick % 3];
  if (pick % 2 === 0 && state !== undefined && state > task.reportedState) rig.report(task, state);
  else rig.desire(task, pick % 4 === 1 ? TaskState.shutdown : TaskState.remove);
}
