import { isShoalError } from '../../../common/pure/errors.ts';
import { encodeUtf8 } from '../../../common/pure/utf8.ts';
import type { ClusterApi, ClusterEvent, Filters } from '../../../common/ports/cluster-api.ts';
import type { Clock } from '../../../common/ports/clock.ts';
import { textRecord } from '../../../proto/http/omit.ts';
import type { Call, Route } from '../call.ts';
import type { EngineCalls } from '../engine-calls.ts';
import { eventPasses } from '../event-filter.ts';
import type { Response } from '../http.ts';
import { mergeStreams, type Source } from '../merge-streams.ts';
import type { ApiParts } from '../parts.ts';
import { filtersParameter, timeParameter } from '../query.ts';
import { streamReply } from '../reply.ts';
import { wholeLines } from '../whole-lines.ts';

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
 * `/events`: the engine's and the cluster's in one stream, each line whole.
 *
 * The stream ends when the engine's does, so that clients ask again and lose nothing silently. Without an engine it has the cluster's
 * events alone.
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
  const untilMs = timeParameter(call.request.query, 'until');
  timeParameter(call.request.query, 'since');
  if (!control.facts().controlAvailable || isEngineOnly(filters)) return undefined;
  const stop = new AbortController();
  const signal = AbortSignal.any([call.request.signal, stop.signal]);
  const local = isClusterOnly(filters) ? undefined : await openEngine(engine, call, signal);
  if (local !== undefined && local.status !== 200) return local;
  const sources: Source[] = [clusterLines(control.cluster(), filters)];
  if (local !== undefined) sources.push(engineLines(local, stop));
  else if (untilMs !== undefined) sources.push(endAt(clock, untilMs));
  return streamReply(mergeStreams(sources, call.request.signal), contentType(call));
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
  return types.length > 0 && types.every((type) => clusterTypes.has(type));
}

/** One line a record: `application/jsonl` and `x-ndjson` are names for what `application/json` has always meant here. */
function contentType(call: Call): string {
  const accept = call.request.headers.get('accept') ?? '';
  if (accept.includes('application/jsonl')) return 'application/jsonl';
  return accept.includes('application/x-ndjson') ? 'application/x-ndjson' : 'application/json';
}

async function openEngine(
  engine: EngineCalls,
  call: Call,
  signal: AbortSignal,
): Promise<Response | undefined> {
  const headers = new Map([['accept', 'application/jsonl, application/x-ndjson;q=0.9']]);
  try {
    return await engine.open(call, headers, signal);
  } catch (error) {
    if (isShoalError(error, 'engineUnavailable')) return undefined;
    throw error;
  }
}

/** What breaks the engine's stream ends it: the client sees an end and asks again. `stop` lets go of the engine. */
function engineLines({ body }: Response, stop: AbortController): Source {
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

function clusterLines(api: ClusterApi, filters: Filters): Source {
  return async function* lines(signal) {
    for await (const event of api.events(signal)) {
      if (eventPasses(event, filters)) yield encodeUtf8(`${eventLine(event)}\n`);
    }
  };
}

/** Nanoseconds are beyond the numbers that JavaScript has: they are written as text. */
function eventLine(event: ClusterEvent): string {
  const head = JSON.stringify({
    Type: event.type,
    Action: event.action,
    Actor: { ID: event.id, Attributes: textRecord(event.attributes) },
    scope: 'swarm',
    time: Math.floor(event.timeMs / 1000),
  });
  return `${head.slice(0, -1)},"timeNano":${Math.floor(event.timeMs)}000000}`;
}

/** A source that has nothing to say and ends at `wallMs`. */
function endAt(clock: Clock, wallMs: number): Source {
  return async function* nothing(signal) {
    await clock.sleep(Math.max(0, wallMs - clock.wallMs()), signal);
    yield* [];
  };
}
