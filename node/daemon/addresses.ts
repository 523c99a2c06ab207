import { isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';

import { ShoalError } from '../../common/pure/errors.ts';
import {
  firstAddress,
  formatCidr,
  lastAddress,
  parseCidr,
  parseIpv4,
  subnetsOverlap,
} from '../../common/pure/ipv4.ts';
import type { Ipv4Cidr } from '../../common/pure/ipv4.ts';

/** What the machine's interfaces are, as `os.networkInterfaces` tells it. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** Port of managers unless another is given. */
const managerPort = 2377;
/** Consensus listens on the port after the manager's. */
const managerPortMax = 65_534;
const dataPathPortMin = 1024;
const dataPathPortMax = 49_151;
/** A subnet holds at least 8 addresses. */
const subnetPrefixMax = 29;

/** Interfaces made by container engines and by Shoal: never the ones to advertise. */
const ownInterfaces = /^(?:docker|br-|veth|shoal|virbr|cni|flannel)/;

/** A host and port as a manager listens or is found under. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port` for people and for the wire. */
export function hostPortText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Reads `--listen-addr`: an address or interface, with an optional port.
 * @throws ShoalError `invalidArgument {field}`
 */
export function parseListenAddress(text: string, interfaces: Interfaces): HostPort {
  if (text === '') throw invalid('ListenAddr', 'invalid ListenAddr "": invalid empty address');
  const parsed = splitHostPort(text);
  const host = parsed === undefined ? undefined : (addressOf(parsed.host, interfaces) ?? undefined);
  if (parsed === undefined || host === undefined) {
    throw invalid(
      'ListenAddr',
      'listen address must be an IP address or network interface (with optional port number)',
    );
  }
  if (parsed.port !== undefined && parsed.port > managerPortMax) {
    throw invalid(
      'ListenAddr',
      `listen port ${String(parsed.port)} is too high: managers use the next port too, so give one up to ${String(managerPortMax)}`,
    );
  }
  return { host, port: parsed.port ?? managerPort };
}

/** Where consensus is found, of a manager that is found at `manager`. */
export function consensusAddress(manager: HostPort): HostPort {
  return { host: manager.host, port: manager.port + 1 };
}

/** Reads an address that `hostPortText` wrote. @throws ShoalError `corrupt` */
export function readHostPort(text: string): HostPort {
  const parsed = splitHostPort(text);
  if (parsed?.port === undefined)
    throw new ShoalError('corrupt', 'an address in the identity cannot be read', {
      fields: { address: text },
    });
  return { host: parsed.host, port: parsed.port };
}

/** Reads the address of a manager to join: a host, with an optional port. @throws ShoalError `invalidArgument {field}` */
export function parseRemoteAddress(text: string): HostPort {
  const parsed = splitHostPort(text);
  if (parsed === undefined) {
    throw invalid(
      'RemoteAddrs',
      `invalid remoteAddr ${JSON.stringify(text)}: give host:port of a manager, such as 10.0.0.1:${String(managerPort)}`,
    );
  }
  return { host: parsed.host, port: parsed.port ?? managerPort };
}

/**
 * The address that a joining node gives for itself. Undefined when it need not: the manager sees where the connection comes from.
 * @throws ShoalError `invalidArgument {field}` when one was given that is not usable
 */
export function chooseJoinAddress(
  text: string,
  listen: HostPort,
  interfaces: Interfaces,
): HostPort | undefined {
  if (text === '' && isUnspecified(listen.host)) return undefined;
  return chooseAdvertiseAddress(text, listen, interfaces);
}

/**
 * Reads `--advertise-addr`, or finds the machine's only address.
 * @throws ShoalError `invalidArgument {field}` when it is not usable, or when the machine has several addresses to choose from
 */
export function chooseAdvertiseAddress(
  text: string,
  listen: HostPort,
  interfaces: Interfaces,
): HostPort {
  if (text !== '') return parseAdvertiseAddress(text, listen, interfaces);
  if (!isUnspecified(listen.host)) return listen;
  const [first, second] = candidates(interfaces);
  if (first === undefined) {
    throw invalid(
      'AdvertiseAddr',
      "could not find the system's IP address - specify one with --advertise-addr",
    );
  }
  if (second !== undefined) {
    const where =
      first.name === second.name
        ? `interface ${first.name} (${first.address} and ${second.address})`
        : `different interfaces (${first.address} on ${first.name} and ${second.address} on ${second.name})`;
    throw invalid(
      'AdvertiseAddr',
      `could not choose an IP address to advertise since this system has multiple addresses on ${where}`,
    );
  }
  return { host: first.address, port: listen.port };
}

function parseAdvertiseAddress(text: string, listen: HostPort, interfaces: Interfaces): HostPort {
  const parsed = splitHostPort(text);
  const host = parsed === undefined ? undefined : addressOf(parsed.host, interfaces);
  if (parsed === undefined || host === undefined || isUnspecified(host)) {
    throw invalid(
      'AdvertiseAddr',
      'advertise address must be a non-zero IP address or network interface (with optional port number)',
    );
  }
  if (parsed.port !== undefined && parsed.port > managerPortMax) {
    throw invalid(
      'AdvertiseAddr',
      `advertise port ${String(parsed.port)} is too high: managers use the next port too, so give one up to ${String(managerPortMax)}`,
    );
  }
  return { host, port: parsed.port ?? listen.port };
}

/**
 * Traffic between nodes has a place of its own one day; what could not be one is refused already.
 * @throws ShoalError `invalidArgument {field}`
 */
export function checkDataPath(address: string, port: number, interfaces: Interfaces): void {
  const host = address === '' ? undefined : addressOf(address, interfaces);
  if (address !== '' && (host === undefined || isUnspecified(host))) {
    throw invalid(
      'DataPathAddr',
      'data path address must be a non-zero IP address or network interface (without a port number)',
    );
  }
  if (port !== 0 && (port < dataPathPortMin || port > dataPathPortMax)) {
    throw invalid(
      'DataPathPort',
      `Datapath port number is not in valid range (${String(dataPathPortMin)}-${String(dataPathPortMax)}) : ${String(port)}`,
    );
  }
}

function candidates(interfaces: Interfaces): { readonly name: string; readonly address: string }[] {
  const found: { name: string; address: string }[] = [];
  for (const [name, addresses] of Object.entries(interfaces)) {
    if (ownInterfaces.test(name)) continue;
    for (const { address, family, internal } of addresses ?? []) {
      if (family === 'IPv4' && !internal) found.push({ name, address });
    }
  }
  return found;
}

/** An IP address as it is, or the first IPv4 address of the interface of that name. */
function addressOf(host: string, interfaces: Interfaces): string | undefined {
  if (isIP(host) !== 0) return host;
  return interfaces[host]?.find(({ family }) => family === 'IPv4')?.address;
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function splitHostPort(
  text: string,
): { readonly host: string; readonly port: number | undefined } | undefined {
  if (isIP(text) !== 0) return { host: text, port: undefined };
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (match === null || host === undefined) return undefined;
  const port = match[3] === undefined ? undefined : Number(match[3]);
  return port !== undefined && (port < 1 || port > 65_535) ? undefined : { host, port };
}

/** Pools from which networks get their subnets unless others are given, as swarm mode's. */
export const defaultPools: readonly string[] = ['10.0.0.0/8'];
const defaultSubnetPrefix = 24;

/**
 * The first subnet of the pools that overlaps with no network that this machine is on: what the ingress network gets.
 * @throws ShoalError `invalidArgument {field}` when a pool is not one, or nothing is left
 */
export function chooseIngressSubnet(
  pools: readonly string[],
  prefix: number,
  interfaces: Interfaces,
): string {
  if (pools.length > 0 && prefix > subnetPrefixMax)
    throw invalid('SubnetSize', `subnet size is out of range: ${String(prefix)}`);
  const size = 2 ** (32 - (prefix === 0 ? defaultSubnetPrefix : prefix));
  const mine = machineSubnets(interfaces);
  for (const text of pools.length > 0 ? pools : defaultPools) {
    const pool = parsePool(text, prefix === 0 ? defaultSubnetPrefix : prefix);
    for (
      let address = firstAddress(pool);
      address + size - 1 <= lastAddress(pool);
      address += size
    ) {
      const subnet = { address, prefix: prefix === 0 ? defaultSubnetPrefix : prefix };
      if (!mine.some((other) => subnetsOverlap(other, subnet))) return formatCidr(subnet);
    }
  }
  throw invalid(
    'DefaultAddrPool',
    'every subnet of the address pools overlaps with a network of this machine: give another --default-addr-pool',
  );
}

function parsePool(text: string, prefix: number): Ipv4Cidr {
  const pool = parseCidr(text);
  if (pool === undefined)
    throw invalid(
      'DefaultAddrPool',
      `invalid CIDR format for default address pool ${JSON.stringify(text)}`,
    );
  if (pool.prefix > prefix || prefix > 29) {
    throw invalid(
      'SubnetSize',
      `subnet size ${prefix} does not fit address pool ${text}: it must be between ${pool.prefix} and 29`,
    );
  }
  return pool;
}

/** Shoal's own bridge is left out: the cluster that it belonged to is gone, or is this one. */
function machineSubnets(interfaces: Interfaces): Ipv4Cidr[] {
  const subnets: Ipv4Cidr[] = [];
  for (const [name, addresses] of Object.entries(interfaces)) {
    if (name.startsWith('shoal')) continue;
    for (const { cidr, address } of addresses ?? []) {
      const subnet = parseIpv4(address) === undefined ? undefined : parseCidr(cidr ?? '');
      if (subnet !== undefined) subnets.push(subnet);
    }
  }
  return subnets;
}

function invalid(field: string, message: string): ShoalError {
  return new ShoalError('invalidArgument', message, { fields: { field } });
}
