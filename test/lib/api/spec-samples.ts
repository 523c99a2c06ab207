import { isJsonObject, type JsonObject, type JsonValue } from '../../../proto/http/json.ts';

/** What becomes of a field: it is kept and shown as it was given, refused under the name of what is not there yet, or not read at all. */
export type Sample =
  | { readonly kept: JsonValue }
  | { readonly refused: JsonValue; readonly as: string }
  | { readonly unread: JsonValue; readonly why: string };

export type Samples = Readonly<Record<string, Sample>>;

const second = 1_000_000_000;

function kept(value: JsonValue): Sample {
  return { kept: value };
}

function refused(as: string, value: JsonValue): Sample {
  return { refused: value, as };
}

function unread(why: string, value: JsonValue): Sample {
  return { unread: value, why };
}

const beyond = 'came with API 1.52, which is not offered: no client can mean it';
const legacy = 'ended with API 1.43, as in swarm mode; it is refused below';
const privileges = 'TaskTemplate.ContainerSpec.Privileges';
const plugin = 'TaskTemplate.PluginSpec';
const generic = 'TaskTemplate.Resources.Reservations.GenericResources';

/** Of each field below `TaskTemplate.ContainerSpec`. */
const containerSamples: Samples = {
  Image: kept('shoal-test/web:1'),
  Labels: kept({ 'com.example.tier': 'front' }),
  Command: kept(['/web']),
  Args: kept(['80']),
  Hostname: kept('web-{{.Task.Slot}}'),
  Env: kept(['A=1', 'B=two words']),
  Dir: kept('/data'),
  User: kept('0:0'),
  Groups: kept(['44', '45']),
  'Privileges.CredentialSpec.Config': refused(privileges, 'id'),
  'Privileges.CredentialSpec.File': refused(privileges, 'spec.json'),
  'Privileges.CredentialSpec.Registry': refused(privileges, 'spec'),
  'Privileges.SELinuxContext.Disable': refused(privileges, true),
  'Privileges.SELinuxContext.User': refused(privileges, 'u'),
  'Privileges.SELinuxContext.Role': refused(privileges, 'r'),
  'Privileges.SELinuxContext.Type': refused(privileges, 't'),
  'Privileges.SELinuxContext.Level': refused(privileges, 'l'),
  'Privileges.Seccomp.Mode': refused(privileges, 'unconfined'),
  'Privileges.Seccomp.Profile': refused(privileges, 'e30='),
  'Privileges.AppArmor.Mode': refused(privileges, 'disabled'),
  'Privileges.NoNewPrivileges': refused(privileges, true),
  TTY: kept(true),
  OpenStdin: kept(true),
  ReadOnly: kept(true),
  'Mounts.*.Target': kept('/data'),
  'Mounts.*.Source': kept('/usr'),
  'Mounts.*.Type': kept('tmpfs'),
  'Mounts.*.ReadOnly': kept(true),
  'Mounts.*.Consistency': kept('cached'),
  'Mounts.*.BindOptions.Propagation': kept('rprivate'),
  'Mounts.*.BindOptions.NonRecursive': kept(true),
  'Mounts.*.BindOptions.CreateMountpoint': kept(true),
  'Mounts.*.BindOptions.ReadOnlyNonRecursive': refused(
    'TaskTemplate.ContainerSpec.Mounts.BindOptions.ReadOnlyNonRecursive',
    true,
  ),
  'Mounts.*.BindOptions.ReadOnlyForceRecursive': refused(
    'TaskTemplate.ContainerSpec.Mounts.BindOptions.ReadOnlyForceRecursive',
    true,
  ),
  'Mounts.*.VolumeOptions.NoCopy': kept(true),
  'Mounts.*.VolumeOptions.Labels': kept({ keep: 'yes' }),
  'Mounts.*.VolumeOptions.DriverConfig.Name': kept('local'),
  'Mounts.*.VolumeOptions.DriverConfig.Options': kept({ type: 'tmpfs', device: 'tmpfs' }),
  'Mounts.*.VolumeOptions.Subpath': kept('inner'),
  'Mounts.*.ImageOptions.Subpath': refused(
    'TaskTemplate.ContainerSpec.Mounts.ImageOptions',
    'inner',
  ),
  'Mounts.*.TmpfsOptions.SizeBytes': kept(1_048_576),
  'Mounts.*.TmpfsOptions.Mode': kept(0o1770),
  'Mounts.*.TmpfsOptions.Options': refused(
    'TaskTemplate.ContainerSpec.Mounts.TmpfsOptions.Options',
    [['noexec']],
  ),
  StopSignal: kept('SIGINT'),
  StopGracePeriod: kept(3 * second),
  'HealthCheck.Test': kept(['CMD', '/web', '--version']),
  'HealthCheck.Interval': kept(7 * second),
  'HealthCheck.Timeout': kept(2 * second),
  'HealthCheck.Retries': kept(4),
  'HealthCheck.StartPeriod': kept(5 * second),
  'HealthCheck.StartInterval': kept(second),
  Hosts: kept(['10.9.8.7 db', '10.9.8.6 cache']),
  'DNSConfig.Nameservers': kept(['10.9.8.5']),
  'DNSConfig.Search': kept(['example.org']),
  'DNSConfig.Options': kept(['timeout:3']),
  ...referenceSamples('Secret'),
  ...referenceSamples('Config'),
  'Configs.*.Runtime': refused('TaskTemplate.ContainerSpec.Configs', { any: 'thing' }),
  OomScoreAdj: kept(17),
  Isolation: kept('default'),
  Init: kept(true),
  Sysctls: kept({ 'net.core.somaxconn': '1024' }),
  CapabilityAdd: kept(['CAP_NET_ADMIN']),
  CapabilityDrop: kept(['CAP_MKNOD']),
  'Ulimits.*.Name': kept('nofile'),
  'Ulimits.*.Soft': kept(512),
  'Ulimits.*.Hard': kept(1024),
};

function referenceSamples(kind: 'Secret' | 'Config'): Samples {
  const field = `TaskTemplate.ContainerSpec.${kind}s`;
  return {
    [`${kind}s.*.File.Name`]: refused(field, 'name'),
    [`${kind}s.*.File.UID`]: refused(field, '1'),
    [`${kind}s.*.File.GID`]: refused(field, '1'),
    [`${kind}s.*.File.Mode`]: refused(field, 0o444),
    [`${kind}s.*.${kind}ID`]: refused(field, 'id'),
    [`${kind}s.*.${kind}Name`]: refused(field, 'name'),
  };
}

/** Of each field of a ServiceSpec: every one that the API's definitions have. */
export const serviceSamples: Samples = {
  Name: kept('web'),
  Labels: kept({ 'com.example.team': 'a' }),
  ...below('TaskTemplate.ContainerSpec.', containerSamples),
  [`${plugin}.Name`]: refused(plugin, 'p'),
  [`${plugin}.Remote`]: refused(plugin, 'example.org/p'),
  [`${plugin}.Disabled`]: refused(plugin, true),
  [`${plugin}.PluginPrivilege.*.Name`]: refused(plugin, 'n'),
  [`${plugin}.PluginPrivilege.*.Description`]: refused(plugin, 'd'),
  [`${plugin}.PluginPrivilege.*.Value`]: refused(plugin, ['v']),
  'TaskTemplate.NetworkAttachmentSpec.ContainerID': refused(
    'TaskTemplate.NetworkAttachmentSpec',
    'c0ffee',
  ),
  'TaskTemplate.Resources.Limits.NanoCPUs': kept(500_000_000),
  'TaskTemplate.Resources.Limits.MemoryBytes': kept(67_108_864),
  'TaskTemplate.Resources.Limits.Pids': kept(50),
  'TaskTemplate.Resources.Reservations.NanoCPUs': kept(10_000_000),
  'TaskTemplate.Resources.Reservations.MemoryBytes': kept(8_388_608),
  [`${generic}.*.NamedResourceSpec.Kind`]: refused(generic, 'GPU'),
  [`${generic}.*.NamedResourceSpec.Value`]: refused(generic, 'UUID1'),
  [`${generic}.*.DiscreteResourceSpec.Kind`]: refused(generic, 'SSD'),
  [`${generic}.*.DiscreteResourceSpec.Value`]: refused(generic, 3),
  'TaskTemplate.Resources.SwapBytes': unread(beyond, 1_048_576),
  'TaskTemplate.Resources.MemorySwappiness': unread(beyond, 10),
  'TaskTemplate.RestartPolicy.Condition': kept('on-failure'),
  'TaskTemplate.RestartPolicy.Delay': kept(2 * second),
  'TaskTemplate.RestartPolicy.MaxAttempts': kept(3),
  'TaskTemplate.RestartPolicy.Window': kept(60 * second),
  'TaskTemplate.Placement.Constraints': kept(['node.role==manager']),
  'TaskTemplate.Placement.Preferences.*.Spread.SpreadDescriptor': kept('node.labels.zone'),
  'TaskTemplate.Placement.MaxReplicas': kept(7),
  'TaskTemplate.Placement.Platforms.*.Architecture': kept('x86_64'),
  'TaskTemplate.Placement.Platforms.*.OS': kept('linux'),
  'TaskTemplate.ForceUpdate': kept(2),
  'TaskTemplate.Runtime': kept('container'),
  'TaskTemplate.Networks.*.Target': refused('TaskTemplate.Networks', 'net'),
  'TaskTemplate.Networks.*.Aliases': refused('TaskTemplate.Networks', ['a']),
  'TaskTemplate.Networks.*.DriverOpts': refused('TaskTemplate.Networks', { a: 'b' }),
  'TaskTemplate.LogDriver.Name': kept('json-file'),
  'TaskTemplate.LogDriver.Options': kept({ 'max-size': '1m' }),
  'Mode.Replicated.Replicas': kept(2),
  'Mode.Global': kept({}),
  'Mode.ReplicatedJob.MaxConcurrent': refused('Mode.ReplicatedJob', 1),
  'Mode.ReplicatedJob.TotalCompletions': refused('Mode.ReplicatedJob', 1),
  'Mode.GlobalJob': refused('Mode.GlobalJob', {}),
  ...updateSamples('UpdateConfig', 'rollback'),
  ...updateSamples('RollbackConfig', 'continue'),
  'Networks.*.Target': unread(legacy, 'net'),
  'Networks.*.Aliases': unread(legacy, ['a']),
  'Networks.*.DriverOpts': unread(legacy, { a: 'b' }),
  'EndpointSpec.Mode': kept('vip'),
  'EndpointSpec.Ports.*.Name': kept('http'),
  'EndpointSpec.Ports.*.Protocol': kept('tcp'),
  'EndpointSpec.Ports.*.TargetPort': kept(80),
  'EndpointSpec.Ports.*.PublishedPort': kept(8080),
  'EndpointSpec.Ports.*.PublishMode': kept('ingress'),
};

function updateSamples(field: string, failureAction: string): Samples {
  return below(`${field}.`, {
    Parallelism: kept(3),
    Delay: kept(4 * second),
    FailureAction: kept(failureAction),
    Monitor: kept(6 * second),
    MaxFailureRatio: kept(0.25),
    Order: kept('start-first'),
  });
}

/** Of each field of a cluster's spec. */
export const clusterSamples: Samples = {
  Name: kept('default'),
  Labels: kept({ site: 'north' }),
  'Orchestration.TaskHistoryRetentionLimit': kept(3),
  'Raft.SnapshotInterval': kept(5_000),
  'Raft.KeepOldSnapshots': kept(2),
  'Raft.LogEntriesForSlowFollowers': kept(400),
  'Raft.ElectionTick': kept(12),
  'Raft.HeartbeatTick': kept(2),
  'Dispatcher.HeartbeatPeriod': kept(7 * second),
  'CAConfig.NodeCertExpiry': kept(7_200 * second),
  'CAConfig.ExternalCAs.*.Protocol': refused('CAConfig.ExternalCAs', 'cfssl'),
  'CAConfig.ExternalCAs.*.URL': refused('CAConfig.ExternalCAs', 'https://example.org'),
  'CAConfig.ExternalCAs.*.Options': refused('CAConfig.ExternalCAs', { a: 'b' }),
  'CAConfig.ExternalCAs.*.CACert': refused('CAConfig.ExternalCAs', 'PEM'),
  'CAConfig.SigningCACert': refused('CAConfig.SigningCACert', 'PEM'),
  'CAConfig.SigningCAKey': refused('CAConfig.SigningCAKey', 'PEM'),
  'CAConfig.ForceRotate': refused('CAConfig.ForceRotate', 1),
  'EncryptionConfig.AutoLockManagers': refused('EncryptionConfig.AutoLockManagers', true),
  'TaskDefaults.LogDriver.Name': kept('json-file'),
  'TaskDefaults.LogDriver.Options': kept({ 'max-file': '2' }),
};

/** Of each field of a node's spec. */
export const nodeSamples: Samples = {
  Name: kept('north-1'),
  Labels: kept({ zone: 'a' }),
  Role: kept('manager'),
  Availability: kept('pause'),
};

function below(prefix: string, samples: Samples): Samples {
  return Object.fromEntries(
    Object.entries(samples).map(([path, sample]) => [prefix + path, sample]),
  );
}

/** `base` with `value` at `path`; lists on the way get one element if they have none. */
export function withValue(base: JsonValue, path: readonly string[], value: JsonValue): JsonValue {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (step === '*') {
    const [first = {}, ...others] = Array.isArray(base) ? (base as readonly JsonValue[]) : [];
    return [withValue(first, rest, value), ...others];
  }
  const fields: JsonObject = isJsonObject(base) ? base : {};
  return { ...fields, [step]: withValue(fields[step] ?? (rest[0] === '*' ? [] : {}), rest, value) };
}

/** What stands at `path`, of lists in their first element; undefined where nothing does. */
export function valueAt(
  root: JsonValue | undefined,
  path: readonly string[],
): JsonValue | undefined {
  let value = root;
  for (const step of path) {
    if (step === '*') value = Array.isArray(value) ? (value as readonly JsonValue[])[0] : undefined;
    else value = isJsonObject(value) ? value[step] : undefined;
  }
  return value;
}
