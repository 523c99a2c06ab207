/** Shows that services outlive what runs them: daemon, proxy and engine are killed and started anew under steady requests. */
import { once } from 'node:events';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { callSocket, type SocketAnswer } from '../../deploy/quickstart/socket-http.ts';
import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { outputOf } from './lib/clients.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';
import { curl, Traffic } from './lib/traffic.ts';

const replicas = 3;

let engine: Dockerd;
let node: ShoalNode;

beforeEach(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
  node = await ShoalNode.start(engine);
  await mustDo('init');
  await mustDo(
    'service',
    'create',
    '--name',
    'web',
    '--replicas',
    String(replicas),
    '-p',
    '8080:80',
    testImage,
  );
  await eventually('the port answers', async () => await curl(engine, 8080));
});

afterEach(async () => {
  await node[Symbol.asyncDispose]();
  await engine.stop();
});

async function mustDo(...args: readonly string[]): Promise<string> {
  const result = await node.shoal(...args);
  return outputOf(result);
}

/** What `service ls`, `service ps` and the engine show, without ages. */
async function stateOf(): Promise<readonly unknown[]> {
  const tasks = await mustDo('service', 'ps', '--no-trunc', 'web');
  return [
    await mustDo('service', 'ls'),
    tasks.replaceAll(/Running .*?ago/g, 'Running').replaceAll(/ +/g, ' '),
    await node.containers(),
  ];
}

/** What the daemon answers as soon as its socket opens. */
async function firstAnswer(path: string, body: string): Promise<SocketAnswer> {
  const { socketPath } = node;
  const call = { socketPath, method: 'POST', path: `/v1.41${path}`, limitMs: 30_000 };
  return await eventually('the socket opens', async () => {
    try {
      return await callSocket({ ...call, body: Buffer.from(body) });
    } catch {
      return undefined;
    }
  });
}

async function startedTraffic(): Promise<Traffic> {
  const traffic = new Traffic(engine, 8080);
  await eventually('traffic', async () => (traffic.count > 50 ? true : undefined));
  return traffic;
}

async function allRun(): Promise<void> {
  await eventually(
    'all replicas run',
    async () =>
      (await node.shoal('service', 'ls')).stdout.includes(`${String(replicas)}/${String(replicas)}`)
        ? true
        : undefined,
    60_000,
  );
}

test('kill -9 of the daemon changes nothing: containers, state and port stay, and the next daemon takes them up', async () => {
  const before = await stateOf();
  const proxy = await node.proxyPid();
  await using traffic = await startedTraffic();
  for (let round = 0; round < 3; round += 1) {
    expect(await node.end('SIGKILL')).toBe('SIGKILL');
    await sleep(500);
    await node.start();
    await allRun();
    expect(await stateOf()).toEqual(before);
  }
  await sleep(1000);
  expect(await node.proxyPid()).toBe(proxy);
  const report = await traffic.stop();
  expect(report.failures).toEqual([]);
  expect(Object.keys(report.byReplica)).toHaveLength(replicas);
  await mustDo('service', 'scale', 'web=4');
});

test('SIGTERM ends the daemon with code 0, a restart finds all as it was, and leaving warns of nothing', async () => {
  const before = await stateOf();
  await using traffic = await startedTraffic();
  expect(await node.end('SIGTERM')).toBe(0);
  expect(await node.containers()).toEqual(before[2]);
  await node.start();
  await allRun();
  expect(await stateOf()).toEqual(before);
  expect((await traffic.stop()).failures).toEqual([]);
  await mustDo('leave', '--force');
  const lines = (await readFile(node.logPath, 'utf8')).split('\n');
  expect(lines.filter((line) => /"level":"(?:warn|error)"/.test(line))).toEqual([]);
});

test('a container that dies while the daemon is away is replaced when it is back', async () => {
  const [victim = ''] = Object.keys(await node.containers());
  await node.end('SIGKILL');
  await engine.exec('docker', ['-H', `unix://${engine.socketPath}`, 'kill', victim]);
  expect(await eventually('the others answer', async () => await curl(engine, 8080))).not.toBe('');
  await node.start();
  const running = await eventually('a new container', async () => {
    const alive = Object.entries(await node.containers()).filter(([, text]) =>
      text.endsWith(' running'),
    );
    return alive.length === replicas ? alive.map(([id]) => id) : undefined;
  });
  expect(running).not.toContain(victim);
  expect(await mustDo('service', 'ps', '--no-trunc', 'web')).toContain('task: non-zero exit (137)');
});

test('a killed proxy comes back by itself and serves the port again', async () => {
  const proxy = await node.proxyPid();
  process.kill(proxy, 'SIGKILL');
  await eventually('another proxy answers', async () => {
    const another = await node.proxyPid();
    return another !== proxy && (await curl(engine, 8080)) !== undefined ? true : undefined;
  });
  await allRun();
});

test('an engine that restarts is shown while it is away, and its tasks run again afterwards', async () => {
  await engine.halt('SIGTERM');
  await eventually('the status says so', async () =>
    /engine/i.test((await node.shoal('status')).stdout) ? true : undefined,
  );
  const created = await node.shoal('service', 'create', '--detach', '--name', 'later', testImage);
  outputOf(created);
  const left = await node.shoal('leave', '--force');
  expect(left).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Docker Engine') as unknown,
  });
  await engine.start();
  await allRun();
  await eventually('both services run', async () => {
    const { stdout } = await node.shoal('service', 'ls');
    return stdout.includes('3/3') && stdout.includes('1/1') ? true : undefined;
  });
  expect(await eventually('the port answers', async () => await curl(engine, 8080))).not.toBe('');
});

test('a daemon that starts takes itself neither for a free node nor for one that can be left at once', async () => {
  const before = await stateOf();
  await node.end('SIGTERM');
  const init = JSON.stringify({ ListenAddr: '0.0.0.0:2377' });
  const [refused] = await Promise.all([firstAnswer('/swarm/init', init), node.start()]);
  expect(refused).toMatchObject({ status: 503 });
  expect(refused.text).toContain('already part of a swarm');
  await allRun();
  expect(await stateOf()).toEqual(before);
  await node.end('SIGTERM');
  const [left] = await Promise.all([firstAnswer('/swarm/leave?force=1', ''), node.start()]);
  expect(left).toMatchObject({ status: 200 });
  expect(await node.containers()).toEqual({});
});

test('a second daemon on the same data root is refused, and the first goes on', async () => {
  const other = node.spawnDaemon({ '--host': `unix://${join(node.directory, 'other.sock')}` });
  const [code] = (await once(other, 'exit')) as [number];
  expect(code).toBe(1);
  expect(await readFile(node.logPath, 'utf8')).toContain('another process uses this data root');
  await mustDo('service', 'ls');
});

test('a data root of a newer version is refused and left as it is', async () => {
  await node.end('SIGTERM');
  const file = join(node.dataRoot, 'VERSION');
  const version = await readFile(file, 'utf8');
  await writeFile(file, '99\n');
  const refused = node.spawnDaemon();
  const [code] = (await once(refused, 'exit')) as [number];
  expect(code).toBe(1);
  expect(await readFile(node.logPath, 'utf8')).toContain('upgrade this node');
  expect(await readFile(file, 'utf8')).toBe('99\n');
  await writeFile(file, version);
  await node.start();
  await allRun();
});

test('a damaged log is shown and left as it is, what runs goes on, and one can leave', async () => {
  await node.end('SIGTERM');
  const folder = join(node.dataRoot, 'raft', 'wal');
  const [name = ''] = (await readdir(folder)).toSorted();
  const bytes = await readFile(join(folder, name));
  bytes.writeUInt8(bytes.readUInt8(700) ^ 1, 700);
  await writeFile(join(folder, name), bytes);
  const before = await node.containers();
  await node.start();
  await eventually('the daemon says what is wrong', async () => {
    const { stdout } = await node.shoal('status');
    return stdout.includes('the log is damaged') ? stdout : undefined;
  });
  expect(await node.containers()).toEqual(before);
  expect(await curl(engine, 8080)).toBeDefined();
  expect(await readFile(join(folder, name))).toEqual(bytes);
  await mustDo('leave', '--force');
  expect(await node.containers()).toEqual({});
});

test('a log whose identity is missing is kept and shown, and serves again with the identity', async () => {
  await node.end('SIGTERM');
  const before = await node.containers();
  const [folder, aside] = [join(node.dataRoot, 'node'), join(node.directory, 'node')];
  const segments = await readdir(join(node.dataRoot, 'raft', 'wal'));
  await rename(folder, aside);
  await node.start();
  expect((await node.shoal('status')).stdout).toContain('the identity of this node is missing');
  const init = await node.shoal('init');
  expect(init).toMatchObject({ code: 1 });
  expect(init.stderr).toContain('already part of a swarm');
  await node.end('SIGKILL');
  expect(await readdir(join(node.dataRoot, 'raft', 'wal'))).toEqual(segments);
  await rename(aside, folder);
  await node.start();
  await allRun();
  expect(await node.containers()).toEqual(before);
});
