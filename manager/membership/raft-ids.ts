import type { Entropy } from '../../common/ports/entropy.ts';

/** 48 random bits, never 0: no two members ever draw the same. */
export function newRaftId(entropy: Entropy): number {
  const id = entropy.bytes(6).reduce((number, byte) => number * 256 + byte, 0);
  return Math.max(1, id);
}
