import type { Clock } from '../../common/ports/clock.ts';

/** Midnight of 2026-01-01 UTC: where the wall clock of every virtual run begins unless told otherwise. */
const defaultWallStartMs = 1_767_225_600_000;

interface Timer {
  readonly dueMs: number;
  /** Order of creation: breaks ties, so that runs repeat. */
  readonly sequence: number;
  action: (() => void) | undefined;
}

/**
 * A clock that moves only when told to. Timers fire one at a time, by deadline and then by order of creation.
 *
 * After each timer everything that it woke runs to a standstill (all microtasks), so the order of a run depends on
 * nothing outside. `advance` and `settle` are for the code that drives the test; code under test sees only `Clock`.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #wallOffsetMs: number;
  #sequence = 0;
  readonly #timers: Timer[] = [];

  constructor(options: { readonly wallStartMs?: number } = {}) {
    this.#wallOffsetMs = options.wallStartMs ?? defaultWallStartMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  /** Moves wall time by `byMs` (either way) without moving monotonic time: a clock that was set. */
  shiftWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = this.schedule(durationMs, resolve);
    const onAbort = (): void => {
      cancel();
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Runs `action` after `delayMs`. The result cancels it; cancelling late is harmless. */
  schedule(delayMs: number, action: () => void): () => void {
    const timer: Timer = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      sequence: this.#sequence,
      action,
    };
    this.#sequence += 1;
    push(this.#timers, timer);
    return () => {
      timer.action = undefined;
    };
  }

  /** When the next timer fires, on `nowMs`; undefined when none waits. */
  nextDueMs(): number | undefined {
    this.#dropCancelled();
    return this.#timers[0]?.dueMs;
  }

  /** Fires the next timer, moving time to its deadline, and settles. False when none waits. */
  async step(): Promise<boolean> {
    await this.settle();
    this.#dropCancelled();
    const timer = pop(this.#timers);
    if (timer === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    timer.action?.();
    await this.settle();
    return true;
  }

  /** Lets `durationMs` pass: fires, in order, every timer due by then, those created on the way included. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await this.settle();
    for (;;) {
      const dueMs = this.nextDueMs();
      if (dueMs === undefined || dueMs > endMs) break;
      await this.step();
    }
    this.#nowMs = endMs;
  }

  /**
   * Lets time pass until `condition` holds, at most `limitMs`.
   * @throws when it does not hold by then, or nothing waits any more.
   */
  async advanceUntil(condition: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.#nowMs + limitMs;
    await this.settle();
    while (!condition()) {
      const dueMs = this.nextDueMs();
      if (dueMs === undefined) throw new Error('condition does not hold and no timer waits');
      if (dueMs > endMs) throw new Error(`condition does not hold after ${limitMs} virtual ms`);
      await this.step();
    }
  }

  /** Lets every microtask run that is ready or becomes ready by it. Time stands still. */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }

  #dropCancelled(): void {
    while (this.#timers[0] !== undefined && this.#timers[0].action === undefined) pop(this.#timers);
  }
}

function isEarlier(left: Timer, right: Timer): boolean {
  if (left.dueMs !== right.dueMs) return left.dueMs < right.dueMs;
  return left.sequence < right.sequence;
}

/** Adds to a binary heap whose first element is the earliest timer. */
function push(heap: Timer[], timer: Timer): void {
  let position = heap.length;
  heap.push(timer);
  while (position > 0) {
    const parent = (position - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isEarlier(timer, above)) break;
    heap[position] = above;
    position = parent;
  }
  heap[position] = timer;
}

/** Takes the earliest timer off the heap. */
function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let position = 0;
  for (;;) {
    const child = earlierChild(heap, position);
    const below = heap[child];
    if (below === undefined || !isEarlier(below, last)) break;
    heap[position] = below;
    position = child;
  }
  heap[position] = last;
  return first;
}

function earlierChild(heap: readonly Timer[], position: number): number {
  const left = 2 * position + 1;
  const leftTimer = heap[left];
  const rightTimer = heap[left + 1];
  if (leftTimer === undefined || rightTimer === undefined) return left;
  return isEarlier(rightTimer, leftTimer) ? left + 1 : left;
}
