/**
 * Three managers with more and more tasks in their stores: how many writes a second they take, how soon another one leads when the leader is
 * killed, and, with the most, how long a fourth manager takes to catch up from a snapshot while writes go on. Aim: flat.
 *
 * `SHOAL_BENCH=full` goes up to a million tasks. Results with machine and commit stand in docs/benchmarks.md.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { shoalSwarm, Swarm } from '../../integration/testbed/swarm.ts';
import { Testbed } from '../../integration/testbed/testbed.ts';
import { median } from '../cost.ts';
import { tasksIn } from './daemon-metrics.ts';
import { measureFailover } from './failover.ts';
import { fillTo, mainThreadOf, untilHolds, writeRate } from './large-store.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const sizes = isFull ? [10_000, 100_000, 1_000_000] : [1000, 10_000];
const writeMs = isFull ? 8000 : 500;
const failovers = isFull ? 3 : 1;
const limitMs = 3_600_000;
/** A single short round on a busy machine shows no more than that nothing grows with the number of tasks. */
const ratioMin = isFull ? 0.5 : 0.2;

let bed: Testbed;
let swarm: Swarm;

beforeAll(async () => {
  bed = await Testbed.start({ hosts: 4 });
  swarm = await Swarm.form(shoalSwarm, bed.hosts.slice(0, 3));
  await writeRate(swarm, 'warm', isFull ? 10_000 : 1000);
}, limitMs);

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
}, limitMs);

function show(tasks: number, what: string): void {
  console.log(`${tasks.toLocaleString('en')} tasks: ${what}`);
}

test('writes and failover with more and more tasks', { timeout: limitMs }, async () => {
  const rates: number[] = [];
  for (const tasks of sizes) {
    const filledMs = await fillTo(swarm, tasks);
    const leader = await swarm.agreedLeader();
    await mainThreadOf(leader);
    const { perSecond, p99Ms } = await writeRate(swarm, `with-${String(tasks)}`, writeMs);
    const main = await mainThreadOf(leader);
    rates.push(perSecond);
    show(
      tasks,
      `filled in ${(filledMs / 1000).toFixed(1)} s; ${perSecond.toFixed(0)} writes/s, p99 ${p99Ms.toFixed(0)} ms, ` +
        `ratio ${(perSecond / (rates[0] ?? perSecond)).toFixed(2)}; leader's main thread late by ${main.latestMs.toFixed(0)} ms at most, ` +
        `${main.residentMb.toFixed(0)} MB`,
    );
    const times: number[] = [];
    for (let round = 0; round < failovers; round += 1) {
      times.push(
        await measureFailover(swarm, 'killed', `failover-${String(tasks)}-${String(round)}`),
      );
      for (const host of swarm.managers) await untilHolds(host, tasks);
    }
    const list = times.map((time) => time.toFixed(0)).join(' ');
    show(tasks, `leader killed: median ${median(times).toFixed(0)} ms (${list})`);
  }
  expect((rates.at(-1) ?? 0) / (rates[0] ?? 1)).toBeGreaterThan(ratioMin);
});

test('a fourth manager catches up while writes go on', { timeout: limitMs }, async () => {
  const [tasks = 0] = sizes.slice(-1);
  const host = bed.host(4);
  const leader = await swarm.agreedLeader();
  await mainThreadOf(leader);
  const token = await swarm.must(leader, 'swarm', 'join-token', '-q', 'manager');
  const address = ['--advertise-addr', host.address];
  const startMs = performance.now();
  const catchUp = async (): Promise<number> => {
    // The command waits for 20 s at most; the node goes on by itself.
    const joined = await swarm.docker(
      host,
      'swarm',
      'join',
      ...address,
      '--token',
      token,
      `${leader.address}:2377`,
    );
    if (joined.code !== 0) expect(joined.stderr).toContain('continue in the background');
    await untilHolds(host, tasks);
    return performance.now() - startMs;
  };
  const [tookMs, { perSecond, p99Ms }] = await Promise.all([
    catchUp(),
    writeRate(swarm, 'joining', Math.max(writeMs, tasks / 40)),
  ]);
  const main = await mainThreadOf(leader);
  show(
    tasks,
    `a fourth manager holds all after ${(tookMs / 1000).toFixed(1)} s, beside ${perSecond.toFixed(0)} writes/s, p99 ${p99Ms.toFixed(0)} ms; ` +
      `leader's main thread late by ${main.latestMs.toFixed(0)} ms at most`,
  );
  expect(await tasksIn(host)).toBe(await tasksIn(leader));
});
