import type { ByteStream, Net } from '../../common/ports/net.ts';
import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { PeerIdentity } from '../../common/ports/identity.ts';
import type { RpcChannel, RpcDialer } from '../../common/ports/rpc.ts';
import type { Disk } from '../../common/ports/disk.ts';
import { asId } from '../../common/pure/ids.ts';
import type { Random } from '../../common/pure/random.ts';
import type { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import type { Leadership } from '../../manager/consensus/port.ts';
import type { Founding } from '../../manager/founding.ts';
import type { Manager } from '../../manager/manager.ts';
import { Membership } from '../../node/daemon/membership.ts';
import { SessionWays } from '../../node/daemon/session-ways.ts';
import { createApi } from '../../node/httpapi/api.ts';
import type { Handler } from '../../node/httpapi/http.ts';
import { IdentityFile, type Identity } from '../../node/identity/identity.ts';
import { KeptIdentity } from '../../node/identity/kept-identity.ts';
import type { Agent } from '../../worker/agent/agent.ts';
import { ProxyClient } from '../../worker/proxy/client.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';
import { startWorker } from '../../worker/worker.ts';
import { FakeEngineHttp, productFacts } from '../lib/api-fixture.ts';
import type { MemoryNetwork } from '../lib/memory-net.ts';
import type { SimConsensus } from './consensus.ts';
import { heldDisk } from './held-disk.ts';
import { Incarnation, ProcessClock } from './incarnation.ts';
import { renewIdentity } from './joining.ts';
import type { Machine } from './machine.ts';
import { SimManagerRole } from './manager-role.ts';
import { SimNodeControl } from './node-control.ts';
import { noteSessions } from './note-sessions.ts';
import type { SimOptions } from './options.ts';
import type { PeerNetwork } from './peer-network.ts';
import { noPlantedParts, type PlantedParts } from './planted-parts.ts';
import { ProcessEngine, type EngineHooks } from './process-engine.ts';
import { recordEndpoints } from './record-endpoints.ts';
import type { SimClock } from './sim-clock.ts';
import { TraceLog, type Trace } from './trace.ts';

const identityFolder = '/node';
const paths = { raft: '/raft' };

export interface DaemonParts {
  readonly node: Machine;
  /** Counts the daemons of this node. */
  readonly run: number;
  readonly options: SimOptions;
  readonly clock: SimClock;
  readonly random: Random;
  readonly trace: Trace;
  readonly engine: EngineApi;
  readonly network: MemoryNetwork;
  readonly peers: PeerNetwork;
  readonly hooks: EngineHooks;
  readonly dialer: (daemon: Daemon) => RpcDialer;
  /** Sees each manager before it applies anything. */
  readonly managerCreated: (manager: Manager) => void;
  readonly led: (raftId: number, leadership: Leadership) => void;
  /** Whoever looks after the machine has to do something. */
  readonly degraded: (reason: string) => void;
  readonly failed: (error: unknown) => void;
  readonly planted?: PlantedParts;
}

/** Keeps the identity of a node on its disk: it has joined. */
export async function saveIdentity(disk: Disk, identity: Identity): Promise<void> {
  await new IdentityFile(disk, identityFolder).save(identity);
}

/** The daemon of one node, one incarnation: production code over simulated ports, composed as the real daemon composes it. */
export class Daemon {
  /** The main thread. */
  readonly life = new Incarnation();
  /** The thread of consensus: of the same process, and on its own while main stands still. */
  readonly thread = new Incarnation();
  readonly name: string;
  handler: Handler | undefined;
  agent: Agent | undefined;
  readonly clock: ProcessClock;
  /** Tasks to which its proxy sends connections; undefined before it said so. */
  endpoints: ReadonlySet<string> | undefined;
  readonly #parts: DaemonParts;
  readonly #planted: PlantedParts;
  readonly #log: TraceLog;
  readonly #disk: Disk;
  readonly #streams = new Set<ByteStream>();
  #identity: KeptIdentity | undefined;
  #ways: SessionWays | undefined;
  #membership: Membership | undefined;
  #role: SimManagerRole | undefined;
  #roles = 0;
  #isEnding = false;

  constructor(parts: DaemonParts) {
    const { node, clock } = parts;
    this.#parts = parts;
    this.#planted = parts.planted ?? noPlantedParts;
    this.name = node.name;
    this.clock = new ProcessClock(clock, this.life, () => node.skewMs);
    this.#disk = heldDisk(node.disk, this.life);
    this.#log = new TraceLog(parts.trace, node.name, () => this.life.isDead);
    this.life.onEnd(() => {
      for (const stream of this.#streams) stream.destroy();
    });
  }

  get identity(): Identity | undefined {
    return this.#identity?.current;
  }

  get manager(): Manager | undefined {
    return this.#role?.manager;
  }

  get consensus(): SimConsensus | undefined {
    return this.#role?.consensus;
  }

  /** What nodes connect to. */
  get server(): MemoryRpcServer | undefined {
    return this.#role?.server;
  }

  get isServing(): boolean {
    return this.#role?.isServing === true;
  }

  /** Who this daemon shows itself as. */
  peerIdentity(): PeerIdentity {
    const identity = this.identity;
    const host = this.#parts.node.address;
    if (identity === undefined)
      return { nodeId: asId(''), clusterId: asId(''), role: 'anyone', host };
    const { nodeId, clusterId, role, raftId } = identity;
    return { nodeId, clusterId, role, raftId, host };
  }

  /** Ends all threads between two instructions. @param isHeard its machine goes on, and says so to others */
  kill(isHeard: boolean): void {
    this.life.kill();
    this.thread.kill();
    this.#role?.killed(isHeard);
  }

  pause(): void {
    this.life.pause();
    this.thread.pause();
  }

  resume(): void {
    this.thread.resume();
    this.life.resume();
  }

  /** Takes up what the disk knows of the cluster, or founds one; resolves once its roles serve. */
  async start(founding?: {
    readonly founding: Founding;
    readonly identity: Identity;
  }): Promise<void> {
    try {
      const file = new IdentityFile(this.#disk, identityFolder);
      const identity = founding?.identity ?? (await file.load());
      if (identity === undefined) throw new Error(`${this.name} has joined nothing`);
      const kept = new KeptIdentity(file, identity, founding === undefined);
      this.#identity = kept;
      this.handler = this.#createHandler();
      await this.#startWorker(kept);
      const membership = this.#newMembership(kept);
      this.#membership = membership;
      void membership.run(new AbortController().signal).catch(this.#failed);
      if (identity.role === 'manager') await membership.regainLog(new AbortController().signal);
      if (kept.current.role === 'manager') await this.#startManager(founding?.founding);
      if (founding !== undefined) await kept.save();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Ends as by SIGTERM. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await this.#ways?.[Symbol.asyncDispose]();
    await this.agent?.[Symbol.asyncDispose]();
    await this.#endManager();
  }

  readonly #failed = (error: unknown): void => {
    if (!this.life.isDead && !this.#isEnding) this.#parts.failed(error);
  };

  async #startManager(founding: Founding | undefined): Promise<void> {
    const kept = this.#identity;
    if (kept === undefined) return;
    const { raftId } = kept.current;
    if (!kept.current.hasLog) await kept.change({ hasLog: true });
    if (kept.current.raftId !== raftId) return;
    this.#roles += 1;
    const { node, options, clock, random, peers, led } = this.#parts;
    const identity = kept.current;
    const role = new SimManagerRole({
      node,
      identity,
      options,
      life: this.life,
      thread: this.thread,
      clock: this.clock,
      world: clock,
      threadDisk: heldDisk(node.disk, this.thread),
      random: random.fork(`manager ${this.#roles}`),
      log: this.#log,
      dialer: this.#parts.dialer(this),
      peers,
      founding,
      planted: this.#planted,
      led: (leadership) => {
        led(identity.raftId, leadership);
      },
      removed: () => {
        this.#membership?.removed();
      },
      failed: (error) => {
        if (this.#role === role) this.#failed(error);
      },
    });
    this.#role = role;
    this.#parts.managerCreated(role.manager);
    try {
      await role.start();
    } catch (error) {
      if (this.#role !== role) return;
      throw error;
    }
    this.#ways?.ownManagerServes();
  }

  async #endManager(): Promise<void> {
    const role = this.#role;
    this.#role = undefined;
    await role?.[Symbol.asyncDispose]();
  }

  #newMembership(identity: KeptIdentity): Membership {
    const dialer = this.#parts.dialer(this);
    return new Membership({
      identity,
      net: {
        dialer,
        listen: () => Promise.reject(new Error('nobody listens here')),
        renew: () => undefined,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      },
      disk: this.#disk,
      paths,
      clock: this.clock,
      random: this.#parts.random.fork('membership'),
      log: this.#log,
      startManager: () => {
        this.#startManager(undefined).catch(this.#failed);
      },
      endManager: () => this.#endManager(),
      reconnect: () => {
        this.#ways?.reset();
      },
      degraded: (reason) => {
        if (!this.life.isDead) this.#parts.degraded(reason);
      },
      renew: renewIdentity,
    });
  }

  async #startWorker(identity: KeptIdentity): Promise<void> {
    const { node, engine, random, dialer } = this.#parts;
    const { clock } = this;
    const proxy = recordEndpoints(this.#proxyClient(), (taskIds) => {
      this.endpoints = taskIds;
    });
    const ways = new SessionWays({
      identity,
      dialer: dialer(this),
      random: random.fork('session ways'),
      ownManager: () => {
        const role = this.#role;
        return role?.isServing === true && role.manager.servesNodes ? role : undefined;
      },
    });
    this.#ways = ways;
    this.agent = await startWorker({
      nodeId: identity.current.nodeId,
      hostname: node.name,
      engine: this.#planted.engine(new ProcessEngine(engine, this.life, this.#parts.hooks)),
      publishedPorts: this.#planted.publishedPorts(proxy),
      disk: this.#disk,
      directory: '/worker',
      clock,
      random,
      log: this.#log,
      connect: async (signal) => this.#noted(await ways.connect(signal)),
      describe: (description) => ({ ...description, levelMin: 1, levelMax: 1 }),
      heard: (message) => this.#membership?.hear(message),
    });
    this.agent.settled().catch(this.#failed);
  }

  #noted(channel: RpcChannel): RpcChannel {
    const { sessionIds } = this.#parts.node;
    return noteSessions(this.#planted.channel(channel), (sessionId) => {
      if (sessionIds.at(-1) !== sessionId) sessionIds.push(sessionId);
    });
  }

  #proxyClient(): PublishedPorts {
    const { node, random, run } = this.#parts;
    const { proxy } = node;
    const client = new ProxyClient({
      net: this.#net(),
      clock: this.clock,
      random: random.fork('proxy'),
      log: this.#log,
      spawner: { spawn: () => this.life.hold(proxy.spawn()) },
      socketPath: proxy.socketPath,
      pid: 10_000 + run,
      build: 'virtual',
    });
    client.run(new AbortController().signal).catch(this.#failed);
    return client;
  }

  /** Streams end with the process that dialled them. */
  #net(): Net {
    const net = this.#parts.network.host(this.name);
    return {
      listen: (address, accept) => net.listen(address, accept),
      dial: async (address, signal) => {
        const stream = await this.life.hold(net.dial(address, signal));
        this.#streams.add(stream);
        return stream;
      },
      connect: (address, outcome) => net.connect(address, outcome),
    };
  }

  #createHandler(): Handler {
    return createApi({
      control: new SimNodeControl(() => ({
        identity: this.identity,
        api: this.isServing ? this.manager?.api : undefined,
      })),
      engine: new FakeEngineHttp(),
      clock: this.clock,
      log: this.#log,
      random: this.#parts.random.fork('api'),
      product: productFacts,
    });
  }
}
