/**
 * Hostile requests over the real socket, each named after its number in the list of probes: the listener and the real control API answer
 * them, an engine that would note whatever reaches it stands behind. After each probe the daemon still answers, and nothing was stored.
 */
import * as http from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { ClusterApi } from '../../../common/ports/cluster-api.ts';
import { NodeClock } from '../../../common/platform/clock.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { EngineSocket } from '../../../node/httpapi/adapter/engine-http.ts';
import { ApiServer } from '../../../node/httpapi/adapter/server.ts';
import { createApi } from '../../../node/httpapi/api.ts';
import { productFacts, silentLog } from '../../lib/api-fixture.ts';
import { ControlRig } from '../../lib/control-rig.ts';
import { FakeNodeControl } from '../../lib/fake-cluster.ts';
import { connectRaw, RawEngine } from '../../lib/raw-engine.ts';

let engine: RawEngine;
let server: ApiServer;
let rig: ControlRig;
let socketPath: string;

/** A manager whose cluster is the real control API. */
function managerOf(cluster: ClusterApi): FakeNodeControl {
  const control = FakeNodeControl.manager();
  return Object.assign(control, { cluster: () => cluster });
}

beforeAll(async () => {
  engine = await RawEngine.start();
  rig = new ControlRig();
  rig.ids = Array.from({ length: 1000 }, (_, index) => `s${String(index)}`);
  const engineSocket = new EngineSocket(engine.socketPath);
  const handler = createApi({
    control: managerOf(rig.api),
    engine: engineSocket,
    clock: new NodeClock(),
    log: silentLog,
    random: seededRandom(1),
    product: productFacts,
  });
  server = new ApiServer({ handler, engine: engineSocket, log: silentLog, traceId: () => 't' });
  socketPath = join(engine.folder, 'api.sock');
  await server.listen(socketPath);
});

afterEach(async () => {
  expect((await get('/v1.41/services')).body).toBe('[]');
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

interface Answered {
  readonly status: number;
  readonly body: string;
}

function get(path: string): Promise<Answered> {
  return send({ path });
}

function send(options: http.RequestOptions, body?: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Sends the bytes as they stand, ends, and gives all that came back. */
async function raw(text: string): Promise<string> {
  const client = await connectRaw(socketPath);
  client.write(text);
  client.socket.end();
  await client.untilEnded();
  return client.received;
}

function post(path: string, body: string): Promise<Answered> {
  return send({ method: 'POST', path, headers: { 'content-type': 'application/json' } }, body);
}

const container = { Image: 'nginx:1' };
const valid = {
  Name: 'web',
  TaskTemplate: { ContainerSpec: container },
  Mode: { Replicated: { Replicas: 1 } },
};

function create(fields: object): Promise<Answered> {
  return post('/v1.41/services/create', JSON.stringify({ ...valid, ...fields }));
}

/** A refusal in Docker's shape: status 4xx, one message without any control character. */
function expectRefusal({ status, body }: Answered, statuses: readonly number[] = [400]): void {
  expect(statuses).toContain(status);
  const { message } = JSON.parse(body) as { message: string };
  expect(message).toMatch(/^[^\p{Cc}\p{Bidi_Control}]+$/u);
  expect(message.length).toBeLessThan(2000);
  expect(message).not.toMatch(/ at .*\.[tj]s:\d+/);
}

const oddNames = {
  'a slash': 'a/b',
  'a way up': '../../etc',
  NUL: 'a\0b',
  newline: 'a\nb',
  'an ANSI escape': '\u001b[2Ja',
  'right to left': 'a\u202eb',
  '64 KB': 'n'.repeat(65_536),
  'Cyrillic that looks Latin': 'w\u0435b',
};

describe('N50: names', () => {
  test.each(Object.entries(oddNames))('%s is no name of a service', async (_, name) => {
    expectRefusal(await create({ Name: name }));
  });

  test.each(Object.entries(oddNames))(
    '%s as an id finds nothing and breaks nothing',
    async (_, name) => {
      const path = `/v1.41/services/${encodeURIComponent(name)}`;
      const { status } = await send({ path });
      expect([400, 404]).toContain(status);
    },
  );

  test.each(['%', '%zz', '%c3%28', '%ff'])('%j is no escape', async (part) => {
    const { status } = await get(`/v1.41/services/${part}`);
    expect([400, 404]).toContain(status);
  });

  test('no path of the cluster reaches the engine in other clothes', async () => {
    const paths = ['//services', '/./services', '/%73ervices', '/SERVICES', '/v1.41//swarm'];
    const before = engine.peers.length;
    for (const path of paths) expect((await get(path)).status).toBe(404);
    expect(engine.peers.length).toBe(before);
  });
});

describe('N54: numbers', () => {
  const replicas = (text: string): string =>
    JSON.stringify(valid).replace('"Replicas":1', `"Replicas":${text}`);

  test.each(['-1', '1.5', '1e309', '9223372036854775808', '18446744073709551616', '"3"', '1e999'])(
    'replicas %s are refused',
    async (text) => {
      expectRefusal(await post('/v1.41/services/create', replicas(text)));
    },
  );

  test.each(['NaN', 'Infinity', '0x10', '01', '+1', '1.', '--1'])('%s is no JSON', async (text) => {
    expectRefusal(await post('/v1.41/services/create', replicas(text)));
  });

  test.each([
    ['ports beyond the last', { EndpointSpec: { Ports: [{ TargetPort: 65_536 }] } }],
    ['port 0', { EndpointSpec: { Ports: [{ TargetPort: 0, PublishedPort: 80 }] } }],
    ['port -1', { EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: -1 }] } }],
    [
      'a port twice',
      {
        EndpointSpec: {
          Ports: [80, 81].map((TargetPort) => ({ TargetPort, PublishedPort: 8080 })),
        },
      },
    ],
    ['a grace period below 0', task({ ContainerSpec: { ...container, StopGracePeriod: -1 } })],
    ['a delay beyond 2^63', task({ RestartPolicy: { Delay: 2 ** 64 } })],
    ['memory below 0', task({ Resources: { Limits: { MemoryBytes: -1 } } })],
  ])('%s are refused', async (_, fields) => {
    expectRefusal(await create(fields));
  });

  test('a body with a million labels is refused by its size', async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 1_000_000 }, (_, index) => [`l${String(index)}`, 'v']),
    );
    expectRefusal(await create({ Labels: labels }), [400, 413]);
  });
});

function task(fields: object): object {
  return { TaskTemplate: { ContainerSpec: container, ...fields } };
}

describe('N55: constraints', () => {
  const constraint = (text: string): object => task({ Placement: { Constraints: [text] } });

  test.each(['a=b', 'a~=b', 'node.id', '==', 'node.id == ', 'node.role ==== a', '(a+)+$', 'a!b'])(
    '%j is refused',
    async (text) => {
      expectRefusal(await create(constraint(text)));
    },
  );

  test('what would make a careless pattern run for ever is refused at once', async () => {
    const started = performance.now();
    expectRefusal(await create(constraint(`${'a'.repeat(50_000)}!`)));
    expectRefusal(await create(constraint(`${' '.repeat(50_000)}= b`)));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('N56: images and logins', () => {
  test.each([
    'user:password@registry/a',
    'a b',
    `a@sha256:${'0'.repeat(63)}`,
    'a@sha256:zz',
    ':1',
    'a:',
    '',
    'http://a/b',
  ])('%j is no image', async (image) => {
    expectRefusal(await create(task({ ContainerSpec: { Image: image } })));
  });

  test('a login is never given back, in no answer and no refusal', async () => {
    const secret = Buffer.from('{"username":"ann","password":"hunter2"}').toString('base64');
    const headers = { 'content-type': 'application/json', 'x-registry-auth': secret };
    const path = '/v1.41/services/create';
    const call = { method: 'POST', path, headers };
    const created = await send(call, JSON.stringify(valid));
    expect(created.status).toBe(201);
    const { ID: id } = JSON.parse(created.body) as { readonly ID: string };
    const shown = [
      created,
      await get(`/v1.41/services/${id}`),
      await get('/v1.41/services'),
      await get('/v1.41/tasks'),
      await send(call, JSON.stringify({ ...valid, Name: 'a/b' })),
      await send({ method: 'DELETE', path: `/v1.41/services/${id}` }),
    ];
    const text = shown.map(({ body }) => body).join('');
    for (const word of [secret, 'hunter2']) expect(text).not.toContain(word);
  });
});

describe('N57: updates', () => {
  test('of a version that is past, to a service that is gone, and by a late retry are refused', async () => {
    const created = JSON.parse((await create({})).body) as { readonly ID: string };
    const path = `/v1.41/services/${created.ID}`;
    const shown = JSON.parse((await get(path)).body) as { readonly Version: { Index: number } };
    const update = (version: number | string): Promise<Answered> =>
      post(
        `${path}/update?version=${String(version)}`,
        JSON.stringify({ ...valid, Labels: { a: 'b' } }),
      );
    const { Index: index } = shown.Version;
    expect((await update(index)).status).toBe(200);
    for (const version of [index, index - 1, index + 1000])
      expect(await update(version)).toMatchObject({
        status: 500,
        body: expect.stringContaining('update out of sequence') as string,
      });
    for (const version of ['', '-1', '1.5', 'x', '9'.repeat(30)])
      expect([400, 500]).toContain((await update(version)).status);
    expect((await send({ method: 'DELETE', path })).status).toBe(200);
    expect((await update(index)).status).toBe(404);
    expect((await send({ method: 'DELETE', path })).status).toBe(404);
  });
});

describe('N58: lists and streams', () => {
  test.each([
    ['filters that are no JSON', '/services?filters=%7b'],
    ['filters that are no map', '/services?filters=%5b1%5d'],
    ['a filter that there is not', '/services?filters=%7b%22nope%22%3a%5b%22a%22%5d%7d'],
    ['a filter with a number', '/tasks?filters=%7b%22id%22%3a1%7d'],
    ['a prototype as a filter', '/nodes?filters=%7b%22__proto__%22%3a%5b%22a%22%5d%7d'],
    ['times that are none', '/events?since=yesterday'],
  ])('%s are refused', async (_, path) => {
    expectRefusal(await get(`/v1.41${path}`));
  });

  test('a filter of a thousand values is answered', async () => {
    const values = Array.from({ length: 1000 }, (_, index) => `v${String(index)}`);
    const filters = encodeURIComponent(JSON.stringify({ name: values }));
    expect((await get(`/v1.41/services?filters=${filters}`)).body).toBe('[]');
  });
});

describe('N60: keys that reach a prototype', () => {
  const keys = ['__proto__', 'constructor', 'prototype'];
  const places: Readonly<Record<string, (inner: string) => string>> = {
    'the body': (inner) => JSON.stringify(valid).replace('{', `{${inner},`),
    labels: (inner) => JSON.stringify(valid).replace('{', `{"Labels":{${inner}},`),
    'a list': (inner) =>
      JSON.stringify(valid).replace('{', `{"EndpointSpec":{"Ports":[{${inner}}]},`),
  };
  test.each(keys.flatMap((key) => Object.keys(places).map((place) => [key, place] as const)))(
    '%s in %s is refused',
    async (key, place) => {
      const body = places[place]?.(`"${key}":{"polluted":"yes"}`) ?? '';
      expectRefusal(await post('/v1.41/services/create', body));
      expectRefusal(await post('/v1.41/swarm/init', body), [400, 503]);
      expect(({} as { readonly polluted?: string }).polluted).toBeUndefined();
    },
  );
});

describe('smuggling', () => {
  const inner = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
  const probes = {
    '1, length and chunks': `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    '2, a blank before the colon': `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
    '3, two lengths': `Content-Length: 0\r\nContent-Length: ${String(inner.length)}\r\n\r\n`,
    '4, a bare line feed': `X-A: b\nContent-Length: ${String(inner.length)}\r\n\r\n`,
    '5, a coding that is none': `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  };
  test.each(Object.entries(probes))('probe %s: 400, closed, no second request', async (_, rest) => {
    for (const path of ['/containers/json', '/services/create', '/exec/a/start']) {
      const received = await raw(`POST ${path} HTTP/1.1\r\nHost: x\r\n${rest}${inner}`);
      expect(received).toMatch(/^HTTP\/1\.1 400 [\s\S]*Connection: close/);
      expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
    }
    expect(engine.peers.every((peer) => !peer.received.includes('smuggled'))).toBe(true);
  });
});
