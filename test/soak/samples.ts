import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { outputOf, runCommand } from '../e2e/lib/clients.ts';
import type { Dockerd } from '../integration/lib/dockerd.ts';

/** What one process holds. */
export interface ProcessSample {
  readonly pid: number;
  /** Proportional set size, bytes. */
  readonly pssBytes: number;
  readonly descriptors: number;
  readonly threads: number;
}

/** What a node holds at the end of a round. */
export interface Sample {
  readonly round: number;
  readonly atMinutes: number;
  readonly daemon: ProcessSample;
  /** What the daemon's main heap holds after its garbage was collected. */
  readonly heapBytes: number;
  readonly proxy: ProcessSample;
  /** All files of the data root, the compiled code that the proxy keeps apart. */
  readonly dataRootBytes: number;
  readonly logBytes: number;
  readonly journalBytes: number;
}

/** @throws when there is no such process */
export async function sampleProcess(pid: number): Promise<ProcessSample> {
  const folder = `/proc/${String(pid)}`;
  const rollup = await readFile(`${folder}/smaps_rollup`, 'utf8');
  const status = await readFile(`${folder}/status`, 'utf8');
  return {
    pid,
    pssBytes: Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024,
    descriptors: (await readdir(`${folder}/fd`)).length,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0),
  };
}

/** Bytes that the heap of a Node process in the engine's network holds, after its garbage was collected. */
export async function collectedHeapBytes(engine: Dockerd, pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  const script = join(import.meta.dirname, 'heap', 'main.ts');
  return Number(outputOf(await runCommand([...engine.inside, process.execPath, script], {})));
}

/** Bytes of all files below `folder`, those of folders named in `without` apart. */
export async function bytesBelow(folder: string, without: readonly string[] = []): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sum += without.includes(path) ? 0 : await bytesBelow(path, without);
    else sum += (await stat(path).catch(() => undefined))?.size ?? 0;
  }
  return sum;
}
