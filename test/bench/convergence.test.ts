/**
 * Time from creating a service to all its replicas running, as a ratio to creating and starting as many containers straight
 * on the same engine, with the same client, all at once, on a bridge of the same kind. Both are measured in turns; the ratio
 * is the median of those of the rounds.
 *
 * `SHOAL_BENCH=full` measures more rounds, larger services, and idle costs for longer. Results with machine and commit stand in
 * docs/benchmarks.md.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { EngineClient } from '../../common/platform/engine/client.ts';
import type { ContainerCreateBody } from '../../common/ports/engine-api.ts';
import { callSocket, member } from '../../deploy/quickstart/socket-http.ts';
import { eventually, ShoalNode } from '../e2e/lib/shoal-node.ts';
import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const sizes = isFull ? [20, 60] : [20];
const rounds = isFull ? 5 : 3;
const idleMs = isFull ? 30_000 : 2_000;
/** What the design aims at; a short run on a busy machine shows no more than that nothing is wrong by a multiple. */
const ratioMax = isFull ? 1.1 : 2;
const pollMs = 20;
const subnet = { base: '10.77.0', prefix: 24 };
const publishedPort = 8080;

let engine: Dockerd;
let node: ShoalNode;
let client: EngineClient;

beforeAll(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
  node = await ShoalNode.start(engine);
  client = new EngineClient(engine.socketPath);
  expect(await node.shoal('init')).toMatchObject({ code: 0 });
  await client.createNetwork(
    {
      Name: 'straight',
      Driver: 'bridge',
      CheckDuplicate: true,
      IPAM: {
        Driver: 'default',
        Config: [
          { Subnet: `${subnet.base}.0/${String(subnet.prefix)}`, Gateway: `${subnet.base}.1` },
        ],
      },
      Options: { 'com.docker.network.driver.mtu': '1450' },
      Labels: {},
    },
    AbortSignal.timeout(30_000),
  );
});

afterAll(async () => {
  await client.close();
  await node[Symbol.asyncDispose]();
  await engine.stop();
});

describe('convergence', () => {
  test.each(sizes)(
    '%i replicas run in little more time than the engine itself takes',
    async (count) => {
      // The first of each makes what the others find: the network's bridge, the caches.
      await straight(Math.min(count, 5));
      await throughApi(node.socketPath, Math.min(count, 5));
      const direct: number[] = [];
      const shoal: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        direct.push(await straight(count));
        shoal.push(await throughApi(node.socketPath, count));
      }
      // What slows the machine for a while slows both of a round.
      const ratio = median(shoal.map((tookMs, round) => tookMs / (direct[round] ?? Number.NaN)));
      console.log(
        `${String(count)} replicas running, median of ${String(rounds)}: shoal ${ms(median(shoal))}, ` +
          `engine alone ${ms(median(direct))}, ratio of a round ${ratio.toFixed(2)} ` +
          `(shoal ${list(shoal)}; engine ${list(direct)})`,
      );
      expect(ratio).toBeLessThan(ratioMax);
    },
  );

  test('an idle node costs little', async () => {
    await createService(node.socketPath, 3);
    await allRunning(node.socketPath, 3);
    const pids = { daemon: node.pid, proxy: await node.proxyPid() };
    await sleep(isFull ? 10_000 : 500);
    for (const [name, pid] of Object.entries(pids)) {
      const before = await cpuMs(pid);
      await sleep(idleMs);
      const percent = (((await cpuMs(pid)) - before) / idleMs) * 100;
      console.log(
        `${name} idle with 3 tasks: PSS ${String(await pssMb(pid))} MB, CPU ${percent.toFixed(2)} % of a core`,
      );
    }
    await removeService(node.socketPath);
  });
});

/** Creates and starts `count` containers at once, then removes them. @returns milliseconds until all had started */
async function straight(count: number): Promise<number> {
  const signal = AbortSignal.timeout(300_000);
  const startMs = performance.now();
  const ids = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const { Id } = await client.createContainer(
        `straight-${String(index)}`,
        bodyOf(index),
        signal,
      );
      await client.startContainer(Id, signal);
      return Id;
    }),
  );
  const tookMs = performance.now() - startMs;
  await Promise.all(
    ids.map(async (id) => {
      await client.removeContainer(id, { force: true, volumes: true }, signal);
    }),
  );
  return tookMs;
}

function bodyOf(index: number): ContainerCreateBody {
  const IPv4Address = `${subnet.base}.${String(index + 2)}`;
  return {
    Image: testImage,
    Labels: { 'bench.index': String(index) },
    HostConfig: { NetworkMode: 'straight' },
    NetworkingConfig: { EndpointsConfig: { straight: { IPAMConfig: { IPv4Address } } } },
  };
}

/** Creates a service with `count` replicas and a published port, then removes it. @returns milliseconds until all were running */
async function throughApi(socketPath: string, count: number): Promise<number> {
  const startMs = performance.now();
  await createService(socketPath, count);
  await allRunning(socketPath, count);
  const tookMs = performance.now() - startMs;
  await removeService(socketPath);
  return tookMs;
}

async function createService(socketPath: string, count: number): Promise<void> {
  await post(socketPath, '/services/create', {
    Name: 'bench',
    TaskTemplate: { ContainerSpec: { Image: testImage } },
    Mode: { Replicated: { Replicas: count } },
    EndpointSpec: { Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: publishedPort }] },
  });
}

async function allRunning(socketPath: string, count: number): Promise<void> {
  for (;;) {
    const services = await get(socketPath, '/services?status=true');
    if (member(services, 0, 'ServiceStatus', 'RunningTasks') === count) return;
    await sleep(pollMs);
  }
}

async function removeService(socketPath: string): Promise<void> {
  await callSocket({
    socketPath,
    method: 'DELETE',
    path: '/v1.41/services/bench',
    limitMs: 30_000,
  });
  await eventually(
    'its containers are gone',
    async () => (Object.keys(await node.containers()).length === 0 ? true : undefined),
    120_000,
  );
}

async function get(socketPath: string, path: string): Promise<unknown> {
  const answer = await callSocket({
    socketPath,
    method: 'GET',
    path: `/v1.41${path}`,
    limitMs: 30_000,
  });
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.text}`);
  return JSON.parse(answer.text) as unknown;
}

async function post(socketPath: string, path: string, json: unknown): Promise<void> {
  const body = Buffer.from(JSON.stringify(json));
  const answer = await callSocket({
    socketPath,
    method: 'POST',
    path: `/v1.41${path}`,
    body,
    limitMs: 60_000,
  });
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.text}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function ms(value: number): string {
  return `${String(Math.round(value))} ms`;
}

function list(values: readonly number[]): string {
  return values.map((value) => Math.round(value)).join(' ');
}

/** CPU of all threads of a process so far, in milliseconds (proc(5): ticks of 10 ms). */
async function cpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function pssMb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  return Math.round(Number(/^Pss: +(\d+) kB/m.exec(text)?.[1]) / 1024);
}
