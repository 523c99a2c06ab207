import type { ClusterApi, ClusterEvent } from '../../common/ports/cluster-api.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { Log } from '../../common/ports/log.ts';
import type { Metrics } from '../../common/ports/metrics.ts';
import type { RpcChannel } from '../../common/ports/rpc.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Random } from '../../common/pure/random.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import { driverOptions } from '../../manager/consensus/options.ts';
import { ThreadConsensusPort } from '../../manager/consensus/thread/thread-port.ts';
import type { TransportConfig } from '../../manager/consensus/transport/config.ts';
import type { Founding } from '../../manager/founding.ts';
import { Manager } from '../../manager/manager.ts';
import type { Identity } from '../identity/identity.ts';
import { consensusAddress, hostPortText, readHostPort } from './addresses.ts';
import type { ClusterNet } from './cluster-net.ts';
import type { DiskWatch } from './disk-watch.ts';

export interface ManagerRoleParts {
  /** Of a manager. */
  readonly identity: Identity;
  readonly net: ClusterNet;
  /** The folder of the log. */
  readonly directory: string;
  readonly room: DiskWatch;
  readonly clock: Clock;
  readonly random: Random;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Only when the cluster is being founded. */
  readonly founding: Founding | undefined;
  /** It goes on alone, whoever it had beside it. */
  readonly recovers: boolean;
  readonly noteEvent: (event: ClusterEvent) => void;
  /** The cluster has removed this manager: it serves nobody any more. */
  readonly removed: () => void;
  /** The manager cannot go on. */
  readonly failed: (error: unknown) => void;
}

/** The manager role of a node: consensus in its thread, the manager, and the port on which it answers other nodes. */
export class ManagerRole implements AsyncDisposable {
  readonly #parts: ManagerRoleParts;
  readonly #consensus: ThreadConsensusPort;
  readonly #manager: Manager;
  readonly #server: MemoryRpcServer;
  readonly #starting = new AbortController();
  #started: Promise<void> = Promise.resolve();
  #listener: AsyncDisposable | undefined;
  #isServing = false;

  constructor(parts: ManagerRoleParts) {
    this.#parts = parts;
    const { raftId, founderRaftId, clusterId, dataKey } = parts.identity;
    const member = { directory: parts.directory, clusterId, memberId: raftId };
    this.#consensus = new ThreadConsensusPort({
      options: driverOptions(member, { voters: [founderRaftId], recover: parts.recovers }),
      dataKey,
      transport: transportConfig(parts),
    });
    this.#manager = newManager(parts, this.#consensus);
    this.#server = new MemoryRpcServer(this.#manager.handlers, parts.clock);
  }

  /** Resolves once the manager serves users, and other nodes on its port. @throws ShoalError when it cannot */
  async start(): Promise<void> {
    const started = this.#start();
    this.#started = started.catch(() => undefined);
    await started;
  }

  get api(): ClusterApi {
    return this.#manager.api;
  }

  /** True while the manager leads or follows and answers. */
  get isServing(): boolean {
    return this.#isServing;
  }

  /** False, too, while this manager has lost the others: the worker of the same node is better served by one that has not. */
  get servesNodes(): boolean {
    return this.#isServing && this.#manager.servesNodes;
  }

  /** For the worker of the same node: over memory, encoded and decoded as between hosts. */
  channel(): RpcChannel {
    const { nodeId, clusterId, raftId } = this.#parts.identity;
    return this.#server.channel({ nodeId, clusterId, role: 'manager', raftId });
  }

  /** Another member leads first, if there is one; then sessions end, and the manager finishes what is in flight. Twice is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handOver();
    this.#isServing = false;
    this.#starting.abort(new Error('the manager role ends'));
    await this.#started;
    await this.#listener?.[Symbol.asyncDispose]();
    await this.#server.close();
    await this.#manager[Symbol.asyncDispose]();
    await this.#consensus[Symbol.asyncDispose]();
  }

  /** Once, and only by who serves: whoever was removed, or has not begun, leads nobody. */
  async #handOver(): Promise<void> {
    if (!this.#isServing) return;
    const { signal } = this.#starting;
    const { clock } = this.#parts;
    const durationMs = limits.leaderHandOverMs;
    await withDeadline({ clock, durationMs, signal }, (inner) => this.#manager.handOver(inner));
  }

  async #start(): Promise<void> {
    const { signal } = this.#starting;
    const { net, identity } = this.#parts;
    await this.#manager.start(signal);
    signal.throwIfAborted();
    const place = readHostPort(identity.listenAddress);
    this.#listener = await net.listen(place, this.#manager.handlers);
    this.#isServing = true;
  }
}

function transportConfig({ identity, recovers }: ManagerRoleParts): TransportConfig {
  const { nodeId, raftId, clusterId, incarnation } = identity;
  const { certificatePem, privateKeyPem, trustRootPem } = identity;
  return {
    listen: consensusAddress(readHostPort(identity.listenAddress)),
    advertise: hostPortText(consensusAddress(readHostPort(identity.advertiseAddress))),
    nodeId,
    raftId,
    clusterId,
    // Whoever goes on alone begins another one: the managers of before are not listened to.
    incarnation: incarnation + (recovers ? 1 : 0),
    certificatePem,
    privateKeyPem,
    trustRootPem,
  };
}

function newManager(parts: ManagerRoleParts, consensus: ThreadConsensusPort): Manager {
  const { identity, clock, entropy, log } = parts;
  return new Manager({
    nodeId: identity.nodeId,
    raftId: identity.raftId,
    managerAddress: identity.advertiseAddress,
    knownManagers: identity.managers,
    dialer: parts.net.dialer,
    entropy,
    // Loaded where it signs only: the library that writes certificates is large.
    signer: async () => {
      const { X509Signer } = await import('../../manager/ca/signer/x509-signer.ts');
      return new X509Signer();
    },
    removedFromCluster: parts.removed,
    consensus,
    clock,
    // A process may have several managers, one after the other: none draws ids that another one drew.
    random: parts.random.fork(`manager ${Buffer.from(entropy.bytes(8)).toString('hex')}`),
    log,
    ...(parts.metrics === undefined ? {} : { metrics: parts.metrics }),
    founding: parts.founding,
    isRecovering: parts.recovers,
    newSessionId: () => Buffer.from(entropy.bytes(16)).toString('hex'),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    loopOptions: { fixedBudgetRows: undefined },
    refusal: () => parts.room.refusal(),
    noteEvent: parts.noteEvent,
    failed: parts.failed,
  });
}
