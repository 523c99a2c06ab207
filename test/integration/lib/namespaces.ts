import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';

import { endOf, hasEnded } from './processes.ts';

const endLimitMs = 30_000;

/** What a command in the namespaces gave. */
export interface InsideResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** Commands of `sh` that are run in the namespaces as root, with `set -e`. */
interface HolderScript {
  /** Makes what the namespaces are to hold. `$1` is the host name. */
  readonly setUp: string;
  /** Runs before they go; `$2` is `atEndArgument`. */
  readonly atEnd?: string;
  readonly atEndArgument?: string;
}

/**
 * A network, a host name and mounts apart from the machine's. They belong to a small process that ends with this one, however it went,
 * and everything in them goes with it: interfaces, addresses, firewall rules, mounts.
 */
export class Namespaces {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /** Needs root, `ip`, `nsenter` and `unshare`. */
  static async hold(hostname: string, script: HolderScript): Promise<Namespaces> {
    const { setUp, atEnd = '', atEndArgument = '' } = script;
    const text = `set -e\nhostname "$1"\nip link set lo up\n${setUp}\necho ready\ncat >/dev/null\n${atEnd}`;
    const command = ['sh', '-c', text, 'holder', hostname, atEndArgument];
    const holder = spawn('unshare', ['--net', '--uts', '--mount', '--', ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
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
      reject(new Error(`cannot make namespaces: ${complaint}`));
    });
    await promise;
    return new Namespaces(holder);
  }

  /** Of the process that they belong to. */
  get pid(): number {
    return this.#holder.pid ?? 0;
  }

  /** Command and arguments that go before a command to run it inside. */
  get inside(): readonly string[] {
    return ['nsenter', '-t', String(this.pid), '-n', '-u', '-m', '--'];
  }

  /** Runs a command inside. @throws unless it ends with 0 within `limitMs` */
  async exec(command: string, args: readonly string[], limitMs = 30_000): Promise<InsideResult> {
    const [program = '', ...prefix] = this.inside;
    return await promisify(execFile)(program, [...prefix, command, ...args], {
      timeout: limitMs,
      maxBuffer: 16 * 1024 * 1024,
    });
  }

  /** Lets them go, once nothing else runs inside. Twice is harmless. */
  async end(): Promise<void> {
    if (hasEnded(this.#holder)) return;
    this.#holder.stdin?.end();
    await endOf(this.#holder, endLimitMs);
    this.#holder.kill('SIGKILL');
  }
}
