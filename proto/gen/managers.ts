// Generated from proto/managers.proto by `npm run generate`: change that, not this.
import {
  type ManagerAddress,
  readManagerAddress,
  writeManagerAddress,
} from './dispatcher.ts';
import {
  type LogOrder,
  type PublishLogsRequest,
  readLogOrder,
  readPublishLogsRequest,
  writeLogOrder,
  writePublishLogsRequest,
} from './logs.ts';
import {
  NodeAvailability,
  NodeRole,
} from './specs.ts';
import { type Draft, noBytes, noItems, own, Reader, Writer } from './wire.ts';

export const SubmitResult = {
  /** It may take effect or not. */
  submitUnknown: 0,
  /** Decided: it took effect, or was refused, as every member sees once it has applied `index`. */
  submitDecided: 1,
  /** Certainly not. */
  submitNotLeader: 2,
  submitTooBusy: 3,
  submitDiskFull: 4,
  submitStopping: 5,
  /** Certainly not: the leader is of an older version, and could not apply it. */
  submitUnfit: 6,
} as const;
export type SubmitResult = (typeof SubmitResult)[keyof typeof SubmitResult];

/** Key of `submitResult` in `SubmitResult`; the number itself when this version does not know it. */
export function submitResultName(submitResult: number): string {
  switch (submitResult) {
    case 0:
      return 'submitUnknown';
    case 1:
      return 'submitDecided';
    case 2:
      return 'submitNotLeader';
    case 3:
      return 'submitTooBusy';
    case 4:
      return 'submitDiskFull';
    case 5:
      return 'submitStopping';
    case 6:
      return 'submitUnfit';
    default:
      return String(submitResult);
  }
}

export interface RootRequest {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A RootRequest of `fields`, with defaults for the rest. */
export function newRootRequest(fields: Partial<RootRequest> = {}): RootRequest {
  const value: RootRequest = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeRootRequest(value: RootRequest): Uint8Array {
  const writer = new Writer();
  writeRootRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeRootRequest(bytes: Uint8Array): RootRequest {
  return readRootRequest(new Reader(bytes, 'RootRequest'));
}

export function writeRootRequest(writer: Writer, value: RootRequest): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const rootRequestFields: readonly number[] = [];

export function readRootRequest(reader: Reader): RootRequest {
  const value: Draft<RootRequest> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, rootRequestFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface RootResponse {
  readonly trustRootPem: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A RootResponse of `fields`, with defaults for the rest. */
export function newRootResponse(fields: Partial<RootResponse> = {}): RootResponse {
  const value: RootResponse = {
    trustRootPem: fields.trustRootPem ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeRootResponse(value: RootResponse): Uint8Array {
  const writer = new Writer();
  writeRootResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeRootResponse(bytes: Uint8Array): RootResponse {
  return readRootResponse(new Reader(bytes, 'RootResponse'));
}

export function writeRootResponse(writer: Writer, value: RootResponse): void {
  if (value.trustRootPem !== '') writer.string(10, value.trustRootPem);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const rootResponseFields: readonly number[] = [1];

export function readRootResponse(reader: Reader): RootResponse {
  const value: Draft<RootResponse> = {
    trustRootPem: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.trustRootPem = reader.string('trustRootPem');
        break;
      default:
        unknown = reader.skip(tag, rootResponseFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface JoinRequest {
  /** `SWMTKN-1-...` */
  readonly token: string;
  /** SubjectPublicKeyInfo of the node's key. The certificate is of no use to whoever lacks the other half. */
  readonly publicKey: Uint8Array;
  readonly availability: NodeAvailability;
  /** Address without a port under which others reach the node; empty: where the connection comes from. */
  readonly address: string;
  /** Port under which its manager listens, if the token is a manager's; 0 = 2377. */
  readonly port: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A JoinRequest of `fields`, with defaults for the rest. */
export function newJoinRequest(fields: Partial<JoinRequest> = {}): JoinRequest {
  const value: JoinRequest = {
    token: fields.token ?? '',
    publicKey: fields.publicKey ?? noBytes,
    availability: fields.availability ?? NodeAvailability.active,
    address: fields.address ?? '',
    port: fields.port ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeJoinRequest(value: JoinRequest): Uint8Array {
  const writer = new Writer();
  writeJoinRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeJoinRequest(bytes: Uint8Array): JoinRequest {
  return readJoinRequest(new Reader(bytes, 'JoinRequest'));
}

export function writeJoinRequest(writer: Writer, value: JoinRequest): void {
  if (value.token !== '') writer.string(10, value.token);
  if (value.publicKey.length > 0) writer.bytes(18, value.publicKey);
  if (value.availability !== NodeAvailability.active) writer.int32(24, value.availability, 'JoinRequest.availability');
  if (value.address !== '') writer.string(34, value.address);
  if (value.port !== 0) writer.uint32(40, value.port, 'JoinRequest.port');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const joinRequestFields: readonly number[] = [1, 2, 3, 4, 5];

export function readJoinRequest(reader: Reader): JoinRequest {
  const value: Draft<JoinRequest> = {
    token: '',
    publicKey: noBytes,
    availability: NodeAvailability.active,
    address: '',
    port: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.token = reader.string('token');
        break;
      case 18:
        value.publicKey = reader.bytes('publicKey');
        break;
      case 24:
        value.availability = reader.int32('availability') as NodeAvailability;
        break;
      case 34:
        value.address = reader.string('address');
        break;
      case 40:
        value.port = reader.uint32('port');
        break;
      default:
        unknown = reader.skip(tag, joinRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface RenewRequest {
  readonly publicKey: Uint8Array;
  /** As in `JoinRequest`; the manager lost its log, and comes back as a new member. */
  readonly address: string;
  readonly port: number;
  readonly logLost: boolean;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A RenewRequest of `fields`, with defaults for the rest. */
export function newRenewRequest(fields: Partial<RenewRequest> = {}): RenewRequest {
  const value: RenewRequest = {
    publicKey: fields.publicKey ?? noBytes,
    address: fields.address ?? '',
    port: fields.port ?? 0,
    logLost: fields.logLost ?? false,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeRenewRequest(value: RenewRequest): Uint8Array {
  const writer = new Writer();
  writeRenewRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeRenewRequest(bytes: Uint8Array): RenewRequest {
  return readRenewRequest(new Reader(bytes, 'RenewRequest'));
}

export function writeRenewRequest(writer: Writer, value: RenewRequest): void {
  if (value.publicKey.length > 0) writer.bytes(10, value.publicKey);
  if (value.address !== '') writer.string(18, value.address);
  if (value.port !== 0) writer.uint32(24, value.port, 'RenewRequest.port');
  if (value.logLost) writer.bool(32, value.logLost);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const renewRequestFields: readonly number[] = [1, 2, 3, 4];

export function readRenewRequest(reader: Reader): RenewRequest {
  const value: Draft<RenewRequest> = {
    publicKey: noBytes,
    address: '',
    port: 0,
    logLost: false,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.publicKey = reader.bytes('publicKey');
        break;
      case 18:
        value.address = reader.string('address');
        break;
      case 24:
        value.port = reader.uint32('port');
        break;
      case 32:
        value.logLost = reader.bool('logLost');
        break;
      default:
        unknown = reader.skip(tag, renewRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface JoinResponse {
  readonly nodeId: string;
  readonly clusterId: string;
  readonly role: NodeRole;
  readonly certificateDer: Uint8Array;
  readonly trustRootPem: string;
  /** Of a manager: its number in consensus, and that of the one who began the log. A log is read with both. */
  readonly raftId: number;
  readonly founderRaftId: number;
  readonly managers: readonly ManagerAddress[];
  /** Without a port: what the cluster takes the node's address to be. */
  readonly address: string;
  /** Incarnation of the cluster: members of another one are not talked to. */
  readonly incarnation: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A JoinResponse of `fields`, with defaults for the rest. */
export function newJoinResponse(fields: Partial<JoinResponse> = {}): JoinResponse {
  const value: JoinResponse = {
    nodeId: fields.nodeId ?? '',
    clusterId: fields.clusterId ?? '',
    role: fields.role ?? NodeRole.worker,
    certificateDer: fields.certificateDer ?? noBytes,
    trustRootPem: fields.trustRootPem ?? '',
    raftId: fields.raftId ?? 0,
    founderRaftId: fields.founderRaftId ?? 0,
    managers: fields.managers ?? noItems,
    address: fields.address ?? '',
    incarnation: fields.incarnation ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeJoinResponse(value: JoinResponse): Uint8Array {
  const writer = new Writer();
  writeJoinResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeJoinResponse(bytes: Uint8Array): JoinResponse {
  return readJoinResponse(new Reader(bytes, 'JoinResponse'));
}

export function writeJoinResponse(writer: Writer, value: JoinResponse): void {
  if (value.nodeId !== '') writer.string(10, value.nodeId);
  if (value.clusterId !== '') writer.string(18, value.clusterId);
  if (value.role !== NodeRole.worker) writer.int32(24, value.role, 'JoinResponse.role');
  if (value.certificateDer.length > 0) writer.bytes(34, value.certificateDer);
  if (value.trustRootPem !== '') writer.string(42, value.trustRootPem);
  if (value.raftId !== 0) writer.uint64(48, value.raftId, 'JoinResponse.raftId');
  if (value.founderRaftId !== 0) writer.uint64(56, value.founderRaftId, 'JoinResponse.founderRaftId');
  for (const item of value.managers) {
    const mark = writer.begin(66);
    writeManagerAddress(writer, item);
    writer.finish(mark);
  }
  if (value.address !== '') writer.string(74, value.address);
  if (value.incarnation !== 0) writer.uint64(80, value.incarnation, 'JoinResponse.incarnation');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const joinResponseFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export function readJoinResponse(reader: Reader): JoinResponse {
  const value: Draft<JoinResponse> = {
    nodeId: '',
    clusterId: '',
    role: NodeRole.worker,
    certificateDer: noBytes,
    trustRootPem: '',
    raftId: 0,
    founderRaftId: 0,
    managers: noItems,
    address: '',
    incarnation: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.nodeId = reader.string('nodeId');
        break;
      case 18:
        value.clusterId = reader.string('clusterId');
        break;
      case 24:
        value.role = reader.int32('role') as NodeRole;
        break;
      case 34:
        value.certificateDer = reader.bytes('certificateDer');
        break;
      case 42:
        value.trustRootPem = reader.string('trustRootPem');
        break;
      case 48:
        value.raftId = reader.uint64('raftId');
        break;
      case 56:
        value.founderRaftId = reader.uint64('founderRaftId');
        break;
      case 66: {
        const outerEnd = reader.enter('managers');
        value.managers = own(value.managers);
        value.managers.push(readManagerAddress(reader));
        reader.count(value.managers.length, 'managers');
        reader.leave(outerEnd);
        break;
      }
      case 74:
        value.address = reader.string('address');
        break;
      case 80:
        value.incarnation = reader.uint64('incarnation');
        break;
      default:
        unknown = reader.skip(tag, joinResponseFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface SubmitRequest {
  /** Encoded change sets, without a wall time. */
  readonly sets: readonly Uint8Array[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SubmitRequest of `fields`, with defaults for the rest. */
export function newSubmitRequest(fields: Partial<SubmitRequest> = {}): SubmitRequest {
  const value: SubmitRequest = {
    sets: fields.sets ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSubmitRequest(value: SubmitRequest): Uint8Array {
  const writer = new Writer();
  writeSubmitRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSubmitRequest(bytes: Uint8Array): SubmitRequest {
  return readSubmitRequest(new Reader(bytes, 'SubmitRequest'));
}

export function writeSubmitRequest(writer: Writer, value: SubmitRequest): void {
  for (const item of value.sets) writer.bytes(10, item);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const submitRequestFields: readonly number[] = [1];

export function readSubmitRequest(reader: Reader): SubmitRequest {
  const value: Draft<SubmitRequest> = {
    sets: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.sets = own(value.sets);
        value.sets.push(reader.bytes('sets'));
        reader.count(value.sets.length, 'sets');
        break;
      default:
        unknown = reader.skip(tag, submitRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface SubmittedSet {
  readonly result: SubmitResult;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SubmittedSet of `fields`, with defaults for the rest. */
export function newSubmittedSet(fields: Partial<SubmittedSet> = {}): SubmittedSet {
  const value: SubmittedSet = {
    result: fields.result ?? SubmitResult.submitUnknown,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSubmittedSet(value: SubmittedSet): Uint8Array {
  const writer = new Writer();
  writeSubmittedSet(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSubmittedSet(bytes: Uint8Array): SubmittedSet {
  return readSubmittedSet(new Reader(bytes, 'SubmittedSet'));
}

export function writeSubmittedSet(writer: Writer, value: SubmittedSet): void {
  if (value.result !== SubmitResult.submitUnknown) writer.int32(8, value.result, 'SubmittedSet.result');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const submittedSetFields: readonly number[] = [1];

export function readSubmittedSet(reader: Reader): SubmittedSet {
  const value: Draft<SubmittedSet> = {
    result: SubmitResult.submitUnknown,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.result = reader.int32('result') as SubmitResult;
        break;
      default:
        unknown = reader.skip(tag, submittedSetFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface SubmitResponse {
  /** One for each set, in order. */
  readonly sets: readonly SubmittedSet[];
  /** Index of the log that holds all that was decided. */
  readonly index: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SubmitResponse of `fields`, with defaults for the rest. */
export function newSubmitResponse(fields: Partial<SubmitResponse> = {}): SubmitResponse {
  const value: SubmitResponse = {
    sets: fields.sets ?? noItems,
    index: fields.index ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSubmitResponse(value: SubmitResponse): Uint8Array {
  const writer = new Writer();
  writeSubmitResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSubmitResponse(bytes: Uint8Array): SubmitResponse {
  return readSubmitResponse(new Reader(bytes, 'SubmitResponse'));
}

export function writeSubmitResponse(writer: Writer, value: SubmitResponse): void {
  for (const item of value.sets) {
    const mark = writer.begin(10);
    writeSubmittedSet(writer, item);
    writer.finish(mark);
  }
  if (value.index !== 0) writer.uint64(16, value.index, 'SubmitResponse.index');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const submitResponseFields: readonly number[] = [1, 2];

export function readSubmitResponse(reader: Reader): SubmitResponse {
  const value: Draft<SubmitResponse> = {
    sets: noItems,
    index: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('sets');
        value.sets = own(value.sets);
        value.sets.push(readSubmittedSet(reader));
        reader.count(value.sets.length, 'sets');
        reader.leave(outerEnd);
        break;
      }
      case 16:
        value.index = reader.uint64('index');
        break;
      default:
        unknown = reader.skip(tag, submitResponseFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ObserveRequest {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ObserveRequest of `fields`, with defaults for the rest. */
export function newObserveRequest(fields: Partial<ObserveRequest> = {}): ObserveRequest {
  const value: ObserveRequest = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeObserveRequest(value: ObserveRequest): Uint8Array {
  const writer = new Writer();
  writeObserveRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeObserveRequest(bytes: Uint8Array): ObserveRequest {
  return readObserveRequest(new Reader(bytes, 'ObserveRequest'));
}

export function writeObserveRequest(writer: Writer, value: ObserveRequest): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const observeRequestFields: readonly number[] = [];

export function readObserveRequest(reader: Reader): ObserveRequest {
  const value: Draft<ObserveRequest> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, observeRequestFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** What a manager has heard of nodes. */
export interface Observation {
  /** True: whoever is not named here has no session with this manager. May span several messages: `last` ends it. */
  readonly complete: boolean;
  readonly last: boolean;
  readonly nodes: readonly ObservedNode[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Observation of `fields`, with defaults for the rest. */
export function newObservation(fields: Partial<Observation> = {}): Observation {
  const value: Observation = {
    complete: fields.complete ?? false,
    last: fields.last ?? false,
    nodes: fields.nodes ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeObservation(value: Observation): Uint8Array {
  const writer = new Writer();
  writeObservation(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeObservation(bytes: Uint8Array): Observation {
  return readObservation(new Reader(bytes, 'Observation'));
}

export function writeObservation(writer: Writer, value: Observation): void {
  if (value.complete) writer.bool(8, value.complete);
  if (value.last) writer.bool(16, value.last);
  for (const item of value.nodes) {
    const mark = writer.begin(26);
    writeObservedNode(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const observationFields: readonly number[] = [1, 2, 3];

export function readObservation(reader: Reader): Observation {
  const value: Draft<Observation> = {
    complete: false,
    last: false,
    nodes: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.complete = reader.bool('complete');
        break;
      case 16:
        value.last = reader.bool('last');
        break;
      case 26: {
        const outerEnd = reader.enter('nodes');
        value.nodes = own(value.nodes);
        value.nodes.push(readObservedNode(reader));
        reader.count(value.nodes.length, 'nodes');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, observationFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ObservedNode {
  readonly nodeId: string;
  /** The node has a session with this manager. */
  readonly connected: boolean;
  /** How soon the next sign of life is due after this one, milliseconds; 0 = this is none. Of a node without a session: the manager sent it away. */
  readonly periodMs: number;
  /** Version of the endpoint sets that all which serves traffic on the node follows. */
  readonly endpointsVersion: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ObservedNode of `fields`, with defaults for the rest. */
export function newObservedNode(fields: Partial<ObservedNode> = {}): ObservedNode {
  const value: ObservedNode = {
    nodeId: fields.nodeId ?? '',
    connected: fields.connected ?? false,
    periodMs: fields.periodMs ?? 0,
    endpointsVersion: fields.endpointsVersion ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeObservedNode(value: ObservedNode): Uint8Array {
  const writer = new Writer();
  writeObservedNode(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeObservedNode(bytes: Uint8Array): ObservedNode {
  return readObservedNode(new Reader(bytes, 'ObservedNode'));
}

export function writeObservedNode(writer: Writer, value: ObservedNode): void {
  if (value.nodeId !== '') writer.string(10, value.nodeId);
  if (value.connected) writer.bool(16, value.connected);
  if (value.periodMs !== 0) writer.uint32(24, value.periodMs, 'ObservedNode.periodMs');
  if (value.endpointsVersion !== 0) writer.uint64(32, value.endpointsVersion, 'ObservedNode.endpointsVersion');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const observedNodeFields: readonly number[] = [1, 2, 3, 4];

export function readObservedNode(reader: Reader): ObservedNode {
  const value: Draft<ObservedNode> = {
    nodeId: '',
    connected: false,
    periodMs: 0,
    endpointsVersion: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.nodeId = reader.string('nodeId');
        break;
      case 16:
        value.connected = reader.bool('connected');
        break;
      case 24:
        value.periodMs = reader.uint32('periodMs');
        break;
      case 32:
        value.endpointsVersion = reader.uint64('endpointsVersion');
        break;
      default:
        unknown = reader.skip(tag, observedNodeFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface CompareRequest {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A CompareRequest of `fields`, with defaults for the rest. */
export function newCompareRequest(fields: Partial<CompareRequest> = {}): CompareRequest {
  const value: CompareRequest = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeCompareRequest(value: CompareRequest): Uint8Array {
  const writer = new Writer();
  writeCompareRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeCompareRequest(bytes: Uint8Array): CompareRequest {
  return readCompareRequest(new Reader(bytes, 'CompareRequest'));
}

export function writeCompareRequest(writer: Writer, value: CompareRequest): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const compareRequestFields: readonly number[] = [];

export function readCompareRequest(reader: Reader): CompareRequest {
  const value: Draft<CompareRequest> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, compareRequestFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ReadLogsRequest {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ReadLogsRequest of `fields`, with defaults for the rest. */
export function newReadLogsRequest(fields: Partial<ReadLogsRequest> = {}): ReadLogsRequest {
  const value: ReadLogsRequest = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeReadLogsRequest(value: ReadLogsRequest): Uint8Array {
  const writer = new Writer();
  writeReadLogsRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeReadLogsRequest(bytes: Uint8Array): ReadLogsRequest {
  return readReadLogsRequest(new Reader(bytes, 'ReadLogsRequest'));
}

export function writeReadLogsRequest(writer: Writer, value: ReadLogsRequest): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const readLogsRequestFields: readonly number[] = [];

export function readReadLogsRequest(reader: Reader): ReadLogsRequest {
  const value: Draft<ReadLogsRequest> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, readLogsRequestFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type LogBatchBatch =
  /** The first of all: name of the reader. */
  | { readonly kind: 'opened'; readonly value: string }
  /** As a node sent it, under the name that it was ordered by, without a session. */
  | { readonly kind: 'published'; readonly value: PublishLogsRequest }
  /** A node that there is an order for hears it. Comes at its first order, or later. */
  | { readonly kind: 'nodeCame'; readonly value: string }
  /** It hears nothing now: as above. */
  | { readonly kind: 'nodeWent'; readonly value: string };

export interface LogBatch {
  readonly batch: LogBatchBatch | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A LogBatch of `fields`, with defaults for the rest. */
export function newLogBatch(fields: Partial<LogBatch> = {}): LogBatch {
  const value: LogBatch = {
    batch: fields.batch,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeLogBatch(value: LogBatch): Uint8Array {
  const writer = new Writer();
  writeLogBatch(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeLogBatch(bytes: Uint8Array): LogBatch {
  return readLogBatch(new Reader(bytes, 'LogBatch'));
}

export function writeLogBatch(writer: Writer, value: LogBatch): void {
  switch (value.batch?.kind) {
    case 'opened':
      writer.string(10, value.batch.value);
      break;
    case 'published': {
      const mark = writer.begin(18);
      writePublishLogsRequest(writer, value.batch.value);
      writer.finish(mark);
      break;
    }
    case 'nodeCame':
      writer.string(26, value.batch.value);
      break;
    case 'nodeWent':
      writer.string(34, value.batch.value);
      break;
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const logBatchFields: readonly number[] = [1, 2, 3, 4];

export function readLogBatch(reader: Reader): LogBatch {
  const value: Draft<LogBatch> = {
    batch: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.batch = { kind: 'opened', value: reader.string('opened') };
        break;
      case 18: {
        const outerEnd = reader.enter('published');
        value.batch = { kind: 'published', value: readPublishLogsRequest(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26:
        value.batch = { kind: 'nodeCame', value: reader.string('nodeCame') };
        break;
      case 34:
        value.batch = { kind: 'nodeWent', value: reader.string('nodeWent') };
        break;
      default:
        unknown = reader.skip(tag, logBatchFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface OrderLogsRequest {
  readonly reader: string;
  readonly orders: readonly NodeLogOrder[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A OrderLogsRequest of `fields`, with defaults for the rest. */
export function newOrderLogsRequest(fields: Partial<OrderLogsRequest> = {}): OrderLogsRequest {
  const value: OrderLogsRequest = {
    reader: fields.reader ?? '',
    orders: fields.orders ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeOrderLogsRequest(value: OrderLogsRequest): Uint8Array {
  const writer = new Writer();
  writeOrderLogsRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeOrderLogsRequest(bytes: Uint8Array): OrderLogsRequest {
  return readOrderLogsRequest(new Reader(bytes, 'OrderLogsRequest'));
}

export function writeOrderLogsRequest(writer: Writer, value: OrderLogsRequest): void {
  if (value.reader !== '') writer.string(10, value.reader);
  for (const item of value.orders) {
    const mark = writer.begin(18);
    writeNodeLogOrder(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const orderLogsRequestFields: readonly number[] = [1, 2];

export function readOrderLogsRequest(reader: Reader): OrderLogsRequest {
  const value: Draft<OrderLogsRequest> = {
    reader: '',
    orders: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.reader = reader.string('reader');
        break;
      case 18: {
        const outerEnd = reader.enter('orders');
        value.orders = own(value.orders);
        value.orders.push(readNodeLogOrder(reader));
        reader.count(value.orders.length, 'orders');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, orderLogsRequestFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Every start has a name of its own within its stream. */
export interface NodeLogOrder {
  readonly nodeId: string;
  readonly order: LogOrder | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A NodeLogOrder of `fields`, with defaults for the rest. */
export function newNodeLogOrder(fields: Partial<NodeLogOrder> = {}): NodeLogOrder {
  const value: NodeLogOrder = {
    nodeId: fields.nodeId ?? '',
    order: fields.order,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeNodeLogOrder(value: NodeLogOrder): Uint8Array {
  const writer = new Writer();
  writeNodeLogOrder(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeNodeLogOrder(bytes: Uint8Array): NodeLogOrder {
  return readNodeLogOrder(new Reader(bytes, 'NodeLogOrder'));
}

export function writeNodeLogOrder(writer: Writer, value: NodeLogOrder): void {
  if (value.nodeId !== '') writer.string(10, value.nodeId);
  if (value.order !== undefined) {
    const mark = writer.begin(18);
    writeLogOrder(writer, value.order);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const nodeLogOrderFields: readonly number[] = [1, 2];

export function readNodeLogOrder(reader: Reader): NodeLogOrder {
  const value: Draft<NodeLogOrder> = {
    nodeId: '',
    order: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.nodeId = reader.string('nodeId');
        break;
      case 18: {
        const outerEnd = reader.enter('order');
        value.order = readLogOrder(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, nodeLogOrderFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface OrderLogsResponse {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A OrderLogsResponse of `fields`, with defaults for the rest. */
export function newOrderLogsResponse(fields: Partial<OrderLogsResponse> = {}): OrderLogsResponse {
  const value: OrderLogsResponse = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeOrderLogsResponse(value: OrderLogsResponse): Uint8Array {
  const writer = new Writer();
  writeOrderLogsResponse(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeOrderLogsResponse(bytes: Uint8Array): OrderLogsResponse {
  return readOrderLogsResponse(new Reader(bytes, 'OrderLogsResponse'));
}

export function writeOrderLogsResponse(writer: Writer, value: OrderLogsResponse): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const orderLogsResponseFields: readonly number[] = [];

export function readOrderLogsResponse(reader: Reader): OrderLogsResponse {
  const value: Draft<OrderLogsResponse> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, orderLogsResponseFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}
