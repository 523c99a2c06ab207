import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownScripts, vectorsDirectory } from '../lib/raft/vectors-place.ts';
import type { MutantGroup } from './mutant.ts';

/** One way to find a bug. */
export interface Suite {
  readonly name: string;
  /** It can only find what is wrong there. */
  readonly group: MutantGroup;
  /** Arguments of node. */
  readonly command: readonly string[];
}

/** Ended with 0; did not; or did not end. */
export type Verdict = 'passed' | 'failed' | 'hung';

export interface Outcome {
  readonly verdict: Verdict;
  readonly ms: number;
  /** The end of what it printed. */
  readonly output: string;
}

/** Fixed seeds of the simulation for each bug: the same ones each time, so that a verdict is one. */
const simulatedSeeds = 500;

const search = 'test/search/raft/main.ts';

function unitTests(folder: string): readonly string[] {
  const options = ['run', '--project', 'unit', '--bail', '1', '--maxWorkers', '1', '--no-isolate'];
  return ['node_modules/vitest/vitest.mjs', ...options, folder];
}

/** Cheapest first. */
export function suitesOf(tree: string): readonly Suite[] {
  const scripts = vectorsDirectory() === undefined ? [ownScripts] : [];
  const simulation = ['--first', '1', '--count', String(simulatedSeeds), '--bail'];
  const suites: readonly Suite[] = [
    { name: 'vectors', group: 'core', command: ['test/conformance/raft/main.ts', ...scripts] },
    { name: 'units', group: 'core', command: unitTests('test/unit/manager/raft') },
    { name: 'search', group: 'core', command: [search, '--scope', 'ci'] },
    { name: 'simulation', group: 'core', command: ['test/sim/raft/main.ts', ...simulation] },
    { name: 'log tests', group: 'log', command: unitTests('test/unit/manager/consensus') },
  ];
  return suites.filter(({ name }) => name !== 'search' || existsSync(join(tree, search)));
}

/** Runs a suite in a tree, for so long at most. */
export async function runSuite(suite: Suite, tree: string, limitMs: number): Promise<Outcome> {
  const started = performance.now();
  const directory = vectorsDirectory();
  const env = {
    ...process.env,
    ...(directory === undefined ? {} : { SHOAL_RAFT_VECTORS: directory }),
  };
  // A group of its own: what hangs is ended with all that it began.
  const child = spawn(process.execPath, ['--max-old-space-size=1024', ...suite.command], {
    cwd: tree,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (data: Buffer): void => {
    output = (output + data.toString('utf8')).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
  const timer = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    resolve('hung');
  }, limitMs);
  child.on('error', reject);
  child.on('close', (code) => {
    resolve(code === 0 ? 'passed' : 'failed');
  });
  const verdict = await promise;
  clearTimeout(timer);
  return { verdict, ms: performance.now() - started, output };
}
