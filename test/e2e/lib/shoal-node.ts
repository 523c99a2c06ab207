import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Dockerd } from '../../integration/lib/dockerd.ts';
import { runCommand, type CommandResult, type DockerClient } from './clients.ts';

const shoalProgram = resolve(import.meta.dirname, '..', '..', '..', 'cli', 'shoal');
const answerLimitMs = 30_000;

/** A real `shoal daemon` in the namespaces of a private engine. */
export class ShoalNode implements AsyncDisposable {
  readonly engine: Dockerd;
  readonly directory: string;
  readonly dataRoot: string;
  readonly socketPath: string;
  readonly logPath: string;
  #daemon: ChildProcess | undefined;

  private constructor(engine: Dockerd, directory: string) {
    this.engine = engine;
    this.directory = directory;
    this.dataRoot = join(directory, 'data');
    this.socketPath = join(directory, 'shoal.sock');
    this.logPath = join(directory, 'log');
  }

  /** A node whose daemon is not started yet, with all that is its own in `directory`, which the caller makes and removes. */
  static at(engine: Dockerd, directory: string): ShoalNode {
    return new ShoalNode(engine, directory);
  }

  /**
   * Starts a daemon with an empty data root and waits until it answers. It is gone, with its swarm, when disposed.
   * @param prepare makes the folder that is to be the data root, if it is to be something particular.
   */
  static async start(
    engine: Dockerd,
    prepare?: (dataRoot: string) => Promise<void>,
  ): Promise<ShoalNode> {
    const node = new ShoalNode(engine, await mkdtemp(join(tmpdir(), 'shoal-e2e-')));
    await prepare?.(node.dataRoot);
    await node.start();
    return node;
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  /** The proxy's pid; fails when no proxy was started. */
  async proxyPid(): Promise<number> {
    return Number(await readFile(join(this.dataRoot, 'proxy', 'pid'), 'utf8'));
  }

  /** Starts the daemon anew on the same data root, and waits until it answers. */
  async start(): Promise<void> {
    const daemon = this.spawnDaemon();
    this.#daemon = daemon;
    const deadlineMs = performance.now() + answerLimitMs;
    while ((await this.shoal('status')).code !== 0) {
      if (daemon.exitCode !== null || performance.now() > deadlineMs)
        throw new Error(this.#complaint());
      await sleep(50);
    }
  }

  /** A further daemon process of this node, for tests of what must not be. */
  spawnDaemon(overrides: Readonly<Record<string, string>> = {}): ChildProcess {
    const [program = '', ...prefix] = this.engine.inside;
    const flags = {
      '--data-root': this.dataRoot,
      '--host': `unix://${this.socketPath}`,
      '--engine': `unix://${this.engine.socketPath}`,
      '--metrics-addr': '127.0.0.1:0',
      '--log-level': 'debug',
      ...overrides,
    };
    const log = openSync(this.logPath, 'a');
    const args = [...prefix, shoalProgram, 'daemon', ...Object.entries(flags).flat()];
    const child = spawn(program, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    return child;
  }

  /** Sends the daemon a signal and waits for its end. @returns its exit code, or the signal that ended it */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string> {
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null) return daemon?.exitCode ?? 0;
    const ended = once(daemon, 'exit') as Promise<[number | null, string | null]>;
    daemon.kill(signal);
    const [code, byWhat] = await ended;
    this.#daemon = undefined;
    return code ?? byWhat ?? 0;
  }

  /** `docker` of this client against the daemon. */
  async docker(client: DockerClient, ...args: readonly string[]): Promise<CommandResult> {
    return await runCommand([client.program, ...args], {
      DOCKER_HOST: `unix://${this.socketPath}`,
      DOCKER_CONFIG: join(this.directory, 'docker-config'),
    });
  }

  async shoal(...args: readonly string[]): Promise<CommandResult> {
    return await runCommand([shoalProgram, ...args], { SHOAL_HOST: `unix://${this.socketPath}` });
  }

  /** Containers of the swarm on the engine, ended ones too, by id: `{ id: "web.1.<task> running" }`. */
  async containers(): Promise<Readonly<Record<string, string>>> {
    const format = '{{.ID}}\t{{.Names}} {{.State}}';
    const { stdout } = await runCommand(
      [
        'docker',
        '-H',
        `unix://${this.engine.socketPath}`,
        'ps',
        '-a',
        '--no-trunc',
        '--format',
        format,
      ],
      {},
    );
    return Object.fromEntries(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t') as [string, string]),
    );
  }

  /** Kills daemon and proxy, without any leave-taking; the data root and the containers stay. */
  async abandon(): Promise<void> {
    await this.end('SIGKILL');
    await this.#endProxy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon === undefined) await this.start().catch(() => undefined);
    await this.shoal('leave', '--force');
    await this.end('SIGTERM');
    await this.#endProxy();
    await this.#tellTroubles();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Whatever a failed test left; a proxy ends by itself after the swarm was left. Its arguments are hidden by its title. */
  async #endProxy(): Promise<void> {
    const pid = await this.proxyPid().catch(() => 0);
    if (pid <= 1) return;
    const environment = await readFile(`/proc/${String(pid)}/environ`, 'utf8').catch(() => '');
    if (environment.includes(this.dataRoot)) process.kill(pid, 'SIGKILL');
  }

  /** A test that fails shows then what the daemon had to say. */
  async #tellTroubles(): Promise<void> {
    const lines = (await readFile(this.logPath, 'utf8')).split('\n');
    const troubles = lines.filter((line) => !/^$|"level":"(?:info|debug)"/.test(line));
    if (troubles.length > 0)
      console.log(`warnings and errors of the daemon:\n${troubles.join('\n')}`);
    await this.keepLog();
  }

  /** Adds what the daemon wrote to the file that `SHOAL_E2E_LOGS` names, if it names one. */
  async keepLog(): Promise<void> {
    const { SHOAL_E2E_LOGS: kept = '' } = process.env;
    if (kept !== '') await appendFile(kept, await readFile(this.logPath, 'utf8').catch(() => ''));
  }

  #complaint(): string {
    const tail = readFileSync(this.logPath, 'utf8').split('\n').slice(-20).join('\n');
    return `the daemon does not answer; the end of its log:\n${tail}`;
  }
}

/** Waits until `look` gives something other than undefined. @throws with `what` after `limitMs` */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  limitMs = 30_000,
): Promise<T> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadlineMs)
      throw new Error(`not within ${String(limitMs)} ms: ${what}`);
    await sleep(20);
  }
}
