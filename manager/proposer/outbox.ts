import { limits } from '../../common/pure/limits.ts';
import { Writer } from '../../proto/gen/wire.ts';
import type { SetOutcome } from './port.ts';

/** Tag of `Batch.sets`: field 1, with a length. */
const setsTag = 10;
/** What tag and length of one set take at most. */
const setOverheadBytes = 8;

/** A set that waits for its outcome. */
export interface WaitingSet {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly ops: number;
  readonly sinceMs: number;
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

  get(setId: string): WaitingSet | undefined {
    return this.#sets.get(setId);
  }

  add(set: Pick<WaitingSet, 'id' | 'bytes' | 'ops' | 'sinceMs'>): WaitingSet {
    const { promise, resolve } = Promise.withResolvers<SetOutcome>();
    const waiting = { ...set, outcome: promise, resolve };
    this.#sets.set(set.id, waiting);
    this.#queue.push(waiting);
    this.#bytes += set.bytes.length;
    return waiting;
  }

  /** Takes the queued sets that make the next entry, and gives its data. */
  nextEntry(requestId: number): Uint8Array {
    const count = this.#countForEntry();
    const sets = this.#queue.splice(0, count);
    this.#entries.set(requestId, sets);
    const writer = new Writer();
    for (const set of sets) writer.bytes(setsTag, set.bytes);
    return writer.take();
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

  /** Ends all: those in the queue with `queued`, those proposed with `proposed`. */
  settleAll(queued: SetOutcome, proposed: SetOutcome): void {
    this.settleQueued(() => true, queued);
    for (const id of this.#sets.keys()) this.settle(id, proposed);
    this.#entries.clear();
  }

  /** Ends what has waited since before `sinceMs`. */
  expire(sinceMs: number): void {
    const isOld = (set: WaitingSet): boolean => set.sinceMs < sinceMs;
    this.settleQueued(isOld, { kind: 'dropped', reason: 'tooBusy' });
    for (const set of this.#sets.values()) {
      if (isOld(set)) this.settle(set.id, { kind: 'unknown' });
    }
    for (const [requestId, sets] of this.#entries) {
      if (sets.every((set) => !this.#sets.has(set.id))) this.#entries.delete(requestId);
    }
  }

  /** Ends those queued sets that `matches`. */
  settleQueued(matches: (set: WaitingSet) => boolean, outcome: SetOutcome): void {
    const gone = this.#queue.filter(matches);
    this.#queue = this.#queue.filter((set) => !matches(set));
    for (const set of gone) this.settle(set.id, outcome);
  }

  #countForEntry(): number {
    let bytes = 0;
    let ops = 0;
    let count = 0;
    for (const set of this.#queue) {
      bytes += set.bytes.length + setOverheadBytes;
      ops += set.ops;
      const isTooMuch = bytes > limits.entryBytes || ops > limits.entryOps;
      if (count > 0 && isTooMuch) break;
      count += 1;
    }
    return count;
  }
}
