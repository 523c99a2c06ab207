// What tests know of processes, and how they end those that are theirs.
import type { ChildProcess } from 'node:child_process';
import { readdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Resolves when it has ended, or after `limitMs`. */
export async function endOf(child: ChildProcess, limitMs: number): Promise<void> {
  if (hasEnded(child)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => {
    resolve();
  });
  const timer = setTimeout(resolve, limitMs);
  await promise;
  clearTimeout(timer);
}

/** Kills the process; false when there is none. */
export function killIfAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** Processes that have `path` in an argument. */
export async function processesNaming(path: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes(path) && Number(pid) !== process.pid ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

/** When a process started, in ticks since the machine did: with its pid this names it for ever. Undefined when there is none. */
export async function startTicksOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  // The name of the program, in brackets, may hold anything.
  return text === undefined ? undefined : Number(text.slice(text.lastIndexOf(')')).split(' ')[20]);
}

/** Processes in the control groups right below `name`, as the containers of an engine with this parent are. */
export async function processesInCgroup(name: string): Promise<readonly number[]> {
  const pids: number[] = [];
  for (const folder of await cgroupFolders(name)) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((item) => item.isDirectory())) {
      const path = join(folder, entry.name, 'cgroup.procs');
      const text = await readFile(path, 'utf8').catch(() => '');
      pids.push(...text.split('\n').filter(Boolean).map(Number));
    }
  }
  return pids;
}

/** The engine leaves the parent of its containers' groups behind, and a killed one the groups too: empty folders all. */
export async function removeCgroups(name: string): Promise<void> {
  for (const folder of await cgroupFolders(name)) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((item) => item.isDirectory())) {
      await rmdir(join(folder, entry.name)).catch(() => undefined);
    }
    await rmdir(folder).catch(() => undefined);
  }
}

/** Folders of this control group, one for each hierarchy. */
async function cgroupFolders(name: string): Promise<readonly string[]> {
  return (await cgroupRoots()).map((root) => join(root, name));
}

/** Where control groups are mounted. */
export async function cgroupRoots(): Promise<readonly string[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  return mounts.split('\n').flatMap((line) => {
    const [, path = '', type] = line.split(' ');
    return type === 'cgroup' || type === 'cgroup2' ? [path] : [];
  });
}
