// Generated from proto/dispatcher.proto by `npm run generate`: change that, not this.
import {
  type Node,
  type NodeDescription,
  readNode,
  readNodeDescription,
  readTaskAddress,
  readTaskStatus,
  type TaskAddress,
  TaskState,
  type TaskStatus,
  writeNode,
  writeNodeDescription,
  writeTaskAddress,
  writeTaskStatus,
} from './objects.ts';
import {
  type PortConfig,
  readPortConfig,
  readTaskSpec,
  type TaskSpec,
  writePortConfig,
  writeTaskSpec,
} from './specs.ts';
import { type Draft, noEntries, noItems, own, Reader, Writer } from './wire.ts';

export interface SessionRequest {
  readonly protocolMin: number;
  readonly protocolMax: number;
  /** Draws anew at each start of the daemon. */
  readonly nodeIncarnation: string;
  readonly description: NodeDescription | undefined;
  /** What the node last applied, for the manager to continue from; 0 = nothing. */
  readonly assignmentsVersion: number;
  readonly endpointsVersion: number;
  /** Incarnation of the cluster that these versions belong to. */
  readonly clusterIncarnation: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SessionRequest of `fields`, with defaults for the rest. */
export function newSessionRequest(fields: Partial<SessionRequest> = {}): SessionRequest {
  const value: SessionRequest = {
    protocolMin: fields.protocolMin ?? 0,
    protocolMax: fields.protocolMax ?? 0,
    nodeIncarnation: fields.nodeIncarnation ?? '',
    description: fields.description,
    assignmentsVersion: fields.assignmentsVersion ?? 0,
    endpointsVersion: fields.endpointsVersion ?? 0,
    clusterIncarnation: fields.clusterIncarnation ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSessionRequest(value: SessionRequest): Uint8Array {
  const writer = new Writer();
  writeSessionRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSessionRequest(bytes: Uint8Array): SessionRequest {
  return readSessionRequest(new Reader(bytes, 'SessionRequest'));
}

export function writeSessionRequest(writer: Writer, value: SessionRequest): void {
  if (value.protocolMin !== 0) writer.uint32(8, value.protocolMin, 'SessionRequest.protocolMin');
  if (value.protocolMax !== 0) writer.uint32(16, value.protocolMax, 'SessionRequest.protocolMax');
  if (value.nodeIncarnation !== '') writer.string(26, value.nodeIncarnation);
  if (value.description !== undefined) {
    const mark = writer.begin(34);
    writeNodeDescription(writer, value.description);
    writer.finish(mark);
  }
  if (value.assignmentsVersion !== 0) writer.uint64(40, value.assignmentsVersion, 'SessionRequest.assignmentsVersion');
  if (value.endpointsVersion !== 0) writer.uint64(48, value.endpointsVersion, 'SessionRequest.endpointsVersion');
  if (value.clusterIncarnation !== 0) writer.uint64(56, value.clusterIncarnation, 'SessionRequest.clusterIncarnation');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const sessionRequestFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

export function readSessionRequest(reader: Reader): SessionRequest {
  const value: Draft<SessionRequest> = {
    protocolMin: 0,
    protocolMax: 0,
    nodeIncarnation: '',
    description: undefined,
    assignmentsVersion: 0,
    endpointsVersion: 0,
    clusterIncarnation: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.protocolMin = reader.uint32('protocolMin');
        break;
      case 16:
        value.protocolMax = reader.uint32('protocolMax');
        break;
      case 26:
        value.nodeIncarnation = reader.string('nodeIncarnation');
        break;
      case 34: {
        const outerEnd = reader.enter('description');
        value.description = readNodeDescription(reader);
        reader.leave(outerEnd);
        break;
      }
      case 40:
        value.assignmentsVersion = reader.uint64('assignmentsVersion');
        break;
      case 48:
        value.endpointsVersion = reader.uint64('endpointsVersion');
        break;
      case 56:
        value.clusterIncarnation = reader.uint64('clusterIncarnation');
        break;
      default:
        unknown = reader.skip(tag, sessionRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface SessionMessage {
  readonly sessionId: string;
  readonly protocol: number;
  readonly clusterIncarnation: number;
  /** How often the node should send a heartbeat. */
  readonly heartbeatPeriodMs: number;
  readonly node: Node | undefined;
  /** Addresses of all managers. */
  readonly managers: readonly ManagerAddress[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SessionMessage of `fields`, with defaults for the rest. */
export function newSessionMessage(fields: Partial<SessionMessage> = {}): SessionMessage {
  const value: SessionMessage = {
    sessionId: fields.sessionId ?? '',
    protocol: fields.protocol ?? 0,
    clusterIncarnation: fields.clusterIncarnation ?? 0,
    heartbeatPeriodMs: fields.heartbeatPeriodMs ?? 0,
    node: fields.node,
    managers: fields.managers ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSessionMessage(value: SessionMessage): Uint8Array {
  const writer = new Writer();
  writeSessionMessage(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSessionMessage(bytes: Uint8Array): SessionMessage {
  return readSessionMessage(new Reader(bytes, 'SessionMessage'));
}

export function writeSessionMessage(writer: Writer, value: SessionMessage): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  if (value.protocol !== 0) writer.uint32(16, value.protocol, 'SessionMessage.protocol');
  if (value.clusterIncarnation !== 0) writer.uint64(24, value.clusterIncarnation, 'SessionMessage.clusterIncarnation');
  if (value.heartbeatPeriodMs !== 0) writer.uint32(32, value.heartbeatPeriodMs, 'SessionMessage.heartbeatPeriodMs');
  if (value.node !== undefined) {
    const mark = writer.begin(42);
    writeNode(writer, value.node);
    writer.finish(mark);
  }
  for (const item of value.managers) {
    const mark = writer.begin(50);
    writeManagerAddress(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const sessionMessageFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readSessionMessage(reader: Reader): SessionMessage {
  const value: Draft<SessionMessage> = {
    sessionId: '',
    protocol: 0,
    clusterIncarnation: 0,
    heartbeatPeriodMs: 0,
    node: undefined,
    managers: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      case 16:
        value.protocol = reader.uint32('protocol');
        break;
      case 24:
        value.clusterIncarnation = reader.uint64('clusterIncarnation');
        break;
      case 32:
        value.heartbeatPeriodMs = reader.uint32('heartbeatPeriodMs');
        break;
      case 42: {
        const outerEnd = reader.enter('node');
        value.node = readNode(reader);
        reader.leave(outerEnd);
        break;
      }
      case 50: {
        const outerEnd = reader.enter('managers');
        value.managers = own(value.managers);
        value.managers.push(readManagerAddress(reader));
        reader.count(value.managers.length, 'managers');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, sessionMessageFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ManagerAddress {
  readonly nodeId: string;
  /** host:port of its cluster services. */
  readonly address: string;
  /** Its number in consensus. */
  readonly raftId: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ManagerAddress of `fields`, with defaults for the rest. */
export function newManagerAddress(fields: Partial<ManagerAddress> = {}): ManagerAddress {
  const value: ManagerAddress = {
    nodeId: fields.nodeId ?? '',
    address: fields.address ?? '',
    raftId: fields.raftId ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeManagerAddress(value: ManagerAddress): Uint8Array {
  const writer = new Writer();
  writeManagerAddress(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeManagerAddress(bytes: Uint8Array): ManagerAddress {
  return readManagerAddress(new Reader(bytes, 'ManagerAddress'));
}

export function writeManagerAddress(writer: Writer, value: ManagerAddress): void {
  if (value.nodeId !== '') writer.string(10, value.nodeId);
  if (value.address !== '') writer.string(18, value.address);
  if (value.raftId !== 0) writer.uint64(24, value.raftId, 'ManagerAddress.raftId');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const managerAddressFields: readonly number[] = [1, 2, 3];

export function readManagerAddress(reader: Reader): ManagerAddress {
  const value: Draft<ManagerAddress> = {
    nodeId: '',
    address: '',
    raftId: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.nodeId = reader.string('nodeId');
        break;
      case 18:
        value.address = reader.string('address');
        break;
      case 24:
        value.raftId = reader.uint64('raftId');
        break;
      default:
        unknown = reader.skip(tag, managerAddressFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface HeartbeatRequest {
  readonly sessionId: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A HeartbeatRequest of `fields`, with defaults for the rest. */
export function newHeartbeatRequest(fields: Partial<HeartbeatRequest> = {}): HeartbeatRequest {
  const value: HeartbeatRequest = {
    sessionId: fields.sessionId ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeHeartbeatRequest(value: HeartbeatRequest): Uint8Array {
  const writer = new Writer();
  writeHeartbeatRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeHeartbeatRequest(bytes: Uint8Array): HeartbeatRequest {
  return readHeartbeatRequest(new Reader(bytes, 'HeartbeatRequest'));
}

export function writeHeartbeatRequest(writer: Writer, value: HeartbeatRequest): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const heartbeatRequestFields: readonly number[] = [1];

export function readHeartbeatRequest(reader: Reader): HeartbeatRequest {
  const value: Draft<HeartbeatRequest> = {
    sessionId: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      default:
        unknown = reader.skip(tag, heartbeatRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface HeartbeatResponse {
  readonly periodMs: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A HeartbeatResponse of `fields`, with defaults for the rest. */
export function newHeartbeatResponse(fields: Partial<HeartbeatResponse> = {}): HeartbeatResponse {
  const value: HeartbeatResponse = {
    periodMs: fields.periodMs ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeHeartbeatResponse(value: HeartbeatResponse): Uint8Array {
  const writer = new Writer();
  writeHeartbeatResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeHeartbeatResponse(bytes: Uint8Array): HeartbeatResponse {
  return readHeartbeatResponse(new Reader(bytes, 'HeartbeatResponse'));
}

export function writeHeartbeatResponse(writer: Writer, value: HeartbeatResponse): void {
  if (value.periodMs !== 0) writer.uint32(8, value.periodMs, 'HeartbeatResponse.periodMs');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const heartbeatResponseFields: readonly number[] = [1];

export function readHeartbeatResponse(reader: Reader): HeartbeatResponse {
  const value: Draft<HeartbeatResponse> = {
    periodMs: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.periodMs = reader.uint32('periodMs');
        break;
      default:
        unknown = reader.skip(tag, heartbeatResponseFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface AssignmentsRequest {
  readonly sessionId: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A AssignmentsRequest of `fields`, with defaults for the rest. */
export function newAssignmentsRequest(fields: Partial<AssignmentsRequest> = {}): AssignmentsRequest {
  const value: AssignmentsRequest = {
    sessionId: fields.sessionId ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeAssignmentsRequest(value: AssignmentsRequest): Uint8Array {
  const writer = new Writer();
  writeAssignmentsRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeAssignmentsRequest(bytes: Uint8Array): AssignmentsRequest {
  return readAssignmentsRequest(new Reader(bytes, 'AssignmentsRequest'));
}

export function writeAssignmentsRequest(writer: Writer, value: AssignmentsRequest): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const assignmentsRequestFields: readonly number[] = [1];

export function readAssignmentsRequest(reader: Reader): AssignmentsRequest {
  const value: Draft<AssignmentsRequest> = {
    sessionId: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      default:
        unknown = reader.skip(tag, assignmentsRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface AssignmentsMessage {
  /** True: forget what is not named here. May span several messages: `last` ends it. */
  readonly complete: boolean;
  /** This message applies only on top of this version (0 for a complete one). */
  readonly appliesTo: number;
  readonly version: number;
  readonly assign: readonly Assignment[];
  readonly remove: readonly string[];
  readonly last: boolean;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A AssignmentsMessage of `fields`, with defaults for the rest. */
export function newAssignmentsMessage(fields: Partial<AssignmentsMessage> = {}): AssignmentsMessage {
  const value: AssignmentsMessage = {
    complete: fields.complete ?? false,
    appliesTo: fields.appliesTo ?? 0,
    version: fields.version ?? 0,
    assign: fields.assign ?? noItems,
    remove: fields.remove ?? noItems,
    last: fields.last ?? false,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeAssignmentsMessage(value: AssignmentsMessage): Uint8Array {
  const writer = new Writer();
  writeAssignmentsMessage(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeAssignmentsMessage(bytes: Uint8Array): AssignmentsMessage {
  return readAssignmentsMessage(new Reader(bytes, 'AssignmentsMessage'));
}

export function writeAssignmentsMessage(writer: Writer, value: AssignmentsMessage): void {
  if (value.complete) writer.bool(8, value.complete);
  if (value.appliesTo !== 0) writer.uint64(16, value.appliesTo, 'AssignmentsMessage.appliesTo');
  if (value.version !== 0) writer.uint64(24, value.version, 'AssignmentsMessage.version');
  for (const item of value.assign) {
    const mark = writer.begin(34);
    writeAssignment(writer, item);
    writer.finish(mark);
  }
  for (const item of value.remove) writer.string(42, item);
  if (value.last) writer.bool(48, value.last);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const assignmentsMessageFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readAssignmentsMessage(reader: Reader): AssignmentsMessage {
  const value: Draft<AssignmentsMessage> = {
    complete: false,
    appliesTo: 0,
    version: 0,
    assign: noItems,
    remove: noItems,
    last: false,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.complete = reader.bool('complete');
        break;
      case 16:
        value.appliesTo = reader.uint64('appliesTo');
        break;
      case 24:
        value.version = reader.uint64('version');
        break;
      case 34: {
        const outerEnd = reader.enter('assign');
        value.assign = own(value.assign);
        value.assign.push(readAssignment(reader));
        reader.count(value.assign.length, 'assign');
        reader.leave(outerEnd);
        break;
      }
      case 42:
        value.remove = own(value.remove);
        value.remove.push(reader.string('remove'));
        reader.count(value.remove.length, 'remove');
        break;
      case 48:
        value.last = reader.bool('last');
        break;
      default:
        unknown = reader.skip(tag, assignmentsMessageFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** A task as its node needs it. */
export interface Assignment {
  readonly taskId: string;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly slot: number;
  readonly desiredState: TaskState;
  readonly spec: TaskSpec | undefined;
  readonly serviceLabels: ReadonlyMap<string, string>;
  readonly addresses: readonly TaskAddress[];
  /** Networks of `addresses`, as far as the node has to create them. */
  readonly networks: readonly NodeNetwork[];
  /** Ports to bind on the host. */
  readonly hostPorts: readonly PortConfig[];
  readonly specVersion: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Assignment of `fields`, with defaults for the rest. */
export function newAssignment(fields: Partial<Assignment> = {}): Assignment {
  const value: Assignment = {
    taskId: fields.taskId ?? '',
    serviceId: fields.serviceId ?? '',
    serviceName: fields.serviceName ?? '',
    slot: fields.slot ?? 0,
    desiredState: fields.desiredState ?? TaskState.new,
    spec: fields.spec,
    serviceLabels: fields.serviceLabels ?? noEntries,
    addresses: fields.addresses ?? noItems,
    networks: fields.networks ?? noItems,
    hostPorts: fields.hostPorts ?? noItems,
    specVersion: fields.specVersion ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeAssignment(value: Assignment): Uint8Array {
  const writer = new Writer();
  writeAssignment(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  return readAssignment(new Reader(bytes, 'Assignment'));
}

export function writeAssignment(writer: Writer, value: Assignment): void {
  if (value.taskId !== '') writer.string(10, value.taskId);
  if (value.serviceId !== '') writer.string(18, value.serviceId);
  if (value.serviceName !== '') writer.string(26, value.serviceName);
  if (value.slot !== 0) writer.uint64(32, value.slot, 'Assignment.slot');
  if (value.desiredState !== TaskState.new) writer.int32(40, value.desiredState, 'Assignment.desiredState');
  if (value.spec !== undefined) {
    const mark = writer.begin(50);
    writeTaskSpec(writer, value.spec);
    writer.finish(mark);
  }
  writer.stringMap(58, value.serviceLabels);
  for (const item of value.addresses) {
    const mark = writer.begin(66);
    writeTaskAddress(writer, item);
    writer.finish(mark);
  }
  for (const item of value.networks) {
    const mark = writer.begin(74);
    writeNodeNetwork(writer, item);
    writer.finish(mark);
  }
  for (const item of value.hostPorts) {
    const mark = writer.begin(82);
    writePortConfig(writer, item);
    writer.finish(mark);
  }
  if (value.specVersion !== 0) writer.uint64(88, value.specVersion, 'Assignment.specVersion');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const assignmentFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

export function readAssignment(reader: Reader): Assignment {
  const value: Draft<Assignment> = {
    taskId: '',
    serviceId: '',
    serviceName: '',
    slot: 0,
    desiredState: TaskState.new,
    spec: undefined,
    serviceLabels: noEntries,
    addresses: noItems,
    networks: noItems,
    hostPorts: noItems,
    specVersion: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.taskId = reader.string('taskId');
        break;
      case 18:
        value.serviceId = reader.string('serviceId');
        break;
      case 26:
        value.serviceName = reader.string('serviceName');
        break;
      case 32:
        value.slot = reader.uint64('slot');
        break;
      case 40:
        value.desiredState = reader.int32('desiredState') as TaskState;
        break;
      case 50: {
        const outerEnd = reader.enter('spec');
        value.spec = readTaskSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      case 58:
        value.serviceLabels = reader.stringEntry('serviceLabels', value.serviceLabels);
        break;
      case 66: {
        const outerEnd = reader.enter('addresses');
        value.addresses = own(value.addresses);
        value.addresses.push(readTaskAddress(reader));
        reader.count(value.addresses.length, 'addresses');
        reader.leave(outerEnd);
        break;
      }
      case 74: {
        const outerEnd = reader.enter('networks');
        value.networks = own(value.networks);
        value.networks.push(readNodeNetwork(reader));
        reader.count(value.networks.length, 'networks');
        reader.leave(outerEnd);
        break;
      }
      case 82: {
        const outerEnd = reader.enter('hostPorts');
        value.hostPorts = own(value.hostPorts);
        value.hostPorts.push(readPortConfig(reader));
        reader.count(value.hostPorts.length, 'hostPorts');
        reader.leave(outerEnd);
        break;
      }
      case 88:
        value.specVersion = reader.uint64('specVersion');
        break;
      default:
        unknown = reader.skip(tag, assignmentFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface NodeNetwork {
  readonly id: string;
  readonly name: string;
  readonly subnet: string;
  readonly gateway: string;
  readonly vni: number;
  readonly ingress: boolean;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NodeNetwork of `fields`, with defaults for the rest. */
export function newNodeNetwork(fields: Partial<NodeNetwork> = {}): NodeNetwork {
  const value: NodeNetwork = {
    id: fields.id ?? '',
    name: fields.name ?? '',
    subnet: fields.subnet ?? '',
    gateway: fields.gateway ?? '',
    vni: fields.vni ?? 0,
    ingress: fields.ingress ?? false,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNodeNetwork(value: NodeNetwork): Uint8Array {
  const writer = new Writer();
  writeNodeNetwork(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNodeNetwork(bytes: Uint8Array): NodeNetwork {
  return readNodeNetwork(new Reader(bytes, 'NodeNetwork'));
}

export function writeNodeNetwork(writer: Writer, value: NodeNetwork): void {
  if (value.id !== '') writer.string(10, value.id);
  if (value.name !== '') writer.string(18, value.name);
  if (value.subnet !== '') writer.string(26, value.subnet);
  if (value.gateway !== '') writer.string(34, value.gateway);
  if (value.vni !== 0) writer.uint32(40, value.vni, 'NodeNetwork.vni');
  if (value.ingress) writer.bool(48, value.ingress);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const nodeNetworkFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readNodeNetwork(reader: Reader): NodeNetwork {
  const value: Draft<NodeNetwork> = {
    id: '',
    name: '',
    subnet: '',
    gateway: '',
    vni: 0,
    ingress: false,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.id = reader.string('id');
        break;
      case 18:
        value.name = reader.string('name');
        break;
      case 26:
        value.subnet = reader.string('subnet');
        break;
      case 34:
        value.gateway = reader.string('gateway');
        break;
      case 40:
        value.vni = reader.uint32('vni');
        break;
      case 48:
        value.ingress = reader.bool('ingress');
        break;
      default:
        unknown = reader.skip(tag, nodeNetworkFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface EndpointsRequest {
  readonly sessionId: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A EndpointsRequest of `fields`, with defaults for the rest. */
export function newEndpointsRequest(fields: Partial<EndpointsRequest> = {}): EndpointsRequest {
  const value: EndpointsRequest = {
    sessionId: fields.sessionId ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeEndpointsRequest(value: EndpointsRequest): Uint8Array {
  const writer = new Writer();
  writeEndpointsRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeEndpointsRequest(bytes: Uint8Array): EndpointsRequest {
  return readEndpointsRequest(new Reader(bytes, 'EndpointsRequest'));
}

export function writeEndpointsRequest(writer: Writer, value: EndpointsRequest): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const endpointsRequestFields: readonly number[] = [1];

export function readEndpointsRequest(reader: Reader): EndpointsRequest {
  const value: Draft<EndpointsRequest> = {
    sessionId: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      default:
        unknown = reader.skip(tag, endpointsRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface EndpointsMessage {
  readonly complete: boolean;
  readonly appliesTo: number;
  readonly version: number;
  readonly put: readonly EndpointSet[];
  /** Service ids. */
  readonly remove: readonly string[];
  readonly last: boolean;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A EndpointsMessage of `fields`, with defaults for the rest. */
export function newEndpointsMessage(fields: Partial<EndpointsMessage> = {}): EndpointsMessage {
  const value: EndpointsMessage = {
    complete: fields.complete ?? false,
    appliesTo: fields.appliesTo ?? 0,
    version: fields.version ?? 0,
    put: fields.put ?? noItems,
    remove: fields.remove ?? noItems,
    last: fields.last ?? false,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeEndpointsMessage(value: EndpointsMessage): Uint8Array {
  const writer = new Writer();
  writeEndpointsMessage(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeEndpointsMessage(bytes: Uint8Array): EndpointsMessage {
  return readEndpointsMessage(new Reader(bytes, 'EndpointsMessage'));
}

export function writeEndpointsMessage(writer: Writer, value: EndpointsMessage): void {
  if (value.complete) writer.bool(8, value.complete);
  if (value.appliesTo !== 0) writer.uint64(16, value.appliesTo, 'EndpointsMessage.appliesTo');
  if (value.version !== 0) writer.uint64(24, value.version, 'EndpointsMessage.version');
  for (const item of value.put) {
    const mark = writer.begin(34);
    writeEndpointSet(writer, item);
    writer.finish(mark);
  }
  for (const item of value.remove) writer.string(42, item);
  if (value.last) writer.bool(48, value.last);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const endpointsMessageFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readEndpointsMessage(reader: Reader): EndpointsMessage {
  const value: Draft<EndpointsMessage> = {
    complete: false,
    appliesTo: 0,
    version: 0,
    put: noItems,
    remove: noItems,
    last: false,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.complete = reader.bool('complete');
        break;
      case 16:
        value.appliesTo = reader.uint64('appliesTo');
        break;
      case 24:
        value.version = reader.uint64('version');
        break;
      case 34: {
        const outerEnd = reader.enter('put');
        value.put = own(value.put);
        value.put.push(readEndpointSet(reader));
        reader.count(value.put.length, 'put');
        reader.leave(outerEnd);
        break;
      }
      case 42:
        value.remove = own(value.remove);
        value.remove.push(reader.string('remove'));
        reader.count(value.remove.length, 'remove');
        break;
      case 48:
        value.last = reader.bool('last');
        break;
      default:
        unknown = reader.skip(tag, endpointsMessageFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Where connections to the published ports of one service go. */
export interface EndpointSet {
  readonly serviceId: string;
  readonly serviceName: string;
  readonly version: number;
  readonly ports: readonly PortConfig[];
  /** Tasks that run, are healthy and are wanted. */
  readonly endpoints: readonly Endpoint[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A EndpointSet of `fields`, with defaults for the rest. */
export function newEndpointSet(fields: Partial<EndpointSet> = {}): EndpointSet {
  const value: EndpointSet = {
    serviceId: fields.serviceId ?? '',
    serviceName: fields.serviceName ?? '',
    version: fields.version ?? 0,
    ports: fields.ports ?? noItems,
    endpoints: fields.endpoints ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeEndpointSet(value: EndpointSet): Uint8Array {
  const writer = new Writer();
  writeEndpointSet(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeEndpointSet(bytes: Uint8Array): EndpointSet {
  return readEndpointSet(new Reader(bytes, 'EndpointSet'));
}

export function writeEndpointSet(writer: Writer, value: EndpointSet): void {
  if (value.serviceId !== '') writer.string(10, value.serviceId);
  if (value.serviceName !== '') writer.string(18, value.serviceName);
  if (value.version !== 0) writer.uint64(24, value.version, 'EndpointSet.version');
  for (const item of value.ports) {
    const mark = writer.begin(34);
    writePortConfig(writer, item);
    writer.finish(mark);
  }
  for (const item of value.endpoints) {
    const mark = writer.begin(42);
    writeEndpoint(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const endpointSetFields: readonly number[] = [1, 2, 3, 4, 5];

export function readEndpointSet(reader: Reader): EndpointSet {
  const value: Draft<EndpointSet> = {
    serviceId: '',
    serviceName: '',
    version: 0,
    ports: noItems,
    endpoints: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.serviceId = reader.string('serviceId');
        break;
      case 18:
        value.serviceName = reader.string('serviceName');
        break;
      case 24:
        value.version = reader.uint64('version');
        break;
      case 34: {
        const outerEnd = reader.enter('ports');
        value.ports = own(value.ports);
        value.ports.push(readPortConfig(reader));
        reader.count(value.ports.length, 'ports');
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('endpoints');
        value.endpoints = own(value.endpoints);
        value.endpoints.push(readEndpoint(reader));
        reader.count(value.endpoints.length, 'endpoints');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, endpointSetFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Endpoint {
  readonly taskId: string;
  readonly nodeId: string;
  /** Without prefix length. */
  readonly address: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Endpoint of `fields`, with defaults for the rest. */
export function newEndpoint(fields: Partial<Endpoint> = {}): Endpoint {
  const value: Endpoint = {
    taskId: fields.taskId ?? '',
    nodeId: fields.nodeId ?? '',
    address: fields.address ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeEndpoint(value: Endpoint): Uint8Array {
  const writer = new Writer();
  writeEndpoint(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeEndpoint(bytes: Uint8Array): Endpoint {
  return readEndpoint(new Reader(bytes, 'Endpoint'));
}

export function writeEndpoint(writer: Writer, value: Endpoint): void {
  if (value.taskId !== '') writer.string(10, value.taskId);
  if (value.nodeId !== '') writer.string(18, value.nodeId);
  if (value.address !== '') writer.string(26, value.address);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const endpointFields: readonly number[] = [1, 2, 3];

export function readEndpoint(reader: Reader): Endpoint {
  const value: Draft<Endpoint> = {
    taskId: '',
    nodeId: '',
    address: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.taskId = reader.string('taskId');
        break;
      case 18:
        value.nodeId = reader.string('nodeId');
        break;
      case 26:
        value.address = reader.string('address');
        break;
      default:
        unknown = reader.skip(tag, endpointFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ReportStatusRequest {
  readonly sessionId: string;
  readonly reports: readonly TaskReport[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ReportStatusRequest of `fields`, with defaults for the rest. */
export function newReportStatusRequest(fields: Partial<ReportStatusRequest> = {}): ReportStatusRequest {
  const value: ReportStatusRequest = {
    sessionId: fields.sessionId ?? '',
    reports: fields.reports ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeReportStatusRequest(value: ReportStatusRequest): Uint8Array {
  const writer = new Writer();
  writeReportStatusRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeReportStatusRequest(bytes: Uint8Array): ReportStatusRequest {
  return readReportStatusRequest(new Reader(bytes, 'ReportStatusRequest'));
}

export function writeReportStatusRequest(writer: Writer, value: ReportStatusRequest): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  for (const item of value.reports) {
    const mark = writer.begin(18);
    writeTaskReport(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const reportStatusRequestFields: readonly number[] = [1, 2];

export function readReportStatusRequest(reader: Reader): ReportStatusRequest {
  const value: Draft<ReportStatusRequest> = {
    sessionId: '',
    reports: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      case 18: {
        const outerEnd = reader.enter('reports');
        value.reports = own(value.reports);
        value.reports.push(readTaskReport(reader));
        reader.count(value.reports.length, 'reports');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, reportStatusRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface TaskReport {
  readonly taskId: string;
  readonly status: TaskStatus | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TaskReport of `fields`, with defaults for the rest. */
export function newTaskReport(fields: Partial<TaskReport> = {}): TaskReport {
  const value: TaskReport = {
    taskId: fields.taskId ?? '',
    status: fields.status,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTaskReport(value: TaskReport): Uint8Array {
  const writer = new Writer();
  writeTaskReport(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTaskReport(bytes: Uint8Array): TaskReport {
  return readTaskReport(new Reader(bytes, 'TaskReport'));
}

export function writeTaskReport(writer: Writer, value: TaskReport): void {
  if (value.taskId !== '') writer.string(10, value.taskId);
  if (value.status !== undefined) {
    const mark = writer.begin(18);
    writeTaskStatus(writer, value.status);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskReportFields: readonly number[] = [1, 2];

export function readTaskReport(reader: Reader): TaskReport {
  const value: Draft<TaskReport> = {
    taskId: '',
    status: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.taskId = reader.string('taskId');
        break;
      case 18: {
        const outerEnd = reader.enter('status');
        value.status = readTaskStatus(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, taskReportFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ReportStatusResponse {
  /** Tasks that are not this node's or not known: the node forgets them. */
  readonly unknownTasks: readonly string[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ReportStatusResponse of `fields`, with defaults for the rest. */
export function newReportStatusResponse(fields: Partial<ReportStatusResponse> = {}): ReportStatusResponse {
  const value: ReportStatusResponse = {
    unknownTasks: fields.unknownTasks ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeReportStatusResponse(value: ReportStatusResponse): Uint8Array {
  const writer = new Writer();
  writeReportStatusResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeReportStatusResponse(bytes: Uint8Array): ReportStatusResponse {
  return readReportStatusResponse(new Reader(bytes, 'ReportStatusResponse'));
}

export function writeReportStatusResponse(writer: Writer, value: ReportStatusResponse): void {
  for (const item of value.unknownTasks) writer.string(10, item);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const reportStatusResponseFields: readonly number[] = [1];

export function readReportStatusResponse(reader: Reader): ReportStatusResponse {
  const value: Draft<ReportStatusResponse> = {
    unknownTasks: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.unknownTasks = own(value.unknownTasks);
        value.unknownTasks.push(reader.string('unknownTasks'));
        reader.count(value.unknownTasks.length, 'unknownTasks');
        break;
      default:
        unknown = reader.skip(tag, reportStatusResponseFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface AcknowledgeEndpointsRequest {
  readonly sessionId: string;
  readonly version: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A AcknowledgeEndpointsRequest of `fields`, with defaults for the rest. */
export function newAcknowledgeEndpointsRequest(fields: Partial<AcknowledgeEndpointsRequest> = {}): AcknowledgeEndpointsRequest {
  const value: AcknowledgeEndpointsRequest = {
    sessionId: fields.sessionId ?? '',
    version: fields.version ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeAcknowledgeEndpointsRequest(value: AcknowledgeEndpointsRequest): Uint8Array {
  const writer = new Writer();
  writeAcknowledgeEndpointsRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeAcknowledgeEndpointsRequest(bytes: Uint8Array): AcknowledgeEndpointsRequest {
  return readAcknowledgeEndpointsRequest(new Reader(bytes, 'AcknowledgeEndpointsRequest'));
}

export function writeAcknowledgeEndpointsRequest(writer: Writer, value: AcknowledgeEndpointsRequest): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  if (value.version !== 0) writer.uint64(16, value.version, 'AcknowledgeEndpointsRequest.version');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const acknowledgeEndpointsRequestFields: readonly number[] = [1, 2];

export function readAcknowledgeEndpointsRequest(reader: Reader): AcknowledgeEndpointsRequest {
  const value: Draft<AcknowledgeEndpointsRequest> = {
    sessionId: '',
    version: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      case 16:
        value.version = reader.uint64('version');
        break;
      default:
        unknown = reader.skip(tag, acknowledgeEndpointsRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface AcknowledgeEndpointsResponse {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A AcknowledgeEndpointsResponse of `fields`, with defaults for the rest. */
export function newAcknowledgeEndpointsResponse(fields: Partial<AcknowledgeEndpointsResponse> = {}): AcknowledgeEndpointsResponse {
  const value: AcknowledgeEndpointsResponse = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeAcknowledgeEndpointsResponse(value: AcknowledgeEndpointsResponse): Uint8Array {
  const writer = new Writer();
  writeAcknowledgeEndpointsResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeAcknowledgeEndpointsResponse(bytes: Uint8Array): AcknowledgeEndpointsResponse {
  return readAcknowledgeEndpointsResponse(new Reader(bytes, 'AcknowledgeEndpointsResponse'));
}

export function writeAcknowledgeEndpointsResponse(writer: Writer, value: AcknowledgeEndpointsResponse): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const acknowledgeEndpointsResponseFields: readonly number[] = [];

export function readAcknowledgeEndpointsResponse(reader: Reader): AcknowledgeEndpointsResponse {
  const value: Draft<AcknowledgeEndpointsResponse> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, acknowledgeEndpointsResponseFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface DescribeRequest {
  readonly sessionId: string;
  readonly description: NodeDescription | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A DescribeRequest of `fields`, with defaults for the rest. */
export function newDescribeRequest(fields: Partial<DescribeRequest> = {}): DescribeRequest {
  const value: DescribeRequest = {
    sessionId: fields.sessionId ?? '',
    description: fields.description,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeDescribeRequest(value: DescribeRequest): Uint8Array {
  const writer = new Writer();
  writeDescribeRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeDescribeRequest(bytes: Uint8Array): DescribeRequest {
  return readDescribeRequest(new Reader(bytes, 'DescribeRequest'));
}

export function writeDescribeRequest(writer: Writer, value: DescribeRequest): void {
  if (value.sessionId !== '') writer.string(10, value.sessionId);
  if (value.description !== undefined) {
    const mark = writer.begin(18);
    writeNodeDescription(writer, value.description);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const describeRequestFields: readonly number[] = [1, 2];

export function readDescribeRequest(reader: Reader): DescribeRequest {
  const value: Draft<DescribeRequest> = {
    sessionId: '',
    description: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sessionId = reader.string('sessionId');
        break;
      case 18: {
        const outerEnd = reader.enter('description');
        value.description = readNodeDescription(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, describeRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface DescribeResponse {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A DescribeResponse of `fields`, with defaults for the rest. */
export function newDescribeResponse(fields: Partial<DescribeResponse> = {}): DescribeResponse {
  const value: DescribeResponse = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeDescribeResponse(value: DescribeResponse): Uint8Array {
  const writer = new Writer();
  writeDescribeResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeDescribeResponse(bytes: Uint8Array): DescribeResponse {
  return readDescribeResponse(new Reader(bytes, 'DescribeResponse'));
}

export function writeDescribeResponse(writer: Writer, value: DescribeResponse): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const describeResponseFields: readonly number[] = [];

export function readDescribeResponse(reader: Reader): DescribeResponse {
  const value: Draft<DescribeResponse> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, describeResponseFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}
