import { ShoalError } from '../../../common/pure/errors.ts';
import {
  type ContainerSpec,
  type DnsConfig,
  type HealthConfig,
  type Mount,
  MountType,
  newContainerSpec,
  newDnsConfig,
  newHealthConfig,
  newMount,
  newUlimit,
} from '../../../proto/gen/specs.ts';
import type { JsonFields } from '../../../proto/http/json-fields.ts';
import { mountTypeWords } from './words.ts';

/** Reads a ContainerSpec of the Docker API. @throws ShoalError `invalidArgument {field}` */
export function readContainerSpec(container: JsonFields): ContainerSpec {
  const isolation = container.text('Isolation');
  return newContainerSpec({
    image: container.text('Image'),
    labels: container.textMap('Labels'),
    command: container.texts('Command'),
    args: container.texts('Args'),
    hostname: container.text('Hostname'),
    env: container.texts('Env'),
    dir: container.text('Dir'),
    user: container.text('User'),
    groups: container.texts('Groups'),
    init: container.optionalFlag('Init'),
    stopSignal: container.text('StopSignal'),
    tty: container.flag('TTY'),
    openStdin: container.flag('OpenStdin'),
    readOnly: container.flag('ReadOnly'),
    mounts: container.children('Mounts').map(readMount),
    stopGracePeriodNs: container.optionalInteger('StopGracePeriod'),
    healthcheck: readHealthcheck(container.child('Healthcheck')),
    hosts: container.texts('Hosts'),
    dns: readDns(container.child('DNSConfig')),
    sysctls: container.textMap('Sysctls'),
    capabilityAdd: container.texts('CapabilityAdd'),
    capabilityDrop: container.texts('CapabilityDrop'),
    ulimits: container.children('Ulimits').map((ulimit) =>
      newUlimit({
        name: ulimit.text('Name'),
        soft: ulimit.integer('Soft'),
        hard: ulimit.integer('Hard'),
      }),
    ),
    oomScoreAdj: container.integer('OomScoreAdj'),
    isolation: isolation === 'default' ? '' : isolation,
  });
}

function readMount(mount: JsonFields): Mount {
  const bind = mount.child('BindOptions');
  const volume = mount.child('VolumeOptions');
  const driver = volume?.child('DriverConfig');
  const tmpfs = mount.child('TmpfsOptions');
  return newMount({
    type: mount.choice('Type', 'MountType', mountTypeWords, MountType.bind),
    source: mount.text('Source'),
    target: mount.text('Target'),
    readOnly: mount.flag('ReadOnly'),
    consistency: mount.text('Consistency'),
    bindPropagation: bind?.text('Propagation') ?? '',
    bindNonRecursive: bind?.flag('NonRecursive') ?? false,
    bindCreateMountpoint: bind?.flag('CreateMountpoint') ?? false,
    volumeNoCopy: volume?.flag('NoCopy') ?? false,
    volumeLabels: volume?.textMap('Labels') ?? new Map(),
    volumeSubpath: volume?.text('Subpath') ?? '',
    volumeDriver: driver?.text('Name') ?? '',
    volumeDriverOptions: driver?.textMap('Options') ?? new Map(),
    tmpfsSizeBytes: tmpfs?.integer('SizeBytes') ?? 0,
    tmpfsMode: tmpfs?.count32('Mode') ?? 0,
  });
}

function readHealthcheck(health: JsonFields | undefined): HealthConfig | undefined {
  if (health === undefined) return undefined;
  return newHealthConfig({
    test: health.texts('Test'),
    intervalNs: health.integer('Interval'),
    timeoutNs: health.integer('Timeout'),
    startPeriodNs: health.integer('StartPeriod'),
    startIntervalNs: health.integer('StartInterval'),
    retries: readRetries(health),
  });
}

function readRetries(health: JsonFields): number {
  const retries = health.integer('Retries');
  if (retries >= 0) return retries;
  throw new ShoalError('invalidSpec', 'ContainerSpec: Retries in HealthConfig cannot be negative', {
    fields: { field: `${health.path}.Retries` },
  });
}

function readDns(dns: JsonFields | undefined): DnsConfig | undefined {
  if (dns === undefined) return undefined;
  return newDnsConfig({
    nameservers: dns.texts('Nameservers'),
    search: dns.texts('Search'),
    options: dns.texts('Options'),
  });
}
