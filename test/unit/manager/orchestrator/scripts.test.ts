// Shows, by scripts with their expected output, what the orchestrator's deciders decide in the cases that users meet.
import { describe, test } from 'vitest';
import { runScript } from '../../../lib/decider-script.ts';

describe('replicated', () => {
  test('slots are created lowest first and removed by rank', async () => {
    await runScript('replicated/scale.txt');
  });
  test('scale-down takes idle slots, then the fullest nodes, then higher numbers', async () => {
    await runScript('replicated/order.txt');
  });
});

describe('restart', () => {
  test('a replacement prepares during the delay and starts after it', async () => {
    await runScript('restart/delay.txt');
  });
  test('the policy decides whether there is a replacement', async () => {
    await runScript('restart/policy.txt');
  });
  test('tasks leave nodes that are drained, down or gone', async () => {
    await runScript('restart/nodes.txt');
  });
});

describe('reaper', () => {
  test('history beyond the limit goes, oldest first', async () => {
    await runScript('reaper/history.txt');
  });
  test('removed tasks go with what they hold once nothing of them runs', async () => {
    await runScript('reaper/removal.txt');
  });
});
