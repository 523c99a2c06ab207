/**
 * When the first replica of a large service runs, as a share of the time until all of them do: users need one long before they need the last.
 *
 * `SHOAL_BENCH=full` measures 280 replicas. Results with machine and commit stand in docs/benchmarks.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { callSocket, getJson, member } from '../../../deploy/quickstart/socket-http.ts';
import { ShoalNode } from '../../e2e/lib/shoal-node.ts';
import { startDockerd, type Dockerd } from '../../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../../integration/lib/test-image.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const count = isFull ? 280 : 24;
/** With a few launches at a time the first is among the first few of them; a small service has few. */
const shareMax = isFull ? 0.1 : 0.6;
const limitMs = 1_200_000;

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

test(
  `the first of ${String(count)} replicas runs long before the last`,
  async () => {
    const startMs = performance.now();
    const body = Buffer.from(
      JSON.stringify({
        Name: 'large',
        TaskTemplate: { ContainerSpec: { Image: testImage } },
        Mode: { Replicated: { Replicas: count } },
      }),
    );
    const call = { socketPath: node.socketPath, path: '/v1.41/services/create', limitMs: 60_000 };
    expect(await callSocket({ ...call, method: 'POST', body })).toMatchObject({ status: 201 });
    const running = async (wanted: number): Promise<number> => {
      for (;;) {
        const services = await getJson(node.socketPath, '/v1.41/services?status=true');
        if (Number(member(services, 0, 'ServiceStatus', 'RunningTasks')) >= wanted) break;
        await sleep(50);
      }
      return performance.now() - startMs;
    };
    const firstMs = await running(1);
    const allMs = await running(count);
    const share = firstMs / allMs;
    console.log(
      `${String(count)} replicas: the first runs after ${firstMs.toFixed(0)} ms, all after ${allMs.toFixed(0)} ms, share ${share.toFixed(3)}`,
    );
    expect(share).toBeLessThan(shareMax);
  },
  limitMs,
);
