import type { Random } from '../../common/pure/random.ts';
import type { Caller, Request, Response } from '../../node/httpapi/http.ts';
import { requestTarget } from '../../node/httpapi/target.ts';
import type { Daemon } from './daemon.ts';
import type { World } from './world.ts';

export interface Answer {
  readonly status: number;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
  readonly text: string;
}

const apiVersion = '1.41';
/** One of so many requests goes to another manager than the one before. */
const moveOneIn = 3;

/**
 * A client of the Docker API on the managers' machines. Its connection breaks when the daemon ends. It talks to one manager, now and then to another
 * one, and always when that does not answer or says that it can do nothing.
 */
export class HttpClient {
  readonly #world: World;
  readonly #caller: Caller;
  readonly #random: Random;
  /** Number of the machine that it talks to, modulo those that there are. */
  #at: number;

  constructor(world: World, name: string, at = 0) {
    this.#world = world;
    this.#at = at;
    this.#random = world.random.fork(`ways of ${name}`);
    this.#caller = { actor: { kind: 'user', name }, peer: undefined, traceId: name };
  }

  /**
   * Asks one manager after the other until one takes the request. Undefined when there was no answer: nobody listens, or the connection broke, and
   * nobody knows what became of the request.
   */
  async ask(method: string, target: string, body?: unknown): Promise<Answer | undefined> {
    let answer: Answer | undefined;
    if (this.#random.below(moveOneIn) === 0) this.#at += 1;
    for (let left = this.#world.nodes.length; left > 0; left -= 1) {
      const daemon = this.#daemon;
      if (daemon?.handler !== undefined && daemon.identity?.role === 'manager') {
        answer = await this.#askOf(daemon, requestOf(method, target, body));
        if (answer !== undefined && answer.status !== 503) return answer;
        this.#at += 1;
        // What was sent may have been done.
        if (answer === undefined && method !== 'GET') return undefined;
        if (answer !== undefined && !isRefused(answer) && method !== 'GET') return answer;
      } else this.#at += 1;
    }
    return answer;
  }

  get #daemon(): Daemon | undefined {
    const { nodes } = this.#world;
    return nodes[this.#at % nodes.length]?.daemon;
  }

  async #askOf(daemon: Daemon, request: Request): Promise<Answer | undefined> {
    const handler = daemon.handler;
    if (handler === undefined) return undefined;
    const broken = Promise.withResolvers<undefined>();
    const forget = daemon.life.onEnd(() => {
      broken.resolve(undefined);
    });
    try {
      const answering = daemon.life.pass().then(() => handler(request, this.#caller));
      return await Promise.race([this.#exchange(answering), broken.promise]);
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

/** The manager serves nobody: it has not even looked at the request. */
function isRefused({ text }: Answer): boolean {
  return text.includes('not a swarm manager');
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
