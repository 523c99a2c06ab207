// Whatever JSON comes, it is taken, refused by name, or said to be not there yet: never an internal error, never half done.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { ApiFixture } from '../../../lib/api-fixture.ts';
import { FakeNodeControl } from '../../../lib/fake-cluster.ts';

const valid = {
  Name: 'web',
  Labels: { a: 'b' },
  TaskTemplate: {
    ContainerSpec: {
      Image: 'nginx',
      Env: ['A=1'],
      Mounts: [{ Type: 'tmpfs', Target: '/x', TmpfsOptions: { SizeBytes: 1, Mode: 0o1777 } }],
      StopGracePeriod: 1,
      Healthcheck: { Test: ['CMD', 'a'], Interval: 1 },
      DNSConfig: { Nameservers: ['1.1.1.1'] },
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      Secrets: [],
    },
    Resources: { Limits: { NanoCPUs: 1 }, Reservations: { MemoryBytes: 1 } },
    RestartPolicy: { Condition: 'any', Delay: 1, MaxAttempts: 1 },
    Placement: { Constraints: ['a==b'], Preferences: [{ Spread: { SpreadDescriptor: 'x' } }] },
    LogDriver: { Name: 'json-file', Options: { a: 'b' } },
  },
  Mode: { Replicated: { Replicas: 2 } },
  UpdateConfig: { Parallelism: 1, MaxFailureRatio: 0.5, Order: 'start-first' },
  EndpointSpec: { Mode: 'vip', Ports: [{ TargetPort: 80, PublishedPort: 80 }] },
};

const cluster = {
  ListenAddr: '0.0.0.0:2377',
  Availability: 'active',
  DefaultAddrPool: ['10.0.0.0/8'],
  SubnetSize: 24,
  Spec: {
    Orchestration: { TaskHistoryRetentionLimit: 1 },
    Raft: { SnapshotInterval: 1, ElectionTick: 10 },
    Dispatcher: { HeartbeatPeriod: 1 },
    CAConfig: { NodeCertExpiry: 1 },
    TaskDefaults: { LogDriver: { Name: 'x' } },
  },
};

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Every place of a value in a body, so that a test can put something else there. */
function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesOf(holder[key])]);
}

const bad = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0.5,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    -(2 ** 63),
    1.5e300,
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202e',
    '../../etc',
    'x'.repeat(70_000),
    [],
    {},
    [[]],
    [null],
    { a: null },
    { a: { b: [] } },
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

async function spoil(
  original: unknown,
  index: number,
  value: unknown,
  ask: (body: unknown) => Promise<number>,
): Promise<number> {
  const body = structuredClone(original);
  const places = placesOf(body);
  const place = places[index % places.length];
  if (place !== undefined) place.holder[place.key] = value;
  return await ask(body);
}

test('a service with anything anywhere is created, refused or not there yet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), bad, async (index, value) => {
      const api = new ApiFixture();
      const status = await spoil(valid, index, value, async (body) => {
        const answer = await api.ask('POST', '/services/create', { body });
        if (answer.status !== 201)
          expect((answer.json as { message: string }).message).not.toBe('');
        expect((await api.ask('GET', '/services')).status).toBe(200);
        return answer.status;
      });
      expect([201, 400, 501]).toContain(status);
      expect(api.control.api.services.size).toBe(status === 201 ? 1 : 0);
    }),
    { numRuns: 500 },
  );
});

test('a swarm with anything anywhere is made, refused or not there yet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), bad, async (index, value) => {
      const api = new ApiFixture(new FakeNodeControl());
      const status = await spoil(cluster, index, value, async (body) => {
        return (await api.ask('POST', '/swarm/init', { body })).status;
      });
      expect([200, 400, 501]).toContain(status);
      expect(api.control.state).toBe(status === 200 ? 'active' : 'inactive');
    }),
    { numRuns: 300 },
  );
});

test('text that is cut anywhere is refused', async () => {
  const text = JSON.stringify(valid);
  for (let length = 1; length < text.length; length += 7) {
    const api = new ApiFixture();
    const { status } = await api.ask('POST', '/services/create', { raw: text.slice(0, length) });
    expect(status).toBe(400);
  }
});

test('bytes of any kind are answered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (raw) => {
      const api = new ApiFixture();
      const { status } = await api.ask('POST', '/services/create', { raw });
      expect([201, 400]).toContain(status);
    }),
    { numRuns: 300 },
  );
});
