// The routes over a fake node, cluster and engine: what a client asks and what it gets, byte for byte where clients look.
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

describe('a ping', () => {
  test('says versions and the state of the swarm, and is not cached', async () => {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, text } = await api.ask(method, '/_ping');
      expect(status).toBe(200);
      expect(text).toBe(method === 'GET' ? 'OK' : '');
      expect(Object.fromEntries(headers)).toMatchObject({
        'api-version': '1.49',
        'cache-control': 'no-cache, no-store, must-revalidate',
        'docker-experimental': 'false',
        ostype: 'linux',
        pragma: 'no-cache',
        server: 'Docker/1.2.3 (linux)',
        swarm: 'active/manager',
      });
    }
  });

  test.each([
    ['inactive', false, 'inactive'],
    ['pending', false, 'pending'],
    ['active', false, 'active/worker'],
    ['active', true, 'active/manager'],
    ['locked', false, 'locked'],
    ['error', false, 'error'],
  ] as const)('of a node that is %s (manager: %s) says %s', async (state, isManager, word) => {
    api.control.state = state;
    api.control.controlAvailable = isManager;
    const { headers } = await api.ask('HEAD', '/_ping');
    expect(headers.get('swarm')).toBe(word);
  });

  test('asks the engine for its builder, but not at every ping', async () => {
    const headers = new Map([['builder-version', '2']]);
    const body = new Uint8Array(0);
    api.engine.answers.set('/_ping', () => Promise.resolve({ status: 200, headers, body }));
    for (let count = 0; count < 3; count += 1) {
      const answer = await api.ask('HEAD', '/_ping');
      expect(answer.headers.get('builder-version')).toBe('2');
    }
    expect(api.engine.requests).toHaveLength(1);
  });

  test('answers while the engine is down or hangs', async () => {
    api.engine.isDown = true;
    expect((await api.ask('GET', '/_ping')).text).toBe('OK');
    const hanging = new ApiFixture();
    hanging.engine.answers.set('/_ping', (_, signal) => untilAborted(signal));
    const answer = hanging.ask('GET', '/_ping');
    await hanging.clock.advance(limits.apiEnginePingMs);
    expect((await answer).text).toBe('OK');
  });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return promise;
}

describe('versions', () => {
  test.each([
    ['/v1.99/services', 'client version 1.99 is too new. Maximum supported API version is 1.49'],
    [
      '/v1.10/containers/json',
      'client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version',
    ],
  ])('%s is refused', async (path, text) => {
    const { status, json } = await api.ask('GET', path);
    expect(status).toBe(400);
    expect(json).toEqual(message(text));
  });

  test("the engine is asked in the client's version, and never in one that it does not speak", async () => {
    api.engine.json('/version', {
      Version: '28',
      ApiVersion: '1.49',
      Components: [{ Name: 'Engine' }],
    });
    await api.ask('GET', '/v1.41/version');
    await api.ask('GET', '/version');
    expect(api.engine.requests.map(({ path }) => path)).toEqual([
      '/v1.41/version',
      '/v1.49/version',
    ]);
  });
});

describe('/version and /info', () => {
  test("merge the engine's answer", async () => {
    api.engine.json('/version', {
      Version: '28.2.2',
      ApiVersion: '1.60',
      MinAPIVersion: '1.44',
      Components: [{ Name: 'Engine', Version: '28.2.2' }],
    });
    const { json } = await api.ask('GET', '/version');
    expect(json).toMatchObject({
      Version: '28.2.2',
      ApiVersion: '1.49',
      MinAPIVersion: '1.24',
      Platform: { Name: 'Shoal 1.2.3' },
      Components: [{ Name: 'Shoal', Version: '1.2.3' }, { Name: 'Engine' }],
    });
  });

  test('info has the swarm and keeps numbers beyond 2^53', async () => {
    api.engine.json('/info', '{"MemTotal":9223372036854775807,"Warnings":["w1"],"Swarm":{"x":1}}');
    api.control.warnings = ['port 80 could not be bound'];
    const { text, json } = await api.ask('GET', '/info');
    expect(text).toContain('"MemTotal":9223372036854775807');
    expect(json).toMatchObject({
      Swarm: {
        NodeID: fakeNodeId,
        NodeAddr: '127.0.0.1',
        LocalNodeState: 'active',
        ControlAvailable: true,
        Error: '',
        RemoteManagers: [{ NodeID: fakeNodeId, Addr: '127.0.0.1:2377' }],
        Nodes: 1,
        Managers: 1,
        Cluster: { Spec: { Name: 'default' }, SubnetSize: 24 },
      },
      Warnings: ['w1', 'port 80 could not be bound'],
    });
  });

  test('without an engine say what is known, with a warning', async () => {
    api.engine.isDown = true;
    const info = await api.ask('GET', '/info');
    expect(info.status).toBe(200);
    expect(info.json).toMatchObject({
      Name: 'host1',
      NCPU: 2,
      ServerVersion: '1.2.3',
      Swarm: { LocalNodeState: 'active', Nodes: 1 },
      Warnings: ['WARNING: engine unavailable: connect ENOENT'],
    });
    const version = await api.ask('GET', '/version');
    expect(version.json).toMatchObject({ Version: '1.2.3', ApiVersion: '1.49' });
  });

  test('wait for a hung engine no longer than the limit', async () => {
    api.engine.answers.set('/info', (_, signal) => untilAborted(signal));
    const answer = api.ask('GET', '/info');
    await api.clock.advance(limits.apiEngineMs);
    expect((await answer).json).toMatchObject({
      Warnings: [
        'WARNING: engine unavailable: the Docker Engine of this node does not answer in time',
      ],
    });
  });

  test('info outside a swarm has neither cluster nor counts', async () => {
    const outside = new ApiFixture(new FakeNodeControl());
    outside.engine.json('/info', {});
    const { json } = await outside.ask('GET', '/info');
    expect((json as { Swarm: unknown }).Swarm).toEqual({
      NodeID: '',
      NodeAddr: '',
      LocalNodeState: 'inactive',
      ControlAvailable: false,
      Error: '',
      RemoteManagers: null,
    });
  });
});

describe('/swarm', () => {
  const init = { ListenAddr: '0.0.0.0:2377', Availability: 'active', Spec: {} };

  test("init answers the node's id as bare JSON", async () => {
    const outside = new ApiFixture(new FakeNodeControl());
    const body = {
      ...init,
      AdvertiseAddr: '10.1.1.1',
      DefaultAddrPool: ['10.0.0.0/8'],
      SubnetSize: 24,
    };
    const { status, text } = await outside.ask('POST', '/swarm/init', { body });
    expect([status, text]).toEqual([200, `"${fakeNodeId}"`]);
    expect(outside.control.lastInit).toMatchObject({
      listenAddress: '0.0.0.0:2377',
      advertiseAddress: '10.1.1.1',
      addressPools: ['10.0.0.0/8'],
      subnetSize: 24,
      availability: NodeAvailability.active,
      spec: {
        name: 'default',
        taskHistoryRetentionLimit: 5,
        snapshotInterval: 10_000,
        electionTick: 10,
        heartbeatPeriodNs: 5_000_000_000,
        nodeCertExpiryNs: 7_776_000_000_000_000,
      },
    });
  });

  test.each([
    [{ ...init, ListenAddr: '' }, 400, 'invalid ListenAddr "": invalid empty address'],
    [{ ...init, AutoLockManagers: true }, 501, 'AutoLockManagers is not supported yet'],
    [
      { ...init, Spec: { EncryptionConfig: { AutoLockManagers: true } } },
      501,
      'EncryptionConfig.AutoLockManagers is not supported yet',
    ],
    [{ ...init, Spec: { Name: 'other' } }, 400, 'swarm spec must be named "default"'],
    [{ ...init, Availability: 'sometimes' }, 400, 'invalid Availability: "sometimes"'],
    [{ ...init, ListenAddr: 5 }, 400, 'invalid JSON: ListenAddr: expected string, found number 5'],
  ])('init with %j is refused', async (body, status, text) => {
    const outside = new ApiFixture(new FakeNodeControl());
    const answer = await outside.ask('POST', '/swarm/init', { body });
    expect([answer.status, answer.json]).toEqual([status, message(text)]);
    expect(outside.control.state).toBe('inactive');
  });

  test('inspect shows the cluster and its tokens', async () => {
    const { json } = await api.ask('GET', '/swarm');
    expect(json).toMatchObject({
      Version: { Index: 10 },
      CreatedAt: '2026-01-01T00:00:01.5Z',
      Spec: { Name: 'default', Labels: {}, Orchestration: { TaskHistoryRetentionLimit: 5 } },
      TLSInfo: { TrustRoot: 'PEM', CertIssuerSubject: 'AQIDBA==', CertIssuerPublicKey: '/w==' },
      RootRotationInProgress: false,
      DefaultAddrPool: ['10.0.0.0/8'],
      JoinTokens: { Worker: 'SWMTKN-1-a-w', Manager: 'SWMTKN-1-a-m' },
    });
  });

  test('update changes the spec and refuses rotations by name', async () => {
    const body = { Name: 'default', Orchestration: { TaskHistoryRetentionLimit: 2 } };
    const { status } = await api.ask('POST', '/swarm/update?version=10', { body });
    expect(status).toBe(200);
    expect(api.control.api.clusterSpec.taskHistoryRetentionLimit).toBe(2);
    const rotation = await api.ask('POST', '/swarm/update?version=10&rotateWorkerToken=true', {
      body,
    });
    expect([rotation.status, rotation.json]).toEqual([
      501,
      message('rotateWorkerToken is not supported yet'),
    ]);
    const bad = await api.ask('POST', '/swarm/update?version=x', { body });
    expect([bad.status, bad.json]).toEqual([
      400,
      message(`invalid swarm version 'x': strconv.ParseUint: parsing "x": invalid syntax`),
    ]);
  });

  test("leave, unlock, unlock key and join answer in Docker's words", async () => {
    expect((await api.ask('GET', '/swarm/unlockkey')).json).toEqual({ UnlockKey: '' });
    expect(await api.ask('POST', '/swarm/unlock', { body: {} })).toMatchObject({
      status: 409,
      json: message('swarm is not locked'),
    });
    expect((await api.ask('POST', '/swarm/join', { body: {} })).status).toBe(501);
    expect((await api.ask('POST', '/swarm/leave')).status).toBe(503);
    expect((await api.ask('POST', '/swarm/leave?force=1')).status).toBe(200);
    expect((await api.ask('POST', '/swarm/leave?force=1')).json).toEqual(
      message('This node is not part of a swarm'),
    );
  });
});

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
        TaskTemplate: { ContainerSpec: { Image: 'nginx' }, ForceUpdate: 0, Runtime: 'container' },
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

  test('update by rollback is named as not there', async () => {
    await createWeb();
    const target = '/services/web/update?version=10&rollback=previous';
    const { status, json } = await api.ask('POST', target, { body: webSpec });
    expect([status, json]).toEqual([501, message('rollback is not supported yet')]);
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

  test('delete answers 200, and 404 afterwards', async () => {
    await createWeb();
    expect(await api.ask('DELETE', '/services/web')).toMatchObject({ status: 200, text: '' });
    expect(await api.ask('DELETE', '/services/web')).toMatchObject({
      status: 404,
      json: message('service web not found'),
    });
  });

  test('logs are not there yet, but their service is looked for first', async () => {
    await createWeb();
    expect((await api.ask('GET', '/services/web/logs?stdout=1')).status).toBe(501);
    expect((await api.ask('GET', '/services/none/logs?stdout=1')).status).toBe(404);
  });

  test('what a node without a manager cannot do comes before what Shoal cannot do', async () => {
    const outside = new ApiFixture(new FakeNodeControl());
    const body = { ...webSpec, Mode: { Global: {} } };
    expect((await outside.ask('POST', '/services/create', { body })).status).toBe(503);
    expect(await api.ask('POST', '/services/create', { body })).toMatchObject({
      status: 501,
      json: message('Mode.Global is not supported yet'),
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
      GenericResources: null,
      Volumes: null,
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

  test('removal is not there yet, 404 comes first', async () => {
    expect((await api.ask('DELETE', `/nodes/${fakeNodeId}`)).status).toBe(501);
    expect((await api.ask('DELETE', '/nodes/x')).json).toEqual(message('node x not found'));
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

describe('networks', () => {
  test("lists are the engine's and the cluster's together", async () => {
    api.engine.json('/networks', [{ Name: 'bridge', Id: 'b', Scope: 'local' }]);
    const { json } = await api.ask('GET', '/networks');
    expect(json).toMatchObject([
      { Name: 'bridge' },
      {
        Name: 'ingress',
        Id: fakeNetworkId,
        Scope: 'swarm',
        Driver: 'overlay',
        Ingress: true,
        IPAM: { Config: [{ Subnet: '10.0.0.0/24', Gateway: '10.0.0.1' }] },
        Options: { 'com.docker.network.driver.overlay.vxlanid_list': '4096' },
        Labels: {},
      },
    ]);
  });

  test.each([
    ['{"scope":["swarm"]}', 1],
    ['{"scope":["swarm"],"driver":["bridge"]}', 0],
    ['{"scope":["swarm"],"name":["gres"]}', 1],
    ['{"scope":["swarm"],"label":["x"]}', 0],
    ['{"scope":["swarm"],"dangling":["true"]}', 0],
    ['{"scope":["swarm"],"type":["builtin"]}', 0],
  ])('filter %s needs no engine and finds %i', async (filters, count) => {
    api.engine.isDown = true;
    const { json } = await api.ask('GET', `/networks?filters=${encodeURIComponent(filters)}`);
    expect(json).toHaveLength(count);
  });

  test("inspect finds the cluster's; all others pass through", async () => {
    expect((await api.ask('GET', '/networks/ingress?verbose=true')).json).toMatchObject({
      Id: fakeNetworkId,
      Containers: {},
      Services: {},
    });
    expect(await api.passesThrough('GET', '/networks/bridge')).toBe(true);
    expect(await api.passesThrough('GET', '/networks/ingress?scope=local')).toBe(true);
    expect(await api.passesThrough('DELETE', '/networks/mine')).toBe(true);
    expect((await api.ask('GET', '/networks/none?scope=swarm')).json).toEqual(
      message('network none not found'),
    );
    expect((await api.ask('DELETE', '/networks/ingress')).status).toBe(501);
  });

  test('creating an overlay is refused by name, a bridge goes to the engine', async () => {
    const overlay = await api.ask('POST', '/networks/create', {
      body: { Name: 'n', Driver: 'overlay' },
    });
    expect([overlay.status, overlay.json]).toEqual([
      501,
      message('Driver "overlay" is not supported yet'),
    ]);
    api.engine.json('/networks/create', { Id: 'n1' }, 201);
    const body = { Name: 'n', Driver: 'bridge' };
    const bridge = await api.ask('POST', '/networks/create', { body });
    expect([bridge.status, bridge.json]).toEqual([201, { Id: 'n1' }]);
    const sent = api.engine.requests.at(-1)?.body;
    expect(JSON.parse(new TextDecoder().decode(sent))).toEqual(body);
  });
});

describe('/distribution', () => {
  test("is the engine's answer, whatever it is", async () => {
    api.engine.json('/distribution/reg:5000/a/b:1/json', { message: 'unauthorized' }, 401);
    const headers = { 'x-registry-auth': 'abc' };
    const { status, json } = await api.ask('GET', '/distribution/reg:5000/a/b:1/json', { headers });
    expect([status, json]).toEqual([401, message('unauthorized')]);
    expect(api.engine.requests.at(-1)?.headers.get('x-registry-auth')).toBe('abc');
  });

  test('of a silent registry is an error after the limit', async () => {
    api.engine.answers.set('/distribution/a/json', (_, signal) => untilAborted(signal));
    const answer = api.ask('GET', '/distribution/a/json');
    await api.clock.advance(limits.apiDistributionMs);
    expect(await answer).toMatchObject({
      status: 503,
      json: message('the registry does not answer in time'),
    });
  });
});

describe("what is not the cluster's", () => {
  test.each(['/containers/json', '/images/a/b/c:1/json', '/exec/x/start', '/build', '/volumes'])(
    '%s passes through',
    async (path) => {
      expect(await api.passesThrough('GET', path)).toBe(true);
    },
  );

  test.each([
    ['PUT', '/services/web'],
    ['POST', '/swarm/other'],
    ['GET', '/tasks/x/y/z'],
    ['POST', '//swarm/init2'],
    ['POST', '/%73warm/other'],
    ['DELETE', '/secrets'],
  ])('%s %s never reaches the engine', async (method, path) => {
    expect(await api.ask(method, path)).toMatchObject({
      status: 404,
      json: message('page not found'),
    });
  });
});

describe('bodies', () => {
  const create = '/services/create';

  test.each<[string, string, number, string]>([
    ['{"Name":"web"', 'application/json', 400, 'invalid JSON: unexpected end of JSON input'],
    ['[]', 'application/json', 400, 'invalid JSON: body: expected object, found array'],
    [
      '{"Name":["web"]}',
      'application/json; charset=utf-8',
      400,
      'invalid JSON: Name: expected string, found array',
    ],
    [
      '{"Mode":{"Replicated":{"Replicas":1.5}}}',
      'application/json',
      400,
      'invalid JSON: Mode.Replicated.Replicas: expected unsigned integer, found number 1.5',
    ],
    [
      '{"Mode":{"Replicated":{"Replicas":9223372036854775808}}}',
      'application/json',
      400,
      'invalid JSON: Mode.Replicated.Replicas: expected unsigned integer, found number 9223372036854776000',
    ],
    [
      '{"TaskTemplate":{"ContainerSpec":{"Mounts":[{"Type":"moon"}]}}}',
      'application/json',
      400,
      'invalid MountType: "moon"',
    ],
    [
      '{}',
      'text/plain',
      400,
      "unsupported Content-Type header (text/plain): must be 'application/json'",
    ],
    ['{}', ' ', 400, 'malformed Content-Type header ( ): mime: no media type'],
  ])('%s as %s is refused', async (raw, type, status, text) => {
    const answer = await api.ask('POST', create, { raw, headers: { 'content-type': type } });
    expect([answer.status, answer.json]).toEqual([status, message(text)]);
    expect(api.control.api.calls).toEqual([]);
  });

  test('that are not UTF-8 are refused', async () => {
    const raw = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d);
    const { json } = await api.ask('POST', create, { raw });
    expect(json).toEqual(message('invalid JSON: body is not valid UTF-8'));
  });

  test('beyond the limit are refused with the limit, announced or not', async () => {
    const raw = new Uint8Array(limits.apiBodyBytes + 2).fill(32);
    for (const headers of [{}, { 'content-length': '0', 'transfer-encoding': 'chunked' }]) {
      const { status, json, headers: reply } = await api.ask('POST', create, { raw, headers });
      expect([status, json]).toEqual([413, message('request body is larger than 4194304 bytes')]);
      expect(reply.get('connection')).toBe('close');
    }
  });

  test('that never end are given up at the deadline', async () => {
    const request = {
      method: 'POST',
      path: create,
      query: new URLSearchParams(),
      version: undefined,
      headers: new Map([
        ['content-type', 'application/json'],
        ['content-length', '100'],
      ]),
      body: {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
      },
      signal: new AbortController().signal,
    };
    const caller = { actor: { kind: 'user', name: 'x' }, peer: undefined, traceId: 't' } as const;
    const answer = api.handler(request, caller);
    await api.clock.advance(limits.apiRequestMs);
    expect((await answer)?.status).toBe(500);
  });
});
