// Drives tasks over an executor in memory on virtual time, and shows what is reported and what is done to containers.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import { newAssignment, newNodeNetwork } from '../../../../proto/gen/dispatcher.ts';
import type { Assignment } from '../../../../proto/gen/dispatcher.ts';
import { newTaskAddress, newTaskStatus, TaskState } from '../../../../proto/gen/objects.ts';
import type { TaskStatus } from '../../../../proto/gen/objects.ts';
import { newContainerSpec, newTaskSpec } from '../../../../proto/gen/specs.ts';
import { TaskSet } from '../../../../worker/agent/task-set.ts';
import { FakeExecutor } from '../../../lib/fake-executor.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { OpenConnections } from '../../../lib/open-connections.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

class Rig {
  readonly clock = new VirtualClock();
  readonly executor = new FakeExecutor();
  readonly log = new KeptLog();
  readonly group = new TaskGroup();
  readonly reported: string[] = [];
  readonly statuses = new Map<string, TaskStatus>();
  readonly forgotten: string[] = [];
  readonly connections = new OpenConnections();
  readonly tasks: TaskSet;

  constructor() {
    this.tasks = new TaskSet({
      executor: this.executor,
      drained: (taskId, signal) => this.connections.drained(taskId, signal),
      clock: this.clock,
      log: this.log,
      group: this.group,
      report: (taskId, status) => {
        this.statuses.set(taskId, status);
        this.reported.push(`${taskId} ${status.state} ${status.message} ${status.error}`.trim());
      },
      forget: (taskId) => this.forgotten.push(taskId),
    });
    this.group.spawn('events', async (signal) => {
      for await (const event of this.executor.events(signal)) this.tasks.handle(event);
    });
  }

  async assign(
    taskId: string,
    desiredState: TaskState = TaskState.running,
    fields: Partial<Assignment> = {},
  ): Promise<void> {
    this.tasks.assign(newAssignment({ taskId, desiredState, ...fields }), undefined);
    await this.clock.settle();
  }

  state(taskId: string): TaskState | undefined {
    return this.statuses.get(taskId)?.state;
  }
}

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

afterEach(async () => {
  await rig.group[Symbol.asyncDispose]();
});

const refused = new ShoalError('engineRefused', 'no space left on device');

describe('a task', () => {
  test('is prepared, started, and runs', async () => {
    await rig.assign('a');
    expect(rig.reported).toEqual(['a 320 preparing', 'a 448 starting', 'a 512 started']);
    expect(rig.executor.calls).toEqual(['prepare a', 'start a']);
    expect(rig.statuses.get('a')).toMatchObject({ containerId: 'container-of-a', pid: 1001 });
  });

  test('is prepared only, until it is wanted to run', async () => {
    await rig.assign('a', TaskState.ready);
    expect(rig.state('a')).toBe(TaskState.ready);
    await rig.clock.advance(60_000);
    expect(rig.executor.calls).toEqual(['prepare a']);
    await rig.assign('a', TaskState.running);
    expect(rig.state('a')).toBe(TaskState.running);
  });

  test('that cannot be prepared is rejected in the words of the engine', async () => {
    rig.executor.failOnce('prepare', new ShoalError('notFound', 'No such image: nope'));
    await rig.assign('a');
    expect(rig.reported.at(-1)).toBe('a 768 preparing No such image: nope');
    await rig.clock.advance(60_000);
    expect(rig.executor.calls).toEqual(['prepare a']);
  });

  test('that cannot be started has failed in the words of the engine', async () => {
    rig.executor.failOnce('start', refused);
    await rig.assign('a');
    expect(rig.reported.at(-1)).toBe('a 704 starting no space left on device');
  });

  test('that was taken off its network has failed, and its container is stopped', async () => {
    const addresses = [newTaskAddress({ networkId: 'ingress', address: '10.0.0.7/24' })];
    await rig.assign('a', TaskState.running, { addresses });
    expect(rig.state('a')).toBe(TaskState.running);
    rig.executor.change('a', { addresses: [] });
    await rig.clock.settle();
    expect(rig.reported.at(-1)).toBe(
      'a 704 started the container was disconnected from the network of its address 10.0.0.7',
    );
    expect(rig.executor.containers.get('a')?.state).toBe('exited');
  });

  test('keeps words for people within their limit', async () => {
    rig.executor.failOnce('start', new ShoalError('engineRefused', 'x'.repeat(100_000)));
    await rig.assign('a');
    expect(rig.statuses.get('a')?.error).toHaveLength(limits.taskTextLength);
  });

  test.each([
    [0, TaskState.complete, ''],
    [3, TaskState.failed, 'task: non-zero exit (3)'],
  ])('that exits with %d ends as such', async (exitCode, state, error) => {
    await rig.assign('a');
    rig.executor.change('a', { state: 'exited', exitCode });
    await rig.clock.settle();
    expect(rig.statuses.get('a')).toMatchObject({ state, error, exitCode });
    expect(rig.executor.containers.has('a')).toBe(true);
  });

  test('with a health check runs once it is healthy', async () => {
    rig.executor.startHealth = 'starting';
    await rig.assign('a');
    expect(rig.state('a')).toBe(TaskState.starting);
    rig.executor.change('a', { health: 'healthy' });
    await rig.clock.settle();
    expect(rig.state('a')).toBe(TaskState.running);
  });

  test('that becomes unhealthy has failed and is stopped', async () => {
    await rig.assign('a');
    rig.executor.change('a', { health: 'unhealthy' });
    await rig.clock.settle();
    expect(rig.reported.at(-1)).toBe('a 704 started unhealthy container');
    expect(rig.executor.calls.at(-1)).toBe('stop a 10000');
    expect(rig.executor.containers.get('a')?.state).toBe('exited');
  });

  test('tells of a pull while it lasts, and not after', async () => {
    const release = rig.executor.hold('prepare');
    await rig.assign('a');
    rig.executor.tell('a', 'pulling image web');
    rig.executor.tell('a', 'pulling image web');
    expect(rig.reported).toEqual(['a 320 preparing', 'a 320 pulling image web']);
    release();
    await rig.clock.settle();
    rig.executor.tell('a', 'late');
    expect(rig.reported.at(-1)).toBe('a 512 started');
  });
});

describe('a task that is to stop', () => {
  test('gets the grace of its spec', async () => {
    const spec = newTaskSpec({ container: newContainerSpec({ stopGracePeriodNs: 2.5e9 }) });
    await rig.assign('a', TaskState.running, { spec });
    await rig.assign('a', TaskState.shutdown, { spec });
    expect(rig.executor.calls.at(-1)).toBe('stop a 2500');
    expect(rig.state('a')).toBe(TaskState.shutdown);
  });

  test('gives up a long pull at once', async () => {
    rig.executor.hold('prepare');
    await rig.assign('a');
    await rig.assign('a', TaskState.shutdown);
    expect(rig.reported).toEqual(['a 320 preparing', 'a 640 shutdown']);
  });

  test('while it was being looked at is not prepared', async () => {
    const release = rig.executor.hold('inspect');
    await rig.assign('a');
    await rig.assign('a', TaskState.shutdown);
    release();
    await rig.clock.settle();
    expect(rig.executor.calls).toEqual([]);
    expect(rig.state('a')).toBe(TaskState.shutdown);
  });

  test('and cannot be stopped has failed, with the words of the engine', async () => {
    await rig.assign('a');
    rig.executor.failOnce('stop', refused);
    await rig.assign('a', TaskState.shutdown);
    expect(rig.reported.at(-1)).toBe('a 704 stopping failed no space left on device');
  });
});

describe('an engine that does not answer', () => {
  test('leaves the task as it is, and is asked again', async () => {
    rig.executor.setAvailable(false);
    await rig.assign('a');
    await rig.clock.advance(10_000);
    expect(rig.reported).toEqual([]);
    rig.executor.setAvailable(true);
    await rig.clock.settle();
    expect(rig.state('a')).toBe(TaskState.running);
    expect(rig.log.lines).toEqual([]);
  });

  test('in the middle of an action does not fail the task', async () => {
    rig.executor.failOnce('start', new ShoalError('engineUnavailable', 'connection refused'));
    await rig.assign('a');
    expect(rig.state('a')).toBe(TaskState.starting);
    await rig.clock.advance(1_000);
    expect(rig.executor.calls).toEqual(['prepare a', 'start a', 'start a']);
    expect(rig.state('a')).toBe(TaskState.running);
  });

  test('is asked about once a second and task, not in a loop', async () => {
    rig.executor.setAvailable(false);
    await rig.assign('a');
    let steps = 0;
    while (rig.clock.nowMs() < 10_000 && (await rig.clock.step())) steps += 1;
    expect(steps).toBeLessThan(25);
  });

  test('for another reason than the task is logged once', async () => {
    for (let round = 0; round < 5; round += 1) {
      rig.executor.failOnce('inspect', new ShoalError('unavailable', 'socket closed'));
    }
    await rig.assign('a');
    await rig.clock.advance(10_000);
    expect(rig.log.lines.map((line) => line.message)).toEqual(['task step failed']);
    expect(rig.state('a')).toBe(TaskState.running);
  });
});

describe('a task that is removed', () => {
  test('is stopped with grace, its container goes, and it is forgotten', async () => {
    await rig.assign('a');
    rig.tasks.remove('a');
    await rig.clock.settle();
    expect(rig.executor.calls.slice(2)).toEqual(['stop a 10000', 'remove a']);
    expect(rig.forgotten).toEqual(['a']);
    expect([...rig.tasks.reports()]).toEqual([]);
  });

  test('during a pull ends the pull', async () => {
    rig.executor.hold('prepare');
    await rig.assign('a');
    rig.tasks.remove('a');
    await rig.clock.settle();
    expect(rig.forgotten).toEqual(['a']);
  });

  test('while it is being looked at is not begun', async () => {
    const release = rig.executor.hold('inspect');
    await rig.assign('a');
    rig.tasks.remove('a');
    release();
    await rig.clock.settle();
    expect(rig.executor.calls).toEqual(['remove a']);
    expect(rig.forgotten).toEqual(['a']);
  });

  test('goes by force when it cannot be stopped', async () => {
    await rig.assign('a');
    rig.executor.failOnce('stop', refused);
    rig.tasks.remove('a');
    await rig.clock.settle();
    expect(rig.executor.containers.has('a')).toBe(false);
    expect(rig.forgotten).toEqual(['a']);
  });

  test('waits for an engine that is away', async () => {
    await rig.assign('a');
    rig.executor.setAvailable(false);
    rig.tasks.remove('a');
    await rig.clock.advance(5_000);
    expect(rig.forgotten).toEqual([]);
    rig.executor.setAvailable(true);
    await rig.clock.advance(1_000);
    expect(rig.forgotten).toEqual(['a']);
  });

  test('with all that are not kept leaves the others alone', async () => {
    await rig.assign('a');
    await rig.assign('b');
    rig.tasks.removeOthers(new Set(['b']));
    await rig.clock.settle();
    expect(rig.forgotten).toEqual(['a']);
    expect(rig.executor.containers.get('b')?.state).toBe('running');
  });
});

describe('a task that was there before', () => {
  test('and runs goes on, with the container it has', async () => {
    rig.executor.put('a', { pid: 77 });
    const status = newTaskStatus({ state: TaskState.running, pid: 77 });
    rig.tasks.assign(newAssignment({ taskId: 'a', desiredState: TaskState.running }), status);
    await rig.clock.settle();
    expect(rig.executor.calls).toEqual([]);
    expect(rig.reported).toEqual([]);
    expect([...rig.tasks.reports()]).toEqual([{ taskId: 'a', status }]);
  });

  test('and ended meanwhile says so', async () => {
    rig.executor.put('a', { state: 'exited', exitCode: 1 });
    const status = newTaskStatus({ state: TaskState.running });
    rig.tasks.assign(newAssignment({ taskId: 'a', desiredState: TaskState.running }), status);
    await rig.clock.settle();
    expect(rig.reported).toEqual(['a 704 started task: non-zero exit (1)']);
  });

  test('and whose container is gone has failed', async () => {
    const status = newTaskStatus({ state: TaskState.running });
    rig.tasks.assign(newAssignment({ taskId: 'a', desiredState: TaskState.running }), status);
    await rig.clock.settle();
    expect(rig.reported).toEqual(['a 704 started the container is gone']);
  });

  test('runs on when the agent ends', async () => {
    await rig.assign('a');
    await rig.group[Symbol.asyncDispose]();
    expect(rig.executor.containers.get('a')?.state).toBe('running');
    expect(rig.forgotten).toEqual([]);
  });
});

describe('a task with open connections', () => {
  const served = { networks: [newNodeNetwork({ id: 'ingress', ingress: true })] };

  beforeEach(async () => {
    await rig.assign('a', TaskState.running, served);
    rig.connections.open('a');
  });

  test('is stopped the moment they have ended, with its whole grace period', async () => {
    await rig.assign('a', TaskState.shutdown, served);
    await rig.clock.advance(9_000);
    expect(rig.executor.calls).toEqual(['prepare a', 'start a']);
    rig.connections.close('a');
    await rig.clock.settle();
    expect(rig.executor.calls.at(-1)).toBe('stop a 10000');
    expect(rig.state('a')).toBe(TaskState.shutdown);
    expect(rig.clock.nowMs()).toBe(9_000);
  });

  test('is stopped after its grace period when they do not end, and whatever happens meanwhile', async () => {
    const spec = newTaskSpec({ container: newContainerSpec({ stopGracePeriodNs: 3e9 }) });
    await rig.assign('a', TaskState.shutdown, { ...served, spec });
    for (let second = 1; second < 3; second += 1) {
      await rig.clock.advance(1_000);
      rig.executor.emit({ kind: 'resync' });
      await rig.assign('a', TaskState.remove, { ...served, spec });
    }
    await rig.clock.advance(999);
    expect(rig.executor.calls).toEqual(['prepare a', 'start a']);
    await rig.clock.advance(1);
    expect(rig.executor.calls.at(-1)).toBe('stop a 3000');
    expect(rig.connections.waiting).toBe(0);
  });

  test('that ends by itself meanwhile says so at once', async () => {
    await rig.assign('a', TaskState.shutdown, served);
    rig.executor.change('a', { state: 'exited', exitCode: 1 });
    await rig.clock.settle();
    expect(rig.state('a')).toBe(TaskState.shutdown);
    expect(rig.executor.calls).toEqual(['prepare a', 'start a']);
  });

  test('is removed without waiting when the manager has forgotten it', async () => {
    await rig.assign('a', TaskState.shutdown, served);
    rig.tasks.remove('a');
    await rig.clock.settle();
    expect(rig.executor.containers.size).toBe(0);
    expect(rig.clock.nowMs()).toBe(0);
  });

  test('and failed is stopped without waiting', async () => {
    rig.executor.change('a', { health: 'unhealthy' });
    await rig.clock.settle();
    expect(rig.executor.calls.at(-1)).toBe('stop a 10000');
    expect(rig.connections.asked).toEqual([]);
  });

  test('of which nobody can know is stopped at once', async () => {
    rig.connections.failure = new ShoalError('tooBusy', 'too many drains wait for the proxy');
    await rig.assign('a', TaskState.shutdown, served);
    expect(rig.state('a')).toBe(TaskState.shutdown);
    expect(rig.log.lines.map(({ message }) => message)).toContain(
      'open connections of a task cannot be known',
    );
  });

  test('is not asked about when it publishes no ports', async () => {
    await rig.assign('a', TaskState.shutdown);
    expect(rig.state('a')).toBe(TaskState.shutdown);
    expect(rig.connections.asked).toEqual([]);
  });

  test('goes on stopping when a new leader does not know yet that it stops', async () => {
    await rig.assign('a', TaskState.shutdown, served);
    await rig.assign('a', TaskState.running, served);
    rig.connections.close('a');
    await rig.clock.settle();
    expect(rig.state('a')).toBe(TaskState.shutdown);
  });
});

describe('containers without a task', () => {
  test('are removed, and those with one are not', async () => {
    await rig.assign('a');
    rig.executor.put('stray');
    rig.tasks.removeOrphans();
    await rig.clock.settle();
    expect([...rig.executor.containers.keys()]).toEqual(['a']);
  });

  test('of which one cannot be removed go, but for that one, which is tried again', async () => {
    rig.executor.put('stuck');
    rig.executor.put('stray');
    rig.executor.failOnce('remove', refused);
    rig.tasks.removeOrphans();
    await rig.clock.settle();
    expect([...rig.executor.containers.keys()]).toEqual(['stuck']);
    await rig.clock.advance(2_000);
    expect([...rig.executor.containers.keys()]).toEqual([]);
  });

  test('go when they come late, of a call that nobody waited for', async () => {
    rig.tasks.removeOrphans();
    await rig.clock.settle();
    rig.executor.put('late');
    rig.executor.emit({ kind: 'container', taskId: 'late' });
    await rig.clock.settle();
    expect(rig.executor.containers.size).toBe(0);
    expect(rig.group.running).not.toContain('orphans');
  });

  test('stay until the manager has said what it knows', async () => {
    rig.executor.put('early');
    rig.executor.emit({ kind: 'container', taskId: 'early' });
    await rig.clock.settle();
    expect(rig.executor.containers.size).toBe(1);
  });

  test('are removed once the engine is back, by one look at a time', async () => {
    rig.executor.put('stray');
    rig.executor.setAvailable(false);
    for (let round = 0; round < 5; round += 1) rig.tasks.removeOrphans();
    await rig.clock.advance(4_000);
    expect(rig.group.running.filter((name) => name === 'orphans')).toHaveLength(1);
    rig.executor.setAvailable(true);
    await rig.clock.advance(2_000);
    expect([...rig.executor.containers.keys()]).toEqual([]);
    expect(rig.group.running).not.toContain('orphans');
  });
});
