/** Shows how the flags of `service update` change a spec, and that everything else of it stays. */
import { describe, expect, test } from 'vitest';

import { CliError, exitCodes } from '../../../../../cli/commands/context.ts';
import { type EditFlags, editServiceSpec } from '../../../../../cli/commands/spec/service-edit.ts';

const spec = {
  Name: 'web',
  Labels: { a: '1', b: '2' },
  Unknown: { kept: true },
  TaskTemplate: {
    ContainerSpec: {
      Image: 'nginx:1',
      Env: ['A=1', 'B=2', 'C'],
      Labels: { x: 'y' },
      Mounts: [{ Type: 'volume', Source: 'v', Target: '/d' }],
      Healthcheck: { Test: ['CMD-SHELL', 'true'], Retries: 3 },
      Isolation: 'default',
    },
    Resources: { Limits: { MemoryBytes: 1024 }, Reservations: { NanoCPUs: 5 } },
    RestartPolicy: { Condition: 'any', MaxAttempts: 2 },
    Placement: { Constraints: ['node.role==worker', 'node.id!=x'], Platforms: [{ OS: 'linux' }] },
    ForceUpdate: 4,
  },
  Mode: { Replicated: { Replicas: 2 } },
  EndpointSpec: {
    Mode: 'vip',
    Ports: [
      { Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' },
      { Protocol: 'udp', TargetPort: 53, PublishedPort: 53, PublishMode: 'host' },
    ],
  },
};

function edit(flags: EditFlags, before: unknown = spec): typeof spec {
  const line = { flags, variable: (name: string) => (name === 'SET' ? 'from shell' : undefined) };
  return editServiceSpec(before, line) as typeof spec;
}

function refusalOf(flags: EditFlags, before: unknown = spec): string {
  try {
    return JSON.stringify(edit(flags, before));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    expect(error.exitCode).toBe(exitCodes.usage);
    return error.message;
  }
}

test('no flag changes nothing', () => {
  expect(edit({ healthcheck: true })).toEqual(spec);
});

describe('lists', () => {
  test('variables are replaced in their place, added at the end, and removed by name', () => {
    const flags = { envAdd: ['B=3', 'D=4', 'SET', 'UNSET'], envRm: ['A', 'nothing'] };
    expect(edit(flags).TaskTemplate.ContainerSpec.Env).toEqual([
      'B=3',
      'C',
      'D=4',
      'SET=from shell',
    ]);
  });

  test('labels of the service and of its containers are apart', () => {
    const edited = edit({
      labelAdd: ['b=3', 'c'],
      labelRm: ['a'],
      containerLabelAdd: ['z=1'],
      containerLabelRm: ['x'],
    });
    expect(edited.Labels).toEqual({ b: '3', c: '' });
    expect(edited.TaskTemplate.ContainerSpec.Labels).toEqual({ z: '1' });
  });

  test('constraints are added once and removed as they are written', () => {
    const flags = { constraintAdd: ['node.role==worker', 'new==1'], constraintRm: ['node.id!=x'] };
    expect(edit(flags).TaskTemplate.Placement).toEqual({
      Constraints: ['node.role==worker', 'new==1'],
      Platforms: [{ OS: 'linux' }],
    });
  });

  test('mounts are known by their target', () => {
    const { Mounts } = edit({ mountAdd: ['type=bind,source=/s,target=/d', 'target=/e'] })
      .TaskTemplate.ContainerSpec;
    expect(Mounts).toEqual([
      { Type: 'bind', Source: '/s', Target: '/d' },
      { Type: 'volume', Target: '/e' },
    ]);
    expect(edit({ mountRm: ['/d'] }).TaskTemplate.ContainerSpec.Mounts).toEqual([]);
  });

  test('ports are removed by target and protocol, and a published port gets a new target', () => {
    const port = (PublishedPort: number, TargetPort: number): object => ({
      Protocol: 'tcp',
      TargetPort,
      PublishedPort,
      PublishMode: 'ingress',
    });
    expect(edit({ publishRm: ['53/udp', '99'] }).EndpointSpec).toEqual({
      Mode: 'vip',
      Ports: [port(8080, 80)],
    });
    const udp = spec.EndpointSpec.Ports[1];
    expect(edit({ publishAdd: ['8080:81'] }).EndpointSpec.Ports).toEqual([udp, port(8080, 81)]);
    expect(edit({ publishAdd: ['9:9'], publishRm: ['80'] }).EndpointSpec.Ports).toEqual([
      udp,
      port(9, 9),
    ]);
  });
});

test('single fields are set, and those beside them stay', () => {
  const { TaskTemplate, Mode } = edit({
    image: 'nginx:2',
    args: 'serve "a b"',
    replicas: '5',
    force: true,
    hostname: 'h',
    healthRetries: '9',
    limitCpu: '0.5',
    reserveMemory: '1k',
    restartCondition: 'none',
    replicasMaxPerNode: '3',
  });
  expect(TaskTemplate).toEqual({
    ...spec.TaskTemplate,
    ContainerSpec: {
      ...spec.TaskTemplate.ContainerSpec,
      Image: 'nginx:2',
      Args: ['serve', 'a b'],
      Hostname: 'h',
      Healthcheck: { Test: ['CMD-SHELL', 'true'], Retries: 9 },
    },
    Resources: {
      Limits: { MemoryBytes: 1024, NanoCPUs: 500_000_000 },
      Reservations: { NanoCPUs: 5, MemoryBytes: 1024 },
    },
    RestartPolicy: { Condition: 'none', MaxAttempts: 2 },
    Placement: { ...spec.TaskTemplate.Placement, MaxReplicas: 3 },
    ForceUpdate: 5,
  });
  expect(Mode).toEqual({ Replicated: { Replicas: 5 } });
});

test('a check is switched off, and on again by a command', () => {
  const off = edit({ healthcheck: false });
  expect(off.TaskTemplate.ContainerSpec.Healthcheck).toEqual({ Test: ['NONE'] });
  expect(edit({ healthCmd: 'x' }, off).TaskTemplate.ContainerSpec.Healthcheck).toEqual({
    Test: ['CMD-SHELL', 'x'],
  });
});

test('a first policy starts from the defaults, a later one from what there is', () => {
  const first = edit({ updateParallelism: '0', updateFailureAction: 'rollback' });
  expect(first).toMatchObject({
    UpdateConfig: {
      Parallelism: 0,
      FailureAction: 'rollback',
      Monitor: 5_000_000_000,
      MaxFailureRatio: 0,
      Order: 'stop-first',
    },
  });
  const later = edit({ updateDelay: '1s', rollbackOrder: 'start-first' }, first);
  expect(later).toMatchObject({
    UpdateConfig: { Parallelism: 0, Delay: 1_000_000_000 },
    RollbackConfig: { Parallelism: 1, Order: 'start-first' },
  });
});

test.each<[EditFlags, string]>([
  [{ publishRm: ['8080:80'] }, '--publish-rm "8080:80" is not a target port'],
  [
    { updateOrder: 'both' },
    '--update-order "both" is unknown; give one of start-first, stop-first',
  ],
  [{ rollbackFailureAction: 'rollback' }, '--rollback-failure-action "rollback" is unknown'],
  [
    { updateMaxFailureRatio: '1.1' },
    '--update-max-failure-ratio "1.1" is not a number from 0 to 1',
  ],
  [{ healthcheck: false, healthCmd: 'x' }, '--no-healthcheck conflicts with --health-* options'],
  [{ labelAdd: ['=x'] }, '--label-add "=x" has no key'],
])('%j is refused by the name of its flag', (flags, message) => {
  expect(refusalOf(flags)).toContain(message);
});

test('a global service has no count of replicas', () => {
  const global = { ...spec, Mode: { Global: {} } };
  expect(refusalOf({ replicas: '3' }, global)).toContain('can only be used with replicated');
});
