// Shows that both sums are the ones everybody else computes, in pieces too.
import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc16, crc32 } from '../../../../common/pure/crc.ts';
import { seededRandom } from '../../../../common/pure/random.ts';

describe('crc', () => {
  it('crc32 equals the sum of zlib for every length and split', () => {
    const random = seededRandom(1);
    for (let length = 0; length < 200; length += 1) {
      const bytes = Uint8Array.from({ length }, () => random.below(256));
      const cut = random.below(length + 1);
      expect(crc32(bytes)).toBe(zlibCrc32(bytes));
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(zlibCrc32(bytes));
    }
  });

  it('crc16 has the check value of CCITT-FALSE', () => {
    expect(crc16(new TextEncoder().encode('123456789'))).toBe(0x29b1);
  });
});
