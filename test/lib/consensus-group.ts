import type { Clock } from '../../common/ports/clock.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { seededRandom, type Random } from '../../common/pure/random.ts';
import type { CommittedEntry } from '../../manager/consensus/port.ts';
import type { Peers } from '../../manager/consensus/peers.ts';
import type { DriverOptions } from '../../manager/consensus/options.ts';
import type { ChangeType } from '../../manager/raft/confchange/change.ts';
import type { ConfState } from '../../manager/raft/snapshot.ts';
import type { Message } from '../../manager/raft/message.ts';
import { ConsensusProbe, fixedEntropy, testCipher } from './consensus.ts';
import { MemoryDisk } from './memory-disk.ts';
import { VirtualClock } from './virtual-clock.ts';

/** The clock of one life of a process: nothing that sleeps wakes after its end. */
class LifeClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #end = Promise.withResolvers<void>();
  #isOver = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when the life ends. */
  get over(): Promise<void> {
    return this.#end.promise;
  }

  end(): void {
    this.#isOver = true;
    this.#end.resolve();
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(durationMs, signal);
    if (this.#isOver) await new Promise<never>(() => undefined);
  }
}

/** Files by path. */
type DiskCopy = ReadonlyMap<string, Uint8Array>;

interface Life {
  readonly probe: ConsensusProbe;
  readonly clock: LifeClock;
  readonly disk: MemoryDisk;
}

export interface GroupOptions {
  readonly members?: number;
  readonly seed?: number;
  readonly changes?: Partial<DriverOptions>;
  /** A call of a disk takes less than so long, milliseconds; default 4. */
  readonly diskMs?: number;
}

/** Drivers with disks in memory on one virtual clock, and a network between them that can be cut. */
export class ConsensusGroup {
  readonly clock = new VirtualClock();
  ids: readonly number[];
  /** Who voted when the log was begun. */
  readonly #voters: readonly number[];
  readonly random: Random;
  readonly #changes: Partial<DriverOptions>;
  readonly #diskMs: number;
  readonly #lives = new Map<number, Life>();
  readonly #disks = new Map<number, MemoryDisk>();
  /** Links that carry nothing, as `from>to`. */
  readonly #cuts = new Set<string>();
  #starts = 0;

  constructor({ members = 3, seed = 1, changes = {}, diskMs = 4 }: GroupOptions = {}) {
    this.ids = Array.from({ length: members }, (_, index) => index + 1);
    this.#voters = this.ids;
    this.random = seededRandom(seed);
    this.#changes = changes;
    this.#diskMs = diskMs;
    for (const id of this.ids) this.start(id);
  }

  get living(): readonly number[] {
    return this.ids.filter((id) => this.#lives.has(id));
  }

  probe(id: number): ConsensusProbe {
    const life = this.#lives.get(id);
    if (life === undefined) throw new Error(`member ${id} is down`);
    return life.probe;
  }

  /** Begins a life on what the last one left durable. Main applies all that it is given at once. */
  start(id: number, extra: Partial<DriverOptions> = {}): void {
    this.#starts += 1;
    const random = this.random.fork(`life ${this.#starts}`);
    const latency = random.fork('latency');
    const disk =
      this.#disks.get(id) ??
      new MemoryDisk({ random, clock: this.clock, latencyMs: () => latency.below(this.#diskMs) });
    const clock = new LifeClock(this.clock);
    const peers: Peers = {
      send: (message) => {
        if (!clock.isOver) this.#carry(message);
      },
      update: () => undefined,
      renew: () => undefined,
      sendSnapshot: async (message, content, signal) => {
        await this.#carrySnapshot({ message, content, signal }, clock);
      },
    };
    const entropy = fixedEntropy(random.u32());
    const ports = { disk, clock, peers, cipher: testCipher(), entropy };
    const changes = { ...this.#changes, memberId: id, voters: this.#voters, ...extra };
    const probe = new ConsensusProbe(disk, changes, 0, ports);
    probe.appliesAll = true;
    probe.credit(1_000_000, 1_000_000_000);
    this.#lives.set(id, { probe, clock, disk });
  }

  /** A member that nobody knows yet. */
  addProcess(id: number): void {
    this.ids = [...this.ids, id];
    this.start(id);
  }

  /** Asks the leader for one change; gives what became of it. */
  async change(type: ChangeType, nodeId: number): Promise<string | undefined> {
    const leader = await this.untilLeader();
    const request = this.probe(leader).changeMembers(type, nodeId);
    await this.clock.advance(1000);
    return this.probe(leader).outcomeOf(request);
  }

  /** Who belongs to the group, as a member was told last. */
  members(id: number): ConfState | undefined {
    return this.probe(id).all('members').at(-1)?.confState;
  }

  /** Power off: what was not synced may be lost. */
  crash(id: number): void {
    const life = this.#lives.get(id);
    if (life === undefined) return;
    life.clock.end();
    this.#disks.set(id, life.disk.crash());
    this.#lives.delete(id);
  }

  /** How many bytes fit on the disk of a member that lives. */
  limitDisk(id: number, bytes: number): void {
    this.#lives.get(id)?.disk.setCapacity(bytes);
  }

  /** A copy of all that a member that is down has on its disk. */
  async copyDisk(id: number): Promise<DiskCopy> {
    const copy = new Map<string, Uint8Array>();
    await this.#atDisk(id, async (disk) => {
      await readTree(disk, '/raft', copy);
    });
    return copy;
  }

  /** Puts a copy in the place of what a member that is down has on its disk. */
  async putBack(id: number, copy: DiskCopy): Promise<void> {
    await this.#atDisk(id, async (disk) => {
      await disk.removeTree('/raft');
      for (const folder of ['/raft', '/raft/wal', '/raft/snap']) await disk.makeDirectory(folder);
      for (const [path, bytes] of copy) {
        const file = await disk.open(path, 'create');
        await file.write(0, bytes);
        await file.sync();
        await file.close();
      }
      for (const folder of ['/raft/wal', '/raft/snap', '/raft', '/'])
        await disk.syncDirectory(folder);
    });
  }

  async #atDisk(id: number, work: (disk: MemoryDisk) => Promise<void>): Promise<void> {
    const disk = this.#disks.get(id);
    if (disk === undefined || this.#lives.has(id)) throw new Error(`member ${id} is not down`);
    let isDone = false;
    const working = work(disk).finally(() => {
      isDone = true;
    });
    await this.clock.advanceUntil(() => isDone, 60_000);
    await working;
  }

  cut(from: number, to: number): void {
    this.#cuts.add(`${from}>${to}`);
  }

  /** Nothing reaches `id`, and nothing that it sends arrives. */
  isolate(id: number): void {
    for (const other of this.ids) {
      this.cut(id, other);
      this.cut(other, id);
    }
  }

  heal(): void {
    this.#cuts.clear();
  }

  /** The member that leads and knows it, and which most of its voters follow. */
  get leader(): number | undefined {
    return this.living.find((id) => {
      const told = this.probe(id).all('leadership').at(-1);
      const voters = this.members(id)?.voters ?? [];
      const isFollowed = (other: number): boolean => {
        if (!this.living.includes(other)) return false;
        const heard = this.probe(other).all('leadership').at(-1);
        return heard?.leader === id && heard.term === told?.term;
      };
      return told?.self === true && voters.filter(isFollowed).length * 2 > voters.length;
    });
  }

  async untilLeader(limitMs = 10_000): Promise<number> {
    await this.clock.advanceUntil(() => this.leader !== undefined, limitMs);
    return this.leader ?? 0;
  }

  /** All that a member handed over in this life. */
  entries(id: number): readonly CommittedEntry[] {
    return this.probe(id)
      .all('committed')
      .flatMap(({ entries }) => entries);
  }

  /** Names in the folder of the member's snapshots. */
  async files(id: number): Promise<readonly string[]> {
    const listed = this.#lives.get(id)?.disk.list('/raft/snap');
    await this.clock.advance(100);
    return ((await listed) ?? []).map(({ name }) => name);
  }

  texts(id: number): readonly string[] {
    return this.probe(id).texts.filter((text) => text !== '');
  }

  /** Chunk after chunk, each of which takes time and may find the link cut. */
  async #carrySnapshot(
    {
      message,
      content,
      signal,
    }: { message: Message; content: AsyncIterable<Uint8Array>; signal: AbortSignal },
    clock: LifeClock,
  ): Promise<void> {
    const { from, to } = message;
    const pass = async (): Promise<void> => {
      const sleep = clock.sleep(this.random.below(5), signal);
      await unlessOver(clock, sleep);
      const isCut = this.#cuts.has(`${from}>${to}`) || !this.#lives.has(to);
      if (isCut) throw new ShoalError('unavailable', 'the link is cut');
    };
    async function* chunks(): AsyncGenerator<Uint8Array> {
      const iterator = content[Symbol.asyncIterator]();
      for (;;) {
        const next = await unlessOver(clock, iterator.next());
        if (next.done === true) return;
        await pass();
        yield next.value;
      }
    }
    await pass();
    const life = this.#lives.get(to);
    if (life === undefined) return;
    await unlessOver(life.clock, life.probe.port.deliverSnapshot(message, chunks()));
  }

  #carry(message: Message): void {
    if (this.#cuts.has(`${message.from}>${message.to}`)) return;
    this.clock.schedule(this.random.below(5), () => {
      if (this.#cuts.has(`${message.from}>${message.to}`)) return;
      this.#lives.get(message.to)?.probe.port.deliver(message);
    });
  }
}

async function readTree(
  disk: MemoryDisk,
  folder: string,
  copy: Map<string, Uint8Array>,
): Promise<void> {
  for (const { name, kind } of await disk.list(folder)) {
    const path = `${folder}/${name}`;
    if (kind === 'directory') await readTree(disk, path, copy);
    else copy.set(path, await disk.readFile(path));
  }
}

/** A connection ends with the process at its other end. */
async function unlessOver<T>(clock: LifeClock, work: Promise<T>): Promise<T> {
  const end = clock.over.then((): never => {
    throw new ShoalError('unavailable', 'the other end is gone');
  });
  return await Promise.race([work, end]);
}
