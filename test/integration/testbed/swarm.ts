import { setTimeout as sleep } from 'node:timers/promises';

import { callSocket, type SocketAnswer } from '../../../deploy/quickstart/socket-http.ts';
import { outputOf, type CommandResult } from '../../e2e/lib/clients.ts';
import type { Host } from './host.ts';

/** Whose swarm the hosts form: that of their Shoal daemons, or the engines' own one, to compare with. */
export interface SwarmKind {
  readonly name: 'shoal' | 'swarm mode';
  socketPath(host: Host): string;
  docker(host: Host, ...args: readonly string[]): Promise<CommandResult>;
  /** `kill -9` of what makes the host a node. */
  kill(host: Host): Promise<void>;
  start(host: Host): Promise<void>;
}

export const shoalSwarm: SwarmKind = {
  name: 'shoal',
  socketPath: (host) => host.node.socketPath,
  docker: async (host, ...args) => await host.docker(...args),
  kill: async (host) => {
    await host.kill();
  },
  start: async (host) => {
    await host.startDaemon();
  },
};

export const swarmMode: SwarmKind = {
  name: 'swarm mode',
  socketPath: (host) => host.engine.socketPath,
  docker: async (host, ...args) => await host.dockerOfEngine(...args),
  kill: async (host) => {
    await host.engine.halt('SIGKILL');
  },
  start: async (host) => {
    await host.engine.start();
  },
};

/** A node as `docker node ls` shows it to one manager. */
export interface SeenNode {
  readonly id: string;
  readonly hostname: string;
  /** Such as `Ready` or `Down`. */
  readonly status: string;
  /** Such as `Active` or `Drain`. */
  readonly availability: string;
  /** `Leader`, `Reachable`, `Unreachable`, or nothing for a worker. */
  readonly managerStatus: string;
}

const formLimitMs = 90_000;

/** A swarm of several hosts, asked and changed with the stock command through any of its managers. */
export class Swarm {
  readonly kind: SwarmKind;
  readonly managers: readonly Host[];
  readonly workers: readonly Host[];

  private constructor(kind: SwarmKind, managers: readonly Host[], workers: readonly Host[]) {
    this.kind = kind;
    this.managers = managers;
    this.workers = workers;
  }

  /** Makes a swarm on the first of `managers`; the others join one after the other. Resolves when every manager sees every node ready. */
  static async form(
    kind: SwarmKind,
    managers: readonly Host[],
    workers: readonly Host[] = [],
  ): Promise<Swarm> {
    const swarm = new Swarm(kind, managers, workers);
    const [first] = managers;
    if (first === undefined) throw new Error('a swarm needs a manager');
    await swarm.must(first, 'swarm', 'init', '--advertise-addr', first.address);
    for (const host of managers.slice(1)) await swarm.join(host, 'manager', first);
    for (const host of workers) await swarm.join(host, 'worker', first);
    await swarm.settled();
    return swarm;
  }

  get hosts(): readonly Host[] {
    return [...this.managers, ...this.workers];
  }

  async docker(host: Host, ...args: readonly string[]): Promise<CommandResult> {
    return await this.kind.docker(host, ...args);
  }

  /** @returns what the command wrote. @throws with host and command unless it ended with 0 */
  async must(host: Host, ...args: readonly string[]): Promise<string> {
    const result = await this.docker(host, ...args);
    try {
      return outputOf(result);
    } catch (cause) {
      const { message } = cause as Error;
      throw new Error(`${host.name}: docker ${args.join(' ')}: ${message}`, { cause });
    }
  }

  /** Joins with a token that it asks `via` for. */
  async join(host: Host, role: 'manager' | 'worker', via: Host): Promise<void> {
    const token = await this.must(via, 'swarm', 'join-token', '-q', role);
    const address = ['--advertise-addr', host.address];
    await this.must(host, 'swarm', 'join', ...address, '--token', token, `${via.address}:2377`);
  }

  /** One API call to a manager. @throws when nothing answers within `limitMs` */
  async api(
    host: Host,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    json?: unknown,
    limitMs = 30_000,
  ): Promise<SocketAnswer> {
    return await callSocket({
      socketPath: this.kind.socketPath(host),
      method,
      path: `/v1.41${path}`,
      limitMs,
      ...(json === undefined ? {} : { body: Buffer.from(JSON.stringify(json)) }),
    });
  }

  /** What `docker node ls` says through `via`, in order of host names. */
  async nodes(via: Host): Promise<readonly SeenNode[]> {
    const format = '{{.ID}}\t{{.Hostname}}\t{{.Status}}\t{{.Availability}}\t{{.ManagerStatus}}';
    const text = await this.must(via, 'node', 'ls', '--format', format);
    const nodes = text.split('\n').map((line) => {
      const [id = '', hostname = '', status = '', availability = '', managerStatus = ''] =
        line.split('\t');
      return { id, hostname, status, availability, managerStatus };
    });
    return nodes.toSorted((a, b) => Number(a.hostname.slice(1)) - Number(b.hostname.slice(1)));
  }

  /** The leader as `via` sees it; undefined when it sees none. */
  async leader(via: Host): Promise<Host | undefined> {
    const nodes = await this.nodes(via).catch(() => []);
    const hostname = nodes.find(({ managerStatus }) => managerStatus === 'Leader')?.hostname;
    return this.managers.find(({ name }) => name === hostname);
  }

  /** The leader, once every one of `via` (all managers unless given) sees the same one. */
  async agreedLeader(via: readonly Host[] = this.managers): Promise<Host> {
    return await this.#until('all managers see one leader', async () => {
      const seen = await Promise.all(via.map(async (host) => await this.leader(host)));
      return seen[0] !== undefined && seen.every((host) => host === seen[0]) ? seen[0] : undefined;
    });
  }

  /** Resolves when every one of `via` (all managers unless given) sees each host as a ready node, and one leader. */
  async settled(via: readonly Host[] = this.managers): Promise<void> {
    const wanted = this.hosts.map((host) =>
      this.managers.includes(host) ? `${host.name} Ready manager` : `${host.name} Ready worker`,
    );
    let seen: readonly string[] = [];
    await this.#until('every manager sees every node ready', async () => {
      for (const host of via) {
        const nodes = await this.nodes(host).catch(() => []);
        seen = nodes.map(({ hostname, status, managerStatus }) => {
          const isManager = managerStatus === 'Leader' || managerStatus === 'Reachable';
          const role = managerStatus === '' ? 'worker' : isManager ? 'manager' : managerStatus;
          return `${hostname} ${status} ${role}`;
        });
        if (wanted.toSorted().join() !== seen.toSorted().join()) return undefined;
      }
      return true;
    }).catch((error: unknown) => {
      throw new Error(`seen last: ${seen.join(', ')}`, { cause: error });
    });
    await this.agreedLeader(via);
  }

  async #until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadlineMs = performance.now() + formLimitMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > deadlineMs) throw new Error(`${this.kind.name}: not seen: ${what}`);
      await sleep(100);
    }
  }
}
