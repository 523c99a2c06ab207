import type { Random } from '../../common/pure/random.ts';
import type { KnownManager } from '../identity/identity.ts';

/** Picks the manager to try next: by chance, so that nodes spread over them, and none again before all others were tried. */
export class ManagerPicks {
  readonly #random: Random;
  #tried = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Undefined when `managers` is empty. */
  next(managers: readonly KnownManager[]): KnownManager | undefined {
    const fresh = managers.filter(({ address }) => !this.#tried.has(address));
    const choice = fresh.length > 0 ? fresh : managers;
    if (fresh.length === 0) this.#tried.clear();
    const pick = choice[this.#random.below(Math.max(1, choice.length))];
    if (pick !== undefined) this.#tried.add(pick.address);
    return pick;
  }
}
