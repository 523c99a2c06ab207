// What is merged with the engine, what passes through to it, what never does, and which bodies are refused.
import { beforeEach, describe, expect, test } from 'vitest';

import { limits } from '../../../../common/pure/limits.ts';
import { ApiFixture } from '../../../lib/api-fixture.ts';
import { fakeNetworkId } from '../../../lib/fake-cluster.ts';

let api: ApiFixture;

beforeEach(() => {
  api = new ApiFixture();
});

const message = (text: string): unknown => ({ message: text });

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  return promise;
}

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
      'invalid JSON: Mode.Replicated.Replicas: expected unsigned integer of at most 9007199254740991, found number 9223372036854776000',
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
