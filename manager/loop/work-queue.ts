/** One scope for one decider. */
export interface WorkItem {
  /** Place of the decider in the loop's list. */
  readonly decider: number;
  readonly key: string;
}

interface Wake {
  readonly atMs: number;
  readonly item: WorkItem;
}

/**
 * What the loop has to look at: first in, first out, each item once however often it is asked for, and items that
 * become due at a time of their own. Of several times for one item the earliest counts.
 */
export class WorkQueue {
  readonly #ready = new Map<string, WorkItem>();
  readonly #dueAtMs = new Map<string, number>();
  readonly #wakes: Wake[] = [];
  /** Items that must not come before a time, whoever asks for them. */
  readonly #heldUntilMs = new Map<string, number>();

  get readyCount(): number {
    return this.#ready.size;
  }

  /** Adds `item`, unless it is there; one that is held comes when its time has come. */
  add(item: WorkItem): void {
    const name = nameOf(item);
    if (!this.#ready.has(name) && !this.#heldUntilMs.has(name)) this.#ready.set(name, item);
  }

  /** Lets `item` come at `untilMs` and, whatever happens, not earlier. */
  hold(item: WorkItem, untilMs: number): void {
    const name = nameOf(item);
    this.#ready.delete(name);
    this.#heldUntilMs.set(name, untilMs);
    this.#dueAtMs.set(name, untilMs);
    this.#push({ atMs: untilMs, item });
  }

  /** Adds `item` when `atMs` has come, unless it is already to come earlier. */
  addAt(item: WorkItem, atMs: number): void {
    const name = nameOf(item);
    const known = this.#dueAtMs.get(name);
    if (known !== undefined && (known <= atMs || this.#heldUntilMs.has(name))) return;
    this.#dueAtMs.set(name, atMs);
    this.#push({ atMs, item });
  }

  /** When the next item becomes due; undefined when none waits for a time. */
  nextDueMs(): number | undefined {
    this.#dropOutdated();
    return this.#wakes[0]?.atMs;
  }

  /** Moves what is due by `nowMs` among what is ready. */
  wakeDue(nowMs: number): void {
    for (
      let dueMs = this.nextDueMs();
      dueMs !== undefined && dueMs <= nowMs;
      dueMs = this.nextDueMs()
    ) {
      const wake = this.#pop();
      if (wake === undefined) return;
      this.#dueAtMs.delete(nameOf(wake.item));
      this.#heldUntilMs.delete(nameOf(wake.item));
      this.add(wake.item);
    }
  }

  /** The item that has waited longest. */
  take(): WorkItem | undefined {
    for (const [name, item] of this.#ready) {
      this.#ready.delete(name);
      return item;
    }
    return undefined;
  }

  /** A wake-up that was replaced by an earlier one, or has happened by it, means nothing any more. */
  #dropOutdated(): void {
    for (;;) {
      const first = this.#wakes[0];
      if (first === undefined || this.#dueAtMs.get(nameOf(first.item)) === first.atMs) return;
      this.#pop();
    }
  }

  /** Adds to a binary heap whose first element is due first. */
  #push(wake: Wake): void {
    const heap = this.#wakes;
    let at = heap.length;
    heap.push(wake);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.atMs <= wake.atMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = wake;
  }

  #pop(): Wake | undefined {
    const heap = this.#wakes;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const child = this.#earlierChild(at);
      const below = heap[child];
      if (below === undefined || below.atMs >= last.atMs) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  #earlierChild(at: number): number {
    const left = this.#wakes[2 * at + 1];
    const right = this.#wakes[2 * at + 2];
    return left !== undefined && right !== undefined && right.atMs < left.atMs
      ? 2 * at + 2
      : 2 * at + 1;
  }
}

function nameOf({ decider, key }: WorkItem): string {
  return `${decider} ${key}`;
}
