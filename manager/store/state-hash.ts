/** Offset basis of FNV-1a, 32 bits. */
const basis = 0x811c9dc5;

/**
 * Hash of a whole state, from the canonical bytes of its records, as they stand in a snapshot; 53 bits, against divergence and damage,
 * not against an adversary.
 *
 * Rows, claims and buckets have no order: their hashes are added up, so that a store that was filled in another order has the same
 * one. Lines of the timeline are chained, because their order is state.
 */
export class StateHash {
  #low = 0;
  #high = 0;
  #chain = basis;

  /** Adds a record that has no place among the others. */
  add(record: Uint8Array): void {
    this.#low = (this.#low + fnv(record, basis)) >>> 0;
    this.#high = (this.#high + fnv(record, 0x9e3779b9)) >>> 0;
  }

  /** Adds a record that comes after those before. */
  addInOrder(record: Uint8Array): void {
    this.#chain = fnv(record, this.#chain);
  }

  /** A whole number in [0, 2^53). */
  value(): number {
    const low = (this.#low ^ this.#chain) >>> 0;
    const high = (this.#high ^ Math.imul(this.#chain, 0x85ebca6b)) >>> 11;
    return high * 0x1_0000_0000 + low;
  }
}

/** FNV-1a (Fowler, Noll, Vo) with a final avalanche, so that sums of hashes are spread too. */
function fnv(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
