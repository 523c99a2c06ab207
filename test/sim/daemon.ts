import type { ByteStream, Net } from '../../common/ports/net.ts';
import type { ClusterApi } from '../../common/ports/cluster-api.ts';
import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { NodeControl, NodeFacts } from '../../common/ports/node-control.ts';
import type { RpcChannel, RpcDialer } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import type { Random } from '../../common/pure/random.ts';
import { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import type { Founding } from '../../manager/founding.ts';
import { Manager } from '../../manager/manager.ts';
import { createApi } from '../../node/httpapi/api.ts';
import type { Handler } from '../../node/httpapi/http.ts';
import type { Agent } from '../../worker/agent/agent.ts';
import { ProxyClient } from '../../worker/proxy/client.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';
import { startWorker } from '../../worker/worker.ts';
import { FakeEngineHttp, productFacts } from '../lib/api-fixture.ts';
import { fixedEntropy, memberId } from '../lib/consensus.ts';
import type { MemoryDisk } from '../lib/memory-disk.ts';
import type { MemoryNetwork } from '../lib/memory-net.ts';
import type { VirtualProxyProcess } from '../lib/virtual-proxy.ts';
import { SimConsensus } from './consensus.ts';
import { Incarnation, ProcessClock } from './incarnation.ts';
import type { SimOptions } from './options.ts';
import { noPlantedParts, type PlantedParts } from './planted-parts.ts';
import { ProcessEngine, type EngineHooks } from './process-engine.ts';
import { recordEndpoints } from './record-endpoints.ts';
import type { SimClock } from './sim-clock.ts';
import { TraceLog, type Trace } from './trace.ts';

export interface DaemonParts {
  readonly name: string;
  /** Counts the daemons of this node. */
  readonly run: number;
  readonly nodeId: NodeId;
  readonly options: SimOptions;
  readonly clock: SimClock;
  readonly skewMs: () => number;
  readonly random: Random;
  readonly trace: Trace;
  readonly disk: MemoryDisk;
  readonly engine: EngineApi;
  readonly network: MemoryNetwork;
  readonly proxy: VirtualProxyProcess;
  readonly hooks: EngineHooks;
  /** Reaches the manager, on behalf of this daemon. */
  readonly dial: (daemon: Daemon) => Promise<RpcChannel>;
  readonly failed: (error: unknown) => void;
  readonly planted?: PlantedParts;
}

/** The only manager dials nobody. */
const nobodyElse: RpcDialer = {
  dial: () => {
    throw new ShoalError('unavailable', 'there is no other manager');
  },
};

/** The daemon of one node, one incarnation: production code over simulated ports, composed as the real daemon composes it. */
export class Daemon {
  readonly life = new Incarnation();
  readonly name: string;
  manager: Manager | undefined;
  /** What nodes connect to; it outlives a kill as the kernel's end of connections does. */
  server: MemoryRpcServer | undefined;
  consensus: SimConsensus | undefined;
  handler: Handler | undefined;
  agent: Agent | undefined;
  readonly clock: ProcessClock;
  isServing = false;
  /** Tasks to which its proxy sends connections; undefined before it said so. */
  endpoints: ReadonlySet<string> | undefined;
  readonly #parts: DaemonParts;
  readonly #planted: PlantedParts;
  readonly #log: TraceLog;
  readonly #streams = new Set<ByteStream>();

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#planted = parts.planted ?? noPlantedParts;
    this.name = parts.name;
    this.clock = new ProcessClock(parts.clock, this.life, parts.skewMs);
    this.#log = new TraceLog(parts.trace, parts.name, () => this.life.isDead);
    this.life.onEnd(() => {
      for (const stream of this.#streams) stream.destroy();
    });
  }

  /** Creates the manager, which begins with `startManager`: who wants to see all that it applies looks before. */
  createManager(founding: Founding | undefined): Manager {
    const { run, nodeId, options, disk, random } = this.#parts;
    const { clock } = this;
    this.consensus = new SimConsensus({
      disk,
      clock,
      entropySeed: options.seed + run,
      handOverMs: 0.03,
      changes: {
        snapshotEntries: options.snapshotEntries,
        segmentBytes: options.segmentBytes,
        groupBytes: options.segmentBytes / 16,
      },
    });
    const sessions = random.fork('sessions');
    this.manager = new Manager({
      nodeId,
      raftId: memberId,
      consensus: this.consensus,
      dialer: nobodyElse,
      entropy: fixedEntropy(options.seed),
      signer: () => Promise.reject(new Error('nobody joins over the network here')),
      knownManagers: [],
      managerAddress: '',
      removedFromCluster: () => undefined,
      clock,
      random: random.fork('manager'),
      log: this.#log,
      founding,
      newSessionId: () => sessions.u32().toString(16) + sessions.u32().toString(16),
      turn: (signal) => clock.sleep(0, signal),
      loopOptions: { fixedBudgetRows: options.budgetRows },
      failed: this.#failed,
      ...this.#planted.managerParts,
    });
    this.server = new MemoryRpcServer(this.manager.handlers, this.#parts.clock);
    this.handler = this.#createHandler();
    return this.manager;
  }

  async startManager(): Promise<void> {
    try {
      await this.manager?.start(new AbortController().signal);
      this.isServing = true;
    } catch (error) {
      this.#failed(error);
    }
  }

  async startWorker(): Promise<void> {
    const { name, nodeId, engine, disk, random, dial } = this.#parts;
    const { clock } = this;
    const proxy = recordEndpoints(this.#proxyClient(), (taskIds) => {
      this.endpoints = taskIds;
    });
    const publishedPorts = this.#planted.publishedPorts(proxy);
    try {
      this.agent = await startWorker({
        nodeId,
        hostname: name,
        engine: this.#planted.engine(new ProcessEngine(engine, this.life, this.#parts.hooks)),
        publishedPorts,
        disk,
        directory: '/worker',
        clock,
        random,
        log: this.#log,
        connect: async () => this.#planted.channel(await this.life.hold(dial(this))),
        describe: (description) => ({ ...description, levelMin: 1, levelMax: 1 }),
      });
      this.agent.settled().catch(this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }

  readonly #failed = (error: unknown): void => {
    if (!this.life.isDead) this.#parts.failed(error);
  };

  #proxyClient(): PublishedPorts {
    const { proxy, random, run } = this.#parts;
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
    const { network, name } = this.#parts;
    const net = network.host(name);
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
      control: new SimNodeControl(this.#parts.nodeId, () =>
        this.isServing ? this.manager?.api : undefined,
      ),
      engine: new FakeEngineHttp(),
      clock: this.clock,
      log: this.#log,
      random: this.#parts.random.fork('api'),
      product: productFacts,
    });
  }
}

/** A node that is in its swarm for good. */
class SimNodeControl implements NodeControl {
  readonly #nodeId: NodeId;
  readonly #api: () => ClusterApi | undefined;

  constructor(nodeId: NodeId, api: () => ClusterApi | undefined) {
    this.#nodeId = nodeId;
    this.#api = api;
  }

  facts(): NodeFacts {
    return {
      swarmState: 'active',
      controlAvailable: this.#api() !== undefined,
      nodeId: this.#nodeId,
      nodeAddress: '192.168.0.1',
      error: '',
      managers: [{ nodeId: this.#nodeId, address: '192.168.0.1:2377' }],
      warnings: [],
    };
  }

  cluster(): ClusterApi {
    const api = this.#api();
    if (api !== undefined) return api;
    throw new ShoalError('notSwarmManager', 'this node is not a swarm manager', {
      fields: { reason: 'starting' },
    });
  }

  /** Nobody listens in the simulation. */
  async *events(): AsyncGenerator<never> {}

  init(): Promise<string> {
    return Promise.reject(new ShoalError('alreadyInSwarm', 'this node is part of a swarm'));
  }

  join(): Promise<void> {
    return Promise.reject(new ShoalError('alreadyInSwarm', 'this node is part of a swarm'));
  }

  leave(): Promise<void> {
    return Promise.reject(new ShoalError('failedPrecondition', 'this node stays'));
  }
}
