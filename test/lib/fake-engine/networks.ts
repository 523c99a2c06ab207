import type { NetworkCreateBody, StringMap } from '../../../common/ports/engine-api.ts';
import { engineFailure } from './failure.ts';

/** An address in use on a network. */
export interface FakeEndpoint {
  readonly containerId: string;
  readonly name: string;
  readonly address: string;
}

export interface FakeNetwork {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly subnet: string;
  readonly gateway: string;
  readonly options: StringMap;
  readonly labels: StringMap;
  /** By container id; of running containers only. */
  readonly endpoints: Map<string, FakeEndpoint>;
}

/** The networks of one fake engine: names, subnets that must not overlap, and who has which address. */
export class FakeNetworks {
  readonly #byId = new Map<string, FakeNetwork>();
  #nextPool = 18;

  constructor(newId: () => string) {
    this.#add(newId(), { name: 'bridge', subnet: '172.17.0.0/16', gateway: '172.17.0.1' });
    this.#add(newId(), { name: 'host', driver: 'host' });
    this.#add(newId(), { name: 'none', driver: 'null' });
  }

  all(): readonly FakeNetwork[] {
    return [...this.#byId.values()];
  }

  find(idOrName: string): FakeNetwork {
    const byId = this.#byId.get(idOrName);
    const found = byId ?? this.all().find((network) => network.name === idOrName);
    if (found === undefined) throw engineFailure(404, `network ${idOrName} not found`);
    return found;
  }

  create(id: string, body: NetworkCreateBody): FakeNetwork {
    if (this.all().some((network) => network.name === body.Name)) {
      throw engineFailure(409, `network with name ${body.Name} already exists`);
    }
    const config = body.IPAM.Config[0] ?? this.#nextSubnet();
    const range = parseCidr(config.Subnet);
    if (this.all().some((network) => overlaps(range, parseCidr(network.subnet)))) {
      throw engineFailure(403, 'Pool overlaps with other one on this address space');
    }
    return this.#add(id, {
      name: body.Name,
      subnet: config.Subnet,
      gateway: config.Gateway,
      options: body.Options,
      labels: body.Labels,
    });
  }

  remove(network: FakeNetwork): void {
    if (['bridge', 'host', 'none'].includes(network.name)) {
      throw engineFailure(403, `${network.name} is a pre-defined network and cannot be removed`);
    }
    if (network.endpoints.size > 0) {
      const text = `network ${network.name} id ${network.id} has active endpoints`;
      throw engineFailure(403, `error while removing network: ${text}`);
    }
    this.#byId.delete(network.id);
  }

  /** Gives `container` an address, `wanted` or the lowest free one. */
  attach(
    network: FakeNetwork,
    container: { readonly id: string; readonly name: string },
    wanted: string | undefined,
  ): FakeEndpoint {
    const used = new Set([...network.endpoints.values()].map((endpoint) => endpoint.address));
    used.add(network.gateway);
    const address = wanted ?? lowestFree(parseCidr(network.subnet), used);
    if (used.has(address)) throw engineFailure(403, 'Address already in use');
    if (!contains(parseCidr(network.subnet), parseAddress(address))) {
      throw engineFailure(
        400,
        `invalid address ${address}: It does not belong to any of this network's subnets`,
      );
    }
    const endpoint = { containerId: container.id, name: container.name, address };
    network.endpoints.set(container.id, endpoint);
    return endpoint;
  }

  #nextSubnet(): { Subnet: string; Gateway: string } {
    const pool = this.#nextPool;
    this.#nextPool += 1;
    return { Subnet: `172.${pool}.0.0/16`, Gateway: `172.${pool}.0.1` };
  }

  #add(
    id: string,
    given: Partial<Omit<FakeNetwork, 'id' | 'endpoints'>> & { name: string },
  ): FakeNetwork {
    const network: FakeNetwork = {
      id,
      driver: 'bridge',
      subnet: '',
      gateway: '',
      options: {},
      labels: {},
      ...given,
      endpoints: new Map(),
    };
    this.#byId.set(id, network);
    return network;
  }
}

interface Range {
  readonly first: number;
  readonly size: number;
}

const nothing: Range = { first: 0, size: 0 };

function parseCidr(cidr: string): Range {
  const [address, prefix] = cidr.split('/');
  if (address === undefined || prefix === undefined) return nothing;
  const size = 2 ** (32 - Number(prefix));
  return { first: Math.floor(parseAddress(address) / size) * size, size };
}

/** Length of the prefix of a CIDR; 0 of an empty one. */
export function prefixLength(cidr: string): number {
  return Number(cidr.split('/')[1] ?? '0');
}

function parseAddress(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function overlaps(left: Range, right: Range): boolean {
  return left.first < right.first + right.size && right.first < left.first + left.size;
}

function contains(range: Range, address: number): boolean {
  return address >= range.first && address < range.first + range.size;
}

function lowestFree(range: Range, used: ReadonlySet<string>): string {
  for (let offset = 1; offset < range.size - 1; offset += 1) {
    const address = formatAddress(range.first + offset);
    if (!used.has(address)) return address;
  }
  throw engineFailure(500, 'no available IPv4 addresses on this network');
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
