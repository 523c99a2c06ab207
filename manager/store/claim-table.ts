import type { ClaimChange } from './changes.ts';
import { compareText } from './order.ts';
import { Table } from './table.ts';

/** A key that is taken. */
export interface ClaimRow {
  readonly space: string;
  readonly key: string;
  readonly owner: string;
}

/** Who holds which key: by space and key, and by owner. */
export class ClaimTable {
  readonly #spaces = new Map<string, Table<ClaimRow>>();
  readonly #byOwner = new Table<ClaimRow[]>();

  owner(space: string, key: string): string | undefined {
    return this.#spaces.get(space)?.get(key)?.owner;
  }

  /** What `owner` holds, by space and key. */
  of(owner: string): readonly ClaimRow[] {
    const claims = this.#byOwner.get(owner) ?? [];
    return claims.toSorted(compareClaims);
  }

  count(space: string): number {
    return this.#spaces.get(space)?.size ?? 0;
  }

  /** Pointers to all claims as they are now, in no order that means anything. */
  copy(): ClaimRow[] {
    return [...this.#spaces.values()].flatMap((space) => space.copy());
  }

  commit({ space, key, after }: ClaimChange): void {
    this.#free(space, key);
    if (after !== undefined) this.take({ space, key, owner: after });
  }

  /** Adds `claim`, whose key is free. */
  take(claim: ClaimRow): void {
    const space = this.#spaces.get(claim.space) ?? new Table<ClaimRow>();
    this.#spaces.set(claim.space, space);
    space.set(claim.key, claim);
    const claims = this.#byOwner.get(claim.owner);
    if (claims === undefined) this.#byOwner.set(claim.owner, [claim]);
    else claims.push(claim);
  }

  #free(spaceName: string, key: string): void {
    const space = this.#spaces.get(spaceName);
    const claim = space?.get(key);
    if (space === undefined || claim === undefined) return;
    space.delete(key);
    if (space.size === 0) this.#spaces.delete(spaceName);
    const claims = this.#byOwner.get(claim.owner) ?? [];
    const last = claims.pop();
    if (last !== undefined && last !== claim) claims[claims.indexOf(claim)] = last;
    if (claims.length === 0) this.#byOwner.delete(claim.owner);
  }
}

/** Order by space, then key. */
export function compareClaims(
  left: { readonly space: string; readonly key: string },
  right: { readonly space: string; readonly key: string },
): number {
  return compareText(left.space, right.space) || compareText(left.key, right.key);
}
