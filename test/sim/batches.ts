import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { addTallies, emptyTally, type Tally } from './tally.ts';

/**
 * Seeds that one process runs. Processes that were killed within a world leave signals behind that the platform keeps for ever, a few
 * megabytes a seed; the end of the process ends them.
 */
export const seedsPerProcess = 40;

export interface Batches {
  readonly main: string;
  readonly first: number;
  readonly count: number;
  /** When to end, milliseconds since the Unix epoch. */
  readonly untilMs: number;
  /** Processes at the same time. */
  readonly jobs: number;
}

/** Runs many seeds in processes of a few each, `jobs` at a time; what they print goes on, what they came to is summed up. */
export async function runBatches(batches: Batches): Promise<Tally> {
  const directory = mkdtempSync(join(tmpdir(), 'shoal-sim-'));
  let next = batches.first;
  const end = batches.first + batches.count;
  let tally = emptyTally;
  const work = async (job: number): Promise<void> => {
    while (next < end && Date.now() < batches.untilMs) {
      const first = next;
      next = Math.min(end, first + seedsPerProcess);
      const file = join(directory, `${job}.json`);
      const part = await runBatch(batches, { first, last: next - 1, file });
      tally = addTallies(tally, part);
      process.stdout.write(`${tally.seeds} seeds, ${tally.findings.length} failed\n`);
    }
  };
  try {
    await Promise.all(Array.from({ length: batches.jobs }, (_, job) => work(job)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return tally;
}

async function runBatch(
  { main, untilMs }: Batches,
  { first, last, file }: { readonly first: number; readonly last: number; readonly file: string },
): Promise<Tally> {
  const leftMs = untilMs - Date.now();
  const limit = leftMs === Infinity ? [] : ['--minutes', String(leftMs / 60_000)];
  const args = [main, '--seeds', `${first}..${last}`, '--quiet', '--tally', file, ...limit];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', reject);
  child.once('exit', () => {
    resolve();
  });
  await promise;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Tally;
  } catch {
    const detail = 'the process ended without a word';
    return { ...emptyTally, findings: [{ seed: first, invariant: 'process', detail }] };
  } finally {
    rmSync(file, { force: true });
  }
}
