import { concatBytes } from '../../common/pure/bytes.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { decodeUtf8 } from '../../common/pure/utf8.ts';
import type { Clock } from '../../common/ports/clock.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { type JsonValue, parseExactJson } from '../../proto/http/json.ts';
import type { Call } from './call.ts';
import type { EngineHttp } from './engine-port.ts';
import type { Response } from './http.ts';
import { apiVersionText, offeredMinor } from './versions.ts';

/** An answer of the engine, read whole. */
export interface EngineAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** Headers that say how a body was carried, which is not how it is carried on. */
const transferHeaders: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
]);

/** What the API asks of the engine for itself, each with a deadline. */
export class EngineCalls {
  readonly #engine: EngineHttp;
  readonly #clock: Clock;

  constructor(engine: EngineHttp, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** The newest minor version that Shoal offers now. */
  offeredMinor(): number {
    return offeredMinor(this.#engine.apiVersion());
  }

  /** The call as it came, with `body` in place of its own, read whole. @throws ShoalError `engineUnavailable`, `timeout` */
  async ask(call: Call, deadlineMs: number, body?: Uint8Array): Promise<EngineAnswer> {
    const { clock, signal } = { clock: this.#clock, signal: call.context.signal };
    return await withDeadline({ clock, durationMs: deadlineMs, signal }, async (inner) => {
      const response = await this.#engine.request(this.#request(call, body), inner);
      return await readWhole(response, inner);
    });
  }

  /** The call as it came, its answer left as a stream that ends with `signal`. */
  async open(
    call: Call,
    headers: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<Response> {
    return await this.#engine.request({ ...this.#request(call, undefined), headers }, signal);
  }

  /** As `ask`, decoded; undefined when the engine does not answer in time or not with JSON. */
  async tryJson(call: Call, deadlineMs: number): Promise<EngineJson> {
    try {
      const answer = await this.ask(call, deadlineMs);
      if (answer.status !== 200) return { error: `the engine answered ${answer.status}` };
      return { value: decodeJson(answer) };
    } catch (error) {
      call.context.signal.throwIfAborted();
      if (!isShoalError(error)) throw error;
      if (error.code === 'timeout')
        return { error: 'the Docker Engine of this node does not answer in time' };
      return { error: error.message };
    }
  }

  #request(call: Call, body: Uint8Array | undefined): Parameters<EngineHttp['request']>[0] {
    const { method, path, query, headers } = call.request;
    const version = this.#engine.apiVersion();
    const minor = Math.min(call.minor, offeredMinor(version));
    const prefix = version === undefined ? '' : `/v${apiVersionText(minor)}`;
    const search = query.size === 0 ? '' : `?${query.toString()}`;
    const kept = [...headers].filter(([name]) => !transferHeaders.has(name) && name !== 'host');
    return { method, path: `${prefix}${path}${search}`, headers: new Map(kept), body };
  }
}

export type EngineJson = { readonly value: JsonValue } | { readonly error: string };

/** @throws ShoalError `engineUnavailable` when the answer is no JSON */
export function decodeJson(answer: EngineAnswer): JsonValue {
  try {
    return parseExactJson(decodeUtf8(answer.body));
  } catch (cause) {
    throw new ShoalError(
      'engineUnavailable',
      'the Docker Engine of this node answers with no JSON',
      {
        cause,
      },
    );
  }
}

/** An engine's answer as Shoal's. */
export function relayAnswer(answer: EngineAnswer): Response {
  const headers = [...answer.headers].filter(([name]) => !transferHeaders.has(name));
  return { status: answer.status, headers: new Map(headers), body: answer.body };
}

async function readWhole(response: Response, signal: AbortSignal): Promise<EngineAnswer> {
  const { status, headers } = response;
  if (response.body instanceof Uint8Array) return { status, headers, body: response.body };
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of response.body) {
      pieces.push(piece);
      length += piece.length;
      if (length > limits.engineAnswerBytes) {
        throw new ShoalError('limitExceeded', 'the answer of the Docker Engine is too large');
      }
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (isShoalError(cause)) throw cause;
    throw new ShoalError(
      'engineUnavailable',
      'the Docker Engine of this node broke off its answer',
      {
        cause,
      },
    );
  }
  return { status, headers, body: concatBytes(pieces) };
}
