import type { Clock } from '../../../common/ports/clock.ts';
import type { Random } from '../../../common/pure/random.ts';
import { unreachable } from './failure.ts';

/** What goes wrong by chance, and how slow the engine is. Probabilities are in [0, 1). */
export interface FakeFaults {
  /** A call fails before it takes effect. */
  readonly refusedCalls: number;
  /** A call takes effect, but its answer is lost. */
  readonly lostAnswers: number;
  /** Each call takes from 0 to this long. */
  readonly callMsMax: number;
  /** Each event comes up to this late, in order. */
  readonly eventMsMax: number;
}

const noFaults: FakeFaults = { refusedCalls: 0, lostAnswers: 0, callMsMax: 0, eventMsMax: 0 };

/** What every call to the fake engine goes through: is it there, does it hang, how long does it take, is the answer lost. */
export class Gate {
  readonly #clock: Clock;
  readonly #random: Random;
  #faults: FakeFaults;
  #state: 'open' | 'closed' | 'hung' = 'open';
  readonly #counts = new Map<string, number>();
  /** Aborted when the state changes; a call under way when the engine stops is lost. */
  #epoch = new AbortController();

  constructor(clock: Clock, random: Random, faults: Partial<FakeFaults>) {
    this.#clock = clock;
    this.#random = random;
    this.#faults = { ...noFaults, ...faults };
  }

  open(): void {
    this.#enter('open');
  }

  close(): void {
    this.#enter('closed');
  }

  hang(): void {
    this.#enter('hung');
  }

  setFaults(faults: Partial<FakeFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  eventDelayMs(): number {
    const { eventMsMax } = this.#faults;
    return eventMsMax === 0 ? 0 : this.#random.below(eventMsMax + 1);
  }

  checkOpen(): void {
    if (this.#state === 'closed') throw unreachable('cannot connect to the engine');
  }

  /** Calls of this name that came through so far, failed ones included. */
  count(call: string): number {
    return this.#counts.get(call) ?? 0;
  }

  /** Runs `action`, once, at the moment the engine would; within `limitMs`. */
  async pass<T>(call: string, limitMs: number, signal: AbortSignal, action: () => T): Promise<T> {
    signal.throwIfAborted();
    this.checkOpen();
    this.#counts.set(call, this.count(call) + 1);
    if (this.#chance(this.#faults.refusedCalls)) {
      throw unreachable('the connection to the engine broke');
    }
    await this.#latency(signal);
    await this.#whileHung(limitMs, signal);
    const result = action();
    if (this.#chance(this.#faults.lostAnswers)) {
      throw unreachable('the connection to the engine broke');
    }
    return result;
  }

  #enter(state: 'open' | 'closed' | 'hung'): void {
    this.#state = state;
    this.#epoch.abort(unreachable('the connection to the engine broke'));
    this.#epoch = new AbortController();
  }

  #chance(probability: number): boolean {
    return probability > 0 && this.#random.unit() < probability;
  }

  async #latency(signal: AbortSignal): Promise<void> {
    const { callMsMax } = this.#faults;
    if (callMsMax === 0) return;
    await this.#clock.sleep(this.#random.below(callMsMax + 1), signal);
    this.checkOpen();
  }

  async #whileHung(limitMs: number, signal: AbortSignal): Promise<void> {
    const deadlineMs = this.#clock.nowMs() + limitMs;
    while (this.#state === 'hung') {
      const leftMs = deadlineMs - this.#clock.nowMs();
      if (leftMs <= 0) throw unreachable('the engine does not answer');
      const epoch = this.#epoch.signal;
      await this.#clock.sleep(leftMs, AbortSignal.any([signal, epoch])).catch(() => undefined);
      signal.throwIfAborted();
      this.checkOpen();
    }
  }
}
