// A spec that is shown and comes back must be the same spec, or scaling a service would change its tasks.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  encodeServiceSpec,
  newContainerSpec,
  newDnsConfig,
  newEndpointSpec,
  newHealthConfig,
  newMount,
  newPlacement,
  newPortConfig,
  newReplicatedMode,
  newResourceLimits,
  newResourceReservations,
  newRestartPolicy,
  newServiceMode,
  newServiceSpec,
  newTaskSpec,
  newUpdateConfig,
  newUlimit,
  MountType,
  type ServiceSpec,
} from '../../../../../proto/gen/specs.ts';
import { JsonFields } from '../../../../../proto/http/json-fields.ts';
import { type JsonValue, parseUntrustedJson } from '../../../../../proto/http/json.ts';
import { writeWithDefaults } from '../../../../../node/httpapi/shapes/service-defaults.ts';
import { readServiceSpec } from '../../../../../node/httpapi/shapes/service-spec-reader.ts';
import { writeServiceSpec } from '../../../../../node/httpapi/shapes/service-spec-writer.ts';

function read(value: JsonValue): ServiceSpec {
  return readServiceSpec(new JsonFields(value));
}

function throughJson(spec: ServiceSpec): ServiceSpec {
  return read(parseUntrustedJson(JSON.stringify(writeServiceSpec(spec))));
}

const text = fc.string({ maxLength: 8 });
const texts = fc.array(text, { maxLength: 3 });
const textMap = fc
  .dictionary(
    fc.string({ minLength: 1, maxLength: 4 }).filter((key) => !key.startsWith('__')),
    text,
    { maxKeys: 3 },
  )
  .map((record) => new Map(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))));
const ns = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const count = fc.integer({ min: 0, max: 1_000_000 });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const mount = fc
  .record({
    source: text,
    target: text,
    readOnly: fc.boolean(),
    bindPropagation: text,
    bindNonRecursive: fc.boolean(),
    volumeNoCopy: fc.boolean(),
    volumeLabels: textMap,
    volumeDriver: text,
    volumeDriverOptions: textMap,
    volumeSubpath: text,
    consistency: text,
  })
  .map((fields) => newMount({ ...fields, type: MountType.volume }));

const container = fc
  .record({
    image: text,
    labels: textMap,
    command: texts,
    args: texts,
    env: texts,
    hostname: text,
    init: optional(fc.boolean()),
    tty: fc.boolean(),
    stopGracePeriodNs: optional(ns),
    dns: optional(
      fc.record({ nameservers: texts, search: texts, options: texts }).map(newDnsConfig),
    ),
    healthcheck: optional(
      fc.record({ test: texts, intervalNs: ns, retries: count }).map(newHealthConfig),
    ),
    mounts: fc.array(mount, { maxLength: 2 }),
    ulimits: fc.array(fc.record({ name: text, soft: ns, hard: ns }).map(newUlimit), {
      maxLength: 2,
    }),
    oomScoreAdj: fc.integer({ min: -1000, max: 1000 }),
  })
  .map(newContainerSpec);

const updateConfig = fc
  .record({
    parallelism: count,
    delayNs: ns,
    monitorNs: ns,
    maxFailureRatio: fc.double({ min: 0, max: 1, noNaN: true }).map((ratio) => ratio + 0),
  })
  .map(newUpdateConfig);

const serviceSpec = fc
  .record({
    name: text,
    labels: textMap,
    task: fc
      .record({
        container,
        limits: optional(
          fc.record({ nanoCpus: ns, memoryBytes: ns, pids: ns }).map(newResourceLimits),
        ),
        reservations: optional(fc.record({ nanoCpus: ns }).map(newResourceReservations)),
        restart: optional(
          fc
            .record({ delayNs: optional(ns), maxAttempts: count, windowNs: optional(ns) })
            .map(newRestartPolicy),
        ),
        placement: optional(
          fc
            .record({ constraints: texts, spreadPreferences: texts, maxReplicas: count })
            .map(newPlacement),
        ),
        forceUpdate: count,
        runtime: fc.constant('container'),
      })
      .map(newTaskSpec),
    mode: count.map((replicas) =>
      newServiceMode({ mode: { kind: 'replicated', value: newReplicatedMode({ replicas }) } }),
    ),
    update: optional(updateConfig),
    rollback: optional(updateConfig),
    endpoint: optional(
      fc
        .array(
          fc.record({ targetPort: count, publishedPort: count, name: text }).map(newPortConfig),
          { maxLength: 2 },
        )
        .map((ports) => newEndpointSpec({ ports })),
    ),
  })
  .map(newServiceSpec);

describe('a service spec', () => {
  test('comes back from JSON as the same bytes', () => {
    fc.assert(
      fc.property(serviceSpec, (spec) => {
        expect(encodeServiceSpec(throughJson(spec))).toEqual(encodeServiceSpec(spec));
      }),
      { numRuns: 300 },
    );
  });

  test('that was read once is the same when it was shown and read again', () => {
    const first = read({
      Name: 'a',
      TaskTemplate: { RestartPolicy: {}, Resources: { Limits: {} } },
    });
    expect(encodeServiceSpec(throughJson(first))).toEqual(encodeServiceSpec(first));
  });

  test('takes what Docker takes where nothing is said', () => {
    const spec = read({ Name: 'a' });
    expect(spec.mode?.mode).toMatchObject({ kind: 'replicated', value: { replicas: 1 } });
    expect(spec.task?.runtime).toBe('');
    expect(read({ TaskTemplate: {} }).task?.runtime).toBe('container');
  });

  test('keeps durations to the nanosecond', () => {
    const spec = read({ UpdateConfig: { Delay: 1_234_567_890_123_457 } });
    expect(spec.update?.delayNs).toBe(1_234_567_890_123_457);
    expect(JSON.stringify(writeServiceSpec(spec))).toContain('"Delay":1234567890123457');
  });

  test('is shown with the fields that Go writes always and without those it omits', () => {
    const spec = read({
      Name: 'web',
      TaskTemplate: { ContainerSpec: { Image: 'nginx' } },
      UpdateConfig: { Parallelism: 0 },
    });
    expect(JSON.parse(JSON.stringify(writeServiceSpec(spec)))).toEqual({
      Name: 'web',
      Labels: {},
      TaskTemplate: {
        ContainerSpec: { Image: 'nginx', Isolation: 'default' },
        ForceUpdate: 0,
        Runtime: 'container',
      },
      Mode: { Replicated: { Replicas: 1 } },
      UpdateConfig: {
        Parallelism: 0,
        FailureAction: 'pause',
        MaxFailureRatio: 0,
        Order: 'stop-first',
      },
    });
  });

  test('never shows the registry login', () => {
    const task = newTaskSpec({ container: newContainerSpec({ image: 'a', registryAuth: 'hush' }) });
    const shown = JSON.stringify(writeServiceSpec(newServiceSpec({ task })));
    expect(shown).not.toContain('hush');
  });

  test('with defaults shows what is in force', () => {
    const spec = read({ TaskTemplate: { ContainerSpec: { Image: 'a' } } });
    expect(JSON.parse(JSON.stringify(writeWithDefaults(spec)))).toMatchObject({
      TaskTemplate: {
        ContainerSpec: { StopGracePeriod: 10_000_000_000, DNSConfig: {} },
        Resources: {},
        RestartPolicy: { Condition: 'any', Delay: 5_000_000_000, MaxAttempts: 0 },
        Placement: {},
      },
      UpdateConfig: { Parallelism: 1, Monitor: 5_000_000_000 },
      RollbackConfig: { Parallelism: 1, FailureAction: 'pause' },
    });
  });

  test("jobs take Docker's defaults", () => {
    expect(read({ Mode: { ReplicatedJob: { MaxConcurrent: 3 } } }).mode?.mode).toMatchObject({
      value: { maxConcurrent: 3, totalCompletions: 3 },
    });
    expect(read({ Mode: { Global: {} } }).mode?.mode?.kind).toBe('global');
    expect(read({ Mode: { GlobalJob: {} } }).mode?.mode?.kind).toBe('globalJob');
  });
});
