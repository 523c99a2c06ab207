import { type ErrorCodeName, isShoalError, type ShoalError } from '../../common/pure/errors.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import type { Call, Route } from './call.ts';
import { EngineCalls } from './engine-calls.ts';
import { EngineProbe } from './engine-probe.ts';
import { errorReply } from './errors.ts';
import type { Caller, Handler, Request, Response } from './http.ts';
import { ListReplies } from './list-reply.ts';
import type { ApiParts } from './parts.ts';
import { messageReply, withHeaders } from './reply.ts';
import { isClusterPath, Router } from './router.ts';
import { ImagePinning } from './image-pinning.ts';
import { RegistryLookups } from './registry-lookups.ts';
import { distributionRoutes } from './routes/distribution.ts';
import { eventRoutes } from './routes/events.ts';
import { infoRoutes } from './routes/info.ts';
import { networkRoutes } from './routes/networks.ts';
import { nodeRoutes } from './routes/nodes.ts';
import { pingRoutes } from './routes/ping.ts';
import { secretRoutes } from './routes/secrets.ts';
import { serviceRoutes } from './routes/services.ts';
import { swarmRoutes } from './routes/swarm.ts';
import { taskRoutes } from './routes/tasks.ts';
import { versionRoutes } from './routes/version.ts';
import { apiVersionText, negotiateMinor } from './versions.ts';

/**
 * The Docker Engine API as one node answers it: what concerns the swarm from the cluster, some answers merged with the engine's, and
 * undefined for everything else, which is the engine's.
 *
 * Expected failures become answers in Docker's words; anything else is thrown and is a bug.
 */
export function createApi(parts: ApiParts): Handler {
  const engine = new EngineCalls(parts.engine, parts.clock);
  const router = new Router(allRoutes(parts, engine));
  return async (request, caller) => {
    const response = await answer(parts, { engine, router }, request, caller);
    if (response === undefined) return undefined;
    return withHeaders(response, commonHeaders(parts, engine));
  };
}

function allRoutes(parts: ApiParts, engine: EngineCalls): readonly Route[] {
  const registries = new RegistryLookups(engine, parts.clock);
  const lists = new ListReplies(parts.clock);
  return [
    ...pingRoutes(parts, new EngineProbe(parts.engine, parts.clock)),
    ...versionRoutes(parts, engine),
    ...infoRoutes(parts, engine),
    ...swarmRoutes(parts),
    ...nodeRoutes(parts, lists),
    ...serviceRoutes(parts, new ImagePinning(registries, parts.log), lists),
    ...taskRoutes(parts, lists),
    ...secretRoutes(parts),
    ...networkRoutes(parts, engine),
    ...eventRoutes(parts, engine),
    ...distributionRoutes(registries),
  ];
}

interface Inner {
  readonly engine: EngineCalls;
  readonly router: Router;
}

async function answer(
  parts: ApiParts,
  { engine, router }: Inner,
  request: Request,
  caller: Caller,
): Promise<Response | undefined> {
  try {
    const minor = negotiateMinor(request.version, engine.offeredMinor());
    const match = router.find(request.method, request.path);
    if (match === undefined) {
      return isClusterPath(request.path) ? messageReply(404, 'page not found') : undefined;
    }
    const { route, params } = match;
    return await withinDeadline(parts, request.signal, route, async (signal) => {
      const context = { actor: caller.actor, traceId: caller.traceId, signal };
      const call: Call = { request, caller, params, minor, context };
      return await route.handle(call);
    });
  } catch (error) {
    if (!isShoalError(error)) throw error;
    return failed(parts, error, caller, request.signal.aborted);
  }
}

async function withinDeadline<T>(
  { clock }: ApiParts,
  signal: AbortSignal,
  { deadlineMs }: Route,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (deadlineMs === undefined) return await work(signal);
  return await withDeadline({ clock, durationMs: deadlineMs, signal }, work);
}

/** Docker's answer to updates that lost a race is 500 too, and to some wrong parameters; they are nothing unusual. */
const ordinaryCodes: ReadonlySet<ErrorCodeName> = new Set([
  'cancelled',
  'invalidArgument',
  'outOfSequence',
]);

function failed(
  parts: ApiParts,
  error: ShoalError,
  { traceId }: Caller,
  isClientGone: boolean,
): Response {
  const reply = errorReply(error, parts.control.facts());
  const isOrdinary = reply.status !== 500 || isClientGone || ordinaryCodes.has(error.code);
  const level = isOrdinary ? 'debug' : 'warn';
  parts.log.at(level, 'request refused', { traceId, status: reply.status, error });
  const response = messageReply(reply.status, reply.message);
  const headers: [string, string][] = [];
  if (reply.retryAfterSeconds !== undefined) {
    headers.push(['retry-after', String(reply.retryAfterSeconds)]);
  }
  // What is left of a body that is too large is not waited for.
  if (reply.status === 413) headers.push(['connection', 'close']);
  return withHeaders(response, headers);
}

function commonHeaders({ product }: ApiParts, engine: EngineCalls): [string, string][] {
  return [
    ['server', `Docker/${product.version} (linux)`],
    ['api-version', apiVersionText(engine.offeredMinor())],
    ['ostype', 'linux'],
    ['docker-experimental', 'false'],
  ];
}
