import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { runCommand, type CommandResult, type DockerClient } from '../lib/clients.ts';
import { normalized } from './normalize.ts';
import type { CommandCase, RequestCase, ScriptStep, WaitStep } from './script.ts';

const waitLimitMs = 60_000;
const requestLimitMs = 30_000;
/** A step that takes longer is told of, so that the whole stays quick. */
const slowMs = 3_000;

/** What one line gave, by its number. */
export type Results = ReadonlyMap<number, CommandResult>;

/** Runs scripts against one API: Docker's own, or Shoal's. */
export class Side {
  readonly #socketPath: string;
  readonly #hostname: string;
  readonly #image: string;

  constructor(socketPath: string, hostname: string, image: string) {
    this.#socketPath = socketPath;
    this.#hostname = hostname;
    this.#image = image;
  }

  /** Runs all steps that are for the client, one after the other, and leaves the swarm in the end. */
  async run(client: DockerClient, steps: readonly ScriptStep[]): Promise<Results> {
    const results = new Map<number, CommandResult>();
    for (const step of steps) {
      if (!isFor(client, step)) continue;
      const startMs = performance.now();
      results.set(step.line, await this.#runStep(client, step));
      const tookMs = Math.round(performance.now() - startMs);
      if (tookMs > slowMs) console.log(`${this.#hostname} ${String(tookMs)} ms: ${step.text}`);
    }
    await this.#docker(client, ['swarm', 'leave', '--force']);
    return results;
  }

  /** The body at a path of the API, decoded. */
  async get(path: string): Promise<unknown> {
    const { stdout } = await this.#call('GET', path, '');
    return JSON.parse(stdout) as unknown;
  }

  async #runStep(client: DockerClient, step: ScriptStep): Promise<CommandResult> {
    switch (step.kind) {
      case 'command':
        return await this.#runCommand(client, step);
      case 'request':
        return await this.#runRequest(step);
      case 'wait':
        return await this.#wait(client, step);
    }
  }

  async #runCommand(client: DockerClient, step: CommandCase): Promise<CommandResult> {
    const args = await Promise.all(step.args.map(async (arg) => await this.#filledIn(arg)));
    const result = await this.#docker(client, args, step.environment);
    return {
      code: result.code,
      stdout: normalized(result.stdout, this.#hostname),
      stderr: normalized(result.stderr, this.#hostname),
    };
  }

  async #runRequest(step: RequestCase): Promise<CommandResult> {
    const [path, body] = await Promise.all([this.#filledIn(step.path), this.#filledIn(step.body)]);
    const result = await this.#call(step.method, encodeURI(path), body);
    return { ...result, stdout: normalized(canonical(result.stdout), this.#hostname) };
  }

  async #wait(client: DockerClient, step: WaitStep): Promise<CommandResult> {
    const deadlineMs = performance.now() + waitLimitMs;
    for (;;) {
      const { stdout, stderr } = await this.#docker(client, step.args);
      if (step.pattern.test(stdout)) return { code: 0, stdout: '', stderr: '' };
      if (performance.now() > deadlineMs) return { code: 1, stdout, stderr };
      await sleep(100);
    }
  }

  async #docker(
    client: DockerClient,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> {
    const place = { DOCKER_HOST: `unix://${this.#socketPath}`, DOCKER_CONFIG: '/nonexistent' };
    return await runCommand([client.program, ...args], { ...place, ...environment });
  }

  async #filledIn(text: string): Promise<string> {
    let filled = text.replaceAll('IMAGE', this.#image).replaceAll(/\bHOST\b/g, this.#hostname);
    for (const [placeholder, field = '', path = ''] of text.matchAll(
      /\{(id|version|prefix) ([^}]+)\}/g,
    ))
      filled = filled.replace(placeholder, await this.#lookUp(field, path));
    return filled;
  }

  async #lookUp(field: string, path: string): Promise<string> {
    const body = await this.get(path);
    const objects = (Array.isArray(body) ? body : [body]) as readonly ApiObject[];
    if (field === 'prefix') return sharedLetter(objects.map(({ ID = '' }) => ID));
    const [object = {}] = objects;
    return field === 'id' ? (object.ID ?? '') : String(object.Version?.Index ?? '');
  }

  async #call(method: string, path: string, body: string): Promise<CommandResult> {
    const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
    const headers =
      body === ''
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const call = request(
      { socketPath: this.#socketPath, method, path, headers, timeout: requestLimitMs },
      (response) => {
        let stdout = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          stdout += chunk;
        });
        response.on('end', () => {
          resolve({ code: response.statusCode ?? 0, stdout, stderr: '' });
        });
      },
    );
    call.on('error', reject);
    call.on('timeout', () => call.destroy(new Error(`no answer: ${method} ${path}`)));
    call.end(body);
    return await promise;
  }
}

/** What the API calls the fields. */
interface ApiObject {
  readonly ID?: string;
  readonly Version?: { readonly Index?: number };
}

/** True for steps that are for every client or for this one. */
export function isFor(client: DockerClient, step: ScriptStep): boolean {
  return (
    step.kind !== 'command' ||
    step.onlyClient === '' ||
    client.version.startsWith(`${step.onlyClient}.`)
  );
}

function sharedLetter(ids: readonly string[]): string {
  const letters = ids.map((id) => id.slice(0, 1));
  const shared = letters.find((letter, index) => letters.indexOf(letter) < index);
  if (shared === undefined) throw new Error(`no two ids begin alike: ${ids.join(' ')}`);
  return shared;
}

/** JSON with keys in order, so that only what is said counts; any other text as it is. */
function canonical(text: string): string {
  try {
    return JSON.stringify(sorted(JSON.parse(text)), undefined, 1);
  } catch {
    return text;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}
