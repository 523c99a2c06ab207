import { formatRfc3339 } from '../../../common/pure/rfc3339.ts';
import type { NetworkAllocation } from '../../../proto/gen/objects.ts';
import type { NetworkSpec } from '../../../proto/gen/specs.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import { type ShownMeta, writeMeta } from '../../../proto/http/meta.ts';
import { omit, textRecord } from '../../../proto/http/omit.ts';

/** A network of the cluster. */
export interface ShownNetwork {
  readonly meta: ShownMeta;
  readonly spec: NetworkSpec;
  readonly allocation: NetworkAllocation | undefined;
}

/** Option under which an overlay's network number is shown. */
const vxlanOption = 'com.docker.network.driver.overlay.vxlanid_list';
const defaultDriver = 'overlay';

/** A network as `/networks` lists it, beside those of the engine. */
export function writeNetworkResource(network: ShownNetwork): JsonRecord {
  const { spec, allocation } = network;
  return {
    Name: spec.name,
    Id: network.meta.id,
    Created: formatRfc3339(network.meta.createdAtMs),
    Scope: 'swarm',
    Driver: spec.driver || defaultDriver,
    EnableIPv4: true,
    EnableIPv6: spec.ipv6Enabled,
    IPAM: { Driver: 'default', Options: null, Config: omitNone(ipamConfigs(network)) ?? [] },
    Internal: spec.internal,
    Attachable: spec.attachable,
    Ingress: spec.ingress,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: null,
    Options: textRecord(driverOptions(spec, allocation)),
    Labels: textRecord(spec.labels),
  };
}

/** A network as tasks show what they are attached to. */
export function writeAttachedNetwork(network: ShownNetwork): JsonRecord {
  const { spec, allocation } = network;
  return {
    ...writeMeta(network.meta),
    Spec: {
      Name: omit.text(spec.name),
      Labels: textRecord(spec.labels),
      DriverConfiguration: spec.driver === '' ? {} : { Name: spec.driver },
      IPv6Enabled: omit.no(spec.ipv6Enabled),
      Internal: omit.no(spec.internal),
      Attachable: omit.no(spec.attachable),
      Ingress: omit.no(spec.ingress),
      IPAMOptions: { Driver: {}, Configs: omitNone(specConfigs(spec)) },
      Scope: 'swarm',
    },
    DriverState: {
      Name: spec.driver || defaultDriver,
      Options: omit.emptyMap(driverOptions(spec, allocation)),
    },
    IPAMOptions: { Driver: { Name: 'default' }, Configs: omitNone(ipamConfigs(network)) },
  };
}

function ipamConfigs({ spec, allocation }: ShownNetwork): readonly JsonRecord[] {
  if (allocation === undefined || allocation.subnet === '') return specConfigs(spec);
  return [{ Subnet: allocation.subnet, Gateway: omit.text(allocation.gateway) }];
}

function specConfigs(spec: NetworkSpec): readonly JsonRecord[] {
  if (spec.subnet === '') return [];
  return [{ Subnet: spec.subnet, Gateway: omit.text(spec.gateway) }];
}

function omitNone(configs: readonly JsonRecord[]): readonly JsonRecord[] | undefined {
  return omit.empty(configs);
}

function driverOptions(
  spec: NetworkSpec,
  allocation: NetworkAllocation | undefined,
): ReadonlyMap<string, string> {
  if (allocation === undefined || allocation.vni === 0) return spec.driverOptions;
  return new Map([...spec.driverOptions, [vxlanOption, String(allocation.vni)]]);
}
