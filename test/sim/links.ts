import type { Random } from '../../common/pure/random.ts';

export interface LinkRates {
  /** Mean of the delay of one message, milliseconds. */
  readonly delayMs: number;
  /** A message breaks its connection. */
  readonly breaks: number;
}

export type LinkDirection = 'up' | 'down';

/** Where one machine is attached to the network. While a direction is cut nothing leaves the machine, or nothing reaches it. */
export class NodeLink {
  readonly #random: Random;
  readonly #isCut = { up: false, down: false };
  rates: LinkRates;

  constructor(random: Random, rates: LinkRates) {
    this.#random = random;
    this.rates = rates;
  }

  get isCut(): boolean {
    return this.#isCut.up || this.#isCut.down;
  }

  carries(direction: LinkDirection): boolean {
    return !this.#isCut[direction];
  }

  cut(direction: LinkDirection | 'both'): void {
    if (direction !== 'down') this.#isCut.up = true;
    if (direction !== 'up') this.#isCut.down = true;
  }

  heal(): void {
    this.#isCut.up = false;
    this.#isCut.down = false;
  }

  /** How long one message takes: exponential, with a long pause now and then. */
  delayMs(): number {
    const spike = this.#random.below(200) === 0 ? 20 : 1;
    return -Math.log(1 - this.#random.unit()) * this.rates.delayMs * spike;
  }

  /** Whether this message breaks its connection. */
  breaks(): boolean {
    return this.#random.unit() < this.rates.breaks;
  }
}
