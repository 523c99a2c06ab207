import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Dockerd } from '../../integration/lib/dockerd.ts';

/** What came of the loops. */
export interface LoopsReport {
  /** Answers in full, on kept connections, on fresh ones, and downloads. */
  readonly counts: { readonly kept: number; readonly fresh: number; readonly slow: number };
  /** One line each. */
  readonly failures: readonly string[];
}

interface LoopsOptions {
  /** How long one download takes. */
  readonly slowMs: number;
  /** Clients that keep their connection; 16 others open one for each request. */
  readonly kept: number;
}

/** Clients that ask a published port without end, with connections kept and fresh ones, and one that downloads slowly. */
export class Loops implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';

  constructor(engine: Dockerd, port: number, { slowMs, kept }: LoopsOptions) {
    const [program = '', ...prefix] = engine.inside;
    const script = join(import.meta.dirname, 'loops', 'main.ts');
    const args = [...prefix, process.execPath, script, ...[port, slowMs, kept].map(String)];
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8');
    this.#child.stdout?.on('data', (chunk: string) => {
      this.#output += chunk;
    });
  }

  /** Answers so far, downloads apart. */
  get count(): number {
    const line = this.#output.trimEnd().split('\n').at(-1) ?? '';
    return line === '' ? 0 : ((JSON.parse(line) as { readonly count?: number }).count ?? 0);
  }

  /** Ends the loops and tells what came of them. */
  async stop(): Promise<LoopsReport> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'close');
      this.#child.stdin?.end();
      await ended;
    }
    return JSON.parse(this.#output.trimEnd().split('\n').at(-1) ?? '') as LoopsReport;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
