import {
  firstAddress,
  formatCidr,
  formatIpv4,
  lastAddress,
  parseCidr,
  parseIpv4,
  subnetContains,
  subnetSize,
  type Ipv4Cidr,
} from '../../common/pure/ipv4.ts';
import type { NetworkRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { addressSpace } from './spaces.ts';

/**
 * Hands out free addresses of one network during one decision.
 *
 * The search begins behind the address that was given out last and goes round: it rarely meets a taken one, and an
 * address that was freed a moment ago is not given out again before all others. Network, gateway and broadcast
 * addresses are never given out.
 */
export class AddressSource {
  readonly #view: StoreView;
  readonly #space: string;
  readonly #subnet: Ipv4Cidr;
  readonly #gateway: number | undefined;
  readonly #taken = new Set<number>();
  #cursor: number;
  #isExhausted = false;

  /** @param lastGiven the address given out last; undefined to begin with the lowest. */
  constructor(
    view: StoreView,
    network: NetworkRow,
    subnet: Ipv4Cidr,
    lastGiven: number | undefined,
  ) {
    this.#view = view;
    this.#space = addressSpace(network.id);
    this.#subnet = subnet;
    this.#gateway = parseIpv4(network.allocation?.gateway ?? '');
    const first = firstAddress(subnet);
    this.#cursor = lastGiven !== undefined && subnetContains(subnet, lastGiven) ? lastGiven : first;
  }

  /** An address in CIDR form that nobody holds; undefined when none is left. */
  next(): string | undefined {
    const size = subnetSize(this.#subnet);
    if (this.#isExhausted || this.#view.claimCount(this.#space) >= size - 2) return undefined;
    for (let step = 0; step < size; step += 1) {
      this.#cursor = this.#following(this.#cursor);
      if (this.#isFree(this.#cursor)) return this.#give(this.#cursor);
    }
    this.#isExhausted = true;
    return undefined;
  }

  /** True when `address`, in CIDR form, belongs to this network and `owner` holds it. */
  holds(address: string, owner: string): boolean {
    const cidr = parseCidr(address);
    return (
      cidr !== undefined &&
      cidr.prefix === this.#subnet.prefix &&
      subnetContains(this.#subnet, cidr.address) &&
      this.#view.claimOwner(this.#space, formatIpv4(cidr.address)) === owner
    );
  }

  #following(address: number): number {
    const next = address + 1;
    return next >= lastAddress(this.#subnet) ? firstAddress(this.#subnet) + 1 : next;
  }

  #isFree(address: number): boolean {
    if (address === this.#gateway || this.#taken.has(address)) return false;
    if (address >= lastAddress(this.#subnet)) return false;
    return this.#view.claimOwner(this.#space, formatIpv4(address)) === undefined;
  }

  #give(address: number): string {
    this.#taken.add(address);
    return formatCidr({ address, prefix: this.#subnet.prefix });
  }
}

/** The dotted address in `10.0.0.5/24`. */
export function bareAddress(cidr: string): string {
  const slash = cidr.indexOf('/');
  return slash < 0 ? cidr : cidr.slice(0, slash);
}
