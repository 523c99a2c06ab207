import { ShoalError } from '../../common/pure/errors.ts';
import type { Random } from '../../common/pure/random.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import type { Peers } from '../../manager/consensus/peers.ts';
import { awaitSignal } from '../../manager/proposer/await-signal.ts';
import type { Message } from '../../manager/raft/message.ts';
import type { SimConsensus } from './consensus.ts';
import type { Incarnation } from './incarnation.ts';
import type { Machine } from './machine.ts';
import type { SimClock } from './sim-clock.ts';
import type { Ways } from './ways.ts';

/** How long a snapshot on its way may stand still, milliseconds. */
const stillMsMax = 3000;
/** How much later than others a message may come that others overtake, milliseconds. */
const overtakenMs = 300;

/** What befalls messages between members besides delay. Probabilities in [0, 1). */
export interface PeerNoise {
  readonly lost: number;
  readonly twice: number;
  readonly overtaken: number;
}

/** The consensus of one manager, one run of its process. */
export interface PeerMember {
  readonly node: Machine;
  readonly raftId: number;
  readonly thread: Incarnation;
  readonly consensus: SimConsensus;
}

interface Place extends PeerMember {
  /** Raft ids of those that it knows where to find. */
  readonly known: Set<number>;
  removed: ReadonlySet<number>;
}

/** The way between the consensus of managers: messages are lost, late, twice and out of order; snapshots go apart from them. */
export class PeerNetwork {
  noise: PeerNoise;
  readonly #clock: SimClock;
  readonly #ways: Ways;
  readonly #random: Random;
  readonly #places = new Map<number, Place>();
  /** When the last message of a pair arrives. */
  readonly #lastMs = new Map<string, number>();
  /** Mean delay of a message, milliseconds. */
  #delayMs: number;

  constructor(
    parts: { readonly clock: SimClock; readonly ways: Ways; readonly random: Random },
    delayMs: number,
    noise: PeerNoise,
  ) {
    this.#clock = parts.clock;
    this.#ways = parts.ways;
    this.#random = parts.random;
    this.#delayMs = delayMs;
    this.noise = noise;
  }

  calm(delayMs: number): void {
    this.#delayMs = Math.min(this.#delayMs, delayMs);
    this.noise = { lost: 0, twice: 0, overtaken: 0 };
  }

  /** What the member that `enter` then names sends with. */
  peersOf(member: () => PeerMember): Peers {
    const place = (): Place | undefined => {
      const { raftId, consensus } = member();
      const found = this.#places.get(raftId);
      return found?.consensus === consensus ? found : undefined;
    };
    return {
      send: (message) => {
        const from = place();
        if (from !== undefined) this.#send(from, message);
      },
      update: (peers, removed) => {
        const from = place();
        if (from === undefined) return;
        from.removed = new Set(removed);
        for (const { id } of peers) from.known.add(id);
        for (const id of removed) {
          from.known.delete(id);
          const other = this.#places.get(id);
          if (other?.known.has(from.raftId) === true) void this.#endStream(from, other);
        }
      },
      renew: () => undefined,
      sendSnapshot: async (message, content, signal) => {
        const from = place();
        const to = this.#places.get(message.to);
        if (from === undefined || to === undefined || !from.known.has(message.to))
          throw new ShoalError('unavailable', 'the member is not there');
        await this.#sendSnapshot(from, to, { message, content, signal });
      },
    };
  }

  enter(member: PeerMember): void {
    this.#places.set(member.raftId, { ...member, known: new Set(), removed: new Set() });
  }

  /** The consensus of the member has ended, and with `isHeard` its machine says so. */
  leave({ raftId, consensus, node }: PeerMember, isHeard: boolean): void {
    if (this.#places.get(raftId)?.consensus !== consensus) return;
    this.#places.delete(raftId);
    if (!isHeard) return;
    for (const other of this.#places.values()) {
      if (!other.known.has(raftId)) continue;
      this.#clock.schedule(this.#delay(), () => {
        const isGone = !this.#places.has(raftId) && node.isOn && this.#isThere(other);
        if (isGone && this.#ways.isOpen(node, other.node)) void this.#tellGone(other, raftId);
      });
    }
  }

  async #tellGone(to: Place, raftId: number): Promise<void> {
    await to.thread.pass();
    to.consensus.gone(raftId);
  }

  /** Whoever is no member any more has its stream ended, and hears why. */
  async #endStream(from: Place, to: Place): Promise<void> {
    await this.#ways.pass(from.node, to.node);
    await to.thread.pass();
    if (this.#isThere(from) && this.#isThere(to)) to.consensus.removed();
  }

  #send(from: Place, message: Message): void {
    const to = this.#places.get(message.to);
    if (to === undefined || !from.known.has(message.to)) {
      from.consensus.unreachable(message.to);
      return;
    }
    const { lost, twice, overtaken } = this.noise;
    if (this.#random.unit() < lost) {
      if (this.#random.below(2) === 0) from.consensus.unreachable(message.to);
      return;
    }
    const count = this.#random.unit() < twice ? 2 : 1;
    for (let copy = 0; copy < count; copy += 1) {
      const isOvertaken = this.#random.unit() < overtaken;
      this.#clock.schedule(this.#waitMs(from, to, isOvertaken), () => {
        this.#arrive(from, to, message);
      });
    }
  }

  #waitMs(from: Place, to: Place, isOvertaken: boolean): number {
    const nowMs = this.#clock.nowMs();
    if (isOvertaken) return this.#delay() + this.#random.unit() * overtakenMs;
    const pair = `${from.raftId} ${to.raftId}`;
    const atMs = Math.max(nowMs + this.#delay(), this.#lastMs.get(pair) ?? 0);
    this.#lastMs.set(pair, atMs);
    return atMs - nowMs;
  }

  #delay(): number {
    const spike = this.#random.below(500) === 0 ? 20 : 1;
    return 0.05 - Math.log(1 - this.#random.unit()) * this.#delayMs * spike;
  }

  #arrive(from: Place, to: Place, message: Message): void {
    if (!this.#isThere(to) || !this.#ways.isOpen(from.node, to.node)) return;
    if (to.thread.isPaused) void to.thread.pass().then(() => this.#take(from, to, message));
    else this.#take(from, to, message);
  }

  #take(from: Place, to: Place, message: Message): void {
    if (!this.#isThere(to)) return;
    if (!to.removed.has(from.raftId)) {
      to.known.add(from.raftId);
      to.consensus.deliver(message);
      return;
    }
    this.#clock.schedule(this.#delay(), () => {
      if (this.#isThere(from) && this.#ways.isOpen(to.node, from.node)) from.consensus.removed();
    });
  }

  #isThere({ raftId, consensus, thread }: PeerMember): boolean {
    return this.#places.get(raftId)?.consensus === consensus && !thread.isDead;
  }

  /** Where either process ends on the way, or nothing comes for too long, the other side hears that there is no more. */
  async #sendSnapshot(
    from: Place,
    to: Place,
    sent: {
      readonly message: Message;
      readonly content: AsyncIterable<Uint8Array>;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const gone = new AbortController();
    const forgets = [from, to].map(({ thread }) =>
      thread.onEnd(() => {
        gone.abort(new ShoalError('unavailable', 'the connection is gone'));
      }),
    );
    const signal = AbortSignal.any([gone.signal, sent.signal]);
    try {
      const pass = (): Promise<void> => this.#passPiece(from, to, signal);
      const content = carried(sent.content, pass, signal);
      await awaitSignal(to.consensus.deliverSnapshot(sent.message, content), signal);
      await pass();
    } finally {
      for (const forget of forgets) forget();
    }
  }

  async #passPiece(from: Place, to: Place, signal: AbortSignal): Promise<void> {
    const deadline = { clock: this.#clock, durationMs: stillMsMax, signal };
    await withDeadline(deadline, (inner) =>
      awaitSignal(
        this.#ways.pass(from.node, to.node).then(() => to.thread.pass()),
        inner,
      ),
    );
  }
}

async function* carried(
  content: AsyncIterable<Uint8Array>,
  pass: () => Promise<void>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  for (;;) {
    const next = await awaitSignal(chunks.next(), signal);
    if (next.done === true) return;
    await pass();
    yield next.value;
  }
}
