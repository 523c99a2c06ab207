import { isShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { decodeUtf8 } from '../../common/pure/utf8.ts';
import type { Call } from './call.ts';
import { type EngineAnswer, type EngineCalls, relayAnswer } from './engine-calls.ts';
import type { Response } from './http.ts';
import type { Source } from './merge-streams.ts';
import { wholeLines } from './whole-lines.ts';

/** Which events a client asks for. Times are milliseconds since the Unix epoch. */
export interface EventSpan {
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
  /** Where what was ends for this answer, and what comes begins. */
  readonly nowMs: number;
  /** What was is asked for. */
  readonly hasPast: boolean;
  /** What comes is not. */
  readonly isOver: boolean;
}

/** What the engine has to say. */
export interface EngineEvents {
  /** Stands for all else. */
  readonly refusal?: Response;
  /** Lines of what was. */
  readonly past?: readonly string[];
  /** What comes; absent when that is not asked for. */
  readonly live?: Response;
}

/**
 * Asks the engine. What comes is asked for from `nowMs` on before what was is asked for until then, so that nothing falls between.
 * @throws ShoalError `engineUnavailable`, `timeout`
 */
export async function askEngineEvents(
  engine: EngineCalls,
  call: Call,
  span: EventSpan,
  signal: AbortSignal,
): Promise<EngineEvents> {
  const until = span.untilMs === undefined ? undefined : textOf(call, 'until', span.untilMs);
  if (span.isOver) return await askPast(engine, call, span, until);
  const since = span.hasPast ? engineTime(span.nowMs) : undefined;
  const live = await engine.open(withSpan(call, since, until), acceptLines, signal);
  if (live.status !== 200) return { refusal: live };
  if (!span.hasPast) return { live };
  const past = await askPast(engine, call, span, engineTime(span.nowMs - 1, 999_999));
  return { ...past, live };
}

async function askPast(
  engine: EngineCalls,
  call: Call,
  { sinceMs }: EventSpan,
  until: string | undefined,
): Promise<EngineEvents> {
  const since = sinceMs === undefined ? undefined : textOf(call, 'since', sinceMs);
  const past = await engine.ask(withSpan(call, since, until), limits.apiEngineMs);
  return past.status === 200 ? { past: linesOf(past) } : { refusal: relayAnswer(past) };
}

const acceptLines: ReadonlyMap<string, string> = new Map([
  ['accept', 'application/jsonl, application/x-ndjson;q=0.9'],
]);

/** What breaks the engine's stream ends it: the client sees an end and asks again. `stop` lets go of the engine. */
export function engineLines({ body }: Response, stop: AbortController): Source {
  return async function* lines(signal) {
    const onAbort = (): void => {
      stop.abort(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (body instanceof Uint8Array) yield body;
      else yield* wholeLines(body);
    } catch (error) {
      if (isShoalError(error)) throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      onAbort();
    }
  };
}

function linesOf({ body }: EngineAnswer): readonly string[] {
  return decodeUtf8(body)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `${line}\n`);
}

function withSpan(call: Call, since: string | undefined, until: string | undefined): Call {
  const query = new URLSearchParams(call.request.query);
  query.delete('since');
  query.delete('until');
  if (since !== undefined) query.set('since', since);
  if (until !== undefined) query.set('until', until);
  return { ...call, request: { ...call.request, query } };
}

/** As the client wrote it, if engines can read that: some cannot read RFC 3339. */
function textOf(call: Call, name: string, ms: number): string {
  const text = call.request.query.get(name) ?? '';
  return /^\d+(?:\.\d+)?$/.test(text) ? text : engineTime(ms);
}

/** Seconds with nine decimals. @param nanos less than a million */
function engineTime(ms: number, nanos = 0): string {
  const whole = Math.floor(ms);
  const thousandths = String(whole % 1000).padStart(3, '0');
  return `${Math.floor(whole / 1000)}.${thousandths}${String(nanos).padStart(6, '0')}`;
}
