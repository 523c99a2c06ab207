/**
 * What a node costs that has nothing to do: CPU and memory of daemon and proxy with 3 and with 60 tasks, and CPU of the daemon while clients
 * wait for services that do not converge. `SHOAL_BENCH=full` measures for longer and more. Results with machine and commit stand in
 * docs/benchmarks.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { callSocket, member } from '../../../deploy/quickstart/socket-http.ts';
import { ShoalNode } from '../../e2e/lib/shoal-node.ts';
import { startDockerd, type Dockerd } from '../../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../../integration/lib/test-image.ts';
import { cpuMicros, pssKb } from '../cost.ts';
import { WaitingClients } from './waiting-clients.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const sizes = isFull ? [3, 60] : [3];
const clients = isFull ? 200 : 20;
const settleMs = isFull ? 15_000 : 500;
const watchMs = isFull ? 30_000 : 2_000;
/** What the design aims at, in MB of proportional set size: the daemon is manager and worker. */
const aims = { daemon: 140, proxy: 70 } as const;
/** Of a core, for all waiting clients. */
const waitingPercentAim = 20;
const limitMs = 900_000;

let engine: Dockerd;
let node: ShoalNode;

beforeAll(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
  node = await ShoalNode.start(engine);
  expect(await node.shoal('init')).toMatchObject({ code: 0 });
}, limitMs);

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await engine.stop();
}, limitMs);

test.each(sizes)(
  'an idle node with %i tasks costs little',
  async (count) => {
    await createService(`idle-${String(count)}`, count, []);
    await allRunning(count);
    const pids = { daemon: node.pid, proxy: await node.proxyPid() };
    await sleep(settleMs);
    for (const name of ['daemon', 'proxy'] as const) {
      const percent = await cpuPercent(pids[name]);
      const megabytes = (await pssKb(pids[name])) / 1024;
      console.log(
        `${name} idle with ${String(count)} tasks: PSS ${megabytes.toFixed(0)} MB (aim ${String(aims[name])}), ` +
          `CPU ${percent.toFixed(2)} % of a core`,
      );
      if (isFull) expect(megabytes).toBeLessThan(aims[name]);
    }
    await call('DELETE', `/services/idle-${String(count)}`);
  },
  limitMs,
);

test(
  `${String(clients)} clients that wait for their services cost little`,
  async () => {
    const ids: string[] = [];
    for (let number = 0; number < clients; number += 1) {
      ids.push(await createService(`never-${String(number)}`, 1, ['node.labels.none==1']));
    }
    await sleep(settleMs);
    const idle = await cpuPercent(node.pid);
    await using waiting = new WaitingClients(node.socketPath, ids);
    await sleep(1_000);
    const before = waiting.requests;
    const percent = await cpuPercent(node.pid);
    const perSecond = ((waiting.requests - before) / watchMs) * 1000;
    console.log(
      `${String(clients)} waiting clients: ${percent.toFixed(1)} % of a core (aim ${String(waitingPercentAim)}; ` +
        `without them ${idle.toFixed(1)} %), ${perSecond.toFixed(0)} requests a second, ` +
        `longest answer ${waiting.longestMs.toFixed(0)} ms`,
    );
    if (isFull) expect(percent).toBeLessThan(waitingPercentAim);
  },
  limitMs,
);

async function cpuPercent(pid: number): Promise<number> {
  const startMs = performance.now();
  const before = await cpuMicros(pid);
  await sleep(watchMs);
  return ((await cpuMicros(pid)) - before) / 10 / (performance.now() - startMs);
}

async function createService(
  name: string,
  replicas: number,
  constraints: readonly string[],
): Promise<string> {
  const isPublished = constraints.length === 0;
  const created = await call('POST', '/services/create', {
    Name: name,
    TaskTemplate: {
      ContainerSpec: { Image: testImage },
      Placement: { Constraints: constraints },
    },
    Mode: { Replicated: { Replicas: replicas } },
    ...(isPublished
      ? { EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080 }] } }
      : {}),
  });
  return String(member(created, 'ID'));
}

async function allRunning(count: number): Promise<void> {
  for (;;) {
    const services = await call('GET', '/services?status=true');
    if (member(services, 0, 'ServiceStatus', 'RunningTasks') === count) return;
    await sleep(100);
  }
}

async function call(method: string, path: string, json?: unknown): Promise<unknown> {
  const { status, text } = await callSocket({
    socketPath: node.socketPath,
    method,
    path: `/v1.41${path}`,
    limitMs: 60_000,
    ...(json === undefined ? {} : { body: Buffer.from(JSON.stringify(json)) }),
  });
  if (status >= 300) throw new Error(`${method} ${path}: ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}
