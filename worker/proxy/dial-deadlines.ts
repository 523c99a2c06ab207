import type { Clock } from '../../common/ports/clock.ts';
import { limits } from '../../common/pure/limits.ts';
import type { TaskGroup } from '../../common/run/task-group.ts';

/** A dial that must not last for ever. */
export interface TimedDial {
  /** `limits.proxyDialMs` have passed; the dial is forgotten. */
  expired(): void;
}

/** Ends dials that last too long. All may last equally long, so one sleeper for all of them is enough. */
export class DialDeadlines {
  readonly #clock: Clock;
  readonly #group: TaskGroup;
  /** When each ends, the earliest first. */
  readonly #endMs = new Map<TimedDial, number>();
  #isWatched = false;

  constructor(clock: Clock, group: TaskGroup) {
    this.#clock = clock;
    this.#group = group;
  }

  add(dial: TimedDial): void {
    this.#endMs.set(dial, this.#clock.nowMs() + limits.proxyDialMs);
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#group.spawn('dial deadlines', (signal) => this.#watch(signal));
  }

  /** Harmless when the dial is not there. */
  delete(dial: TimedDial): void {
    this.#endMs.delete(dial);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for (let next = this.#nextMs(); next !== undefined; next = this.#nextMs()) {
      await this.#clock.sleep(Math.max(0, next - this.#clock.nowMs()), signal);
      this.#expire(this.#clock.nowMs());
    }
    this.#isWatched = false;
  }

  #nextMs(): number | undefined {
    for (const endMs of this.#endMs.values()) return endMs;
    return undefined;
  }

  #expire(nowMs: number): void {
    for (const [dial, endMs] of this.#endMs) {
      if (endMs > nowMs) return;
      this.#endMs.delete(dial);
      dial.expired();
    }
  }
}
