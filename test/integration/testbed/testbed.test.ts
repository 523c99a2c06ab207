/**
 * Shows that the testbed is what tests of several hosts take it for: each host has an engine and a Shoal daemon of its own, they reach each
 * other by address, and a network that is torn, both ways or one way, is torn just there and heals. And that nothing is left of it.
 */
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { eventually } from '../../e2e/lib/shoal-node.ts';
import { processesNaming } from '../lib/processes.ts';
import type { Host } from './host.ts';
import { Testbed } from './testbed.ts';

let bed: Testbed;

beforeAll(async () => {
  bed = await Testbed.start({ hosts: 3, diskBytes: 256 * 1024 * 1024 });
});

afterAll(async () => {
  await bed[Symbol.asyncDispose]();
});

/** Who reaches whom, a line each, such as `n1 n2`. */
async function whoReachesWhom(): Promise<readonly string[]> {
  const pairs = bed.hosts.flatMap((from) =>
    bed.hosts.filter((to) => to !== from).map((to): [Host, Host] => [from, to]),
  );
  const lines = await Promise.all(
    pairs.map(async ([from, to]) =>
      (await from.reaches(to.address)) ? [`${from.name} ${to.name}`] : [],
    ),
  );
  return lines.flat();
}

const all = ['n1 n2', 'n1 n3', 'n2 n1', 'n2 n3', 'n3 n1', 'n3 n2'];

test('each host has its own engine and its own daemon, of its own name', async () => {
  const names = await Promise.all(
    bed.hosts.map(async (host) => [
      await host.mustDocker('info', '--format', '{{.Name}}'),
      (await host.dockerOfEngine('info', '--format', '{{.Name}}')).stdout,
    ]),
  );
  expect(names).toEqual([
    ['n1', 'n1'],
    ['n2', 'n2'],
    ['n3', 'n3'],
  ]);
  const ids = bed.hosts.map((host) => host.dockerOfEngine('info', '--format', '{{.ID}}'));
  expect(new Set((await Promise.all(ids)).map(({ stdout }) => stdout)).size).toBe(3);
});

test('a service on one host runs the image of the registry, and its port answers from outside and from another host', async () => {
  const [first, second] = [bed.host(1), bed.host(2)];
  await first.mustDocker('swarm', 'init', '--advertise-addr', first.address);
  const create = ['service', 'create', '--detach', '--name', 'web', '--replicas', '2'];
  await first.mustDocker(...create, '-p', '8080:80', bed.image);
  const containers = await eventually('both run', async () => {
    const running = (await first.containers()).filter(({ isRunning }) => isRunning);
    return running.length === 2 ? running : undefined;
  });
  expect(containers.map(({ restarts }) => restarts)).toEqual([0, 0]);
  const answer = await eventually('the port answers', () => bed.curl(first, 8080));
  expect(answer).not.toBe('');
  expect(await second.curl(`http://${first.address}:8080/`)).toBeDefined();
  expect(await bed.curl(second, 8080)).toBeUndefined();
});

test('a host that is cut off reaches nobody, and is reached by nobody, until it is healed', async () => {
  expect(await whoReachesWhom()).toEqual(all);
  await bed.host(1).cutOff();
  expect(await whoReachesWhom()).toEqual(['n2 n3', 'n3 n2']);
  expect(await bed.curl(bed.host(1), 8080)).toBeUndefined();
  expect(await bed.host(1).mustDocker('service', 'ls')).toContain('2/2');
  await bed.host(1).heal();
  await eventually('all reach all', async () =>
    (await whoReachesWhom()).length === all.length ? true : undefined,
  );
  expect(await bed.curl(bed.host(1), 8080)).toBeDefined();
});

test('a network that is parted is torn between the parts alone', async () => {
  await bed.part([bed.host(1)], [bed.host(2)]);
  expect(await whoReachesWhom()).toEqual(['n1 n3', 'n2 n3', 'n3 n1', 'n3 n2']);
  await bed.lose([]);
  expect(await whoReachesWhom()).toEqual(all);
});

test('a loss one way loses what goes that way and nothing else', async () => {
  // Of a question and its answer each goes one way, so both directions of asking fail, and only packets tell the ways apart.
  await bed.lose([{ from: 1, to: 2 }]);
  expect(await arrives(bed.host(1), bed.host(2))).toBe(false);
  expect(await arrives(bed.host(2), bed.host(1))).toBe(true);
  expect(await arrives(bed.host(1), bed.host(3))).toBe(true);
  await bed.lose([{ from: 1 }]);
  expect(await arrives(bed.host(1), bed.host(3))).toBe(false);
  expect(await arrives(bed.host(3), bed.host(1))).toBe(true);
  await bed.lose([]);
  expect(await arrives(bed.host(1), bed.host(2))).toBe(true);
});

/** Sends a few datagrams. @returns whether one of them arrives */
async function arrives(from: Host, to: Host): Promise<boolean> {
  const receive = `
    const socket = require('node:dgram').createSocket('udp4');
    socket.once('message', () => { console.log('arrived'); process.exit(0); });
    socket.bind(9999, () => setTimeout(() => process.exit(0), 1500));`;
  const send = `
    const socket = require('node:dgram').createSocket('udp4');
    const [, address] = process.argv;
    setInterval(() => socket.send('x', 9999, address), 50);
    setTimeout(() => process.exit(0), 1300);`;
  const [received] = await Promise.all([
    to.engine.exec(process.execPath, ['-e', receive]),
    from.engine.exec(process.execPath, ['-e', send, to.address]),
  ]);
  return received.stdout.includes('arrived');
}

test('a daemon that is paused says nothing until it goes on', async () => {
  const host = bed.host(3);
  host.pause();
  await expect(host.api('GET', '/info', undefined, 500)).rejects.toThrow(/timeout|aborted/i);
  host.resume();
  expect(await host.api('GET', '/info')).toMatchObject({ status: 200 });
});

test('a host whose power fails comes back with what was on its disk', async () => {
  const host = bed.host(1);
  await host.powerOff();
  await host.powerOn();
  await eventually(
    'both replicas run',
    async () => {
      const { stdout } = await host.docker('service', 'ls');
      return stdout.includes('2/2') ? true : undefined;
    },
    60_000,
  );
});

test('the disk of a data root is full when it is filled, and no other', async () => {
  const free = async (host: Host): Promise<number> => {
    const args = ['--output=avail', '-B', '1M', host.node.dataRoot];
    return Number((await host.engine.exec('df', args)).stdout.split('\n')[1]);
  };
  await bed.host(3).fillDisk(0);
  expect(await free(bed.host(3))).toBeLessThan(2);
  expect(await free(bed.host(2))).toBeGreaterThan(50);
  await bed.host(3).freeDisk();
  expect(await free(bed.host(3))).toBeGreaterThan(50);
});

test('two testbeds do not meet, and nothing is left of one that ended', async () => {
  const before = await readdir(tmpdir());
  const other = await Testbed.start({ hosts: 1, withDaemons: false });
  const made = (await readdir(tmpdir())).filter(
    (name) => name.startsWith('shoal-testbed-') && !before.includes(name),
  );
  expect(made).toHaveLength(1);
  expect(await bed.host(1).reaches(bed.host(2).address)).toBe(true);
  await other[Symbol.asyncDispose]();
  expect(await readdir(tmpdir())).not.toContain(made[0]);
  expect(await processesNaming(made[0] ?? 'nothing')).toEqual([]);
  expect(await bed.host(2).mustDocker('info', '--format', '{{.Name}}')).toBe('n2');
});
