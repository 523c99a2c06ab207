import type { Clock } from '../../common/ports/clock.ts';
import type { SimClock } from './sim-clock.ts';

/**
 * One run of a process. What it awaits through a port comes back only while it lives and is not paused; after its end never, so the code
 * of a process that was killed stops where it stood, without a chance to clean up.
 */
export class Incarnation {
  readonly #ends = new Set<() => void>();
  #paused: PromiseWithResolvers<void> | undefined;
  #isDead = false;

  get isDead(): boolean {
    return this.#isDead;
  }

  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  /** Ends the process between two instructions. */
  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const end of this.#ends) end();
    this.#ends.clear();
  }

  /** Calls `action` at the end. The result takes that back. */
  onEnd(action: () => void): () => void {
    this.#ends.add(action);
    return () => {
      this.#ends.delete(action);
    };
  }

  /** Stops the process as by SIGSTOP, while time goes on. */
  pause(): void {
    this.#paused ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  /** Resolves while the process may run. */
  async pass(): Promise<void> {
    while (this.#paused !== undefined) await this.#paused.promise;
    if (this.#isDead) await never();
  }

  /** What `work` comes to, for this process. */
  async hold<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      await this.pass();
    }
  }
}

/** The clock as one process reads it: its own wall time, and no wake-up while it is paused or after its end. */
export class ProcessClock implements Clock {
  readonly #clock: SimClock;
  readonly #life: Incarnation;
  readonly #skewMs: () => number;

  constructor(clock: SimClock, life: Incarnation, skewMs: () => number) {
    this.#clock = clock;
    this.#life = life;
    this.#skewMs = skewMs;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallMs(): number {
    return Math.floor(this.#clock.wallMs() + this.#skewMs());
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    await this.#life.hold(this.#clock.sleep(durationMs, signal));
  }
}

async function never(): Promise<never> {
  return await new Promise<never>(() => {});
}
