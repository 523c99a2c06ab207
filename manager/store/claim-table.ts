import { idSum, mix, textSum } from './content-sum.ts';
import { compareText } from './order.ts';
import { Table } from './table.ts';
import type { TableCut } from './table.ts';

/** A key that is taken. */
export interface ClaimRow {
  readonly space: string;
  readonly key: string;
  readonly owner: string;
}

interface Space {
  readonly name: string;
  readonly rows: Table<ClaimRow>;
}

/** Who holds which key: by space and key, and by owner. */
export class ClaimTable {
  readonly #spaces = new Map<string, Space>();
  /** Most owners hold one claim: it stands here without a list. */
  readonly #byOwner = new Table<ClaimRow | ClaimRow[]>();
  #sum = 0;

  /** Sum over all claims, 32 bits. */
  get sum(): number {
    return this.#sum;
  }

  owner(space: string, key: string): string | undefined {
    return this.#spaces.get(space)?.rows.get(key)?.owner;
  }

  /** What `owner` holds, by space and key. */
  of(owner: string): readonly ClaimRow[] {
    const claims = this.#byOwner.get(owner) ?? [];
    return Array.isArray(claims) ? claims.toSorted(compareClaims) : [claims];
  }

  count(space: string): number {
    return this.#spaces.get(space)?.rows.size ?? 0;
  }

  /** All claims as they are now, space by space. */
  cut(): TableCut<ClaimRow>[] {
    return [...this.#spaces.values()].map((space) => space.rows.cut());
  }

  /** Gives the free key (space, key) to `owner`. */
  take(space: string, key: string, owner: string): void {
    const keys = this.#spaces.get(space) ?? { name: space, rows: new Table<ClaimRow>() };
    this.#spaces.set(keys.name, keys);
    // One text for all claims of a space.
    const claim = { space: keys.name, key, owner };
    keys.rows.set(key, claim);
    this.#sum = (this.#sum + claimSum(claim)) | 0;
    const claims = this.#byOwner.get(owner);
    if (claims === undefined) this.#byOwner.set(owner, claim);
    else if (Array.isArray(claims)) claims.push(claim);
    else this.#byOwner.set(owner, [claims, claim]);
  }

  /** Frees a key, if it is taken. */
  free(spaceName: string, key: string): void {
    const space = this.#spaces.get(spaceName)?.rows;
    const claim = space?.get(key);
    if (space === undefined || claim === undefined) return;
    space.delete(key);
    this.#sum = (this.#sum - claimSum(claim)) | 0;
    if (space.size === 0) this.#spaces.delete(spaceName);
    this.#forget(claim);
  }

  #forget(claim: ClaimRow): void {
    const claims = this.#byOwner.get(claim.owner);
    const left = Array.isArray(claims) ? claims.filter((other) => other !== claim) : [];
    const [only] = left;
    if (only === undefined) this.#byOwner.delete(claim.owner);
    else this.#byOwner.set(claim.owner, left.length === 1 ? only : left);
  }
}

/** Order by space, then key. */
export function compareClaims(
  left: { readonly space: string; readonly key: string },
  right: { readonly space: string; readonly key: string },
): number {
  return compareText(left.space, right.space) || compareText(left.key, right.key);
}

/** What a claim counts. */
export function claimSum({ space, key, owner }: ClaimRow): number {
  return mix(mix(mix(0xc1a1, textSum(space)), textSum(key)), idSum(owner));
}
