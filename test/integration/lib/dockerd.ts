import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EngineClient } from '../../../common/platform/engine/client.ts';

const readyLimitMs = 60_000;
const stopLimitMs = 30_000;

/** What a command in the engine's namespaces gave. */
export interface InsideResult {
  readonly stdout: string;
  readonly stderr: string;
}

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
  /** Ends everything and removes every trace. Twice is harmless. */
  stop(): Promise<void>;
}

/**
 * Starts a private engine and waits until it answers. Needs root, `dockerd`, `ip`, `nsenter` and `unshare`.
 *
 * Its namespaces belong to a small holder process that ends the engine when this process is gone, however it went.
 * @param args further arguments for dockerd.
 */
export async function startDockerd(args: readonly string[] = []): Promise<Dockerd> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-engine-'));
  const engine = new PrivateDockerd(directory, args);
  try {
    await engine.hold();
    await engine.start();
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

/** Makes the network, then waits for the end of its input, which comes with the end of the test, and ends the engine. */
const holderScript = `
set -e
hostname "$1"
ip link set lo up
ip link add eth0 type veth peer name peer0
ip addr add 192.168.199.1/24 dev eth0
ip link set eth0 up
ip link set peer0 up
ip route add default via 192.168.199.254
echo ready
cat >/dev/null
[ -f "$2" ] && kill "$(cat "$2")" 2>/dev/null
for second in $(seq 20); do [ -f "$2" ] || exit 0; sleep 0.5; done
`;

class PrivateDockerd implements Dockerd {
  readonly socketPath: string;
  readonly logPath: string;
  readonly hostname: string;
  readonly #directory: string;
  readonly #args: readonly string[];
  #holder: ChildProcess | undefined;
  #daemon: ChildProcess | undefined;
  #stopped: Promise<void> | undefined;

  constructor(directory: string, args: readonly string[]) {
    this.#directory = directory;
    this.#args = args;
    this.socketPath = join(directory, 'docker.sock');
    this.logPath = join(directory, 'log');
    this.hostname = basename(directory).toLowerCase();
  }

  get netns(): string {
    return `/proc/${this.#holder?.pid ?? 0}/ns/net`;
  }

  get inside(): readonly string[] {
    return ['nsenter', '-t', String(this.#holder?.pid ?? 0), '-n', '-u', '-m', '--'];
  }

  get #pidPath(): string {
    return join(this.#directory, 'pid');
  }

  async hold(): Promise<void> {
    const script = ['sh', '-c', holderScript, 'holder', this.hostname, this.#pidPath];
    const holder = spawn('unshare', ['--net', '--uts', '--mount', '--', ...script], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#holder = holder;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let complaint = '';
    holder.stdout.once('data', () => {
      resolve();
    });
    holder.stderr.on('data', (chunk: Uint8Array) => {
      complaint += Buffer.from(chunk).toString();
    });
    holder.once('error', reject);
    holder.once('exit', () => {
      reject(new Error(`cannot make namespaces for an engine: ${complaint}`));
    });
    await promise;
  }

  async start(): Promise<void> {
    const [program = '', ...prefix] = this.inside;
    const data = ['--data-root', join(this.#directory, 'data')];
    const run = ['--exec-root', join(this.#directory, 'exec'), '--pidfile', this.#pidPath];
    const cgroup = ['--cgroup-parent', `/${this.hostname}`];
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
        ...this.#args,
      ],
      { stdio: ['ignore', log, log], detached: true },
    );
    closeSync(log);
    await this.#ready(this.#daemon);
  }

  async exec(command: string, args: readonly string[], limitMs = 30_000): Promise<InsideResult> {
    const [program = '', ...prefix] = this.inside;
    return await promisify(execFile)(program, [...prefix, command, ...args], {
      timeout: limitMs,
      maxBuffer: 16 * 1024 * 1024,
    });
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

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    await this.halt('SIGTERM');
    const holder = this.#holder;
    if (holder !== undefined && !hasEnded(holder)) {
      await rm(this.#pidPath, { force: true });
      holder.stdin?.end();
      await endOf(holder, stopLimitMs);
      holder.kill('SIGKILL');
    }
    await this.#endLeftovers();
    await removeCgroups(this.hostname);
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

  /** What a killed engine left running: shims know their containerd by our path, containers are in our control group. */
  async #endLeftovers(): Promise<void> {
    for (const pid of await processesNaming(join(this.#directory, 'exec'))) killIfAlive(pid);
    for (const pid of await processesInCgroup(this.hostname)) killIfAlive(pid);
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

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function endOf(child: ChildProcess, limitMs: number): Promise<void> {
  if (hasEnded(child)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('exit', () => {
    resolve();
  });
  const timer = setTimeout(resolve, limitMs);
  await promise;
  clearTimeout(timer);
}

/** Kills the process; false when there is none. */
function killIfAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** Processes that have `path` in an argument. */
async function processesNaming(path: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes(path) && Number(pid) !== process.pid ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

async function processesInCgroup(name: string): Promise<readonly number[]> {
  const pids: number[] = [];
  for (const folder of await cgroupFolders(name)) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((item) => item.isDirectory())) {
      const path = join(folder, entry.name, 'cgroup.procs');
      const text = await readFile(path, 'utf8').catch(() => '');
      pids.push(...text.split('\n').filter(Boolean).map(Number));
    }
  }
  return pids;
}

async function cgroupFolders(name: string): Promise<readonly string[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  return mounts.split('\n').flatMap((line) => {
    const [, path = '', type] = line.split(' ');
    return type === 'cgroup' || type === 'cgroup2' ? [join(path, name)] : [];
  });
}

/** The engine leaves the parent of its containers' groups behind, and a killed one the groups too: empty folders all. */
async function removeCgroups(name: string): Promise<void> {
  for (const folder of await cgroupFolders(name)) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((item) => item.isDirectory())) {
      await rmdir(join(folder, entry.name)).catch(() => undefined);
    }
    await rmdir(folder).catch(() => undefined);
  }
}
