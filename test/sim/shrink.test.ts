/**
 * What is done to a world is data: any part of it can be left out without changing the rest, named on a command line, and a world that fails
 * can be made smaller until only what matters is left.
 */
import { expect, test } from 'vitest';

import { drawOptions } from './options.ts';
import { drawPlan, idsOf, keepOnly } from './plan.ts';
import { plantedBugs } from './planted.ts';
import { optionsOf, parseReplay, parseReplayLine, replayCommand } from './replay.ts';
import type { PlantedParts } from './planted-parts.ts';
import { runSeed, type RunResult } from './run-seed.ts';
import { shrink } from './shrink.ts';

test('leaving items of a plan out leaves the others as they are', () => {
  const plan = drawPlan(drawOptions(1));
  const ids = idsOf(plan);
  const kept = new Set(ids.filter((_, index) => index % 3 === 0));
  const rest = keepOnly(plan, kept);
  expect(new Set(idsOf(rest))).toEqual(kept);
  for (const operation of rest.operations) expect(plan.operations).toContain(operation);
  for (const fault of rest.faults) expect(plan.faults).toContain(fault);
});

test('a world is named the same way in a command and in the list of seeds', () => {
  const replay = parseReplayLine('7 keep=o1,f3 set=diskMs=0,workers=1');
  expect(replay).toEqual(parseReplay(7, { keep: 'o1,f3', set: 'diskMs=0,workers=1' }));
  expect(replayCommand(replay)).toBe(
    'npm run sim -- --seed 7 --keep o1,f3 --set diskMs=0,workers=1',
  );
  expect(optionsOf(replay)).toEqual({ ...drawOptions(7), diskMs: 0, workers: 1 });
  expect(() => parseReplay(7, { set: 'nothing=1' })).toThrow('no such option');
});

test('a world that fails is made smaller, and still fails by the same invariant', async () => {
  const bug = plantedBugs.find(({ name }) => name.includes('second task'));
  const parts = bug?.parts;
  if (parts === undefined) throw new Error('there is no such planted bug');
  const first = await firstThatFails(parts);
  const replay = parseReplay(first.seed, oneManager);
  const shrunk = await shrink(replay, first.result, { triesMax: 60, planted: parts });
  expect(shrunk.result.violation?.invariant).toBe('T3');
  expect(shrunk.replay.keep?.size).toBeLessThan(4);
  const { seed, keep = new Set() } = shrunk.replay;
  const options = optionsOf(shrunk.replay);
  const again = await runSeed({ seed, keep, options, planted: parts() });
  expect(again.digest).toBe(shrunk.result.digest);
});

/** Worlds of one are quick. */
const oneManager = { set: 'managers=1' };

/** What a seed draws changes with the simulator, so none is known to fail for ever. */
async function firstThatFails(
  parts: () => PlantedParts,
): Promise<{ readonly seed: number; readonly result: RunResult }> {
  for (let seed = 1; seed <= 30; seed += 1) {
    const options = optionsOf(parseReplay(seed, oneManager));
    const result = await runSeed({ seed, options, planted: parts() });
    if (result.violation?.invariant === 'T3') return { seed, result };
  }
  throw new Error('no world finds the planted bug');
}
