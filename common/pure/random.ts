/**
 * Pure chance: seeded, repeatable, and forked by name so that a new draw in one subsystem never shifts another.
 *
 * For jitter, picks and object ids only. Tokens, keys and nonces come from the `Entropy` port.
 */
export interface Random {
  /** A whole number in [0, 2^32). */
  u32(): number;
  /** A whole number in [0, limit); `limit` is in [1, 2^32]. */
  below(limit: number): number;
  /** A number in [0, 1). */
  unit(): number;
  /** An independent stream for `name`. The same name twice gives the same stream; draws here do not move it. */
  fork(name: string): Random;
}

/** Mixes a string into a 32-bit number (FNV-1a with a final avalanche). */
function mixName(seed: number, name: string): number {
  let hash = (seed ^ 0x811c9dc5) >>> 0;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  }
  return avalanche(hash);
}

function avalanche(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** sfc32 (Chris Doty-Humphrey): four words of state, passes PractRand. */
class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  readonly #seedLow: number;
  readonly #seedHigh: number;

  constructor(seedLow: number, seedHigh: number) {
    this.#seedLow = seedLow;
    this.#seedHigh = seedHigh;
    this.#a = 0;
    this.#b = seedLow | 0;
    this.#c = seedHigh | 0;
    for (let round = 0; round < 12; round += 1) this.u32();
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  unit(): number {
    const high = this.u32() >>> 5;
    const low = this.u32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  fork(name: string): Random {
    return new SeededRandom(
      mixName(this.#seedLow, name),
      mixName(this.#seedHigh ^ 0x9e3779b9, name),
    );
  }
}

/** A stream that is fully determined by `seed` (a non-negative safe integer). */
export function seededRandom(seed: number): Random {
  return new SeededRandom(seed >>> 0, Math.floor(seed / 4294967296) >>> 0);
}
