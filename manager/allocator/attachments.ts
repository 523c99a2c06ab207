import { asId } from '../../common/pure/ids.ts';
import { PublishMode, type ServiceSpec } from '../../proto/gen/specs.ts';
import type { NetworkRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';

/** The cluster networks that a service's tasks stand in, or why that cannot be said. */
export type Attachments =
  | { readonly kind: 'networks'; readonly networks: readonly NetworkRow[] }
  | { readonly kind: 'missing'; readonly error: string };

/** True when a port of the service is published on every node. */
function publishesIngress(spec: ServiceSpec): boolean {
  return spec.endpoint?.ports.some((port) => port.publishMode === PublishMode.ingress) ?? false;
}

/** Networks in which each task needs an address: those that the spec names, and `ingress` for published ports. */
export function attachmentsOf(view: StoreView, spec: ServiceSpec): Attachments {
  const networks = new Map<string, NetworkRow>();
  if (publishesIngress(spec)) {
    const ingress = view.networks().find((network) => network.spec.ingress);
    if (ingress === undefined) {
      const error = 'service needs ingress network, but no ingress network is present';
      return { kind: 'missing', error };
    }
    networks.set(ingress.id, ingress);
  }
  for (const { target } of spec.task?.networks ?? []) {
    const network = view.network(asId<'network'>(target));
    if (network === undefined) return { kind: 'missing', error: `network ${target} not found` };
    networks.set(network.id, network);
  }
  return { kind: 'networks', networks: [...networks.values()] };
}
