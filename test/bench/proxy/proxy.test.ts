/**
 * CPU and memory that the proxy process takes, as a ratio to HAProxy in mode tcp on the same machine in the same run; beside them
 * the least that a loop over Node's own streams takes.
 *
 * Only what the proxies themselves take counts, so it does not matter that client and servers run in the test's process. They are
 * measured in turns, and what is reported is the median of the rounds. `SHOAL_BENCH=full` measures more. Results with machine and
 * commit stand in docs/benchmarks.md.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { connectTo, startBackends } from '../../lib/sockets.ts';
import { cpuMicros, median, pssKb } from '../cost.ts';
import { rival, startBare, startHaproxy, startShoal, type Subject } from './subjects.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const rounds = isFull ? 5 : 2;
const connections = isFull ? 3_000 : 500;
const requests = isFull ? 6_000 : 2_000;
const bulkBytes = (isFull ? 256 : 64) * 1024 * 1024;
const idleConnections = isFull ? 5_000 : 500;
const concurrency = 32;
const limitMs = 1_200_000;
/** The aim of the design; a short run before the code is hot shows no more than that nothing is wrong by a multiple. */
const ratioMin = isFull ? 0.6 : 0.15;
const request = Buffer.alloc(1024, 'q');
const hasHaproxy = spawnSync(rival, ['-v']).status === 0;

const kinds = ['connection', 'request of 1 kB', 'MB of bulk'] as const;
/** CPU in microseconds by kind. */
type Costs = Record<(typeof kinds)[number], number>;

describe.runIf(hasHaproxy)('proxy against haproxy', () => {
  it(
    'carries connections, requests and bytes for a bounded multiple of its CPU',
    async () => {
      await using group = await startBackends(3, answer);
      await using shoal = await startShoal(group);
      await using haproxy = await startHaproxy(group);
      await using bare = await startBare(group);
      const subjects = [haproxy, shoal, bare];
      const costs = new Map<Subject, Costs[]>(subjects.map((subject) => [subject, []]));
      for (const subject of subjects) await measure(subject);
      for (let round = 0; round < rounds; round += 1) {
        for (const subject of subjects) costs.get(subject)?.push(await measure(subject));
      }
      for (const kind of kinds) {
        const of = (subject: Subject): number[] =>
          (costs.get(subject) ?? []).map((cost) => cost[kind]);
        console.log(
          `CPU per ${kind}: ${subjects.map((one) => told(one, of(one), of(haproxy))).join('; ')}`,
        );
        expect(ratio(of(shoal), of(haproxy))).toBeGreaterThan(ratioMin);
      }
    },
    limitMs,
  );

  it(
    'holds idle connections in bounded memory',
    async () => {
      await using group = await startBackends(3, answer);
      await using shoal = await startShoal(group);
      await using haproxy = await startHaproxy(group);
      await using bare = await startBare(group);
      const byName = new Map<string, number>();
      for (const subject of [haproxy, shoal, bare]) {
        await connectOften(subject.port, connections);
        await sleep(isFull ? 6_000 : 500);
        byName.set(subject.name, await idleKb(subject));
      }
      console.log(
        `memory of one of ${String(idleConnections)} idle connections: ${[...byName]
          .map(([name, kb]) => `${name} ${kb.toFixed(1)} kB`)
          .join('; ')}`,
      );
      expect(byName.get('shoal')).toBeLessThan(64);
    },
    limitMs,
  );
});

function told({ name }: Subject, costs: readonly number[], rivals: readonly number[]): string {
  return `${name} ${median(costs).toFixed(1)} us (ratio ${ratio(costs, rivals).toFixed(2)})`;
}

/** What slows the machine for a while slows all of a round. */
function ratio(costs: readonly number[], rivals: readonly number[]): number {
  return median(costs.map((cost, round) => (rivals[round] ?? Number.NaN) / cost));
}

/** Answers each kilobyte with a kilobyte; a first byte of `B` asks for bulk instead. */
function answer(socket: Socket): void {
  let isFirst = true;
  let waiting = 0;
  socket.on('data', (chunk) => {
    if (isFirst && chunk[0] === 0x42) {
      pour(socket);
      return;
    }
    isFirst = false;
    waiting += chunk.length;
    while (waiting >= request.length) {
      waiting -= request.length;
      socket.write(request);
    }
  });
  socket.on('end', () => socket.end());
}

function pour(socket: Socket): void {
  const chunk = Buffer.alloc(256 * 1024);
  let left = bulkBytes;
  const push = (): void => {
    while (left > 0) {
      left -= chunk.length;
      if (!socket.write(chunk)) {
        socket.once('drain', push);
        return;
      }
    }
    socket.end();
  };
  push();
}

async function measure(subject: Subject): Promise<Costs> {
  const { port } = subject;
  const byConnection = await cpuDuring(subject, () => connectOften(port, connections));
  const byRequest = await cpuDuring(subject, () => requestOften(port, requests));
  const byBulk = await cpuDuring(subject, () => receiveBulk(port));
  return {
    connection: byConnection / connections,
    'request of 1 kB': byRequest / requests,
    'MB of bulk': byBulk / (bulkBytes / 1024 / 1024),
  };
}

async function connectOften(port: number, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left > 0) {
        left -= 1;
        const socket = await connectTo(port);
        socket.end(request);
        let received = 0;
        for await (const chunk of socket as AsyncIterable<Uint8Array>) received += chunk.length;
        expect(received).toBe(request.length);
      }
    }),
  );
}

async function requestOften(port: number, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      const socket = await connectTo(port);
      const done = Promise.withResolvers<void>();
      let received = 0;
      const next = (): void => {
        if (left > 0) {
          left -= 1;
          socket.write(request);
        } else socket.end();
      };
      socket.on('data', (chunk) => {
        received += chunk.length;
        if (received % request.length === 0) next();
      });
      socket.on('close', done.resolve);
      next();
      await done.promise;
    }),
  );
}

async function receiveBulk(port: number): Promise<void> {
  const socket = await connectTo(port);
  socket.write('B');
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  await once(socket, 'end');
  socket.end();
  expect(received).toBe(bulkBytes);
}

async function cpuDuring({ pid }: Subject, work: () => Promise<void>): Promise<number> {
  const before = await cpuMicros(pid);
  await work();
  return (await cpuMicros(pid)) - before;
}

/** Growth by one connection that has carried a request and now waits, in kB. */
async function idleKb({ pid, port }: Subject): Promise<number> {
  const before = await pssKb(pid);
  const sockets: Socket[] = [];
  while (sockets.length < idleConnections) {
    const batch = await Promise.all(Array.from({ length: concurrency }, () => connectTo(port)));
    await Promise.all(
      batch.map(async (socket) => {
        socket.write(request);
        await once(socket, 'data');
      }),
    );
    sockets.push(...batch);
  }
  // Time for the proxies to give back what only the opening took.
  await sleep(isFull ? 6_000 : 500);
  const after = await pssKb(pid);
  for (const socket of sockets) socket.destroy();
  return (after - before) / sockets.length;
}
