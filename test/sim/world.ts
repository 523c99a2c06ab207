import { ShoalError } from '../../common/pure/errors.ts';
import { asId, newId } from '../../common/pure/ids.ts';
import { seededRandom, type Random } from '../../common/pure/random.ts';
import type { Leadership } from '../../manager/consensus/port.ts';
import type { Founding } from '../../manager/founding.ts';
import type { Manager } from '../../manager/manager.ts';
import type { Identity } from '../../node/identity/identity.ts';
import { memberId } from '../lib/consensus.ts';
import { MemoryNetwork } from '../lib/memory-net.ts';
import { Connections } from './connections.ts';
import { ContainerHosts } from './container-hosts.ts';
import { Daemon, saveIdentity } from './daemon.ts';
import { joinTokens, simFounding } from './founding.ts';
import { founderIdentity, joinCluster } from './joining.ts';
import type { SimOptions } from './options.ts';
import { PeerNetwork } from './peer-network.ts';
import type { PlantedParts } from './planted-parts.ts';
import { SimClock } from './sim-clock.ts';
import { SimNode } from './sim-node.ts';
import { Trace } from './trace.ts';
import { Ways } from './ways.ts';

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
  readonly managerCreated: (node: SimNode, manager: Manager) => void;
  /** Sees each call that changes a container before its engine does. */
  readonly callAsked: (node: SimNode, call: string, container: string) => void;
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
  readonly ways: Ways;
  readonly peers: PeerNetwork;
  readonly #parts: WorldParts;
  readonly #connections: Connections;
  /** Raft id of who led, by term. */
  readonly #leaders = new Map<number, number>();

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
    const { clock, network, random } = this;
    this.nodes = Array.from(
      { length: options.workers + options.managers },
      (_, index) => new SimNode({ index, options, clock, random, network, hosts }),
    );
    this.ways = new Ways(clock);
    const { peerMs, peerLost: lost, peerTwice: twice, peerOvertaken: overtaken } = options;
    const peerParts = { clock, ways: this.ways, random: random.fork('peers') };
    this.peers = new PeerNetwork(peerParts, peerMs, { lost, twice, overtaken });
    this.#connections = new Connections({
      clock,
      ways: this.ways,
      nodes: () => this.nodes,
      spawn: (name, job) => {
        this.spawn(name, job);
      },
    });
    for (const node of this.nodes) this.#traceContainers(node);
  }

  /** Nodes whose managers serve. */
  get serving(): readonly SimNode[] {
    return this.nodes.filter(({ daemon }) => daemon?.isServing === true);
  }

  /** The manager that serves and has applied most; undefined while none serves. */
  get manager(): Manager | undefined {
    let newest: Manager | undefined;
    for (const { daemon } of this.serving) {
      const manager = daemon?.manager;
      if (manager === undefined) continue;
      if (newest === undefined || manager.view.revision > newest.view.revision) newest = manager;
    }
    return newest;
  }

  /** The node whose manager leads, as far as that one knows. */
  get leader(): SimNode | undefined {
    const termOf = (node: SimNode): number => node.daemon?.consensus?.leadership.term ?? 0;
    return this.nodes
      .filter(({ daemon }) => daemon?.consensus?.leadership.self === true)
      .toSorted((one, other) => termOf(other) - termOf(one))[0];
  }

  /** True for a node that holds the role, or held it before its daemon ended. */
  isManager(node: SimNode): boolean {
    const role = node.daemon?.identity?.role;
    if (role !== undefined) node.isManager = role === 'manager';
    return node.isManager;
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

  /** Founds the cluster and lets all nodes join it; resolves once all its managers serve. */
  async found(): Promise<void> {
    const [founder, ...others] = this.nodes;
    if (founder === undefined) return;
    founder.nodeId = newId(this.random.fork('founder'));
    const identity = founderIdentity({
      nodeId: founder.nodeId,
      raftId: memberId,
      advertiseAddress: `${founder.address}:2377`,
    });
    const random = this.random.fork('founding');
    const founding = simFounding(founder.nodeId, random, this.options);
    await this.boot(founder, { founding, identity });
    for (const node of others) await this.#join(node);
    for (const node of others) this.spawn('boot', () => this.boot(node));
    while (this.serving.length < this.options.managers) await this.sleep(1);
  }

  /** Starts the daemon of a machine that runs; resolves once it serves. */
  async boot(
    node: SimNode,
    founding?: { readonly founding: Founding; readonly identity: Identity },
  ): Promise<void> {
    node.runs += 1;
    const daemon = this.#newDaemon(node);
    node.daemon = daemon;
    node.bootedAtMs = this.clock.nowMs();
    this.trace.add(node.name, `daemon ${node.runs} starts`);
    this.#connections.dropOld(node);
    await daemon.start(founding);
  }

  kill(node: SimNode): void {
    this.trace.add(node.name, 'daemon is killed');
    const { daemon } = node;
    node.killDaemon();
    if (daemon !== undefined) this.#connections.ended(node, daemon);
  }

  /** Ends the daemon as by SIGTERM. */
  async stop(node: SimNode): Promise<void> {
    const { daemon } = node;
    this.trace.add(node.name, 'daemon is asked to stop');
    await daemon?.stop();
    if (node.daemon !== daemon) return;
    this.trace.add(node.name, 'daemon has stopped');
    this.kill(node);
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

  /** As `docker swarm join` with the token of its role, through any manager. */
  async #join(node: SimNode): Promise<void> {
    const [via] = this.serving;
    const server = via?.daemon?.server;
    if (server === undefined) throw new Error('nobody takes nodes in');
    const { address } = node;
    const nobody = asId<'node'>('');
    const channel = server.channel({
      nodeId: nobody,
      clusterId: asId<'cluster'>(''),
      role: 'anyone',
      host: address,
    });
    const role = node.index < this.options.managers ? 'manager' : 'worker';
    const keyNumber = node.index + 1;
    const identity = await joinCluster(channel, { address, keyNumber, token: joinTokens[role] });
    channel.disconnect();
    node.nodeId = identity.nodeId;
    await saveIdentity(node.disk, identity);
  }

  #newDaemon(node: SimNode): Daemon {
    const { options, clock, trace, network, peers } = this;
    const daemon: Daemon = new Daemon({
      node,
      run: node.runs,
      options,
      clock,
      random: node.random.fork(`run ${node.runs}`),
      trace,
      engine: node.engine,
      network,
      peers,
      hooks: {
        before: (call, container) => {
          this.#parts.callAsked(node, call, container);
        },
        after: (call) => {
          this.#killAt(node, call);
        },
      },
      dialer: (client) => ({
        dial: (target) => this.#connections.dial({ node, daemon: client }, target),
      }),
      managerCreated: (manager) => {
        this.#parts.managerCreated(node, manager);
      },
      led: (raftId, leadership) => {
        this.#noteLeadership(node, raftId, leadership);
      },
      degraded: (reason) => {
        this.trace.add(node.name, `degraded: ${reason}`);
      },
      failed: (error) => {
        this.#daemonFailed(node, daemon, error);
      },
      ...(this.#parts.planted === undefined ? {} : { planted: this.#parts.planted }),
    });
    return daemon;
  }

  /** R1: a term has one leader. */
  #noteLeadership(node: SimNode, raftId: number, { term, self, leader }: Leadership): void {
    this.trace.add(node.name, `term ${term}: ${self ? 'leads' : `led by ${leader ?? 'nobody'}`}`);
    if (!self) return;
    const known = this.#leaders.get(term);
    if (known !== undefined && known !== raftId) {
      this.fail('R1', `term ${term} is led by ${known} and by ${raftId}`);
    }
    this.#leaders.set(term, raftId);
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
