/**
 * CPU that the proxy process takes, as a ratio to HAProxy in mode tcp on the same machine in the same run.
 *
 * Only the CPU of the proxy itself counts, so it does not matter that client and servers run in the test's process.
 * `SHOAL_BENCH=full` measures more. Results with machine and commit stand in docs/benchmarks.md.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { endpointSetOf, startProxyDaemon } from '../lib/proxy-daemon.ts';
import { connectTo, freePort, startBackends, type BackendGroup } from '../lib/sockets.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const connections = isFull ? 10_000 : 1_000;
const requests = isFull ? 40_000 : 4_000;
const bulkBytes = (isFull ? 2_048 : 256) * 1024 * 1024;
const concurrency = 32;
const request = Buffer.alloc(1024, 'q');
const rival = 'haproxy';
const hasHaproxy = spawnSync(rival, ['-v']).status === 0;

interface Subject {
  readonly pid: number;
  readonly port: number;
}

interface Measured {
  readonly microsPerConnection: number;
  readonly microsPerRequest: number;
  readonly microsPerMegabyte: number;
}

describe.runIf(hasHaproxy)('proxy against haproxy', () => {
  it('carries connections, requests and bytes for a bounded multiple of its CPU', async () => {
    await using group = await startBackends(3, answer);
    await using daemon = await startProxyDaemon();
    const port = await freePort();
    const never = new AbortController().signal;
    await daemon.client.apply(1, [endpointSetOf(port, group)], never);
    const ours = { pid: daemon.client.status().pid, port };
    await using haproxy = await startHaproxy(group);

    const idle = await memoryOf(ours.pid);
    await sleep(100);
    await measure(ours, 5);
    await measure(haproxy, 5);
    const mine = await measure(ours, 1);
    const theirs = await measure(haproxy, 1);
    report('connection', mine.microsPerConnection, theirs.microsPerConnection);
    report('request of 1 kB', mine.microsPerRequest, theirs.microsPerRequest);
    report('MB of bulk', mine.microsPerMegabyte, theirs.microsPerMegabyte);
    console.log(`memory idle: ${idle}; after load: ${await memoryOf(ours.pid)}`);
    expect(mine.microsPerConnection).toBeLessThan(theirs.microsPerConnection * 20);
    expect(mine.microsPerRequest).toBeLessThan(theirs.microsPerRequest * 5);
  });
});

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

/** @param divisor measures so much less: to warm up. */
async function measure(subject: Subject, divisor: number): Promise<Measured> {
  const perConnection = connections / divisor;
  const perRequest = requests / divisor;
  const connectionMicros = await cpuDuring(subject, () =>
    connectOften(subject.port, perConnection),
  );
  const requestMicros = await cpuDuring(subject, () => requestOften(subject.port, perRequest));
  const bulkMicros = await cpuDuring(subject, () => receiveBulk(subject.port));
  return {
    microsPerConnection: connectionMicros / perConnection,
    microsPerRequest: requestMicros / perRequest,
    microsPerMegabyte: bulkMicros / (bulkBytes / 1024 / 1024),
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
        for await (const chunk of socket) void chunk;
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

/** CPU of all threads of a process so far, in microseconds. */
async function cpuMicros(pid: number): Promise<number> {
  let nanos = 0;
  for (const thread of await readdir(`/proc/${String(pid)}/task`)) {
    const text = await readFile(`/proc/${String(pid)}/task/${thread}/schedstat`, 'utf8');
    nanos += Number(text.split(' ')[0]);
  }
  return nanos / 1000;
}

async function memoryOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  return [...text.matchAll(/^(Rss|Pss): +(\d+) kB/gm)]
    .map(
      ([, name, kilobytes]) => `${String(name)} ${String(Math.round(Number(kilobytes) / 1024))} MB`,
    )
    .join(', ');
}

function report(what: string, mine: number, theirs: number): void {
  const ratio = (theirs / mine).toFixed(2);
  console.log(
    `CPU per ${what}: shoal ${mine.toFixed(1)} us, haproxy ${theirs.toFixed(1)} us, ratio ${ratio}`,
  );
}

async function startHaproxy(group: BackendGroup): Promise<Subject & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-bench-'));
  const port = await freePort();
  const file = join(directory, 'haproxy.cfg');
  const servers = group.backends.map(
    ({ taskId, address }) => `  server ${taskId} ${address}:${String(group.port)}`,
  );
  await writeFile(
    file,
    [
      'global',
      '  nbthread 1',
      'defaults',
      '  mode tcp',
      '  timeout connect 2s',
      '  timeout client 1h',
      '  timeout server 1h',
      'listen bench',
      `  bind 127.0.0.1:${String(port)}`,
      '  balance leastconn',
      ...servers,
      '',
    ].join('\n'),
  );
  const child = spawn(rival, ['-f', file, '-db'], { stdio: 'ignore' });
  await once(child, 'spawn');
  await untilOpen(port);
  return {
    pid: child.pid ?? 0,
    port,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      (await connectTo(port)).destroy();
      return;
    } catch {
      await sleep(25);
    }
  }
  throw new Error('haproxy does not listen');
}
