import type { Random } from '../../common/pure/random.ts';
import type { KnownManager } from '../identity/identity.ts';

/** Picks the manager to try next: by chance, so that nodes spread over them, and none again before all others were tried. */
export class ManagerPicks {
  readonly #random: Random;
  readonly #tried = new Set<string>();
  #last = '';

  constructor(random: Random) {
    this.#random = random;
  }

  /** Undefined when `managers` is empty. */
  next(managers: readonly KnownManager[]): KnownManager | undefined {
    const fresh = managers.filter(({ address }) => !this.#tried.has(address));
    if (fresh.length === 0) this.#tried.clear();
    const others = managers.filter(({ address }) => address !== this.#last);
    const [choice = []] = [fresh, others, managers].filter(({ length }) => length > 0);
    if (choice.length === 0) return undefined;
    const pick = choice[this.#random.below(choice.length)];
    this.#last = pick?.address ?? '';
    this.#tried.add(this.#last);
    return pick;
  }
}
