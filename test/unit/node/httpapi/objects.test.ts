// Services, tasks, nodes, secrets and configs as clients read and change them, over a fake cluster.
import { beforeEach, describe, expect, test } from 'vitest';

import { ShoalError } from '../../../../common/pure/errors.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { NodeAvailability } from '../../../../proto/gen/specs.ts';
import { ApiFixture } from '../../../lib/api-fixture.ts';
import { fakeNetworkId, fakeNodeId, FakeNodeControl } from '../../../lib/fake-cluster.ts';

let api: ApiFixture;

beforeEach(() => {
  api = new ApiFixture();
});

const webSpec = {
  Name: 'web',
  Labels: { a: '1' },
  TaskTemplate: { ContainerSpec: { Image: 'nginx' } },
  Mode: { Replicated: { Replicas: 2 } },
  EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 8080 }] },
};

async function createWeb(): Promise<string> {
  const { status, json } = await api.ask('POST', '/services/create', { body: webSpec });
  expect(status).toBe(201);
  return (json as { ID: string }).ID;
}

const message = (text: string): unknown => ({ message: text });

describe('/services', () => {
  test('create answers 201 with the id', async () => {
    const { status, json } = await api.ask('POST', '/services/create', { body: webSpec });
    expect([status, json]).toEqual([201, { ID: 'svc0000000000000000000001', Warnings: null }]);
  });

  test('create without a name makes one up', async () => {
    const { ID } = (await api.ask('POST', '/services/create', { body: { ...webSpec, Name: '' } }))
      .json as { ID: string };
    const { json } = await api.ask('GET', `/services/${ID}`);
    expect((json as { Spec: { Name: string } }).Spec.Name).toMatch(/^[a-z]+_[a-z]+$/);
  });

  test('inspect shows what was created, and with insertDefaults what is in force', async () => {
    const id = await createWeb();
    const plain = (await api.ask('GET', '/services/web')).json;
    expect(plain).toEqual({
      ID: id,
      Version: { Index: 10 },
      CreatedAt: '2026-01-01T00:00:01.5Z',
      UpdatedAt: '2026-01-01T00:00:01.5Z',
      Spec: {
        Name: 'web',
        Labels: { a: '1' },
        TaskTemplate: {
          ContainerSpec: { Image: 'nginx', Isolation: 'default' },
          ForceUpdate: 0,
          Runtime: 'container',
        },
        Mode: { Replicated: { Replicas: 2 } },
        EndpointSpec: {
          Mode: 'vip',
          Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' }],
        },
      },
      Endpoint: {
        Spec: {
          Mode: 'vip',
          Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' }],
        },
        Ports: [{ Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'ingress' }],
      },
    });
    expect((await api.ask('GET', '/services/web?insertDefaults=true')).json).toMatchObject({
      Spec: { UpdateConfig: { Parallelism: 1 } },
    });
  });

  test('lists have the status only for those who ask and know it', async () => {
    await createWeb();
    const withStatus = (await api.ask('GET', '/services?status=true')).json;
    expect(withStatus).toMatchObject([{ ServiceStatus: { RunningTasks: 2, DesiredTasks: 2 } }]);
    for (const target of ['/services', '/v1.40/services?status=true']) {
      const { text } = await api.ask('GET', target);
      expect(text).not.toContain('ServiceStatus');
    }
  });

  test('an empty list is a list', async () => {
    expect((await api.ask('GET', '/services')).text).toBe('[]');
  });

  test('filters come as maps or lists', async () => {
    await createWeb();
    for (const filters of ['{"name":{"we":true}}', '{"name":["we"]}']) {
      const { json } = await api.ask('GET', `/services?filters=${encodeURIComponent(filters)}`);
      expect(json).toHaveLength(1);
    }
  });

  test.each([
    ['{"colour":["red"]}', "invalid filter 'colour'"],
    [
      '{"name":"x"}',
      'invalid filters: expected an object whose values are objects or lists of strings',
    ],
    ['[]', 'invalid filters: expected an object whose values are objects or lists of strings'],
    [
      '{"name":[1]}',
      'invalid filters: expected an object whose values are objects or lists of strings',
    ],
    ['{"name":{"a":tru', 'invalid JSON: unexpected end of JSON input'],
    ['{"__proto__":{"a":true}}', 'invalid JSON: key __proto__ is not allowed in the body'],
  ])('filters %s are refused', async (filters, text) => {
    const { status, json } = await api.ask(
      'GET',
      `/services?filters=${encodeURIComponent(filters)}`,
    );
    expect([status, json]).toEqual([400, message(text)]);
  });

  test('update passes the spec on with its version', async () => {
    const id = await createWeb();
    const body = { ...webSpec, Mode: { Replicated: { Replicas: 5 } } };
    const { status, json } = await api.ask('POST', '/services/web/update?version=10', { body });
    expect([status, json]).toEqual([200, { Warnings: null }]);
    expect(api.control.api.services.get(id)?.spec.mode?.mode).toMatchObject({
      value: { replicas: 5 },
    });
    const stale = await api.ask('POST', '/services/web/update?version=10', { body });
    expect([stale.status, stale.json]).toEqual([
      500,
      message('rpc error: code = Unknown desc = update out of sequence'),
    ]);
  });

  test.each([
    ['', `invalid service version '': strconv.ParseUint: parsing "": invalid syntax`],
    [
      '?version=-1',
      `invalid service version '-1': strconv.ParseUint: parsing "-1": invalid syntax`,
    ],
    [
      '?version=99999999999999999999',
      `invalid service version '99999999999999999999': strconv.ParseUint: parsing "99999999999999999999": value out of range`,
    ],
  ])('update%s is refused', async (query, text) => {
    const { status, json } = await api.ask('POST', `/services/web/update${query}`, {
      body: webSpec,
    });
    expect([status, json]).toEqual([400, message(text)]);
  });

  test('rollback goes to the previous spec, and not without one', async () => {
    await createWeb();
    const rollback = '/services/web/update?rollback=previous&version=';
    const refused = await api.ask('POST', `${rollback}10`, { body: webSpec });
    const id = [...api.control.api.services.keys()][0];
    const text = `rpc error: code = FailedPrecondition desc = service ${id} does not have a previous spec`;
    expect([refused.status, refused.json]).toEqual([400, message(text)]);
    const labelled = { ...webSpec, Labels: { b: '2' } };
    await api.ask('POST', '/services/web/update?version=10', { body: labelled });
    expect((await api.ask('POST', `${rollback}11`, { body: labelled })).status).toBe(200);
    expect([...api.control.api.services.values()][0]?.spec.labels).toEqual(new Map([['a', '1']]));
    const odd = '/services/web/update?version=12&rollback=odd';
    expect(await api.ask('POST', odd, { body: webSpec })).toMatchObject({
      status: 400,
      json: message('unrecognized rollback option odd'),
    });
  });

  test('the registry login is stored, kept by an update without one, and never shown', async () => {
    const headers = { 'x-registry-auth': 'c2VjcmV0' };
    await api.ask('POST', '/services/create', { body: webSpec, headers });
    await api.ask('POST', '/services/web/update?version=10', { body: webSpec });
    const stored = [...api.control.api.services.values()][0];
    expect(stored?.spec.task?.container?.registryAuth).toBe('c2VjcmV0');
    for (const path of ['/services', '/services/web', '/tasks']) {
      expect((await api.ask('GET', path)).text).not.toContain('c2VjcmV0');
    }
    const previous = '/services/web/update?version=11&registryAuthFrom=previous-spec';
    expect((await api.ask('POST', previous, { body: webSpec })).status).toBe(200);
    const odd = '/services/web/update?version=12&registryAuthFrom=elsewhere';
    expect((await api.ask('POST', odd, { body: webSpec })).json).toEqual(
      message('unsupported registryAuthFrom value'),
    );
  });

  test('a service goes back to no login when the previous spec had none', async () => {
    await api.ask('POST', '/services/create', { body: webSpec });
    const headers = { 'x-registry-auth': 'c2VjcmV0' };
    await api.ask('POST', '/services/web/update?version=10', { body: webSpec, headers });
    const previous = '/services/web/update?version=11&registryAuthFrom=previous-spec';
    expect((await api.ask('POST', previous, { body: webSpec })).status).toBe(200);
    const stored = [...api.control.api.services.values()][0];
    expect(stored?.spec.task?.container?.registryAuth).toBe('');
  });

  test('an image is pinned by the server for clients before 1.30, with a warning when it cannot be', async () => {
    const digest = `sha256:${'1'.repeat(64)}`;
    const { Image: image } = webSpec.TaskTemplate.ContainerSpec;
    const [name = '', tag = 'latest'] = image.split(':');
    const lookup = `/distribution/${name}:${tag}/json`;
    api.engine.json(lookup, { Descriptor: { digest } });
    const headers = { 'x-registry-auth': 'c2VjcmV0' };
    await api.ask('POST', '/v1.29/services/create', { body: webSpec, headers });
    const stored = (): string | undefined =>
      [...api.control.api.services.values()][0]?.spec.task?.container?.image;
    expect(stored()).toBe(`${name}:${tag}@${digest}`);
    expect(api.engine.requests.at(-1)?.headers.get('x-registry-auth')).toBe('c2VjcmV0');

    api.engine.json(lookup, { message: 'denied' }, 403);
    const update = await api.ask('POST', '/v1.29/services/web/update?version=10', {
      body: webSpec,
    });
    expect(update.json).toEqual({
      Warnings: [
        `image ${image} could not be accessed on a registry to record\nits digest. Each node will access ${image} independently,\npossibly leading to different nodes running different\nversions of the image.\n`,
      ],
    });
    expect(stored()).toBe(image);
    const asked = api.engine.requests.length;
    await api.ask('POST', '/v1.30/services/web/update?version=11', { body: webSpec });
    expect(api.engine.requests).toHaveLength(asked);
  });

  test('delete answers 200, and 404 afterwards', async () => {
    await createWeb();
    expect(await api.ask('DELETE', '/services/web')).toMatchObject({ status: 200, text: '' });
    expect(await api.ask('DELETE', '/services/web')).toMatchObject({
      status: 404,
      json: message('service web not found'),
    });
  });

  test('what a node without a manager cannot do comes before what Shoal cannot do', async () => {
    const outside = new ApiFixture(new FakeNodeControl());
    const body = { ...webSpec, Mode: { GlobalJob: {} } };
    expect((await outside.ask('POST', '/services/create', { body })).status).toBe(503);
    expect(await api.ask('POST', '/services/create', { body })).toMatchObject({
      status: 501,
      json: message('Mode.GlobalJob is not supported yet'),
    });
  });

  test('names with escapes are decoded, and bad escapes refused', async () => {
    expect((await api.ask('GET', '/services/a%2Fb')).json).toEqual(
      message('service a/b not found'),
    );
    expect((await api.ask('GET', '/services/%zz')).status).toBe(400);
  });

  test('a busy manager says when to ask again', async () => {
    api.control.api.failure = new ShoalError('tooBusy', 'too many changes');
    const { status, headers } = await api.ask('POST', '/services/create', { body: webSpec });
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  });
});

describe('/tasks', () => {
  test('show their spec, state, addresses and network', async () => {
    const id = await createWeb();
    const filters = encodeURIComponent('{"service":{"web":true},"_up-to-date":{"true":true}}');
    const { json } = await api.ask('GET', `/tasks?filters=${filters}`);
    expect(json).toHaveLength(2);
    const [first] = json as readonly { ID: string }[];
    expect(first).toMatchObject({
      Labels: {},
      Spec: { ContainerSpec: { Image: 'nginx' }, ForceUpdate: 0 },
      ServiceID: id,
      Slot: 1,
      NodeID: fakeNodeId,
      Status: {
        Timestamp: '2026-01-01T00:00:01.5Z',
        State: 'running',
        Message: 'started',
        ContainerStatus: { ContainerID: 'c0ffee', PID: 42, ExitCode: 0 },
        PortStatus: {},
      },
      DesiredState: 'running',
      NetworksAttachments: [
        {
          Network: {
            ID: fakeNetworkId,
            Spec: { Name: 'ingress', Ingress: true, Scope: 'swarm' },
            IPAMOptions: { Configs: [{ Subnet: '10.0.0.0/24', Gateway: '10.0.0.1' }] },
          },
          Addresses: ['10.0.0.2/24'],
        },
      ],
    });
    expect((await api.ask('GET', `/tasks/${first?.ID ?? ''}`)).json).toEqual(first);
  });

  test("a wrong desired state is refused in Docker's words", async () => {
    const filters = encodeURIComponent('{"desired-state":["flying"]}');
    const { json } = await api.ask('GET', `/tasks?filters=${filters}`);
    expect(json).toEqual(message("Invalid desired-state filter: 'flying'"));
  });

  test('a long list comes in slices that make one JSON text', async () => {
    const rows = limits.apiListSliceRows * 2 + 5;
    const body = { ...webSpec, Mode: { Replicated: { Replicas: rows } } };
    await api.ask('POST', '/services/create', { body });
    const answer = api.ask('GET', '/tasks');
    await api.clock.advance(1);
    await api.clock.advance(1);
    expect((await answer).json).toHaveLength(rows);
  });
});

describe('/nodes', () => {
  test('show role, description and manager status', async () => {
    const { json } = await api.ask('GET', '/nodes');
    expect(json).toEqual([(await api.ask('GET', `/nodes/${fakeNodeId}`)).json]);
    expect(json).toMatchObject([
      {
        ID: fakeNodeId,
        Spec: { Labels: {}, Role: 'manager', Availability: 'active' },
        Description: {
          Hostname: 'host1',
          Platform: { Architecture: 'x86_64', OS: 'linux' },
          Resources: { NanoCPUs: 2_000_000_000, MemoryBytes: 1_000_000_000 },
          Engine: { EngineVersion: '28.2.2', Plugins: [{ Type: 'Network', Name: 'bridge' }] },
          TLSInfo: { TrustRoot: 'PEM' },
        },
        Status: { State: 'ready', Addr: '127.0.0.1' },
        ManagerStatus: { Leader: true, Reachability: 'reachable', Addr: '127.0.0.1:2377' },
      },
    ]);
  });

  test('update changes availability and labels', async () => {
    const body = { Role: 'manager', Availability: 'drain', Labels: { zone: 'a' } };
    const { status } = await api.ask('POST', `/nodes/${fakeNodeId}/update?version=10`, { body });
    expect(status).toBe(200);
    expect(api.control.api.nodeSpec.availability).toBe(NodeAvailability.drain);
    const bad = await api.ask('POST', `/nodes/${fakeNodeId}/update?version=10`, {
      body: { ...body, Role: 'king' },
    });
    expect(bad.json).toEqual(message('invalid Role: "king"'));
  });

  test('is removed, by force if asked', async () => {
    expect((await api.ask('DELETE', `/nodes/${fakeNodeId}`)).status).toBe(200);
    expect((await api.ask('DELETE', `/nodes/${fakeNodeId}?force=1`)).status).toBe(200);
    const removals = api.control.api.calls.filter((call) => call.startsWith('removeNode'));
    expect(removals).toEqual([`removeNode ${fakeNodeId}`, `removeNode ${fakeNodeId} by force`]);
  });
});

describe('secrets and configs', () => {
  test.each(['secret', 'config'])(
    'of %ss there are none, and none can be made yet',
    async (kind) => {
      expect((await api.ask('GET', `/${kind}s`)).text).toBe('[]');
      expect((await api.ask('GET', `/${kind}s/x`)).json).toEqual(message(`${kind} x not found`));
      expect((await api.ask('POST', `/${kind}s/create`, { body: {} })).status).toBe(501);
      const outside = new ApiFixture(new FakeNodeControl());
      expect((await outside.ask('GET', `/${kind}s`)).status).toBe(503);
    },
  );
});
