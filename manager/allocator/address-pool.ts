import { parseCidr } from '../../common/pure/ipv4.ts';
import type { NetworkRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { AddressSource, bareAddress } from './address-source.ts';

/** An address in one network. */
export interface NetworkAddress {
  readonly networkId: string;
  /** CIDR. */
  readonly address: string;
}

/** Addresses in several networks at once, or why they could not be had. */
export type AddressGrant =
  | { readonly kind: 'granted'; readonly addresses: readonly NetworkAddress[] }
  | { readonly kind: 'refused'; readonly error: string };

/** The address sources of one decision, made as they are needed: what one part of it takes, the next does not. */
export class AddressPool {
  readonly #view: StoreView;
  readonly #lastGiven: (networkId: string) => number | undefined;
  readonly #sources = new Map<string, AddressSource>();

  constructor(view: StoreView, lastGiven: (networkId: string) => number | undefined) {
    this.#view = view;
    this.#lastGiven = lastGiven;
  }

  /** One address in each network: those of `held` that `owner` still holds, new ones for the rest. */
  grant(
    networks: readonly NetworkRow[],
    owner: string,
    held: readonly NetworkAddress[],
  ): AddressGrant {
    const addresses: NetworkAddress[] = [];
    for (const network of networks) {
      const source = this.#sourceOf(network);
      if (source === undefined) return { kind: 'refused', error: noSubnet(network) };
      const kept = held.find(
        (own) => own.networkId === network.id && source.holds(own.address, owner),
      );
      const address = kept?.address ?? source.next();
      if (address === undefined) return { kind: 'refused', error: exhausted(network) };
      addresses.push({ networkId: network.id, address });
    }
    return { kind: 'granted', addresses };
  }

  #sourceOf(network: NetworkRow): AddressSource | undefined {
    const known = this.#sources.get(network.id);
    if (known !== undefined) return known;
    const subnet = parseCidr(network.allocation?.subnet ?? '');
    if (subnet === undefined) return undefined;
    const source = new AddressSource(this.#view, network, subnet, this.#lastGiven(network.id));
    this.#sources.set(network.id, source);
    return source;
  }
}

/** The key of an address in its claim space. */
export function addressKey(address: NetworkAddress): string {
  return bareAddress(address.address);
}

function noSubnet(network: NetworkRow): string {
  const error = network.allocation?.error ?? '';
  return error === '' ? `network ${network.spec.name} has no subnet yet` : error;
}

function exhausted(network: NetworkRow): string {
  return `no address is left in network ${network.spec.name} (${network.allocation?.subnet ?? ''})`;
}
