import { Pool, type Dispatcher } from 'undici';
import { ShoalError } from '../../pure/errors.ts';
import { limits } from '../../pure/limits.ts';
import { member, parseEngineJson } from './parse.ts';

/** One call. `path` begins with `/` and carries the query; `pool` says what the call waits on. */
export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly pool: 'call' | 'wait' | 'stream' | 'log';
  /** Limit for the whole answer, or for its head when it is a stream. */
  readonly limitMs: number;
  /** Statuses that are no failure besides 2xx. */
  readonly accept?: readonly number[];
}

/** An answer that was read to its end. */
export interface EngineAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

type Response = Dispatcher.ResponseData;

/**
 * HTTP to one engine over its unix socket. Every call ends by its limit; failures are the `ShoalError`s of `EngineApi`.
 *
 * Several pools, so that stops which wait out their grace do not keep calls waiting, nor calls a ping, nor readers of logs anything.
 */
export class EngineTransport implements AsyncDisposable {
  readonly #pools: Readonly<Record<EngineCall['pool'], Pool>>;

  constructor(socketPath: string) {
    const open = (connections: number): Pool =>
      new Pool('http://engine', {
        socketPath,
        connections,
        pipelining: 1,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    this.#pools = {
      call: open(limits.engineCallConnections),
      wait: open(limits.engineWaitConnections),
      stream: open(limits.engineStreamConnections),
      log: open(limits.engineLogConnections),
    };
  }

  /** Sends `call` and reads the whole answer. */
  async request(call: EngineCall, signal: AbortSignal): Promise<EngineAnswer> {
    return await withDeadline(call.limitMs, signal, async (bounded) => {
      const response = await this.#send(call, bounded, 0);
      const text = await readBounded(response.body);
      refuseFailure(call, response.statusCode, text);
      return { statusCode: response.statusCode, headers: response.headers, text };
    });
  }

  /**
   * Sends `call` and gives the body as it comes; breaks off after `silenceMs` without a byte (0 = never).
   * The signal ends it at any time.
   */
  async stream(
    call: EngineCall,
    silenceMs: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const ended = new AbortController();
    const response = await withDeadline(call.limitMs, signal, async (bounded) => {
      const stop = (): void => {
        ended.abort(bounded.reason);
      };
      bounded.addEventListener('abort', stop, { once: true });
      try {
        const head = await this.#send(call, AbortSignal.any([ended.signal, signal]), silenceMs);
        // Who reads the body learns of its failure there; nobody may ever read it.
        head.body.on('error', () => undefined);
        if (isFailure(call, head.statusCode)) {
          refuseFailure(call, head.statusCode, await readBounded(head.body));
        }
        return head;
      } finally {
        bounded.removeEventListener('abort', stop);
      }
    });
    return chunksOf(response, signal);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.destroy()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #send(call: EngineCall, signal: AbortSignal, silenceMs: number): Promise<Response> {
    const hasBody = call.body !== undefined;
    return await this.#pools[call.pool].request({
      method: call.method,
      path: call.path,
      headers: { ...call.headers, ...(hasBody ? { 'content-type': 'application/json' } : {}) },
      body: hasBody ? JSON.stringify(call.body) : null,
      signal,
      bodyTimeout: silenceMs,
    });
  }
}

/** Runs `action` with a signal that also aborts after `limitMs`, and gives its failure the words of the port. */
async function withDeadline<T>(
  limitMs: number,
  signal: AbortSignal,
  action: (bounded: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new ShoalError('engineUnavailable', 'the engine does not answer'));
  }, limitMs);
  const forward = (): void => {
    deadline.abort(signal.reason);
  };
  signal.addEventListener('abort', forward, { once: true });
  try {
    return await action(deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    deadline.signal.throwIfAborted();
    throw asUnavailable(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', forward);
  }
}

/** A `ShoalError` as it is; everything else that a connection can fail with as `engineUnavailable`. */
function asUnavailable(error: unknown): ShoalError {
  if (error instanceof ShoalError) return error;
  const code = member(error, 'code');
  const isAbsent = code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES';
  const message = isAbsent ? 'cannot connect to the engine' : 'the connection to the engine broke';
  return new ShoalError('engineUnavailable', message, { cause: error });
}

async function* chunksOf(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of response.body) yield chunk as Uint8Array;
  } catch (error) {
    signal.throwIfAborted();
    throw asUnavailable(error);
  }
}

async function readBounded(body: Response['body']): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of body) {
    const bytes = chunk as Uint8Array;
    length += bytes.length;
    if (length > limits.engineAnswerBytes) {
      throw new ShoalError('engineRefused', 'the answer of the engine is beyond the limit');
    }
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function isFailure(call: EngineCall, statusCode: number): boolean {
  if (call.accept?.includes(statusCode) === true) return false;
  return statusCode < 200 || statusCode > 299;
}

/** Throws what a failing status means, with the engine's own text. */
function refuseFailure(call: EngineCall, statusCode: number, text: string): void {
  if (!isFailure(call, statusCode)) return;
  throw engineError(statusCode, messageIn(text));
}

/** The failure that the engine means by a status and its text; see `EngineApi`. */
export function engineError(statusCode: number, message: string): ShoalError {
  const fields = { statusCode };
  if (statusCode === 404) return new ShoalError('notFound', message, { fields });
  if (statusCode === 409) return new ShoalError('conflict', message, { fields });
  if (statusCode === 503 || isEngineTrouble(message)) {
    return new ShoalError('engineUnavailable', message, { fields });
  }
  return new ShoalError('engineRefused', message, { fields });
}

/** What the engine answers, as status 500, while it stops or has lost its containerd: it says nothing about the container. */
function isEngineTrouble(message: string): boolean {
  return (
    message.includes('transport is closing') ||
    message.includes('connection error: desc =') ||
    message.includes('error reading from server: EOF')
  );
}

function messageIn(text: string): string {
  try {
    const message = member(parseEngineJson(text), 'message');
    if (typeof message === 'string') return message.trim();
  } catch {
    // Not JSON: an old engine or something between us and it; the text itself is the message.
  }
  const trimmed = text.trim();
  return trimmed === '' ? 'the engine refused without a reason' : trimmed.slice(0, 1000);
}
