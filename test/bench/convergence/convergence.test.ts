/**
 * Time to bring replicas up, to replace them all in a rolling update, and to take them away, as a ratio to the calls that the engine
 * itself must do for it, made straight with the same client and as many at a time (`BareEngine`); and to Docker swarm mode on an engine of the
 * same version. All are measured in turns, and what is reported is the median of the rounds.
 *
 * `SHOAL_BENCH=full` measures more rounds and 60 replicas (or `SHOAL_BENCH_REPLICAS`), and swarm mode beside. Results with machine and commit stand in docs/benchmarks.md.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { EngineClient } from '../../../common/platform/engine/client.ts';
import { callSocket } from '../../../deploy/quickstart/socket-http.ts';
import { ShoalNode } from '../../e2e/lib/shoal-node.ts';
import { startDockerd, type Dockerd } from '../../integration/lib/dockerd.ts';
import { loadTestImage } from '../../integration/lib/test-image.ts';
import { cpuMicros, median } from '../cost.ts';
import { BareEngine } from './bare-engine.ts';
import { Cluster } from './cluster.ts';
import type { Side } from './side.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const count = Number(process.env['SHOAL_BENCH_REPLICAS'] ?? (isFull ? 60 : 10));
const rounds = isFull ? 3 : 2;
/** What the design aims at; a short run on a busy machine shows no more than that nothing is wrong by a multiple. */
const ratioMax = isFull ? 1.1 : 3;
const limitMs = 3_600_000;

const phases = ['create', 'update', 'remove'] as const;
type Times = Record<(typeof phases)[number], number>;

const engines: Dockerd[] = [];
const clients: EngineClient[] = [];
let node: ShoalNode;
const sides: Side[] = [];

beforeAll(async () => {
  const [engine, client] = await startEngine();
  node = await ShoalNode.start(engine);
  expect(await node.shoal('init')).toMatchObject({ code: 0 });
  sides.push(await BareEngine.on(client), new Cluster('shoal', node.socketPath, client));
  if (isFull) sides.push(await startSwarmMode());
}, limitMs);

afterAll(async () => {
  for (const client of clients) await client.close();
  await node[Symbol.asyncDispose]();
  await Promise.all(engines.map(async (engine) => await engine.stop()));
}, limitMs);

test(
  `${String(count)} replicas come, are renewed and go in little more time than the engine itself takes`,
  async () => {
    // The first of each makes what the others find: the network's bridge, the caches.
    for (const side of sides) await timesOf(side, 3);
    const times = new Map<string, Times[]>(sides.map(({ name }) => [name, []]));
    const startMicros = await cpuMicros(node.pid);
    for (let round = 0; round < rounds; round += 1) {
      for (const side of sides) times.get(side.name)?.push(await timesOf(side, count));
    }
    const cpuMs = ((await cpuMicros(node.pid)) - startMicros) / rounds / 1000;
    const floor = times.get('engine alone') ?? [];
    for (const phase of phases) {
      const lines = [...times].map(([name, all]) => {
        const each = all.map((one) => one[phase]);
        const list = each.map((value) => Math.round(value)).join(' ');
        return `${name} ${ms(median(each))}, ratio ${ratio(phase, all, floor).toFixed(2)} (${list})`;
      });
      console.log(`${phase} of ${String(count)} replicas: ${lines.join('; ')}`);
    }
    console.log(`CPU of the daemon for a round: ${ms(cpuMs)}`);
    for (const phase of phases) {
      expect(ratio(phase, times.get('shoal') ?? [], floor)).toBeLessThan(ratioMax);
    }
  },
  limitMs,
);

async function startEngine(): Promise<readonly [Dockerd, EngineClient]> {
  const engine = await startDockerd();
  engines.push(engine);
  // An engine that finds no registry learns so at once: swarm mode asks one for each task.
  await engine.exec('sh', [
    '-c',
    'echo nameserver 127.0.0.1 >"$1" && mount --bind "$1" /etc/resolv.conf',
    'names',
    `${engine.logPath}.resolv`,
  ]);
  await loadTestImage(engine.socketPath);
  const client = new EngineClient(engine.socketPath);
  clients.push(client);
  return [engine, client];
}

async function startSwarmMode(): Promise<Cluster> {
  const [{ socketPath }, client] = await startEngine();
  const { status, text } = await callSocket({
    socketPath,
    method: 'POST',
    path: '/v1.41/swarm/init',
    body: Buffer.from(
      JSON.stringify({ ListenAddr: '0.0.0.0:2377', AdvertiseAddr: '192.168.199.1' }),
    ),
    limitMs: 60_000,
  });
  expect({ status, text }).toMatchObject({ status: 200 });
  return new Cluster('swarm mode', socketPath, client);
}

/** Says each as soon as it is known: a full run is long. */
async function timesOf(side: Side, replicas: number): Promise<Times> {
  const times = {
    create: await timed(() => side.create(replicas)),
    update: await timed(() => side.update()),
    remove: await timed(() => side.remove()),
  };
  const words = phases.map((phase) => `${phase} ${ms(times[phase])}`).join(', ');
  console.log(`${String(replicas)} replicas, ${side.name}: ${words}`);
  return times;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** What slows the machine for a while slows all of a round. */
function ratio(phase: keyof Times, times: readonly Times[], floor: readonly Times[]): number {
  return median(times.map((one, round) => one[phase] / (floor[round]?.[phase] ?? Number.NaN)));
}

function ms(value: number): string {
  return `${String(Math.round(value))} ms`;
}
