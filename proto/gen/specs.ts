// Generated from proto/specs.proto by `npm run generate`: change that, not this.
import { type Draft, noEntries, noItems, own, Reader, Writer } from './wire.ts';

export const NodeRole = {
  worker: 0,
  manager: 1,
} as const;
export type NodeRole = (typeof NodeRole)[keyof typeof NodeRole];

/** Key of `nodeRole` in `NodeRole`; the number itself when this version does not know it. */
export function nodeRoleName(nodeRole: number): string {
  switch (nodeRole) {
    case 0:
      return 'worker';
    case 1:
      return 'manager';
    default:
      return String(nodeRole);
  }
}

export const NodeAvailability = {
  active: 0,
  pause: 1,
  drain: 2,
} as const;
export type NodeAvailability = (typeof NodeAvailability)[keyof typeof NodeAvailability];

/** Key of `nodeAvailability` in `NodeAvailability`; the number itself when this version does not know it. */
export function nodeAvailabilityName(nodeAvailability: number): string {
  switch (nodeAvailability) {
    case 0:
      return 'active';
    case 1:
      return 'pause';
    case 2:
      return 'drain';
    default:
      return String(nodeAvailability);
  }
}

export const UpdateFailureAction = {
  updatePause: 0,
  updateContinue: 1,
  updateRollback: 2,
} as const;
export type UpdateFailureAction = (typeof UpdateFailureAction)[keyof typeof UpdateFailureAction];

/** Key of `updateFailureAction` in `UpdateFailureAction`; the number itself when this version does not know it. */
export function updateFailureActionName(updateFailureAction: number): string {
  switch (updateFailureAction) {
    case 0:
      return 'updatePause';
    case 1:
      return 'updateContinue';
    case 2:
      return 'updateRollback';
    default:
      return String(updateFailureAction);
  }
}

export const UpdateOrder = {
  stopFirst: 0,
  startFirst: 1,
} as const;
export type UpdateOrder = (typeof UpdateOrder)[keyof typeof UpdateOrder];

/** Key of `updateOrder` in `UpdateOrder`; the number itself when this version does not know it. */
export function updateOrderName(updateOrder: number): string {
  switch (updateOrder) {
    case 0:
      return 'stopFirst';
    case 1:
      return 'startFirst';
    default:
      return String(updateOrder);
  }
}

export const EndpointMode = {
  vip: 0,
  dnsrr: 1,
} as const;
export type EndpointMode = (typeof EndpointMode)[keyof typeof EndpointMode];

/** Key of `endpointMode` in `EndpointMode`; the number itself when this version does not know it. */
export function endpointModeName(endpointMode: number): string {
  switch (endpointMode) {
    case 0:
      return 'vip';
    case 1:
      return 'dnsrr';
    default:
      return String(endpointMode);
  }
}

export const PortProtocol = {
  tcp: 0,
  udp: 1,
  sctp: 2,
} as const;
export type PortProtocol = (typeof PortProtocol)[keyof typeof PortProtocol];

/** Key of `portProtocol` in `PortProtocol`; the number itself when this version does not know it. */
export function portProtocolName(portProtocol: number): string {
  switch (portProtocol) {
    case 0:
      return 'tcp';
    case 1:
      return 'udp';
    case 2:
      return 'sctp';
    default:
      return String(portProtocol);
  }
}

export const PublishMode = {
  ingress: 0,
  host: 1,
} as const;
export type PublishMode = (typeof PublishMode)[keyof typeof PublishMode];

/** Key of `publishMode` in `PublishMode`; the number itself when this version does not know it. */
export function publishModeName(publishMode: number): string {
  switch (publishMode) {
    case 0:
      return 'ingress';
    case 1:
      return 'host';
    default:
      return String(publishMode);
  }
}

export const RestartCondition = {
  restartAny: 0,
  restartNone: 1,
  restartOnFailure: 2,
} as const;
export type RestartCondition = (typeof RestartCondition)[keyof typeof RestartCondition];

/** Key of `restartCondition` in `RestartCondition`; the number itself when this version does not know it. */
export function restartConditionName(restartCondition: number): string {
  switch (restartCondition) {
    case 0:
      return 'restartAny';
    case 1:
      return 'restartNone';
    case 2:
      return 'restartOnFailure';
    default:
      return String(restartCondition);
  }
}

export const MountType = {
  bind: 0,
  volume: 1,
  tmpfs: 2,
} as const;
export type MountType = (typeof MountType)[keyof typeof MountType];

/** Key of `mountType` in `MountType`; the number itself when this version does not know it. */
export function mountTypeName(mountType: number): string {
  switch (mountType) {
    case 0:
      return 'bind';
    case 1:
      return 'volume';
    case 2:
      return 'tmpfs';
    default:
      return String(mountType);
  }
}

/** Names and labels that every object carries. */
export interface ClusterSpec {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  /** Tasks kept for each slot, live ones included; negative keeps all. */
  readonly taskHistoryRetentionLimit: number;
  readonly snapshotInterval: number;
  readonly keepOldSnapshots: number;
  readonly logEntriesForSlowFollowers: number;
  readonly electionTick: number;
  readonly heartbeatTick: number;
  /** Nanoseconds. */
  readonly heartbeatPeriodNs: number;
  /** Nanoseconds. */
  readonly nodeCertExpiryNs: number;
  readonly autoLockManagers: boolean;
  readonly taskLogDriver: LogDriver | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ClusterSpec of `fields`, with defaults for the rest. */
export function newClusterSpec(fields: Partial<ClusterSpec> = {}): ClusterSpec {
  const value: ClusterSpec = {
    name: fields.name ?? '',
    labels: fields.labels ?? noEntries,
    taskHistoryRetentionLimit: fields.taskHistoryRetentionLimit ?? 0,
    snapshotInterval: fields.snapshotInterval ?? 0,
    keepOldSnapshots: fields.keepOldSnapshots ?? 0,
    logEntriesForSlowFollowers: fields.logEntriesForSlowFollowers ?? 0,
    electionTick: fields.electionTick ?? 0,
    heartbeatTick: fields.heartbeatTick ?? 0,
    heartbeatPeriodNs: fields.heartbeatPeriodNs ?? 0,
    nodeCertExpiryNs: fields.nodeCertExpiryNs ?? 0,
    autoLockManagers: fields.autoLockManagers ?? false,
    taskLogDriver: fields.taskLogDriver,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeClusterSpec(value: ClusterSpec): Uint8Array {
  const writer = new Writer();
  writeClusterSpec(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeClusterSpec(bytes: Uint8Array): ClusterSpec {
  return readClusterSpec(new Reader(bytes, 'ClusterSpec'));
}

export function writeClusterSpec(writer: Writer, value: ClusterSpec): void {
  if (value.name !== '') writer.string(10, value.name);
  writer.stringMap(18, value.labels);
  if (value.taskHistoryRetentionLimit !== 0) writer.int64(24, value.taskHistoryRetentionLimit, 'ClusterSpec.taskHistoryRetentionLimit');
  if (value.snapshotInterval !== 0) writer.uint64(32, value.snapshotInterval, 'ClusterSpec.snapshotInterval');
  if (value.keepOldSnapshots !== 0) writer.uint64(40, value.keepOldSnapshots, 'ClusterSpec.keepOldSnapshots');
  if (value.logEntriesForSlowFollowers !== 0) writer.uint64(48, value.logEntriesForSlowFollowers, 'ClusterSpec.logEntriesForSlowFollowers');
  if (value.electionTick !== 0) writer.uint32(56, value.electionTick, 'ClusterSpec.electionTick');
  if (value.heartbeatTick !== 0) writer.uint32(64, value.heartbeatTick, 'ClusterSpec.heartbeatTick');
  if (value.heartbeatPeriodNs !== 0) writer.int64(72, value.heartbeatPeriodNs, 'ClusterSpec.heartbeatPeriodNs');
  if (value.nodeCertExpiryNs !== 0) writer.int64(80, value.nodeCertExpiryNs, 'ClusterSpec.nodeCertExpiryNs');
  if (value.autoLockManagers) writer.bool(88, value.autoLockManagers);
  if (value.taskLogDriver !== undefined) {
    const mark = writer.begin(98);
    writeLogDriver(writer, value.taskLogDriver);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const clusterSpecFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

export function readClusterSpec(reader: Reader): ClusterSpec {
  const value: Draft<ClusterSpec> = {
    name: '',
    labels: noEntries,
    taskHistoryRetentionLimit: 0,
    snapshotInterval: 0,
    keepOldSnapshots: 0,
    logEntriesForSlowFollowers: 0,
    electionTick: 0,
    heartbeatTick: 0,
    heartbeatPeriodNs: 0,
    nodeCertExpiryNs: 0,
    autoLockManagers: false,
    taskLogDriver: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.name = reader.string('name');
        break;
      case 18:
        value.labels = reader.stringEntry('labels', value.labels);
        break;
      case 24:
        value.taskHistoryRetentionLimit = reader.int64('taskHistoryRetentionLimit');
        break;
      case 32:
        value.snapshotInterval = reader.uint64('snapshotInterval');
        break;
      case 40:
        value.keepOldSnapshots = reader.uint64('keepOldSnapshots');
        break;
      case 48:
        value.logEntriesForSlowFollowers = reader.uint64('logEntriesForSlowFollowers');
        break;
      case 56:
        value.electionTick = reader.uint32('electionTick');
        break;
      case 64:
        value.heartbeatTick = reader.uint32('heartbeatTick');
        break;
      case 72:
        value.heartbeatPeriodNs = reader.int64('heartbeatPeriodNs');
        break;
      case 80:
        value.nodeCertExpiryNs = reader.int64('nodeCertExpiryNs');
        break;
      case 88:
        value.autoLockManagers = reader.bool('autoLockManagers');
        break;
      case 98: {
        const outerEnd = reader.enter('taskLogDriver');
        value.taskLogDriver = readLogDriver(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, clusterSpecFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface NodeSpec {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly role: NodeRole;
  readonly availability: NodeAvailability;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NodeSpec of `fields`, with defaults for the rest. */
export function newNodeSpec(fields: Partial<NodeSpec> = {}): NodeSpec {
  const value: NodeSpec = {
    name: fields.name ?? '',
    labels: fields.labels ?? noEntries,
    role: fields.role ?? NodeRole.worker,
    availability: fields.availability ?? NodeAvailability.active,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNodeSpec(value: NodeSpec): Uint8Array {
  const writer = new Writer();
  writeNodeSpec(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNodeSpec(bytes: Uint8Array): NodeSpec {
  return readNodeSpec(new Reader(bytes, 'NodeSpec'));
}

export function writeNodeSpec(writer: Writer, value: NodeSpec): void {
  if (value.name !== '') writer.string(10, value.name);
  writer.stringMap(18, value.labels);
  if (value.role !== NodeRole.worker) writer.int32(24, value.role, 'NodeSpec.role');
  if (value.availability !== NodeAvailability.active) writer.int32(32, value.availability, 'NodeSpec.availability');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const nodeSpecFields: readonly number[] = [1, 2, 3, 4];

export function readNodeSpec(reader: Reader): NodeSpec {
  const value: Draft<NodeSpec> = {
    name: '',
    labels: noEntries,
    role: NodeRole.worker,
    availability: NodeAvailability.active,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.name = reader.string('name');
        break;
      case 18:
        value.labels = reader.stringEntry('labels', value.labels);
        break;
      case 24:
        value.role = reader.int32('role') as NodeRole;
        break;
      case 32:
        value.availability = reader.int32('availability') as NodeAvailability;
        break;
      default:
        unknown = reader.skip(tag, nodeSpecFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface NetworkSpec {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly driver: string;
  readonly driverOptions: ReadonlyMap<string, string>;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ingress: boolean;
  readonly ipv6Enabled: boolean;
  /** CIDR, or empty for one from the address pool. */
  readonly subnet: string;
  readonly gateway: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NetworkSpec of `fields`, with defaults for the rest. */
export function newNetworkSpec(fields: Partial<NetworkSpec> = {}): NetworkSpec {
  const value: NetworkSpec = {
    name: fields.name ?? '',
    labels: fields.labels ?? noEntries,
    driver: fields.driver ?? '',
    driverOptions: fields.driverOptions ?? noEntries,
    internal: fields.internal ?? false,
    attachable: fields.attachable ?? false,
    ingress: fields.ingress ?? false,
    ipv6Enabled: fields.ipv6Enabled ?? false,
    subnet: fields.subnet ?? '',
    gateway: fields.gateway ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNetworkSpec(value: NetworkSpec): Uint8Array {
  const writer = new Writer();
  writeNetworkSpec(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNetworkSpec(bytes: Uint8Array): NetworkSpec {
  return readNetworkSpec(new Reader(bytes, 'NetworkSpec'));
}

export function writeNetworkSpec(writer: Writer, value: NetworkSpec): void {
  if (value.name !== '') writer.string(10, value.name);
  writer.stringMap(18, value.labels);
  if (value.driver !== '') writer.string(26, value.driver);
  writer.stringMap(34, value.driverOptions);
  if (value.internal) writer.bool(40, value.internal);
  if (value.attachable) writer.bool(48, value.attachable);
  if (value.ingress) writer.bool(56, value.ingress);
  if (value.ipv6Enabled) writer.bool(64, value.ipv6Enabled);
  if (value.subnet !== '') writer.string(74, value.subnet);
  if (value.gateway !== '') writer.string(82, value.gateway);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const networkSpecFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export function readNetworkSpec(reader: Reader): NetworkSpec {
  const value: Draft<NetworkSpec> = {
    name: '',
    labels: noEntries,
    driver: '',
    driverOptions: noEntries,
    internal: false,
    attachable: false,
    ingress: false,
    ipv6Enabled: false,
    subnet: '',
    gateway: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.name = reader.string('name');
        break;
      case 18:
        value.labels = reader.stringEntry('labels', value.labels);
        break;
      case 26:
        value.driver = reader.string('driver');
        break;
      case 34:
        value.driverOptions = reader.stringEntry('driverOptions', value.driverOptions);
        break;
      case 40:
        value.internal = reader.bool('internal');
        break;
      case 48:
        value.attachable = reader.bool('attachable');
        break;
      case 56:
        value.ingress = reader.bool('ingress');
        break;
      case 64:
        value.ipv6Enabled = reader.bool('ipv6Enabled');
        break;
      case 74:
        value.subnet = reader.string('subnet');
        break;
      case 82:
        value.gateway = reader.string('gateway');
        break;
      default:
        unknown = reader.skip(tag, networkSpecFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ServiceSpec {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly task: TaskSpec | undefined;
  readonly mode: ServiceMode | undefined;
  readonly update: UpdateConfig | undefined;
  readonly rollback: UpdateConfig | undefined;
  readonly endpoint: EndpointSpec | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ServiceSpec of `fields`, with defaults for the rest. */
export function newServiceSpec(fields: Partial<ServiceSpec> = {}): ServiceSpec {
  const value: ServiceSpec = {
    name: fields.name ?? '',
    labels: fields.labels ?? noEntries,
    task: fields.task,
    mode: fields.mode,
    update: fields.update,
    rollback: fields.rollback,
    endpoint: fields.endpoint,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeServiceSpec(value: ServiceSpec): Uint8Array {
  const writer = new Writer();
  writeServiceSpec(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeServiceSpec(bytes: Uint8Array): ServiceSpec {
  return readServiceSpec(new Reader(bytes, 'ServiceSpec'));
}

export function writeServiceSpec(writer: Writer, value: ServiceSpec): void {
  if (value.name !== '') writer.string(10, value.name);
  writer.stringMap(18, value.labels);
  if (value.task !== undefined) {
    const mark = writer.begin(26);
    writeTaskSpec(writer, value.task);
    writer.finish(mark);
  }
  if (value.mode !== undefined) {
    const mark = writer.begin(34);
    writeServiceMode(writer, value.mode);
    writer.finish(mark);
  }
  if (value.update !== undefined) {
    const mark = writer.begin(42);
    writeUpdateConfig(writer, value.update);
    writer.finish(mark);
  }
  if (value.rollback !== undefined) {
    const mark = writer.begin(50);
    writeUpdateConfig(writer, value.rollback);
    writer.finish(mark);
  }
  if (value.endpoint !== undefined) {
    const mark = writer.begin(58);
    writeEndpointSpec(writer, value.endpoint);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const serviceSpecFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

export function readServiceSpec(reader: Reader): ServiceSpec {
  const value: Draft<ServiceSpec> = {
    name: '',
    labels: noEntries,
    task: undefined,
    mode: undefined,
    update: undefined,
    rollback: undefined,
    endpoint: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.name = reader.string('name');
        break;
      case 18:
        value.labels = reader.stringEntry('labels', value.labels);
        break;
      case 26: {
        const outerEnd = reader.enter('task');
        value.task = readTaskSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('mode');
        value.mode = readServiceMode(reader);
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('update');
        value.update = readUpdateConfig(reader);
        reader.leave(outerEnd);
        break;
      }
      case 50: {
        const outerEnd = reader.enter('rollback');
        value.rollback = readUpdateConfig(reader);
        reader.leave(outerEnd);
        break;
      }
      case 58: {
        const outerEnd = reader.enter('endpoint');
        value.endpoint = readEndpointSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, serviceSpecFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type ServiceModeMode =
  | { readonly kind: 'replicated'; readonly value: ReplicatedMode }
  | { readonly kind: 'global'; readonly value: GlobalMode }
  | { readonly kind: 'replicatedJob'; readonly value: ReplicatedJobMode }
  | { readonly kind: 'globalJob'; readonly value: GlobalJobMode };

export interface ServiceMode {
  readonly mode: ServiceModeMode | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ServiceMode of `fields`, with defaults for the rest. */
export function newServiceMode(fields: Partial<ServiceMode> = {}): ServiceMode {
  const value: ServiceMode = {
    mode: fields.mode,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeServiceMode(value: ServiceMode): Uint8Array {
  const writer = new Writer();
  writeServiceMode(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeServiceMode(bytes: Uint8Array): ServiceMode {
  return readServiceMode(new Reader(bytes, 'ServiceMode'));
}

export function writeServiceMode(writer: Writer, value: ServiceMode): void {
  switch (value.mode?.kind) {
    case 'replicated': {
      const mark = writer.begin(10);
      writeReplicatedMode(writer, value.mode.value);
      writer.finish(mark);
      break;
    }
    case 'global': {
      const mark = writer.begin(18);
      writeGlobalMode(writer, value.mode.value);
      writer.finish(mark);
      break;
    }
    case 'replicatedJob': {
      const mark = writer.begin(26);
      writeReplicatedJobMode(writer, value.mode.value);
      writer.finish(mark);
      break;
    }
    case 'globalJob': {
      const mark = writer.begin(34);
      writeGlobalJobMode(writer, value.mode.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const serviceModeFields: readonly number[] = [1, 2, 3, 4];

export function readServiceMode(reader: Reader): ServiceMode {
  const value: Draft<ServiceMode> = {
    mode: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('replicated');
        value.mode = { kind: 'replicated', value: readReplicatedMode(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('global');
        value.mode = { kind: 'global', value: readGlobalMode(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('replicatedJob');
        value.mode = { kind: 'replicatedJob', value: readReplicatedJobMode(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('globalJob');
        value.mode = { kind: 'globalJob', value: readGlobalJobMode(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, serviceModeFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ReplicatedMode {
  readonly replicas: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ReplicatedMode of `fields`, with defaults for the rest. */
export function newReplicatedMode(fields: Partial<ReplicatedMode> = {}): ReplicatedMode {
  const value: ReplicatedMode = {
    replicas: fields.replicas ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeReplicatedMode(value: ReplicatedMode): Uint8Array {
  const writer = new Writer();
  writeReplicatedMode(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeReplicatedMode(bytes: Uint8Array): ReplicatedMode {
  return readReplicatedMode(new Reader(bytes, 'ReplicatedMode'));
}

export function writeReplicatedMode(writer: Writer, value: ReplicatedMode): void {
  if (value.replicas !== 0) writer.uint64(8, value.replicas, 'ReplicatedMode.replicas');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const replicatedModeFields: readonly number[] = [1];

export function readReplicatedMode(reader: Reader): ReplicatedMode {
  const value: Draft<ReplicatedMode> = {
    replicas: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.replicas = reader.uint64('replicas');
        break;
      default:
        unknown = reader.skip(tag, replicatedModeFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface GlobalMode {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A GlobalMode of `fields`, with defaults for the rest. */
export function newGlobalMode(fields: Partial<GlobalMode> = {}): GlobalMode {
  const value: GlobalMode = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeGlobalMode(value: GlobalMode): Uint8Array {
  const writer = new Writer();
  writeGlobalMode(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeGlobalMode(bytes: Uint8Array): GlobalMode {
  return readGlobalMode(new Reader(bytes, 'GlobalMode'));
}

export function writeGlobalMode(writer: Writer, value: GlobalMode): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const globalModeFields: readonly number[] = [];

export function readGlobalMode(reader: Reader): GlobalMode {
  const value: Draft<GlobalMode> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, globalModeFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ReplicatedJobMode {
  readonly maxConcurrent: number;
  readonly totalCompletions: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ReplicatedJobMode of `fields`, with defaults for the rest. */
export function newReplicatedJobMode(fields: Partial<ReplicatedJobMode> = {}): ReplicatedJobMode {
  const value: ReplicatedJobMode = {
    maxConcurrent: fields.maxConcurrent ?? 0,
    totalCompletions: fields.totalCompletions ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeReplicatedJobMode(value: ReplicatedJobMode): Uint8Array {
  const writer = new Writer();
  writeReplicatedJobMode(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeReplicatedJobMode(bytes: Uint8Array): ReplicatedJobMode {
  return readReplicatedJobMode(new Reader(bytes, 'ReplicatedJobMode'));
}

export function writeReplicatedJobMode(writer: Writer, value: ReplicatedJobMode): void {
  if (value.maxConcurrent !== 0) writer.uint64(8, value.maxConcurrent, 'ReplicatedJobMode.maxConcurrent');
  if (value.totalCompletions !== 0) writer.uint64(16, value.totalCompletions, 'ReplicatedJobMode.totalCompletions');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const replicatedJobModeFields: readonly number[] = [1, 2];

export function readReplicatedJobMode(reader: Reader): ReplicatedJobMode {
  const value: Draft<ReplicatedJobMode> = {
    maxConcurrent: 0,
    totalCompletions: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.maxConcurrent = reader.uint64('maxConcurrent');
        break;
      case 16:
        value.totalCompletions = reader.uint64('totalCompletions');
        break;
      default:
        unknown = reader.skip(tag, replicatedJobModeFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface GlobalJobMode {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A GlobalJobMode of `fields`, with defaults for the rest. */
export function newGlobalJobMode(fields: Partial<GlobalJobMode> = {}): GlobalJobMode {
  const value: GlobalJobMode = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeGlobalJobMode(value: GlobalJobMode): Uint8Array {
  const writer = new Writer();
  writeGlobalJobMode(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeGlobalJobMode(bytes: Uint8Array): GlobalJobMode {
  return readGlobalJobMode(new Reader(bytes, 'GlobalJobMode'));
}

export function writeGlobalJobMode(writer: Writer, value: GlobalJobMode): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const globalJobModeFields: readonly number[] = [];

export function readGlobalJobMode(reader: Reader): GlobalJobMode {
  const value: Draft<GlobalJobMode> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, globalJobModeFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface UpdateConfig {
  /** Slots replaced at the same time; 0 = all. */
  readonly parallelism: number;
  readonly delayNs: number;
  readonly failureAction: UpdateFailureAction;
  readonly monitorNs: number;
  readonly maxFailureRatio: number;
  readonly order: UpdateOrder;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A UpdateConfig of `fields`, with defaults for the rest. */
export function newUpdateConfig(fields: Partial<UpdateConfig> = {}): UpdateConfig {
  const value: UpdateConfig = {
    parallelism: fields.parallelism ?? 0,
    delayNs: fields.delayNs ?? 0,
    failureAction: fields.failureAction ?? UpdateFailureAction.updatePause,
    monitorNs: fields.monitorNs ?? 0,
    maxFailureRatio: fields.maxFailureRatio ?? 0,
    order: fields.order ?? UpdateOrder.stopFirst,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeUpdateConfig(value: UpdateConfig): Uint8Array {
  const writer = new Writer();
  writeUpdateConfig(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeUpdateConfig(bytes: Uint8Array): UpdateConfig {
  return readUpdateConfig(new Reader(bytes, 'UpdateConfig'));
}

export function writeUpdateConfig(writer: Writer, value: UpdateConfig): void {
  if (value.parallelism !== 0) writer.uint64(8, value.parallelism, 'UpdateConfig.parallelism');
  if (value.delayNs !== 0) writer.int64(16, value.delayNs, 'UpdateConfig.delayNs');
  if (value.failureAction !== UpdateFailureAction.updatePause) writer.int32(24, value.failureAction, 'UpdateConfig.failureAction');
  if (value.monitorNs !== 0) writer.int64(32, value.monitorNs, 'UpdateConfig.monitorNs');
  if (!Object.is(value.maxFailureRatio, 0)) writer.double(41, value.maxFailureRatio);
  if (value.order !== UpdateOrder.stopFirst) writer.int32(48, value.order, 'UpdateConfig.order');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const updateConfigFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readUpdateConfig(reader: Reader): UpdateConfig {
  const value: Draft<UpdateConfig> = {
    parallelism: 0,
    delayNs: 0,
    failureAction: UpdateFailureAction.updatePause,
    monitorNs: 0,
    maxFailureRatio: 0,
    order: UpdateOrder.stopFirst,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.parallelism = reader.uint64('parallelism');
        break;
      case 16:
        value.delayNs = reader.int64('delayNs');
        break;
      case 24:
        value.failureAction = reader.int32('failureAction') as UpdateFailureAction;
        break;
      case 32:
        value.monitorNs = reader.int64('monitorNs');
        break;
      case 41:
        value.maxFailureRatio = reader.double('maxFailureRatio');
        break;
      case 48:
        value.order = reader.int32('order') as UpdateOrder;
        break;
      default:
        unknown = reader.skip(tag, updateConfigFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PortConfig {
  readonly name: string;
  readonly protocol: PortProtocol;
  readonly targetPort: number;
  /** 0 = one from the dynamic range. */
  readonly publishedPort: number;
  readonly publishMode: PublishMode;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PortConfig of `fields`, with defaults for the rest. */
export function newPortConfig(fields: Partial<PortConfig> = {}): PortConfig {
  const value: PortConfig = {
    name: fields.name ?? '',
    protocol: fields.protocol ?? PortProtocol.tcp,
    targetPort: fields.targetPort ?? 0,
    publishedPort: fields.publishedPort ?? 0,
    publishMode: fields.publishMode ?? PublishMode.ingress,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePortConfig(value: PortConfig): Uint8Array {
  const writer = new Writer();
  writePortConfig(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePortConfig(bytes: Uint8Array): PortConfig {
  return readPortConfig(new Reader(bytes, 'PortConfig'));
}

export function writePortConfig(writer: Writer, value: PortConfig): void {
  if (value.name !== '') writer.string(10, value.name);
  if (value.protocol !== PortProtocol.tcp) writer.int32(16, value.protocol, 'PortConfig.protocol');
  if (value.targetPort !== 0) writer.uint32(24, value.targetPort, 'PortConfig.targetPort');
  if (value.publishedPort !== 0) writer.uint32(32, value.publishedPort, 'PortConfig.publishedPort');
  if (value.publishMode !== PublishMode.ingress) writer.int32(40, value.publishMode, 'PortConfig.publishMode');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const portConfigFields: readonly number[] = [1, 2, 3, 4, 5];

export function readPortConfig(reader: Reader): PortConfig {
  const value: Draft<PortConfig> = {
    name: '',
    protocol: PortProtocol.tcp,
    targetPort: 0,
    publishedPort: 0,
    publishMode: PublishMode.ingress,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.name = reader.string('name');
        break;
      case 16:
        value.protocol = reader.int32('protocol') as PortProtocol;
        break;
      case 24:
        value.targetPort = reader.uint32('targetPort');
        break;
      case 32:
        value.publishedPort = reader.uint32('publishedPort');
        break;
      case 40:
        value.publishMode = reader.int32('publishMode') as PublishMode;
        break;
      default:
        unknown = reader.skip(tag, portConfigFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface EndpointSpec {
  readonly mode: EndpointMode;
  readonly ports: readonly PortConfig[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A EndpointSpec of `fields`, with defaults for the rest. */
export function newEndpointSpec(fields: Partial<EndpointSpec> = {}): EndpointSpec {
  const value: EndpointSpec = {
    mode: fields.mode ?? EndpointMode.vip,
    ports: fields.ports ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeEndpointSpec(value: EndpointSpec): Uint8Array {
  const writer = new Writer();
  writeEndpointSpec(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeEndpointSpec(bytes: Uint8Array): EndpointSpec {
  return readEndpointSpec(new Reader(bytes, 'EndpointSpec'));
}

export function writeEndpointSpec(writer: Writer, value: EndpointSpec): void {
  if (value.mode !== EndpointMode.vip) writer.int32(8, value.mode, 'EndpointSpec.mode');
  for (const item of value.ports) {
    const mark = writer.begin(18);
    writePortConfig(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const endpointSpecFields: readonly number[] = [1, 2];

export function readEndpointSpec(reader: Reader): EndpointSpec {
  const value: Draft<EndpointSpec> = {
    mode: EndpointMode.vip,
    ports: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.mode = reader.int32('mode') as EndpointMode;
        break;
      case 18: {
        const outerEnd = reader.enter('ports');
        value.ports = own(value.ports);
        value.ports.push(readPortConfig(reader));
        reader.count(value.ports.length, 'ports');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, endpointSpecFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface TaskSpec {
  readonly container: ContainerSpec | undefined;
  readonly limits: ResourceLimits | undefined;
  readonly reservations: ResourceReservations | undefined;
  readonly restart: RestartPolicy | undefined;
  readonly placement: Placement | undefined;
  readonly networks: readonly NetworkAttachmentConfig[];
  readonly logDriver: LogDriver | undefined;
  /** Counts forced updates: another number makes the spec differ. */
  readonly forceUpdate: number;
  readonly runtime: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TaskSpec of `fields`, with defaults for the rest. */
export function newTaskSpec(fields: Partial<TaskSpec> = {}): TaskSpec {
  const value: TaskSpec = {
    container: fields.container,
    limits: fields.limits,
    reservations: fields.reservations,
    restart: fields.restart,
    placement: fields.placement,
    networks: fields.networks ?? noItems,
    logDriver: fields.logDriver,
    forceUpdate: fields.forceUpdate ?? 0,
    runtime: fields.runtime ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTaskSpec(value: TaskSpec): Uint8Array {
  const writer = new Writer();
  writeTaskSpec(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTaskSpec(bytes: Uint8Array): TaskSpec {
  return readTaskSpec(new Reader(bytes, 'TaskSpec'));
}

export function writeTaskSpec(writer: Writer, value: TaskSpec): void {
  if (value.container !== undefined) {
    const mark = writer.begin(10);
    writeContainerSpec(writer, value.container);
    writer.finish(mark);
  }
  if (value.limits !== undefined) {
    const mark = writer.begin(18);
    writeResourceLimits(writer, value.limits);
    writer.finish(mark);
  }
  if (value.reservations !== undefined) {
    const mark = writer.begin(26);
    writeResourceReservations(writer, value.reservations);
    writer.finish(mark);
  }
  if (value.restart !== undefined) {
    const mark = writer.begin(34);
    writeRestartPolicy(writer, value.restart);
    writer.finish(mark);
  }
  if (value.placement !== undefined) {
    const mark = writer.begin(42);
    writePlacement(writer, value.placement);
    writer.finish(mark);
  }
  for (const item of value.networks) {
    const mark = writer.begin(50);
    writeNetworkAttachmentConfig(writer, item);
    writer.finish(mark);
  }
  if (value.logDriver !== undefined) {
    const mark = writer.begin(58);
    writeLogDriver(writer, value.logDriver);
    writer.finish(mark);
  }
  if (value.forceUpdate !== 0) writer.uint64(64, value.forceUpdate, 'TaskSpec.forceUpdate');
  if (value.runtime !== '') writer.string(74, value.runtime);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskSpecFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function readTaskSpec(reader: Reader): TaskSpec {
  const value: Draft<TaskSpec> = {
    container: undefined,
    limits: undefined,
    reservations: undefined,
    restart: undefined,
    placement: undefined,
    networks: noItems,
    logDriver: undefined,
    forceUpdate: 0,
    runtime: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('container');
        value.container = readContainerSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('limits');
        value.limits = readResourceLimits(reader);
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('reservations');
        value.reservations = readResourceReservations(reader);
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('restart');
        value.restart = readRestartPolicy(reader);
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('placement');
        value.placement = readPlacement(reader);
        reader.leave(outerEnd);
        break;
      }
      case 50: {
        const outerEnd = reader.enter('networks');
        value.networks = own(value.networks);
        value.networks.push(readNetworkAttachmentConfig(reader));
        reader.count(value.networks.length, 'networks');
        reader.leave(outerEnd);
        break;
      }
      case 58: {
        const outerEnd = reader.enter('logDriver');
        value.logDriver = readLogDriver(reader);
        reader.leave(outerEnd);
        break;
      }
      case 64:
        value.forceUpdate = reader.uint64('forceUpdate');
        break;
      case 74:
        value.runtime = reader.string('runtime');
        break;
      default:
        unknown = reader.skip(tag, taskSpecFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ResourceLimits {
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  readonly pids: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ResourceLimits of `fields`, with defaults for the rest. */
export function newResourceLimits(fields: Partial<ResourceLimits> = {}): ResourceLimits {
  const value: ResourceLimits = {
    nanoCpus: fields.nanoCpus ?? 0,
    memoryBytes: fields.memoryBytes ?? 0,
    pids: fields.pids ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeResourceLimits(value: ResourceLimits): Uint8Array {
  const writer = new Writer();
  writeResourceLimits(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeResourceLimits(bytes: Uint8Array): ResourceLimits {
  return readResourceLimits(new Reader(bytes, 'ResourceLimits'));
}

export function writeResourceLimits(writer: Writer, value: ResourceLimits): void {
  if (value.nanoCpus !== 0) writer.int64(8, value.nanoCpus, 'ResourceLimits.nanoCpus');
  if (value.memoryBytes !== 0) writer.int64(16, value.memoryBytes, 'ResourceLimits.memoryBytes');
  if (value.pids !== 0) writer.int64(24, value.pids, 'ResourceLimits.pids');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const resourceLimitsFields: readonly number[] = [1, 2, 3];

export function readResourceLimits(reader: Reader): ResourceLimits {
  const value: Draft<ResourceLimits> = {
    nanoCpus: 0,
    memoryBytes: 0,
    pids: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.nanoCpus = reader.int64('nanoCpus');
        break;
      case 16:
        value.memoryBytes = reader.int64('memoryBytes');
        break;
      case 24:
        value.pids = reader.int64('pids');
        break;
      default:
        unknown = reader.skip(tag, resourceLimitsFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ResourceReservations {
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ResourceReservations of `fields`, with defaults for the rest. */
export function newResourceReservations(fields: Partial<ResourceReservations> = {}): ResourceReservations {
  const value: ResourceReservations = {
    nanoCpus: fields.nanoCpus ?? 0,
    memoryBytes: fields.memoryBytes ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeResourceReservations(value: ResourceReservations): Uint8Array {
  const writer = new Writer();
  writeResourceReservations(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeResourceReservations(bytes: Uint8Array): ResourceReservations {
  return readResourceReservations(new Reader(bytes, 'ResourceReservations'));
}

export function writeResourceReservations(writer: Writer, value: ResourceReservations): void {
  if (value.nanoCpus !== 0) writer.int64(8, value.nanoCpus, 'ResourceReservations.nanoCpus');
  if (value.memoryBytes !== 0) writer.int64(16, value.memoryBytes, 'ResourceReservations.memoryBytes');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const resourceReservationsFields: readonly number[] = [1, 2];

export function readResourceReservations(reader: Reader): ResourceReservations {
  const value: Draft<ResourceReservations> = {
    nanoCpus: 0,
    memoryBytes: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.nanoCpus = reader.int64('nanoCpus');
        break;
      case 16:
        value.memoryBytes = reader.int64('memoryBytes');
        break;
      default:
        unknown = reader.skip(tag, resourceReservationsFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface RestartPolicy {
  readonly condition: RestartCondition;
  /** Absent = 5 s. */
  readonly delayNs: number | undefined;
  readonly maxAttempts: number | undefined;
  readonly windowNs: number | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A RestartPolicy of `fields`, with defaults for the rest. */
export function newRestartPolicy(fields: Partial<RestartPolicy> = {}): RestartPolicy {
  const value: RestartPolicy = {
    condition: fields.condition ?? RestartCondition.restartAny,
    delayNs: fields.delayNs,
    maxAttempts: fields.maxAttempts,
    windowNs: fields.windowNs,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeRestartPolicy(value: RestartPolicy): Uint8Array {
  const writer = new Writer();
  writeRestartPolicy(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeRestartPolicy(bytes: Uint8Array): RestartPolicy {
  return readRestartPolicy(new Reader(bytes, 'RestartPolicy'));
}

export function writeRestartPolicy(writer: Writer, value: RestartPolicy): void {
  if (value.condition !== RestartCondition.restartAny) writer.int32(8, value.condition, 'RestartPolicy.condition');
  if (value.delayNs !== undefined) writer.int64(16, value.delayNs, 'RestartPolicy.delayNs');
  if (value.maxAttempts !== undefined) writer.uint64(24, value.maxAttempts, 'RestartPolicy.maxAttempts');
  if (value.windowNs !== undefined) writer.int64(32, value.windowNs, 'RestartPolicy.windowNs');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const restartPolicyFields: readonly number[] = [1, 2, 3, 4];

export function readRestartPolicy(reader: Reader): RestartPolicy {
  const value: Draft<RestartPolicy> = {
    condition: RestartCondition.restartAny,
    delayNs: undefined,
    maxAttempts: undefined,
    windowNs: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.condition = reader.int32('condition') as RestartCondition;
        break;
      case 16:
        value.delayNs = reader.int64('delayNs');
        break;
      case 24:
        value.maxAttempts = reader.uint64('maxAttempts');
        break;
      case 32:
        value.windowNs = reader.int64('windowNs');
        break;
      default:
        unknown = reader.skip(tag, restartPolicyFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Placement {
  readonly constraints: readonly string[];
  /** Label paths to spread over, as `node.labels.zone`. */
  readonly spreadPreferences: readonly string[];
  readonly maxReplicas: number;
  readonly platforms: readonly Platform[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Placement of `fields`, with defaults for the rest. */
export function newPlacement(fields: Partial<Placement> = {}): Placement {
  const value: Placement = {
    constraints: fields.constraints ?? noItems,
    spreadPreferences: fields.spreadPreferences ?? noItems,
    maxReplicas: fields.maxReplicas ?? 0,
    platforms: fields.platforms ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePlacement(value: Placement): Uint8Array {
  const writer = new Writer();
  writePlacement(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePlacement(bytes: Uint8Array): Placement {
  return readPlacement(new Reader(bytes, 'Placement'));
}

export function writePlacement(writer: Writer, value: Placement): void {
  for (const item of value.constraints) writer.string(10, item);
  for (const item of value.spreadPreferences) writer.string(18, item);
  if (value.maxReplicas !== 0) writer.uint64(24, value.maxReplicas, 'Placement.maxReplicas');
  for (const item of value.platforms) {
    const mark = writer.begin(34);
    writePlatform(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const placementFields: readonly number[] = [1, 2, 3, 4];

export function readPlacement(reader: Reader): Placement {
  const value: Draft<Placement> = {
    constraints: noItems,
    spreadPreferences: noItems,
    maxReplicas: 0,
    platforms: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.constraints = own(value.constraints);
        value.constraints.push(reader.string('constraints'));
        reader.count(value.constraints.length, 'constraints');
        break;
      case 18:
        value.spreadPreferences = own(value.spreadPreferences);
        value.spreadPreferences.push(reader.string('spreadPreferences'));
        reader.count(value.spreadPreferences.length, 'spreadPreferences');
        break;
      case 24:
        value.maxReplicas = reader.uint64('maxReplicas');
        break;
      case 34: {
        const outerEnd = reader.enter('platforms');
        value.platforms = own(value.platforms);
        value.platforms.push(readPlatform(reader));
        reader.count(value.platforms.length, 'platforms');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, placementFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Platform {
  readonly architecture: string;
  readonly os: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Platform of `fields`, with defaults for the rest. */
export function newPlatform(fields: Partial<Platform> = {}): Platform {
  const value: Platform = {
    architecture: fields.architecture ?? '',
    os: fields.os ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePlatform(value: Platform): Uint8Array {
  const writer = new Writer();
  writePlatform(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePlatform(bytes: Uint8Array): Platform {
  return readPlatform(new Reader(bytes, 'Platform'));
}

export function writePlatform(writer: Writer, value: Platform): void {
  if (value.architecture !== '') writer.string(10, value.architecture);
  if (value.os !== '') writer.string(18, value.os);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const platformFields: readonly number[] = [1, 2];

export function readPlatform(reader: Reader): Platform {
  const value: Draft<Platform> = {
    architecture: '',
    os: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.architecture = reader.string('architecture');
        break;
      case 18:
        value.os = reader.string('os');
        break;
      default:
        unknown = reader.skip(tag, platformFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface NetworkAttachmentConfig {
  /** Network id. */
  readonly target: string;
  readonly aliases: readonly string[];
  readonly driverOptions: ReadonlyMap<string, string>;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NetworkAttachmentConfig of `fields`, with defaults for the rest. */
export function newNetworkAttachmentConfig(fields: Partial<NetworkAttachmentConfig> = {}): NetworkAttachmentConfig {
  const value: NetworkAttachmentConfig = {
    target: fields.target ?? '',
    aliases: fields.aliases ?? noItems,
    driverOptions: fields.driverOptions ?? noEntries,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNetworkAttachmentConfig(value: NetworkAttachmentConfig): Uint8Array {
  const writer = new Writer();
  writeNetworkAttachmentConfig(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNetworkAttachmentConfig(bytes: Uint8Array): NetworkAttachmentConfig {
  return readNetworkAttachmentConfig(new Reader(bytes, 'NetworkAttachmentConfig'));
}

export function writeNetworkAttachmentConfig(writer: Writer, value: NetworkAttachmentConfig): void {
  if (value.target !== '') writer.string(10, value.target);
  for (const item of value.aliases) writer.string(18, item);
  writer.stringMap(26, value.driverOptions);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const networkAttachmentConfigFields: readonly number[] = [1, 2, 3];

export function readNetworkAttachmentConfig(reader: Reader): NetworkAttachmentConfig {
  const value: Draft<NetworkAttachmentConfig> = {
    target: '',
    aliases: noItems,
    driverOptions: noEntries,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.target = reader.string('target');
        break;
      case 18:
        value.aliases = own(value.aliases);
        value.aliases.push(reader.string('aliases'));
        reader.count(value.aliases.length, 'aliases');
        break;
      case 26:
        value.driverOptions = reader.stringEntry('driverOptions', value.driverOptions);
        break;
      default:
        unknown = reader.skip(tag, networkAttachmentConfigFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface LogDriver {
  readonly name: string;
  readonly options: ReadonlyMap<string, string>;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A LogDriver of `fields`, with defaults for the rest. */
export function newLogDriver(fields: Partial<LogDriver> = {}): LogDriver {
  const value: LogDriver = {
    name: fields.name ?? '',
    options: fields.options ?? noEntries,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeLogDriver(value: LogDriver): Uint8Array {
  const writer = new Writer();
  writeLogDriver(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeLogDriver(bytes: Uint8Array): LogDriver {
  return readLogDriver(new Reader(bytes, 'LogDriver'));
}

export function writeLogDriver(writer: Writer, value: LogDriver): void {
  if (value.name !== '') writer.string(10, value.name);
  writer.stringMap(18, value.options);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const logDriverFields: readonly number[] = [1, 2];

export function readLogDriver(reader: Reader): LogDriver {
  const value: Draft<LogDriver> = {
    name: '',
    options: noEntries,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.name = reader.string('name');
        break;
      case 18:
        value.options = reader.stringEntry('options', value.options);
        break;
      default:
        unknown = reader.skip(tag, logDriverFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ContainerSpec {
  readonly image: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly hostname: string;
  readonly env: readonly string[];
  readonly dir: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly init: boolean | undefined;
  readonly stopSignal: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly readOnly: boolean;
  readonly mounts: readonly Mount[];
  /** Nanoseconds; absent = 10 s. */
  readonly stopGracePeriodNs: number | undefined;
  readonly healthcheck: HealthConfig | undefined;
  /** Lines of /etc/hosts in the form "address name [name ...]". */
  readonly hosts: readonly string[];
  readonly dns: DnsConfig | undefined;
  readonly sysctls: ReadonlyMap<string, string>;
  readonly capabilityAdd: readonly string[];
  readonly capabilityDrop: readonly string[];
  readonly ulimits: readonly Ulimit[];
  readonly oomScoreAdj: number;
  /** `X-Registry-Auth` of the request, as it came. Never returned by the API. */
  readonly registryAuth: string;
  readonly isolation: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ContainerSpec of `fields`, with defaults for the rest. */
export function newContainerSpec(fields: Partial<ContainerSpec> = {}): ContainerSpec {
  const value: ContainerSpec = {
    image: fields.image ?? '',
    labels: fields.labels ?? noEntries,
    command: fields.command ?? noItems,
    args: fields.args ?? noItems,
    hostname: fields.hostname ?? '',
    env: fields.env ?? noItems,
    dir: fields.dir ?? '',
    user: fields.user ?? '',
    groups: fields.groups ?? noItems,
    init: fields.init,
    stopSignal: fields.stopSignal ?? '',
    tty: fields.tty ?? false,
    openStdin: fields.openStdin ?? false,
    readOnly: fields.readOnly ?? false,
    mounts: fields.mounts ?? noItems,
    stopGracePeriodNs: fields.stopGracePeriodNs,
    healthcheck: fields.healthcheck,
    hosts: fields.hosts ?? noItems,
    dns: fields.dns,
    sysctls: fields.sysctls ?? noEntries,
    capabilityAdd: fields.capabilityAdd ?? noItems,
    capabilityDrop: fields.capabilityDrop ?? noItems,
    ulimits: fields.ulimits ?? noItems,
    oomScoreAdj: fields.oomScoreAdj ?? 0,
    registryAuth: fields.registryAuth ?? '',
    isolation: fields.isolation ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeContainerSpec(value: ContainerSpec): Uint8Array {
  const writer = new Writer();
  writeContainerSpec(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeContainerSpec(bytes: Uint8Array): ContainerSpec {
  return readContainerSpec(new Reader(bytes, 'ContainerSpec'));
}

export function writeContainerSpec(writer: Writer, value: ContainerSpec): void {
  if (value.image !== '') writer.string(10, value.image);
  writer.stringMap(18, value.labels);
  for (const item of value.command) writer.string(26, item);
  for (const item of value.args) writer.string(34, item);
  if (value.hostname !== '') writer.string(42, value.hostname);
  for (const item of value.env) writer.string(50, item);
  if (value.dir !== '') writer.string(58, value.dir);
  if (value.user !== '') writer.string(66, value.user);
  for (const item of value.groups) writer.string(74, item);
  if (value.init !== undefined) writer.bool(80, value.init);
  if (value.stopSignal !== '') writer.string(90, value.stopSignal);
  if (value.tty) writer.bool(96, value.tty);
  if (value.openStdin) writer.bool(104, value.openStdin);
  if (value.readOnly) writer.bool(112, value.readOnly);
  for (const item of value.mounts) {
    const mark = writer.begin(122);
    writeMount(writer, item);
    writer.finish(mark);
  }
  if (value.stopGracePeriodNs !== undefined) writer.int64(128, value.stopGracePeriodNs, 'ContainerSpec.stopGracePeriodNs');
  if (value.healthcheck !== undefined) {
    const mark = writer.begin(138);
    writeHealthConfig(writer, value.healthcheck);
    writer.finish(mark);
  }
  for (const item of value.hosts) writer.string(146, item);
  if (value.dns !== undefined) {
    const mark = writer.begin(154);
    writeDnsConfig(writer, value.dns);
    writer.finish(mark);
  }
  writer.stringMap(162, value.sysctls);
  for (const item of value.capabilityAdd) writer.string(170, item);
  for (const item of value.capabilityDrop) writer.string(178, item);
  for (const item of value.ulimits) {
    const mark = writer.begin(186);
    writeUlimit(writer, item);
    writer.finish(mark);
  }
  if (value.oomScoreAdj !== 0) writer.int64(192, value.oomScoreAdj, 'ContainerSpec.oomScoreAdj');
  if (value.registryAuth !== '') writer.string(202, value.registryAuth);
  if (value.isolation !== '') writer.string(210, value.isolation);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const containerSpecFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26];

export function readContainerSpec(reader: Reader): ContainerSpec {
  const value: Draft<ContainerSpec> = {
    image: '',
    labels: noEntries,
    command: noItems,
    args: noItems,
    hostname: '',
    env: noItems,
    dir: '',
    user: '',
    groups: noItems,
    init: undefined,
    stopSignal: '',
    tty: false,
    openStdin: false,
    readOnly: false,
    mounts: noItems,
    stopGracePeriodNs: undefined,
    healthcheck: undefined,
    hosts: noItems,
    dns: undefined,
    sysctls: noEntries,
    capabilityAdd: noItems,
    capabilityDrop: noItems,
    ulimits: noItems,
    oomScoreAdj: 0,
    registryAuth: '',
    isolation: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.image = reader.string('image');
        break;
      case 18:
        value.labels = reader.stringEntry('labels', value.labels);
        break;
      case 26:
        value.command = own(value.command);
        value.command.push(reader.string('command'));
        reader.count(value.command.length, 'command');
        break;
      case 34:
        value.args = own(value.args);
        value.args.push(reader.string('args'));
        reader.count(value.args.length, 'args');
        break;
      case 42:
        value.hostname = reader.string('hostname');
        break;
      case 50:
        value.env = own(value.env);
        value.env.push(reader.string('env'));
        reader.count(value.env.length, 'env');
        break;
      case 58:
        value.dir = reader.string('dir');
        break;
      case 66:
        value.user = reader.string('user');
        break;
      case 74:
        value.groups = own(value.groups);
        value.groups.push(reader.string('groups'));
        reader.count(value.groups.length, 'groups');
        break;
      case 80:
        value.init = reader.bool('init');
        break;
      case 90:
        value.stopSignal = reader.string('stopSignal');
        break;
      case 96:
        value.tty = reader.bool('tty');
        break;
      case 104:
        value.openStdin = reader.bool('openStdin');
        break;
      case 112:
        value.readOnly = reader.bool('readOnly');
        break;
      case 122: {
        const outerEnd = reader.enter('mounts');
        value.mounts = own(value.mounts);
        value.mounts.push(readMount(reader));
        reader.count(value.mounts.length, 'mounts');
        reader.leave(outerEnd);
        break;
      }
      case 128:
        value.stopGracePeriodNs = reader.int64('stopGracePeriodNs');
        break;
      case 138: {
        const outerEnd = reader.enter('healthcheck');
        value.healthcheck = readHealthConfig(reader);
        reader.leave(outerEnd);
        break;
      }
      case 146:
        value.hosts = own(value.hosts);
        value.hosts.push(reader.string('hosts'));
        reader.count(value.hosts.length, 'hosts');
        break;
      case 154: {
        const outerEnd = reader.enter('dns');
        value.dns = readDnsConfig(reader);
        reader.leave(outerEnd);
        break;
      }
      case 162:
        value.sysctls = reader.stringEntry('sysctls', value.sysctls);
        break;
      case 170:
        value.capabilityAdd = own(value.capabilityAdd);
        value.capabilityAdd.push(reader.string('capabilityAdd'));
        reader.count(value.capabilityAdd.length, 'capabilityAdd');
        break;
      case 178:
        value.capabilityDrop = own(value.capabilityDrop);
        value.capabilityDrop.push(reader.string('capabilityDrop'));
        reader.count(value.capabilityDrop.length, 'capabilityDrop');
        break;
      case 186: {
        const outerEnd = reader.enter('ulimits');
        value.ulimits = own(value.ulimits);
        value.ulimits.push(readUlimit(reader));
        reader.count(value.ulimits.length, 'ulimits');
        reader.leave(outerEnd);
        break;
      }
      case 192:
        value.oomScoreAdj = reader.int64('oomScoreAdj');
        break;
      case 202:
        value.registryAuth = reader.string('registryAuth');
        break;
      case 210:
        value.isolation = reader.string('isolation');
        break;
      default:
        unknown = reader.skip(tag, containerSpecFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Mount {
  readonly type: MountType;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly bindPropagation: string;
  readonly volumeNoCopy: boolean;
  readonly volumeLabels: ReadonlyMap<string, string>;
  readonly volumeDriver: string;
  readonly volumeDriverOptions: ReadonlyMap<string, string>;
  readonly tmpfsSizeBytes: number;
  readonly tmpfsMode: number;
  readonly bindNonRecursive: boolean;
  readonly bindCreateMountpoint: boolean;
  readonly volumeSubpath: string;
  readonly consistency: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Mount of `fields`, with defaults for the rest. */
export function newMount(fields: Partial<Mount> = {}): Mount {
  const value: Mount = {
    type: fields.type ?? MountType.bind,
    source: fields.source ?? '',
    target: fields.target ?? '',
    readOnly: fields.readOnly ?? false,
    bindPropagation: fields.bindPropagation ?? '',
    volumeNoCopy: fields.volumeNoCopy ?? false,
    volumeLabels: fields.volumeLabels ?? noEntries,
    volumeDriver: fields.volumeDriver ?? '',
    volumeDriverOptions: fields.volumeDriverOptions ?? noEntries,
    tmpfsSizeBytes: fields.tmpfsSizeBytes ?? 0,
    tmpfsMode: fields.tmpfsMode ?? 0,
    bindNonRecursive: fields.bindNonRecursive ?? false,
    bindCreateMountpoint: fields.bindCreateMountpoint ?? false,
    volumeSubpath: fields.volumeSubpath ?? '',
    consistency: fields.consistency ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeMount(value: Mount): Uint8Array {
  const writer = new Writer();
  writeMount(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeMount(bytes: Uint8Array): Mount {
  return readMount(new Reader(bytes, 'Mount'));
}

export function writeMount(writer: Writer, value: Mount): void {
  if (value.type !== MountType.bind) writer.int32(8, value.type, 'Mount.type');
  if (value.source !== '') writer.string(18, value.source);
  if (value.target !== '') writer.string(26, value.target);
  if (value.readOnly) writer.bool(32, value.readOnly);
  if (value.bindPropagation !== '') writer.string(42, value.bindPropagation);
  if (value.volumeNoCopy) writer.bool(48, value.volumeNoCopy);
  writer.stringMap(58, value.volumeLabels);
  if (value.volumeDriver !== '') writer.string(66, value.volumeDriver);
  writer.stringMap(74, value.volumeDriverOptions);
  if (value.tmpfsSizeBytes !== 0) writer.int64(80, value.tmpfsSizeBytes, 'Mount.tmpfsSizeBytes');
  if (value.tmpfsMode !== 0) writer.uint32(88, value.tmpfsMode, 'Mount.tmpfsMode');
  if (value.bindNonRecursive) writer.bool(96, value.bindNonRecursive);
  if (value.bindCreateMountpoint) writer.bool(104, value.bindCreateMountpoint);
  if (value.volumeSubpath !== '') writer.string(114, value.volumeSubpath);
  if (value.consistency !== '') writer.string(122, value.consistency);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const mountFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

export function readMount(reader: Reader): Mount {
  const value: Draft<Mount> = {
    type: MountType.bind,
    source: '',
    target: '',
    readOnly: false,
    bindPropagation: '',
    volumeNoCopy: false,
    volumeLabels: noEntries,
    volumeDriver: '',
    volumeDriverOptions: noEntries,
    tmpfsSizeBytes: 0,
    tmpfsMode: 0,
    bindNonRecursive: false,
    bindCreateMountpoint: false,
    volumeSubpath: '',
    consistency: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.type = reader.int32('type') as MountType;
        break;
      case 18:
        value.source = reader.string('source');
        break;
      case 26:
        value.target = reader.string('target');
        break;
      case 32:
        value.readOnly = reader.bool('readOnly');
        break;
      case 42:
        value.bindPropagation = reader.string('bindPropagation');
        break;
      case 48:
        value.volumeNoCopy = reader.bool('volumeNoCopy');
        break;
      case 58:
        value.volumeLabels = reader.stringEntry('volumeLabels', value.volumeLabels);
        break;
      case 66:
        value.volumeDriver = reader.string('volumeDriver');
        break;
      case 74:
        value.volumeDriverOptions = reader.stringEntry('volumeDriverOptions', value.volumeDriverOptions);
        break;
      case 80:
        value.tmpfsSizeBytes = reader.int64('tmpfsSizeBytes');
        break;
      case 88:
        value.tmpfsMode = reader.uint32('tmpfsMode');
        break;
      case 96:
        value.bindNonRecursive = reader.bool('bindNonRecursive');
        break;
      case 104:
        value.bindCreateMountpoint = reader.bool('bindCreateMountpoint');
        break;
      case 114:
        value.volumeSubpath = reader.string('volumeSubpath');
        break;
      case 122:
        value.consistency = reader.string('consistency');
        break;
      default:
        unknown = reader.skip(tag, mountFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface HealthConfig {
  /** Empty = the image's, ["NONE"] = none, ["CMD", ...] or ["CMD-SHELL", text]. */
  readonly test: readonly string[];
  readonly intervalNs: number;
  readonly timeoutNs: number;
  readonly startPeriodNs: number;
  readonly startIntervalNs: number;
  readonly retries: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A HealthConfig of `fields`, with defaults for the rest. */
export function newHealthConfig(fields: Partial<HealthConfig> = {}): HealthConfig {
  const value: HealthConfig = {
    test: fields.test ?? noItems,
    intervalNs: fields.intervalNs ?? 0,
    timeoutNs: fields.timeoutNs ?? 0,
    startPeriodNs: fields.startPeriodNs ?? 0,
    startIntervalNs: fields.startIntervalNs ?? 0,
    retries: fields.retries ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeHealthConfig(value: HealthConfig): Uint8Array {
  const writer = new Writer();
  writeHealthConfig(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeHealthConfig(bytes: Uint8Array): HealthConfig {
  return readHealthConfig(new Reader(bytes, 'HealthConfig'));
}

export function writeHealthConfig(writer: Writer, value: HealthConfig): void {
  for (const item of value.test) writer.string(10, item);
  if (value.intervalNs !== 0) writer.int64(16, value.intervalNs, 'HealthConfig.intervalNs');
  if (value.timeoutNs !== 0) writer.int64(24, value.timeoutNs, 'HealthConfig.timeoutNs');
  if (value.startPeriodNs !== 0) writer.int64(32, value.startPeriodNs, 'HealthConfig.startPeriodNs');
  if (value.startIntervalNs !== 0) writer.int64(40, value.startIntervalNs, 'HealthConfig.startIntervalNs');
  if (value.retries !== 0) writer.uint64(48, value.retries, 'HealthConfig.retries');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const healthConfigFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readHealthConfig(reader: Reader): HealthConfig {
  const value: Draft<HealthConfig> = {
    test: noItems,
    intervalNs: 0,
    timeoutNs: 0,
    startPeriodNs: 0,
    startIntervalNs: 0,
    retries: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.test = own(value.test);
        value.test.push(reader.string('test'));
        reader.count(value.test.length, 'test');
        break;
      case 16:
        value.intervalNs = reader.int64('intervalNs');
        break;
      case 24:
        value.timeoutNs = reader.int64('timeoutNs');
        break;
      case 32:
        value.startPeriodNs = reader.int64('startPeriodNs');
        break;
      case 40:
        value.startIntervalNs = reader.int64('startIntervalNs');
        break;
      case 48:
        value.retries = reader.uint64('retries');
        break;
      default:
        unknown = reader.skip(tag, healthConfigFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface DnsConfig {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A DnsConfig of `fields`, with defaults for the rest. */
export function newDnsConfig(fields: Partial<DnsConfig> = {}): DnsConfig {
  const value: DnsConfig = {
    nameservers: fields.nameservers ?? noItems,
    search: fields.search ?? noItems,
    options: fields.options ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeDnsConfig(value: DnsConfig): Uint8Array {
  const writer = new Writer();
  writeDnsConfig(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeDnsConfig(bytes: Uint8Array): DnsConfig {
  return readDnsConfig(new Reader(bytes, 'DnsConfig'));
}

export function writeDnsConfig(writer: Writer, value: DnsConfig): void {
  for (const item of value.nameservers) writer.string(10, item);
  for (const item of value.search) writer.string(18, item);
  for (const item of value.options) writer.string(26, item);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const dnsConfigFields: readonly number[] = [1, 2, 3];

export function readDnsConfig(reader: Reader): DnsConfig {
  const value: Draft<DnsConfig> = {
    nameservers: noItems,
    search: noItems,
    options: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.nameservers = own(value.nameservers);
        value.nameservers.push(reader.string('nameservers'));
        reader.count(value.nameservers.length, 'nameservers');
        break;
      case 18:
        value.search = own(value.search);
        value.search.push(reader.string('search'));
        reader.count(value.search.length, 'search');
        break;
      case 26:
        value.options = own(value.options);
        value.options.push(reader.string('options'));
        reader.count(value.options.length, 'options');
        break;
      default:
        unknown = reader.skip(tag, dnsConfigFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Ulimit of `fields`, with defaults for the rest. */
export function newUlimit(fields: Partial<Ulimit> = {}): Ulimit {
  const value: Ulimit = {
    name: fields.name ?? '',
    soft: fields.soft ?? 0,
    hard: fields.hard ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeUlimit(value: Ulimit): Uint8Array {
  const writer = new Writer();
  writeUlimit(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeUlimit(bytes: Uint8Array): Ulimit {
  return readUlimit(new Reader(bytes, 'Ulimit'));
}

export function writeUlimit(writer: Writer, value: Ulimit): void {
  if (value.name !== '') writer.string(10, value.name);
  if (value.soft !== 0) writer.int64(16, value.soft, 'Ulimit.soft');
  if (value.hard !== 0) writer.int64(24, value.hard, 'Ulimit.hard');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const ulimitFields: readonly number[] = [1, 2, 3];

export function readUlimit(reader: Reader): Ulimit {
  const value: Draft<Ulimit> = {
    name: '',
    soft: 0,
    hard: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.name = reader.string('name');
        break;
      case 16:
        value.soft = reader.int64('soft');
        break;
      case 24:
        value.hard = reader.int64('hard');
        break;
      default:
        unknown = reader.skip(tag, ulimitFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}
