import type { Log } from '../../common/ports/log.ts';
import type { NodeControl } from '../../common/ports/node-control.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { decodeUtf8, encodeUtf8 } from '../../common/pure/utf8.ts';
import { seededRandom } from '../../common/pure/random.ts';
import { createApi } from '../../node/httpapi/api.ts';
import type { EngineHttp, EngineRequest } from '../../node/httpapi/engine-port.ts';
import type { Caller, Handler, Response } from '../../node/httpapi/http.ts';
import type { ProductFacts } from '../../node/httpapi/parts.ts';
import { requestTarget } from '../../node/httpapi/target.ts';
import { FakeNodeControl } from './fake-cluster.ts';
import { VirtualClock } from './virtual-clock.ts';

export const silentLog: Log = {
  at: () => undefined,
  with: () => silentLog,
};

export const productFacts: ProductFacts = {
  version: '1.2.3',
  gitCommit: 'abc',
  buildTime: '',
  nodeVersion: '24.0.0',
  hostname: 'host1',
  arch: 'amd64',
  machine: 'x86_64',
  kernelVersion: '6.1',
  operatingSystem: 'Linux',
  cpus: 2,
  memoryBytes: 1024,
};

/** An engine that answers as told: by path without version and query; what it was asked is kept. */
export class FakeEngineHttp implements EngineHttp {
  version: string | undefined = '1.49';
  readonly requests: EngineRequest[] = [];
  readonly answers = new Map<
    string,
    (request: EngineRequest, signal: AbortSignal) => Promise<Response>
  >();
  isDown = false;

  apiVersion(): string | undefined {
    return this.version;
  }

  json(path: string, value: unknown, status = 200): void {
    const body = encodeUtf8(typeof value === 'string' ? value : JSON.stringify(value));
    const headers = new Map([['content-type', 'application/json']]);
    this.answers.set(path, () => Promise.resolve({ status, headers, body }));
  }

  request(request: EngineRequest, signal: AbortSignal): Promise<Response> {
    this.requests.push(request);
    if (this.isDown) {
      return Promise.reject(new ShoalError('engineUnavailable', 'connect ENOENT'));
    }
    const answer = this.answers.get(requestTarget(request.path).path);
    if (answer !== undefined) return answer(request, signal);
    return Promise.resolve({ status: 404, headers: new Map(), body: encodeUtf8('{}') });
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** The text decoded, or undefined when it is no JSON. */
  readonly json: unknown;
}

export interface AskOptions {
  readonly body?: unknown;
  /** The body as it is, instead of `body`. */
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const caller: Caller = {
  actor: { kind: 'user', name: 'test' },
  peer: undefined,
  traceId: 't1',
};

/** The API over fakes, asked without any server. */
export class ApiFixture {
  readonly control: FakeNodeControl;
  readonly engine: FakeEngineHttp = new FakeEngineHttp();
  readonly clock: VirtualClock = new VirtualClock();
  readonly handler: Handler;

  /** @param served the node that answers, if that is not `control`. */
  constructor(control: FakeNodeControl = FakeNodeControl.manager(), served: NodeControl = control) {
    this.control = control;
    this.handler = createApi({
      control: served,
      engine: this.engine,
      clock: this.clock,
      log: silentLog,
      random: seededRandom(7),
      product: productFacts,
    });
  }

  /** As `ask`, without reading the body; undefined = passes through. */
  async open(
    method: string,
    target: string,
    options: AskOptions = {},
  ): Promise<Response | undefined> {
    const bytes = bodyBytes(options);
    const headers = new Map(Object.entries(options.headers ?? {}));
    if (bytes !== undefined) {
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
      if (!headers.has('content-length')) headers.set('content-length', String(bytes.length));
    }
    const request = {
      method,
      ...requestTarget(target),
      headers,
      body: pieces(bytes),
      signal: options.signal ?? new AbortController().signal,
    };
    return await this.handler(request, caller);
  }

  /** @throws when the request would pass through. */
  async ask(method: string, target: string, options: AskOptions = {}): Promise<Answer> {
    const answer = await this.tryAsk(method, target, options);
    if (answer === undefined) throw new Error(`${method} ${target} passes through`);
    return answer;
  }

  /** Undefined when the request passes through. */
  async tryAsk(
    method: string,
    target: string,
    options: AskOptions = {},
  ): Promise<Answer | undefined> {
    const response = await this.open(method, target, options);
    if (response === undefined) return undefined;
    const text = await readText(response);
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  }

  async passesThrough(method: string, target: string, options: AskOptions = {}): Promise<boolean> {
    return (await this.open(method, target, options)) === undefined;
  }
}

function bodyBytes({ body, raw }: AskOptions): Uint8Array | undefined {
  if (raw !== undefined) return typeof raw === 'string' ? encodeUtf8(raw) : raw;
  return body === undefined ? undefined : encodeUtf8(JSON.stringify(body));
}

async function* pieces(bytes: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (bytes === undefined) return;
  const half = Math.ceil(bytes.length / 2);
  yield bytes.subarray(0, half);
  yield bytes.subarray(half);
}

async function readText(response: Response): Promise<string> {
  if (response.body instanceof Uint8Array) return decodeUtf8(response.body);
  let text = '';
  for await (const piece of response.body) text += decodeUtf8(piece);
  return text;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
