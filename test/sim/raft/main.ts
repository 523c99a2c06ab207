import { parseArgs } from 'node:util';
import { runSeed } from './run.ts';
import { scriptOf, shrink } from './shrink.ts';
import { Sometimes } from './sometimes.ts';

/**
 * Runs simulated groups of the Raft library: `--seed N`, or from `--first N` on for `--minutes M` or so many seeds
 * (`--count`). Prints what was reached, and for each seed that fails the shortest script found that fails in the same
 * way; with `--bail` it ends at the first one, without a script.
 */

/** Every so many seeds are traced, which costs time, to see in which branches they were. */
const tracedEvery = 10;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    first: { type: 'string' },
    count: { type: 'string' },
    minutes: { type: 'string' },
    bail: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed ?? values.first ?? Date.now() % 1_000_000_000);
const count = values.seed === undefined ? Number(values.count ?? Infinity) : 1;
const minutes = Number(values.minutes ?? (count === Infinity ? 1 : Infinity));
const untilMs = Date.now() + minutes * 60_000;
const sometimes = new Sometimes();
const started = process.cpuUsage();
let steps = 0;
let committed = 0;
let failures = 0;
let seed = first;
for (; seed < first + count && Date.now() < untilMs; seed += 1) {
  const result = runSeed(seed, seed % tracedEvery === 0 ? sometimes.trace : undefined);
  const { failure } = result;
  steps += result.actions.length;
  committed += result.committed;
  if (failure === undefined) continue;
  failures += 1;
  if (values.bail) {
    console.log(`seed ${seed}: ${failure.detail}`);
    break;
  }
  console.log(`seed ${seed}: ${failure.detail}\n${scriptOf(shrink({ ...result, failure }))}`);
}
const { user, system } = process.cpuUsage(started);
const cpuHours = (user + system) / 3_600_000_000;
const seeds = seed - first;
console.log(sometimes.table);
console.log(
  `seeds ${first} to ${seed - 1}: ${failures} failed; ${steps} faults, messages and other steps, ` +
    `${committed} entries committed; ` +
    `${Math.round(seeds / cpuHours)} seeds and ${Math.round(steps / cpuHours)} steps an hour of one core`,
);
process.exitCode = failures === 0 ? 0 : 1;
