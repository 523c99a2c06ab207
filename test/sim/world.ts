import type { RpcChannel } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { newId } from '../../common/pure/ids.ts';
import { seededRandom, type Random } from '../../common/pure/random.ts';
import type { MemoryRpcChannel } from '../../common/run/rpc/memory-channel.ts';
import type { Manager } from '../../manager/manager.ts';
import { MemoryNetwork } from '../lib/memory-net.ts';
import { ContainerHosts } from './container-hosts.ts';
import { Daemon } from './daemon.ts';
import { clusterId, joinSet, simFounding } from './founding.ts';
import type { SimOptions } from './options.ts';
import type { PlantedParts } from './planted-parts.ts';
import { noteSessions } from './note-sessions.ts';
import { SimClock } from './sim-clock.ts';
import { SimNode } from './sim-node.ts';
import { Trace } from './trace.ts';

/** How long a dial to a host that does not answer takes, milliseconds. */
const dialLimitMs = 3000;

/** Something that must never be. */
export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

export interface WorldParts {
  readonly options: SimOptions;
  readonly traceSink: ((line: string) => void) | undefined;
  readonly planted: PlantedParts | undefined;
  /** Sees each manager before it applies anything. */
  readonly managerCreated: (manager: Manager) => void;
  /** Sees each stop of a container before its engine does. */
  readonly stopAsked: (node: SimNode, container: string) => void;
}

interface Connection {
  readonly channel: MemoryRpcChannel;
  readonly client: Daemon;
  readonly server: Daemon;
}

/** A whole cluster of production code on virtual time: machines, the network between them, and what makes their daemons. */
export class World {
  readonly options: SimOptions;
  readonly clock = new SimClock();
  readonly trace: Trace;
  readonly network: MemoryNetwork;
  readonly nodes: readonly SimNode[];
  readonly random: Random;
  /** Rare things that happened, by name. */
  readonly seen = new Set<string>();
  /** How often things were done, by name. */
  readonly counts = new Map<string, number>();
  violation: Violation | undefined;
  readonly #parts: WorldParts;
  readonly #connections = new Set<Connection>();
  #sequence = 0;

  constructor(parts: WorldParts) {
    const { options } = parts;
    this.#parts = parts;
    this.options = options;
    this.random = seededRandom(options.seed);
    this.trace = new Trace(() => this.clock.nowMs(), parts.traceSink);
    const latency = this.random.fork('network');
    this.network = new MemoryNetwork({
      clock: this.clock,
      latencyMs: (from, to) => (from === to ? 0 : latency.unit() * options.linkMs),
    });
    const hosts = new ContainerHosts(this.network, (address) => {
      this.fail('N1', `two running containers have address ${address}`);
    });
    const ids = this.random.fork('node ids');
    this.nodes = Array.from({ length: options.workers + 1 }, (_, index) => {
      const nodeId = newId<'node'>(ids);
      const { clock, network, random } = this;
      return new SimNode({ index, nodeId, options, clock, random, network, hosts });
    });
    for (const node of this.nodes) this.#traceContainers(node);
  }

  get managerNode(): SimNode {
    const [node] = this.nodes;
    if (node === undefined) throw new Error('a world has a manager');
    return node;
  }

  /** The manager as it runs now; undefined while its daemon does not. */
  get manager(): Manager | undefined {
    return this.managerNode.daemon?.manager;
  }

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Notes the first thing that must not be; the run ends after this step. */
  fail(invariant: string, detail: string): void {
    this.violation ??= { invariant, detail };
  }

  /** Runs `job` beside everything else; its failure is a bug of the simulator or of what it calls. */
  spawn(name: string, job: () => Promise<void>): void {
    job().catch((error: unknown) => {
      this.fail(
        'crash',
        `${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    });
  }

  async sleep(durationMs: number): Promise<void> {
    await this.clock.sleep(durationMs, new AbortController().signal);
  }

  /** A name that no other call got. */
  nextNumber(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** Founds the cluster and lets all nodes join it. */
  async found(): Promise<void> {
    await this.boot(this.managerNode, true);
    const consensus = this.managerNode.daemon?.consensus;
    const joining = this.nodes.slice(1);
    consensus?.propose(joinSet(joining, this.random.fork('join')), Math.floor(this.clock.wallMs()));
    while (this.manager?.view.nodes().length !== this.nodes.length) await this.sleep(1);
    for (const node of joining) this.spawn('boot', () => this.boot(node));
  }

  /** Starts the daemon of a machine that runs; the manager's once it serves. */
  async boot(node: SimNode, isFounder = false): Promise<void> {
    node.runs += 1;
    const daemon = this.#newDaemon(node);
    node.daemon = daemon;
    node.bootedAtMs = this.clock.nowMs();
    this.trace.add(node.name, `daemon ${node.runs} starts`);
    this.#dropOldConnections(node);
    if (node.index === 0) {
      const founding = isFounder
        ? simFounding(node.nodeId, this.random.fork('founding'), this.options)
        : undefined;
      this.#parts.managerCreated(daemon.createManager(founding));
    }
    await daemon.startWorker();
    await daemon.startManager();
  }

  kill(node: SimNode): void {
    this.trace.add(node.name, 'daemon is killed');
    const { daemon } = node;
    node.killDaemon();
    for (const connection of this.#connections) {
      if (connection.client === daemon || connection.server === daemon) this.#drop(connection);
    }
  }

  /** Starts the daemon of a machine that runs and has none. */
  ensureUp(node: SimNode): void {
    if (!node.isOn || node.daemon !== undefined) return;
    this.spawn('boot', () => this.boot(node));
  }

  losePower(node: SimNode): void {
    this.trace.add(node.name, 'power is cut');
    node.losePower();
  }

  async restorePower(node: SimNode): Promise<void> {
    this.trace.add(node.name, 'power is back');
    node.restorePower();
    await this.boot(node);
  }

  #newDaemon(node: SimNode): Daemon {
    const { options, clock, trace, network } = this;
    const daemon: Daemon = new Daemon({
      name: node.name,
      run: node.runs,
      nodeId: node.nodeId,
      options,
      clock,
      skewMs: () => node.skewMs,
      random: node.random.fork(`run ${node.runs}`),
      trace,
      disk: node.disk,
      engine: node.engine,
      network,
      proxy: node.proxy,
      hooks: {
        before: (call, container) => {
          if (call === 'stop') this.#parts.stopAsked(node, container);
        },
        after: (call) => {
          this.#killAt(node, call);
        },
      },
      dial: (client) => this.#dial(node, client),
      failed: (error) => {
        this.#daemonFailed(node, daemon, error);
      },
      ...(this.#parts.planted === undefined ? {} : { planted: this.#parts.planted }),
    });
    return daemon;
  }

  async #dial(node: SimNode, client: Daemon): Promise<RpcChannel> {
    await node.link.dial(dialLimitMs);
    if (!this.managerNode.isOn) {
      await this.sleep(dialLimitMs);
      throw new ShoalError('unavailable', 'no answer');
    }
    const server = this.managerNode.daemon;
    if (server?.server === undefined || !server.isServing) {
      throw new ShoalError('unavailable', 'connection refused');
    }
    const { nodeId } = node;
    const role = node.index === 0 ? 'manager' : 'worker';
    const link = node.link.connection({
      client: client.life,
      server: server.life,
      reset: () => {
        this.#drop(connection);
      },
    });
    const channel = server.server.channel({ nodeId, clusterId, role }, link);
    const connection: Connection = { channel, client, server };
    this.#connections.add(connection);
    return noteSessions(channel, (sessionId) => {
      if (node.sessionIds.at(-1) !== sessionId) node.sessionIds.push(sessionId);
    });
  }

  /** Ends the daemon between what the engine did and the news of it, when that is due. */
  #killAt(node: SimNode, call: string): void {
    const { killAt } = node;
    if (killAt?.call !== call) return;
    killAt.left -= 1;
    if (killAt.left > 0) return;
    node.killAt = undefined;
    if (node.daemon === undefined) return;
    this.seen.add(`daemon killed right after ${call}`);
    this.kill(node);
  }

  #drop(connection: Connection): void {
    this.#connections.delete(connection);
    connection.channel.disconnect();
  }

  /** A machine that is back answers what belongs to its former life by a reset. */
  #dropOldConnections(node: SimNode): void {
    for (const connection of this.#connections) {
      const end = node.index === 0 ? connection.server : connection.client;
      if (end.name === node.name && end.life.isDead) this.#drop(connection);
    }
  }

  /** The process ends itself: what a failed disk is meant to lead to. Anything else is a bug. */
  #daemonFailed(node: SimNode, daemon: Daemon, error: unknown): void {
    if (!this.#isExpected(error)) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.fail('crash', `${node.name}: ${text}`);
      return;
    }
    this.seen.add('daemon ended itself after a disk failure');
    this.trace.add(node.name, 'daemon ends itself');
    this.spawn('restart', async () => {
      if (node.daemon === daemon) this.kill(node);
      await this.sleep(500);
      if (node.isOn && node.daemon === undefined) await this.boot(node);
    });
  }

  #isExpected(error: unknown): boolean {
    if (!(error instanceof ShoalError)) return false;
    const { faults } = this.options;
    const isFull = error.code === 'limitExceeded' || error.code === 'storageFailed';
    if (isFull && faults.includes('fullDisk')) return true;
    return error.code === 'storageFailed' && faults.includes('diskFailure');
  }

  #traceContainers(node: SimNode): void {
    node.engine.observe(({ kind, container }) => {
      const task = container.name.split('.').slice(0, 2).join('.');
      this.trace.add(node.name, `container ${task} ${container.id.slice(0, 6)} ${kind}`);
    });
  }
}
