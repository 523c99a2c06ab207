import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Dockerd } from '../integration/lib/dockerd.ts';

/** What wrk says at its end. */
export interface WrkReport {
  readonly requests: number;
  readonly perSecond: number;
  /** Connects, reads and writes that failed, and answers that did not come in time. */
  readonly socketErrors: number;
  /** Answers with another status than 200 to 399. */
  readonly badStatuses: number;
  /** Such as `12.30ms`. */
  readonly latency99: string;
}

interface WrkOptions {
  readonly port: number;
  readonly connections: number;
  /** Whether each request asks for the end of its connection. */
  readonly closes: boolean;
}

/** Longer than any test: it ends when it is told to. */
const duration = '24h';
/** No answer for so long is an error. */
const timeout = '30s';

/** wrk against a published port, from within the network of the engine, until it is stopped. */
export class Wrk implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';

  constructor(engine: Dockerd, { port, connections, closes }: WrkOptions) {
    const [program = '', ...prefix] = engine.inside;
    const how = ['-t1', `-c${String(connections)}`, `-d${duration}`, '--timeout', timeout];
    const pause = ['-s', join(import.meta.dirname, 'wrk', 'pause.lua')];
    const header = closes ? ['-H', 'Connection: close'] : [];
    const url = `http://127.0.0.1:${String(port)}/`;
    this.#child = spawn(
      program,
      [...prefix, 'wrk', ...how, ...pause, '--latency', ...header, url],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    this.#child.stdout?.setEncoding('utf8');
    this.#child.stdout?.on('data', (chunk: string) => {
      this.#output += chunk;
    });
  }

  /** Ends it and tells what came of the requests. @throws when wrk said nothing of use */
  async stop(): Promise<WrkReport> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'close');
      this.#child.kill('SIGINT');
      await ended;
    }
    return parseWrk(this.#output);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
  }
}

/** Reads the summary of wrk. @throws when it is none */
export function parseWrk(text: string): WrkReport {
  const requests = /(\d+) requests in/.exec(text)?.[1];
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(text)?.[1];
  if (requests === undefined || perSecond === undefined)
    throw new Error(`wrk gave no summary: ${text}`);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  return {
    requests: Number(requests),
    perSecond: Number(perSecond),
    socketErrors: (errors ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0),
    badStatuses: Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0),
    latency99: /99%\s+(\S+)/.exec(text)?.[1] ?? '?',
  };
}
