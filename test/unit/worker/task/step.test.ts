// Shows what a task does next for everything that its node may see, and that states only move forward.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TaskState } from '../../../../proto/gen/objects.ts';
import { stepTask } from '../../../../worker/task/step.ts';
import type {
  ActionFailure,
  ContainerFacts,
  TaskFacts,
  TaskStep,
} from '../../../../worker/task/step.ts';

const created: ContainerFacts = { state: 'created', health: 'none', exitCode: 0, error: '' };
const running: ContainerFacts = { ...created, state: 'running' };
const exited: ContainerFacts = { ...created, state: 'exited' };

function facts(fields: Partial<TaskFacts>): TaskFacts {
  return {
    desired: TaskState.running,
    state: TaskState.assigned,
    container: undefined,
    failure: undefined,
    lostAddresses: [],
    ...fields,
  };
}

function failed(action: ActionFailure['action']): ActionFailure {
  return { action, message: 'engine said no' };
}

/** `state message error | action`, or `- | action` without a report. */
function words({ report, action }: TaskStep): string {
  if (report === undefined) return `- | ${action}`;
  return `${report.state} ${report.message} ${report.error}`.trim() + ` | ${action}`;
}

describe('a task that is wanted', () => {
  test.each<[string, Partial<TaskFacts>, string]>([
    ['has no container yet', {}, '320 preparing | prepare'],
    ['still has none', { state: TaskState.preparing }, '- | prepare'],
    ['lost it before the start', { state: TaskState.ready }, '- | prepare'],
    [
      'is not wanted to run yet',
      { desired: TaskState.ready, container: created },
      '384 prepared | none',
    ],
    [
      'waits prepared',
      { desired: TaskState.ready, state: TaskState.ready, container: created },
      '- | none',
    ],
    [
      'has its container',
      { state: TaskState.preparing, container: created },
      '448 starting | start',
    ],
    ['waits for the start', { state: TaskState.starting, container: created }, '- | start'],
    ['runs', { state: TaskState.starting, container: running }, '512 started | none'],
    [
      'was taken off its network',
      { state: TaskState.running, container: running, lostAddresses: ['10.0.0.7'] },
      '704 started the container was disconnected from the network of its address 10.0.0.7 | stop',
    ],
    ['runs as before', { state: TaskState.running, container: running }, '- | none'],
    [
      'is healthy',
      { state: TaskState.starting, container: { ...running, health: 'healthy' } },
      '512 started | none',
    ],
    [
      'is not known healthy yet',
      { state: TaskState.preparing, container: { ...running, health: 'starting' } },
      '448 waiting for the container to become healthy | none',
    ],
    [
      'is checked again while it runs',
      { state: TaskState.running, container: { ...running, health: 'starting' } },
      '- | none',
    ],
    [
      'is unhealthy',
      { state: TaskState.running, container: { ...running, health: 'unhealthy' } },
      '704 started unhealthy container | stop',
    ],
    ['is adopted without memory', { container: running }, '512 started | none'],
    ['is done', { state: TaskState.running, container: exited }, '576 finished | none'],
    [
      'failed',
      { state: TaskState.running, container: { ...exited, exitCode: 3 } },
      '704 started task: non-zero exit (3) | none',
    ],
    [
      'was killed for memory',
      { state: TaskState.running, container: { ...exited, exitCode: 137, error: 'out of memory' } },
      '704 started out of memory | none',
    ],
    [
      'lost its container',
      { state: TaskState.running },
      '704 started the container is gone | none',
    ],
    [
      'cannot be prepared',
      { state: TaskState.preparing, failure: failed('prepare') },
      '768 preparing engine said no | none',
    ],
    [
      'cannot be started',
      { state: TaskState.starting, container: created, failure: failed('start') },
      '704 starting engine said no | none',
    ],
  ])('that %s', (_, fields, expected) => {
    expect(words(stepTask(facts(fields)))).toBe(expected);
  });
});

describe('a task that is to stop', () => {
  const desired = TaskState.shutdown;
  test.each<[string, Partial<TaskFacts>, string]>([
    ['never began', {}, '640 shutdown | none'],
    ['is prepared', { state: TaskState.ready, container: created }, '640 shutdown | none'],
    ['runs', { state: TaskState.running, container: running }, '- | stop'],
    ['is over', { state: TaskState.running, container: exited }, '640 shutdown | none'],
    ['failed to be prepared', { failure: failed('prepare') }, '640 shutdown | none'],
    [
      'cannot be stopped',
      { state: TaskState.running, container: running, failure: failed('stop') },
      '704 stopping failed engine said no | none',
    ],
    ['is over and said so', { state: TaskState.shutdown, container: exited }, '- | none'],
  ])('and %s', (_, fields, expected) => {
    expect(words(stepTask(facts({ desired, ...fields })))).toBe(expected);
    expect(words(stepTask(facts({ desired: TaskState.remove, ...fields })))).toBe(expected);
  });
});

describe('a task that is over', () => {
  test.each([TaskState.complete, TaskState.shutdown, TaskState.failed, TaskState.rejected])(
    'as %d keeps its dead container and stops one that runs, once',
    (state) => {
      expect(words(stepTask(facts({ state, container: exited })))).toBe('- | none');
      expect(words(stepTask(facts({ state, container: running })))).toBe('- | stop');
      expect(words(stepTask(facts({ state, container: running, failure: failed('stop') })))).toBe(
        '- | none',
      );
    },
  );
});

const container = fc.record({
  state: fc.constantFrom('created', 'running', 'exited'),
  health: fc.constantFrom('none', 'starting', 'healthy', 'unhealthy'),
  exitCode: fc.constantFrom(0, 1, 137),
  error: fc.constantFrom('', 'no such file'),
} as const);

const anyFacts: fc.Arbitrary<TaskFacts> = fc.record({
  desired: fc.constantFrom(
    TaskState.ready,
    TaskState.running,
    TaskState.complete,
    TaskState.shutdown,
    TaskState.remove,
  ),
  state: fc.constantFrom(
    TaskState.assigned,
    TaskState.preparing,
    TaskState.ready,
    TaskState.starting,
    TaskState.running,
    TaskState.complete,
    TaskState.shutdown,
    TaskState.failed,
    TaskState.rejected,
  ),
  container: fc.option(container, { nil: undefined }),
  lostAddresses: fc.constantFrom([], ['10.0.0.7']),
  failure: fc.option(
    fc.record({
      action: fc.constantFrom('prepare', 'start', 'stop'),
      message: fc.constant('no'),
    } as const),
    { nil: undefined },
  ),
});

describe('every step', () => {
  test('only moves forward, and the report it made is not made again', () => {
    fc.assert(
      fc.property(anyFacts, (before) => {
        const step = stepTask(before);
        if (step.report === undefined) return;
        expect(step.report.state).toBeGreaterThan(before.state);
        const again = stepTask({ ...before, state: step.report.state });
        expect(again.report).toBeUndefined();
      }),
    );
  });

  test('never starts or prepares what is over, what failed, or what is to stop', () => {
    fc.assert(
      fc.property(anyFacts, (before) => {
        const isWanted =
          before.state <= TaskState.running &&
          before.desired <= TaskState.running &&
          before.failure === undefined;
        const { action } = stepTask(before);
        if (!isWanted) expect(['none', 'stop']).toContain(action);
      }),
    );
  });

  test('stops only what runs', () => {
    fc.assert(
      fc.property(anyFacts, (before) => {
        if (stepTask(before).action === 'stop') expect(before.container?.state).toBe('running');
      }),
    );
  });
});
