import { ShoalError } from '../../../common/pure/errors.ts';
import { limits } from '../../../common/pure/limits.ts';
import type { InitRequest, JoinRequest } from '../../../common/ports/node-control.ts';
import { NodeAvailability } from '../../../proto/gen/specs.ts';
import { readClusterSpec, writeCluster } from '../shapes/cluster.ts';
import { JsonFields } from '../../../proto/http/json-fields.ts';
import { isJsonObject, type JsonValue } from '../../../proto/http/json.ts';
import { notSupportedYet, refuseUnsupportedCluster } from '../../../proto/http/unsupported.ts';
import { availabilityWords } from '../shapes/words.ts';
import { readJsonBody } from '../body.ts';
import type { Call, Route, RouteHandler } from '../call.ts';
import type { Response } from '../http.ts';
import type { ApiParts } from '../parts.ts';
import { booleanParameter, flagParameter, versionParameter } from '../query.ts';
import { emptyReply, jsonReply } from '../reply.ts';

/** `/swarm`: the cluster itself, and this node's membership. */
export function swarmRoutes(parts: ApiParts): readonly Route[] {
  const { control } = parts;
  const route = (method: Route['method'], path: string, handle: RouteHandler): Route => ({
    method,
    path,
    handle,
    deadlineMs: limits.apiRequestMs,
  });
  return [
    route('POST', '/swarm/init', async (call) => await initSwarm(parts, call)),
    // The node itself keeps the time: whoever waits longer is told that it goes on.
    {
      method: 'POST',
      path: '/swarm/join',
      deadlineMs: undefined,
      handle: async (call) => await joinSwarm(parts, call),
    },
    route('POST', '/swarm/leave', async ({ request, context }) => {
      await control.leave(context, flagParameter(request.query, 'force'));
      return emptyReply(200);
    }),
    route('GET', '/swarm', async (call) => await showSwarm(parts, call)),
    route('POST', '/swarm/update', async (call) => await updateSwarm(parts, call)),
    route('GET', '/swarm/unlockkey', async ({ context }) => {
      await control.cluster().getCluster(context);
      return jsonReply(200, { UnlockKey: '' });
    }),
    route('POST', '/swarm/unlock', () => Promise.reject(unlockRefusal(parts))),
  ];
}

async function initSwarm({ control }: ApiParts, call: Call): Promise<Response> {
  const body = await readJsonBody(call);
  const isForced = new JsonFields(body).flag('ForceNewCluster');
  if (control.facts().swarmState !== 'inactive' && !isForced) {
    throw new ShoalError('alreadyInSwarm', 'this node is already part of a swarm');
  }
  const id = await control.init(call.context, readInitRequest(body));
  return jsonReply(200, id);
}

function readInitRequest(body: JsonValue): InitRequest {
  const fields = new JsonFields(body);
  if (fields.flag('AutoLockManagers')) throw notSupportedYet('AutoLockManagers');
  const spec = fields.child('Spec');
  if (isJsonObject(body) && spec !== undefined) refuseUnsupportedCluster(rawField(body, 'Spec'));
  return {
    listenAddress: listenAddress(fields),
    advertiseAddress: fields.text('AdvertiseAddr'),
    dataPathAddress: fields.text('DataPathAddr'),
    dataPathPort: fields.count32('DataPathPort'),
    forceNewCluster: fields.flag('ForceNewCluster'),
    autoLock: false,
    availability: availability(fields),
    addressPools: fields.texts('DefaultAddrPool'),
    subnetSize: fields.count32('SubnetSize'),
    spec: checkedName(readClusterSpec(spec)),
  };
}

async function joinSwarm({ control }: ApiParts, call: Call): Promise<Response> {
  const body = await readJsonBody(call);
  if (control.facts().swarmState !== 'inactive') {
    throw new ShoalError('alreadyInSwarm', 'this node is already part of a swarm');
  }
  await control.join(call.context, readJoinRequest(new JsonFields(body)));
  return emptyReply(200);
}

function readJoinRequest(fields: JsonFields): JoinRequest {
  const remoteAddresses = fields.texts('RemoteAddrs');
  if (remoteAddresses.length === 0) {
    throw new ShoalError('invalidArgument', 'at least 1 RemoteAddr is required to join');
  }
  if (remoteAddresses.includes('')) {
    throw new ShoalError('invalidArgument', 'invalid remoteAddr "": invalid empty address');
  }
  return {
    listenAddress: listenAddress(fields),
    advertiseAddress: fields.text('AdvertiseAddr'),
    dataPathAddress: fields.text('DataPathAddr'),
    remoteAddresses,
    token: fields.text('JoinToken'),
    availability: availability(fields),
  };
}

function listenAddress(fields: JsonFields): string {
  const address = fields.text('ListenAddr');
  if (address !== '') return address;
  throw new ShoalError('invalidArgument', 'invalid ListenAddr "": invalid empty address');
}

function availability(fields: JsonFields): NodeAvailability {
  return fields.choice('Availability', 'Availability', availabilityWords, NodeAvailability.active);
}

function rawField(body: Readonly<Record<string, JsonValue>>, name: string): JsonValue {
  const wanted = name.toLowerCase();
  return Object.entries(body).findLast(([key]) => key.toLowerCase() === wanted)?.[1] ?? null;
}

function checkedName(spec: InitRequest['spec']): InitRequest['spec'] {
  if (spec.name === 'default') return spec;
  throw new ShoalError('invalidArgument', 'swarm spec must be named "default"');
}

async function showSwarm({ control }: ApiParts, { context }: Call): Promise<Response> {
  const api = control.cluster();
  const [cluster, tokens] = await Promise.all([
    api.getCluster(context),
    api.getJoinTokens(context),
  ]);
  const joinTokens = { Worker: tokens.worker, Manager: tokens.manager };
  return jsonReply(200, { ...writeCluster(cluster), JoinTokens: joinTokens });
}

const rotations = ['rotateWorkerToken', 'rotateManagerToken', 'rotateManagerUnlockKey'] as const;

async function updateSwarm({ control }: ApiParts, call: Call): Promise<Response> {
  const body = await readJsonBody(call);
  const spec = readClusterSpec(new JsonFields(body));
  const version = versionParameter(call.request.query, 'swarm');
  const api = control.cluster();
  const rotation = rotations.find((name) => booleanParameter(call.request.query, name));
  if (rotation !== undefined) throw notSupportedYet(rotation);
  refuseUnsupportedCluster(body);
  await api.updateCluster(call.context, version, checkedName(spec));
  return emptyReply(200);
}

/** Nothing is ever locked while managers cannot be. */
function unlockRefusal({ control }: ApiParts): ShoalError {
  if (control.facts().swarmState === 'inactive') {
    return new ShoalError('notSwarmManager', 'this node is not part of a swarm');
  }
  return new ShoalError('conflict', 'swarm is not locked');
}
