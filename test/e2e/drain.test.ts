/**
 * Shows that scaling and rolling updates fail no request and cut no download, with a stock client and real containers.
 *
 * Servers that end at once on SIGTERM have clients that open a connection for each request; to those that keep connections alive, and end them
 * in good order, others come that keep theirs.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { findDockerClients, outputOf } from './lib/clients.ts';
import { unexplained, type Outage } from './lib/failures.ts';
import { Loops } from './lib/loops.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';
import { curl } from './lib/traffic.ts';

const replicas = 6;
/** Longer than one download. */
const grace = '3s';
const slowMs = 1_500;

type Server = 'abrupt' | 'graceful';

let engine: Dockerd;
let node: ShoalNode;
const [client] = findDockerClients().toReversed();

beforeEach(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
  node = await ShoalNode.start(engine);
  await docker('swarm init');
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
  await engine.stop();
});

/** Runs a command whose words hold no blanks. */
async function docker(command: string): Promise<string> {
  if (client === undefined) throw new Error('there is no client');
  return outputOf(await node.docker(client, ...command.split(' ')));
}

async function createWeb(server: Server): Promise<void> {
  const environment = server === 'graceful' ? 'GRACEFUL=1' : 'PARALLEL=1';
  const rollout = `--update-parallelism 3 --rollback-parallelism 3 --update-monitor 100ms --stop-grace-period ${grace}`;
  const flags = `--name web --replicas ${String(replicas)} -p 8080:80 --env ${environment} --restart-delay 100ms`;
  await docker(`service create ${flags} ${rollout} ${testImage}`);
  await eventually('the port answers', async () => await curl(engine, 8080));
}

async function startedLoops(server: Server): Promise<Loops> {
  const loops = new Loops(engine, 8080, { slowMs, kept: server === 'graceful' ? 16 : 0 });
  await eventually('requests', async () => (loops.count > 100 ? true : undefined));
  return loops;
}

/** Names of the containers that run. */
async function running(): Promise<readonly string[]> {
  const texts = Object.values(await node.containers());
  return texts.filter((text) => text.endsWith(' running')).map((text) => text.split(' ')[0] ?? '');
}

async function untilRunning(count: number, replaced: readonly string[] = []): Promise<void> {
  await eventually(
    `${String(count)} containers run`,
    async () => {
      const names = await running();
      const areAll = names.length === count && !names.some((name) => replaced.includes(name));
      return areAll ? true : undefined;
    },
    60_000,
  );
}

async function expectNoneFailed(loops: Loops, server: Server): Promise<void> {
  const { counts, failures } = await loops.stop();
  expect(failures).toEqual([]);
  expect(counts.fresh).toBeGreaterThan(500);
  expect(counts.slow).toBeGreaterThan(3);
  if (server === 'graceful') expect(counts.kept).toBeGreaterThan(500);
}

test.each(['abrupt', 'graceful'] as const)(
  'scaling down and up five times fails no request to %s servers',
  async (server) => {
    await createWeb(server);
    await using loops = await startedLoops(server);
    for (let round = 0; round < 5; round += 1) {
      await docker('service scale web=2');
      await untilRunning(2);
      await docker(`service scale web=${String(replicas)}`);
      await untilRunning(replicas);
    }
    await expectNoneFailed(loops, server);
  },
);

test('containers that are killed fail only what was in flight on them', async () => {
  await createWeb('graceful');
  await using loops = await startedLoops('graceful');
  const kills: Outage[] = [];
  for (let count = 0; count < 2; count += 1) {
    const [victim = ''] = await running();
    const fromMs = Date.now();
    await engine.exec('docker', ['-H', `unix://${engine.socketPath}`, 'kill', victim]);
    kills.push([fromMs, Date.now()]);
    await untilRunning(replicas, [victim]);
  }
  const { counts, failures } = await loops.stop();
  expect(unexplained(failures, kills)).toEqual([]);
  expect(counts.kept).toBeGreaterThan(100);
});

test.each([
  ['stop-first', 'abrupt'],
  ['start-first', 'abrupt'],
  ['stop-first', 'graceful'],
] as const)(
  'two rolling updates and a rollback, %s, fail no request to %s servers',
  async (order, server) => {
    await createWeb(server);
    await using loops = await startedLoops(server);
    for (let round = 0; round < 3; round += 1) {
      const before = await running();
      const isBack = round === 2;
      const act = isBack
        ? 'rollback'
        : `update --update-order ${order} --env-add A=${String(round)}`;
      await docker(`service ${act} web`);
      await untilRunning(replicas, before);
    }
    await expectNoneFailed(loops, server);
  },
);

test('servers to which no connection is open are stopped at once, however long their grace period', async () => {
  await createWeb('abrupt');
  await docker('service update --stop-grace-period 300s --detach web');
  await untilRunning(replicas, await running());
  const loops = await startedLoops('abrupt');
  expect((await loops.stop()).failures).toEqual([]);
  const begunMs = performance.now();
  await docker('service rm web');
  await untilRunning(0);
  expect(performance.now() - begunMs).toBeLessThan(30_000);
});
