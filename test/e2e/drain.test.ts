/** Shows that scaling and rolling updates fail no request and cut no download, on connections kept and fresh ones, with a stock client. */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { findDockerClients, outputOf } from './lib/clients.ts';
import { Loops, type LoopsReport } from './lib/loops.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';
import { curl } from './lib/traffic.ts';

const replicas = 6;
/** A download outlasts nothing: it ends within the grace period. */
const graceMs = 3_000;
const slowMs = 1_500;

let engine: Dockerd;
let node: ShoalNode;
const [client] = findDockerClients().toReversed();

beforeEach(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
  node = await ShoalNode.start(engine);
  await docker('swarm', 'init');
  await docker(
    ...['service', 'create', '--name', 'web', '--replicas', String(replicas)],
    ...['-p', '8080:80', '--env', 'GRACEFUL=1', '--stop-grace-period', `${String(graceMs)}ms`],
    ...['--update-parallelism', '3', '--update-monitor', '100ms', testImage],
  );
  await eventually('the port answers', async () => await curl(engine, 8080));
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
  await engine.stop();
});

async function docker(...args: readonly string[]): Promise<string> {
  if (client === undefined) throw new Error('no client');
  return outputOf(await node.docker(client, ...args));
}

async function startedLoops(): Promise<Loops> {
  const loops = new Loops(engine, 8080, slowMs);
  await eventually('requests', async () => (loops.count > 100 ? true : undefined));
  return loops;
}

/** Names of the containers that run. */
async function running(): Promise<readonly string[]> {
  const texts = Object.values(await node.containers());
  return texts.filter((text) => text.endsWith(' running')).map((text) => text.split(' ')[0] ?? '');
}

async function untilRunning(count: number, others: readonly string[] = []): Promise<void> {
  await eventually(
    `${String(count)} containers run`,
    async () => {
      const names = await running();
      const isDone = names.length === count && !names.some((name) => others.includes(name));
      return isDone ? true : undefined;
    },
    60_000,
  );
}

function expectNoneFailed({ counts, failures }: LoopsReport): void {
  expect(failures).toEqual([]);
  expect(Math.min(counts.kept, counts.fresh)).toBeGreaterThan(500);
  expect(counts.slow).toBeGreaterThan(3);
}

test('scaling down and up five times fails no request', async () => {
  await using loops = await startedLoops();
  for (let round = 0; round < 5; round += 1) {
    await docker('service', 'scale', 'web=2');
    await untilRunning(2);
    await docker('service', 'scale', `web=${String(replicas)}`);
    await untilRunning(replicas);
  }
  expectNoneFailed(await loops.stop());
});

test.each(['stop-first', 'start-first'])(
  'three rolling updates, %s, fail no request',
  async (order) => {
    await using loops = await startedLoops();
    for (let round = 0; round < 3; round += 1) {
      const before = await running();
      await docker(
        'service',
        'update',
        '--update-order',
        order,
        '--env-add',
        `A=${String(round)}`,
        'web',
      );
      await untilRunning(replicas, before);
    }
    expectNoneFailed(await loops.stop());
  },
);

test('a stop is told once the last connection has ended, not after the grace period', async () => {
  await docker('service', 'update', '--stop-grace-period', '60s', '--detach', 'web');
  await untilRunning(replicas);
  const loops = new Loops(engine, 8080, slowMs);
  await eventually('requests', async () => (loops.count > 100 ? true : undefined));
  expectHonest(await loops.stop());
  const begunMs = performance.now();
  await docker('service', 'rm', 'web');
  await untilRunning(0);
  expect(performance.now() - begunMs).toBeLessThan(20_000);
});

function expectHonest({ failures }: LoopsReport): void {
  expect(failures).toEqual([]);
}
