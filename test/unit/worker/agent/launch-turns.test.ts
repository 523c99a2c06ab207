// Many tasks at once over an executor in memory on virtual time: how much of it the engine gets at one time, and in which order.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import { newAssignment } from '../../../../proto/gen/dispatcher.ts';
import { TaskState } from '../../../../proto/gen/objects.ts';
import type { TaskStatus } from '../../../../proto/gen/objects.ts';
import { TaskSet } from '../../../../worker/agent/task-set.ts';
import { FakeExecutor } from '../../../lib/fake-executor.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

class Rig {
  readonly clock = new VirtualClock();
  readonly executor = new FakeExecutor();
  readonly group = new TaskGroup();
  readonly statuses = new Map<string, TaskStatus>();
  readonly tasks: TaskSet;

  constructor() {
    this.tasks = new TaskSet({
      executor: this.executor,
      drained: async () => undefined,
      clock: this.clock,
      log: new KeptLog(),
      group: this.group,
      report: (taskId, status) => {
        this.statuses.set(taskId, status);
      },
      forget: () => undefined,
    });
    this.group.spawn('events', async (signal) => {
      for await (const event of this.executor.events(signal)) this.tasks.handle(event);
    });
  }

  async assign(desiredState: TaskState, ...taskIds: readonly string[]): Promise<void> {
    for (const taskId of taskIds)
      this.tasks.assign(newAssignment({ taskId, desiredState }), undefined);
    await this.clock.settle();
  }

  running(): number {
    return [...this.statuses.values()].filter(({ state }) => state === TaskState.running).length;
  }
}

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

afterEach(async () => {
  await rig.group[Symbol.asyncDispose]();
});

const more = limits.launchTurns + 4;
const names = Array.from({ length: more }, (_, index) => `t${String(index).padStart(2, '0')}`);

describe('many tasks', () => {
  test('are created and started a few at a time, the oldest first', async () => {
    const goOn = rig.executor.hold('start');
    await rig.assign(TaskState.running, ...names);
    const first = names.slice(0, limits.launchTurns);
    expect(rig.executor.calls.toSorted()).toEqual(
      [
        ...first.map((name) => `prepare ${name}`),
        ...first.map((name) => `start ${name}`),
      ].toSorted(),
    );
    goOn();
    await rig.clock.settle();
    expect(rig.running()).toBe(more);
    expect(rig.executor.calls.filter((call) => call.startsWith('prepare'))).toEqual(
      names.map((name) => `prepare ${name}`),
    );
  });

  test('that are not wanted any more before their turn came are never created', async () => {
    const goOn = rig.executor.hold('start');
    await rig.assign(TaskState.running, ...names);
    const last = names.at(-1) ?? '';
    const gone = names.at(-2) ?? '';
    await rig.assign(TaskState.shutdown, last);
    rig.tasks.remove(gone);
    await rig.clock.settle();
    expect(rig.statuses.get(last)?.state).toBe(TaskState.shutdown);
    goOn();
    await rig.clock.settle();
    expect(rig.running()).toBe(more - 2);
    expect(rig.executor.calls).not.toContain(`prepare ${last}`);
    expect(rig.executor.calls).not.toContain(`prepare ${gone}`);
  });

  test('that were made ready go before those that are not made, and give their turn up meanwhile', async () => {
    await rig.assign(TaskState.ready, 'ready');
    const goOn = rig.executor.hold('start');
    await rig.assign(TaskState.running, ...names);
    await rig.assign(TaskState.running, 'ready');
    rig.executor.calls.length = 0;
    goOn();
    await rig.clock.settle();
    expect(rig.executor.calls[0]).toBe('start ready');
    expect(rig.running()).toBe(more + 1);
  });

  test('that were made ready and are not wanted any more before their turn came are never started', async () => {
    await rig.assign(TaskState.ready, 'ready');
    rig.executor.hold('start');
    await rig.assign(TaskState.running, ...names);
    await rig.assign(TaskState.running, 'ready');
    await rig.assign(TaskState.shutdown, 'ready');
    expect(rig.executor.calls).not.toContain('start ready');
    expect(rig.statuses.get('ready')?.state).toBe(TaskState.shutdown);
  });

  test('are stopped and removed while creations hang', async () => {
    await rig.assign(TaskState.running, 'old', 'gone');
    rig.executor.hold('prepare');
    await rig.assign(TaskState.running, ...names);
    await rig.assign(TaskState.shutdown, 'old');
    rig.tasks.remove('gone');
    await rig.clock.settle();
    expect(rig.statuses.get('old')?.state).toBe(TaskState.shutdown);
    expect(rig.executor.containers.has('gone')).toBe(false);
  });

  test('wait no longer than a turn may take for creations that hang', async () => {
    rig.executor.hold('prepare');
    await rig.assign(TaskState.running, ...names);
    expect(rig.executor.calls).toHaveLength(limits.launchTurns);
    await rig.clock.advance(limits.engineTurnMs);
    expect(rig.executor.calls).toHaveLength(more);
  });

  test('whose images are pulled hold up nobody', async () => {
    const pulled = rig.executor.hold('pull');
    await rig.assign(TaskState.running, ...names);
    pulled();
    const goOn = rig.executor.hold('pull');
    await rig.assign(TaskState.running, ...names.map((name) => `slow-${name}`));
    expect(rig.running()).toBe(more);
    goOn();
    await rig.clock.settle();
    expect(rig.running()).toBe(2 * more);
  });

  test('that are refused, or whose engine is away, hand their turn on', async () => {
    for (const _ of names) rig.executor.failOnce('prepare', new ShoalError('engineRefused', 'no'));
    await rig.assign(TaskState.running, ...names);
    rig.executor.setAvailable(false);
    await rig.assign(TaskState.running, ...names.map((name) => `later-${name}`));
    rig.executor.setAvailable(true);
    await rig.clock.advance(5_000);
    expect(rig.running()).toBe(more);
  });
});
