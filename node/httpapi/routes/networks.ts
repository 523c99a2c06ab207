import { ShoalError, isShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import { encodeUtf8 } from '../../../common/pure/utf8.ts';
import type { Filters, NetworkView } from '../../../common/ports/cluster-api.ts';
import { JsonFields } from '../../../proto/http/json-fields.ts';
import type { JsonValue } from '../../../proto/http/json.ts';
import { writeNetworkResource } from '../shapes/network.ts';
import { notSupportedYet } from '../../../proto/http/unsupported.ts';
import { readJsonBody } from '../body.ts';
import type { Call, Route, RouteHandler } from '../call.ts';
import { decodeJson, type EngineCalls, relayAnswer } from '../engine-calls.ts';
import type { Response } from '../http.ts';
import type { ApiParts } from '../parts.ts';
import { booleanParameter, filtersParameter } from '../query.ts';
import { jsonReply } from '../reply.ts';

const filterKeys: ReadonlySet<string> = new Set([
  'dangling',
  'driver',
  'id',
  'label',
  'name',
  'scope',
  'type',
]);

/** `/networks`: the engine's and the cluster's together. What is the engine's alone passes through. */
export function networkRoutes(parts: ApiParts, engine: EngineCalls): readonly Route[] {
  const route = (method: Route['method'], path: string, handle: RouteHandler): Route => ({
    method,
    path,
    handle,
    deadlineMs: limits.apiEngineAnswerMs,
  });
  return [
    route('GET', '/networks', async (call) => await listNetworks(parts, engine, call)),
    route('POST', '/networks/create', async (call) => await createNetwork(engine, call)),
    route('GET', '/networks/:id', async (call) => await showNetwork(parts, call)),
    route('DELETE', '/networks/:id', async (call) => {
      const network = await findNetwork(parts, call);
      if (network !== undefined) throw notSupportedYet('removing a network of the swarm');
      return undefined;
    }),
  ];
}

async function listNetworks(
  { control }: ApiParts,
  engine: EngineCalls,
  call: Call,
): Promise<Response | undefined> {
  if (!control.facts().controlAvailable) return undefined;
  const filters = filtersParameter(call.request.query, filterKeys);
  const networks = await control.cluster().listNetworks(call.context);
  const shown = networks.filter((network) => passes(network, filters)).map(writeNetworkResource);
  const scopes = filters.get('scope') ?? [];
  if (scopes.length > 0 && scopes.every((scope) => scope === 'swarm')) return jsonReply(200, shown);
  const answer = await engine.ask(call, limits.apiEngineAnswerMs);
  if (answer.status !== 200) return relayAnswer(answer);
  const local = decodeJson(answer);
  return jsonReply(200, [
    ...(Array.isArray(local) ? (local as readonly JsonValue[]) : []),
    ...shown,
  ]);
}

/** Values of one filter are alternatives, but for labels, which must all be there. */
function passes({ meta, spec }: NetworkView, filters: Filters): boolean {
  const anyOf = (name: string, test: (value: string) => boolean): boolean => {
    const values = filters.get(name);
    return values === undefined || values.length === 0 || values.some(test);
  };
  return (
    anyOf('id', (value) => meta.id.startsWith(value)) &&
    anyOf('name', (value) => spec.name.includes(value)) &&
    anyOf('driver', (value) => value === (spec.driver || 'overlay')) &&
    anyOf('scope', (value) => value === 'swarm') &&
    anyOf('type', (value) => value === 'custom') &&
    anyOf('dangling', (value) => value !== 'true' && value !== '1') &&
    (filters.get('label') ?? []).every((wanted) => hasLabel(spec.labels, wanted))
  );
}

function hasLabel(labels: ReadonlyMap<string, string>, wanted: string): boolean {
  const mark = wanted.indexOf('=');
  if (mark < 0) return labels.has(wanted);
  return labels.get(wanted.slice(0, mark)) === wanted.slice(mark + 1);
}

/** The body was read to see whose network it is, so it is handed on from here. */
async function createNetwork(engine: EngineCalls, call: Call): Promise<Response> {
  const body = await readJsonBody(call);
  const fields = new JsonFields(body);
  const driver = fields.text('Driver');
  if (driver === 'overlay') throw notSupportedYet('Driver', ' "overlay"');
  if (fields.text('Scope') === 'swarm') throw notSupportedYet('Scope', ' "swarm"');
  if (fields.flag('Ingress')) throw notSupportedYet('Ingress');
  const bytes = encodeUtf8(JSON.stringify(body));
  return relayAnswer(await engine.ask(call, limits.apiEngineAnswerMs, bytes));
}

async function showNetwork(parts: ApiParts, call: Call): Promise<Response | undefined> {
  const scope = call.request.query.get('scope') ?? '';
  booleanParameter(call.request.query, 'verbose');
  const network = scope === 'local' ? undefined : await findNetwork(parts, call);
  if (network !== undefined) {
    return jsonReply(200, { ...writeNetworkResource(network), Containers: {} });
  }
  if (scope !== 'swarm') return undefined;
  throw new ShoalError('notFound', 'network not found', {
    fields: { kind: 'network', ref: call.params['id'] ?? '' },
  });
}

/** The cluster's network of the path's name, whole id or unique prefix of an id; undefined when it has none. */
async function findNetwork({ control }: ApiParts, call: Call): Promise<NetworkView | undefined> {
  if (!control.facts().controlAvailable) return undefined;
  try {
    return await control.cluster().getNetwork(call.context, call.params['id'] ?? '');
  } catch (error) {
    if (isShoalError(error, 'notFound')) return undefined;
    throw error;
  }
}
