import type { Decider } from '../store/decider.ts';
import type { StoreView } from '../store/view.ts';
import type { WorkItem } from './work-queue.ts';

/** A pass over every scope of every decider, in portions: the keys of one decider are read at once, as views demand. */
export class Resync {
  readonly #deciders: readonly Decider[];
  #decider = 0;
  #keys: readonly string[] = [];
  #at = 0;

  constructor(deciders: readonly Decider[]) {
    this.#deciders = deciders;
  }

  /** Up to `count` more scopes; empty when the pass is over. */
  next(view: StoreView, count: number): readonly WorkItem[] {
    while (this.#at >= this.#keys.length) {
      const decider = this.#deciders[this.#decider];
      if (decider === undefined) return [];
      this.#keys = [...decider.allKeys(view)];
      this.#at = 0;
      this.#decider += 1;
    }
    const keys = this.#keys.slice(this.#at, this.#at + count);
    this.#at += keys.length;
    return keys.map((key) => ({ decider: this.#decider - 1, key }));
  }
}
