import type { ClusterApi, ClusterEvent } from '../../common/ports/cluster-api.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { EngineApi } from '../../common/ports/engine-api.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { Log } from '../../common/ports/log.ts';
import type { Metrics } from '../../common/ports/metrics.ts';
import type { RpcChannel } from '../../common/ports/rpc.ts';
import type { Random } from '../../common/pure/random.ts';
import { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import type { Founding } from '../../manager/founding.ts';
import { driverOptions } from '../../manager/consensus/options.ts';
import { ThreadConsensusPort } from '../../manager/consensus/thread/thread-port.ts';
import { Manager } from '../../manager/manager.ts';
import type { NodeDescription } from '../../proto/gen/objects.ts';
import type { Agent } from '../../worker/agent/agent.ts';
import type { PublishedPorts } from '../../worker/proxy/port.ts';
import { startWorker } from '../../worker/worker.ts';
import type { DataRootPaths } from '../dataroot/data-root.ts';
import type { Identity } from '../identity/identity.ts';
import type { DiskWatch } from './disk-watch.ts';

export interface RolesParts {
  readonly identity: Identity;
  readonly hostname: string;
  readonly paths: DataRootPaths;
  readonly disk: Disk;
  readonly room: DiskWatch;
  readonly engine: EngineApi;
  readonly publishedPorts: PublishedPorts;
  readonly clock: Clock;
  readonly random: Random;
  readonly entropy: Entropy;
  readonly log: Log;
  /** Takes what the manager counts; nobody when absent. */
  readonly metrics?: Metrics;
  /** Only when the cluster is being founded. */
  readonly founding: Founding | undefined;
  /** Takes what users are shown of each change. */
  readonly noteEvent: (event: ClusterEvent) => void;
  /** The roles cannot go on: the process must end. */
  readonly failed: (error: unknown) => void;
}

/** Subject and key of the issuer, as a node describes its own certificate. */
type TlsFacts = Pick<NodeDescription, 'trustRootPem' | 'issuerSubject' | 'issuerPublicKey'>;

/**
 * The roles that a node holds in its swarm, created and disposed within the running process: always the worker, and the manager.
 *
 * The worker begins first: what ran before goes on, whatever becomes of the manager.
 */
export class Roles implements AsyncDisposable {
  readonly #parts: RolesParts;
  readonly #consensus: ThreadConsensusPort;
  readonly #manager: Manager;
  readonly #server: MemoryRpcServer;
  readonly #channelReady = Promise.withResolvers<void>();
  readonly #starting = new AbortController();
  #agent: Agent | undefined;
  #isServing = false;

  private constructor(parts: RolesParts) {
    this.#parts = parts;
    const { identity, clock, log, entropy } = parts;
    this.#consensus = new ThreadConsensusPort({
      options: driverOptions({
        directory: parts.paths.raft,
        clusterId: identity.clusterId,
        memberId: identity.raftId,
      }),
      dataKey: identity.dataKey,
    });
    this.#manager = new Manager({
      nodeId: identity.nodeId,
      consensus: this.#consensus,
      clock,
      random: parts.random.fork('manager'),
      log,
      ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
      founding: parts.founding,
      newSessionId: () => Buffer.from(entropy.bytes(16)).toString('hex'),
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      loopOptions: { fixedBudgetRows: undefined },
      refusal: () => parts.room.refusal(),
      noteEvent: parts.noteEvent,
      failed: parts.failed,
    });
    this.#server = new MemoryRpcServer(this.#manager.handlers, clock);
  }

  /** Starts both roles and resolves once the manager serves. @throws ShoalError when the manager cannot start */
  static async start(parts: RolesParts): Promise<Roles> {
    const roles = new Roles(parts);
    try {
      await roles.#startWorker();
      await roles.#manager.start(roles.#starting.signal);
      roles.#isServing = true;
      roles.#channelReady.resolve();
      return roles;
    } catch (error) {
      await roles[Symbol.asyncDispose]();
      throw error;
    }
  }

  get api(): ClusterApi {
    return this.#manager.api;
  }

  /** True while the manager leads or follows and answers. */
  get isServing(): boolean {
    return this.#isServing;
  }

  get warnings(): readonly string[] {
    return this.#parts.publishedPorts
      .status()
      .failures.map(
        ({ port, protocol, error }) =>
          `published port ${port}/${protocol} cannot be served on this node: ${error}`,
      );
  }

  /** Sessions end first, then the manager finishes what is in flight; containers and proxy stay as they are. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isServing = false;
    this.#channelReady.resolve();
    await this.#agent?.[Symbol.asyncDispose]();
    await this.#server.close();
    await this.#manager[Symbol.asyncDispose]();
    await this.#consensus[Symbol.asyncDispose]();
  }

  async #startWorker(): Promise<void> {
    const { identity, hostname, engine, publishedPorts, disk, paths, clock, random, log } =
      this.#parts;
    this.#agent = await startWorker({
      nodeId: identity.nodeId,
      hostname,
      engine,
      publishedPorts,
      disk,
      directory: paths.worker,
      clock,
      random,
      log,
      connect: () => this.#connect(),
      describe: (description) => ({
        ...description,
        ...this.#tlsFacts(),
        levelMin: 1,
        levelMax: 1,
      }),
    });
    this.#agent.settled().catch(this.#parts.failed);
  }

  /** Manager and worker of one process talk over the in-memory channel, encoded and decoded as between hosts. */
  async #connect(): Promise<RpcChannel> {
    await this.#channelReady.promise;
    const { nodeId, clusterId } = this.#parts.identity;
    return this.#server.channel({ nodeId, clusterId, role: 'manager' });
  }

  #tlsFacts(): TlsFacts {
    const cluster = this.#manager.view.cluster();
    return {
      trustRootPem: this.#parts.identity.trustRootPem,
      issuerSubject: cluster?.lifecycle.issuerSubject ?? new Uint8Array(0),
      issuerPublicKey: cluster?.lifecycle.issuerPublicKey ?? new Uint8Array(0),
    };
  }
}
