// Shows the parts of the control loop on their own: the queue, the budget, cluster time, and the stamping of ids.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterTime } from '../../../../manager/store/cluster-time.ts';
import { Retries } from '../../../../manager/loop/retries.ts';
import { AdaptiveBudget } from '../../../../manager/loop/row-budget.ts';
import { stampIds } from '../../../../manager/loop/stamp.ts';
import { WorkQueue } from '../../../../manager/loop/work-queue.ts';
import { placeholderId } from '../../../../manager/store/decider.ts';
import { createOp, readOf, take } from '../../../../manager/store/ops.ts';
import { Facet, newTask, Table } from '../../../../proto/gen/objects.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { seededRandom } from '../../../../common/pure/random.ts';

function keysIn(queue: WorkQueue): string[] {
  const keys: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) keys.push(item.key);
  return keys;
}

describe('the queue', () => {
  test('gives each item once, in the order in which it was first asked for', () => {
    const queue = new WorkQueue();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add({ decider: 0, key });
    queue.add({ decider: 1, key: 'a' });
    expect(keysIn(queue)).toEqual(['a', 'b', 'c', 'a']);
  });

  test('an item that is taken may come again', () => {
    const queue = new WorkQueue();
    queue.add({ decider: 0, key: 'a' });
    queue.take();
    queue.add({ decider: 0, key: 'a' });
    expect(keysIn(queue)).toEqual(['a']);
  });

  test('an item that is held does not come before its time, whoever asks for it', () => {
    const queue = new WorkQueue();
    const item = { decider: 0, key: 'a' };
    queue.add(item);
    queue.hold(item, 100);
    queue.add(item);
    queue.addAt(item, 50);
    queue.wakeDue(99);
    expect(keysIn(queue)).toEqual([]);
    queue.wakeDue(100);
    expect(keysIn(queue)).toEqual(['a']);
    queue.add(item);
    expect(keysIn(queue)).toEqual(['a']);
  });

  test('wakes items in the order of their time, each at its earliest', () => {
    const wakes = fc.array(
      fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), atMs: fc.nat(50) }),
    );
    fc.assert(
      fc.property(wakes, fc.nat(60), (asked, nowMs) => {
        const queue = new WorkQueue();
        const earliest = new Map<string, number>();
        for (const { key, atMs } of asked) {
          queue.addAt({ decider: 0, key }, atMs);
          earliest.set(key, Math.min(atMs, earliest.get(key) ?? Number.POSITIVE_INFINITY));
        }
        queue.wakeDue(nowMs);
        const due = [...earliest].filter(([, atMs]) => atMs <= nowMs);
        const later = [...earliest].filter(([, atMs]) => atMs > nowMs);
        const woken = keysIn(queue);
        expect(woken.toSorted()).toEqual(due.map(([key]) => key).toSorted());
        const times = woken.map((key) => earliest.get(key) ?? 0);
        expect(times).toEqual(times.toSorted((left, right) => left - right));
        const next = later.length === 0 ? undefined : Math.min(...later.map(([, atMs]) => atMs));
        expect(queue.nextDueMs()).toBe(next);
      }),
    );
  });
});

describe('the budget', () => {
  test('is halved by a slow decision and raised by a fast one that used it up', () => {
    const adaptive = new AdaptiveBudget(undefined);
    const first = adaptive.next();
    while (first.spend(1));
    const rows = first.spent;
    adaptive.learn(first, limits.loopSliceMs + 1);
    const second = adaptive.next();
    while (second.spend(1));
    expect(second.spent).toBe(rows / 2);
    adaptive.learn(second, 0);
    const third = adaptive.next();
    while (third.spend(1));
    expect(third.spent).toBe(rows);
  });

  test('stays as it is when it is fixed', () => {
    const fixed = new AdaptiveBudget(10);
    fixed.learn(fixed.next(), 1000);
    const budget = fixed.next();
    while (budget.spend(1));
    expect(budget.spent).toBe(10);
  });
});

describe('cluster time', () => {
  test('goes on between sets and never back', () => {
    const time = new ClusterTime(1000, 50);
    expect(time.at(1000, 150)).toBe(1100);
    expect(time.at(1020, 160)).toBe(1110);
    expect(time.at(5000, 170)).toBe(5000);
    expect(time.at(5000, 180.5)).toBe(5010);
  });
});

describe('retries', () => {
  test('the first is at once, the others wait ever longer, up to a limit', () => {
    const retries = new Retries(seededRandom(1));
    const delays = Array.from({ length: 20 }, () => retries.nextDelayMs('a'));
    expect(delays[0]).toBe(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(limits.loopRetryMsMax);
    expect(delays.at(-1)).toBeGreaterThanOrEqual(limits.loopRetryMsMax / 2);
    retries.clear('a');
    expect(retries.nextDelayMs('a')).toBe(0);
  });
});

describe('stamping', () => {
  const draft = {
    reason: 'test',
    reads: [readOf({ table: Table.tasks, key: placeholderId(2), facet: Facet.row }, 0)],
    claims: [take('space', 'key', placeholderId(1)), take(placeholderId(1), 'key', 'owner')],
    ops: [
      createOp({ kind: 'task', value: newTask({ id: placeholderId(1), serviceId: 'web' }) }),
      createOp({ kind: 'task', value: newTask({ id: placeholderId(2), serviceId: 'web' }) }),
    ],
  };

  test('gives one id to one placeholder wherever it stands', () => {
    const [stamped] = stampIds([draft], seededRandom(1));
    const created = stamped?.ops.map(({ op }) =>
      op?.kind === 'create' ? op.value.object?.value.id : '',
    );
    expect(new Set(created).size).toBe(2);
    expect(stamped?.claims[0]?.owner).toBe(created?.[0]);
    expect(stamped?.claims[1]?.space).toBe(created?.[0]);
    expect(stamped?.reads[0]?.key).toBe(created?.[1]);
    expect(JSON.stringify(stamped)).not.toContain('\\u0001');
  });

  test('leaves a set that creates nothing as it is', () => {
    const plain = { ...draft, reads: [], claims: [], ops: [] };
    expect(stampIds([plain], seededRandom(1))[0]).toBe(plain);
  });
});
