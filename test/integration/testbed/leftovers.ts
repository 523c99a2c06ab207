import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  cgroupRoots,
  killIfAlive,
  processesInCgroup,
  processesNaming,
  removeCgroups,
  startTicksOf,
} from '../lib/processes.ts';

const prefix = 'shoal-testbed-';
const endLimitMs = 10_000;

/** Makes the folder of a testbed, whose name says to which process it belongs. */
export async function makeTestbedFolder(): Promise<string> {
  const owner = `${String(process.pid)}-${String(await startTicksOf(process.pid))}`;
  return await mkdtemp(join(tmpdir(), `${prefix}${owner}-`));
}

/** The control group of one host of the testbed in `directory`. */
export function cgroupOf(directory: string, host: number): string {
  return `${basename(directory)}-${String(host)}`.toLowerCase();
}

/** Ends what is left of testbeds whose process is gone, and removes their folders. Those of living processes are left alone. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (name.startsWith(prefix) && !(await isOwned(name)))
      await removeTestbed(join(tmpdir(), name));
  }
}

/** Ends every process of the testbed in `directory`, and removes its folder and control groups. */
export async function removeTestbed(directory: string): Promise<void> {
  const deadlineMs = performance.now() + endLimitMs;
  const groups = await cgroupsOf(directory);
  while (performance.now() < deadlineMs) {
    const inGroups = await Promise.all(groups.map(processesInCgroup));
    const pids = [...(await processesNaming(`${directory}/`)), ...inGroups.flat()];
    if (pids.filter(killIfAlive).length === 0) break;
    await sleep(50);
  }
  await Promise.all(groups.map(removeCgroups));
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

async function isOwned(name: string): Promise<boolean> {
  const [pid, startTicks] = name.slice(prefix.length).split('-').map(Number);
  return startTicks === (await startTicksOf(pid ?? 0));
}

async function cgroupsOf(directory: string): Promise<readonly string[]> {
  const roots = await cgroupRoots();
  const names = await Promise.all(roots.map((root) => readdir(root).catch(() => [])));
  const start = `${basename(directory)}-`.toLowerCase();
  return [...new Set(names.flat().filter((name) => name.startsWith(start)))];
}
