import { PublishMode, type PortConfig, type ServiceSpec } from '../../proto/gen/specs.ts';

/** Ports of the spec that each task binds on its node under a fixed number. */
export function hostPortsOf(spec: ServiceSpec): readonly PortConfig[] {
  const ports = spec.endpoint?.ports;
  if (ports === undefined || ports.length === 0) return noPorts;
  return ports.filter((port) => port.publishMode === PublishMode.host && port.publishedPort !== 0);
}

const noPorts: readonly PortConfig[] = [];

/** Names a host port among those of a node. */
export function hostPortKey(port: PortConfig): string {
  return `${port.protocol}/${port.publishedPort}`;
}
