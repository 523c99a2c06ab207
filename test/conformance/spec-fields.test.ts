/**
 * Every field that the Docker API's definitions have for services, nodes and the cluster is kept and shown as it was given, or refused by its name:
 * none is dropped. What a container is made of reaches the engine.
 */
import { describe, expect, test } from 'vitest';

import { newAssignment } from '../../proto/gen/dispatcher.ts';
import type { JsonObject, JsonValue } from '../../proto/http/json.ts';
import { JsonFields } from '../../proto/http/json-fields.ts';
import { readServiceSpec } from '../../node/httpapi/shapes/service-spec-reader.ts';
import { containerBody } from '../../worker/executor/docker/container-body.ts';
import { ApiDefinitions } from '../lib/api/definitions.ts';
import { ApiRig } from '../lib/api/api-rig.ts';
import {
  clusterSamples,
  nodeSamples,
  type Sample,
  type Samples,
  serviceSamples,
  valueAt,
  withValue,
} from '../lib/api/spec-samples.ts';

const definitions = ApiDefinitions.load();

const minimal: JsonObject = {
  Name: 'web',
  TaskTemplate: { ContainerSpec: { Image: 'nginx:1' } },
};

/** A spec in which nothing but `path` is unusual. */
function specWith(path: string, value: JsonValue): JsonValue {
  return withValue(basisOf(path), stepsOf(path), value);
}

function stepsOf(path: string): readonly string[] {
  return path.split('.');
}

/** What must stand beside a field for it to be taken. */
function basisOf(path: string): JsonValue {
  if (path.includes('.Mounts.')) {
    const kind = /\.(Volume|Tmpfs|Bind)Options\./.exec(path)?.[1]?.toLowerCase();
    const mount = {
      Type: kind ?? 'volume',
      Target: '/t',
      ...(kind === 'bind' ? { Source: '/s' } : {}),
    };
    return withValue(minimal, stepsOf('TaskTemplate.ContainerSpec.Mounts'), [mount]);
  }
  if (path.includes('.Ports.')) {
    return withValue(minimal, stepsOf('EndpointSpec.Ports'), [{ TargetPort: 1 }]);
  }
  return minimal;
}

async function expectService(path: string, sample: Sample): Promise<void> {
  const rig = new ApiRig();
  const answer = await rig.post('/services/create', specWith(path, valueOf(sample)));
  if ('refused' in sample) {
    const message = `${sample.as} is not supported yet`;
    expect(answer).toMatchObject({ status: 501, json: { message } });
    return;
  }
  expect(answer).toMatchObject({ status: 201 });
  const shown = (await rig.get('/services/s1')).json as JsonObject;
  const expected = 'kept' in sample ? sample.kept : undefined;
  expect(valueAt(shown['Spec'], shownPath(path))).toEqual(expected);
}

function valueOf(sample: Sample): JsonValue {
  if ('kept' in sample) return sample.kept;
  return 'refused' in sample ? sample.refused : sample.unread;
}

/** The definitions write it as nobody else does. */
function shownPath(path: string): readonly string[] {
  return stepsOf(path.replace('.HealthCheck.', '.Healthcheck.'));
}

const services = Object.entries(serviceSamples);

describe('a field of a service', () => {
  test.each(services)('%s is kept or refused by name', async (path, sample) => {
    await expectService(path, sample);
  });
});

/** Of the template, what is not for the container: the scheduler, the loop or the manager take it. */
const notForTheContainer =
  /^TaskTemplate\.(?:Placement|RestartPolicy|ForceUpdate|Runtime|Resources\.Reservations)\b|StopGracePeriod|Isolation/;

/** What the container of a spec is made of. */
function containerOf(spec: JsonValue): JsonValue {
  const { task } = readServiceSpec(new JsonFields(spec));
  const assignment = newAssignment({
    taskId: 't',
    serviceId: 's',
    slot: 1,
    ...(task && { spec: task }),
  });
  const body = containerBody(assignment, { nodeId: 'n', hostname: 'h', platform: undefined }, []);
  return JSON.parse(JSON.stringify(body)) as JsonValue;
}

const containerFields = services.flatMap(([path, sample]) =>
  path.startsWith('TaskTemplate.') && 'kept' in sample && !notForTheContainer.test(path)
    ? [[path, sample.kept] as const]
    : [],
);

test.each(containerFields)('%s reaches the container', (path, value) => {
  const changed = containerOf(specWith(path, value));
  expect(changed).not.toEqual(containerOf(basisOf(path)));
});

function versionOf(shown: JsonObject): number {
  return Number(valueAt(shown, ['Version', 'Index']));
}

describe('a field of a node', () => {
  test.each(Object.entries(nodeSamples))('%s is kept', async (path, sample) => {
    const rig = new ApiRig();
    await rig.cluster.populate();
    const node = (await rig.get('/nodes/n1')).json as JsonObject;
    const value = valueOf(sample);
    const spec = withValue(node['Spec'] ?? {}, stepsOf(path), value);
    expect((await rig.post(`/nodes/n1/update?version=${versionOf(node)}`, spec)).status).toBe(200);
    const shown = (await rig.get('/nodes/n1')).json as JsonObject;
    expect(valueAt(shown['Spec'], stepsOf(path))).toEqual(value);
  });

  test('the role of the last manager is not changed', async () => {
    const rig = new ApiRig();
    await rig.cluster.populate();
    const node = (await rig.get('/nodes/n1')).json as JsonObject;
    const answer = await rig.post(`/nodes/n1/update?version=${versionOf(node)}`, {
      Role: 'worker',
      Availability: 'active',
    });
    expect(answer).toMatchObject({
      status: 400,
      json: {
        message:
          'rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm',
      },
    });
  });
});

describe('a field of the cluster', () => {
  test.each(Object.entries(clusterSamples))(
    '%s is kept or refused by name',
    async (path, sample) => {
      const rig = new ApiRig();
      rig.found();
      const before = (await rig.get('/swarm')).json as JsonObject;
      const spec = withValue(before['Spec'] ?? {}, stepsOf(path), valueOf(sample));
      const answer = await rig.post(`/swarm/update?version=${versionOf(before)}`, spec);
      if ('refused' in sample) {
        expect(answer).toMatchObject({
          status: 501,
          json: { message: `${sample.as} is not supported yet` },
        });
        return;
      }
      expect(answer).toMatchObject({ status: 200 });
      const after = (await rig.get('/swarm')).json as JsonObject;
      expect(valueAt(after['Spec'], stepsOf(path))).toEqual(valueOf(sample));
    },
  );
});

test.skipIf(definitions === undefined).each<[string, Samples]>([
  ['ServiceSpec', serviceSamples],
  ['SwarmSpec', clusterSamples],
  ['NodeSpec', nodeSamples],
])('every field of %s has a sample here', (name, samples) => {
  expect(Object.keys(samples).sort()).toEqual(definitions?.leavesOf(name).toSorted());
});

test('networks of the kind that ended with API 1.43 are refused up to then', async () => {
  const spec = { ...minimal, Networks: [{ Target: 'net' }] };
  expect(await new ApiRig().post('/v1.43/services/create', spec)).toMatchObject({
    status: 501,
    json: { message: 'Networks is not supported yet' },
  });
});
