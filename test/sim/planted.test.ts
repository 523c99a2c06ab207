/**
 * The simulator is worth something only if it finds bugs: each wrong part that is planted into production code must be noticed within a few
 * seeds, by an invariant that speaks of it.
 */
import { expect, test } from 'vitest';

import { calmOptions } from './options.ts';
import { plantedBugs } from './planted.ts';
import { runSeed } from './run-seed.ts';
import type { Violation } from './world.ts';

const seeds = Array.from({ length: 12 }, (_, index) => index + 1);
/** Long enough for what is short and calm. */
const convergenceMs = 90_000;
const chaosMs = 20_000;
/** Without anything wrong these are looked at. */
const calmSeeds = seeds.slice(0, 4);

test.each(plantedBugs)('it finds $name', async (bug) => {
  const { parts, invariants, faults = [], changes = {} } = bug;
  let found: Violation | undefined;
  for (const seed of seeds) {
    const options = { ...calmOptions(seed), managers: 1, chaosMs, faults, ...changes };
    const result = await runSeed({ seed, options, convergenceMs, planted: parts() });
    found = result.violation;
    if (found !== undefined) break;
  }
  expect(found).toBeDefined();
  expect(invariants).toContain(found?.invariant);
});

test('without a planted part the same worlds hold', async () => {
  for (const seed of calmSeeds) {
    const options = { ...calmOptions(seed), chaosMs };
    const { violation } = await runSeed({ seed, options, convergenceMs });
    expect(violation).toBeUndefined();
  }
});
