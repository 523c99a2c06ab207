// The routes over a fake node, cluster and engine: what a client asks and what it gets, byte for byte where clients look.
import { beforeEach, describe, expect, test } from 'vitest';

import { limits } from '../../../../common/pure/limits.ts';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { NodeAvailability } from '../../../../proto/gen/specs.ts';
import { ApiFixture } from '../../../lib/api-fixture.ts';
import { fakeNodeId, FakeNodeControl } from '../../../lib/fake-cluster.ts';

let api: ApiFixture;

beforeEach(() => {
  api = new ApiFixture();
});

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
      Warnings: ['w1', 'WARNING: port 80 could not be bound'],
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

  const join = {
    ListenAddr: '0.0.0.0:2377',
    RemoteAddrs: ['10.0.0.1:2377'],
    JoinToken: 'SWMTKN-1-x-y',
  };

  test('join hands on what was given, and waits longer than others', async () => {
    const outside = new ApiFixture(new FakeNodeControl());
    const body = {
      ...join,
      AdvertiseAddr: '10.0.0.2',
      DataPathAddr: 'eth1',
      Availability: 'drain',
    };
    const { status, text } = await outside.ask('POST', '/swarm/join', { body });
    expect([status, text]).toEqual([200, '']);
    expect(outside.control.lastJoin).toEqual({
      listenAddress: '0.0.0.0:2377',
      advertiseAddress: '10.0.0.2',
      dataPathAddress: 'eth1',
      remoteAddresses: ['10.0.0.1:2377'],
      token: 'SWMTKN-1-x-y',
      availability: NodeAvailability.drain,
    });
    const onWorker = await outside.ask('GET', '/services');
    expect([onWorker.status, onWorker.json]).toEqual([
      503,
      message(
        "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.",
      ),
    ]);
  });

  test.each([
    [{ ...join, ListenAddr: '' }, 400, 'invalid ListenAddr "": invalid empty address'],
    [{ ...join, RemoteAddrs: [] }, 400, 'at least 1 RemoteAddr is required to join'],
    [{ ...join, RemoteAddrs: [''] }, 400, 'invalid remoteAddr "": invalid empty address'],
    [{ ...join, Availability: 'sometimes' }, 400, 'invalid Availability: "sometimes"'],
    [{ ...join, JoinToken: 5 }, 400, 'invalid JSON: JoinToken: expected string, found number 5'],
  ])('join with %j is refused', async (body, status, text) => {
    const outside = new ApiFixture(new FakeNodeControl());
    const answer = await outside.ask('POST', '/swarm/join', { body });
    expect([answer.status, answer.json]).toEqual([status, message(text)]);
    expect(outside.control.lastJoin).toBeUndefined();
  });

  test('a join that goes on in the background says so', async () => {
    const outside = new ApiFixture(new FakeNodeControl());
    outside.control.joinFailure = new ShoalError('timeout', 'late', { fields: { reason: 'join' } });
    const answer = await outside.ask('POST', '/swarm/join', { body: join });
    expect([answer.status, answer.json]).toEqual([
      503,
      message(
        'Timeout was reached before node joined. The attempt to join the swarm will continue in the background. Use the "docker info" command to see the current swarm status of your node.',
      ),
    ]);
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
    expect((await api.ask('POST', '/swarm/join', { body: {} })).json).toEqual(
      message(
        'This node is already part of a swarm. Use "docker swarm leave" to leave this swarm and join another one.',
      ),
    );
    expect((await api.ask('POST', '/swarm/leave')).status).toBe(503);
    expect((await api.ask('POST', '/swarm/leave?force=1')).status).toBe(200);
    expect((await api.ask('POST', '/swarm/leave?force=1')).json).toEqual(
      message('This node is not part of a swarm'),
    );
    expect((await api.ask('POST', '/swarm/unlock', { body: {} })).json).toMatchObject({
      message: expect.stringContaining('This node is not a swarm manager.') as string,
    });
  });
});
