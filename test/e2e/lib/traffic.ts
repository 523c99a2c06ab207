import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Dockerd } from '../../integration/lib/dockerd.ts';
import { runCommand } from './clients.ts';
import type { RequestFailure } from './failures.ts';

/** What came of the requests. */
export interface TrafficReport {
  readonly requests: number;
  readonly failures: readonly RequestFailure[];
  /** Answers by the host name that gave them. */
  readonly byReplica: Readonly<Record<string, number>>;
}

interface Line {
  readonly atMs: number;
  readonly tookMs: number;
  readonly replica?: string;
  readonly error?: string;
}

/** Steady requests to a published port, from within the network of the engine. */
export class Traffic implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';

  /** @param perSecond requests a second, each on a connection of its own. */
  constructor(engine: Pick<Dockerd, 'inside'>, port: number, perSecond = 50) {
    const [program = '', ...prefix] = engine.inside;
    const script = join(import.meta.dirname, 'traffic', 'main.ts');
    const args = [...prefix, process.execPath, script, String(port), String(perSecond)];
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.setEncoding('utf8');
    this.#child.stdout?.on('data', (chunk: string) => {
      this.#output += chunk;
    });
  }

  /** Answers so far. */
  get count(): number {
    return this.#output.split('\n').length - 1;
  }

  /** Ends the requests and tells what came of them. */
  async stop(): Promise<TrafficReport> {
    if (this.#child.exitCode === null) {
      const ended = once(this.#child, 'close');
      this.#child.stdin?.end();
      await ended;
    }
    return summarize(
      this.#output
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function summarize(lines: readonly Line[]): TrafficReport {
  const failures: RequestFailure[] = [];
  const byReplica: Record<string, number> = {};
  for (const { atMs, tookMs, replica, error } of lines) {
    if (replica === undefined) failures.push({ atMs, tookMs, error: error ?? 'nothing' });
    else byReplica[replica] = (byReplica[replica] ?? 0) + 1;
  }
  return { requests: lines.length, failures, byReplica };
}

/** One request with curl, as people make it, to a port within the engine's network. @returns the answer, or undefined */
export async function curl(
  engine: Pick<Dockerd, 'inside'>,
  port: number,
): Promise<string | undefined> {
  const url = `http://127.0.0.1:${String(port)}/`;
  const result = await runCommand([...engine.inside, 'curl', '-sS', '-m', '5', url], {});
  return result.code === 0 ? result.stdout : undefined;
}
