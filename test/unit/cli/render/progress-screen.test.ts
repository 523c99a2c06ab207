/** Shows what a terminal shows of a service on its way, and that no line is wider than the terminal. */
import { expect, test } from 'vitest';

import { progressScreen } from '../../../../cli/render/progress-screen.ts';
import { startProgress, stepProgress } from '../../../../cli/render/progress.ts';
import { readService, readTask } from '../../../../cli/render/views.ts';
import { serviceJson, taskJson, type TaskFacts } from '../../../lib/cli-objects.ts';

interface Seen {
  readonly replicas: number;
  readonly tasks: readonly TaskFacts[];
  readonly more?: Readonly<Record<string, unknown>>;
}

function screen({ replicas, tasks, more = {} }: Seen, columns = 80): readonly string[] {
  const service = readService(serviceJson({ id: 's1', name: 'web', replicas, more }));
  const seen = tasks.map((task) => readTask(taskJson(task)));
  const step = stepProgress(startProgress, {
    service,
    tasks: seen,
    nowMs: 0,
    isRollbackWanted: false,
  });
  return progressScreen(step, columns);
}

test('each slot has a bar, or why it failed', () => {
  const tasks: readonly TaskFacts[] = [
    { id: 'a' },
    { id: 'b', slot: 2, state: 'preparing' },
    { id: 'c', slot: 3, state: 'failed', desired: 'shutdown', error: 'exit (1)\u001b[2J' },
  ];
  expect(screen({ replicas: 3, tasks })).toEqual([
    'overall progress: 1 out of 3 tasks',
    '1/3: running   [=================================================>]',
    '2/3: preparing [=================================>                ]',
    '3/3: failed: exit (1)\\u001b[2J',
  ]);
});

test('what is waited for stands at the end', () => {
  expect(screen({ replicas: 1, tasks: [{ id: 'a' }] }).at(-1)).toBe(
    'verify: waiting 5 seconds to verify that tasks are stable',
  );
  const more = { UpdateStatus: { State: 'rollback_started', Message: 'task a failed' } };
  expect(screen({ replicas: 1, tasks: [], more }).at(-1)).toBe('rollback: task a failed');
});

test('a narrow terminal gets cut lines and no bars, and many tasks only their count', () => {
  const tasks = [{ id: 'a', slot: 1, state: 'failed', error: '漢'.repeat(40) }];
  for (const columns of [8, 20, 40]) {
    for (const line of screen({ replicas: 1, tasks }, columns)) {
      const width = Array.from(line).reduce((sum, each) => sum + (each > '~' ? 2 : 1), 0);
      // The sign that a line was cut is one wide.
      expect(width - (line.endsWith('…') ? 1 : 0)).toBeLessThanOrEqual(columns);
    }
  }
  expect(screen({ replicas: 1, tasks: [{ id: 'a' }] }, 20)[1]).toBe('1/1: running');
  const many = Array.from({ length: 21 }, (_, index) => ({ id: String(index), slot: index + 1 }));
  expect(screen({ replicas: 21, tasks: many })).toHaveLength(2);
});

test('tasks of a global service are known by their node', () => {
  const more = { Spec: { Name: 'web', Mode: { Global: {} } } };
  const tasks = [{ id: 'a', slot: 0, nodeId: 'n1aaaaaaaaaaaaaaaaaaaaaaa' }];
  expect(screen({ replicas: 1, tasks, more })[1]).toMatch(/^n1aaaaaaaaaa: running +\[=+>\]$/);
});
