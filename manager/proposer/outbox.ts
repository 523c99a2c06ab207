import { limits } from '../../common/pure/limits.ts';
import { Writer } from '../../proto/gen/wire.ts';
import type { SetOutcome } from './port.ts';

/** Tag of `Batch.sets`: field 1, with a length. */
const setsTag = 10;
/** Tag of `Batch.check`: field 2, with a length. */
const checkTag = 18;
/** What tag, length and stamp of one set take at most. */
const setOverheadBytes = 16;

/** A set that waits for its outcome. */
export interface WaitingSet {
  readonly id: string;
  /** Encoded, without a wall time. */
  readonly bytes: Uint8Array;
  readonly ops: number;
  /** Term that it is bound to; 0: whoever leads may propose it. */
  readonly term: number;
  readonly sinceMs: number;
  /** It went out once, and may take effect whatever becomes of it now. */
  isInDoubt: boolean;
  readonly outcome: Promise<SetOutcome>;
  resolve(outcome: SetOutcome): void;
}

/** Sets on their way: queued, or in an entry whose outcome is not known yet. */
export class Outbox {
  readonly #sets = new Map<string, WaitingSet>();
  #queue: WaitingSet[] = [];
  readonly #entries = new Map<number, readonly WaitingSet[]>();
  #bytes = 0;

  get size(): number {
    return this.#sets.size;
  }

  /** Entries that are proposed and not yet answered. */
  get entries(): number {
    return this.#entries.size;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** True when `bytes` more are too much. */
  isFull(bytes: number): boolean {
    return this.size >= limits.proposerSets || this.#bytes + bytes > limits.proposerBytes;
  }

  /** True when what is queued is more than goes out together in `bytesMax`. */
  overflows(bytesMax: number): boolean {
    return this.#countWithin(bytesMax) < this.#queue.length;
  }

  get(setId: string): WaitingSet | undefined {
    return this.#sets.get(setId);
  }

  add(set: Pick<WaitingSet, 'id' | 'bytes' | 'ops' | 'term' | 'sinceMs'>): WaitingSet {
    const { promise, resolve } = Promise.withResolvers<SetOutcome>();
    const waiting = { ...set, isInDoubt: false, outcome: promise, resolve };
    this.#sets.set(set.id, waiting);
    this.#queue.push(waiting);
    this.#bytes += set.bytes.length;
    return waiting;
  }

  /**
   * Takes the queued sets that make the next entry, and gives its data.
   * @param stamp what is put behind each set. @param check what goes with them, encoded.
   */
  nextEntry(requestId: number, stamp: Uint8Array, check: Uint8Array | undefined): Uint8Array {
    const writer = new Writer();
    for (const { bytes } of this.nextBatch(requestId, limits.entryBytes)) {
      const stamped = new Uint8Array(bytes.length + stamp.length);
      stamped.set(bytes, 0);
      stamped.set(stamp, bytes.length);
      writer.bytes(setsTag, stamped);
    }
    if (check !== undefined) writer.bytes(checkTag, check);
    return writer.take();
  }

  /** Takes the queued sets that go out together: as many as `bytesMax` hold when encoded, and at least one. */
  nextBatch(requestId: number, bytesMax: number): readonly WaitingSet[] {
    const sets = this.#queue.splice(0, this.#countWithin(bytesMax));
    this.#entries.set(requestId, sets);
    return sets;
  }

  /** What is left of these goes out again, before all that is queued. Nobody knows whether it took effect; a set takes effect once only. */
  requeue(sets: readonly WaitingSet[], isInDoubt: boolean): void {
    const queued = new Set(this.#queue);
    const left = sets.filter((set) => this.#sets.get(set.id) === set && !queued.has(set));
    for (const set of left) set.isInDoubt ||= isInDoubt;
    this.#queue.unshift(...left);
  }

  /** All that went out and has no outcome, which will not be told any more. */
  takeProposed(): readonly WaitingSet[] {
    const queued = new Set(this.#queue);
    this.#entries.clear();
    return [...this.#sets.values()].filter((set) => !queued.has(set));
  }

  /** The entry will not come any more: its sets, unless they have an outcome. */
  takeEntry(requestId: number): readonly WaitingSet[] {
    const sets = this.#entries.get(requestId) ?? [];
    this.#entries.delete(requestId);
    return sets;
  }

  /** A set has its outcome: whoever waits hears of it. */
  settle(setId: string, outcome: SetOutcome): void {
    const waiting = this.#sets.get(setId);
    if (waiting === undefined) return;
    this.#sets.delete(setId);
    this.#bytes -= waiting.bytes.length;
    waiting.resolve(outcome);
  }

  /** Ends all: what never went out with `dropped`, the rest as unknown. */
  settleAll(dropped: SetOutcome): void {
    this.settleQueued(() => true, dropped);
    for (const id of this.#sets.keys()) this.settle(id, { kind: 'unknown' });
    this.#entries.clear();
  }

  /** Ends what has waited since before `sinceMs`, with `dropped` if it never went out. */
  expire(sinceMs: number, dropped: SetOutcome): void {
    const isOld = (set: WaitingSet): boolean => set.sinceMs < sinceMs;
    this.settleQueued(isOld, dropped);
    for (const set of this.#sets.values()) {
      if (isOld(set)) this.settle(set.id, { kind: 'unknown' });
    }
    for (const [requestId, sets] of this.#entries) {
      if (sets.every((set) => !this.#sets.has(set.id))) this.#entries.delete(requestId);
    }
  }

  /** Ends those queued sets that `matches` with `outcome`, unless they went out once. */
  settleQueued(matches: (set: WaitingSet) => boolean, outcome: SetOutcome): void {
    const gone = this.#queue.filter(matches);
    this.#queue = this.#queue.filter((set) => !matches(set));
    for (const set of gone) this.settle(set.id, set.isInDoubt ? { kind: 'unknown' } : outcome);
  }

  #countWithin(bytesMax: number): number {
    let bytes = 0;
    let ops = 0;
    let count = 0;
    for (const set of this.#queue) {
      bytes += set.bytes.length + setOverheadBytes;
      ops += set.ops;
      const isTooMuch = bytes > bytesMax || ops > limits.entryOps;
      if (count > 0 && isTooMuch) break;
      count += 1;
    }
    return count;
  }
}
