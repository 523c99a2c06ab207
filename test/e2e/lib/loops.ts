import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Dockerd } from '../../integration/lib/dockerd.ts';
import type { RequestFailure } from './failures.ts';

export interface LoopFailure extends RequestFailure {
  readonly kind: 'kept' | 'fresh' | 'slow';
}

/** What came of the loops. */
export interface LoopsReport {
  /** Answers in full, on kept connections, on fresh ones, and downloads. */
  readonly counts: { readonly kept: number; readonly fresh: number; readonly slow: number };
  readonly failures: readonly LoopFailure[];
}

interface LoopsOptions {
  /** How long one download takes. */
  readonly slowMs: number;
  /** Clients that keep their connection. */
  readonly kept: number;
  /** Clients that open one for each request; 16 unless given. */
  readonly fresh?: number;
  /** Clients that download; 1 unless given. */
  readonly slow?: number;
}

/** Clients that ask a published port without end, with connections kept and fresh ones, and some that download slowly. */
export class Loops implements AsyncDisposable {
  readonly #child: ChildProcess;
  #line = '';
  #rest = '';

  constructor(
    engine: Pick<Dockerd, 'inside'>,
    port: number,
    { slowMs, kept, fresh = 16, slow = 1 }: LoopsOptions,
  ) {
    const [program = '', ...prefix] = engine.inside;
    const script = join(import.meta.dirname, 'loops', 'main.ts');
    const numbers = [port, slowMs, kept, fresh, slow].map(String);
    const args = [...prefix, process.execPath, script, ...numbers];
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8');
    this.#child.stdout?.on('data', (chunk: string) => {
      const lines = (this.#rest + chunk).split('\n');
      this.#rest = lines.pop() ?? '';
      this.#line = lines.at(-1) ?? this.#line;
    });
  }

  /** Answers so far, downloads apart. */
  get count(): number {
    if (this.#line === '') return 0;
    return (JSON.parse(this.#line) as { readonly count?: number }).count ?? 0;
  }

  /** Ends the loops and tells what came of them. */
  async stop(): Promise<LoopsReport> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'close');
      this.#child.stdin?.end();
      await ended;
    }
    return JSON.parse(this.#line) as LoopsReport;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
