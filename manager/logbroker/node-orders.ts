import { Wakeup } from '../../common/run/wakeup.ts';

/**
 * Reads that one node has to be told of: names only, each once. One that ends before the node heard of it is never told, so a node that does
 * not listen costs no more than there are reads.
 */
export class NodeOrders {
  readonly #starts = new Set<string>();
  readonly #stops = new Set<string>();
  readonly #changed = new Wakeup();

  start(readId: string): void {
    this.#starts.add(readId);
    this.#changed.notify();
  }

  stop(readId: string): void {
    if (!this.#starts.delete(readId)) this.#stops.add(readId);
    this.#changed.notify();
  }

  /** What begins and what ends since the last call. */
  take(): { readonly starts: readonly string[]; readonly stops: readonly string[] } {
    const taken = { starts: [...this.#starts], stops: [...this.#stops] };
    this.#starts.clear();
    this.#stops.clear();
    return taken;
  }

  /** Resolves when there is something to tell, or `signal` aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    while (this.#starts.size + this.#stops.size === 0 && !signal.aborted) {
      await this.#changed.wait(signal);
    }
  }
}
