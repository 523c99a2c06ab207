/**
 * Streams of a real engine through a daemon, when things go wrong: clients that are killed, readers that stall, bodies of gigabytes, and
 * hundreds of streams at once. What counts is what is left afterwards: connections of the daemon, and its memory. (Engine 20.10
 * itself holds on to an attach whose client is gone until its collector comes, also without anything between.)
 */
import { once } from 'node:events';
import {
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import * as http from 'node:http';
import * as net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { limits } from '../../common/pure/limits.ts';
import { busyboxImage as image, loadBusyboxImage } from '../integration/lib/busybox-image.ts';
import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { findDockerClients, outputOf } from './lib/clients.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';
import { Typed } from './lib/typed.ts';

/** What the daemon may grow by, whatever flows through it: garbage that is not collected yet. */
const growthBytesMax = 160 << 20;
const gigabyte = 1 << 30;
const box = 'box';
const clients = findDockerClients();
const parallelStreams = 200;

let engine: Dockerd;
let node: ShoalNode;
let socketsBefore: number;
let memory: string;

beforeAll(async () => {
  engine = await startDockerd();
  await loadBusyboxImage(engine.socketPath);
  node = await ShoalNode.start(engine);
  // In memory, since it is not the disk that is looked at.
  memory = await mkdtemp('/dev/shm/shoal-pass-');
  const volume = ['-v', `${memory}:/memory`];
  await docker('run', '-d', '--name', box, ...volume, image, 'sleep', '3600');
  // The first of each kind makes what stays: code that is loaded, pools that fill.
  await fetchAll('/containers/json');
  // Connections that wait for the next call are let go.
  await sleep(2 * limits.apiEngineIdleMs);
  socketsBefore = await sockets();
});

afterEach(async () => {
  await eventually('no connection is left', async () => {
    return (await sockets()) <= socketsBefore ? true : undefined;
  });
});

afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await engine?.stop();
  await rm(memory, { recursive: true, force: true });
});

const [firstClient = { program: 'docker', version: '' }] = clients;

async function docker(...args: readonly string[]): Promise<string> {
  return outputOf(await node.docker(firstClient, ...args));
}

/** Open sockets of the daemon. */
async function sockets(): Promise<number> {
  const folder = `/proc/${String(node.pid)}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map(async (fd) => await readlink(join(folder, fd)).catch(() => '')),
  );
  return links.filter((link) => link.startsWith('socket:')).length;
}

async function residentBytes(): Promise<number> {
  const text = await readFile(`/proc/${String(node.pid)}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? 0) * 1024;
}

function typed(program: string, ...args: readonly string[]): Typed {
  return new Typed([program, ...args], {
    DOCKER_HOST: `unix://${node.socketPath}`,
    DOCKER_CONFIG: join(node.directory, 'docker-config'),
  });
}

interface Call {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
}

/** Begins a call and resolves with the head of the answer. */
function call(path: string, options: Call = {}): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath: node.socketPath, path, agent: false, ...options });
    request.once('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

/** @returns how many bytes the answer had */
async function fetchAll(path: string): Promise<number> {
  let length = 0;
  for await (const piece of await call(path)) length += (piece as Uint8Array).length;
  return length;
}

describe.each(clients)('docker $version, killed in the middle,', ({ program }) => {
  /** The ends of the engine's connections that somebody holds. */
  async function held(): Promise<number> {
    return (await sockets()) - socketsBefore;
  }

  test.each([
    ['of an exec', ['exec', '-i', box, 'sleep', '3600']],
    ['of an exec that waits for input', ['exec', '-i', box, 'cat']],
    ['of an attach', ['attach', '--sig-proxy=false', '--no-stdin', box]],
    ['of logs -f', ['logs', '-f', box]],
    ['of events', ['events']],
    ['of stats', ['stats', box]],
    ['of wait', ['wait', box]],
  ])('%s leaves no connection', async (_, args) => {
    await using client = typed(program, ...args);
    await eventually('it is under way', async () => ((await held()) >= 2 ? true : undefined));
    await sleep(100);
    client.kill('SIGKILL');
    await client.exit();
    await eventually('all is let go', async () => ((await held()) <= 0 ? true : undefined), 5000);
  });
});

describe('a reader that stalls costs no memory:', () => {
  const script = 'yes shoal-shoal-shoal-shoal-shoal-shoal-shoal-shoal-shoal-shoal';

  beforeAll(async () => {
    // Its log is bounded, so that the disk is.
    const log = ['--log-opt', 'max-size=64m', '--log-opt', 'max-file=2'];
    await docker('run', '-d', '--name', 'writer', ...log, image, 'sh', '-c', script);
    await docker('exec', box, 'truncate', '-s', '1G', '/sparse');
  });

  afterAll(async () => {
    await docker('rm', '-f', 'writer');
  });

  test.each([
    ['logs -f', 'GET /containers/writer/logs?follow=1&stdout=1'],
    ['attach', 'POST /containers/writer/attach?stream=1&stdout=1'],
    ['export', `GET /containers/${box}/export`],
    ['save', `GET /images/${image}/get`],
    ['cp', `GET /containers/${box}/archive?path=/sparse`],
  ])('%s', async (_, request) => {
    const before = await residentBytes();
    const upgrade = request.startsWith('POST') ? 'Connection: Upgrade\r\nUpgrade: tcp\r\n' : '';
    const socket = net.connect(node.socketPath);
    await once(socket, 'connect');
    socket.write(`${request} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`);
    await once(socket, 'readable');
    await sleep(1000);
    expect((await residentBytes()) - before).toBeLessThan(64 << 20);
    socket.destroy();
  });
});

describe('bodies of a gigabyte', () => {
  test('cp out and cp in flow through in bounded memory', async () => {
    await docker('exec', box, 'truncate', '-s', '1G', '/sparse');
    const before = await residentBytes();
    expect(await fetchAll(`/containers/${box}/archive?path=/sparse`)).toBeGreaterThan(gigabyte);
    const file = join(memory, 'in');
    await writeFile(file, '');
    await truncate(file, gigabyte);
    await docker('cp', file, `${box}:/memory/out`);
    expect((await stat(join(memory, 'out'))).size).toBe(gigabyte);
    expect((await residentBytes()) - before).toBeLessThan(growthBytesMax);
  });
});

describe('many at once', () => {
  test(`${String(parallelStreams)} attach, and as many logs -f, end with their clients`, async () => {
    const script = 'while :; do echo tick; sleep 0.2; done';
    await docker('run', '-d', '--name', 'ticker', image, 'sh', '-c', script);
    const head = 'HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';
    const attach = `POST /containers/ticker/attach?stream=1&stdout=1 ${head}`;
    const logs = 'GET /containers/ticker/logs?follow=1&stdout=1&tail=1 HTTP/1.1\r\nHost: x\r\n\r\n';
    const opened = await Promise.all(
      Array.from(
        { length: parallelStreams },
        async () => await Promise.all([ticks(attach), ticks(logs)]),
      ),
    );
    expect(await sockets()).toBeGreaterThanOrEqual(4 * parallelStreams);
    for (const socket of opened.flat()) socket.destroy();
    await eventually('all is let go', async () => {
      return (await sockets()) <= socketsBefore ? true : undefined;
    });
    await docker('rm', '-f', 'ticker');
  });

  async function ticks(request: string): Promise<net.Socket> {
    const socket = net.connect(node.socketPath);
    socket.setEncoding('latin1');
    socket.write(request);
    let text = '';
    for await (const piece of socket.iterator({ destroyOnReturn: false })) {
      text += piece as string;
      if (text.includes('tick')) break;
    }
    return socket;
  }
});
