import { setTimeout as sleep } from 'node:timers/promises';

import type { Host } from '../../integration/testbed/host.ts';
import type { Swarm } from '../../integration/testbed/swarm.ts';
import { metricsOf, tasksIn } from './daemon-metrics.ts';
import { measureWrites, type LoadResult } from './writes.ts';

const fillLimitMs = 1_800_000;
const connections = 64;
/** Of one service. */
const replicasMax = 1000;

/** A service of tasks for which there is no node: all of a task but its container is there. */
function pendingService(name: string, replicas: number): unknown {
  return {
    Name: name,
    TaskTemplate: {
      ContainerSpec: { Image: 'registry.example/web:1' },
      Placement: { Constraints: ['node.labels.nowhere==true'] },
    },
    Mode: { Replicated: { Replicas: replicas } },
  };
}

/** Adds tasks until every manager's store holds `tasks`. @returns milliseconds that it took */
export async function fillTo(swarm: Swarm, tasks: number): Promise<number> {
  const [via] = swarm.managers;
  if (via === undefined) throw new Error('a swarm has managers');
  const startMs = performance.now();
  const missing = tasks - (await tasksIn(via));
  for (let made = 0; made < missing; made += replicasMax) {
    const name = `fill-${String(tasks)}-${String(made)}`;
    const spec = pendingService(name, Math.min(replicasMax, missing - made));
    const answer = await swarm.api(via, 'POST', '/services/create', spec);
    if (answer.status !== 201) throw new Error(`not filled: ${answer.text}`);
  }
  for (const host of swarm.managers) await untilHolds(host, tasks);
  return performance.now() - startMs;
}

/** Waits until the store of `host` holds so many tasks. */
export async function untilHolds(host: Host, tasks: number): Promise<void> {
  const deadlineMs = performance.now() + fillLimitMs;
  let held = 0;
  while (held < tasks) {
    if (performance.now() > deadlineMs)
      throw new Error(`${host.name} holds ${String(held)} of ${String(tasks)} tasks`);
    await sleep(200);
    held = await tasksIn(host).catch(() => held);
  }
}

/** Services created in `durationMs` over many connections spread over the managers. */
export async function writeRate(
  swarm: Swarm,
  round: string,
  durationMs: number,
): Promise<LoadResult> {
  const result = await measureWrites({
    targets: swarm.managers.map((host) => ({ socketPath: host.node.socketPath })),
    connections,
    durationMs,
    next: (number) => ({
      path: '/v1.41/services/create',
      body: JSON.stringify({
        Name: `${round}-${String(number)}`,
        TaskTemplate: { ContainerSpec: { Image: 'registry.example/web:1' } },
        Mode: { Replicated: { Replicas: 0 } },
      }),
    }),
  });
  if (result.failure !== undefined) throw new Error(`${round}: ${result.failure}`);
  return result;
}

/** What a daemon's main thread was busy with since the last reading. */
export interface MainThread {
  /** The longest that the event loop was late, milliseconds: slices of the product, the collector, and what the machine did meanwhile. */
  readonly latestMs: number;
  /** The collector's pauses since the start, milliseconds. */
  readonly pausesMs: number;
  readonly residentMb: number;
}

export async function mainThreadOf(host: Host): Promise<MainThread> {
  const metrics = await metricsOf(host);
  const pauses = [...metrics].filter(([name]) => name.startsWith('nodejs_gc_duration_seconds_sum'));
  return {
    latestMs: (metrics.get('nodejs_eventloop_lag_max_seconds') ?? Number.NaN) * 1000,
    pausesMs: pauses.reduce((sum, [, seconds]) => sum + seconds * 1000, 0),
    residentMb: (metrics.get('process_resident_memory_bytes') ?? Number.NaN) / 1e6,
  };
}
