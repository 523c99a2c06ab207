// Shows that no nonce comes twice, neither in one opening of the log nor in the next.
import { describe, expect, it } from 'vitest';
import { NonceSource } from '../../../../../manager/consensus/wal/cipher.ts';
import { fixedEntropy } from '../../../../lib/consensus.ts';

describe('NonceSource', () => {
  it('gives no nonce twice, in many openings', () => {
    const seen = new Set<string>();
    for (let opening = 0; opening < 20; opening += 1) {
      const source = new NonceSource(fixedEntropy(opening));
      for (let count = 0; count < 50; count += 1) seen.add(source.next().join(' '));
    }
    expect(seen.size).toBe(20 * 50);
  });

  it('states the first one before it is given', () => {
    const source = new NonceSource(fixedEntropy(1));
    expect(source.next()).toEqual(source.first);
    expect(source.next()).not.toEqual(source.first);
  });
});
