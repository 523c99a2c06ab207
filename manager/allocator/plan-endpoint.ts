import { newServiceEndpoint, type ServiceEndpoint } from '../../proto/gen/objects.ts';
import { EndpointMode, type PortConfig } from '../../proto/gen/specs.ts';
import type { Claim } from '../../proto/gen/changeset.ts';
import { giveBack, take, withUnknown } from '../store/ops.ts';
import type { ServiceRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { addressKey, type AddressPool, type NetworkAddress } from './address-pool.ts';
import { attachmentsOf } from './attachments.ts';
import { isIngress, planPorts } from './ports.ts';
import { addressSpace, isAllocatorSpace, portSpace } from './spaces.ts';

/** What a service gets: its endpoint as it is to be, and the keys to take and give back for it. */
export interface EndpointPlan {
  readonly endpoint: ServiceEndpoint;
  readonly claims: readonly Claim[];
  /** False when the service has exactly that already. */
  readonly isChanged: boolean;
}

/** Plans the published ports and virtual addresses of a service. What it had and still needs stays the same. */
export function planEndpoint(
  view: StoreView,
  service: ServiceRow,
  pool: AddressPool,
): EndpointPlan {
  const spec = service.current.spec;
  const mode = spec.endpoint?.mode ?? EndpointMode.vip;
  const ports = planPorts(view, service);
  if (ports.kind === 'refused') return failed(service, mode, ports.error);
  const attachments = attachmentsOf(view, spec);
  if (attachments.kind === 'missing') return failed(service, mode, attachments.error);
  const networks = mode === EndpointMode.vip ? attachments.networks : [];
  const grant = pool.grant(networks, service.id, service.endpoint?.virtualIps ?? []);
  if (grant.kind === 'refused') return failed(service, mode, grant.error);
  const virtualIps = grant.addresses;
  const endpoint = make(service, { mode, ports: ports.ports, virtualIps });
  const claims = changesOf(view, service, keysOf(ports.ports, virtualIps));
  const isSettled = isSame(endpoint, service.endpoint) || isNothing(endpoint, service);
  return { endpoint, claims, isChanged: claims.length > 0 || !isSettled };
}

/** A service that asks for nothing has that without being given it: most have no ports, and would cost a second write each. */
function isNothing(
  { ports, virtualIps, error }: ServiceEndpoint,
  { endpoint }: ServiceRow,
): boolean {
  return endpoint === undefined && ports.length === 0 && virtualIps.length === 0 && error === '';
}

interface SpaceKey {
  readonly space: string;
  readonly key: string;
}

function keysOf(
  ports: readonly PortConfig[],
  virtualIps: readonly NetworkAddress[],
): readonly SpaceKey[] {
  return [
    ...ports
      .filter(isIngress)
      .map((port) => ({ space: portSpace(port.protocol), key: String(port.publishedPort) })),
    ...virtualIps.map((vip) => ({ space: addressSpace(vip.networkId), key: addressKey(vip) })),
  ];
}

/** Takes what is needed and not held, gives back what is held and not needed. */
function changesOf(view: StoreView, service: ServiceRow, needed: readonly SpaceKey[]): Claim[] {
  const isNeeded = (held: SpaceKey): boolean =>
    needed.some(({ space, key }) => space === held.space && key === held.key);
  return [
    ...needed
      .filter(({ space, key }) => view.claimOwner(space, key) !== service.id)
      .map(({ space, key }) => take(space, key, service.id)),
    ...view
      .claimsOf(service.id)
      .filter((held) => isAllocatorSpace(held.space) && !isNeeded(held))
      .map(({ space, key }) => giveBack(space, key, service.id)),
  ];
}

/** The endpoint as it was, with the error: what is held stays held until the spec can be met. */
function failed(service: ServiceRow, mode: EndpointMode, error: string): EndpointPlan {
  const { ports = [], virtualIps = [] } = service.endpoint ?? {};
  const endpoint = make(service, { mode, ports, virtualIps, error });
  return { endpoint, claims: [], isChanged: !isSame(endpoint, service.endpoint) };
}

function make(service: ServiceRow, fields: Partial<ServiceEndpoint>): ServiceEndpoint {
  const endpoint = newServiceEndpoint({ ...fields, specVersion: service.current.version });
  return withUnknown(endpoint, service.endpoint?.unknown);
}

function isSame(left: ServiceEndpoint, right: ServiceEndpoint | undefined): boolean {
  return (
    right !== undefined &&
    left.specVersion === right.specVersion &&
    left.error === right.error &&
    left.mode === right.mode &&
    left.ports.length === right.ports.length &&
    left.ports.every((port, index) => port.publishedPort === right.ports[index]?.publishedPort) &&
    left.virtualIps.length === right.virtualIps.length &&
    left.virtualIps.every((vip, index) => vip.address === right.virtualIps[index]?.address)
  );
}
