import {
  firstAddress,
  formatCidr,
  formatIpv4,
  lastAddress,
  parseCidr,
  subnetsOverlap,
  subnetSize,
  type Ipv4Cidr,
} from '../../common/pure/ipv4.ts';
import { newNetworkAllocation, type NetworkAllocation } from '../../proto/gen/objects.ts';
import type { NetworkRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { vniSpace } from './spaces.ts';

const defaultPools: readonly string[] = ['10.0.0.0/8'];
const defaultSubnetPrefix = 24;
/** As swarm mode's. */
const firstVni = 4096;

/**
 * Gives a network a subnet (the one that it asks for, or the lowest free one of the address pools), the first address
 * of it as gateway, and a number for its virtual network. When there is none, the error says why.
 */
export function planSubnet(view: StoreView, network: NetworkRow): NetworkAllocation {
  const used = usedSubnets(view, network);
  const subnet = network.spec.subnet === '' ? freeSubnet(view, used) : askedSubnet(network, used);
  if (typeof subnet === 'string') return newNetworkAllocation({ error: subnet });
  const gateway = network.spec.gateway || formatIpv4(firstAddress(subnet) + 1);
  return newNetworkAllocation({ subnet: formatCidr(subnet), gateway, vni: freeVni(view) });
}

interface UsedSubnet {
  readonly name: string;
  readonly subnet: Ipv4Cidr;
}

function usedSubnets(view: StoreView, except: NetworkRow): UsedSubnet[] {
  const used: UsedSubnet[] = [];
  for (const other of view.networks()) {
    const subnet = parseCidr(other.allocation?.subnet ?? '');
    if (other.id !== except.id && subnet !== undefined)
      used.push({ name: other.spec.name, subnet });
  }
  return used;
}

function askedSubnet(network: NetworkRow, used: readonly UsedSubnet[]): Ipv4Cidr | string {
  const asked = parseCidr(network.spec.subnet);
  if (asked === undefined) return `subnet ${network.spec.subnet} is not an IPv4 subnet`;
  const subnet = { address: firstAddress(asked), prefix: asked.prefix };
  const other = used.find((candidate) => subnetsOverlap(candidate.subnet, subnet));
  if (other === undefined) return subnet;
  return `subnet ${network.spec.subnet} overlaps with that of network ${other.name}`;
}

function freeSubnet(view: StoreView, used: readonly UsedSubnet[]): Ipv4Cidr | string {
  const lifecycle = view.cluster()?.lifecycle;
  const configured = lifecycle?.addressPools ?? [];
  const prefix = lifecycle?.subnetSize || defaultSubnetPrefix;
  for (const text of configured.length > 0 ? configured : defaultPools) {
    const pool = parseCidr(text);
    const subnet = pool === undefined ? undefined : freeIn(pool, prefix, used);
    if (subnet !== undefined) return subnet;
  }
  return 'no free subnet is left in the address pools';
}

/** The lowest free subnet of the pool; each step jumps behind what is in the way. */
function freeIn(pool: Ipv4Cidr, prefix: number, used: readonly UsedSubnet[]): Ipv4Cidr | undefined {
  const size = subnetSize({ address: 0, prefix });
  const end = lastAddress(pool);
  let address = firstAddress(pool);
  while (address + size - 1 <= end) {
    const candidate = { address, prefix };
    const obstacle = used.find(({ subnet }) => subnetsOverlap(subnet, candidate));
    if (obstacle === undefined) return candidate;
    address = Math.ceil((lastAddress(obstacle.subnet) + 1) / size) * size;
  }
  return undefined;
}

function freeVni(view: StoreView): number {
  let vni = firstVni;
  while (view.claimOwner(vniSpace, String(vni)) !== undefined) vni += 1;
  return vni;
}
