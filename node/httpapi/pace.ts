import type { Clock } from '../../common/ports/clock.ts';

export interface PaceOptions {
  readonly clock: Clock;
  /** Passes a second that are kept up; as many may also come at once after a quiet second. */
  readonly perSecond: number;
  /** Nobody waits longer, in milliseconds, however many come. */
  readonly waitMsMax: number;
}

/** Who waits is let through with all whose time is in the same stretch: ten who come together cost much less than ten one by one. */
const stretchMs = 100;

/** Spaces out those who come again and again, so that many of them cost no more than some. Few of them never wait. */
export class Pace {
  readonly #options: PaceOptions;
  /** When the next would pass if all came evenly. */
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the caller may go on.
   * @throws the signal's reason if `signal` aborts first.
   */
  async pass(signal: AbortSignal): Promise<void> {
    const { clock, perSecond, waitMsMax } = this.#options;
    const nowMs = clock.nowMs();
    const burstMs = 1000;
    const dueMs = Math.max(this.#dueMs, nowMs - burstMs);
    const waitMs = Math.min(dueMs - nowMs, waitMsMax);
    this.#dueMs = Math.min(dueMs + 1000 / perSecond, nowMs + waitMsMax);
    const stretchWaitMs = Math.floor((nowMs + waitMs) / stretchMs) * stretchMs - nowMs;
    if (stretchWaitMs > 0) await clock.sleep(stretchWaitMs, signal);
  }
}
