/** Shows what a wait prints and how it ends, as a script of looks at one service. */
import { describe, expect, test } from 'vitest';

import {
  type Progress,
  startProgress,
  stepProgress,
  type Verdict,
} from '../../../../cli/render/progress.ts';
import { readService, readTask } from '../../../../cli/render/views.ts';
import { serviceJson, taskJson, type TaskFacts } from '../../../lib/cli-objects.ts';

interface Look {
  readonly atMs: number;
  readonly tasks: readonly TaskFacts[];
  readonly update?: string;
  readonly message?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
}

function watch(
  replicas: number,
  looks: readonly Look[],
  isRollbackWanted = false,
): { lines: string[]; verdict: Verdict } {
  let progress: Progress = startProgress;
  let verdict: Verdict = { kind: 'waiting' };
  const lines: string[] = [];
  for (const { atMs, tasks, update, message = 'task died', spec = {} } of looks) {
    expect(verdict.kind).toBe('waiting');
    const more = update === undefined ? {} : { UpdateStatus: { State: update, Message: message } };
    const service = readService(serviceJson({ id: 's1', name: 'web', replicas, more, spec }));
    const seen = tasks.map((task) => readTask(taskJson(task)));
    const step = stepProgress(progress, {
      service,
      tasks: seen,
      nowMs: atMs,
      isRollbackWanted,
    });
    progress = step.progress;
    verdict = step.verdict;
    lines.push(...step.lines.map((line) => `${String(atMs)} ${line}`));
  }
  return { lines, verdict };
}

const running: TaskFacts = { id: 'a' };
const failed: TaskFacts = {
  id: 'a',
  state: 'failed',
  desired: 'shutdown',
  error: 'exit (1)',
  createdAgo: 100,
};

describe('stepProgress', () => {
  test('a service converges once its tasks ran for the monitor time, five seconds by default', () => {
    const looks = [
      { atMs: 0, tasks: [] },
      { atMs: 200, tasks: [{ id: 'a', state: 'preparing' }] },
      { atMs: 400, tasks: [running] },
      { atMs: 5399, tasks: [running] },
      { atMs: 5400, tasks: [running] },
    ];
    expect(watch(1, looks)).toEqual({
      verdict: { kind: 'converged' },
      lines: [
        '0 overall progress: 0 out of 1 tasks',
        '200 web.1: preparing',
        '400 overall progress: 1 out of 1 tasks',
        '400 web.1: running',
        '400 verify: waiting 5 seconds to verify that tasks are stable',
        '5400 verify: service web converged',
      ],
    });
  });

  test('a task that stops within the monitor time starts the wait anew', () => {
    const looks = [
      { atMs: 0, tasks: [running] },
      { atMs: 4000, tasks: [failed, { id: 'b', state: 'ready' }] },
      { atMs: 5000, tasks: [failed, { id: 'b' }] },
      { atMs: 9999, tasks: [failed, { id: 'b' }] },
    ];
    const { lines, verdict } = watch(1, looks);
    expect(verdict.kind).toBe('waiting');
    expect(lines).toContain('4000 verify: a task stopped running, waiting again');
    expect(lines).toContain('4000 web.1: failed: exit (1)');
  });

  test('the same error of a slot is told once, whichever task had it', () => {
    const looks = [
      { atMs: 0, tasks: [failed, { id: 'b', state: 'ready' }] },
      {
        atMs: 200,
        tasks: [failed, { ...failed, id: 'b', createdAgo: 50 }, { id: 'c', state: 'ready' }],
      },
    ];
    expect(watch(1, looks).lines).toEqual([
      '0 overall progress: 0 out of 1 tasks',
      '0 web.1: failed: exit (1)',
      '0 web.1: ready',
    ]);
  });

  test('a slot whose task ended and that gets no other ends the wait with the error', () => {
    const looks = [
      { atMs: 0, tasks: [failed] },
      { atMs: 2999, tasks: [failed] },
      { atMs: 3000, tasks: [failed] },
    ];
    expect(watch(1, looks).verdict).toEqual({
      kind: 'failed',
      message:
        'service web cannot converge: task web.1 ended (failed) and will not be restarted: exit (1)',
    });
  });

  test('a task that is replaced in time does not end the wait, nor does one that was scaled away', () => {
    const replaced = [
      { atMs: 0, tasks: [failed] },
      { atMs: 2000, tasks: [failed, { id: 'b', state: 'ready' }] },
      { atMs: 4000, tasks: [failed] },
      { atMs: 6000, tasks: [failed] },
    ];
    expect(watch(1, replaced).verdict.kind).toBe('waiting');
    const gone = { ...failed, id: 'z', slot: 2, desired: 'remove' };
    expect(
      watch(
        2,
        [0, 9000].map((atMs) => ({ atMs, tasks: [running, gone] })),
      ).verdict.kind,
    ).toBe('waiting');
    const surplus = { ...failed, id: 'z', slot: 2 };
    const looks = [0, 4000].map((atMs) => ({ atMs, tasks: [running, surplus] }));
    expect(watch(1, looks).verdict.kind).toBe('waiting');
  });

  test('a running task that is meant to stop does not count', () => {
    const stopping = { id: 'b', slot: 2, desired: 'shutdown' };
    expect(watch(2, [{ atMs: 0, tasks: [running, stopping] }]).lines[0]).toBe(
      '0 overall progress: 1 out of 2 tasks',
    );
  });

  test('of two tasks in a slot one that runs is enough', () => {
    const next = { id: 'b', state: 'starting', createdAgo: 1 };
    expect(watch(1, [{ atMs: 0, tasks: [running, next] }]).lines[0]).toBe(
      '0 overall progress: 1 out of 1 tasks',
    );
  });

  test('no replicas converge at once', () => {
    expect(watch(0, [{ atMs: 0, tasks: [] }]).verdict.kind).toBe('converged');
  });

  test.each([
    ['paused', 'service update paused: task died'],
    ['rollback_paused', 'service rollback paused: task died'],
  ])('an update that is %s ends the wait', (update, message) => {
    expect(watch(1, [{ atMs: 0, tasks: [running], update }]).verdict).toEqual({
      kind: 'stoppedHalfway',
      message,
    });
  });

  test('an update that is under way has not converged, however long its tasks run', () => {
    const looks = [0, 9000].map((atMs) => ({ atMs, tasks: [running], update: 'updating' }));
    expect(watch(1, looks)).toEqual({
      verdict: { kind: 'waiting' },
      lines: ['0 overall progress: 1 out of 1 tasks', '0 web.1: running'],
    });
  });

  test('an update that the daemon calls completed was watched already', () => {
    const looks = [
      { atMs: 0, tasks: [], update: 'updating' },
      { atMs: 200, tasks: [running], update: 'completed' },
    ];
    expect(watch(1, looks).verdict.kind).toBe('converged');
    const broken = [{ atMs: 0, tasks: [failed, { id: 'b', state: 'ready' }], update: 'completed' }];
    expect(watch(1, broken).verdict.kind).toBe('waiting');
  });

  test('a failing update that is rolled back ends with why, once the service runs again', () => {
    const looks = [
      { atMs: 0, tasks: [failed], update: 'updating' },
      { atMs: 200, tasks: [], update: 'rollback_started', message: 'update rolled back: task a' },
      { atMs: 400, tasks: [running], update: 'rollback_started', message: 'in progress' },
      { atMs: 600, tasks: [running], update: 'rollback_completed', message: 'completed' },
    ];
    expect(watch(1, looks)).toEqual({
      verdict: {
        kind: 'rolledBack',
        message:
          'service web was rolled back: update rolled back: task a (web.1: failed: exit (1))',
      },
      lines: [
        '0 overall progress: 0 out of 1 tasks',
        '0 web.1: failed: exit (1)',
        '200 service rolled back: update rolled back: task a',
        '400 overall progress: 1 out of 1 tasks',
        '400 web.1: running',
        '600 verify: service web converged',
      ],
    });
  });

  test('a rollback that was asked for converges like any change', () => {
    const looks = [
      { atMs: 0, tasks: [], update: 'rollback_started' },
      { atMs: 200, tasks: [running], update: 'rollback_completed' },
    ];
    expect(watch(1, looks, true).verdict).toEqual({ kind: 'converged' });
  });

  test('what the updater does about a task that ended is waited for', () => {
    const looks = [0, 9000].map((atMs) => ({ atMs, tasks: [failed], update: 'updating' }));
    expect(watch(1, looks).verdict.kind).toBe('waiting');
  });

  test('a global service converges once every task that was made runs', () => {
    const spec = { Mode: { Global: {} } };
    const onNode = { id: 'a', slot: 0, nodeId: 'n1' };
    const looks = [
      { atMs: 0, tasks: [], spec },
      { atMs: 200, tasks: [onNode, { ...onNode, id: 'b', nodeId: 'n2', state: 'ready' }], spec },
      { atMs: 400, tasks: [onNode, { ...onNode, id: 'b', nodeId: 'n2' }], spec },
      { atMs: 5400, tasks: [onNode, { ...onNode, id: 'b', nodeId: 'n2' }], spec },
    ];
    const { lines, verdict } = watch(1, looks);
    expect(verdict.kind).toBe('converged');
    expect(lines.slice(0, 3)).toEqual([
      '0 overall progress: waiting for new tasks',
      '200 overall progress: 1 out of 2 tasks',
      '200 web.n1: running',
    ]);
  });

  test('many tasks are counted, not listed, and their errors are bounded', () => {
    const tasks = Array.from({ length: 300 }, (_, index): TaskFacts => {
      const error = index % 2 === 0 ? { error: `no room ${String(index)}` } : {};
      return { id: String(index), slot: index + 1, state: 'pending', ...error };
    });
    const many = tasks.map((task) => ({ ...task, error: `again ${task.id}` }));
    const { lines } = watch(300, [
      { atMs: 0, tasks },
      { atMs: 200, tasks: many },
    ]);
    expect(lines).toHaveLength(1 + 200);
    expect(lines.every((line) => !line.endsWith(': pending'))).toBe(true);
  });
});
