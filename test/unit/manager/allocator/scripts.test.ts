// Shows, by scripts with their expected output, what networks, services and tasks are given and what is said when nothing is left.
import { test } from 'vitest';
import { runScript } from '../../../lib/decider-script.ts';

test('services get ports and a virtual address, tasks an address', async () => {
  await runScript('allocator/services.txt');
});

test('a subnet without a free address is an error that heals', async () => {
  await runScript('allocator/exhaustion.txt');
});

test('a freed address is given out after all others', async () => {
  await runScript('allocator/rotation.txt');
});

test('networks get subnets that do not overlap', async () => {
  await runScript('allocator/networks.txt');
});

test('a task that will never run gives its address back', async () => {
  await runScript('allocator/unwanted.txt');
});
