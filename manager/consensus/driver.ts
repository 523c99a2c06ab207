import type { Clock } from '../../common/ports/clock.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { invariant } from '../../common/pure/invariant.ts';
import { seededRandom, type Random } from '../../common/pure/random.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import { noData, type Entry, type EntryId } from '../raft/entry.ts';
import type { Message } from '../raft/message.ts';
import { Delivery } from './delivery.ts';
import type { FromConsensus, Leadership, ToConsensus } from './port.ts';
import type { Peers } from './peers.ts';
import { GroupWatch } from './group-watch.ts';
import { Proposals } from './proposals.ts';
import { RaftMember } from './raft-member.ts';
import { Reads } from './reads.ts';
import { recoverAlone } from './recovery.ts';
import { SnapshotTaker } from './snapshot-taker.ts';
import { Storage } from './storage.ts';
import { outdatedLog } from './wal/failure.ts';
import { contentOf, receiveFile } from './snapshot-transfer.ts';
import { runTicks } from './ticks.ts';
import type { DriverOptions } from './options.ts';
import type { LogCipher } from './wal/cipher.ts';
import type { WriteAheadLog } from './wal/log.ts';
import type { SnapshotMark } from './wal/record.ts';

/** What the driver touches the world with. */
export interface DriverPorts {
  readonly disk: Disk;
  readonly entropy: Entropy;
  readonly cipher: LogCipher;
  readonly clock: Clock;
  readonly peers: Peers;
}

type SnapshotChunk = Extract<ToConsensus, { kind: 'snapshotChunk' }>;

type Job =
  | SnapshotChunk
  | { readonly kind: 'installed'; readonly mark: SnapshotMark }
  | { readonly kind: 'outdated'; readonly acknowledged: number }
  | { readonly kind: 'stop' };

/**
 * Consensus of one member: drives the Raft library, its log and its snapshots, and tells main.
 *
 * The contract of the driver:
 * 1. An outcome `committed` and a `committed` entry are sent only after a quorum has the entry durably, and this member too.
 * 2. Entries go out in index order, each once, never beyond the credit.
 * 3. A completion belongs to this run of the process; none is stored.
 * 4. A snapshot file is durable before the log names it, and the log names it before anything older goes.
 * 5. Any storage error ends the run: everyone who waits hears `unknown`, then main hears `failed`.
 * 6. `post` never calls back into main: `emit` is called from jobs of the driver's own only, or by `post` after its work.
 * 7. The library hears that entries are applied only after main has said so.
 */
export class ConsensusDriver {
  readonly #options: DriverOptions;
  readonly #ports: DriverPorts;
  readonly #emit: (message: FromConsensus) => void;
  readonly #group = new TaskGroup();
  readonly #delivery: Delivery;
  readonly #proposals = new Proposals();
  readonly #reads: Reads;
  /** What `run` works off, one after the other. */
  readonly #inbox: Job[] = [];
  #storage: Storage | undefined;
  #member: RaftMember | undefined;
  #watch: GroupWatch | undefined;
  #snapshots: SnapshotTaker | undefined;
  /** Who leads as main knows. It hears of it once it was given all that was in the log. */
  #told: Leadership = { term: 0, leader: undefined, self: false };
  #isReplayed = false;
  #isTicking = false;
  #isReceiving = false;
  #isRemoved = false;
  #isEnding = false;
  #isOver = false;
  #wake: (() => void) | undefined;

  /** @param emit takes each message to main; it must not throw and not call `post` before it returns. */
  constructor(options: DriverOptions, ports: DriverPorts, emit: (message: FromConsensus) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#emit = emit;
    this.#delivery = new Delivery((entries) => {
      this.#send({ kind: 'committed', entries });
    });
    this.#reads = new Reads(ports.entropy, {
      ask: (context) => {
        this.#member?.readIndex(context);
      },
      answer: (requestId, index) => {
        this.#send({ kind: 'barrierDone', requestId, index });
      },
    });
  }

  /** Works until `stop` or a failure; the last message is then `stopped` or `failed`. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#start();
      await this.#serve();
    } catch (error) {
      this.#fail(error);
    }
    try {
      await this.#stop();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Takes one message of main. Buffers in it belong to the driver from now on. */
  post(message: ToConsensus): void {
    if (this.#isOver) return;
    switch (message.kind) {
      case 'propose':
        this.#propose(message);
        return;
      case 'changeMembers':
        this.#changeMembers(message);
        return;
      case 'transfer':
        if (message.to === 0) this.#watch?.transferToBest();
        else this.#member?.transfer(message.to);
        return;
      case 'peers':
        this.#ports.peers.update(message.peers, message.removed);
        return;
      case 'credentials':
        this.#ports.peers.renew(message);
        return;
      case 'alive':
        this.#watch?.heardMain();
        return;
      case 'readBarrier':
        this.#reads.add(message.requestId);
        return;
      case 'applied':
        this.#applied(message.index);
        return;
      case 'credit':
        this.#delivery.addCredit(message.entries, message.bytes);
        return;
      case 'snapshotChunk':
      case 'stop':
        this.#inbox.push(message);
        this.#wakeUp();
    }
  }

  /** Takes a message of another member. Before this one has begun, and after it has ended, it is lost. */
  receive(message: Message): void {
    if (this.#isEnding || this.#isOver) return;
    this.#watch?.heard(message.from);
    this.#member?.receive(message);
  }

  /** What was sent to member `id` may be lost. */
  unreachable(id: number): void {
    if (!this.#isEnding && !this.#isOver) this.#member?.unreachable(id);
  }

  /** The process of member `id` is gone: its connection ended, and nothing listens where it was. */
  gone(id: number): void {
    if (!this.#isEnding && !this.#isOver) this.#watch?.gone(id);
  }

  /** Another member says that this one was removed from the group. */
  removed(): void {
    if (this.#isEnding || this.#isRemoved) return;
    this.#isRemoved = true;
    this.#send({ kind: 'removed' });
  }

  /**
   * Takes a snapshot of another member. Resolves when it is stored, or holds nothing new; it may still be of no use. Until `content` ends or
   * throws, which must not take for ever, no other one is taken.
   * @throws `unavailable` before this member has begun and after it has ended, `tooBusy` while another one comes, `invalidArgument` when message or
   *   content is none, and what the disk throws; then nothing is left of it.
   */
  async receiveSnapshot(message: Message, content: AsyncIterable<Uint8Array>): Promise<void> {
    const [storage, member] = [this.#storage, this.#member];
    if (storage === undefined || member === undefined || this.#isEnding || this.#isOver)
      throw new ShoalError('unavailable', 'this member is not there');
    if (this.#isReceiving) throw new ShoalError('tooBusy', 'another snapshot is on its way');
    this.#isReceiving = true;
    try {
      await this.#receive(storage, member, { message, content });
    } finally {
      this.#isReceiving = false;
      if (!this.#isEnding && !this.#isOver) await storage.removeUnnamed();
    }
  }

  async #receive(
    storage: Storage,
    member: RaftMember,
    { message, content }: { message: Message; content: AsyncIterable<Uint8Array> },
  ): Promise<void> {
    if ((message.snapshot?.index ?? 0) <= member.commitIndex) {
      member.install(message, undefined);
      return;
    }
    const received = await receiveFile(storage, message, content);
    try {
      if (this.#isEnding || this.#isOver)
        throw new ShoalError('unavailable', 'this member has ended');
      member.install(message, received.mark);
      await member.flush();
    } finally {
      received.release();
    }
  }

  /** Replays the log. The only voter leads at once; where there are others, time decides. */
  async #start(): Promise<void> {
    const storage = await Storage.open(this.#options, this.#ports);
    this.#storage = storage;
    const { log } = storage;
    if (this.#options.recover) await recoverAlone(log, this.#options.memberId);
    const lastIndex = log.lastIndex;
    this.#delivery.begin(log.mark?.index ?? 0);
    await this.#replaySnapshot(storage, log.mark);
    this.#snapshots = new SnapshotTaker({
      options: this.#options,
      storage,
      delivery: this.#delivery,
      confStateAt: (at) => this.#member?.configurations.changedAt(at),
      want: () => {
        this.#send({ kind: 'snapshotWanted' });
      },
      saved: (mark) => {
        this.#member?.snapshotSaved(mark, this.#options.trailingEntries);
      },
    });
    const seed = this.#ports.entropy.bytes(4).reduce((number, byte) => number * 256 + byte, 0);
    const random = seededRandom(seed);
    const member = this.#newMember(log, random);
    this.#member = member;
    this.#watch = this.#newWatch(member, random.fork('watch'));
    const index = member.startsAlone ? lastIndex : member.commitIndex;
    this.#delivery.whenReached(index, () => {
      this.#replayed(index);
    });
    this.#reconfigured(log.mark?.index ?? 0);
    if (member.isAlone) member.campaign();
  }

  #newMember(log: WriteAheadLog, random: Random): RaftMember {
    const { peers } = this.#ports;
    return new RaftMember({
      options: this.#options,
      log,
      peers,
      random,
      events: {
        placed: (requestId, place) => {
          this.#placed(requestId, place);
        },
        committed: (entry) => {
          this.#committed(entry);
        },
        led: () => {
          this.#tellLeadership();
          this.#startTicks();
        },
        readable: ({ context, index }) => {
          this.#reads.answered(context, index);
        },
        reconfigured: (index) => {
          this.#reconfigured(index);
        },
        sendSnapshot: (message) => {
          this.#sendSnapshot(message);
        },
        snapshotMissed: () => {
          this.#snapshots?.miss();
        },
        installed: (mark) => {
          this.#delivery.restart(mark.index);
          this.#inbox.push({ kind: 'installed', mark });
          this.#wakeUp();
        },
        outdated: (acknowledged) => {
          this.#inbox.push({ kind: 'outdated', acknowledged });
          this.#wakeUp();
        },
        failed: (error) => {
          this.#fail(error);
        },
      },
    });
  }

  #newWatch(member: RaftMember, random: Random): GroupWatch {
    const { clock } = this.#ports;
    const { tickMs, raft } = this.#options;
    return new GroupWatch({
      member,
      clock,
      random,
      electionMs: tickMs * raft.electionTicks,
      handedOver: () => this.#delivery.sentIndex,
      emit: (message) => {
        this.#send(message);
      },
      spawn: (name, job) => {
        this.#spawn(name, job);
      },
    });
  }

  /** Gives main the state that the log begins with. */
  async #replaySnapshot(storage: Storage, mark: SnapshotMark | undefined): Promise<void> {
    if (mark === undefined) return;
    for await (const chunk of storage.snapshots.read(mark)) {
      this.#send({ kind: 'snapshotChunk', index: mark.index, term: mark.term, ...chunk });
    }
  }

  /** What is left of a snapshot of this member's own is of no use any more. */
  async #install(storage: Storage, mark: SnapshotMark): Promise<void> {
    await this.#snapshots?.installed();
    await storage.removeOlder();
    // Another one overtook it: main gets that.
    if (storage.log.mark?.index !== mark.index) return;
    await this.#replaySnapshot(storage, mark);
    this.#delivery.release(mark.index);
  }

  /** Under its raft id this member never votes again, whoever leads when it starts the next time. @throws `corrupt` */
  async #setAside(acknowledged: number): Promise<void> {
    const lastIndex = this.#storage?.log.lastIndex ?? 0;
    await this.#storage?.setLogAside();
    throw outdatedLog({ lastIndex, acknowledged, directory: this.#options.directory });
  }

  #sendSnapshot(message: Message): void {
    const { to, snapshot } = message;
    const storage = this.#storage;
    this.#spawn('send a snapshot', async (signal) => {
      // The library asks at this moment, and is told nothing meanwhile.
      await Promise.resolve();
      const mark = storage?.log.mark;
      const isThere = storage !== undefined && mark?.index === snapshot?.index;
      const hasArrived =
        isThere &&
        mark !== undefined &&
        (await this.#hasSent(message, storage.snapshots.read(mark), signal));
      if (!this.#isOver) this.#member?.reportSnapshot(to, hasArrived);
    });
  }

  /** Whatever goes wrong, the library sends another one: the file may have been replaced meanwhile. */
  async #hasSent(
    message: Message,
    chunks: AsyncIterable<{ readonly data: Uint8Array }>,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.#ports.peers.sendSnapshot(message, contentOf(chunks), signal);
      return true;
    } catch {
      return false;
    }
  }

  /** A job that fails ends the member. */
  #spawn(name: string, job: (signal: AbortSignal) => Promise<void>): void {
    this.#group.spawn(name, async (signal) => {
      try {
        await job(signal);
      } catch (error) {
        if (!signal.aborted) this.#fail(error);
      }
    });
  }

  #replayed(index: number): void {
    this.#send({ kind: 'replayed', index });
    this.#isReplayed = true;
    this.#tellLeadership();
  }

  /** Time matters only where there are others. */
  #reconfigured(index: number): void {
    const member = this.#member;
    if (member === undefined) return;
    this.#send({ kind: 'members', index, confState: member.configurations.confState });
    this.#startTicks();
  }

  #startTicks(): void {
    const member = this.#member;
    if (member === undefined || this.#isTicking || member.isAtRest) return;
    this.#isTicking = true;
    const { clock } = this.#ports;
    const { tickMs, raft } = this.#options;
    let ticks = 0;
    this.#spawn('ticks', async (signal) => {
      const tick = (): boolean => {
        member.tick();
        this.#watch?.tick();
        ticks += 1;
        if (ticks % raft.electionTicks === 0) this.#reads.askAgain();
        this.#isTicking = !member.isAtRest;
        return this.#isTicking;
      };
      await runTicks({ clock, tickMs, signal }, tick, (lateTicks) => {
        member.bePatient(lateTicks);
      });
    });
  }

  #tellLeadership(): void {
    const now = this.#member?.leadership;
    if (now === undefined || !this.#isReplayed) return;
    const before = this.#told;
    const isSame = now.leader === before.leader && now.self === before.self;
    if (isSame && (now.leader === undefined || now.term === before.term)) return;
    this.#told = now;
    if (before.self) this.#abandonProposals();
    this.#send({ kind: 'leadership', ...now });
    this.#reads.led(now.leader !== undefined);
  }

  /** They may still be committed: whoever leads next decides. */
  #abandonProposals(): void {
    for (const requestId of this.#proposals.abandon()) {
      this.#send({ kind: 'outcome', requestId, outcome: 'unknown', index: 0 });
    }
  }

  #propose({ requestId, term, data }: Extract<ToConsensus, { kind: 'propose' }>): void {
    const refusal = this.#refusal(term, data.length);
    if (refusal === undefined) {
      this.#proposals.ask({ requestId, type: 'EntryNormal', bytes: data.length });
      this.#member?.propose(requestId, data);
    } else this.#send({ kind: 'outcome', requestId, outcome: refusal, index: 0 });
  }

  #changeMembers(message: Extract<ToConsensus, { kind: 'changeMembers' }>): void {
    const { requestId, term, change } = message;
    const refusal = this.#refusal(term, 0);
    if (refusal === undefined) {
      this.#proposals.ask({ requestId, type: 'EntryConfChangeV2', bytes: 0 });
      this.#member?.proposeChange(requestId, change);
    } else this.#send({ kind: 'outcome', requestId, outcome: refusal, index: 0 });
  }

  #placed(requestId: number, place: EntryId | undefined): void {
    if (this.#proposals.place(requestId, place) && place === undefined)
      this.#send({ kind: 'outcome', requestId, outcome: 'dropped', index: 0 });
  }

  /** Why a proposal of so many bytes is not even tried. */
  #refusal(term: number, bytes: number): 'dropped' | 'noRoom' | undefined {
    const member = this.#member;
    if (member === undefined || this.#isEnding || !this.#told.self) return 'dropped';
    if (term !== 0 && term !== this.#told.term) return 'dropped';
    if (bytes > this.#options.entryBytes) return 'dropped';
    const backlog = this.#delivery.waitingBytes + this.#proposals.bytes + bytes;
    if (backlog > this.#options.backlogBytes) return 'dropped';
    return member.hasRoomFor(bytes) ? undefined : 'noRoom';
  }

  #committed(entry: Entry): void {
    if (this.#isOver) return;
    const { index, term, type } = entry;
    const settled = this.#proposals.settle(entry);
    if (settled !== undefined) {
      const { requestId, isCommitted } = settled;
      const outcome = isCommitted ? 'committed' : 'dropped';
      this.#send({ kind: 'outcome', requestId, outcome, index: isCommitted ? index : 0 });
    }
    const data = type === 'EntryNormal' ? entry.data : noData;
    this.#delivery.add({ index, term, data });
  }

  #applied(index: number): void {
    invariant(index <= this.#delivery.sentIndex, 'main applies only what it was given');
    this.#watch?.applied(index);
    this.#member?.applied(index);
    if (this.#isReplayed && !this.#isEnding) this.#snapshots?.applied(index);
  }

  async #serve(): Promise<void> {
    for (;;) {
      const message = this.#inbox.shift();
      if (this.#isOver || message?.kind === 'stop') return;
      if (message === undefined) await this.#nextMessage();
      else if (message.kind === 'snapshotChunk') await this.#snapshots?.save(message);
      else if (message.kind === 'outdated') await this.#setAside(message.acknowledged);
      else if (this.#storage !== undefined) await this.#install(this.#storage, message.mark);
    }
  }

  async #nextMessage(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** What the only voter was asked before still gets its outcome; nothing new is taken. */
  async #stop(): Promise<void> {
    this.#isEnding = true;
    this.#group.abort();
    if (this.#isOver) {
      await this.#closeAfterFailure();
      return;
    }
    if (this.#member?.isAlone === true) await this.#settleProposals(this.#member);
    this.#reads.abandon();
    this.#member?.close();
    await this.#storage?.close();
    this.#abandonProposals();
    this.#send({ kind: 'stopped' });
    this.#isOver = true;
    await this.#group[Symbol.asyncDispose]();
  }

  /** As long as that helps: what main does not apply any more may hold up the rest. */
  async #settleProposals(member: RaftMember): Promise<void> {
    for (let before = Infinity; this.#proposals.size < before;) {
      before = this.#proposals.size;
      // What becomes durable is committed by what follows from it.
      await member.flush();
      await member.flush();
    }
  }

  /** Main has heard of the failure; a second one while files are closed says nothing new. */
  async #closeAfterFailure(): Promise<void> {
    try {
      await this.#storage?.close();
    } catch {
      return;
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#abandonProposals();
    this.#reads.abandon();
    this.#member?.close();
    this.#isOver = true;
    this.#emit({ kind: 'failed', ...describeFailure(error) });
    this.#group.abort();
    this.#wakeUp();
  }

  #send(message: FromConsensus): void {
    if (!this.#isOver) this.#emit(message);
  }
}

function describeFailure(error: unknown): {
  readonly code: 'storageFailed' | 'corrupt' | 'internal';
  readonly message: string;
} {
  const message = error instanceof Error ? error.message : String(error);
  if (!isShoalError(error)) return { code: 'internal', message };
  const details = Object.entries(error.fields).map(([name, value]) => `${name} ${value}`);
  const text = details.length === 0 ? message : `${message} (${details.join(', ')})`;
  if (error.code === 'corrupt' || error.code === 'dataRootTooNew')
    return { code: 'corrupt', message: text };
  return { code: 'storageFailed', message: text };
}
