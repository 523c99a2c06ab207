import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { runBatches, seedsPerProcess } from './batches.ts';
import { describePlan } from './plan.ts';
import { optionsOf, parseReplay, replayCommand, type Replay } from './replay.ts';
import { failureReport, successLine } from './report.ts';
import { runSeed, type RunResult } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { addTallies, emptyTally, tallyOf, tallyReport, type Tally } from './tally.ts';

const usage = `usage: npm run sim -- [--seed N | --seeds A..B | --count N] [OPTIONS]

  --seed N      runs one seed
  --seeds A..B  runs the seeds from A to B
  --count N     runs N fresh seeds
  --minutes M   ends after about M minutes of real time
  --jobs N      runs N processes at the same time
  --keep LIST   with --seed: only these items of its plan happen (o1,o2,f7)
  --set LIST    with --seed: what differs from what it draws (diskMs=0,workers=1)
  --plan        with --seed: prints what is done, and runs nothing
  --shrink      leaves out of a world that fails what it fails without, and says what is left
  --trace FILE  writes every event of the runs to FILE
  --quiet       says nothing of seeds that hold

Without any it runs fresh seeds for one minute. Ends with 1 when a seed failed.
`;

/** Worlds that are tried to make one that fails smaller. */
const shrinkTries = 400;

const flags = {
  seed: { type: 'string' },
  seeds: { type: 'string' },
  count: { type: 'string' },
  minutes: { type: 'string' },
  jobs: { type: 'string' },
  keep: { type: 'string' },
  set: { type: 'string' },
  plan: { type: 'boolean' },
  shrink: { type: 'boolean' },
  trace: { type: 'string' },
  quiet: { type: 'boolean' },
  tally: { type: 'string' },
  help: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof flags }>>['values'];

interface Seeds {
  readonly first: number;
  readonly count: number;
  readonly untilMs: number;
}

function seedsOf({ seed, seeds, count, minutes }: Values): Seeds {
  const untilMs = minutes === undefined ? Infinity : Date.now() + Number(minutes) * 60_000;
  if (seed !== undefined) return { first: Number(seed), count: 1, untilMs };
  if (seeds !== undefined) {
    const [first = 0, last = 0] = seeds.split('..').map(Number);
    return { first, count: last - first + 1, untilMs };
  }
  const fresh = Date.now() % 1_000_000_000;
  if (count !== undefined) return { first: fresh, count: Number(count), untilMs };
  if (minutes !== undefined) return { first: fresh, count: Infinity, untilMs };
  return { first: fresh, count: Infinity, untilMs: Date.now() + 60_000 };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: flags });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const seeds = seedsOf(values);
  const replay = parseReplay(seeds.first, values);
  if (values.plan === true) return await printPlan(replay);
  const jobs = Number(values.jobs ?? 1);
  const isLong = seeds.count > seedsPerProcess || jobs > 1;
  if (isLong && values.trace === undefined && values.tally === undefined) {
    const tally = await runBatches({ main: import.meta.filename, jobs, ...seeds });
    process.stdout.write(tallyReport(tally));
    return tally.findings.length === 0 ? 0 : 1;
  }
  const tally = await runAll(seeds, replay, values);
  if (values.tally !== undefined) writeFileSync(values.tally, JSON.stringify(tally));
  return tally.findings.length === 0 ? 0 : 1;
}

async function printPlan(replay: Replay): Promise<number> {
  const { plan } = await runReplay({ ...replay, changes: { ...replay.changes, chaosMs: 0 } }, {});
  process.stdout.write(`${describePlan(plan).join('\n')}\n`);
  return 0;
}

type Sink = { readonly traceSink?: (line: string) => void };

async function runReplay(replay: Replay, sink: Sink): Promise<RunResult> {
  const { seed, keep } = replay;
  const kept = keep === undefined ? {} : { keep };
  return await runSeed({ seed, options: optionsOf(replay), ...kept, ...sink });
}

/** Runs the seeds within this process. */
async function runAll(seeds: Seeds, given: Replay, values: Values): Promise<Tally> {
  const file = values.trace === undefined ? undefined : openSync(values.trace, 'w');
  const sink: Sink =
    file === undefined ? {} : { traceSink: (line: string) => writeSync(file, `${line}\n`) };
  let tally = emptyTally;
  while (tally.seeds < seeds.count && Date.now() < seeds.untilMs) {
    const startMs = cpuMs();
    const replay = { ...given, seed: seeds.first + tally.seeds };
    const result = await runReplay(replay, sink);
    tally = addTallies(tally, tallyOf(result, cpuMs() - startMs));
    if (result.violation !== undefined) {
      process.stdout.write(failureReport(result, replay));
      if (values.shrink === true) await printShrunk(replay, result);
    } else if (values.quiet !== true) process.stdout.write(successLine(result));
  }
  if (file !== undefined) closeSync(file);
  const rate = Math.round(tally.seeds / (tally.cpuMs / 3_600_000));
  const words = `${tally.seeds} seeds, ${tally.findings.length} failed, ${rate} seeds an hour of processor time\n`;
  if (values.quiet !== true) process.stdout.write(words);
  return tally;
}

async function printShrunk(replay: Replay, result: RunResult): Promise<void> {
  const shrunk = await shrink(replay, result, { triesMax: shrinkTries });
  const { invariant, detail } = shrunk.result.violation ?? {};
  process.stdout.write(
    [
      ...shrunk.result.tail,
      `options ${JSON.stringify(shrunk.result.options)}`,
      `what is left after ${shrunk.tries} tries:`,
      ...describePlan(shrunk.result.plan),
      `SHRUNK invariant=${invariant} detail=${detail}`,
      `replay: ${replayCommand(shrunk.replay)}`,
      '',
    ].join('\n'),
  );
}

/** Processor time of this process: the other programs of the machine do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

process.exitCode = await main();
