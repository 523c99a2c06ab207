/**
 * The simulator is worth something only if it finds bugs: each wrong part that is planted into production code must be noticed within a few
 * seeds, by an invariant that speaks of it.
 */
import { expect, test } from 'vitest';

import { calmOptions } from './options.ts';
import { plantedBugs } from './planted.ts';
import { runSeed } from './run-seed.ts';

const seeds = [1, 2, 3, 4, 5, 6];

test.each(plantedBugs)('it finds $name', async ({ parts, invariants }) => {
  const found: string[] = [];
  for (const seed of seeds) {
    const { violation } = await runSeed({ seed, options: calmOptions(seed), planted: parts() });
    if (violation === undefined) continue;
    found.push(`${violation.invariant}: ${violation.detail}`);
    expect(invariants, violation.detail).toContain(violation.invariant);
    break;
  }
  expect(found).toHaveLength(1);
});

test('without a planted part the same worlds hold', async () => {
  for (const seed of seeds) {
    const { violation } = await runSeed({ seed, options: calmOptions(seed) });
    expect(violation).toBeUndefined();
  }
});
