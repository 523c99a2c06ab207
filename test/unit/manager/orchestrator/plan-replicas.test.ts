// Shows that scaling keeps exactly as many slots as asked, in the lowest numbers, and takes from the fullest node one by one.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planReplicas } from '../../../../manager/orchestrator/replicated/plan-replicas.ts';
import { slotsOf, type Slot } from '../../../../manager/orchestrator/slot/slot.ts';
import { TaskState } from '../../../../proto/gen/objects.ts';
import { ReplicatedDecider } from '../../../../manager/orchestrator/replicated/replicated.ts';
import { Allocator } from '../../../../manager/allocator/allocator.ts';
import { Scheduler } from '../../../../manager/scheduler/scheduler.ts';
import { DeciderRig } from '../../../lib/decider-rig.ts';
import { parseServiceSpec } from '../../../lib/decider-words.ts';

/** `replicas` slots over three nodes, of which those in `idle` do not run. */
function slotsWith(replicas: number, idle: readonly number[]): Slot[] {
  const rig = new DeciderRig();
  for (const id of ['n1', 'n2', 'n3']) rig.node(id);
  rig.service('web', parseServiceSpec(new Map([['replicas', String(replicas)]])));
  rig.converge([new ReplicatedDecider(), new Allocator(), new Scheduler()]);
  for (const task of rig.tasks('web')) {
    if (!idle.includes(task.slot)) rig.report(task, TaskState.running);
  }
  return slotsOf(rig.view.tasksOfService('web' as never));
}

/** Takes one slot after the other away, looking at all of them each time. */
function removeNaively(slots: readonly Slot[], count: number): number[] {
  let left = [...slots];
  for (let round = 0; round < count; round += 1) {
    const nodeOf = (slot: Slot): string => {
      const task = slot.tasks[0];
      return task?.reportedState === TaskState.running ? task.nodeId : '';
    };
    const size = (slot: Slot): number =>
      left.filter((other) => nodeOf(other) === nodeOf(slot)).length;
    const [next] = left.toSorted(
      (a, b) =>
        Number(nodeOf(a) !== '') - Number(nodeOf(b) !== '') ||
        (nodeOf(a) === '' ? 0 : size(b) - size(a)) ||
        b.number - a.number,
    );
    left = left.filter((slot) => slot !== next);
  }
  const kept = new Set(left);
  return slots.filter((slot) => !kept.has(slot)).map(({ number }) => number);
}

describe('scaling', () => {
  test('down equals taking slots away one by one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
        fc.nat({ max: 9 }),
        (replicas, idle, wanted) => {
          const slots = slotsWith(replicas, idle);
          const goal = Math.min(wanted, replicas);
          const plan = planReplicas(slots, { replicas: goal, slotsMax: 100 });
          expect(plan.remove.map(({ number }) => number)).toEqual(
            removeNaively(slots, replicas - goal),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  test('up takes the lowest free numbers, no more than a call may', () => {
    const slots = slotsWith(5, []).filter(({ number }) => number !== 2 && number !== 4);
    expect(planReplicas(slots, { replicas: 7, slotsMax: 3 })).toEqual({
      create: [2, 4, 6],
      remove: [],
      left: 1,
    });
  });
});
