/**
 * Logs of a service with tasks on all hosts of a swarm of three managers and a worker, read with the stock command through a manager that does
 * not lead, at rest and while the leader is killed and comes back. What the tasks were made to write is known: each line comes once.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Host } from '../integration/testbed/host.ts';
import { shoalSwarm, Swarm } from '../integration/testbed/swarm.ts';
import { Testbed } from '../integration/testbed/testbed.ts';
import { findDockerClients } from './lib/clients.ts';
import { Endurance } from './lib/endurance.ts';
import { LogFollower } from './lib/log-follower.ts';
import { eventually } from './lib/shoal-node.ts';

const minuteMs = 60_000;

let bed: Testbed;
let swarm: Swarm;
/** What tasks have certainly written, and what they may have. */
let said: string[];
let perhaps: string[];

beforeAll(async () => {
  bed = await Testbed.start({ hosts: 4 });
  swarm = await Swarm.form(shoalSwarm, bed.hosts.slice(0, 3), bed.hosts.slice(3));
  [said, perhaps] = [[], []];
  const life = new Endurance(bed, swarm, 4);
  await life.createWeb(bed.host(1), '-p', '8080:80');
}, 5 * minuteMs);

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
}, minuteMs);

/** Has a task write a line for each host. */
async function sayEverywhere(): Promise<void> {
  await Promise.all(
    bed.hosts.map(async (host) => {
      let isSaid = false;
      for (let attempt = 0; attempt < 4 && !isSaid; attempt += 1) {
        const word = `word_${host.name}_${String(perhaps.length)}_`;
        perhaps.push(word);
        const answer = await host.curl(`http://127.0.0.1:8080/say?${word}`);
        isSaid = answer !== undefined;
        if (isSaid) said.push(word);
      }
    }),
  );
}

/** Words in the order in which they came. */
function wordsIn(text: string): readonly string[] {
  return text.match(/word_n\d_\d+_/g) ?? [];
}

/** Fails unless the text has all that was said, and nothing twice. */
function expectWhole(text: string): void {
  const words = wordsIn(text);
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
  expect(said.filter((word) => !words.includes(word))).toEqual([]);
  expect(words.filter((word) => !perhaps.includes(word))).toEqual([]);
}

/** The log of the service is followed through that manager. */
function follow(via: Host): LogFollower {
  const [client] = findDockerClients();
  if (client === undefined) throw new Error('there is no docker command');
  return new LogFollower(client, via.node.socketPath, '-f', 'web');
}

test(
  'come from connections to the port of each host, none of which fails',
  { timeout: minuteMs },
  async () => {
    for (const host of bed.hosts) {
      const visit = async (): Promise<string | undefined> => {
        const word = `word_${host.name}_${String(perhaps.length)}_`;
        perhaps.push(word);
        return await host.curl(`http://127.0.0.1:8080/say?${word}`);
      };
      await eventually(`the port of ${host.name} answers`, visit);
      for (let time = 0; time < 6; time += 1) expect(await visit()).toBeDefined();
    }
  },
);

test('are whole through every manager', { timeout: 2 * minuteMs }, async () => {
  for (let round = 0; round < 3; round += 1) await sayEverywhere();
  expect(new Set(said.map((word) => word.split('_')[1])).size).toBe(4);
  for (const host of swarm.managers) expectWhole(await swarm.must(host, 'service', 'logs', 'web'));
});

test(
  'go on through a manager that follows, while the leader dies and comes back',
  { timeout: 4 * minuteMs },
  async () => {
    const leader = await swarm.agreedLeader();
    const others = swarm.managers.filter((host) => host !== leader);
    const [via = leader] = others;
    await using logs = follow(via);
    await sayEverywhere();
    await logs.until('what was said', (text) => said.every((word) => text.includes(word)));
    await leader.kill();
    await swarm.agreedLeader(others);
    for (let round = 0; round < 5; round += 1) await sayEverywhere();
    await leader.startDaemon();
    await swarm.settled();
    for (let round = 0; round < 5; round += 1) await sayEverywhere();
    await eventually(
      'all that was said',
      () => Promise.resolve(said.every((word) => logs.text.includes(word)) || undefined),
      minuteMs,
    );
    // What would come twice has had its time when one more round is there.
    await sayEverywhere();
    await logs.until('the last words', (text) => said.every((word) => text.includes(word)));
    expectWhole(logs.text);
    for (const host of swarm.managers)
      expectWhole(await swarm.must(host, 'service', 'logs', 'web'));
  },
);
