// Every route of the published API that is the engine's own arrives there as it was sent, and so does the answer: a recording engine compares.
import * as http from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isClusterPath } from '../../../node/httpapi/router.ts';
import { ApiDefinitions } from '../../lib/api/definitions.ts';
import { TestApi } from './test-api.ts';

/** Answered by both sides together, or by Shoal alone; see docs/compatibility.md. */
const joined = ['/_ping', '/version', '/info', '/events', '/networks', '/distribution'];

const definitions = ApiDefinitions.load();
const routes = (definitions?.routes ?? []).map((route) => route.split(' ') as [string, string]);
const engineRoutes = routes.filter(
  ([, path]) => !isClusterPath(path) && !joined.some((first) => path.startsWith(first)),
);

/** A message as it stands on the wire, without what belongs to one hop. */
interface Message {
  readonly first: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade'];

async function read(message: http.IncomingMessage, first: string): Promise<Message> {
  const pieces: Uint8Array[] = [];
  for await (const piece of message) pieces.push(piece as Uint8Array);
  return {
    first,
    headers: lines(message.rawHeaders),
    body: Buffer.concat(pieces).toString('latin1'),
    trailers: lines(message.rawTrailers),
  };
}

/** `name: value`, the names in lower case, since case says nothing. */
function lines(raw: readonly string[]): readonly string[] {
  return raw
    .flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), raw[index + 1]]] : []))
    .filter(([name = '']) => !hopByHop.includes(name))
    .map(([name, value]) => `${String(name)}: ${String(value)}`)
    .toSorted();
}

let folder: string;
let api: TestApi;
let engine: http.Server;
let seen: Message | undefined;
let reply: { readonly status: number; readonly reason: string; readonly isChunked: boolean };

const replyBody = Buffer.from(Array.from({ length: 2000 }, (_, index) => index % 256));
const requestBody = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256));
const replyHeaders = [
  'Api-Version',
  '1.44',
  'X-Docker-Odd',
  'a, b',
  'X-Docker-Odd',
  'c',
  'ETag',
  '"x"',
];

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  seen = await read(request, `${request.method ?? ''} ${request.url ?? ''}`);
  response.sendDate = false;
  const isChunked = reply.isChunked && request.method !== 'HEAD';
  const framing = isChunked ? ['Trailer', 'X-Sum'] : ['Content-Length', String(replyBody.length)];
  response.writeHead(reply.status, reply.reason, [...replyHeaders, ...framing]);
  if (isChunked) response.addTrailers([['X-Sum', 'f00']]);
  response.end(replyBody);
}

async function send(
  socketPath: string,
  method: string,
  path: string,
  isChunked: boolean,
): Promise<Message> {
  const hasBody = !['GET', 'HEAD', 'DELETE'].includes(method);
  const length = String(hasBody ? requestBody.length : 0);
  const framing = isChunked && hasBody ? { trailer: 'X-End' } : { 'content-length': length };
  const headers = {
    'x-registry-auth': 'e30=',
    'content-type': 'application/x-tar',
    host: 'docker',
  };
  return await new Promise((resolve, reject) => {
    const request = http.request({
      socketPath,
      method,
      path,
      agent: false,
      headers: { ...headers, ...framing },
    });
    if (isChunked && hasBody) request.addTrailers([['X-End', 'e']]);
    request.once('response', (response) => {
      const first = `${String(response.statusCode)} ${response.statusMessage ?? ''}`;
      read(response, first).then(resolve, reject);
    });
    request.once('error', reject);
    request.end(hasBody ? requestBody : undefined);
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-routes-'));
  engine = http.createServer((request, response) => void answer(request, response));
  const socketPath = join(folder, 'engine.sock');
  await new Promise<void>((resolve) => {
    engine.listen(socketPath, resolve);
  });
  api = await TestApi.start(socketPath);
});

afterAll(async () => {
  await api[Symbol.asyncDispose]();
  engine.closeAllConnections();
  engine.close();
  await rm(folder, { recursive: true, force: true });
});

describe.runIf(definitions !== undefined)('a route of the engine', () => {
  test('is there in number', () => {
    expect(engineRoutes.length).toBeGreaterThan(60);
  });

  const ways = engineRoutes.flatMap(([method, path]) =>
    [false, true].map((isChunked) => [method, path, isChunked ? 'in chunks' : 'with its length']),
  ) as [string, string, string][];

  test.each(ways)('%s %s passes unchanged, %s', async (method, path, way) => {
    const isChunked = way === 'in chunks';
    // Bodies of these are the options of a raw stream, which have a length and no trailers.
    const isHijack = /\/attach$|\/exec\/\{id\}\/start$/.test(path) && method === 'POST';
    const filled = path.replaceAll(/\{(\w+)\}/g, 'a%2Fb+c:1');
    const url = `/v1.41${filled}?x=%2F%20+&filters=%7B%22a%22%3A%5B%22b%22%5D%7D&empty=&flag`;
    reply = { status: isHijack ? 409 : 207, reason: 'As It Is', isChunked };
    const direct = await send(join(folder, 'engine.sock'), method, url, isChunked && !isHijack);
    const sent = seen;
    const passed = await send(api.socketPath, method, url, isChunked && !isHijack);
    expect(passed).toEqual(direct);
    expect(seen).toEqual(sent);
  });
});
