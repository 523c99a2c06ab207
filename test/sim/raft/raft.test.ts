/**
 * Groups of the Raft library alone, on a network and disks that a seed disturbs: thousands of short runs, each of them
 * watched after every step, each of them healed at its end. A seed that fails prints the shortest script that fails too.
 */
import { describe, expect, test } from 'vitest';
import { replayActions, runSeed, type Failure, type RunResult } from './run.ts';
import { scriptOf, shrink } from './shrink.ts';
import { Sometimes } from './sometimes.ts';

const smokeSeeds = 1200;
const freshSeeds = 400;

function expectToHold(seed: number, result: RunResult): void {
  const { failure } = result;
  const script = failure === undefined ? '' : scriptOf(shrink({ ...result, failure }));
  expect(script, `npm run sim:raft -- --seed ${seed}`).toBe('');
}

describe('a simulated group', () => {
  test('keeps its invariants and comes to rest, from fixed seeds that reach every rare branch', () => {
    const sometimes = new Sometimes();
    for (let seed = 1; seed <= smokeSeeds; seed += 1) {
      expectToHold(seed, runSeed(seed, sometimes.trace));
    }
    expect(sometimes.neverSeen).toEqual([]);
  });

  test('keeps them from fresh seeds', () => {
    const first = Date.now() % 1_000_000_000;
    for (let seed = first; seed < first + freshSeeds; seed += 1) expectToHold(seed, runSeed(seed));
  });

  test('is the same for the same seed', () => {
    const { setup, ...first } = runSeed(7);
    const { setup: again, ...second } = runSeed(7);
    expect(second).toEqual(first);
    expect(again.steps).toBe(setup.steps);
  });
});

describe('a run that fails', () => {
  const planted: Failure = { invariant: 'R8', detail: 'planted' };

  test('is made as short as what it fails by', () => {
    const result = { ...runSeed(11), failure: planted };
    // Nothing fails by itself here, so nothing can be left out without losing the failure.
    expect(replayActions(result.setup, result.actions)).toBeUndefined();
    expect(shrink(result).actions).toHaveLength(result.actions.length);
  });
});
