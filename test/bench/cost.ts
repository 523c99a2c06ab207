// What a process costs, as the kernel counts it, and how benches say it.
import { readdir, readFile } from 'node:fs/promises';

/** CPU of all threads of a process so far, in microseconds. Threads that have ended are not in it. */
export async function cpuMicros(pid: number): Promise<number> {
  let nanos = 0;
  for (const thread of await readdir(`/proc/${String(pid)}/task`)) {
    const text = await readFile(`/proc/${String(pid)}/task/${thread}/schedstat`, 'utf8');
    nanos += Number(text.split(' ')[0]);
  }
  return nanos / 1000;
}

/** Proportional set size of a process, in kB. */
export async function pssKb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  return Number(/^Pss: +(\d+) kB/m.exec(text)?.[1]);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
