import type { Clock } from '../../common/ports/clock.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { Log } from '../../common/ports/log.ts';
import type { RpcChannel, RpcDialer } from '../../common/ports/rpc.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Random } from '../../common/pure/random.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { MemoryRpcServer } from '../../common/run/rpc/memory-channel.ts';
import type { Leadership } from '../../manager/consensus/port.ts';
import type { Founding } from '../../manager/founding.ts';
import { Manager, type ManagerParts } from '../../manager/manager.ts';
import type { Identity } from '../../node/identity/identity.ts';
import { fixedEntropy } from '../lib/consensus.ts';
import { noSigner } from '../lib/no-signer.ts';
import { SimConsensus } from './consensus.ts';
import { ProcessClock, type Incarnation } from './incarnation.ts';
import type { Machine } from './machine.ts';
import type { SimOptions } from './options.ts';
import type { PeerMember, PeerNetwork } from './peer-network.ts';
import type { PlantedParts } from './planted-parts.ts';
import type { SimClock } from './sim-clock.ts';

export interface SimManagerParts {
  readonly node: Machine;
  readonly identity: Identity;
  readonly options: SimOptions;
  /** Main's and the thread's half of one process. */
  readonly life: Incarnation;
  readonly thread: Incarnation;
  readonly clock: Clock;
  readonly world: SimClock;
  readonly threadDisk: Disk;
  readonly random: Random;
  readonly log: Log;
  readonly dialer: RpcDialer;
  readonly peers: PeerNetwork;
  readonly founding: Founding | undefined;
  readonly planted: PlantedParts;
  readonly led: (leadership: Leadership) => void;
  readonly removed: () => void;
  readonly failed: (error: unknown) => void;
}

/** The manager role of one daemon, composed as `node/daemon/manager-role.ts` does, with the thread and the network of the simulation. */
export class SimManagerRole implements AsyncDisposable {
  readonly manager: Manager;
  readonly consensus: SimConsensus;
  readonly server: MemoryRpcServer;
  isServing = false;
  readonly #parts: SimManagerParts;
  readonly #member: PeerMember;
  readonly #starting = new AbortController();
  #started: Promise<void> = Promise.resolve();

  constructor(parts: SimManagerParts) {
    this.#parts = parts;
    const { node, identity, thread, random, world } = parts;
    const entropy = fixedEntropy(random.fork('entropy').u32());
    const peers = parts.peers.peersOf(() => this.#member);
    this.consensus = newConsensus(parts, peers, random.fork('consensus').u32());
    this.#member = { node, thread, raftId: identity.raftId, consensus: this.consensus };
    parts.peers.enter(this.#member);
    this.manager = newManager(parts, this.consensus, entropy);
    this.server = new MemoryRpcServer(this.manager.handlers, world);
  }

  async start(): Promise<void> {
    const started = this.manager.start(this.#starting.signal);
    this.#started = started.catch(() => undefined);
    await started;
    this.#starting.signal.throwIfAborted();
    this.isServing = true;
  }

  /** For the worker of the same node. */
  channel(): RpcChannel {
    const { nodeId, clusterId, raftId } = this.#parts.identity;
    return this.server.channel({ nodeId, clusterId, role: 'manager', raftId });
  }

  /** The process has ended; `isHeard`: its machine goes on, and tells the other members. */
  killed(isHeard: boolean): void {
    this.isServing = false;
    this.#parts.peers.leave(this.#member, isHeard);
  }

  /** Ends in order: another member leads first, if there is one. Twice is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { clock, peers } = this.#parts;
    if (this.isServing) {
      const deadline = {
        clock,
        durationMs: limits.leaderHandOverMs,
        signal: this.#starting.signal,
      };
      await withDeadline(deadline, (inner) => this.manager.handOver(inner));
    }
    this.isServing = false;
    this.#starting.abort(new Error('the manager role ends'));
    await this.#started;
    await this.server.close();
    await this.manager[Symbol.asyncDispose]();
    this.consensus.post({ kind: 'stop' });
    await this.consensus.done;
    peers.leave(this.#member, true);
  }
}

function newConsensus(
  { options, identity, life, thread, world, node, threadDisk, led, planted }: SimManagerParts,
  peers: ReturnType<PeerNetwork['peersOf']>,
  entropySeed: number,
): SimConsensus {
  const { snapshotEntries, trailingEntries, segmentBytes } = options;
  return new SimConsensus({
    memberId: identity.raftId,
    founderRaftId: identity.founderRaftId,
    disk: threadDisk,
    clock: new ProcessClock(world, thread, () => node.skewMs),
    entropy: fixedEntropy(entropySeed),
    peers,
    main: life,
    thread,
    handOverMs: 0.03,
    changes: { snapshotEntries, trailingEntries, segmentBytes, groupBytes: segmentBytes / 16 },
    led,
    planted: (port) => planted.consensus(port, node.index),
  });
}

function newManager(
  parts: SimManagerParts,
  consensus: SimConsensus,
  entropy: ManagerParts['entropy'],
): Manager {
  const { identity, options, clock, random, log, dialer, founding, removed, failed } = parts;
  const sessions = random.fork('sessions');
  return new Manager({
    nodeId: identity.nodeId,
    raftId: identity.raftId,
    consensus,
    dialer,
    entropy,
    signer: () => Promise.resolve(noSigner),
    knownManagers: identity.managers,
    managerAddress: identity.advertiseAddress,
    removedFromCluster: removed,
    clock,
    random: random.fork('manager'),
    log,
    founding,
    newSessionId: () => sessions.u32().toString(16) + sessions.u32().toString(16),
    turn: (signal) => clock.sleep(0, signal),
    loopOptions: { fixedBudgetRows: options.budgetRows },
    failed,
    ...parts.planted.managerParts,
  });
}
