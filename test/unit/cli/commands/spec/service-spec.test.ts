/** Shows which spec the flags of `service create` build. */
import { expect, test } from 'vitest';

import {
  buildServiceSpec,
  type ServiceFlags,
} from '../../../../../cli/commands/spec/service-spec.ts';

function build(flags: ServiceFlags, args: readonly string[] = []): unknown {
  return buildServiceSpec({ flags, image: 'nginx:1', args, variable: () => undefined });
}

test('what was not given is left out', () => {
  expect(build({ healthcheck: true })).toEqual({
    Labels: {},
    TaskTemplate: { ContainerSpec: { Image: 'nginx:1' } },
    Mode: { Replicated: {} },
    EndpointSpec: { Mode: 'vip', Ports: [] },
  });
});

test('every flag has its field', () => {
  const flags: ServiceFlags = {
    name: 'web',
    replicas: '0',
    publish: ['80:80'],
    env: ['A=1'],
    label: ['l=1'],
    containerLabel: ['c=1'],
    constraint: ['node.role==worker', 'node.id!=x'],
    mount: ['target=/d'],
    entrypoint: 'sh -c',
    workdir: '/w',
    user: '1:2',
    hostname: 'h',
    tty: true,
    init: true,
    readOnly: true,
    stopGracePeriod: '1s',
    stopSignal: 'SIGINT',
    healthCmd: 'true',
    healthInterval: '2s',
    healthTimeout: '3s',
    healthRetries: '4',
    healthStartPeriod: '5s',
    healthStartInterval: '6s',
    restartCondition: 'on-failure',
    restartDelay: '7s',
    restartMaxAttempts: '8',
    restartWindow: '9s',
    limitCpu: '0.5',
    limitMemory: '1m',
  };
  expect(build(flags, ['x'])).toEqual({
    Name: 'web',
    Labels: { l: '1' },
    TaskTemplate: {
      ContainerSpec: {
        Image: 'nginx:1',
        Labels: { c: '1' },
        Command: ['sh', '-c'],
        Args: ['x'],
        Hostname: 'h',
        Env: ['A=1'],
        Dir: '/w',
        User: '1:2',
        Init: true,
        StopSignal: 'SIGINT',
        StopGracePeriod: 1e9,
        TTY: true,
        ReadOnly: true,
        Mounts: [{ Type: 'volume', Target: '/d' }],
        Healthcheck: {
          Test: ['CMD-SHELL', 'true'],
          Interval: 2e9,
          Timeout: 3e9,
          Retries: 4,
          StartPeriod: 5e9,
          StartInterval: 6e9,
        },
      },
      Resources: { Limits: { NanoCPUs: 5e8, MemoryBytes: 2 ** 20 } },
      RestartPolicy: { Condition: 'on-failure', Delay: 7e9, MaxAttempts: 8, Window: 9e9 },
      Placement: { Constraints: ['node.role==worker', 'node.id!=x'] },
    },
    Mode: { Replicated: { Replicas: 0 } },
    EndpointSpec: {
      Mode: 'vip',
      Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 80, PublishMode: 'ingress' }],
    },
  });
});

test('--no-healthcheck turns the check of the image off, and fits no other flag of it', () => {
  expect(build({ healthcheck: false })).toMatchObject({
    TaskTemplate: { ContainerSpec: { Healthcheck: { Test: ['NONE'] } } },
  });
  expect(() => build({ healthcheck: false, healthRetries: '1' })).toThrow(
    '--no-healthcheck conflicts with --health-* options',
  );
});

test('wrong flags are refused by name', () => {
  expect(() => build({ restartCondition: 'sometimes' })).toThrow(
    '--restart-condition "sometimes" is unknown; give one of none, on-failure, any',
  );
  expect(() => build({ replicas: '1000001' })).toThrow(
    '--replicas "1000001" is not a whole number from 0 to 1000000',
  );
  expect(() =>
    buildServiceSpec({ flags: {}, image: '', args: [], variable: () => undefined }),
  ).toThrow('the image is empty');
});
