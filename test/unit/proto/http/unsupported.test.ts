// What Shoal cannot do yet is refused by name and never dropped; what clients send without meaning anything by it is not refused.
import { describe, expect, test } from 'vitest';

import { ShoalError } from '../../../../common/pure/errors.ts';
import { adjustForApiVersion } from '../../../../proto/http/api-gates.ts';
import type { JsonValue } from '../../../../proto/http/json.ts';
import {
  refuseUnsupportedCluster,
  refuseUnsupportedService,
} from '../../../../proto/http/unsupported.ts';

function refusal(check: (value: JsonValue) => void, value: JsonValue): string {
  try {
    check(value);
  } catch (error) {
    if (error instanceof ShoalError && error.code === 'notImplemented') return error.message;
    throw error;
  }
  return 'accepted';
}

/** `value` at the end of a path. */
function nested(path: string, value: JsonValue): JsonValue {
  return path
    .split('.')
    .reduceRight<JsonValue>((inner, step) => (step === '*' ? [inner] : { [step]: inner }), value);
}

const container = 'TaskTemplate.ContainerSpec';

describe('a service', () => {
  test.each<[string, JsonValue, string]>([
    ['mode.globaljob', {}, 'Mode.GlobalJob'],
    ['Mode.ReplicatedJob', {}, 'Mode.ReplicatedJob'],
    ['Mode.GlobalJob', {}, 'Mode.GlobalJob'],
    ['Networks', [{ Target: 'n' }], 'Networks'],
    ['EndpointSpec.Mode', 'dnsrr', 'EndpointSpec.Mode "dnsrr"'],
    ['TaskTemplate.Networks', [{ Target: 'n' }], 'TaskTemplate.Networks'],
    ['TaskTemplate.PluginSpec', { Name: 'p' }, 'TaskTemplate.PluginSpec'],
    ['TaskTemplate.Runtime', 'plugin', 'TaskTemplate.Runtime "plugin"'],
    [
      'TaskTemplate.Resources.Reservations.GenericResources',
      [{ DiscreteResourceSpec: { Kind: 'gpu', Value: 1 } }],
      'TaskTemplate.Resources.Reservations.GenericResources',
    ],
    ['TaskTemplate.Resources.MemorySwappiness', 0, 'TaskTemplate.Resources.MemorySwappiness'],
    [`${container}.Secrets`, [{ SecretName: 's' }], `${container}.Secrets`],
    [`${container}.Configs`, [{ ConfigName: 's' }], `${container}.Configs`],
    [`${container}.Privileges`, { NoNewPrivileges: true }, `${container}.Privileges`],
    [`${container}.Mounts.*.Type`, 'image', `${container}.Mounts.Type "image"`],
    [
      `${container}.Mounts.*.TmpfsOptions.Options`,
      [['noexec']],
      `${container}.Mounts.TmpfsOptions.Options`,
    ],
  ])('with %s %j is refused', (path, value, field) => {
    const words = refusal(refuseUnsupportedService, nested(path, value));
    expect(words).toBe(`${field} is not supported yet`);
  });

  test('as the docker client sends it is accepted', () => {
    const spec = {
      Name: 'web',
      TaskTemplate: {
        ContainerSpec: {
          Image: 'nginx',
          Privileges: { CredentialSpec: null, SELinuxContext: null, NoNewPrivileges: false },
          Secrets: [],
          Configs: null,
          Mounts: [{ Type: 'volume' }],
        },
        Networks: null,
        Resources: { Reservations: { GenericResources: null }, MemorySwappiness: null },
        Runtime: 'container',
      },
      Mode: { Replicated: { Replicas: 1 } },
      EndpointSpec: { Mode: 'vip' },
    };
    expect(refusal(refuseUnsupportedService, spec)).toBe('accepted');
  });
});

describe('the version of the client', () => {
  const cases: readonly [number, string][] = [
    [40, `${container}.Sysctls`],
    [40, 'TaskTemplate.Placement.MaxReplicas'],
    [41, `${container}.CapabilityAdd`],
    [41, `${container}.Ulimits`],
    [41, 'TaskTemplate.Resources.Limits.Pids'],
    [41, 'Mode.ReplicatedJob'],
    [44, `${container}.Healthcheck.StartInterval`],
    [44, `${container}.Privileges.Seccomp`],
    [46, `${container}.OomScoreAdj`],
    [46, `${container}.Mounts.*.TmpfsOptions.Options`],
    [52, 'TaskTemplate.Resources.SwapBytes'],
  ];
  test.each(cases)('below 1.%i drops %s', (since, path) => {
    const spec = nested(path, 'kept');
    expect(adjustForApiVersion(spec, since)).toEqual(spec);
    expect(JSON.stringify(adjustForApiVersion(spec, since - 1))).not.toContain('kept');
  });

  test('from 1.44 on the legacy Networks are ignored', () => {
    expect(adjustForApiVersion({ Networks: [1] }, 43)).toEqual({ Networks: [1] });
    expect(adjustForApiVersion({ networks: [1] }, 44)).toEqual({});
  });
});

describe('a cluster', () => {
  test.each<[string, JsonValue]>([
    ['EncryptionConfig.AutoLockManagers', true],
    ['CAConfig.ExternalCAs', [{ URL: 'x' }]],
    ['CAConfig.ForceRotate', 1],
    ['CAConfig.SigningCAKey', 'x'],
  ])('with %s %j is refused', (path, value) => {
    expect(refusal(refuseUnsupportedCluster, nested(path, value))).toBe(
      `${path} is not supported yet`,
    );
  });

  test('as swarm init sends it is accepted', () => {
    const spec = {
      CAConfig: { NodeCertExpiry: 1, ExternalCAs: null },
      EncryptionConfig: { AutoLockManagers: false },
    };
    expect(refusal(refuseUnsupportedCluster, spec)).toBe('accepted');
  });
});
