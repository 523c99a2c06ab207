// The listener on real unix sockets, between a client and an engine that say exactly the bytes of each edge case.
import { stat, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { NodeClock } from '../../../common/platform/clock.ts';
import { limits } from '../../../common/pure/limits.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { EngineSocket } from '../../../node/httpapi/adapter/engine-http.ts';
import { ApiServer } from '../../../node/httpapi/adapter/server.ts';
import { createApi } from '../../../node/httpapi/api.ts';
import { productFacts, silentLog } from '../../lib/api-fixture.ts';
import { FakeNodeControl } from '../../lib/fake-cluster.ts';
import { connectRaw, RawEngine, type RawPeer } from '../../lib/raw-engine.ts';

let engine: RawEngine;
let server: ApiServer;
let socketPath: string;

function newServer(): ApiServer {
  const engineSocket = new EngineSocket(engine.socketPath);
  const handler = createApi({
    control: FakeNodeControl.manager(),
    engine: engineSocket,
    clock: new NodeClock(),
    log: silentLog,
    random: seededRandom(1),
    product: productFacts,
  });
  return new ApiServer({ handler, engine: engineSocket, log: silentLog, traceId: () => 't' });
}

beforeEach(async () => {
  engine = await RawEngine.start();
  server = newServer();
  socketPath = join(engine.folder, 'api.sock');
  await server.listen(socketPath);
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await engine[Symbol.asyncDispose]();
});

const ok = 'HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 2\r\n\r\nhi';

async function say(text: string): Promise<RawPeer> {
  const client = await connectRaw(socketPath);
  client.write(text);
  return client;
}

interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

function send(options: http.RequestOptions, body?: string | Buffer): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = http.request({ socketPath, maxHeaderSize: 100_000, ...options }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The names and values that the engine saw, names in lower case. */
function headersSeen(peer: RawPeer | undefined): ReadonlyMap<string, string> {
  const head = (peer?.received ?? '').split('\r\n\r\n')[0] ?? '';
  const lines = head.split('\r\n').slice(1);
  return new Map(
    lines.map((line) => {
      const mark = line.indexOf(':');
      return [line.slice(0, mark).toLowerCase(), line.slice(mark + 1).trim()];
    }),
  );
}

describe('a call that passes through', () => {
  test('arrives as it was sent, and so does its answer', async () => {
    engine.answersHead(ok);
    const { status, body, headers } = await send({ path: '/v1.41/containers/json?all=1&x=%2F' });
    expect([status, body, headers['api-version']]).toEqual([200, 'hi', '1.44']);
    expect(engine.peers[0]?.received).toMatch(
      /^GET \/v1\.41\/containers\/json\?all=1&x=%2F HTTP\/1\.1\r\n/,
    );
  });

  test('teaches the version that the engine speaks', async () => {
    engine.answersHead(ok);
    await send({ path: '/containers/json' });
    expect((await send({ path: '/_ping' })).headers['api-version']).toBe('1.44');
  });

  test('survives an engine that answers and closes at once, every time', async () => {
    engine.onPeer((peer) => {
      void peer.untilReceived('\r\n\r\n{').then(() => {
        peer.socket.end('HTTP/1.1 201 Created\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}');
      });
    });
    for (let round = 0; round < 300; round += 1) {
      const { status } = await send(
        { method: 'POST', path: '/containers/a/exec' },
        '{"Cmd":["a"]}',
      );
      expect(status).toBe(201);
    }
  });

  test('without a body says so instead of becoming chunked', async () => {
    engine.answersHead(ok);
    await say('POST /containers/a/start HTTP/1.1\r\nHost: x\r\n\r\n');
    const peer = await engine.nextPeer();
    await peer.untilReceived('\r\n\r\n');
    const seen = headersSeen(peer);
    expect([seen.get('content-length'), seen.get('transfer-encoding')]).toEqual(['0', undefined]);
  });

  test('with a chunked body stays chunked', async () => {
    const client = await say(
      'POST /images/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const peer = await engine.nextPeer();
    client.write('3\r\nabc\r\n');
    await peer.untilReceived('3\r\nabc\r\n');
    client.write('0\r\n\r\n');
    await peer.untilReceived('0\r\n\r\n');
    peer.write(ok);
    await client.untilReceived('hi');
    expect(headersSeen(peer).get('transfer-encoding')).toBe('chunked');
  });

  test("has the engine's headers at once, long before a body", async () => {
    engine.answersHead(
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const client = await say('POST /containers/a/wait HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.untilReceived('application/json\r\n');
    engine.peers[0]?.write('2\r\nhi\r\n');
    await client.untilReceived('hi');
  });

  test('may have headers of 20 KB in both directions', async () => {
    const big = 'r'.repeat(20_000);
    engine.answersHead(`HTTP/1.1 200 OK\r\nX-Big: ${big}\r\nContent-Length: 0\r\n\r\n`);
    const answer = await send({
      path: '/build',
      method: 'POST',
      headers: { 'X-Registry-Config': big },
    });
    expect(answer.headers['x-big']).toBe(big);
    expect(headersSeen(engine.peers[0]).get('x-registry-config')).toBe(big);
  });

  test('loses the headers of its own hop and no others', async () => {
    engine.answersHead(ok);
    await say(
      'GET /info2 HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-Auth: a\r\nX-Auth: b\r\n\r\n',
    );
    const peer = await engine.nextPeer();
    await peer.untilReceived('\r\n\r\n');
    const seen = headersSeen(peer);
    expect([seen.get('x-hop'), seen.get('te')]).toEqual([undefined, undefined]);
    expect(peer.received).toContain('x-auth: a\r\nx-auth: b\r\n');
  });

  test("gets the engine's early refusal of an upload", async () => {
    engine.onPeer((peer) => {
      void peer.untilReceived('\r\n\r\n').then(() => {
        peer.socket.end(
          'HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope',
        );
        peer.socket.destroySoon();
      });
    });
    const { status, body } = await send(
      { method: 'POST', path: '/build' },
      Buffer.alloc(8_000_000),
    );
    expect([status, body]).toEqual([400, 'nope']);
  });

  test('that its client gives up is given up at the engine', async () => {
    engine.answersHead('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n');
    const client = await say('GET /containers/a/logs?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.untilReceived('hi');
    expect(engine.openConnections).toBe(1);
    client.socket.destroy();
    await engine.peers[0]?.untilEnded();
  });

  test('breaks when the engine breaks off, and does not look complete', async () => {
    engine.onPeer((peer) => {
      void peer.untilReceived('\r\n\r\n').then(() => {
        peer.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n');
        setImmediate(() => peer.socket.destroy());
      });
    });
    await expect(send({ path: '/containers/a/logs' })).rejects.toThrow('aborted');
  });

  test("is an error in Docker's shape while the engine is down", async () => {
    await engine.stop();
    const { status, body } = await send({ path: '/containers/json' });
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({
      message: expect.stringMatching(/^the Docker Engine of this node does not answer: /) as string,
    });
  });

  test('answers HEAD without a body', async () => {
    engine.answersHead('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Stat: a\r\n\r\n');
    const { headers } = await send({ method: 'HEAD', path: '/containers/a/archive?path=/' });
    expect([headers['x-stat'], headers['content-length']]).toEqual(['a', '5']);
  });

  test('that expects to be asked for its body is asked', async () => {
    engine.answersHead(ok);
    const client = await say(
      'PUT /containers/a/archive HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
    );
    await client.untilReceived('100 Continue');
    client.write('abc');
    await client.untilReceived('hi');
    expect(headersSeen(engine.peers[0]).get('expect')).toBeUndefined();
  });
});

const execStart = '{"Detach":false,"Tty":false}\n';
const upgradeHead =
  'POST /v1.41/exec/x/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\n';

describe('an upgrade', () => {
  async function upgraded(first: string): Promise<{ client: RawPeer; peer: RawPeer }> {
    const client = await say(first);
    const peer = await engine.nextPeer();
    await peer.untilReceived(execStart);
    peer.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst');
    await client.untilReceived('first');
    return { client, peer };
  }
  const withBody = `${upgradeHead}Content-Length: ${execStart.length}\r\n\r\n${execStart}`;

  test('has its body sent as a body, and what follows as the stream', async () => {
    const { client, peer } = await upgraded(`${withBody}stdin`);
    expect(client.received).toMatch(/^HTTP\/1\.1 101 UPGRADED\r\n/);
    await peer.untilReceived('stdin');
    expect(peer.received.endsWith(`\r\n\r\n${execStart}stdin`)).toBe(true);
    peer.write('out');
    await client.untilReceived('out');
  });

  test('may have its body come late and in pieces', async () => {
    const client = await say(`${upgradeHead}Content-Length: ${execStart.length}\r\n\r\n`);
    const peer = await engine.nextPeer();
    client.write(execStart.slice(0, 10));
    setTimeout(() => client.write(`${execStart.slice(10)}more`), 20);
    await peer.untilReceived(execStart);
    peer.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    await peer.untilReceived(`${execStart}more`);
  });

  test('is half-closed by each side on its own', async () => {
    const { client, peer } = await upgraded(withBody);
    client.write('last words');
    client.socket.end();
    await peer.untilReceived('last words');
    await peer.untilEnded();
    peer.write('answer after the end');
    await client.untilReceived('answer after the end');
    peer.socket.end();
    await client.untilEnded();
  });

  test('goes on towards an engine that has said all', async () => {
    const { client, peer } = await upgraded(withBody);
    peer.socket.end('bye');
    await client.untilReceived('bye');
    await client.untilEnded();
    client.write('still typing');
    await peer.untilReceived('still typing');
  });

  test('ends at the engine when the client is gone', async () => {
    const { client, peer } = await upgraded(withBody);
    client.socket.destroy();
    await peer.untilEnded();
  });

  test('that the engine refuses has its status and words', async () => {
    const client = await say(withBody);
    const peer = await engine.nextPeer();
    await peer.untilReceived(execStart);
    peer.write(
      'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    peer.write('1e\r\n{"message":"No such exec: x"}\r\n\r\n0\r\n\r\n');
    await client.untilEnded();
    expect(client.received).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(client.received).toContain('{"message":"No such exec: x"}');
    expect(client.received.toLowerCase()).not.toContain('transfer-encoding');
  });

  test("without an engine is refused in Docker's shape", async () => {
    await engine.stop();
    const client = await say(withBody);
    await client.untilEnded();
    expect(client.received).toMatch(/^HTTP\/1\.1 503 /);
    expect(client.received).toContain('{"message":"the Docker Engine of this node does not answer');
  });

  test.each([
    ['POST /services/create HTTP/1.1\r\n', 400],
    ['POST /v1.41/swarm/init HTTP/1.1\r\n', 400],
    ['POST http://docker/swarm/init HTTP/1.1\r\n', 400],
    ['POST /exec/x/start HTTP/1.1\r\nTransfer-Encoding: chunked\r\n', 400],
    [`POST /exec/x/start HTTP/1.1\r\nContent-Length: ${limits.apiBodyBytes + 1}\r\n`, 413],
  ])('of %j is refused and reaches no engine', async (head, status) => {
    const client = await say(`${head}Host: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`);
    await client.untilEnded();
    expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(engine.peers).toHaveLength(0);
  });
});

describe('a call of an old client that hijacks without asking', () => {
  const head = `POST /exec/x/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${execStart.length}\r\n\r\n`;

  test('becomes a raw stream after 200, half-closed by each side on its own', async () => {
    const client = await say(head + execStart);
    const peer = await engine.nextPeer();
    await peer.untilReceived(execStart);
    expect(headersSeen(peer).get('upgrade')).toBe('tcp');
    peer.write(
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nout1',
    );
    await client.untilReceived('out1');
    expect(client.received).toBe(
      'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nout1',
    );
    client.write('GET not http\r\n\r\n');
    await peer.untilReceived('GET not http');
    client.socket.end();
    await peer.untilEnded();
    peer.socket.end('out2');
    await client.untilEnded();
    expect(client.received.endsWith('out1out2')).toBe(true);
  });

  test('is an ordinary answer when the engine makes it one', async () => {
    const answer = send({ method: 'POST', path: '/exec/x/start' }, execStart);
    const peer = await engine.nextPeer();
    await peer.untilReceived(execStart);
    peer.write('HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\nno');
    expect(await answer).toMatchObject({ status: 409, body: 'no' });
  });

  test('ends at the engine when the client is gone', async () => {
    const client = await say(head + execStart);
    const peer = await engine.nextPeer();
    await peer.untilReceived(execStart);
    peer.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nx');
    await client.untilReceived('\r\n\r\nx');
    client.socket.destroy();
    await peer.untilEnded();
  });
});

describe('what is not HTTP as one reads it', () => {
  test.each([
    [
      'length and chunks',
      'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'two lengths',
      'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc',
    ],
    [
      'an odd coding',
      'POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a folded header',
      'GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\nTransfer-Encoding\r\n : chunked\r\n\r\n',
    ],
    ['a length that is none', 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc'],
    ['no HTTP at all', 'hello\r\n\r\n'],
    [
      'a target that is no path',
      'GET http://docker/services HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ],
  ])('is refused: %s', async (_, text) => {
    const client = await say(text);
    await client.untilEnded();
    expect(client.received).toMatch(/^HTTP\/1\.1 400 /);
    expect(engine.peers.every((peer) => !peer.received.includes('services'))).toBe(true);
  });

  test('headers beyond the limit are refused', async () => {
    const client = await say(`GET /a HTTP/1.1\r\nX: ${'y'.repeat(1_200_000)}\r\n\r\n`);
    await client.untilEnded();
    expect(client.received).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('the listener', () => {
  test('gives the refusal of a body that is too large to a client that still sends it', async () => {
    const body = Buffer.alloc(limits.apiBodyBytes + 1, 32);
    const headers = { 'content-type': 'application/json' };
    const answer = await send({ method: 'POST', path: '/services/create', headers }, body);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toEqual({
      message: `request body is larger than ${limits.apiBodyBytes} bytes`,
    });
    expect(engine.peers).toHaveLength(0);
  });

  test("answers what is the cluster's over one connection that stays", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const list = await send({ agent, path: '/v1.41/services' });
    const refused = await send({ agent, path: '/v1.41/services/none' });
    agent.destroy();
    expect([list.body, refused.status]).toEqual(['[]', 404]);
    expect(refused.headers['content-type']).toBe('application/json');
  });

  test('is for owner and group alone', async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o660);
  });

  test('replaces a socket that nobody answers, and no other', async () => {
    await expect(newServer().listen(socketPath)).rejects.toMatchObject({ code: 'dataRootInUse' });
    const stale = join(engine.folder, 'stale.sock');
    await writeFile(stale, '');
    await using second = newServer();
    await second.listen(stale);
    expect((await stat(stale)).isSocket()).toBe(true);
  });

  test('ends open streams when it closes, and may be closed twice', async () => {
    engine.answersHead('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n');
    const client = await say('GET /containers/a/logs HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.untilReceived('hi');
    await server.close(50);
    await server.close(50);
    await client.untilEnded();
    await engine.peers[0]?.untilEnded();
  });
});
