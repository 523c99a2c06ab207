import { PortProtocol } from '../../proto/gen/specs.ts';

/** Names of the claim spaces that the allocator hands out keys of. */

const addressPrefix = 'address/';
const portPrefix = 'port/';

/** Subnets of networks, as CIDR. */
export const subnetSpace = 'subnet';

/** Numbers of virtual networks, decimal. */
export const vniSpace = 'vni';

/** Addresses of one network, dotted; owned by tasks, and by services for their virtual addresses. */
export function addressSpace(networkId: string): string {
  return `${addressPrefix}${networkId}`;
}

/** Published ports of one protocol on all nodes, decimal; owned by services. */
export function portSpace(protocol: PortProtocol): string {
  return `${portPrefix}${protocolName(protocol)}`;
}

/** True for a space of addresses or ports: what the allocator takes for a service and gives back with it. */
export function isAllocatorSpace(space: string): boolean {
  return space.startsWith(addressPrefix) || space.startsWith(portPrefix);
}

/** A protocol as people write it. */
export function protocolName(protocol: PortProtocol): string {
  if (protocol === PortProtocol.udp) return 'udp';
  return protocol === PortProtocol.sctp ? 'sctp' : 'tcp';
}
