import { ShoalError } from '../../common/pure/errors.ts';
import type { Random } from '../../common/pure/random.ts';
import type { RpcLink } from '../../common/run/rpc/memory-channel.ts';
import type { Incarnation } from './incarnation.ts';
import type { SimClock } from './sim-clock.ts';

export interface LinkRates {
  /** Mean of the delay of one message, milliseconds. */
  readonly delayMs: number;
  /** A message breaks its connection. */
  readonly breaks: number;
}

/** The two ends of one connection. */
export interface LinkEnds {
  readonly client: Incarnation;
  readonly server: Incarnation;
  /** Resets the connection: both ends hear of it. */
  readonly reset: () => void;
}

/**
 * The way between one node and the manager. A message waits while its direction is cut, as it would in a TCP connection, and goes on
 * when the way is free again, or finds the connection reset.
 */
export class NodeLink {
  readonly #clock: SimClock;
  readonly #random: Random;
  #rates: LinkRates;
  readonly #isCut = { up: false, down: false };
  #healed = Promise.withResolvers<void>();

  constructor(clock: SimClock, random: Random, rates: LinkRates) {
    this.#clock = clock;
    this.#random = random;
    this.#rates = rates;
  }

  get isCut(): boolean {
    return this.#isCut.up || this.#isCut.down;
  }

  setRates(rates: LinkRates): void {
    this.#rates = rates;
  }

  cut(direction: 'up' | 'down' | 'both'): void {
    if (direction !== 'down') this.#isCut.up = true;
    if (direction !== 'up') this.#isCut.down = true;
  }

  heal(): void {
    this.#isCut.up = false;
    this.#isCut.down = false;
    this.#healed.resolve();
    this.#healed = Promise.withResolvers<void>();
  }

  /** Reaches out for the other side. @throws ShoalError `unavailable` when nothing comes back in time */
  async dial(limitMs: number): Promise<void> {
    await this.#wait(2 * this.#delayMs());
    if (!this.isCut) return;
    await this.#wait(limitMs);
    throw new ShoalError('unavailable', 'no answer');
  }

  /** The link of one connection. */
  connection(ends: LinkEnds): RpcLink {
    return { deliver: (direction) => this.#deliver(direction, ends) };
  }

  async #deliver(direction: 'up' | 'down', ends: LinkEnds): Promise<void> {
    await this.#wait(this.#delayMs());
    while (this.#isCut[direction]) await this.#healed.promise;
    if (this.#random.unit() < this.#rates.breaks) {
      ends.reset();
      throw new ShoalError('unavailable', 'connection reset');
    }
    await (direction === 'up' ? ends.server : ends.client).pass();
  }

  /** Exponential, with a long pause now and then. */
  #delayMs(): number {
    const spike = this.#random.below(200) === 0 ? 20 : 1;
    return -Math.log(1 - this.#random.unit()) * this.#rates.delayMs * spike;
  }

  async #wait(durationMs: number): Promise<void> {
    await this.#clock.sleep(durationMs, new AbortController().signal);
  }
}
