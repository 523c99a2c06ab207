import type { Clock } from '../ports/clock.ts';

/** A turn that was given; giving it back twice is harmless. */
export interface Turn {
  end(): void;
}

interface Waiting {
  readonly give: (turn: Turn) => void;
}

export interface TurnsOptions {
  readonly clock: Clock;
  /** Turns at one time. */
  readonly width: number;
  /** After this long a turn no longer keeps the next one back, though it goes on. */
  readonly turnMs: number;
}

/**
 * Lets a few at a time do what would be slower for all if all did it at once. First come, first served; who is `urgent` goes before who is not.
 *
 * A turn that lasts too long is not ended, but another begins beside it, so that one that hangs does not hold up all others.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #urgent = new Set<Waiting>();
  readonly #others = new Set<Waiting>();
  #taken = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#urgent.size + this.#others.size;
  }

  /**
   * Waits for a turn. The caller ends it.
   * @throws the reason of `signal`; no turn is held then
   */
  async take(signal: AbortSignal, isUrgent = false): Promise<Turn> {
    signal.throwIfAborted();
    if (this.#taken < this.#options.width) return this.#begin();
    const { promise, resolve, reject } = Promise.withResolvers<Turn>();
    const waiting: Waiting = { give: resolve };
    const queue = isUrgent ? this.#urgent : this.#others;
    queue.add(waiting);
    const onAbort = (): void => {
      if (queue.delete(waiting)) reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #begin(): Turn {
    this.#taken += 1;
    const timer = new AbortController();
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      timer.abort(over);
      this.#taken -= 1;
      this.#next();
    };
    void this.#options.clock
      .sleep(this.#options.turnMs, timer.signal)
      .then(release, () => undefined);
    return { end: release };
  }

  #next(): void {
    while (this.#taken < this.#options.width) {
      const [first] = this.#urgent.size > 0 ? this.#urgent : this.#others;
      if (first === undefined) return;
      this.#urgent.delete(first);
      this.#others.delete(first);
      first.give(this.#begin());
    }
  }
}

const over = new Error('the turn is over');
