import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineClient } from '../../../common/platform/engine/client.ts';
import { Namespaces, type InsideResult } from './namespaces.ts';
import {
  endOf,
  hasEnded,
  killIfAlive,
  processesInCgroup,
  processesNaming,
  removeCgroups,
} from './processes.ts';

const readyLimitMs = 60_000;
const stopLimitMs = 30_000;

/** A private Docker Engine: own network, mounts and host name; nothing of it is left when it was stopped. */
export interface Dockerd extends AsyncDisposable {
  readonly socketPath: string;
  /** Its network namespace, for `nsenter --net=`. */
  readonly netns: string;
  readonly hostname: string;
  /** Command and arguments that go before a command to run it in the engine's network. */
  readonly inside: readonly string[];
  readonly logPath: string;
  /** Runs a command in the engine's namespaces, within `limitMs` (30 s). */
  exec(command: string, args: readonly string[], limitMs?: number): Promise<InsideResult>;
  /** Ends the engine with `signal` and waits for it; its data stay for `start`. */
  halt(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  start(): Promise<void>;
  /** Kills the containers that a killed engine left running, and their shims. */
  endContainers(): Promise<void>;
  /** Ends everything and removes every trace. Twice is harmless. */
  stop(): Promise<void>;
}

/** How an engine differs from a lone one with a name of its own. */
export interface DockerdOptions {
  /** Further arguments for dockerd. */
  readonly args?: readonly string[];
  /** A folder that is made for it, and removed with it; one below the temporary folder unless given. */
  readonly directory?: string;
  readonly hostname?: string;
  /** Of its containers' control groups; must be unique on this machine. */
  readonly cgroup?: string;
  /** Gives the namespaces an `eth0` with an address and a default route; a lone one that leads nowhere unless given. */
  readonly connect?: (namespaces: Namespaces) => Promise<void>;
}

/**
 * Starts a private engine and waits until it answers. Needs root, `dockerd`, `ip`, `nsenter` and `unshare`.
 *
 * Its namespaces belong to a small holder process that ends the engine when this process is gone, however it went.
 */
export async function startDockerd(options: DockerdOptions = {}): Promise<Dockerd> {
  const { directory = await mkdtemp(join(tmpdir(), 'shoal-engine-')) } = options;
  await mkdir(directory, { recursive: true });
  const engine = new PrivateDockerd(directory, options);
  try {
    await engine.hold();
    await engine.start();
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

/** A network that leads nowhere. */
async function connectToNothing(namespaces: Namespaces): Promise<void> {
  await namespaces.exec('sh', [
    '-ec',
    `ip link add eth0 type veth peer name peer0
    ip addr add 192.168.199.1/24 dev eth0
    ip link set eth0 up
    ip link set peer0 up
    ip route add default via 192.168.199.254`,
  ]);
}

/** Ends the engine and waits until it is gone. */
const endScript = `
[ -f "$2" ] && kill "$(cat "$2")" 2>/dev/null
for second in $(seq 20); do [ -f "$2" ] || exit 0; sleep 0.5; done
`;

class PrivateDockerd implements Dockerd {
  readonly socketPath: string;
  readonly logPath: string;
  readonly hostname: string;
  readonly #directory: string;
  readonly #cgroup: string;
  readonly #options: DockerdOptions;
  #namespaces: Namespaces | undefined;
  #daemon: ChildProcess | undefined;
  #stopped: Promise<void> | undefined;

  constructor(directory: string, options: DockerdOptions) {
    this.#directory = directory;
    this.#options = options;
    this.socketPath = join(directory, 'docker.sock');
    this.logPath = join(directory, 'log');
    const name = basename(directory).toLowerCase();
    this.hostname = options.hostname ?? name;
    this.#cgroup = options.cgroup ?? name;
  }

  get netns(): string {
    return `/proc/${String(this.#held.pid)}/ns/net`;
  }

  get inside(): readonly string[] {
    return this.#held.inside;
  }

  get #held(): Namespaces {
    if (this.#namespaces === undefined) throw new Error('the engine has no namespaces yet');
    return this.#namespaces;
  }

  get #pidPath(): string {
    return join(this.#directory, 'pid');
  }

  async hold(): Promise<void> {
    this.#namespaces = await Namespaces.hold(this.hostname, {
      setUp: '',
      atEnd: endScript,
      atEndArgument: this.#pidPath,
    });
    await (this.#options.connect ?? connectToNothing)(this.#namespaces);
  }

  async start(): Promise<void> {
    const [program = '', ...prefix] = this.inside;
    const data = ['--data-root', join(this.#directory, 'data')];
    const run = ['--exec-root', join(this.#directory, 'exec'), '--pidfile', this.#pidPath];
    const cgroup = ['--cgroup-parent', `/${this.#cgroup}`];
    const log = openSync(this.logPath, 'a');
    this.#daemon = spawn(
      program,
      [
        ...prefix,
        'dockerd',
        ...data,
        ...run,
        ...cgroup,
        '-H',
        `unix://${this.socketPath}`,
        ...(this.#options.args ?? []),
      ],
      { stdio: ['ignore', log, log], detached: true },
    );
    closeSync(log);
    await this.#ready(this.#daemon);
  }

  async exec(command: string, args: readonly string[], limitMs = 30_000): Promise<InsideResult> {
    return await this.#held.exec(command, args, limitMs);
  }

  async halt(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || hasEnded(daemon)) return;
    daemon.kill(signal);
    await endOf(daemon, stopLimitMs);
    if (!hasEnded(daemon)) daemon.kill('SIGKILL');
    await endOf(daemon, stopLimitMs);
    await this.#endContainerd();
  }

  /** Shims know their containerd by our path, containers are in our control group. */
  async endContainers(): Promise<void> {
    for (const pid of await processesNaming(join(this.#directory, 'exec'))) killIfAlive(pid);
    for (const pid of await processesInCgroup(this.#cgroup)) killIfAlive(pid);
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    await this.halt('SIGTERM');
    await rm(this.#pidPath, { force: true });
    await this.#namespaces?.end();
    await this.endContainers();
    await removeCgroups(this.#cgroup);
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }

  /** A killed engine's containerd dies after it; the next engine would take it for alive and wait for it. */
  async #endContainerd(): Promise<void> {
    const path = join(this.#directory, 'exec', 'containerd', 'containerd.pid');
    if (!existsSync(path)) return;
    const pid = Number(await readFile(path, 'utf8'));
    for (let attempt = 0; attempt < 100 && killIfAlive(pid); attempt += 1) await sleep(20);
    await rm(path, { force: true });
  }

  async #ready(daemon: ChildProcess): Promise<void> {
    await using client = new EngineClient(this.socketPath);
    const deadlineMs = performance.now() + readyLimitMs;
    for (;;) {
      try {
        await client.info(AbortSignal.timeout(5000));
        return;
      } catch (error) {
        if (hasEnded(daemon) || performance.now() > deadlineMs) throw await this.#failure(error);
      }
      await sleep(50);
    }
  }

  async #failure(cause: unknown): Promise<Error> {
    const log = existsSync(this.logPath) ? await readFile(this.logPath, 'utf8') : '';
    const tail = log.split('\n').slice(-20).join('\n');
    return new Error(`the engine did not start; the end of its log:\n${tail}`, { cause });
  }
}
