// Runs the bench of the store once, small; `SHOAL_BENCH=full` runs it with a million tasks. Only a collapse fails here.
import { describe, expect, it } from 'vitest';
import { describeStore, measureStore } from './store.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';

describe('the store against a plain Map of the same objects', () => {
  it('applies at a fraction of its speed that does not collapse', async () => {
    const bench = await measureStore(isFull ? 1_000_000 : 2000);
    console.log(describeStore(bench));
    expect(bench.rates.store).toBeGreaterThan(bench.rates.map / 50);
    expect(bench.rates.watched).toBeGreaterThan(bench.rates.store / 10);
    expect(bench.reconcile.pass.count).toBeGreaterThan(0);
  });
});
