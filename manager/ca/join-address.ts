import { ShoalError } from '../../common/pure/errors.ts';
import { formatIpv4, parseIpv4 } from '../../common/pure/ipv4.ts';
import { parseIpv6 } from '../../common/pure/ipv6.ts';

/** Port of a manager's cluster services unless it says another. */
const defaultPort = 2377;

/** An IPv4 address within IPv6 begins so (RFC 4291, section 2.5.5.2): how a socket for both names who comes over IPv4. */
const mappedGroups: readonly number[] = [0, 0, 0, 0, 0, 0xffff];

/**
 * The address as it is written down: one of IPv4 always as such.
 * @throws ShoalError `invalidArgument {field}` unless others can reach a node under `address`
 */
export function checkAddress(address: string): string {
  const groups = parseIpv6(address);
  const ipv4 = groups === undefined ? parseIpv4(address) : mappedIpv4(groups);
  if (ipv4 !== undefined && isHostIpv4(ipv4)) return formatIpv4(ipv4);
  if (groups !== undefined && ipv4 === undefined && isHostIpv6(groups)) return address;
  throw new ShoalError(
    'invalidArgument',
    'the advertised address must be an IP address under which other nodes reach this one: give it with --advertise-addr',
    { fields: { field: 'AdvertiseAddr' } },
  );
}

/** @throws ShoalError `invalidArgument {field}` */
export function checkPort(port: number): number {
  if (port === 0) return defaultPort;
  if (port < 65_535) return port;
  throw new ShoalError(
    'invalidArgument',
    'the port of a manager must be below 65535: consensus listens on the next one',
    { fields: { field: 'ListenAddr' } },
  );
}

/** host:port, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function mappedIpv4(groups: readonly number[]): number | undefined {
  if (mappedGroups.some((group, at) => groups[at] !== group)) return undefined;
  const [high = 0, low = 0] = groups.slice(mappedGroups.length);
  return high * 65_536 + low;
}

/** Neither `this network` nor one for many or all hosts. */
function isHostIpv4(address: number): boolean {
  const first = address >>> 24;
  return first > 0 && first < 224;
}

/** Neither unspecified nor multicast. */
function isHostIpv6(groups: readonly number[]): boolean {
  const [first = 0] = groups;
  return first < 0xff00 && groups.some((group) => group !== 0);
}
