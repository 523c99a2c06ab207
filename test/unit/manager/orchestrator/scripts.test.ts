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

describe('update', () => {
  test('slots get their new task one after the other', async () => {
    await runScript('update/stop-first.txt');
  });
  test('start-first keeps the old task until the new one runs', async () => {
    await runScript('update/start-first.txt');
  });
  test('its end comes after the last old task', async () => {
    await runScript('update/end.txt');
  });
  test('failures pause it, or are borne', async () => {
    await runScript('update/failure.txt');
  });
  test('failures and users take it back', async () => {
    await runScript('update/rollback.txt');
  });
  test('tasks that run what is asked for stay', async () => {
    await runScript('update/fresh.txt');
  });
});

describe('global', () => {
  test('each node that may has one task', async () => {
    await runScript('global/nodes.txt');
  });
  test('failures stay with their node', async () => {
    await runScript('global/failures.txt');
  });
  test('a new spec goes from node to node', async () => {
    await runScript('global/update.txt');
  });
});
