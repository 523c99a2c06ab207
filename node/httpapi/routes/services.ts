import { ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import type { ClusterApi, ServiceView } from '../../../common/ports/cluster-api.ts';
import type { ServiceSpec } from '../../../proto/gen/specs.ts';
import { adjustForApiVersion } from '../../../proto/http/api-gates.ts';
import { JsonFields } from '../../../proto/http/json-fields.ts';
import { readServiceSpec } from '../shapes/service-spec-reader.ts';
import { writeService } from '../shapes/service.ts';
import { refuseUnsupportedService } from '../../../proto/http/unsupported.ts';
import { readJsonBody } from '../body.ts';
import type { Call, Route, RouteHandler } from '../call.ts';
import type { Response } from '../http.ts';
import type { ImagePinning } from '../image-pinning.ts';
import type { ListReplies } from '../list-reply.ts';
import { logReply } from '../log-stream.ts';
import type { ApiParts } from '../parts.ts';
import { booleanParameter, filtersParameter, versionParameter } from '../query.ts';
import { emptyReply, jsonReply } from '../reply.ts';
import { randomServiceName } from '../service-names.ts';

const filterKeys: ReadonlySet<string> = new Set(['id', 'label', 'mode', 'name', 'runtime']);
const authHeader = 'x-registry-auth';
/** Clients of lower versions do not know `ServiceStatus`. */
const statusSinceMinor = 41;

/** `/services` */
export function serviceRoutes(
  parts: ApiParts,
  images: ImagePinning,
  lists: ListReplies,
): readonly Route[] {
  const { control } = parts;
  const route = (method: Route['method'], path: string, handle: RouteHandler): Route => ({
    method,
    path,
    handle,
    deadlineMs: limits.apiRequestMs,
  });
  return [
    route('GET', '/services', async (call) => await listServices(parts, lists, call)),
    route('POST', '/services/create', async (call) => await createService(parts, images, call)),
    route('GET', '/services/:id', async ({ request, params, context }) => {
      const service = await control.cluster().getService(context, params['id'] ?? '');
      const insertDefaults = booleanParameter(request.query, 'insertDefaults');
      return jsonReply(200, writeService(service, insertDefaults));
    }),
    route('POST', '/services/:id/update', async (call) => await updateService(parts, images, call)),
    route('DELETE', '/services/:id', async ({ params, context }) => {
      await control.cluster().removeService(context, params['id'] ?? '');
      return emptyReply(200);
    }),
    {
      method: 'GET',
      path: '/services/:id/logs',
      deadlineMs: undefined,
      handle: async (call) => await readLogs(parts, call),
    },
  ];
}

async function readLogs(parts: ApiParts, call: Call): Promise<Response> {
  return await logReply(parts, call, 'service', async (context) => {
    const api = parts.control.cluster();
    const { meta, spec } = await api.getService(context, call.params['id'] ?? '');
    return { id: meta.id, tty: spec.task?.container?.tty === true };
  });
}

async function listServices(
  { control }: ApiParts,
  lists: ListReplies,
  call: Call,
): Promise<Response> {
  const { request, minor, context } = call;
  const withStatus = minor >= statusSinceMinor && booleanParameter(request.query, 'status');
  const filters = filtersParameter(request.query, filterKeys);
  const services = await control.cluster().listServices(context, filters, withStatus);
  const render = (service: ServiceView): string => JSON.stringify(writeService(service));
  return lists.reply(services, render, request.signal);
}

async function createService(
  { control, random }: ApiParts,
  images: ImagePinning,
  call: Call,
): Promise<Response> {
  const { api, spec } = await readSpec(control.cluster.bind(control), call);
  const named = spec.name === '' ? { ...spec, name: randomServiceName(random) } : spec;
  const auth = call.request.headers.get(authHeader) ?? '';
  const pinned = await images.pin(call, withAuth(named, auth));
  const { id, warnings } = await api.createService(call.context, pinned.spec);
  return jsonReply(201, { ID: id, Warnings: listOrNull([...pinned.warnings, ...warnings]) });
}

async function updateService(
  { control }: ApiParts,
  images: ImagePinning,
  call: Call,
): Promise<Response> {
  const { request, params, context } = call;
  const { api, spec } = await readSpec(control.cluster.bind(control), call);
  const version = versionParameter(request.query, 'service');
  const rollback = rollbackParameter(request.query.get('rollback') ?? '');
  const ref = params['id'] ?? '';
  const auth = await authForUpdate(api, call, ref);
  const pinned = await images.pin(call, withAuth(spec, auth));
  const { warnings } = await api.updateService(context, ref, version, pinned.spec, { rollback });
  return jsonReply(200, { Warnings: listOrNull([...pinned.warnings, ...warnings]) });
}

/** True when the service is to go back to its previous spec; the one in the body then does not matter. */
function rollbackParameter(value: string): boolean {
  if (['', 'none', 'previous'].includes(value)) return value === 'previous';
  throw new ShoalError('invalidArgument', `unrecognized rollback option ${value}`);
}

/** Whoever is no manager says so before it says what it cannot do. */
async function readSpec(
  cluster: () => ClusterApi,
  call: Call,
): Promise<{ readonly api: ClusterApi; readonly spec: ServiceSpec }> {
  const body = adjustForApiVersion(await readJsonBody(call), call.minor);
  const fields = new JsonFields(body);
  const api = cluster();
  refuseUnsupportedService(body);
  return { api, spec: readServiceSpec(fields) };
}

/** The login that pulls the image: the header's, or the one that the named spec of the service has. */
async function authForUpdate(api: ClusterApi, call: Call, ref: string): Promise<string> {
  const given = call.request.headers.get(authHeader) ?? '';
  const from = call.request.query.get('registryAuthFrom') ?? '';
  if (!['', 'spec', 'previous-spec'].includes(from)) {
    throw new ShoalError('invalidArgument', 'unsupported registryAuthFrom value');
  }
  if (given !== '') return given;
  const service = await api.getService(call.context, ref);
  if (from !== 'previous-spec') return authOf(service.spec);
  if (service.previousSpec === undefined) {
    throw new ShoalError('internal', 'service does not have a previous spec');
  }
  return authOf(service.previousSpec);
}

function authOf(spec: ServiceSpec): string {
  return spec.task?.container?.registryAuth ?? '';
}

function withAuth(spec: ServiceSpec, registryAuth: string): ServiceSpec {
  if (registryAuth === '' || spec.task?.container === undefined) return spec;
  const container = { ...spec.task.container, registryAuth };
  return { ...spec, task: { ...spec.task, container } };
}

function listOrNull(warnings: readonly string[]): readonly string[] | null {
  return warnings.length === 0 ? null : warnings;
}
