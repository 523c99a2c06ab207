/**
 * Five managers on five hosts, of which two may be lost: killed together, parted from the others, or without their log, their disk or their
 * membership. What was acknowledged is there, what runs runs on, and whoever lost something comes back in the way that docs/operations.md says.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Host } from '../integration/testbed/host.ts';
import { shoalSwarm, Swarm } from '../integration/testbed/swarm.ts';
import { Testbed } from '../integration/testbed/testbed.ts';
import { Endurance } from './lib/endurance.ts';
import { eventually } from './lib/shoal-node.ts';

const minuteMs = 60_000;
const timeout = 3 * minuteMs;

let bed: Testbed;
let swarm: Swarm;
let life: Endurance;

beforeAll(async () => {
  bed = await Testbed.start({ hosts: 5 });
  swarm = await Swarm.form(shoalSwarm, bed.hosts);
  life = new Endurance(bed, swarm, 5);
  await life.createWeb(bed.host(2));
  life.writer.start();
}, 5 * minuteMs);

afterAll(async () => {
  await life?.writer.stop();
  await bed?.[Symbol.asyncDispose]();
}, minuteMs);

/** The leader and one more, and the three others. */
async function twoAndThree(): Promise<readonly [readonly Host[], readonly Host[]]> {
  const leader = await swarm.agreedLeader();
  const others = swarm.managers.filter((host) => host !== leader);
  return [[leader, ...others.slice(0, 1)], others.slice(1)];
}

/** A manager that does not lead. */
async function follower(): Promise<Host> {
  const leader = await swarm.agreedLeader();
  const host = swarm.managers.find((one) => one !== leader && one !== bed.host(1));
  if (host === undefined) throw new Error('there is only one manager');
  return host;
}

async function idOf(host: Host): Promise<string> {
  return await host.mustDocker('info', '--format', '{{.Swarm.NodeID}}');
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  await eventually(what, async () => ((await look()) ? true : undefined), minuteMs);
}

/** Waits until the node of this id is seen as `Down`, demotes it and takes it out, through `via`. */
async function takeOut(id: string, via: Host): Promise<void> {
  await until('the old node is down', async () =>
    (await swarm.nodes(via)).some((node) => node.id === id && node.status === 'Down'),
  );
  await swarm.must(via, 'node', 'demote', id);
  await until('the old node is taken out', async () => {
    const removed = await swarm.docker(via, 'node', 'rm', '--force', id);
    return removed.code === 0;
  });
}

describe('two of five managers', () => {
  test('may be killed together, the leader among them', { timeout }, async () => {
    const [two] = await twoAndThree();
    await life.endureDeath(two);
  });

  test('may be parted from three: these take writes, and they take none', { timeout }, async () => {
    const [two, three] = await twoAndThree();
    const [first = bed.host(1)] = three;
    const kept = await life.running(three);
    await bed.part(two, three);
    await eventually('the three have a leader of their own', async () => {
      const leader = await swarm.leader(first);
      return leader !== undefined && three.includes(leader) ? leader : undefined;
    });
    for (const host of two) {
      const create = ['service', 'create', '--detach', '--name', `lost-${host.name}`];
      const refused = await swarm.docker(host, ...create, '--replicas', '0', bed.image);
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.stderr).toContain('The swarm does not have a leader');
    }
    await life.writer.until(life.writer.acknowledged.length + 6);
    // What runs on the two was taken for lost meanwhile.
    await life.untilAllRun(first);
    await bed.lose([]);
    await swarm.settled();
    await life.expectAcknowledged();
    await eventually('what runs twice is stopped', async () =>
      (await life.running()).length === 5 ? true : undefined,
    );
    expect(await life.running(three)).toEqual(expect.arrayContaining([...kept]));
    // A write that was refused as such was not done later.
    const names = await swarm.must(bed.host(1), 'service', 'ls', '--format', '{{.Name}}');
    expect(names).not.toContain('lost-');
  });

  test(
    'a leader that hears all and is heard by nobody is followed by another',
    { timeout },
    async () => {
      const leader = await swarm.agreedLeader();
      const others = swarm.managers.filter((host) => host !== leader);
      await life.endure(
        () => bed.lose(others.map((other) => ({ from: leader.number, to: other.number }))),
        () => bed.lose([]),
      );
    },
  );

  test('a manager that hears only some of the others disturbs nobody', { timeout }, async () => {
    const leader = await swarm.agreedLeader();
    const host = await follower();
    await life.endure(
      () => bed.part([host], [leader]),
      async () => {
        expect(await swarm.leader(leader)).toBe(leader);
        await bed.lose([]);
      },
    );
  });
});

describe('a manager that lost', () => {
  test('its log comes back by itself as a new member', { timeout }, async () => {
    const host = await follower();
    const id = await idOf(host);
    await life.endureDeath([host], async () => {
      await host.engine.exec('rm', ['-r', `${host.node.dataRoot}/raft`]);
    });
    expect(await idOf(host)).toBe(id);
  });

  test('all of its disk joins anew, and its old row is taken out', { timeout }, async () => {
    const host = await follower();
    const id = await idOf(host);
    const via = await swarm.agreedLeader();
    await host.wipe();
    await host.startDaemon();
    expect(await host.mustDocker('info', '--format', '{{.Swarm.LocalNodeState}}')).toBe('inactive');
    await takeOut(id, via);
    await swarm.join(host, 'manager', via);
    await swarm.settled();
    expect(await idOf(host)).not.toBe(id);
    await life.untilAllRun(host);
    await life.expectAcknowledged();
  });

  test('its membership while it was away says so, and joins anew', { timeout }, async () => {
    const host = await follower();
    const id = await idOf(host);
    const via = await swarm.agreedLeader();
    await host.kill();
    await takeOut(id, via);
    await host.startDaemon();
    await until('it knows that it was removed', async () => {
      const { stdout, stderr } = await host.docker('info');
      return /removed/i.test(stdout + stderr);
    });
    await host.mustDocker('swarm', 'leave', '--force');
    expect(await host.containers()).toEqual([]);
    await swarm.join(host, 'manager', via);
    await swarm.settled();
    await life.untilAllRun(host);
    await life.expectAcknowledged();
  });

  test(
    'its will to lead leaves by force: another leads, and its replicas run elsewhere',
    { timeout },
    async () => {
      const leader = await swarm.agreedLeader();
      const id = await idOf(leader);
      const via = await follower();
      await leader.mustDocker('swarm', 'leave', '--force');
      expect(await leader.containers()).toEqual([]);
      await life.writer.until(life.writer.acknowledged.length + 6);
      await life.untilAllRun(via);
      await takeOut(id, via);
      await swarm.join(leader, 'manager', via);
      await swarm.settled();
      await life.expectAcknowledged();
    },
  );
});

test('a power failure of all hosts at once loses nothing', { timeout: 5 * minuteMs }, async () => {
  const ids = await Promise.all(bed.hosts.map(idOf));
  await Promise.all(bed.hosts.map((host) => host.powerOff()));
  await Promise.all(bed.hosts.map((host) => host.powerOn()));
  await life.writer.until(life.writer.acknowledged.length + 5);
  await swarm.settled();
  await life.untilAllRun(bed.host(3));
  await life.expectAcknowledged();
  expect(await Promise.all(bed.hosts.map(idOf))).toEqual(ids);
});

test(
  'managers of before a forced recovery are not listened to, and join again',
  { timeout: 5 * minuteMs },
  async () => {
    await life.writer.stop();
    const [first, ...others] = bed.hosts;
    if (first === undefined) throw new Error('there are no hosts');
    await Promise.all(others.map((host) => host.kill()));
    const init = ['swarm', 'init', '--force-new-cluster', '--advertise-addr', first.address];
    await first.mustDocker(...init);
    await life.expectAcknowledged([first]);
    const create = ['service', 'create', '--detach', '--name', 'after', '--replicas', '0'];
    await first.mustDocker(...create, bed.image);
    // They are enough to elect a leader of their own, as they do not know better: what they do then is nothing to those of the new cluster.
    await Promise.all(others.map((host) => host.startDaemon()));
    await until('the one that went on is still alone', async () => {
      const nodes = await swarm.nodes(first);
      return nodes.filter(({ managerStatus }) => managerStatus !== '').length === 1;
    });
    for (const host of others) await host.mustDocker('swarm', 'leave', '--force');
    for (const host of others) await swarm.join(host, 'manager', first);
    await life.untilAllRun(first);
    await life.expectAcknowledged();
    expect(await first.mustDocker('service', 'ls', '--format', '{{.Name}}')).toContain('after');
    const names = await swarm.must(bed.host(5), 'service', 'ls', '--format', '{{.Name}}');
    expect(names.split('\n')).toContain('after');
  },
);
