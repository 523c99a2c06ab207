import type {
  ContainerCreateBody,
  ContainerDetails,
  EndpointSettings,
  EngineFilters,
  NetworkCreateBody,
  PullProgress,
} from '../../../common/ports/engine-api.ts';
import { concatBytes } from '../../../common/pure/bytes.ts';
import { isShoalError } from '../../../common/pure/errors.ts';
import { encodeUtf8 } from '../../../common/pure/utf8.ts';
import type { FakeEngine } from './fake-engine.ts';

export interface FakeHttpRequest {
  readonly method: string;
  /** Path and query, with or without a version. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface FakeHttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or pieces that come over time. */
  readonly body: string | AsyncIterable<string | Uint8Array>;
}

/** What a route gets: the parts of its path that vary, the query, the parsed body. */
interface Call {
  readonly engine: FakeEngine;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: FakeHttpRequest['headers'];
  readonly body: unknown;
  readonly signal: AbortSignal;
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly handle: (call: Call) => Promise<FakeHttpResponse>;
}

/** Answers as `dockerd` would: the same statuses, bodies and headers, as far as clients of Shoal see them. */
export async function handleFakeHttp(
  engine: FakeEngine,
  request: FakeHttpRequest,
  signal: AbortSignal,
): Promise<FakeHttpResponse> {
  const url = new URL(request.url, 'http://engine');
  const path = url.pathname.replace(/^\/v\d+\.\d+(?=\/)/, '');
  for (const route of routes) {
    const match = route.method === request.method ? route.path.exec(path) : null;
    if (match === null) continue;
    const parts = match.slice(1).map(decodeURIComponent);
    try {
      const body: unknown = request.body === '' ? undefined : JSON.parse(request.body);
      const { headers } = request;
      return await route.handle({
        engine,
        parts,
        query: url.searchParams,
        headers,
        body,
        signal,
      });
    } catch (error) {
      return failure(error);
    }
  }
  return json(404, { message: 'page not found' });
}

const routes: readonly Route[] = [
  { method: 'GET', path: /^\/_ping$/, handle: ping },
  { method: 'HEAD', path: /^\/_ping$/, handle: ping },
  get(/^\/version$/, ({ engine, signal }) => engine.version(signal)),
  get(/^\/info$/, ({ engine, signal }) => engine.info(signal)),
  { method: 'GET', path: /^\/events$/, handle: events },
  get(/^\/containers\/json$/, async ({ engine, query, signal }) => {
    const found = await engine.listContainers(filtersOf(query), signal);
    const isAll = query.get('all') === '1' || query.get('all') === 'true';
    return found.filter((container) => isAll || container.State === 'running');
  }),
  get(/^\/containers\/([^/]+)\/json$/, async ({ engine, parts, signal }) =>
    dockerContainer(await engine.inspectContainer(part(parts), signal)),
  ),
  post(/^\/containers\/create$/, 201, ({ engine, query, body, signal }) =>
    engine.createContainer(query.get('name') ?? '', body as ContainerCreateBody, signal),
  ),
  { method: 'GET', path: /^\/containers\/([^/]+)\/logs$/, handle: logs },
  { method: 'POST', path: /^\/containers\/([^/]+)\/start$/, handle: start },
  { method: 'POST', path: /^\/containers\/([^/]+)\/stop$/, handle: stop },
  post(/^\/containers\/([^/]+)\/kill$/, 204, ({ engine, parts, query, signal }) =>
    engine.killContainer(part(parts), query.get('signal') ?? 'SIGKILL', signal),
  ),
  remove(/^\/containers\/([^/]+)$/, ({ engine, parts, query, signal }) => {
    const options = { force: query.get('force') === '1', volumes: query.get('v') === '1' };
    return engine.removeContainer(part(parts), options, signal);
  }),
  get(/^\/images\/(.+)\/json$/, ({ engine, parts, signal }) =>
    engine.inspectImage(part(parts), signal),
  ),
  { method: 'POST', path: /^\/images\/create$/, handle: pull },
  get(/^\/networks$/, ({ engine, query, signal }) => engine.listNetworks(filtersOf(query), signal)),
  post(/^\/networks\/create$/, 201, ({ engine, body, signal }) =>
    engine.createNetwork(body as NetworkCreateBody, signal),
  ),
  get(/^\/networks\/([^/]+)$/, ({ engine, parts, signal }) =>
    engine.inspectNetwork(part(parts), signal),
  ),
  post(/^\/networks\/([^/]+)\/connect$/, 200, ({ engine, parts, body, signal }) => {
    const { Container: container, EndpointConfig: endpoint } = body as {
      readonly Container: string;
      readonly EndpointConfig?: EndpointSettings;
    };
    return engine.connectNetwork(part(parts), container, endpoint ?? {}, signal);
  }),
  post(/^\/networks\/([^/]+)\/disconnect$/, 200, async ({ engine, parts, body }) => {
    const { Container: container } = body as { readonly Container: string };
    engine.disconnectNetwork(part(parts), container);
  }),
  remove(/^\/networks\/([^/]+)$/, ({ engine, parts, signal }) =>
    engine.removeNetwork(part(parts), signal),
  ),
];

function get(path: RegExp, action: (call: Call) => Promise<unknown>): Route {
  return { method: 'GET', path, handle: async (call) => json(200, await action(call)) };
}

function post(path: RegExp, status: number, action: (call: Call) => Promise<unknown>): Route {
  return {
    method: 'POST',
    path,
    handle: async (call) => {
      const result = await action(call);
      return result === undefined ? empty(status) : json(status, result);
    },
  };
}

function remove(path: RegExp, action: (call: Call) => Promise<void>): Route {
  return {
    method: 'DELETE',
    path,
    handle: async (call) => {
      await action(call);
      return empty(204);
    },
  };
}

async function ping({ engine, signal }: Call): Promise<FakeHttpResponse> {
  const answer = await engine.ping(signal);
  const headers = { 'api-version': answer.ApiVersion, ostype: answer.OSType };
  return { status: 200, headers: { ...headers, 'content-type': 'text/plain' }, body: 'OK' };
}

async function start({ engine, parts, signal }: Call): Promise<FakeHttpResponse> {
  const before = await engine.inspectContainer(part(parts), signal);
  await engine.startContainer(part(parts), signal);
  return empty(before.State.Status === 'running' ? 304 : 204);
}

async function stop({ engine, parts, query, signal }: Call): Promise<FakeHttpResponse> {
  const before = await engine.inspectContainer(part(parts), signal);
  await engine.stopContainer(part(parts), Number(query.get('t') ?? '10'), signal);
  return empty(before.State.Status === 'running' ? 204 : 304);
}

/** A refusal before the first line becomes a status, one after it a line with `error`, as the engine does it. */
async function pull({ engine, query, headers, signal }: Call): Promise<FakeHttpResponse> {
  const tag = query.get('tag') ?? '';
  const separator = tag.includes(':') ? '@' : ':';
  const reference = `${query.get('fromImage') ?? ''}${tag === '' ? '' : separator + tag}`;
  const lines = engine.pullImage(reference, headers['x-registry-auth'] ?? '', signal);
  const first = await lines.next();
  async function* body(): AsyncGenerator<string, void> {
    if (first.done !== true) yield progressLine(first.value);
    try {
      for await (const line of lines) yield progressLine(line);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      yield `${JSON.stringify({ error: text, errorDetail: { message: text } })}\r\n`;
    }
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: body() };
}

function progressLine({ status, id, current, total }: PullProgress): string {
  const progressDetail = total === 0 ? {} : { current, total };
  return `${JSON.stringify({ status, id, progressDetail })}\r\n`;
}

async function events({ engine, query, signal }: Call): Promise<FakeHttpResponse> {
  const sinceMs = Number(query.get('since') ?? 'Infinity') * 1000;
  const stream = await engine.events({ sinceMs, filters: filtersOf(query) }, signal);
  async function* body(): AsyncGenerator<string, void> {
    for await (const event of stream) yield `${JSON.stringify(event)}\n`;
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: body() };
}

/** As frames, with time and details before each line. */
async function logs({ engine, parts, query, signal }: Call): Promise<FakeHttpResponse> {
  const flag = (name: string): boolean => query.get(name) === '1';
  const tail = query.get('tail') ?? 'all';
  const options = {
    stdout: flag('stdout'),
    stderr: flag('stderr'),
    follow: flag('follow'),
    since: query.get('since') ?? '',
    tail: tail === 'all' ? undefined : Number(tail),
    tty: false,
  };
  const stream = await engine.containerLogs(part(parts), options, signal);
  async function* body(): AsyncGenerator<Uint8Array, void> {
    for await (const lines of stream) {
      for (const { source, timestamp, details, text } of lines) {
        const prefix = encodeUtf8(`${timestamp} ${details} `);
        const header = new Uint8Array(8);
        header[0] = source === 'stderr' ? 2 : 1;
        new DataView(header.buffer).setUint32(4, prefix.length + text.length);
        yield concatBytes([header, prefix, text]);
      }
    }
  }
  return { status: 200, headers: {}, body: body() };
}

/** A container as `GET /containers/{id}/json` nests it. */
function dockerContainer(details: ContainerDetails): unknown {
  const { State: state, Labels, Ports, Networks, Image, ...rest } = details;
  const { Health: health, ...plain } = state;
  return {
    ...rest,
    State: { ...plain, ...(health === 'none' ? {} : { Health: { Status: health } }) },
    Config: { Labels, Image },
    NetworkSettings: { Ports, Networks },
  };
}

function filtersOf(query: URLSearchParams): EngineFilters {
  return JSON.parse(query.get('filters') ?? '{}') as EngineFilters;
}

function part(parts: readonly string[]): string {
  return parts[0] ?? '';
}

function json(status: number, value: unknown): FakeHttpResponse {
  const body = `${JSON.stringify(value)}\n`;
  return { status, headers: { 'content-type': 'application/json' }, body };
}

function empty(status: number): FakeHttpResponse {
  return { status, headers: {}, body: '' };
}

/** An engine that cannot be reached has no answer at all: that is for the server to play. */
function failure(error: unknown): FakeHttpResponse {
  if (!isShoalError(error) || error.code === 'engineUnavailable') throw error;
  const status = error.fields['statusCode'];
  return json(typeof status === 'number' ? status : 500, { message: error.message });
}
