import { spawn, type ChildProcess } from 'node:child_process';
import { vectorsDirectory } from '../lib/raft/vectors-place.ts';
import type { Suite } from './suites.ts';

/** Ended with 0; did not; or did not end. */
export type Verdict = 'passed' | 'failed' | 'hung';

export interface Outcome {
  readonly verdict: Verdict;
  readonly ms: number;
  /** The end of what it printed. */
  readonly output: string;
}

/** Memory for one suite: a bug may want all there is. */
const heapMegabytesMax = 1024;
const outputCharsMax = 20_000;

/** Runs suites; what still runs when it is disposed of is ended, with all that it began. */
export class Runner implements Disposable {
  readonly #running = new Set<ChildProcess>();

  /** Runs a suite in a tree, for so long at most. */
  async run(suite: Suite, tree: string, limitMs: number): Promise<Outcome> {
    const started = performance.now();
    let output = '';
    for (const command of suite.commands) {
      const left = limitMs - (performance.now() - started);
      const said = await this.#runProcess(command, tree, left);
      output += said.output;
      if (said.verdict !== 'passed') {
        return { verdict: said.verdict, ms: performance.now() - started, output };
      }
    }
    return { verdict: 'passed', ms: performance.now() - started, output };
  }

  async #runProcess(
    command: readonly string[],
    tree: string,
    limitMs: number,
  ): Promise<Omit<Outcome, 'ms'>> {
    const directory = vectorsDirectory();
    const place = directory === undefined ? {} : { SHOAL_RAFT_VECTORS: directory };
    const heap = `--max-old-space-size=${heapMegabytesMax}`;
    const child = spawn(process.execPath, [heap, ...command], {
      cwd: tree,
      env: { ...process.env, ...place },
      // A group of its own, so that all of it can be ended.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let output = '';
    const keep = (data: Buffer): void => {
      output = (output + data.toString('utf8')).slice(-outputCharsMax);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const verdict = await verdictOf(child, limitMs);
    this.#running.delete(child);
    return { verdict, output };
  }

  [Symbol.dispose](): void {
    for (const child of this.#running) end(child);
    this.#running.clear();
  }
}

async function verdictOf(child: ChildProcess, limitMs: number): Promise<Verdict> {
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>();
  const timer = setTimeout(() => {
    end(child);
    resolve('hung');
  }, limitMs);
  child.on('error', reject);
  child.on('close', (code) => {
    resolve(code === 0 ? 'passed' : 'failed');
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

function end(child: ChildProcess): void {
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
}
