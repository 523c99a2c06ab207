// What any log on several members must do: entries go into arrays, a message with them to each follower, acknowledgements into a map,
// and what more than half have is applied. No terms, no checks, no windows, no storage beside it: nobody may fail.
import type { Entry } from '../../../manager/raft/entry.ts';

interface Append {
  readonly to: number;
  readonly entries: readonly Entry[];
}

interface Ack {
  readonly from: number;
  readonly index: number;
}

/** Moves the same entries, in the same number of messages and turns. */
export class BareGroup {
  readonly #logs: readonly Entry[][];
  readonly #applied: number[];
  #appends: Append[] = [];
  #acks: Ack[] = [];
  readonly #acked = new Map<number, number>();
  #sent = 0;
  #committed: number;

  constructor(size: number, log: readonly Entry[] = []) {
    this.#logs = Array.from({ length: size }, () => [...log]);
    this.#applied = Array.from({ length: size }, () => log.length);
    this.#sent = log.length;
    this.#committed = log.length;
  }

  propose(data: Uint8Array): void {
    const log = this.#logs[0] ?? [];
    log.push({ type: 'EntryNormal', term: 1, index: log.length + 1, data });
  }

  turn(): void {
    this.#acknowledge();
    this.#send();
    this.#receive();
    for (let id = 0; id < this.#logs.length; id += 1) this.#applied[id] = this.#committed;
  }

  settle(index: number): void {
    while (this.#applied.some((applied) => applied < index)) this.turn();
  }

  #send(): void {
    const entries = this.#logs[0]?.slice(this.#sent) ?? [];
    if (entries.length === 0) return;
    for (let to = 1; to < this.#logs.length; to += 1) this.#appends.push({ to, entries });
    this.#sent += entries.length;
    this.#acked.set(0, this.#sent);
  }

  #receive(): void {
    const appends = this.#appends;
    this.#appends = [];
    for (const { to, entries } of appends) {
      const log = this.#logs[to] ?? [];
      for (const entry of entries) log.push(entry);
      this.#acks.push({ from: to, index: log.length });
    }
  }

  #acknowledge(): void {
    const acks = this.#acks;
    this.#acks = [];
    for (const { from, index } of acks) {
      this.#acked.set(from, index);
      const indexes = [...this.#acked.values()].sort((a, b) => b - a);
      this.#committed = indexes[Math.floor(this.#logs.length / 2)] ?? this.#committed;
    }
  }
}

/** Puts entries into another log, as many at a time as a message takes. */
export function bareCopy(log: readonly Entry[], entriesPerMessage: number): Entry[] {
  const copy: Entry[] = [];
  for (let from = 0; from < log.length; from += entriesPerMessage) {
    for (const entry of log.slice(from, from + entriesPerMessage)) copy.push(entry);
  }
  return copy;
}
