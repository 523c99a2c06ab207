/** IPv4 addresses as whole numbers in [0, 2^32). Texts are strict: four decimal parts without leading zeros. */

/** A subnet, or an address with the length of its network's prefix, as in `10.0.0.5/24`. */
export interface Ipv4Cidr {
  readonly address: number;
  /** 0 to 32. */
  readonly prefix: number;
}

const dottedPattern = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const prefixPattern = /^(?:[1-9]|)\d$/;

/** Reads `10.0.0.5`; undefined when it is anything else. */
export function parseIpv4(text: string): number | undefined {
  const match = dottedPattern.exec(text);
  if (match === null) return undefined;
  let address = 0;
  for (const part of match.slice(1)) {
    const value = Number(part);
    if (value > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    address = address * 256 + value;
  }
  return address;
}

/** Writes an address as `10.0.0.5`. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Reads `10.0.0.5/24`; undefined when it is anything else. Bits beyond the prefix are kept. */
export function parseCidr(text: string): Ipv4Cidr | undefined {
  const slash = text.indexOf('/');
  const prefixText = text.slice(slash + 1);
  if (slash < 0 || !prefixPattern.test(prefixText)) return undefined;
  const address = parseIpv4(text.slice(0, slash));
  const prefix = Number(prefixText);
  return address === undefined || prefix > 32 ? undefined : { address, prefix };
}

/** Writes `10.0.0.5/24`. */
export function formatCidr({ address, prefix }: Ipv4Cidr): string {
  return `${formatIpv4(address)}/${prefix}`;
}

/** How many addresses the subnet has. */
export function subnetSize(subnet: Ipv4Cidr): number {
  return 2 ** (32 - subnet.prefix);
}

/** The lowest address of the subnet: its bits beyond the prefix are 0. */
export function firstAddress(subnet: Ipv4Cidr): number {
  return subnet.address - (subnet.address % subnetSize(subnet));
}

/** The highest address of the subnet. */
export function lastAddress(subnet: Ipv4Cidr): number {
  return firstAddress(subnet) + subnetSize(subnet) - 1;
}

/** True when `address` lies in the subnet. */
export function subnetContains(subnet: Ipv4Cidr, address: number): boolean {
  return address >= firstAddress(subnet) && address <= lastAddress(subnet);
}

/** True when some address lies in both subnets. */
export function subnetsOverlap(left: Ipv4Cidr, right: Ipv4Cidr): boolean {
  return firstAddress(left) <= lastAddress(right) && firstAddress(right) <= lastAddress(left);
}
