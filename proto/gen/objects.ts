// Generated from proto/objects.proto by `npm run generate`: change that, not this.
import {
  type ClusterSpec,
  EndpointMode,
  type NetworkSpec,
  NodeRole,
  type NodeSpec,
  type Platform,
  type PortConfig,
  readClusterSpec,
  readNetworkSpec,
  readNodeSpec,
  readPlatform,
  readPortConfig,
  readServiceSpec,
  type ServiceSpec,
  writeClusterSpec,
  writeNetworkSpec,
  writeNodeSpec,
  writePlatform,
  writePortConfig,
  writeServiceSpec,
} from './specs.ts';
import { type Draft, noBytes, noEntries, noItems, own, Reader, Writer } from './wire.ts';

export const Table = {
  tableUnspecified: 0,
  clusters: 1,
  nodes: 2,
  services: 3,
  tasks: 4,
  networks: 5,
  authorities: 6,
} as const;
export type Table = (typeof Table)[keyof typeof Table];

/** Key of `table` in `Table`; the number itself when this version does not know it. */
export function tableName(table: number): string {
  switch (table) {
    case 0:
      return 'tableUnspecified';
    case 1:
      return 'clusters';
    case 2:
      return 'nodes';
    case 3:
      return 'services';
    case 4:
      return 'tasks';
    case 5:
      return 'networks';
    case 6:
      return 'authorities';
    default:
      return String(table);
  }
}

/** Part of a row with one writer and a version of its own. */
export const Facet = {
  facetUnspecified: 0,
  /** Written by the API. */
  spec: 1,
  /** Written by the orchestrator. */
  desired: 2,
  /** Written by the scheduler. */
  placement: 3,
  /** Written by the allocator. */
  network: 4,
  /** Written by the dispatcher, from the node's reports. */
  status: 5,
  /** Written by the updater, the role manager, the CA. */
  lifecycle: 6,
  /** The row itself: its creation and deletion. */
  row: 7,
} as const;
export type Facet = (typeof Facet)[keyof typeof Facet];

/** Key of `facet` in `Facet`; the number itself when this version does not know it. */
export function facetName(facet: number): string {
  switch (facet) {
    case 0:
      return 'facetUnspecified';
    case 1:
      return 'spec';
    case 2:
      return 'desired';
    case 3:
      return 'placement';
    case 4:
      return 'network';
    case 5:
      return 'status';
    case 6:
      return 'lifecycle';
    case 7:
      return 'row';
    default:
      return String(facet);
  }
}

export const NodeState = {
  nodeUnknown: 0,
  nodeDown: 1,
  nodeReady: 2,
  nodeDisconnected: 3,
} as const;
export type NodeState = (typeof NodeState)[keyof typeof NodeState];

/** Key of `nodeState` in `NodeState`; the number itself when this version does not know it. */
export function nodeStateName(nodeState: number): string {
  switch (nodeState) {
    case 0:
      return 'nodeUnknown';
    case 1:
      return 'nodeDown';
    case 2:
      return 'nodeReady';
    case 3:
      return 'nodeDisconnected';
    default:
      return String(nodeState);
  }
}

export const UpdateState = {
  updateNone: 0,
  updating: 1,
  paused: 2,
  completed: 3,
  rollbackStarted: 4,
  rollbackPaused: 5,
  rollbackCompleted: 6,
} as const;
export type UpdateState = (typeof UpdateState)[keyof typeof UpdateState];

/** Key of `updateState` in `UpdateState`; the number itself when this version does not know it. */
export function updateStateName(updateState: number): string {
  switch (updateState) {
    case 0:
      return 'updateNone';
    case 1:
      return 'updating';
    case 2:
      return 'paused';
    case 3:
      return 'completed';
    case 4:
      return 'rollbackStarted';
    case 5:
      return 'rollbackPaused';
    case 6:
      return 'rollbackCompleted';
    default:
      return String(updateState);
  }
}

/** Where a task is. Strictly monotonic: a lower value is never accepted. Numbers as swarm mode's. */
export const TaskState = {
  new: 0,
  pending: 64,
  assigned: 192,
  accepted: 256,
  preparing: 320,
  ready: 384,
  starting: 448,
  running: 512,
  complete: 576,
  shutdown: 640,
  failed: 704,
  rejected: 768,
  /** Desired only: the row goes when the container is gone. */
  remove: 800,
  orphaned: 832,
} as const;
export type TaskState = (typeof TaskState)[keyof typeof TaskState];

/** Key of `taskState` in `TaskState`; the number itself when this version does not know it. */
export function taskStateName(taskState: number): string {
  switch (taskState) {
    case 0:
      return 'new';
    case 64:
      return 'pending';
    case 192:
      return 'assigned';
    case 256:
      return 'accepted';
    case 320:
      return 'preparing';
    case 384:
      return 'ready';
    case 448:
      return 'starting';
    case 512:
      return 'running';
    case 576:
      return 'complete';
    case 640:
      return 'shutdown';
    case 704:
      return 'failed';
    case 768:
      return 'rejected';
    case 800:
      return 'remove';
    case 832:
      return 'orphaned';
    default:
      return String(taskState);
  }
}

export interface Cluster {
  readonly id: string;
  readonly createdAtMs: number;
  readonly spec: ClusterSpec | undefined;
  readonly lifecycle: ClusterLifecycle | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Cluster of `fields`, with defaults for the rest. */
export function newCluster(fields: Partial<Cluster> = {}): Cluster {
  const value: Cluster = {
    id: fields.id ?? '',
    createdAtMs: fields.createdAtMs ?? 0,
    spec: fields.spec,
    lifecycle: fields.lifecycle,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeCluster(value: Cluster): Uint8Array {
  const writer = new Writer();
  writeCluster(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeCluster(bytes: Uint8Array): Cluster {
  return readCluster(new Reader(bytes, 'Cluster'));
}

export function writeCluster(writer: Writer, value: Cluster): void {
  if (value.id !== '') writer.string(10, value.id);
  if (value.createdAtMs !== 0) writer.uint64(16, value.createdAtMs, 'Cluster.createdAtMs');
  if (value.spec !== undefined) {
    const mark = writer.begin(26);
    writeClusterSpec(writer, value.spec);
    writer.finish(mark);
  }
  if (value.lifecycle !== undefined) {
    const mark = writer.begin(34);
    writeClusterLifecycle(writer, value.lifecycle);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const clusterFields: readonly number[] = [1, 2, 3, 4];

export function readCluster(reader: Reader): Cluster {
  const value: Draft<Cluster> = {
    id: '',
    createdAtMs: 0,
    spec: undefined,
    lifecycle: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.id = reader.string('id');
        break;
      case 16:
        value.createdAtMs = reader.uint64('createdAtMs');
        break;
      case 26: {
        const outerEnd = reader.enter('spec');
        value.spec = readClusterSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('lifecycle');
        value.lifecycle = readClusterLifecycle(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, clusterFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ClusterLifecycle {
  /** PEM of the roots that are trusted. */
  readonly trustRootPem: string;
  /** DER of the subject and the public key of the issuer of node certificates. */
  readonly issuerSubject: Uint8Array;
  readonly issuerPublicKey: Uint8Array;
  readonly level: number;
  /** Changes at restore and forced recovery; part of every resume token and session. */
  readonly incarnation: number;
  /** CIDRs from which networks get their subnets. */
  readonly addressPools: readonly string[];
  readonly subnetSize: number;
  readonly dataPathPort: number;
  readonly rootRotationInProgress: boolean;
  /** Raft id of the member that began the log. */
  readonly founderRaftId: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ClusterLifecycle of `fields`, with defaults for the rest. */
export function newClusterLifecycle(fields: Partial<ClusterLifecycle> = {}): ClusterLifecycle {
  const value: ClusterLifecycle = {
    trustRootPem: fields.trustRootPem ?? '',
    issuerSubject: fields.issuerSubject ?? noBytes,
    issuerPublicKey: fields.issuerPublicKey ?? noBytes,
    level: fields.level ?? 0,
    incarnation: fields.incarnation ?? 0,
    addressPools: fields.addressPools ?? noItems,
    subnetSize: fields.subnetSize ?? 0,
    dataPathPort: fields.dataPathPort ?? 0,
    rootRotationInProgress: fields.rootRotationInProgress ?? false,
    founderRaftId: fields.founderRaftId ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeClusterLifecycle(value: ClusterLifecycle): Uint8Array {
  const writer = new Writer();
  writeClusterLifecycle(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeClusterLifecycle(bytes: Uint8Array): ClusterLifecycle {
  return readClusterLifecycle(new Reader(bytes, 'ClusterLifecycle'));
}

export function writeClusterLifecycle(writer: Writer, value: ClusterLifecycle): void {
  if (value.trustRootPem !== '') writer.string(10, value.trustRootPem);
  if (value.issuerSubject.length > 0) writer.bytes(18, value.issuerSubject);
  if (value.issuerPublicKey.length > 0) writer.bytes(26, value.issuerPublicKey);
  if (value.level !== 0) writer.uint32(32, value.level, 'ClusterLifecycle.level');
  if (value.incarnation !== 0) writer.uint64(40, value.incarnation, 'ClusterLifecycle.incarnation');
  for (const item of value.addressPools) writer.string(50, item);
  if (value.subnetSize !== 0) writer.uint32(56, value.subnetSize, 'ClusterLifecycle.subnetSize');
  if (value.dataPathPort !== 0) writer.uint32(64, value.dataPathPort, 'ClusterLifecycle.dataPathPort');
  if (value.rootRotationInProgress) writer.bool(72, value.rootRotationInProgress);
  if (value.founderRaftId !== 0) writer.uint64(80, value.founderRaftId, 'ClusterLifecycle.founderRaftId');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const clusterLifecycleFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export function readClusterLifecycle(reader: Reader): ClusterLifecycle {
  const value: Draft<ClusterLifecycle> = {
    trustRootPem: '',
    issuerSubject: noBytes,
    issuerPublicKey: noBytes,
    level: 0,
    incarnation: 0,
    addressPools: noItems,
    subnetSize: 0,
    dataPathPort: 0,
    rootRotationInProgress: false,
    founderRaftId: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.trustRootPem = reader.string('trustRootPem');
        break;
      case 18:
        value.issuerSubject = reader.bytes('issuerSubject');
        break;
      case 26:
        value.issuerPublicKey = reader.bytes('issuerPublicKey');
        break;
      case 32:
        value.level = reader.uint32('level');
        break;
      case 40:
        value.incarnation = reader.uint64('incarnation');
        break;
      case 50:
        value.addressPools = own(value.addressPools);
        value.addressPools.push(reader.string('addressPools'));
        reader.count(value.addressPools.length, 'addressPools');
        break;
      case 56:
        value.subnetSize = reader.uint32('subnetSize');
        break;
      case 64:
        value.dataPathPort = reader.uint32('dataPathPort');
        break;
      case 72:
        value.rootRotationInProgress = reader.bool('rootRotationInProgress');
        break;
      case 80:
        value.founderRaftId = reader.uint64('founderRaftId');
        break;
      default:
        unknown = reader.skip(tag, clusterLifecycleFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** What signs node certificates. A row of its own, so that nothing which reads the cluster reads the key. */
export interface Authority {
  /** The cluster's id. */
  readonly id: string;
  readonly createdAtMs: number;
  readonly keys: AuthorityKeys | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Authority of `fields`, with defaults for the rest. */
export function newAuthority(fields: Partial<Authority> = {}): Authority {
  const value: Authority = {
    id: fields.id ?? '',
    createdAtMs: fields.createdAtMs ?? 0,
    keys: fields.keys,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeAuthority(value: Authority): Uint8Array {
  const writer = new Writer();
  writeAuthority(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeAuthority(bytes: Uint8Array): Authority {
  return readAuthority(new Reader(bytes, 'Authority'));
}

export function writeAuthority(writer: Writer, value: Authority): void {
  if (value.id !== '') writer.string(10, value.id);
  if (value.createdAtMs !== 0) writer.uint64(16, value.createdAtMs, 'Authority.createdAtMs');
  if (value.keys !== undefined) {
    const mark = writer.begin(26);
    writeAuthorityKeys(writer, value.keys);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const authorityFields: readonly number[] = [1, 2, 3];

export function readAuthority(reader: Reader): Authority {
  const value: Draft<Authority> = {
    id: '',
    createdAtMs: 0,
    keys: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.id = reader.string('id');
        break;
      case 16:
        value.createdAtMs = reader.uint64('createdAtMs');
        break;
      case 26: {
        const outerEnd = reader.enter('keys');
        value.keys = readAuthorityKeys(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, authorityFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Its lifecycle facet. */
export interface AuthorityKeys {
  readonly rootCertificateDer: Uint8Array;
  readonly rootKeyPkcs8: Uint8Array;
  readonly workerJoinToken: string;
  readonly managerJoinToken: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A AuthorityKeys of `fields`, with defaults for the rest. */
export function newAuthorityKeys(fields: Partial<AuthorityKeys> = {}): AuthorityKeys {
  const value: AuthorityKeys = {
    rootCertificateDer: fields.rootCertificateDer ?? noBytes,
    rootKeyPkcs8: fields.rootKeyPkcs8 ?? noBytes,
    workerJoinToken: fields.workerJoinToken ?? '',
    managerJoinToken: fields.managerJoinToken ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeAuthorityKeys(value: AuthorityKeys): Uint8Array {
  const writer = new Writer();
  writeAuthorityKeys(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeAuthorityKeys(bytes: Uint8Array): AuthorityKeys {
  return readAuthorityKeys(new Reader(bytes, 'AuthorityKeys'));
}

export function writeAuthorityKeys(writer: Writer, value: AuthorityKeys): void {
  if (value.rootCertificateDer.length > 0) writer.bytes(10, value.rootCertificateDer);
  if (value.rootKeyPkcs8.length > 0) writer.bytes(18, value.rootKeyPkcs8);
  if (value.workerJoinToken !== '') writer.string(26, value.workerJoinToken);
  if (value.managerJoinToken !== '') writer.string(34, value.managerJoinToken);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const authorityKeysFields: readonly number[] = [1, 2, 3, 4];

export function readAuthorityKeys(reader: Reader): AuthorityKeys {
  const value: Draft<AuthorityKeys> = {
    rootCertificateDer: noBytes,
    rootKeyPkcs8: noBytes,
    workerJoinToken: '',
    managerJoinToken: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.rootCertificateDer = reader.bytes('rootCertificateDer');
        break;
      case 18:
        value.rootKeyPkcs8 = reader.bytes('rootKeyPkcs8');
        break;
      case 26:
        value.workerJoinToken = reader.string('workerJoinToken');
        break;
      case 34:
        value.managerJoinToken = reader.string('managerJoinToken');
        break;
      default:
        unknown = reader.skip(tag, authorityKeysFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Node {
  readonly id: string;
  readonly createdAtMs: number;
  readonly spec: NodeSpec | undefined;
  readonly status: NodeStatus | undefined;
  readonly lifecycle: NodeLifecycle | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Node of `fields`, with defaults for the rest. */
export function newNode(fields: Partial<Node> = {}): Node {
  const value: Node = {
    id: fields.id ?? '',
    createdAtMs: fields.createdAtMs ?? 0,
    spec: fields.spec,
    status: fields.status,
    lifecycle: fields.lifecycle,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNode(value: Node): Uint8Array {
  const writer = new Writer();
  writeNode(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNode(bytes: Uint8Array): Node {
  return readNode(new Reader(bytes, 'Node'));
}

export function writeNode(writer: Writer, value: Node): void {
  if (value.id !== '') writer.string(10, value.id);
  if (value.createdAtMs !== 0) writer.uint64(16, value.createdAtMs, 'Node.createdAtMs');
  if (value.spec !== undefined) {
    const mark = writer.begin(26);
    writeNodeSpec(writer, value.spec);
    writer.finish(mark);
  }
  if (value.status !== undefined) {
    const mark = writer.begin(34);
    writeNodeStatus(writer, value.status);
    writer.finish(mark);
  }
  if (value.lifecycle !== undefined) {
    const mark = writer.begin(42);
    writeNodeLifecycle(writer, value.lifecycle);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const nodeFields: readonly number[] = [1, 2, 3, 4, 5];

export function readNode(reader: Reader): Node {
  const value: Draft<Node> = {
    id: '',
    createdAtMs: 0,
    spec: undefined,
    status: undefined,
    lifecycle: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.id = reader.string('id');
        break;
      case 16:
        value.createdAtMs = reader.uint64('createdAtMs');
        break;
      case 26: {
        const outerEnd = reader.enter('spec');
        value.spec = readNodeSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('status');
        value.status = readNodeStatus(reader);
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('lifecycle');
        value.lifecycle = readNodeLifecycle(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, nodeFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Liveness and description, as the dispatcher saw them last. */
export interface NodeStatus {
  readonly state: NodeState;
  readonly message: string;
  /** Address from which the node's session came. */
  readonly address: string;
  readonly description: NodeDescription | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NodeStatus of `fields`, with defaults for the rest. */
export function newNodeStatus(fields: Partial<NodeStatus> = {}): NodeStatus {
  const value: NodeStatus = {
    state: fields.state ?? NodeState.nodeUnknown,
    message: fields.message ?? '',
    address: fields.address ?? '',
    description: fields.description,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNodeStatus(value: NodeStatus): Uint8Array {
  const writer = new Writer();
  writeNodeStatus(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNodeStatus(bytes: Uint8Array): NodeStatus {
  return readNodeStatus(new Reader(bytes, 'NodeStatus'));
}

export function writeNodeStatus(writer: Writer, value: NodeStatus): void {
  if (value.state !== NodeState.nodeUnknown) writer.int32(8, value.state, 'NodeStatus.state');
  if (value.message !== '') writer.string(18, value.message);
  if (value.address !== '') writer.string(26, value.address);
  if (value.description !== undefined) {
    const mark = writer.begin(34);
    writeNodeDescription(writer, value.description);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const nodeStatusFields: readonly number[] = [1, 2, 3, 4];

export function readNodeStatus(reader: Reader): NodeStatus {
  const value: Draft<NodeStatus> = {
    state: NodeState.nodeUnknown,
    message: '',
    address: '',
    description: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.state = reader.int32('state') as NodeState;
        break;
      case 18:
        value.message = reader.string('message');
        break;
      case 26:
        value.address = reader.string('address');
        break;
      case 34: {
        const outerEnd = reader.enter('description');
        value.description = readNodeDescription(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, nodeStatusFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface NodeDescription {
  readonly hostname: string;
  readonly platform: Platform | undefined;
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  readonly engineVersion: string;
  readonly engineLabels: ReadonlyMap<string, string>;
  readonly plugins: readonly EnginePlugin[];
  readonly trustRootPem: string;
  readonly issuerSubject: Uint8Array;
  readonly issuerPublicKey: Uint8Array;
  /** False while the node's engine does not answer. */
  readonly engineAvailable: boolean;
  /** Range of cluster levels that the node's manager can apply. */
  readonly levelMin: number;
  readonly levelMax: number;
  /** What the node warns of, in words for people. */
  readonly warnings: readonly string[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NodeDescription of `fields`, with defaults for the rest. */
export function newNodeDescription(fields: Partial<NodeDescription> = {}): NodeDescription {
  const value: NodeDescription = {
    hostname: fields.hostname ?? '',
    platform: fields.platform,
    nanoCpus: fields.nanoCpus ?? 0,
    memoryBytes: fields.memoryBytes ?? 0,
    engineVersion: fields.engineVersion ?? '',
    engineLabels: fields.engineLabels ?? noEntries,
    plugins: fields.plugins ?? noItems,
    trustRootPem: fields.trustRootPem ?? '',
    issuerSubject: fields.issuerSubject ?? noBytes,
    issuerPublicKey: fields.issuerPublicKey ?? noBytes,
    engineAvailable: fields.engineAvailable ?? false,
    levelMin: fields.levelMin ?? 0,
    levelMax: fields.levelMax ?? 0,
    warnings: fields.warnings ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNodeDescription(value: NodeDescription): Uint8Array {
  const writer = new Writer();
  writeNodeDescription(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNodeDescription(bytes: Uint8Array): NodeDescription {
  return readNodeDescription(new Reader(bytes, 'NodeDescription'));
}

export function writeNodeDescription(writer: Writer, value: NodeDescription): void {
  if (value.hostname !== '') writer.string(10, value.hostname);
  if (value.platform !== undefined) {
    const mark = writer.begin(18);
    writePlatform(writer, value.platform);
    writer.finish(mark);
  }
  if (value.nanoCpus !== 0) writer.int64(24, value.nanoCpus, 'NodeDescription.nanoCpus');
  if (value.memoryBytes !== 0) writer.int64(32, value.memoryBytes, 'NodeDescription.memoryBytes');
  if (value.engineVersion !== '') writer.string(42, value.engineVersion);
  writer.stringMap(50, value.engineLabels);
  for (const item of value.plugins) {
    const mark = writer.begin(58);
    writeEnginePlugin(writer, item);
    writer.finish(mark);
  }
  if (value.trustRootPem !== '') writer.string(66, value.trustRootPem);
  if (value.issuerSubject.length > 0) writer.bytes(74, value.issuerSubject);
  if (value.issuerPublicKey.length > 0) writer.bytes(82, value.issuerPublicKey);
  if (value.engineAvailable) writer.bool(88, value.engineAvailable);
  if (value.levelMin !== 0) writer.uint32(96, value.levelMin, 'NodeDescription.levelMin');
  if (value.levelMax !== 0) writer.uint32(104, value.levelMax, 'NodeDescription.levelMax');
  for (const item of value.warnings) writer.string(114, item);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const nodeDescriptionFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

export function readNodeDescription(reader: Reader): NodeDescription {
  const value: Draft<NodeDescription> = {
    hostname: '',
    platform: undefined,
    nanoCpus: 0,
    memoryBytes: 0,
    engineVersion: '',
    engineLabels: noEntries,
    plugins: noItems,
    trustRootPem: '',
    issuerSubject: noBytes,
    issuerPublicKey: noBytes,
    engineAvailable: false,
    levelMin: 0,
    levelMax: 0,
    warnings: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.hostname = reader.string('hostname');
        break;
      case 18: {
        const outerEnd = reader.enter('platform');
        value.platform = readPlatform(reader);
        reader.leave(outerEnd);
        break;
      }
      case 24:
        value.nanoCpus = reader.int64('nanoCpus');
        break;
      case 32:
        value.memoryBytes = reader.int64('memoryBytes');
        break;
      case 42:
        value.engineVersion = reader.string('engineVersion');
        break;
      case 50:
        value.engineLabels = reader.stringEntry('engineLabels', value.engineLabels);
        break;
      case 58: {
        const outerEnd = reader.enter('plugins');
        value.plugins = own(value.plugins);
        value.plugins.push(readEnginePlugin(reader));
        reader.count(value.plugins.length, 'plugins');
        reader.leave(outerEnd);
        break;
      }
      case 66:
        value.trustRootPem = reader.string('trustRootPem');
        break;
      case 74:
        value.issuerSubject = reader.bytes('issuerSubject');
        break;
      case 82:
        value.issuerPublicKey = reader.bytes('issuerPublicKey');
        break;
      case 88:
        value.engineAvailable = reader.bool('engineAvailable');
        break;
      case 96:
        value.levelMin = reader.uint32('levelMin');
        break;
      case 104:
        value.levelMax = reader.uint32('levelMax');
        break;
      case 114:
        value.warnings = own(value.warnings);
        value.warnings.push(reader.string('warnings'));
        reader.count(value.warnings.length, 'warnings');
        break;
      default:
        unknown = reader.skip(tag, nodeDescriptionFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface EnginePlugin {
  readonly type: string;
  readonly name: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A EnginePlugin of `fields`, with defaults for the rest. */
export function newEnginePlugin(fields: Partial<EnginePlugin> = {}): EnginePlugin {
  const value: EnginePlugin = {
    type: fields.type ?? '',
    name: fields.name ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeEnginePlugin(value: EnginePlugin): Uint8Array {
  const writer = new Writer();
  writeEnginePlugin(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeEnginePlugin(bytes: Uint8Array): EnginePlugin {
  return readEnginePlugin(new Reader(bytes, 'EnginePlugin'));
}

export function writeEnginePlugin(writer: Writer, value: EnginePlugin): void {
  if (value.type !== '') writer.string(10, value.type);
  if (value.name !== '') writer.string(18, value.name);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const enginePluginFields: readonly number[] = [1, 2];

export function readEnginePlugin(reader: Reader): EnginePlugin {
  const value: Draft<EnginePlugin> = {
    type: '',
    name: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.type = reader.string('type');
        break;
      case 18:
        value.name = reader.string('name');
        break;
      default:
        unknown = reader.skip(tag, enginePluginFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** The node's part in consensus, and its observed role. */
export interface NodeLifecycle {
  readonly role: NodeRole;
  readonly raftId: number;
  /** host:port of the manager, empty for a worker. */
  readonly managerAddress: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NodeLifecycle of `fields`, with defaults for the rest. */
export function newNodeLifecycle(fields: Partial<NodeLifecycle> = {}): NodeLifecycle {
  const value: NodeLifecycle = {
    role: fields.role ?? NodeRole.worker,
    raftId: fields.raftId ?? 0,
    managerAddress: fields.managerAddress ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNodeLifecycle(value: NodeLifecycle): Uint8Array {
  const writer = new Writer();
  writeNodeLifecycle(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNodeLifecycle(bytes: Uint8Array): NodeLifecycle {
  return readNodeLifecycle(new Reader(bytes, 'NodeLifecycle'));
}

export function writeNodeLifecycle(writer: Writer, value: NodeLifecycle): void {
  if (value.role !== NodeRole.worker) writer.int32(8, value.role, 'NodeLifecycle.role');
  if (value.raftId !== 0) writer.uint64(16, value.raftId, 'NodeLifecycle.raftId');
  if (value.managerAddress !== '') writer.string(26, value.managerAddress);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const nodeLifecycleFields: readonly number[] = [1, 2, 3];

export function readNodeLifecycle(reader: Reader): NodeLifecycle {
  const value: Draft<NodeLifecycle> = {
    role: NodeRole.worker,
    raftId: 0,
    managerAddress: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.role = reader.int32('role') as NodeRole;
        break;
      case 16:
        value.raftId = reader.uint64('raftId');
        break;
      case 26:
        value.managerAddress = reader.string('managerAddress');
        break;
      default:
        unknown = reader.skip(tag, nodeLifecycleFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Network {
  readonly id: string;
  readonly createdAtMs: number;
  readonly spec: NetworkSpec | undefined;
  readonly network: NetworkAllocation | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Network of `fields`, with defaults for the rest. */
export function newNetwork(fields: Partial<Network> = {}): Network {
  const value: Network = {
    id: fields.id ?? '',
    createdAtMs: fields.createdAtMs ?? 0,
    spec: fields.spec,
    network: fields.network,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNetwork(value: Network): Uint8Array {
  const writer = new Writer();
  writeNetwork(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNetwork(bytes: Uint8Array): Network {
  return readNetwork(new Reader(bytes, 'Network'));
}

export function writeNetwork(writer: Writer, value: Network): void {
  if (value.id !== '') writer.string(10, value.id);
  if (value.createdAtMs !== 0) writer.uint64(16, value.createdAtMs, 'Network.createdAtMs');
  if (value.spec !== undefined) {
    const mark = writer.begin(26);
    writeNetworkSpec(writer, value.spec);
    writer.finish(mark);
  }
  if (value.network !== undefined) {
    const mark = writer.begin(34);
    writeNetworkAllocation(writer, value.network);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const networkFields: readonly number[] = [1, 2, 3, 4];

export function readNetwork(reader: Reader): Network {
  const value: Draft<Network> = {
    id: '',
    createdAtMs: 0,
    spec: undefined,
    network: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.id = reader.string('id');
        break;
      case 16:
        value.createdAtMs = reader.uint64('createdAtMs');
        break;
      case 26: {
        const outerEnd = reader.enter('spec');
        value.spec = readNetworkSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('network');
        value.network = readNetworkAllocation(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, networkFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface NetworkAllocation {
  /** CIDR. */
  readonly subnet: string;
  readonly gateway: string;
  readonly vni: number;
  /** Why nothing could be allocated, or empty. */
  readonly error: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NetworkAllocation of `fields`, with defaults for the rest. */
export function newNetworkAllocation(fields: Partial<NetworkAllocation> = {}): NetworkAllocation {
  const value: NetworkAllocation = {
    subnet: fields.subnet ?? '',
    gateway: fields.gateway ?? '',
    vni: fields.vni ?? 0,
    error: fields.error ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNetworkAllocation(value: NetworkAllocation): Uint8Array {
  const writer = new Writer();
  writeNetworkAllocation(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNetworkAllocation(bytes: Uint8Array): NetworkAllocation {
  return readNetworkAllocation(new Reader(bytes, 'NetworkAllocation'));
}

export function writeNetworkAllocation(writer: Writer, value: NetworkAllocation): void {
  if (value.subnet !== '') writer.string(10, value.subnet);
  if (value.gateway !== '') writer.string(18, value.gateway);
  if (value.vni !== 0) writer.uint32(24, value.vni, 'NetworkAllocation.vni');
  if (value.error !== '') writer.string(34, value.error);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const networkAllocationFields: readonly number[] = [1, 2, 3, 4];

export function readNetworkAllocation(reader: Reader): NetworkAllocation {
  const value: Draft<NetworkAllocation> = {
    subnet: '',
    gateway: '',
    vni: 0,
    error: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.subnet = reader.string('subnet');
        break;
      case 18:
        value.gateway = reader.string('gateway');
        break;
      case 24:
        value.vni = reader.uint32('vni');
        break;
      case 34:
        value.error = reader.string('error');
        break;
      default:
        unknown = reader.skip(tag, networkAllocationFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Service {
  readonly id: string;
  readonly createdAtMs: number;
  readonly spec: ServiceSpec | undefined;
  readonly network: ServiceEndpoint | undefined;
  readonly lifecycle: ServiceLifecycle | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Service of `fields`, with defaults for the rest. */
export function newService(fields: Partial<Service> = {}): Service {
  const value: Service = {
    id: fields.id ?? '',
    createdAtMs: fields.createdAtMs ?? 0,
    spec: fields.spec,
    network: fields.network,
    lifecycle: fields.lifecycle,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeService(value: Service): Uint8Array {
  const writer = new Writer();
  writeService(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeService(bytes: Uint8Array): Service {
  return readService(new Reader(bytes, 'Service'));
}

export function writeService(writer: Writer, value: Service): void {
  if (value.id !== '') writer.string(10, value.id);
  if (value.createdAtMs !== 0) writer.uint64(16, value.createdAtMs, 'Service.createdAtMs');
  if (value.spec !== undefined) {
    const mark = writer.begin(26);
    writeServiceSpec(writer, value.spec);
    writer.finish(mark);
  }
  if (value.network !== undefined) {
    const mark = writer.begin(34);
    writeServiceEndpoint(writer, value.network);
    writer.finish(mark);
  }
  if (value.lifecycle !== undefined) {
    const mark = writer.begin(42);
    writeServiceLifecycle(writer, value.lifecycle);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const serviceFields: readonly number[] = [1, 2, 3, 4, 5];

export function readService(reader: Reader): Service {
  const value: Draft<Service> = {
    id: '',
    createdAtMs: 0,
    spec: undefined,
    network: undefined,
    lifecycle: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.id = reader.string('id');
        break;
      case 16:
        value.createdAtMs = reader.uint64('createdAtMs');
        break;
      case 26: {
        const outerEnd = reader.enter('spec');
        value.spec = readServiceSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('network');
        value.network = readServiceEndpoint(reader);
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('lifecycle');
        value.lifecycle = readServiceLifecycle(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, serviceFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ServiceEndpoint {
  readonly ports: readonly PortConfig[];
  readonly virtualIps: readonly VirtualIp[];
  readonly mode: EndpointMode;
  /** Version of the spec facet that this was allocated for. */
  readonly specVersion: number;
  /** Why not everything could be allocated, or empty. */
  readonly error: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ServiceEndpoint of `fields`, with defaults for the rest. */
export function newServiceEndpoint(fields: Partial<ServiceEndpoint> = {}): ServiceEndpoint {
  const value: ServiceEndpoint = {
    ports: fields.ports ?? noItems,
    virtualIps: fields.virtualIps ?? noItems,
    mode: fields.mode ?? EndpointMode.vip,
    specVersion: fields.specVersion ?? 0,
    error: fields.error ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeServiceEndpoint(value: ServiceEndpoint): Uint8Array {
  const writer = new Writer();
  writeServiceEndpoint(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeServiceEndpoint(bytes: Uint8Array): ServiceEndpoint {
  return readServiceEndpoint(new Reader(bytes, 'ServiceEndpoint'));
}

export function writeServiceEndpoint(writer: Writer, value: ServiceEndpoint): void {
  for (const item of value.ports) {
    const mark = writer.begin(10);
    writePortConfig(writer, item);
    writer.finish(mark);
  }
  for (const item of value.virtualIps) {
    const mark = writer.begin(18);
    writeVirtualIp(writer, item);
    writer.finish(mark);
  }
  if (value.mode !== EndpointMode.vip) writer.int32(24, value.mode, 'ServiceEndpoint.mode');
  if (value.specVersion !== 0) writer.uint64(32, value.specVersion, 'ServiceEndpoint.specVersion');
  if (value.error !== '') writer.string(42, value.error);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const serviceEndpointFields: readonly number[] = [1, 2, 3, 4, 5];

export function readServiceEndpoint(reader: Reader): ServiceEndpoint {
  const value: Draft<ServiceEndpoint> = {
    ports: noItems,
    virtualIps: noItems,
    mode: EndpointMode.vip,
    specVersion: 0,
    error: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('ports');
        value.ports = own(value.ports);
        value.ports.push(readPortConfig(reader));
        reader.count(value.ports.length, 'ports');
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('virtualIps');
        value.virtualIps = own(value.virtualIps);
        value.virtualIps.push(readVirtualIp(reader));
        reader.count(value.virtualIps.length, 'virtualIps');
        reader.leave(outerEnd);
        break;
      }
      case 24:
        value.mode = reader.int32('mode') as EndpointMode;
        break;
      case 32:
        value.specVersion = reader.uint64('specVersion');
        break;
      case 42:
        value.error = reader.string('error');
        break;
      default:
        unknown = reader.skip(tag, serviceEndpointFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface VirtualIp {
  readonly networkId: string;
  /** CIDR. */
  readonly address: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A VirtualIp of `fields`, with defaults for the rest. */
export function newVirtualIp(fields: Partial<VirtualIp> = {}): VirtualIp {
  const value: VirtualIp = {
    networkId: fields.networkId ?? '',
    address: fields.address ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeVirtualIp(value: VirtualIp): Uint8Array {
  const writer = new Writer();
  writeVirtualIp(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeVirtualIp(bytes: Uint8Array): VirtualIp {
  return readVirtualIp(new Reader(bytes, 'VirtualIp'));
}

export function writeVirtualIp(writer: Writer, value: VirtualIp): void {
  if (value.networkId !== '') writer.string(10, value.networkId);
  if (value.address !== '') writer.string(18, value.address);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const virtualIpFields: readonly number[] = [1, 2];

export function readVirtualIp(reader: Reader): VirtualIp {
  const value: Draft<VirtualIp> = {
    networkId: '',
    address: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.networkId = reader.string('networkId');
        break;
      case 18:
        value.address = reader.string('address');
        break;
      default:
        unknown = reader.skip(tag, virtualIpFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ServiceLifecycle {
  readonly updateState: UpdateState;
  readonly startedAtMs: number;
  readonly completedAtMs: number;
  readonly message: string;
  /** First version of the spec facet that this status is about. */
  readonly specVersion: number;
  /** Slots that were to be replaced when it began: what failures are a share of. 0 = not counted yet. */
  readonly slots: number;
  /** Slots (numbers, or node ids of a global service) in which a task of this update failed, in the order in which they did. */
  readonly failedSlots: readonly string[];
  /** Version of the spec facet that a failure rolls back to; 0 = none. */
  readonly rollbackVersion: number;
  /** Version of the spec facet that an automatic rollback gave up; 0 = none. It is not rolled back to. */
  readonly failedVersion: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ServiceLifecycle of `fields`, with defaults for the rest. */
export function newServiceLifecycle(fields: Partial<ServiceLifecycle> = {}): ServiceLifecycle {
  const value: ServiceLifecycle = {
    updateState: fields.updateState ?? UpdateState.updateNone,
    startedAtMs: fields.startedAtMs ?? 0,
    completedAtMs: fields.completedAtMs ?? 0,
    message: fields.message ?? '',
    specVersion: fields.specVersion ?? 0,
    slots: fields.slots ?? 0,
    failedSlots: fields.failedSlots ?? noItems,
    rollbackVersion: fields.rollbackVersion ?? 0,
    failedVersion: fields.failedVersion ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeServiceLifecycle(value: ServiceLifecycle): Uint8Array {
  const writer = new Writer();
  writeServiceLifecycle(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeServiceLifecycle(bytes: Uint8Array): ServiceLifecycle {
  return readServiceLifecycle(new Reader(bytes, 'ServiceLifecycle'));
}

export function writeServiceLifecycle(writer: Writer, value: ServiceLifecycle): void {
  if (value.updateState !== UpdateState.updateNone) writer.int32(8, value.updateState, 'ServiceLifecycle.updateState');
  if (value.startedAtMs !== 0) writer.uint64(16, value.startedAtMs, 'ServiceLifecycle.startedAtMs');
  if (value.completedAtMs !== 0) writer.uint64(24, value.completedAtMs, 'ServiceLifecycle.completedAtMs');
  if (value.message !== '') writer.string(34, value.message);
  if (value.specVersion !== 0) writer.uint64(40, value.specVersion, 'ServiceLifecycle.specVersion');
  if (value.slots !== 0) writer.uint64(48, value.slots, 'ServiceLifecycle.slots');
  for (const item of value.failedSlots) writer.string(58, item);
  if (value.rollbackVersion !== 0) writer.uint64(64, value.rollbackVersion, 'ServiceLifecycle.rollbackVersion');
  if (value.failedVersion !== 0) writer.uint64(72, value.failedVersion, 'ServiceLifecycle.failedVersion');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const serviceLifecycleFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function readServiceLifecycle(reader: Reader): ServiceLifecycle {
  const value: Draft<ServiceLifecycle> = {
    updateState: UpdateState.updateNone,
    startedAtMs: 0,
    completedAtMs: 0,
    message: '',
    specVersion: 0,
    slots: 0,
    failedSlots: noItems,
    rollbackVersion: 0,
    failedVersion: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.updateState = reader.int32('updateState') as UpdateState;
        break;
      case 16:
        value.startedAtMs = reader.uint64('startedAtMs');
        break;
      case 24:
        value.completedAtMs = reader.uint64('completedAtMs');
        break;
      case 34:
        value.message = reader.string('message');
        break;
      case 40:
        value.specVersion = reader.uint64('specVersion');
        break;
      case 48:
        value.slots = reader.uint64('slots');
        break;
      case 58:
        value.failedSlots = own(value.failedSlots);
        value.failedSlots.push(reader.string('failedSlots'));
        reader.count(value.failedSlots.length, 'failedSlots');
        break;
      case 64:
        value.rollbackVersion = reader.uint64('rollbackVersion');
        break;
      case 72:
        value.failedVersion = reader.uint64('failedVersion');
        break;
      default:
        unknown = reader.skip(tag, serviceLifecycleFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Task {
  readonly id: string;
  readonly serviceId: string;
  /** 1, 2, ... for replicated services; 0 for global ones. */
  readonly slot: number;
  /** Version of the service's spec facet that this task runs. */
  readonly specVersion: number;
  readonly createdAtMs: number;
  readonly desired: TaskDesired | undefined;
  readonly placement: TaskPlacement | undefined;
  readonly network: TaskNetwork | undefined;
  readonly status: TaskStatus | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Task of `fields`, with defaults for the rest. */
export function newTask(fields: Partial<Task> = {}): Task {
  const value: Task = {
    id: fields.id ?? '',
    serviceId: fields.serviceId ?? '',
    slot: fields.slot ?? 0,
    specVersion: fields.specVersion ?? 0,
    createdAtMs: fields.createdAtMs ?? 0,
    desired: fields.desired,
    placement: fields.placement,
    network: fields.network,
    status: fields.status,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTask(value: Task): Uint8Array {
  const writer = new Writer();
  writeTask(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTask(bytes: Uint8Array): Task {
  return readTask(new Reader(bytes, 'Task'));
}

export function writeTask(writer: Writer, value: Task): void {
  if (value.id !== '') writer.string(10, value.id);
  if (value.serviceId !== '') writer.string(18, value.serviceId);
  if (value.slot !== 0) writer.uint64(24, value.slot, 'Task.slot');
  if (value.specVersion !== 0) writer.uint64(32, value.specVersion, 'Task.specVersion');
  if (value.createdAtMs !== 0) writer.uint64(40, value.createdAtMs, 'Task.createdAtMs');
  if (value.desired !== undefined) {
    const mark = writer.begin(50);
    writeTaskDesired(writer, value.desired);
    writer.finish(mark);
  }
  if (value.placement !== undefined) {
    const mark = writer.begin(58);
    writeTaskPlacement(writer, value.placement);
    writer.finish(mark);
  }
  if (value.network !== undefined) {
    const mark = writer.begin(66);
    writeTaskNetwork(writer, value.network);
    writer.finish(mark);
  }
  if (value.status !== undefined) {
    const mark = writer.begin(74);
    writeTaskStatus(writer, value.status);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function readTask(reader: Reader): Task {
  const value: Draft<Task> = {
    id: '',
    serviceId: '',
    slot: 0,
    specVersion: 0,
    createdAtMs: 0,
    desired: undefined,
    placement: undefined,
    network: undefined,
    status: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.id = reader.string('id');
        break;
      case 18:
        value.serviceId = reader.string('serviceId');
        break;
      case 24:
        value.slot = reader.uint64('slot');
        break;
      case 32:
        value.specVersion = reader.uint64('specVersion');
        break;
      case 40:
        value.createdAtMs = reader.uint64('createdAtMs');
        break;
      case 50: {
        const outerEnd = reader.enter('desired');
        value.desired = readTaskDesired(reader);
        reader.leave(outerEnd);
        break;
      }
      case 58: {
        const outerEnd = reader.enter('placement');
        value.placement = readTaskPlacement(reader);
        reader.leave(outerEnd);
        break;
      }
      case 66: {
        const outerEnd = reader.enter('network');
        value.network = readTaskNetwork(reader);
        reader.leave(outerEnd);
        break;
      }
      case 74: {
        const outerEnd = reader.enter('status');
        value.status = readTaskStatus(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, taskFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface TaskDesired {
  readonly state: TaskState;
  /** While the state is READY: cluster time at which the delay began, and its length. 0 = no delay pending. */
  readonly delaySinceMs: number;
  readonly delayMs: number;
  /** Made by an update, or while one ran in place of a task of an older spec: the update waits for it and counts its failures. */
  readonly byUpdate: boolean;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TaskDesired of `fields`, with defaults for the rest. */
export function newTaskDesired(fields: Partial<TaskDesired> = {}): TaskDesired {
  const value: TaskDesired = {
    state: fields.state ?? TaskState.new,
    delaySinceMs: fields.delaySinceMs ?? 0,
    delayMs: fields.delayMs ?? 0,
    byUpdate: fields.byUpdate ?? false,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTaskDesired(value: TaskDesired): Uint8Array {
  const writer = new Writer();
  writeTaskDesired(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTaskDesired(bytes: Uint8Array): TaskDesired {
  return readTaskDesired(new Reader(bytes, 'TaskDesired'));
}

export function writeTaskDesired(writer: Writer, value: TaskDesired): void {
  if (value.state !== TaskState.new) writer.int32(8, value.state, 'TaskDesired.state');
  if (value.delaySinceMs !== 0) writer.uint64(16, value.delaySinceMs, 'TaskDesired.delaySinceMs');
  if (value.delayMs !== 0) writer.uint64(24, value.delayMs, 'TaskDesired.delayMs');
  if (value.byUpdate) writer.bool(32, value.byUpdate);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskDesiredFields: readonly number[] = [1, 2, 3, 4];

export function readTaskDesired(reader: Reader): TaskDesired {
  const value: Draft<TaskDesired> = {
    state: TaskState.new,
    delaySinceMs: 0,
    delayMs: 0,
    byUpdate: false,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.state = reader.int32('state') as TaskState;
        break;
      case 16:
        value.delaySinceMs = reader.uint64('delaySinceMs');
        break;
      case 24:
        value.delayMs = reader.uint64('delayMs');
        break;
      case 32:
        value.byUpdate = reader.bool('byUpdate');
        break;
      default:
        unknown = reader.skip(tag, taskDesiredFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface TaskPlacement {
  /** Empty = not placed. */
  readonly nodeId: string;
  /** 0 = not placed: a task that is made for one node names it from the beginning. */
  readonly placedAtMs: number;
  /** Why it could not be placed, or empty. Shown as the task's error. */
  readonly explanation: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TaskPlacement of `fields`, with defaults for the rest. */
export function newTaskPlacement(fields: Partial<TaskPlacement> = {}): TaskPlacement {
  const value: TaskPlacement = {
    nodeId: fields.nodeId ?? '',
    placedAtMs: fields.placedAtMs ?? 0,
    explanation: fields.explanation ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTaskPlacement(value: TaskPlacement): Uint8Array {
  const writer = new Writer();
  writeTaskPlacement(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTaskPlacement(bytes: Uint8Array): TaskPlacement {
  return readTaskPlacement(new Reader(bytes, 'TaskPlacement'));
}

export function writeTaskPlacement(writer: Writer, value: TaskPlacement): void {
  if (value.nodeId !== '') writer.string(10, value.nodeId);
  if (value.placedAtMs !== 0) writer.uint64(16, value.placedAtMs, 'TaskPlacement.placedAtMs');
  if (value.explanation !== '') writer.string(26, value.explanation);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskPlacementFields: readonly number[] = [1, 2, 3];

export function readTaskPlacement(reader: Reader): TaskPlacement {
  const value: Draft<TaskPlacement> = {
    nodeId: '',
    placedAtMs: 0,
    explanation: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.nodeId = reader.string('nodeId');
        break;
      case 16:
        value.placedAtMs = reader.uint64('placedAtMs');
        break;
      case 26:
        value.explanation = reader.string('explanation');
        break;
      default:
        unknown = reader.skip(tag, taskPlacementFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface TaskNetwork {
  readonly addresses: readonly TaskAddress[];
  readonly allocatedAtMs: number;
  /** Why it could not be allocated, or empty. Shown as the task's error. */
  readonly error: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TaskNetwork of `fields`, with defaults for the rest. */
export function newTaskNetwork(fields: Partial<TaskNetwork> = {}): TaskNetwork {
  const value: TaskNetwork = {
    addresses: fields.addresses ?? noItems,
    allocatedAtMs: fields.allocatedAtMs ?? 0,
    error: fields.error ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTaskNetwork(value: TaskNetwork): Uint8Array {
  const writer = new Writer();
  writeTaskNetwork(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTaskNetwork(bytes: Uint8Array): TaskNetwork {
  return readTaskNetwork(new Reader(bytes, 'TaskNetwork'));
}

export function writeTaskNetwork(writer: Writer, value: TaskNetwork): void {
  for (const item of value.addresses) {
    const mark = writer.begin(10);
    writeTaskAddress(writer, item);
    writer.finish(mark);
  }
  if (value.allocatedAtMs !== 0) writer.uint64(16, value.allocatedAtMs, 'TaskNetwork.allocatedAtMs');
  if (value.error !== '') writer.string(26, value.error);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskNetworkFields: readonly number[] = [1, 2, 3];

export function readTaskNetwork(reader: Reader): TaskNetwork {
  const value: Draft<TaskNetwork> = {
    addresses: noItems,
    allocatedAtMs: 0,
    error: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('addresses');
        value.addresses = own(value.addresses);
        value.addresses.push(readTaskAddress(reader));
        reader.count(value.addresses.length, 'addresses');
        reader.leave(outerEnd);
        break;
      }
      case 16:
        value.allocatedAtMs = reader.uint64('allocatedAtMs');
        break;
      case 26:
        value.error = reader.string('error');
        break;
      default:
        unknown = reader.skip(tag, taskNetworkFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface TaskAddress {
  readonly networkId: string;
  /** CIDR. */
  readonly address: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TaskAddress of `fields`, with defaults for the rest. */
export function newTaskAddress(fields: Partial<TaskAddress> = {}): TaskAddress {
  const value: TaskAddress = {
    networkId: fields.networkId ?? '',
    address: fields.address ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTaskAddress(value: TaskAddress): Uint8Array {
  const writer = new Writer();
  writeTaskAddress(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTaskAddress(bytes: Uint8Array): TaskAddress {
  return readTaskAddress(new Reader(bytes, 'TaskAddress'));
}

export function writeTaskAddress(writer: Writer, value: TaskAddress): void {
  if (value.networkId !== '') writer.string(10, value.networkId);
  if (value.address !== '') writer.string(18, value.address);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskAddressFields: readonly number[] = [1, 2];

export function readTaskAddress(reader: Reader): TaskAddress {
  const value: Draft<TaskAddress> = {
    networkId: '',
    address: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.networkId = reader.string('networkId');
        break;
      case 18:
        value.address = reader.string('address');
        break;
      default:
        unknown = reader.skip(tag, taskAddressFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface TaskStatus {
  /** ASSIGNED or later; NEW, PENDING and ASSIGNED follow from the other facets. */
  readonly state: TaskState;
  /** Wall time on the node, milliseconds. */
  readonly timestampMs: number;
  readonly message: string;
  readonly error: string;
  readonly containerId: string;
  readonly pid: number;
  readonly exitCode: number;
  /** Host-mode ports as they were bound. */
  readonly ports: readonly PortConfig[];
  /** Cluster time at which the status was applied. */
  readonly appliedAtMs: number;
  /** Restarts that the node made by itself while no manager could be reached. */
  readonly localRestarts: number;
  /** Cluster time at which RUNNING was applied first; 0 = never. */
  readonly runningSinceMs: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TaskStatus of `fields`, with defaults for the rest. */
export function newTaskStatus(fields: Partial<TaskStatus> = {}): TaskStatus {
  const value: TaskStatus = {
    state: fields.state ?? TaskState.new,
    timestampMs: fields.timestampMs ?? 0,
    message: fields.message ?? '',
    error: fields.error ?? '',
    containerId: fields.containerId ?? '',
    pid: fields.pid ?? 0,
    exitCode: fields.exitCode ?? 0,
    ports: fields.ports ?? noItems,
    appliedAtMs: fields.appliedAtMs ?? 0,
    localRestarts: fields.localRestarts ?? 0,
    runningSinceMs: fields.runningSinceMs ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTaskStatus(value: TaskStatus): Uint8Array {
  const writer = new Writer();
  writeTaskStatus(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTaskStatus(bytes: Uint8Array): TaskStatus {
  return readTaskStatus(new Reader(bytes, 'TaskStatus'));
}

export function writeTaskStatus(writer: Writer, value: TaskStatus): void {
  if (value.state !== TaskState.new) writer.int32(8, value.state, 'TaskStatus.state');
  if (value.timestampMs !== 0) writer.uint64(16, value.timestampMs, 'TaskStatus.timestampMs');
  if (value.message !== '') writer.string(26, value.message);
  if (value.error !== '') writer.string(34, value.error);
  if (value.containerId !== '') writer.string(42, value.containerId);
  if (value.pid !== 0) writer.uint32(48, value.pid, 'TaskStatus.pid');
  if (value.exitCode !== 0) writer.int32(56, value.exitCode, 'TaskStatus.exitCode');
  for (const item of value.ports) {
    const mark = writer.begin(66);
    writePortConfig(writer, item);
    writer.finish(mark);
  }
  if (value.appliedAtMs !== 0) writer.uint64(72, value.appliedAtMs, 'TaskStatus.appliedAtMs');
  if (value.localRestarts !== 0) writer.uint32(80, value.localRestarts, 'TaskStatus.localRestarts');
  if (value.runningSinceMs !== 0) writer.uint64(88, value.runningSinceMs, 'TaskStatus.runningSinceMs');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskStatusFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

export function readTaskStatus(reader: Reader): TaskStatus {
  const value: Draft<TaskStatus> = {
    state: TaskState.new,
    timestampMs: 0,
    message: '',
    error: '',
    containerId: '',
    pid: 0,
    exitCode: 0,
    ports: noItems,
    appliedAtMs: 0,
    localRestarts: 0,
    runningSinceMs: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.state = reader.int32('state') as TaskState;
        break;
      case 16:
        value.timestampMs = reader.uint64('timestampMs');
        break;
      case 26:
        value.message = reader.string('message');
        break;
      case 34:
        value.error = reader.string('error');
        break;
      case 42:
        value.containerId = reader.string('containerId');
        break;
      case 48:
        value.pid = reader.uint32('pid');
        break;
      case 56:
        value.exitCode = reader.int32('exitCode');
        break;
      case 66: {
        const outerEnd = reader.enter('ports');
        value.ports = own(value.ports);
        value.ports.push(readPortConfig(reader));
        reader.count(value.ports.length, 'ports');
        reader.leave(outerEnd);
        break;
      }
      case 72:
        value.appliedAtMs = reader.uint64('appliedAtMs');
        break;
      case 80:
        value.localRestarts = reader.uint32('localRestarts');
        break;
      case 88:
        value.runningSinceMs = reader.uint64('runningSinceMs');
        break;
      default:
        unknown = reader.skip(tag, taskStatusFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}
