import type { Decider } from '../store/decider.ts';
import type { StoreView } from '../store/view.ts';
import type { WorkItem } from './work-queue.ts';

/**
 * A pass over every scope of every decider, in portions: keys are made as they are asked for, so that a portion costs the same however
 * many rows there are. What comes into the view meanwhile may be passed over: it is news, and queued as that.
 */
export class Resync {
  readonly #items: Iterator<WorkItem, undefined>;

  constructor(deciders: readonly Decider[], view: StoreView) {
    this.#items = itemsOf(deciders, view);
  }

  /** Up to `count` more scopes; empty when the pass is over. */
  next(count: number): readonly WorkItem[] {
    const items: WorkItem[] = [];
    while (items.length < count) {
      const next = this.#items.next();
      if (next.done === true) break;
      items.push(next.value);
    }
    return items;
  }
}

function* itemsOf(deciders: readonly Decider[], view: StoreView): Generator<WorkItem, undefined> {
  for (const [index, decider] of deciders.entries()) {
    for (const key of decider.allKeys(view)) yield { decider: index, key };
  }
  return undefined;
}
