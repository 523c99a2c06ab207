/** Shows the texts of `inspect --pretty` against golden files; `vitest -u` writes these anew. */
import { expect, test } from 'vitest';

import { renderNode } from '../../../../cli/render/node-text.ts';
import { goDuration, humanBytes } from '../../../../cli/render/quantities.ts';
import { renderService } from '../../../../cli/render/service-text.ts';
import { nodeJson, nowMs, portJson, serviceJson } from '../../../lib/cli-objects.ts';
import { expectGolden } from '../../../lib/golden.ts';

const policy = {
  Parallelism: 2,
  Delay: 90_000_000_000,
  FailureAction: 'rollback',
  Monitor: 5_000_000_000,
  MaxFailureRatio: 0.25,
  Order: 'start-first',
};

const fullSpec = {
  Labels: { b: '', a: '1' },
  TaskTemplate: {
    ContainerSpec: {
      Image: 'nginx:1.27',
      Args: ['serve', '-v'],
      Env: ['A=1', 'EVIL=\u001b[2J'],
      Dir: '/w',
      User: '1:2',
      Init: true,
      Mounts: [{ Type: 'bind', Source: '/s', Target: '/d', ReadOnly: true }],
      Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 1_500_000_000, Retries: 3 },
    },
    Resources: {
      Limits: { NanoCPUs: 500_000_000, MemoryBytes: 67_108_864 },
      Reservations: { MemoryBytes: 1000 },
    },
    Placement: { Constraints: ['node.role==worker', 'node.id!=x'], MaxReplicas: 2 },
  },
  Mode: { Replicated: { Replicas: 3 } },
  UpdateConfig: policy,
  RollbackConfig: { ...policy, Delay: 0, FailureAction: 'pause' },
};

test('a service with all that can be shown', async () => {
  const service = serviceJson({
    id: 's1',
    name: 'web',
    ports: [portJson(8080, 80), portJson(53, 53, 'udp', 'host')],
    spec: fullSpec,
    more: {
      UpdateStatus: {
        State: 'rollback_completed',
        StartedAt: new Date(nowMs - 180_000).toISOString(),
        CompletedAt: new Date(nowMs - 60_000).toISOString(),
        Message: 'rollback completed',
      },
    },
  });
  await expectGolden(renderService(service, nowMs), 'cli/service-inspect.txt');
});

test('a global service that says little, and no service at all', async () => {
  const service = serviceJson({ id: 's1', name: 'web', spec: { Mode: { Global: {} } } });
  await expectGolden(renderService(service, nowMs), 'cli/service-inspect-global.txt');
  expect(renderService({}, nowMs)).toContain('Service Mode:\tReplicated\n');
});

test('a manager, and a node that says nothing', async () => {
  const manager = { Leader: true, Reachability: 'reachable', Addr: '10.0.0.1:2377' };
  const node = {
    ...nodeJson({ id: 'n1', hostname: 'box-1', message: 'fine', manager }),
    CreatedAt: new Date(nowMs).toISOString(),
    Spec: { Availability: 'active', Labels: { disk: 'ssd', odd: '' } },
    Description: {
      Hostname: 'box-1',
      Platform: { OS: 'linux', Architecture: 'x86_64' },
      Resources: { NanoCPUs: 4_000_000_000, MemoryBytes: 8_254_779_392 },
      Engine: {
        EngineVersion: '28.2.2',
        Labels: { rack: '7' },
        Plugins: [
          { Type: 'Volume', Name: 'local' },
          { Type: 'Log', Name: 'json-file' },
          { Type: 'Log', Name: 'local' },
        ],
      },
    },
  };
  await expectGolden(renderNode(node), 'cli/node-inspect.txt');
  expect(renderNode(null)).toContain('Engine Version:');
});

test.each([
  [0, '0s'],
  [250_000_000, '250ms'],
  [1500, '1.5µs'],
  [7, '7ns'],
  [1_500_000_000, '1.5s'],
  [90_000_000_000, '1m30s'],
  [3_600_000_000_000, '1h0m0s'],
])('%d ns are %s', (nanoseconds, text) => {
  expect(goDuration(nanoseconds)).toBe(text);
});

test.each([
  [0, '0B'],
  [1000, '1000B'],
  [67_108_864, '64MiB'],
  [8_254_779_392, '7.688GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(humanBytes(bytes)).toBe(text);
});
