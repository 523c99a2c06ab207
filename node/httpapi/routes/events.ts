import { isShoalError, ShoalError } from '../../../common/pure/errors.ts';
import type { ClusterEvent, Filters } from '../../../common/ports/cluster-api.ts';
import type { Clock } from '../../../common/ports/clock.ts';
import type { NodeControl } from '../../../common/ports/node-control.ts';
import type { Call, Route } from '../call.ts';
import type { EngineCalls } from '../engine-calls.ts';
import {
  askEngineEvents,
  type EngineEvents,
  engineLines,
  type EventSpan,
} from '../engine-events.ts';
import { eventPasses } from '../event-filter.ts';
import { eventLine, inOrder } from '../event-lines.ts';
import type { Response } from '../http.ts';
import { mergeStreams, type Source } from '../merge-streams.ts';
import type { ApiParts } from '../parts.ts';
import { filtersParameter, timeParameter } from '../query.ts';
import { encodeText, streamReply } from '../reply.ts';

const filterKeys: ReadonlySet<string> = new Set([
  'builder',
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'task',
  'type',
  'volume',
]);

/** Types of which only the cluster has events: a client that asks for no other needs no engine. */
const clusterTypes: ReadonlySet<string> = new Set(['config', 'node', 'secret', 'service', 'task']);
/** Types of which the cluster has events at all. */
const sharedTypes: ReadonlySet<string> = new Set([...clusterTypes, 'network']);

/**
 * `/events`: the engine's and the cluster's in one stream, each line whole; what was before, as far as both remember it, in order.
 *
 * The stream ends when the engine's does, so that clients ask again and lose nothing silently. Without an engine a manager has the
 * cluster's events alone. It goes on while the node leaves its swarm or makes one.
 */
export function eventRoutes(parts: ApiParts, engine: EngineCalls): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/events',
      deadlineMs: undefined,
      handle: async (call) => await streamEvents(parts, engine, call),
    },
  ];
}

async function streamEvents(
  { control, clock }: ApiParts,
  engine: EngineCalls,
  call: Call,
): Promise<Response | undefined> {
  const filters = filtersParameter(call.request.query, filterKeys);
  const span = eventSpan(call.request.query, clock.wallMs());
  if (isEngineOnly(filters)) return undefined;
  const stop = new AbortController();
  const signal = AbortSignal.any([call.request.signal, stop.signal]);
  const ofEngine = isClusterOnly(filters) ? nothing : await tryEngine(engine, call, span, signal);
  // Who is no manager has nothing to say instead.
  if (ofEngine === undefined && !control.facts().controlAvailable) return undefined;
  const { refusal, past = [], live } = ofEngine ?? nothing;
  if (refusal !== undefined) return refusal;
  const sources: Source[] = [clusterLines(control, filters, span, past)];
  if (live !== undefined) sources.push(engineLines(live, stop));
  else if (span.untilMs !== undefined && !span.isOver) sources.push(endAt(clock, span.untilMs));
  return streamReply(mergeStreams(sources, call.request.signal), contentType(call));
}

const nothing: EngineEvents = {};

/** @throws ShoalError `invalidArgument` in Docker's words. */
function eventSpan(query: URLSearchParams, wallMs: number): EventSpan {
  const [sinceMs, untilMs] = [timeParameter(query, 'since'), timeParameter(query, 'until')];
  if (sinceMs !== undefined && untilMs !== undefined && untilMs < sinceMs) {
    const [since, until] = [query.get('since'), query.get('until')];
    throw new ShoalError(
      'invalidArgument',
      `\`since\` time (${since}) cannot be after \`until\` time (${until})`,
    );
  }
  const nowMs = Math.floor(wallMs);
  const isOver = untilMs !== undefined && untilMs < nowMs;
  const isAsked = sinceMs !== undefined || untilMs !== undefined;
  return { sinceMs, untilMs, nowMs, isOver, hasPast: isAsked && (sinceMs ?? 0) < nowMs };
}

function isEngineOnly(filters: Filters): boolean {
  const types = filters.get('type') ?? [];
  const scopes = filters.get('scope') ?? [];
  if (scopes.length > 0 && !scopes.includes('swarm')) return true;
  return types.length > 0 && !types.some((type) => sharedTypes.has(type));
}

function isClusterOnly(filters: Filters): boolean {
  const types = filters.get('type') ?? [];
  const scopes = filters.get('scope') ?? [];
  if (scopes.length > 0 && !scopes.includes('local')) return true;
  // Engines do not know tasks, and would take no notice.
  if ((filters.get('task') ?? []).length > 0) return true;
  return types.length > 0 && types.every((type) => clusterTypes.has(type));
}

/** One line a record: `application/jsonl` and `x-ndjson` are names for what `application/json` has always meant here. */
function contentType(call: Call): string {
  const accept = call.request.headers.get('accept') ?? '';
  if (accept.includes('application/jsonl')) return 'application/jsonl';
  return accept.includes('application/x-ndjson') ? 'application/x-ndjson' : 'application/json';
}

/** Undefined when the engine is not there. */
async function tryEngine(
  engine: EngineCalls,
  call: Call,
  span: EventSpan,
  signal: AbortSignal,
): Promise<EngineEvents | undefined> {
  try {
    return await askEngineEvents(engine, call, span, signal);
  } catch (error) {
    if (isShoalError(error, 'engineUnavailable')) return undefined;
    throw error;
  }
}

/** First what was, the engine's lines of it among them, then what comes. */
function clusterLines(
  control: NodeControl,
  filters: Filters,
  span: EventSpan,
  ofEngine: readonly string[],
): Source {
  const linesOf = (events: readonly ClusterEvent[]): readonly string[] =>
    events.filter((event) => eventPasses(event, filters)).map(eventLine);
  return async function* lines(signal) {
    const events = control.events(signal);
    try {
      const past = await events.next();
      const known = past.done === true ? [] : past.value.filter((event) => wasAsked(event, span));
      yield encodeText(inOrder(ofEngine, linesOf(known)).join(''));
      if (span.isOver) return;
      for await (const batch of events) yield encodeText(linesOf(batch).join(''));
    } finally {
      await events.return(undefined);
    }
  };
}

function wasAsked({ timeMs }: ClusterEvent, { hasPast, sinceMs, untilMs }: EventSpan): boolean {
  return hasPast && timeMs >= (sinceMs ?? 0) && timeMs <= (untilMs ?? Infinity);
}

/** A source that has nothing to say and ends at `wallMs`. */
function endAt(clock: Clock, wallMs: number): Source {
  return async function* silence(signal) {
    await clock.sleep(Math.max(0, wallMs - clock.wallMs()), signal);
    yield* [];
  };
}
