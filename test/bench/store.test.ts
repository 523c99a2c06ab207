// Runs the bench of the store once, small; `SHOAL_BENCH=full` runs it with 100,000 tasks. Only a collapse fails here.
import { describe, expect, it } from 'vitest';
import { describeStore, measureStore } from './store.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';

describe('the store against a plain Map of the same objects', () => {
  it('applies at a fraction of its speed that does not collapse', () => {
    const bench = measureStore(isFull ? 100_000 : 2_000);
    console.log(describeStore(bench));
    expect(bench.store.opsPerSecond).toBeGreaterThan(bench.map.opsPerSecond / 50);
  });
});
