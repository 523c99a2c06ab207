import {
  type ContainerSpec,
  type HealthConfig,
  type Mount,
  MountType,
} from '../../../proto/gen/specs.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import { isEmptyRecord, omit } from '../../../proto/http/omit.ts';
import { mountTypeWords, wordOf } from './words.ts';

/** A ContainerSpec as the Docker API shows it. The registry login is never among it. */
export function writeContainerSpec(container: ContainerSpec): JsonRecord {
  return {
    Image: omit.text(container.image),
    Labels: omit.emptyMap(container.labels),
    Command: omit.empty(container.command),
    Args: omit.empty(container.args),
    Hostname: omit.text(container.hostname),
    Env: omit.empty(container.env),
    Dir: omit.text(container.dir),
    User: omit.text(container.user),
    Groups: omit.empty(container.groups),
    Init: container.init,
    StopSignal: omit.text(container.stopSignal),
    TTY: omit.no(container.tty),
    OpenStdin: omit.no(container.openStdin),
    ReadOnly: omit.no(container.readOnly),
    Mounts: omit.empty(container.mounts.map(writeMount)),
    StopGracePeriod: container.stopGracePeriodNs,
    Healthcheck: writeHealthcheck(container.healthcheck),
    Hosts: omit.empty(container.hosts),
    DNSConfig:
      container.dns === undefined
        ? undefined
        : {
            Nameservers: omit.empty(container.dns.nameservers),
            Search: omit.empty(container.dns.search),
            Options: omit.empty(container.dns.options),
          },
    // Swarm mode names the choice of the engine, too.
    Isolation: container.isolation === '' ? 'default' : container.isolation,
    Sysctls: omit.emptyMap(container.sysctls),
    CapabilityAdd: omit.empty(container.capabilityAdd),
    CapabilityDrop: omit.empty(container.capabilityDrop),
    Ulimits: omit.empty(
      container.ulimits.map(({ name, soft, hard }) => ({ Name: name, Hard: hard, Soft: soft })),
    ),
    OomScoreAdj: omit.zero(container.oomScoreAdj),
  };
}

function writeMount(mount: Mount): JsonRecord {
  return {
    Type: wordOf(mountTypeWords, mount.type),
    Source: omit.text(mount.source),
    Target: omit.text(mount.target),
    ReadOnly: omit.no(mount.readOnly),
    Consistency: omit.text(mount.consistency),
    BindOptions: omitEmpty({
      Propagation: omit.text(mount.bindPropagation),
      NonRecursive: omit.no(mount.bindNonRecursive),
      CreateMountpoint: omit.no(mount.bindCreateMountpoint),
    }),
    VolumeOptions: writeVolumeOptions(mount),
    TmpfsOptions:
      mount.type === MountType.tmpfs
        ? omitEmpty({
            SizeBytes: omit.zero(mount.tmpfsSizeBytes),
            Mode: omit.zero(mount.tmpfsMode),
          })
        : undefined,
  };
}

/** Clients name a driver, be it an empty one, whenever they give options. */
function writeVolumeOptions(mount: Mount): JsonRecord | undefined {
  const driver = {
    Name: omit.text(mount.volumeDriver),
    Options: omit.emptyMap(mount.volumeDriverOptions),
  };
  const options = {
    NoCopy: omit.no(mount.volumeNoCopy),
    Labels: omit.emptyMap(mount.volumeLabels),
    Subpath: omit.text(mount.volumeSubpath),
    DriverConfig: omitEmpty(driver),
  };
  return isEmptyRecord(options) ? undefined : { ...options, DriverConfig: driver };
}

function omitEmpty(record: JsonRecord): JsonRecord | undefined {
  return isEmptyRecord(record) ? undefined : record;
}

function writeHealthcheck(health: HealthConfig | undefined): JsonRecord | undefined {
  if (health === undefined) return undefined;
  return {
    Test: omit.empty(health.test),
    Interval: omit.zero(health.intervalNs),
    Timeout: omit.zero(health.timeoutNs),
    StartPeriod: omit.zero(health.startPeriodNs),
    StartInterval: omit.zero(health.startIntervalNs),
    Retries: omit.zero(health.retries),
  };
}
