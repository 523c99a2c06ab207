import { ShoalError } from '../../common/pure/errors.ts';
import { parseIpv4 } from '../../common/pure/ipv4.ts';

/** Port of a manager's cluster services unless it says another. */
const defaultPort = 2377;

/** @throws ShoalError `invalidArgument {field}` unless others can reach a node under `address` */
export function checkAddress(address: string): string {
  const isAny = address === '0.0.0.0' || address === '::';
  const isIp = parseIpv4(address) !== undefined || /^[0-9a-fA-F:.]+$/.test(address);
  if (isIp && !isAny && address !== '') return address;
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
