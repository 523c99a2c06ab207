/**
 * A swarm of three managers and a worker on four hosts, as people use it: through the stock command on any manager, while managers are
 * killed, frozen, cut off, fill their disks and restart. A client outside keeps its own record of what was acknowledged.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { shoalSwarm, Swarm } from '../integration/testbed/swarm.ts';
import { Testbed } from '../integration/testbed/testbed.ts';
import { Endurance } from './lib/endurance.ts';
import { eventually } from './lib/shoal-node.ts';
import { Writer } from './lib/writer.ts';

const minuteMs = 60_000;

let bed: Testbed;
let swarm: Swarm;
let life: Endurance;

beforeAll(async () => {
  bed = await Testbed.start({ hosts: 4, diskBytes: 256 * 1024 * 1024 });
  swarm = await Swarm.form(shoalSwarm, bed.hosts.slice(0, 3), bed.hosts.slice(3));
  life = new Endurance(bed, swarm, 4);
}, 5 * minuteMs);

afterAll(async () => {
  await life.writer.stop();
  await bed[Symbol.asyncDispose]();
}, minuteMs);

describe('every manager', () => {
  test('shows all nodes, and who leads', async () => {
    const seen = await Promise.all(swarm.managers.map(async (host) => await swarm.nodes(host)));
    for (const nodes of seen) {
      expect(nodes.map(({ hostname, status }) => `${hostname} ${status}`)).toEqual([
        'n1 Ready',
        'n2 Ready',
        'n3 Ready',
        'n4 Ready',
      ]);
      expect(nodes.filter(({ managerStatus }) => managerStatus === 'Leader')).toHaveLength(1);
    }
    const worker = await swarm.docker(bed.host(4), 'node', 'ls');
    expect(worker.stderr).toContain("Worker nodes can't be used to view or modify cluster state");
  });

  test('takes changes, and shows what was changed through another one at once', async () => {
    const [first, second, third] = [bed.host(1), bed.host(2), bed.host(3)];
    await life.createWeb(third, '-p', '8080:80');
    expect(
      await swarm.must(second, 'service', 'inspect', 'web', '--format', '{{.Spec.Name}}'),
    ).toBe('web');
    const nodes = await swarm.must(second, 'service', 'ps', 'web', '--format', '{{.Node}}');
    expect(new Set(nodes.split('\n')).size).toBe(4);
    for (const host of bed.hosts) {
      const answer = await eventually(`the port answers on ${host.name}`, () =>
        bed.curl(host, 8080),
      );
      expect(answer).not.toBe('');
    }
    await swarm.must(first, 'service', 'update', '--detach', '--label-add', 'a=b', 'web');
    expect(
      await swarm.must(third, 'service', 'inspect', 'web', '--format', '{{.Spec.Labels.a}}'),
    ).toBe('b');
  });
});

describe('what was acknowledged stays, and what runs is not touched', () => {
  beforeAll(() => {
    life.writer.start();
  });

  test('when the leader is killed', { timeout: 3 * minuteMs }, async () => {
    const leader = await swarm.agreedLeader();
    await life.endureDeath([leader]);
  });

  test('when the leader is frozen', { timeout: 3 * minuteMs }, async () => {
    const leader = await swarm.agreedLeader();
    await life.endure(
      () => {
        leader.pause();
      },
      () => {
        leader.resume();
      },
    );
  });

  test(
    'when the leader is cut off from the other managers',
    { timeout: 3 * minuteMs },
    async () => {
      const leader = await swarm.agreedLeader();
      const others = swarm.managers.filter((host) => host !== leader);
      await life.endure(
        () => bed.part([leader], others),
        () => bed.lose([]),
      );
    },
  );

  test('when the leader hears nobody and is heard by all', { timeout: 3 * minuteMs }, async () => {
    const leader = await swarm.agreedLeader();
    const others = swarm.managers.filter((host) => host !== leader);
    await life.endure(
      () => bed.lose(others.map((other) => ({ from: other.number, to: leader.number }))),
      () => bed.lose([]),
    );
  });

  test('when a manager has no room on its disk', { timeout: 3 * minuteMs }, async () => {
    const leader = await swarm.agreedLeader();
    const host = swarm.managers.find((other) => other !== leader) ?? leader;
    await life.endure(
      () => host.fillDisk(0),
      () => host.freeDisk(),
    );
  });

  test('when managers restart one after the other', { timeout: 5 * minuteMs }, async () => {
    for (const host of swarm.managers) {
      const before = await life.runningByHost();
      const startMs = performance.now();
      await host.stop();
      await host.startDaemon();
      await life.expectWholeBut({ hosts: [host], durationMs: performance.now() - startMs }, before);
    }
    await life.writer.until(life.writer.acknowledged.length + 5);
  });

  test('when all managers are killed at once', { timeout: 3 * minuteMs }, async () => {
    const before = await life.running();
    await Promise.all(swarm.managers.map((host) => host.kill()));
    await Promise.all(swarm.managers.map((host) => host.startDaemon()));
    await life.writer.until(life.writer.acknowledged.length + 5);
    await life.expectWhole(before);
  });

  test(
    'no write fails when the leader stops in order, for a client that tries once more',
    { timeout: 3 * minuteMs },
    async () => {
      const leader = await swarm.agreedLeader();
      await life.writer.stop();
      const gentle = new Writer(swarm, bed.image, { attempts: 2, skip: leader });
      gentle.start();
      await gentle.until(5);
      await leader.stop();
      await gentle.until(gentle.acknowledged.length + 20);
      await gentle.stop();
      expect(gentle.failures).toEqual([]);
      await leader.startDaemon();
      await swarm.settled();
    },
  );
});

test(
  'what ran on a host that dies runs elsewhere, and the host is taken back',
  { timeout: 3 * minuteMs },
  async () => {
    const worker = bed.host(4);
    await worker.powerOff();
    await eventually('the others take over', async () => {
      const lines = await swarm.must(
        bed.host(1),
        'service',
        'ps',
        'web',
        '--filter',
        'desired-state=running',
        '--format',
        '{{.Node}} {{.CurrentState}}',
      );
      const elsewhere = lines.split('\n').filter((line) => /^n[123] Running/.test(line));
      return elsewhere.length === 4 ? true : undefined;
    });
    await eventually('another manager says that it is down', async () => {
      const nodes = await swarm.nodes(bed.host(2));
      const away = nodes.find(({ hostname }) => hostname === 'n4');
      return away?.status === 'Down' ? true : undefined;
    });
    await worker.powerOn();
    await swarm.settled();
  },
);

test(
  'a manager that is demoted works on as a worker, and a node that has left is removed',
  { timeout: 3 * minuteMs },
  async () => {
    const [first, second] = [bed.host(1), bed.host(2)];
    await swarm.must(first, 'node', 'demote', 'n2');
    await eventually('n2 is a worker', async () => {
      const nodes = await swarm.nodes(first);
      return nodes.find(({ hostname }) => hostname === 'n2')?.managerStatus === ''
        ? true
        : undefined;
    });
    const refused = await swarm.docker(first, 'node', 'rm', 'n2');
    expect(refused.stderr).toMatch(/is not down and can't be removed/);
    await eventually('n2 answers as a worker', async () => {
      const answer = await swarm.docker(second, 'node', 'ls');
      return answer.stderr.includes("Worker nodes can't be used") ? true : undefined;
    });
    await swarm.must(second, 'swarm', 'leave');
    await eventually('n2 is removed', async () => {
      const removed = await swarm.docker(first, 'node', 'rm', 'n2');
      return removed.code === 0 ? true : undefined;
    });
    await swarm.join(second, 'manager', first);
    await eventually('n2 is a manager again', async () => {
      const nodes = await swarm.nodes(first);
      return nodes.filter(({ managerStatus }) => managerStatus !== '').length === 3
        ? true
        : undefined;
    });
  },
);

test('one manager of a lost quorum goes on alone', { timeout: 3 * minuteMs }, async () => {
  const [first, second, third] = [bed.host(1), bed.host(2), bed.host(3)];
  await Promise.all([second.kill(), third.kill()]);
  const lost = await swarm.docker(first, 'service', 'ls');
  expect(lost.stderr).toContain('The swarm does not have a leader');
  const init = ['swarm', 'init', '--force-new-cluster', '--advertise-addr', first.address];
  await swarm.must(first, ...init);
  expect(await life.replicas(first)).toMatch(/\/4$/);
  await eventually('the lost hosts are down', async () => {
    const nodes = await swarm.nodes(first);
    return nodes.filter(({ status }) => status === 'Down').length === 2 ? true : undefined;
  });
  await eventually('what ran on them runs on those that are left', async () => {
    const format = ['--format', '{{.Node}} {{.CurrentState}}'];
    const wanted = ['--filter', 'desired-state=running'];
    const lines = await swarm.must(first, 'service', 'ps', 'web', ...wanted, ...format);
    const left = lines.split('\n').filter((line) => /^n[14] Running/.test(line));
    return left.length === 4 ? true : undefined;
  });
  const create = ['service', 'create', '--detach', '--name', 'after', '--replicas', '0'];
  await swarm.must(first, ...create, bed.image);
});
