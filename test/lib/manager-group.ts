import type { Clock } from '../../common/ports/clock.ts';
import type { DialedChannel, RpcDialer } from '../../common/ports/rpc.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { asId, newId } from '../../common/pure/ids.ts';
import { seededRandom, type Random } from '../../common/pure/random.ts';
import { MemoryRpcServer, type MemoryRpcChannel } from '../../common/run/rpc/memory-channel.ts';
import { LocalConsensusPort } from '../../manager/consensus/local-port.ts';
import { driverOptions, type DriverOptions } from '../../manager/consensus/options.ts';
import type { Leadership } from '../../manager/consensus/port.ts';
import type { Peers } from '../../manager/consensus/peers.ts';
import type { Founding } from '../../manager/founding.ts';
import { Manager } from '../../manager/manager.ts';
import { awaitSignal } from '../../manager/proposer/await-signal.ts';
import type { ManagerAddress } from '../../proto/gen/dispatcher.ts';
import { newJoinRequest } from '../../proto/gen/managers.ts';
import { joiningClient } from '../../proto/rpc/managers.ts';
import { clusterId, simFounding } from '../sim/founding.ts';
import { calmOptions } from '../sim/options.ts';
import { fixedEntropy, testCipher } from './consensus.ts';
import { KeptLog } from './kept-log.ts';
import { MemoryDisk } from './memory-disk.ts';
import { noSigner } from './no-signer.ts';
import { VirtualClock } from './virtual-clock.ts';

/** How long anything may take, virtual milliseconds. */
const runLimitMs = 60_000;
const managerToken = 'SWMTKN-1-manager';
/** SubjectPublicKeyInfo of a key on P-256, up to the point. */
const keyHead = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';

/** What lasts of a manager beyond its process. */
interface Member {
  readonly number: number;
  readonly nodeId: string;
  readonly raftId: number;
  readonly known: readonly ManagerAddress[];
  disk: MemoryDisk;
  life: Life | undefined;
}

/** One process of a manager. */
interface Life {
  readonly manager: Manager;
  readonly consensus: LocalConsensusPort;
  readonly server: MemoryRpcServer;
  readonly channels: Set<MemoryRpcChannel>;
  readonly ended: AbortController;
  /** Who leads, as its main was told last. */
  leadership: Leadership;
}

export interface ManagerGroupOptions {
  readonly seed?: number;
  readonly changes?: Partial<DriverOptions>;
}

/** Managers of production code in one process, with disks in memory, on one virtual clock, and a network between them that can be cut. */
export class ManagerGroup {
  readonly clock = new VirtualClock();
  readonly members: Member[] = [];
  /** What ended a manager, or would have. */
  readonly failures: unknown[] = [];
  /** Numbers of the managers that had to end. */
  readonly failed = new Set<number>();
  readonly #random: Random;
  readonly #changes: Partial<DriverOptions>;
  /** Numbers of members that reach nobody. */
  readonly #isolated = new Set<number>();
  readonly #latency: Random;
  #lives = 0;

  constructor({ seed = 1, changes = {} }: ManagerGroupOptions = {}) {
    this.#random = seededRandom(seed);
    this.#latency = this.#random.fork('latency');
    this.#changes = changes;
  }

  /** A group of so many managers that all vote. */
  static async of(size: number, options: ManagerGroupOptions = {}): Promise<ManagerGroup> {
    const group = new ManagerGroup(options);
    await group.found();
    while (group.members.length < size) await group.join();
    return group;
  }

  manager(number: number): Manager {
    const manager = this.members[number - 1]?.life?.manager;
    if (manager === undefined) throw new Error(`manager ${number} is down`);
    return manager;
  }

  get living(): readonly number[] {
    return this.members.flatMap(({ number, life }) => (life === undefined ? [] : [number]));
  }

  async found(): Promise<void> {
    const nodeId = newId<'node'>(this.#random);
    const founding: Founding = {
      ...simFounding(nodeId, this.#random.fork('founding'), calmOptions(1)),
      raftId: 1,
      managerAddress: addressOf(1),
    };
    const member = {
      number: 1,
      nodeId,
      raftId: 1,
      known: [],
      disk: this.#newDisk(),
      life: undefined,
    };
    this.members.push(member);
    await this.#begin(member, founding);
  }

  /** Another manager joins through the first one that lives. */
  async join(): Promise<number> {
    const number = this.members.length + 1;
    const [via = 1] = this.living;
    const channel = this.#dial(number, () => via, 'anyone');
    const publicKey = Buffer.concat([Buffer.from(keyHead, 'hex'), Buffer.alloc(64, number)]);
    const request = newJoinRequest({ token: managerToken, publicKey, address: hostOf(number) });
    const joined = joiningClient(channel).join(request, { signal: new AbortController().signal });
    const { nodeId, raftId, managers } = await this.#run(joined);
    const member = {
      number,
      nodeId,
      raftId,
      known: managers,
      disk: this.#newDisk(),
      life: undefined,
    };
    this.members.push(member);
    await this.#begin(member, undefined);
    return number;
  }

  /** The process ends between two instructions; of what it had not synced some is lost. */
  async kill(number: number): Promise<void> {
    const member = this.members[number - 1];
    const life = member?.life;
    if (member === undefined || life === undefined) return;
    member.life = undefined;
    life.ended.abort(new Error('killed'));
    for (const other of this.members) {
      if (other.life !== undefined) other.life.consensus.gone(member.raftId);
    }
    for (const channel of life.channels) channel.disconnect();
    member.disk = member.disk.crash();
    await this.#run(life.server.close());
    await this.#run(life.manager[Symbol.asyncDispose]());
  }

  async restart(number: number): Promise<void> {
    const member = this.members[number - 1];
    if (member !== undefined) await this.#begin(member, undefined);
  }

  /** Cuts a member off from all others, both ways. */
  isolate(number: number): void {
    this.#isolated.add(number);
  }

  heal(): void {
    this.#isolated.clear();
  }

  /** The number of the manager that leads, once all that live and are not cut off agree. */
  async untilLeader(limitMs = 10_000): Promise<number> {
    let leader: number | undefined;
    await this.clock.advanceUntil(() => {
      const leaders = this.living
        .filter((number) => !this.#isolated.has(number))
        .map((number) => this.members[number - 1]?.life?.leadership.leader);
      const [first] = leaders;
      const isAgreed = first !== undefined && leaders.every((id) => id === first);
      leader = this.members.find(({ raftId }) => isAgreed && raftId === first)?.number;
      return leader !== undefined && this.living.includes(leader);
    }, limitMs);
    if (leader === undefined) throw new Error('nobody leads');
    return leader;
  }

  async end(): Promise<void> {
    for (const number of this.living) await this.kill(number);
  }

  /** Lets time pass until `work` has come to something. */
  async #run<Result>(work: Promise<Result>): Promise<Result> {
    let isDone = false;
    const noted = work.finally(() => {
      isDone = true;
    });
    noted.catch(() => undefined);
    await this.clock.advanceUntil(() => isDone, runLimitMs);
    return await noted;
  }

  #newDisk(): MemoryDisk {
    const random = this.#random.fork(`disk ${this.members.length}`);
    const latency = random.fork('latency');
    return new MemoryDisk({ random, clock: this.clock, latencyMs: () => latency.below(3) });
  }

  async #begin(member: Member, founding: Founding | undefined): Promise<void> {
    this.#lives += 1;
    const random = this.#random.fork(`life ${this.#lives}`);
    const ended = new AbortController();
    const clock = new LifeClock(this.clock, ended.signal);
    const entropy = fixedEntropy(random.u32());
    const consensus = new LocalConsensusPort(
      driverOptions(
        { directory: '/raft', clusterId, memberId: member.raftId },
        { voters: [1], segmentBytes: 1_048_576, groupBytes: 262_144, ...this.#changes },
      ),
      { disk: member.disk, entropy, cipher: testCipher(), clock, peers: this.#peers(member) },
    );
    const manager = new Manager({
      nodeId: asId(member.nodeId),
      raftId: member.raftId,
      consensus: {
        post: (message) => {
          consensus.post(message);
        },
        receive: (handler) => {
          consensus.receive((message) => {
            if (message.kind === 'leadership') life.leadership = message;
            handler(message);
          });
        },
      },
      dialer: this.#dialer(member.number),
      entropy,
      signer: () => Promise.resolve(noSigner),
      knownManagers: member.known,
      managerAddress: addressOf(member.number),
      removedFromCluster: () => undefined,
      clock,
      random: random.fork('manager'),
      log: new KeptLog(),
      founding,
      newSessionId: () => random.u32().toString(16),
      turn: (signal) => clock.sleep(0, signal),
      loopOptions: { fixedBudgetRows: 64 },
      failed: (error) => {
        if (ended.signal.aborted) return;
        this.failures.push(error);
        this.failed.add(member.number);
      },
    });
    const server = new MemoryRpcServer(manager.handlers, this.clock);
    const life: Life = {
      manager,
      consensus,
      server,
      channels: new Set(),
      ended,
      leadership: { term: 0, leader: undefined, self: false },
    };
    member.life = life;
    await this.#run(manager.start(ended.signal));
  }

  #peers(member: Member): Peers {
    return {
      send: (message) => {
        const to = this.members.find(({ raftId }) => raftId === message.to);
        if (to === undefined || !this.#carries(member, to)) return;
        this.clock.schedule(1 + this.#latency.below(4), () => {
          if (this.#carries(member, to)) to.life?.consensus.deliver(message);
        });
      },
      update: () => undefined,
      renew: () => undefined,
      sendSnapshot: async (message, content) => {
        const to = this.members.find(({ raftId }) => raftId === message.to);
        if (to?.life === undefined || !this.#carries(member, to))
          throw new ShoalError('unavailable', 'gone');
        // Where either process ends on the way, the other side hears that the connection is gone.
        const gone = AbortSignal.any([to.life.ended.signal, member.life?.ended.signal ?? never]);
        await awaitSignal(
          to.life.consensus.deliverSnapshot(message, cutShort(content, gone)),
          gone,
        );
      },
    };
  }

  #carries(from: Member, to: Member): boolean {
    const isCut = this.#isolated.has(from.number) || this.#isolated.has(to.number);
    return !isCut && from.life !== undefined && to.life !== undefined;
  }

  #dialer(from: number): RpcDialer {
    return {
      // Whoever joins is named in the store before it is one of the members here.
      dial: ({ address }) =>
        this.#dial(
          from,
          () => this.members.find(({ number }) => addressOf(number) === address)?.number ?? 0,
          'manager',
        ),
    };
  }

  /** A channel that finds the other side's process of the moment for each call, as one that connects again does. */
  #dial(from: number, toNow: () => number, role: 'manager' | 'anyone'): DialedChannel {
    const connect = (): MemoryRpcChannel => {
      const to = toNow();
      const [caller, callee] = [this.members[from - 1], this.members[to - 1]];
      const isCut = this.#isolated.has(from) || this.#isolated.has(to);
      if (callee?.life === undefined || isCut) {
        const fields = isCut ? {} : { refused: true };
        throw new ShoalError('unavailable', 'connection refused', { fields });
      }
      const peer = {
        nodeId: asId<'node'>(caller?.nodeId ?? ''),
        clusterId,
        role,
        host: hostOf(from),
      };
      const link = { deliver: () => this.clock.sleep(1, callee.life?.ended.signal ?? never) };
      const channel = callee.life.server.channel(peer, link);
      callee.life.channels.add(channel);
      return channel;
    };
    return {
      unary: async (method, request, options) => await connect().unary(method, request, options),
      serverStream: async function* (method, request, options) {
        yield* connect().serverStream(method, request, options);
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
}

const never = new AbortController().signal;

/** The content for as long as both processes live; then the reader hears that there is no more. */
async function* cutShort(
  content: AsyncIterable<Uint8Array>,
  gone: AbortSignal,
): AsyncIterable<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  for (;;) {
    const next = await awaitSignal(chunks.next(), gone);
    if (next.done === true) return;
    yield next.value;
  }
}

function addressOf(number: number): string {
  return `${hostOf(number)}:2377`;
}

function hostOf(number: number): string {
  return `10.0.0.${number}`;
}

/** The clock of one process: nothing that sleeps wakes after its end. */
class LifeClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #ended: AbortSignal;

  constructor(clock: VirtualClock, ended: AbortSignal) {
    this.#clock = clock;
    this.#ended = ended;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(durationMs, signal);
    if (this.#ended.aborted && !signal.aborted) throw new Error('the process has ended');
  }
}
