import { asId } from '../../common/pure/ids.ts';
import { PublishMode, type PortConfig } from '../../proto/gen/specs.ts';
import type { ServiceRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { portSpace, protocolName } from './spaces.ts';

/** Published ports that nobody asked for by number are taken from here, both ends included. */
const dynamicPorts = { first: 30_000, last: 32_767 } as const;

/** The ports of a service with their published numbers, or why one could not be had. */
export type PortPlan =
  | { readonly kind: 'planned'; readonly ports: readonly PortConfig[] }
  | { readonly kind: 'refused'; readonly error: string };

/**
 * Gives each ingress port of the service a published number.
 *
 * Numbers that the spec names come first, then those that the service had before for the same name, protocol and
 * target port, then the lowest free ones of the dynamic range. Host-mode ports are the node's to bind.
 */
export function planPorts(view: StoreView, service: ServiceRow): PortPlan {
  const wanted = service.current.spec.endpoint?.ports ?? [];
  const search = new PortSearch(view, service);
  for (const port of wanted) {
    if (!isIngress(port) || port.publishedPort === 0) continue;
    const error = search.reserve(port);
    if (error !== undefined) return { kind: 'refused', error };
  }
  const ports: PortConfig[] = [];
  for (const port of wanted) {
    const number =
      isIngress(port) && port.publishedPort === 0 ? search.find(port) : port.publishedPort;
    if (number === undefined) return { kind: 'refused', error: rangeExhausted(port) };
    ports.push({ ...port, publishedPort: number });
  }
  return { kind: 'planned', ports };
}

/** True for a port that is published on every node. */
export function isIngress(port: PortConfig): boolean {
  return port.publishMode === PublishMode.ingress;
}

class PortSearch {
  readonly #view: StoreView;
  readonly #service: ServiceRow;
  readonly #taken = new Set<string>();

  constructor(view: StoreView, service: ServiceRow) {
    this.#view = view;
    this.#service = service;
  }

  /** Keeps the number that the spec names; answers why it cannot be had. */
  reserve(port: PortConfig): string | undefined {
    const owner = this.#view.claimOwner(portSpace(port.protocol), String(port.publishedPort));
    if (owner !== undefined && owner !== this.#service.id) return this.#conflict(port, owner);
    this.#take(port, port.publishedPort);
    return undefined;
  }

  /** The number that the service had for this port, or the lowest free one. */
  find(port: PortConfig): number | undefined {
    const before = this.#service.endpoint?.ports.find(
      (old) =>
        isIngress(old) &&
        old.name === port.name &&
        old.protocol === port.protocol &&
        old.targetPort === port.targetPort,
    );
    if (before !== undefined && this.#isFree(port, before.publishedPort)) {
      return this.#take(port, before.publishedPort);
    }
    for (let number = dynamicPorts.first; number <= dynamicPorts.last; number += 1) {
      if (this.#isFree(port, number)) return this.#take(port, number);
    }
    return undefined;
  }

  #isFree(port: PortConfig, number: number): boolean {
    const space = portSpace(port.protocol);
    if (number === 0 || this.#taken.has(`${space}/${number}`)) return false;
    const owner = this.#view.claimOwner(space, String(number));
    return owner === undefined || owner === this.#service.id;
  }

  #take(port: PortConfig, number: number): number {
    this.#taken.add(`${portSpace(port.protocol)}/${number}`);
    return number;
  }

  #conflict(port: PortConfig, owner: string): string {
    const name = this.#view.service(asId<'service'>(owner))?.current.spec.name ?? '';
    const use = `service '${name}' (${owner}) as an ingress port`;
    return `port '${port.publishedPort}' is already in use by ${use}`;
  }
}

function rangeExhausted(port: PortConfig): string {
  const range = `${dynamicPorts.first}-${dynamicPorts.last}`;
  return `no port is left in the dynamic range ${range} (${protocolName(port.protocol)})`;
}
