// Shows every text in which a service spec is refused, and that nothing else is.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShoalError } from '../../../../../common/pure/errors.ts';
import { limits } from '../../../../../common/pure/limits.ts';
import { isImageReference } from '../../../../../manager/controlapi/validate/image-reference.ts';
import { checkServiceSpec } from '../../../../../manager/controlapi/validate/service-spec.ts';
import { checkServiceUpdate } from '../../../../../manager/controlapi/validate/service-update.ts';
import {
  EndpointMode,
  newContainerSpec,
  newEndpointSpec,
  newGlobalJobMode,
  newGlobalMode,
  newMount,
  newNetworkAttachmentConfig,
  newPlacement,
  newPortConfig,
  newReplicatedJobMode,
  newReplicatedMode,
  newResourceLimits,
  newResourceReservations,
  newRestartPolicy,
  newServiceMode,
  newServiceSpec,
  newTaskSpec,
  newUpdateConfig,
  PortProtocol,
  PublishMode,
} from '../../../../../proto/gen/specs.ts';
import type {
  ContainerSpec,
  EndpointSpec,
  PortConfig,
  ServiceModeMode,
  ServiceSpec,
  TaskSpec,
} from '../../../../../proto/gen/specs.ts';

const replicated = newServiceMode({
  mode: { kind: 'replicated', value: newReplicatedMode({ replicas: 3 }) },
});

function service(fields: Partial<ServiceSpec> = {}): ServiceSpec {
  return newServiceSpec({ name: 'web', mode: replicated, task: task(), ...fields });
}

function task(fields: Partial<TaskSpec> = {}): TaskSpec {
  return newTaskSpec({ container: newContainerSpec({ image: 'nginx:1' }), ...fields });
}

function withTask(fields: Partial<TaskSpec>): ServiceSpec {
  return service({ task: task(fields) });
}

function withContainer(fields: Partial<ContainerSpec>): ServiceSpec {
  return withTask({ container: newContainerSpec({ image: 'nginx:1', ...fields }) });
}

function withMode(mode: ServiceModeMode): ServiceSpec {
  return service({ mode: newServiceMode({ mode }) });
}

function withPorts(...ports: readonly Partial<PortConfig>[]): ServiceSpec {
  return withEndpoint({ ports: ports.map((port) => newPortConfig({ targetPort: 80, ...port })) });
}

function withEndpoint(fields: Partial<EndpointSpec>): ServiceSpec {
  return service({ endpoint: newEndpointSpec(fields) });
}

/** `code field: message`, or `fine`. */
function verdict(check: () => void): string {
  try {
    check();
    return 'fine';
  } catch (error) {
    if (!(error instanceof ShoalError)) throw error;
    return `${error.code} ${String(error.fields['field'])}: ${error.message}`;
  }
}

const image = 'TaskTemplate.ContainerSpec.Image';
const mounts = 'TaskTemplate.ContainerSpec.Mounts';
const env = 'TaskTemplate.ContainerSpec.Env';
const resources = 'TaskTemplate.Resources';

describe('a service spec is refused', () => {
  test.each<[ServiceSpec, string]>([
    [service({ name: '' }), 'invalidSpec Name: meta: name must be provided'],
    [service({ name: 'a'.repeat(64) }), 'invalidSpec Name: name must be 63 characters or fewer'],
    [service({ name: 'a_' }), 'invalidSpec Name: name must be valid as a DNS name component'],
    [
      service({ name: `${'a'.repeat(62)}!` }),
      'invalidSpec Name: name must be valid as a DNS name component',
    ],
    [service({ mode: undefined }), 'invalidSpec Mode: must specify a mode for the service'],
    [
      withMode({ kind: 'replicated', value: newReplicatedMode({ replicas: 1_000_001 }) }),
      'invalidSpec Mode.Replicated.Replicas: Mode.Replicated.Replicas must be at most 1000000',
    ],
    [
      withMode({ kind: 'replicatedJob', value: newReplicatedJobMode() }),
      'notImplemented Mode.ReplicatedJob: Mode.ReplicatedJob is not supported yet',
    ],
    [
      withMode({ kind: 'globalJob', value: newGlobalJobMode() }),
      'notImplemented Mode.GlobalJob: Mode.GlobalJob is not supported yet',
    ],
    [
      service({ task: undefined }),
      'invalidArgument undefined: mismatched Runtime and *Spec fields',
    ],
    [
      withTask({ runtime: 'plugin' }),
      'notImplemented TaskTemplate.Runtime: TaskTemplate.Runtime is not supported yet',
    ],
    [
      withTask({ networks: [newNetworkAttachmentConfig({ target: 'n' })] }),
      'notImplemented TaskTemplate.Networks: TaskTemplate.Networks is not supported yet',
    ],
    [
      withContainer({ image: '' }),
      `invalidSpec ${image}: ContainerSpec: image reference must be provided`,
    ],
    [
      withContainer({ image: 'No Such' }),
      `invalidSpec ${image}: ContainerSpec: "No Such" is not a valid repository/tag`,
    ],
    [
      withContainer({ mounts: [newMount({ source: 's' })] }),
      `invalidSpec ${mounts}: ContainerSpec: mount target must be provided`,
    ],
    [
      withContainer({ mounts: [newMount({ target: '/a' }), newMount({ target: '/a' })] }),
      `invalidSpec ${mounts}: ContainerSpec: duplicate mount point: /a`,
    ],
    [
      withContainer({ stopGracePeriodNs: -1 }),
      'invalidSpec TaskTemplate.ContainerSpec.StopGracePeriod: ContainerSpec: stop-grace-period cannot be negative',
    ],
    [
      withContainer({ env: ['=x'] }),
      `invalidSpec ${env}: ContainerSpec: invalid environment variable: "=x"`,
    ],
    [
      withTask({ limits: newResourceLimits({ nanoCpus: 100 }) }),
      `invalidSpec ${resources}: invalid cpu value 1e-07: Must be at least 0.001`,
    ],
    [
      withTask({ reservations: newResourceReservations({ memoryBytes: 1024 }) }),
      `invalidSpec ${resources}: invalid memory value 1024: Must be at least 4MiB`,
    ],
    [
      withTask({ limits: newResourceLimits({ pids: -1 }) }),
      `invalidSpec ${resources}: invalid pids value -1: must be non-negative`,
    ],
    [
      withTask({ restart: newRestartPolicy({ delayNs: -1 }) }),
      'invalidSpec TaskTemplate.RestartPolicy.Delay: TaskSpec: restart-delay cannot be negative',
    ],
    [
      withTask({ restart: newRestartPolicy({ windowNs: -1 }) }),
      'invalidSpec TaskTemplate.RestartPolicy.Window: TaskSpec: restart-window cannot be negative',
    ],
    [
      withTask({ placement: newPlacement({ constraints: ['node.role'] }) }),
      'invalidSpec TaskTemplate.Placement.Constraints: constraint expected one operator from ==, !=',
    ],
    [
      withTask({ placement: newPlacement({ constraints: ['?==a'] }) }),
      "invalidSpec TaskTemplate.Placement.Constraints: key '?' is invalid",
    ],
    [
      service({ update: newUpdateConfig({ delayNs: -1 }) }),
      'invalidSpec UpdateConfig.Delay: TaskSpec: update-delay cannot be negative',
    ],
    [
      service({ update: newUpdateConfig({ monitorNs: -1 }) }),
      'invalidSpec UpdateConfig.Monitor: TaskSpec: update-monitor cannot be negative',
    ],
    [
      service({ rollback: newUpdateConfig({ maxFailureRatio: 1.5 }) }),
      'invalidSpec RollbackConfig.MaxFailureRatio: TaskSpec: rollback-maxfailureratio cannot be less than 0 or bigger than 1',
    ],
    [
      service({ update: newUpdateConfig({ maxFailureRatio: Number.NaN }) }),
      'invalidSpec UpdateConfig.MaxFailureRatio: TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1',
    ],
    [
      withPorts({ targetPort: 0 }),
      'invalidSpec EndpointSpec.Ports: EndpointSpec: invalid target port 0',
    ],
    [
      withPorts({ publishedPort: 65_536 }),
      'invalidSpec EndpointSpec.Ports: EndpointSpec: invalid published port 65536',
    ],
    [
      withPorts({ publishedPort: 80 }, { targetPort: 81, publishedPort: 80 }),
      'invalidSpec EndpointSpec.Ports: EndpointSpec: duplicate published ports provided',
    ],
    [
      withEndpoint({ mode: EndpointMode.dnsrr, ports: [newPortConfig({ targetPort: 80 })] }),
      "invalidSpec EndpointSpec.Mode: EndpointSpec: port published with ingress mode can't be used with dnsrr mode",
    ],
    [
      withPorts({ protocol: PortProtocol.udp }),
      'notImplemented EndpointSpec.Ports.Protocol: EndpointSpec.Ports.Protocol is not supported yet',
    ],
    [
      withPorts({ protocol: PortProtocol.sctp, publishedPort: 99 }),
      'notImplemented EndpointSpec.Ports.Protocol: EndpointSpec.Ports.Protocol is not supported yet',
    ],
    [
      service({ labels: new Map([['big', 'x'.repeat(limits.serviceSpecBytes)]]) }),
      'invalidSpec Spec: service spec is too large: 196645 bytes, at most 196608',
    ],
  ])('in case %#', (spec, expected) => {
    expect(verdict(() => checkServiceSpec(spec))).toBe(expected);
  });
});

describe('a service spec is fine', () => {
  test.each<[string, ServiceSpec]>([
    ['with the least', service()],
    ['with no replicas', withMode({ kind: 'replicated', value: newReplicatedMode() })],
    ['with dashes and underscores', service({ name: 'a-_b__C9' })],
    [
      'with udp in host mode',
      withPorts({ protocol: PortProtocol.udp, publishMode: PublishMode.host }),
    ],
    [
      'with dnsrr and host mode',
      withEndpoint({
        mode: EndpointMode.dnsrr,
        ports: [newPortConfig({ targetPort: 80, publishMode: PublishMode.host })],
      }),
    ],
    ['with several dynamic ports', withPorts({}, { targetPort: 81 })],
    [
      'with limits',
      withTask({ limits: newResourceLimits({ nanoCpus: 1e6, memoryBytes: 4_194_304 }) }),
    ],
    ['with variables', withContainer({ env: ['A=b=c', 'ONLY_NAME'] })],
    [
      'with a constraint',
      withTask({ placement: newPlacement({ constraints: ['node.role==worker'] }) }),
    ],
  ])('%s', (_, spec) => {
    expect(verdict(() => checkServiceSpec(spec))).toBe('fine');
  });

  test('or not in time that grows with the name or image only a little', () => {
    const name = `${'a'.repeat(31)}${'-'.repeat(31)}!`;
    expect(verdict(() => checkServiceSpec(service({ name })))).toContain('DNS name component');
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z.:/@_-]{0,200}$/), (text) => {
        expect(typeof isImageReference(`${text}!`)).toBe('boolean');
      }),
    );
  });
});

describe('an image reference', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  test.each([
    'nginx',
    'nginx:1.25',
    'library/nginx',
    'localhost:5000/a/b:tag',
    'registry.example.com/a_b/c--d.e',
    'host:443',
    `nginx@${digest}`,
    `nginx:1@${digest}`,
    '[::1]:5000/a',
  ])('may be %s', (text) => {
    expect(isImageReference(text)).toBe(true);
  });

  test.each([
    '',
    'Nginx',
    'a//b',
    'a/',
    '/a',
    'a b',
    'a:',
    'a:tag:tag',
    `a:${'x'.repeat(129)}`,
    'a@sha256:abc',
    `${'a'.repeat(256)}`,
    'f'.repeat(64),
    'a___b',
    'http://a/b',
  ])('may not be %s', (text) => {
    expect(isImageReference(text)).toBe(false);
  });
});

describe('an update', () => {
  const before = withPorts({ publishedPort: 80 });

  test.each<[string, Partial<ServiceSpec>]>([
    [
      'replicas',
      {
        mode: newServiceMode({
          mode: { kind: 'replicated', value: newReplicatedMode({ replicas: 9 }) },
        }),
      },
    ],
    ['labels', { labels: new Map([['a', 'b']]) }],
    ['the configuration of updates', { update: newUpdateConfig({ parallelism: 2 }) }],
    ['ports', { endpoint: undefined }],
    ['the task', { task: task({ container: newContainerSpec({ image: 'nginx:2' }) }) }],
  ])('may change %s', (_, fields) => {
    expect(verdict(() => checkServiceUpdate(before, { ...before, ...fields }))).toBe('fine');
  });

  test.each<[Partial<ServiceSpec>, string]>([
    [{ name: 'other' }, 'notImplemented Name: renaming services is not supported'],
    [
      { mode: newServiceMode({ mode: { kind: 'global', value: newGlobalMode() } }) },
      'notImplemented Mode: service mode change is not allowed',
    ],
  ])('of kind %# is refused', (fields, expected) => {
    expect(verdict(() => checkServiceUpdate(before, { ...before, ...fields }))).toBe(expected);
  });
});
