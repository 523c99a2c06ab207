/**
 * Whole clusters on virtual time, from fixed seeds, from seeds that once failed and from a few fresh ones. A seed that fails prints what
 * happened last and how to run it again.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { optionsOf, parseReplay, parseReplayLine, replayCommand, type Replay } from './replay.ts';
import { failureReport } from './report.ts';
import { runSeed, type RunResult } from './run-seed.ts';

const smokeSeeds = Array.from({ length: 18 }, (_, index) => index + 1);
const freshSeeds = 2;

/** What the fixed seeds must come across between them, or they no longer test it. */
const rareThings = [
  'fault daemonKill',
  'fault managerKill',
  'fault powerCut',
  'fault managerPowerCut',
  'fault cut',
  'fault cutOneWay',
  'fault pause',
  'fault containerExit',
  'fault engineLiveRestart',
  'fault engineHang',
  'fault eventGap',
  'fault proxyKill',
  'fault clockJump',
  'fault diskFailure',
  'fault drain',
  'manager started from a snapshot',
  'published port answered',
  'published port answered in the end',
  'log: node is down',
  'log: removing a container without a task',
];

async function runWell(replay: Replay): Promise<RunResult> {
  const { seed, keep } = replay;
  const kept = keep === undefined ? {} : { keep };
  const result = await runSeed({ seed, options: optionsOf(replay), ...kept });
  if (result.violation !== undefined) process.stderr.write(failureReport(result, replay));
  expect(result.violation, `replay: ${replayCommand(replay)}`).toBeUndefined();
  return result;
}

/** Lines of `seeds.txt` that name a world. */
function keptSeeds(): string[] {
  const text = readFileSync(join(import.meta.dirname, 'seeds.txt'), 'utf8');
  return text.split('\n').filter((line) => /^\d/.test(line));
}

describe('a simulated cluster keeps its invariants and converges once faults end', () => {
  const seen = new Set<string>();

  test.each(smokeSeeds)('fixed seed %i', async (seed) => {
    for (const name of (await runWell(parseReplay(seed, {}))).seen) seen.add(name);
  });

  test('the fixed seeds reach every rare thing that is declared', () => {
    expect(rareThings.filter((name) => !seen.has(name))).toEqual([]);
  });

  test.each(keptSeeds())('seed %s, which once failed', async (line) => {
    await runWell(parseReplayLine(line));
  });

  test(`${freshSeeds} fresh seeds`, async () => {
    const first = Date.now() % 1_000_000_000;
    process.stdout.write(`fresh seeds: ${first} to ${first + freshSeeds - 1}\n`);
    for (let count = 0; count < freshSeeds; count += 1)
      await runWell(parseReplay(first + count, {}));
  });
});
