// Shows that main gets entries in order, each once, within its credit, whatever the order of credit and entries.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Delivery } from '../../../../manager/consensus/delivery.ts';

const step = fc.oneof(
  fc.record({ kind: fc.constant('credit' as const), entries: fc.nat(5), bytes: fc.nat(60) }),
  fc.record({ kind: fc.constant('entry' as const), bytes: fc.nat(20) }),
);

describe('Delivery', () => {
  it('never goes beyond the credit, and goes up to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const sent: { index: number; bytes: number }[] = [];
        const delivery = new Delivery((entries) => {
          for (const entry of entries) sent.push({ index: entry.index, bytes: entry.data.length });
        });
        delivery.begin(10);
        let creditEntries = 0;
        let creditBytes = 0;
        const sizes: number[] = [];
        for (const { kind, ...figures } of steps) {
          if (kind === 'entry') {
            sizes.push(figures.bytes);
            delivery.add({
              index: 10 + sizes.length,
              term: 1,
              data: new Uint8Array(figures.bytes),
            });
          } else {
            const entries = 'entries' in figures ? figures.entries : 0;
            creditEntries += entries;
            creditBytes += figures.bytes;
            delivery.addCredit(entries, figures.bytes);
          }
          await Promise.resolve();
          await Promise.resolve();
          expect(sent).toEqual(expectedOf(sizes, creditEntries, creditBytes));
        }
      }),
    );
  });
});

/** The longest run of entries from the first that the whole credit covers. */
function expectedOf(
  sizes: readonly number[],
  creditEntries: number,
  creditBytes: number,
): { index: number; bytes: number }[] {
  const result: { index: number; bytes: number }[] = [];
  let left = creditBytes;
  for (const [position, bytes] of sizes.entries()) {
    left -= bytes;
    if (position >= creditEntries || left < 0) break;
    result.push({ index: 11 + position, bytes });
  }
  return result;
}
