import type { Claim } from '../../proto/gen/changeset.ts';
import type { ClaimKey, StoreView } from './view.ts';

/** What one set in flight does to one key, in its end. */
interface PendingClaim {
  readonly setId: string;
  /** Undefined when the key is given back. */
  readonly owner: string | undefined;
}

/** Claims of sets in flight over those of the store. */
export class PendingClaims {
  readonly #base: StoreView;
  readonly #spaces = new Map<string, Map<string, PendingClaim[]>>();
  /** Number of takes of each owner in each key, to find what it will hold. */
  readonly #taken = new Map<string, ClaimKey[]>();

  constructor(base: StoreView) {
    this.#base = base;
  }

  add(setId: string, claims: readonly Claim[]): void {
    for (const { space, key, owner, giveBack } of claims) {
      const keys = this.#spaces.get(space) ?? new Map<string, PendingClaim[]>();
      this.#spaces.set(space, keys);
      const pending = keys.get(key) ?? [];
      keys.set(key, pending);
      pending.push({ setId, owner: giveBack ? undefined : owner });
      if (giveBack) continue;
      const taken = this.#taken.get(owner) ?? [];
      this.#taken.set(owner, taken);
      taken.push({ space, key });
    }
  }

  remove(setId: string, claims: readonly Claim[]): void {
    for (const { space, key, owner, giveBack } of claims) {
      const keys = this.#spaces.get(space);
      const left = keys?.get(key)?.filter((claim) => claim.setId !== setId) ?? [];
      if (left.length > 0) keys?.set(key, left);
      else keys?.delete(key);
      if (keys?.size === 0) this.#spaces.delete(space);
      if (!giveBack) this.#forgetTake(owner, { space, key });
    }
  }

  owner(space: string, key: string): string | undefined {
    const last = this.#spaces.get(space)?.get(key)?.at(-1);
    return last === undefined ? this.#base.claimOwner(space, key) : last.owner;
  }

  /** What `owner` will hold, in no order that means anything. */
  of(owner: string): readonly ClaimKey[] {
    const seen = new Map<string, ClaimKey>();
    for (const claim of this.#base.claimsOf(owner)) seen.set(`${claim.space}\n${claim.key}`, claim);
    for (const claim of this.#taken.get(owner) ?? []) {
      seen.set(`${claim.space}\n${claim.key}`, claim);
    }
    return [...seen.values()].filter(({ space, key }) => this.owner(space, key) === owner);
  }

  count(space: string): number {
    let count = this.#base.claimCount(space);
    for (const [key, pending] of this.#spaces.get(space) ?? []) {
      const isHeld = this.#base.claimOwner(space, key) !== undefined;
      const willBeHeld = pending.at(-1)?.owner !== undefined;
      if (willBeHeld && !isHeld) count += 1;
      if (isHeld && !willBeHeld) count -= 1;
    }
    return count;
  }

  #forgetTake(owner: string, claim: ClaimKey): void {
    const taken = this.#taken.get(owner) ?? [];
    const at = taken.findIndex(({ space, key }) => space === claim.space && key === claim.key);
    if (at >= 0) taken.splice(at, 1);
    if (taken.length === 0) this.#taken.delete(owner);
  }
}
