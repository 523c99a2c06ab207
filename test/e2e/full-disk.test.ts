/**
 * Shows what a node does whose disk fills up: changes are refused in words and nothing else stops; it starts on the full disk, loses nothing, and
 * goes on when there is room. The data root is a small file system of its own, mounted in the namespace of the engine, with which it goes.
 */
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { findDockerClients, type CommandResult } from './lib/clients.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';
import { curl, Traffic } from './lib/traffic.ts';

/** Room for the log, and for what must be free before changes are taken. */
const diskBytes = 192 * 1024 * 1024;
const refusal =
  /no space left on the device that holds .*: free at least 80 MB \(\d+ MB are free now\)/;

let engine: Dockerd;
let node: ShoalNode;
let image: string;
const [client] = findDockerClients();

beforeAll(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
  node = await ShoalNode.start(engine, async (dataRoot) => {
    image = `${dataRoot}.ext4`;
    await writeFile(image, '');
    await truncate(image, diskBytes);
    await mkdir(dataRoot);
    await engine.exec('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
    await engine.exec('mount', ['-o', 'loop', image, dataRoot]);
  });
  for (const command of [
    'swarm init',
    `service create --detach --name web --replicas 2 -p 8080:80 --restart-delay 100ms ${testImage}`,
    `service create --detach --name other ${testImage}`,
  ])
    expect(await docker(command)).toMatchObject({ code: 0 });
  await running(3);
});

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await engine.exec('umount', [node.dataRoot]).catch(() => undefined);
  await engine.stop();
  await rm(image, { force: true });
});

/** Runs a command whose words hold no blanks. */
async function docker(command: string): Promise<CommandResult> {
  if (client === undefined) throw new Error('there is no client');
  return await node.docker(client, ...command.split(' '));
}

async function running(count: number): Promise<readonly string[]> {
  return await eventually(`${String(count)} containers run`, async () => {
    const all = Object.entries(await node.containers());
    const ids = all.filter(([, text]) => text.endsWith(' running')).map(([id]) => id);
    return ids.length === count ? ids : undefined;
  });
}

/** Takes all that is free but `leftMegabytes`. */
async function fill(leftMegabytes: number): Promise<void> {
  const script = `
    free=$(df --output=avail -B 1M "$1" | tail -1)
    [ "$2" = 0 ] || fallocate -l "$((free - $2))M" "$1/filler.$2"
    [ "$2" != 0 ] || dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null || true`;
  await engine.exec('sh', ['-c', script, 'fill', node.dataRoot, String(leftMegabytes)]);
}

async function create(name: string): Promise<CommandResult> {
  return await docker(`service create --detach --name ${name} --replicas 0 ${testImage}`);
}

async function untilRefused(): Promise<void> {
  await eventually('changes are refused', async () => {
    const { code, stderr } = await docker('service update --detach --label-add a=b other');
    return code === 1 && refusal.test(stderr) ? true : undefined;
  });
}

async function expectRefused(): Promise<void> {
  const { code, stderr } = await create('more');
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(refusal) as unknown,
  });
  const info = await docker('info');
  expect(info.stdout + info.stderr).toMatch(refusal);
  expect(await docker('service ls --format {{.Name}}:{{.Replicas}}')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('web:2/2') as unknown,
  });
}

async function linesSaying(text: string): Promise<number> {
  return (await readFile(node.logPath, 'utf8')).split('\n').filter((line) => line.includes(text))
    .length;
}

test('changes are refused while there is still room for all else, once in the log, and what runs goes on', async () => {
  await using traffic = new Traffic(engine, 8080);
  await fill(20);
  await untilRefused();
  await expectRefused();
  expect(await linesSaying('the disk is nearly full')).toBe(1);
  expect((await traffic.stop()).failures).toEqual([]);
});

test('on a full disk a container or proxy that fails is replaced, and a service can be removed', async () => {
  await fill(0);
  const before = await running(3);
  const [victim = ''] = Object.entries(await node.containers()).flatMap(([id, text]) =>
    text.startsWith('web.1.') ? [id] : [],
  );
  await engine.exec('docker', ['-H', `unix://${engine.socketPath}`, 'kill', victim]);
  await eventually('another container', async () => {
    const ids = await running(3);
    return ids.some((id) => !before.includes(id)) ? true : undefined;
  });
  expect(await docker('service rm other')).toMatchObject({ code: 0 });
  await running(2);
  const { stdout: proxy } = await engine.exec('cat', [`${node.dataRoot}/proxy/pid`]);
  process.kill(Number(proxy), 'SIGKILL');
  await eventually('another proxy serves the port', async () => await curl(engine, 8080));
});

test('a daemon that is killed starts on the full disk, knows everything that was acknowledged and refuses changes', async () => {
  const before = await node.containers();
  await using traffic = new Traffic(engine, 8080);
  await node.end('SIGKILL');
  await node.start();
  await eventually('all replicas run', async () => {
    const { stdout } = await docker('service ls');
    return stdout.includes('2/2') && !stdout.includes('other') ? true : undefined;
  });
  expect(await node.containers()).toEqual(before);
  await expectRefused();
  expect((await traffic.stop()).failures).toEqual([]);
});

test('changes are taken again when there is room', async () => {
  await engine.exec('sh', ['-c', 'rm "$1"/filler*', 'rm', node.dataRoot]);
  await eventually('changes are taken', async () =>
    (await create('late')).code === 0 ? true : undefined,
  );
  expect((await docker('info')).stderr).not.toMatch(refusal);
  expect(await curl(engine, 8080)).toBeDefined();
});
