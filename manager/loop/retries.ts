import { limits } from '../../common/pure/limits.ts';
import type { Random } from '../../common/pure/random.ts';

/** How long a scope whose sets are refused again and again waits before it is decided again. */
export class Retries {
  readonly #random: Random;
  readonly #failures = new Map<string, number>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Counts one more failure of `name`; 0 for the first, then ever longer, with jitter. */
  nextDelayMs(name: string): number {
    const failures = this.#failures.get(name) ?? 0;
    this.#failures.set(name, failures + 1);
    if (failures === 0) return 0;
    const delayMs = Math.min(limits.loopRetryMsMax, limits.loopRetryMs * 2 ** (failures - 1));
    return Math.ceil(delayMs * (0.5 + this.#random.unit() / 2));
  }

  /** `name` succeeded. That it has nothing to decide says nothing: its set may be in flight. */
  clear(name: string): void {
    this.#failures.delete(name);
  }

  /** Forgets all, so that scopes that are gone do not pile up. */
  clearAll(): void {
    this.#failures.clear();
  }
}
