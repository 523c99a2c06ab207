// Shows, by scripts with their expected output, where tasks go and what is said when they fit nowhere.
import { test } from 'vitest';
import { runScript } from '../../../lib/decider-script.ts';

test('tasks are spread over nodes and zones', async () => {
  await runScript('scheduler/spread.txt');
});

test('a task that fits nowhere says why', async () => {
  await runScript('scheduler/explain.txt');
});
