import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { NodeClock } from '../../../../common/platform/clock.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import { FakeEngine } from '../../../lib/fake-engine/fake-engine.ts';
import { serveFakeEngine, type FakeDockerd } from '../../../lib/fake-engine/serve.ts';

const program = resolve(import.meta.dirname, '..', '..', '..', '..', 'cli', 'shoal');
const answerLimitMs = 60_000;

export interface Answer {
  readonly status: number;
  readonly json: unknown;
}

/** What is read of `/info`. */
export interface SwarmFacts {
  readonly NodeID: string;
  readonly NodeAddr: string;
  readonly LocalNodeState: string;
  readonly ControlAvailable: boolean;
  readonly Error: string;
  readonly RemoteManagers: readonly { readonly NodeID: string; readonly Addr: string }[] | null;
  readonly Nodes?: number;
  readonly Managers?: number;
}

/** What is read of a node. */
export interface NodeRow {
  readonly ID: string;
  readonly Spec: { readonly Role: string };
  readonly Description: { readonly Hostname: string };
  readonly Status: { readonly State: string };
  readonly ManagerStatus?: {
    readonly Leader?: boolean;
    readonly Reachability: string;
    readonly Addr: string;
  };
}

/**
 * A real `shoal daemon` with a data root and an address on the loopback of its own, over an engine in memory: what several nodes of one cluster are, on one machine
 * and without root.
 */
export class MemberDaemon implements AsyncDisposable {
  readonly name: string;
  /** Where its manager listens: 127.0.0.x:port. */
  readonly address: string;
  readonly engine: FakeEngine;
  readonly directory: string;
  readonly #dockerd: FakeDockerd;
  #process: ChildProcess | undefined;

  private constructor(parts: {
    name: string;
    address: string;
    engine: FakeEngine;
    directory: string;
    dockerd: FakeDockerd;
  }) {
    this.name = parts.name;
    this.address = parts.address;
    this.engine = parts.engine;
    this.directory = parts.directory;
    this.#dockerd = parts.dockerd;
  }

  /** Starts a node that belongs to no swarm, and waits until it answers. */
  static async start(name: string, address: string): Promise<MemberDaemon> {
    const directory = await mkdtemp(join(tmpdir(), 'shoal-member-'));
    const engine = new FakeEngine({
      clock: new NodeClock(),
      random: seededRandom(1),
      hostname: name,
    });
    const dockerd = await serveFakeEngine(engine, join(directory, 'engine.sock'));
    const daemon = new MemberDaemon({ name, address, engine, directory, dockerd });
    await daemon.start();
    return daemon;
  }

  get dataRoot(): string {
    return join(this.directory, 'data');
  }

  /** Starts the daemon, again on the same data root, and waits until it answers. */
  async start(): Promise<void> {
    const flags = {
      '--data-root': this.dataRoot,
      '--host': `unix://${this.#socketPath}`,
      '--engine': `unix://${this.#dockerd.socketPath}`,
      '--hostname': this.name,
      '--metrics-addr': '127.0.0.1:0',
      '--log-level': 'debug',
    };
    const log = openSync(join(this.directory, 'log'), 'a');
    const daemon = spawn(program, ['daemon', ...Object.entries(flags).flat()], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#process = daemon;
    await this.until('the daemon answers', async () => {
      if (daemon.exitCode !== null) throw new Error(`the daemon ended: ${await this.log()}`);
      return await this.ask('GET', '/_ping').then(
        () => true,
        () => false,
      );
    });
  }

  /** Sends a signal and waits for the end. @returns the exit code, or the signal that ended it */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string> {
    const daemon = this.#process;
    this.#process = undefined;
    if (daemon === undefined || daemon.exitCode !== null) return daemon?.exitCode ?? 0;
    const ended = once(daemon, 'exit') as Promise<[number | null, string | null]>;
    daemon.kill(signal);
    const [code, byWhat] = await ended;
    return code ?? byWhat ?? 0;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return await new Promise((resolve_, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const asked = request(
        { socketPath: this.#socketPath, method, path, headers, agent: false },
        (response) => {
          let answer = '';
          response.setEncoding('utf8').on('data', (piece: string) => (answer += piece));
          response.on('end', () => {
            resolve_({ status: response.statusCode ?? 0, json: parsed(answer) });
          });
          response.on('error', reject);
        },
      );
      asked.on('error', reject);
      asked.end(text);
    });
  }

  /** Founds a swarm. */
  async init(): Promise<void> {
    const body = { ListenAddr: this.address, AdvertiseAddr: this.address, Spec: {} };
    const { status, json } = await this.ask('POST', '/swarm/init', body);
    if (status !== 200) throw new Error(`init: ${JSON.stringify(json)}`);
  }

  /** Joins, or is refused: the status and the message. */
  async join(remotes: readonly string[], token: string, fields: object = {}): Promise<Answer> {
    return await this.ask('POST', '/swarm/join', {
      ListenAddr: this.address,
      AdvertiseAddr: this.address,
      RemoteAddrs: remotes,
      JoinToken: token,
      ...fields,
    });
  }

  async tokens(): Promise<{ readonly Worker: string; readonly Manager: string }> {
    const { json } = await this.ask('GET', '/swarm');
    return (json as { JoinTokens: { Worker: string; Manager: string } }).JoinTokens;
  }

  async swarm(): Promise<SwarmFacts> {
    const { json } = await this.ask('GET', '/info');
    return (json as { Swarm: SwarmFacts }).Swarm;
  }

  /** Creates a service without replicas. @returns the status of the answer */
  async create(service: string): Promise<number> {
    const { status } = await this.ask('POST', '/services/create', {
      Name: service,
      Mode: { Replicated: { Replicas: 0 } },
      TaskTemplate: { ContainerSpec: { Image: 'web:1' } },
    });
    return status;
  }

  /** The nodes as this manager sees them, by host name; none while it does not answer. */
  async nodes(): Promise<ReadonlyMap<string, NodeRow>> {
    const { status, json } = await this.ask('GET', '/nodes');
    const rows = status === 200 ? (json as readonly NodeRow[]) : [];
    return new Map(rows.map((row) => [row.Description.Hostname, row]));
  }

  /** Waits until `look` gives true. */
  async until(what: string, look: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + answerLimitMs;
    while (!(await look())) {
      if (performance.now() > deadlineMs)
        throw new Error(`not in time on ${this.name}: ${what}\n${await this.log()}`);
      await sleep(25);
    }
  }

  /** The end of the daemon's log. */
  async log(lines = 40): Promise<string> {
    return (await readFile(join(this.directory, 'log'), 'utf8'))
      .split('\n')
      .slice(-lines)
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
    await this.#dockerd.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  get #socketPath(): string {
    return join(this.directory, 'api.sock');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
