import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { failureReport, successLine } from './report.ts';
import { runSeed } from './run-seed.ts';

const usage = `usage: npm run sim -- [--seed N | --seeds A..B | --count N] [--minutes M] [--trace FILE]

  --seed N      runs one seed
  --seeds A..B  runs the seeds from A to B
  --count N     runs N fresh seeds
  --minutes M   ends after about M minutes of real time
  --trace FILE  writes every event of the runs to FILE

Without any it runs fresh seeds for one minute. Ends with 1 when a seed failed.
`;

/**
 * Seeds that one process runs. Processes that were killed within a world leave signals behind that the platform keeps for ever, a few
 * megabytes a seed; the end of the process ends them.
 */
const seedsPerProcess = 40;

interface Plan {
  readonly first: number;
  readonly count: number;
  readonly untilMs: number;
}

function planOf(values: Record<string, string | undefined>): Plan {
  const minutes = values['minutes'];
  const untilMs = minutes === undefined ? Infinity : Date.now() + Number(minutes) * 60_000;
  const { seed, seeds, count } = values;
  if (seed !== undefined) return { first: Number(seed), count: 1, untilMs };
  if (seeds !== undefined) {
    const [first = 0, last = 0] = seeds.split('..').map(Number);
    return { first, count: last - first + 1, untilMs };
  }
  const fresh = Date.now() % 1_000_000_000;
  if (count !== undefined) return { first: fresh, count: Number(count), untilMs };
  return { first: fresh, count: Infinity, untilMs: Math.min(untilMs, Date.now() + 60_000) };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      count: { type: 'string' },
      minutes: { type: 'string' },
      trace: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const { help: _, trace, ...choice } = values;
  const plan = planOf(choice);
  if (plan.count > seedsPerProcess && trace === undefined) return runInProcesses(plan);
  const file = trace === undefined ? undefined : openSync(trace, 'w');
  const sink =
    file === undefined ? {} : { traceSink: (line: string) => writeSync(file, `${line}\n`) };
  const failed = await runAll(plan, sink);
  if (file !== undefined) closeSync(file);
  return failed === 0 ? 0 : 1;
}

/** Runs the plan in one process after the other; each says how it went. */
function runInProcesses(plan: Plan): number {
  let code = 0;
  let done = 0;
  while (done < plan.count && Date.now() < plan.untilMs) {
    const first = plan.first + done;
    const count = Math.min(seedsPerProcess, plan.count - done);
    const leftMs = plan.untilMs - Date.now();
    const limit = leftMs === Infinity ? [] : ['--minutes', String(leftMs / 60_000)];
    const args = [import.meta.filename, '--seeds', `${first}..${first + count - 1}`, ...limit];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) code = 1;
    done += count;
  }
  return code;
}

async function runAll(plan: Plan, sink: { traceSink?: (line: string) => void }): Promise<number> {
  const startMs = cpuMs();
  let failed = 0;
  let done = 0;
  while (done < plan.count && Date.now() < plan.untilMs) {
    const result = await runSeed({ seed: plan.first + done, ...sink });
    done += 1;
    if (result.violation !== undefined) failed += 1;
    process.stdout.write(
      result.violation === undefined ? successLine(result) : failureReport(result),
    );
  }
  const hours = (cpuMs() - startMs) / 3_600_000;
  const rate = Math.round(done / hours);
  process.stdout.write(
    `${done} seeds, ${failed} failed, ${rate} seeds an hour of processor time\n`,
  );
  return failed;
}

/** Processor time of this process: the other programs of the machine do not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

process.exitCode = await main();
