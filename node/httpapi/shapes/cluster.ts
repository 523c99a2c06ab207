import { type ClusterLifecycle } from '../../../proto/gen/objects.ts';
import { type ClusterSpec, newClusterSpec } from '../../../proto/gen/specs.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import type { JsonFields } from '../../../proto/http/json-fields.ts';
import { readLogDriver, writeLogDriver } from './log-driver.ts';
import { type ShownMeta, writeMeta } from '../../../proto/http/meta.ts';
import { writeTlsInfo } from './node.ts';
import { omit, textRecord } from '../../../proto/http/omit.ts';

/** The cluster, without its join tokens. */
export interface ShownCluster {
  readonly meta: ShownMeta;
  readonly spec: ClusterSpec;
  readonly lifecycle: ClusterLifecycle;
}

const second = 1_000_000_000;

/** What swarm mode takes where the user says nothing. */
const defaults: ClusterSpec = newClusterSpec({
  name: 'default',
  taskHistoryRetentionLimit: 5,
  snapshotInterval: 10_000,
  logEntriesForSlowFollowers: 500,
  electionTick: 10,
  heartbeatTick: 1,
  heartbeatPeriodNs: 5 * second,
  nodeCertExpiryNs: 90 * 86_400 * second,
});

/** A ClusterInfo of the Docker API. */
export function writeCluster({ meta, spec, lifecycle }: ShownCluster): JsonRecord {
  return {
    ...writeMeta(meta),
    Spec: writeClusterSpec(spec),
    TLSInfo: writeTlsInfo(lifecycle),
    RootRotationInProgress: lifecycle.rootRotationInProgress,
    DefaultAddrPool: lifecycle.addressPools,
    SubnetSize: lifecycle.subnetSize,
    DataPathPort: lifecycle.dataPathPort,
  };
}

function writeClusterSpec(spec: ClusterSpec): JsonRecord {
  return {
    Name: omit.text(spec.name),
    Labels: textRecord(spec.labels),
    Orchestration: { TaskHistoryRetentionLimit: spec.taskHistoryRetentionLimit },
    Raft: {
      SnapshotInterval: omit.zero(spec.snapshotInterval),
      KeepOldSnapshots: spec.keepOldSnapshots,
      LogEntriesForSlowFollowers: omit.zero(spec.logEntriesForSlowFollowers),
      ElectionTick: spec.electionTick,
      HeartbeatTick: spec.heartbeatTick,
    },
    Dispatcher: { HeartbeatPeriod: omit.zero(spec.heartbeatPeriodNs) },
    CAConfig: { NodeCertExpiry: omit.zero(spec.nodeCertExpiryNs) },
    TaskDefaults: { LogDriver: writeLogDriver(spec.taskLogDriver) },
    EncryptionConfig: { AutoLockManagers: spec.autoLockManagers },
  };
}

/** Reads a cluster's Spec; what is missing or zero takes swarm mode's default. @throws ShoalError `invalidArgument {field}` */
export function readClusterSpec(spec: JsonFields | undefined): ClusterSpec {
  if (spec === undefined) return defaults;
  const raft = spec.child('Raft');
  const orchestration = spec.child('Orchestration');
  const retention = orchestration?.optionalInteger('TaskHistoryRetentionLimit');
  return newClusterSpec({
    name: spec.text('Name') || defaults.name,
    labels: spec.textMap('Labels'),
    taskHistoryRetentionLimit: retention ?? defaults.taskHistoryRetentionLimit,
    snapshotInterval: raft?.count('SnapshotInterval') || defaults.snapshotInterval,
    keepOldSnapshots: raft?.count('KeepOldSnapshots') ?? 0,
    logEntriesForSlowFollowers:
      raft?.count('LogEntriesForSlowFollowers') || defaults.logEntriesForSlowFollowers,
    electionTick: raft?.count32('ElectionTick') || defaults.electionTick,
    heartbeatTick: raft?.count32('HeartbeatTick') || defaults.heartbeatTick,
    heartbeatPeriodNs:
      spec.child('Dispatcher')?.integer('HeartbeatPeriod') || defaults.heartbeatPeriodNs,
    nodeCertExpiryNs:
      spec.child('CAConfig')?.integer('NodeCertExpiry') || defaults.nodeCertExpiryNs,
    autoLockManagers: spec.child('EncryptionConfig')?.flag('AutoLockManagers') ?? false,
    taskLogDriver: readLogDriver(spec.child('TaskDefaults')?.child('LogDriver')),
  });
}
