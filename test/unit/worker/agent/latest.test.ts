// Shows that only the newest value is told, until it was taken.
import { expect, test } from 'vitest';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import { Latest } from '../../../../worker/agent/latest.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const log = new KeptLog();

test('what the other side has is not told, what changes is, and what was replaced meanwhile is not', async () => {
  const clock = new VirtualClock();
  const told: number[] = [];
  let gate = Promise.withResolvers<void>();
  await using group = new TaskGroup();
  const latest = new Latest(1);
  const send = async (value: number): Promise<void> => {
    told.push(value);
    await gate.promise;
  };
  group.spawn('run', (signal) => latest.run({ clock, log, send }, signal));
  latest.put(1);
  await clock.settle();
  expect(told).toEqual([]);
  latest.put(2);
  await clock.settle();
  latest.put(3);
  latest.put(4);
  gate.resolve();
  gate = Promise.withResolvers();
  await clock.settle();
  expect(told).toEqual([2, 4]);
  gate.resolve();
});

test('a value that was not taken is told again, unless nobody will ever take it', async () => {
  const clock = new VirtualClock();
  const answers = [new ShoalError('timeout', 't'), undefined, new ShoalError('notFound', 'n')];
  let calls = 0;
  await using group = new TaskGroup();
  const latest = new Latest<number>();
  const send = async (): Promise<void> => {
    calls += 1;
    const answer = answers.shift();
    if (answer !== undefined) throw answer;
  };
  group.spawn('run', (signal) => latest.run({ clock, log, send }, signal));
  latest.put(1);
  await clock.advance(249);
  expect(calls).toBe(1);
  await clock.advance(1);
  expect(calls).toBe(2);
  await clock.advance(10_000);
  expect(calls).toBe(2);
  latest.put(2);
  await expect(group.settle()).rejects.toMatchObject({ code: 'notFound' });
});
