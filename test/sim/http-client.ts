import type { Caller, Request, Response } from '../../node/httpapi/http.ts';
import { requestTarget } from '../../node/httpapi/target.ts';
import type { World } from './world.ts';

export interface Answer {
  readonly status: number;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
  readonly text: string;
}

const apiVersion = '1.41';

/** A client of the Docker API on the manager's machine. Its connection breaks when the daemon ends. */
export class HttpClient {
  readonly #world: World;
  readonly #caller: Caller;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#caller = { actor: { kind: 'user', name }, peer: undefined, traceId: name };
  }

  /** Undefined when there was no answer: nobody listens, or the connection broke, and nobody knows what became of the request. */
  async ask(method: string, target: string, body?: unknown): Promise<Answer | undefined> {
    const daemon = this.#world.managerNode.daemon;
    if (daemon?.handler === undefined) return undefined;
    const broken = Promise.withResolvers<undefined>();
    const forget = daemon.life.onEnd(() => {
      broken.resolve(undefined);
    });
    try {
      const request = requestOf(method, target, body);
      return await Promise.race([
        this.#exchange(daemon.handler(request, this.#caller)),
        broken.promise,
      ]);
    } finally {
      forget();
    }
  }

  async #exchange(answering: Promise<Response | undefined>): Promise<Answer> {
    const response = await answering;
    if (response === undefined) throw new Error('the request would pass through to the engine');
    const text = await readText(response.body);
    return { status: response.status, text, json: parse(text) };
  }
}

function requestOf(method: string, target: string, body: unknown): Request {
  const bytes = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body));
  const headers = new Map<string, string>();
  if (bytes !== undefined) {
    headers.set('content-type', 'application/json');
    headers.set('content-length', String(bytes.length));
  }
  return {
    method,
    ...requestTarget(target),
    version: apiVersion,
    headers,
    body: pieces(bytes),
    signal: new AbortController().signal,
  };
}

async function* pieces(bytes: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (bytes !== undefined) yield bytes;
}

async function readText(body: Response['body']): Promise<string> {
  const decoder = new TextDecoder();
  if (body instanceof Uint8Array) return decoder.decode(body);
  let text = '';
  for await (const piece of body) text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
