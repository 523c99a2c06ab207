import type { Machine } from './machine.ts';
import type { SimClock } from './sim-clock.ts';

/** The network between machines: which of them reach which, and how long that takes. A machine always reaches itself, at once. */
export class Ways {
  readonly #clock: SimClock;
  /** Pairs of names between which nothing goes, in that direction, and by how many faults. */
  readonly #blocked = new Map<string, number>();
  #changed = Promise.withResolvers<void>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** Nothing is blocked between machines that are attached. */
  get isWhole(): boolean {
    return this.#blocked.size === 0;
  }

  isOpen(from: Machine, to: Machine): boolean {
    if (from === to) return true;
    if (!from.link.carries('up') || !to.link.carries('down')) return false;
    return !this.#blocked.has(pairOf(from, to));
  }

  /** Stops what goes from each of `from` to each of `to`. The result takes that back, once. */
  block(from: readonly Machine[], to: readonly Machine[]): () => void {
    const pairs = from.flatMap((one) => to.map((other) => pairOf(one, other)));
    for (const pair of pairs) this.#blocked.set(pair, (this.#blocked.get(pair) ?? 0) + 1);
    return () => {
      for (const pair of pairs.splice(0)) {
        const left = (this.#blocked.get(pair) ?? 0) - 1;
        if (left > 0) this.#blocked.set(pair, left);
        else this.#blocked.delete(pair);
      }
      this.freed();
    };
  }

  /** Something that was stopped may go on. */
  freed(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  /** Resolves when a message has arrived. While the way is cut it waits, as it would in a TCP connection. */
  async pass(from: Machine, to: Machine): Promise<void> {
    if (from === to) return;
    await this.#clock.sleep(from.link.delayMs(), new AbortController().signal);
    while (!this.isOpen(from, to)) await this.#changed.promise;
  }
}

function pairOf(from: Machine, to: Machine): string {
  return `${from.name} ${to.name}`;
}
