// Generated from proto/node.proto by `npm run generate`: change that, not this.
import {
  type Assignment,
  type EndpointSet,
  type ManagerAddress,
  readAssignment,
  readEndpointSet,
  readManagerAddress,
  readTaskReport,
  type TaskReport,
  writeAssignment,
  writeEndpointSet,
  writeManagerAddress,
  writeTaskReport,
} from './dispatcher.ts';
import { type Draft, noItems, own, Reader, Writer } from './wire.ts';

export type JournalRecordRecord =
  | { readonly kind: 'assign'; readonly value: Assignment }
  /** Task id. */
  | { readonly kind: 'forget'; readonly value: string }
  | { readonly kind: 'status'; readonly value: TaskReport }
  | { readonly kind: 'endpoints'; readonly value: EndpointSet }
  /** Service id. */
  | { readonly kind: 'forgetEndpoints'; readonly value: string }
  | { readonly kind: 'mark'; readonly value: JournalMark };

/** A record of the worker's journal: what must survive a restart of the daemon. */
export interface JournalRecord {
  readonly record: JournalRecordRecord | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A JournalRecord of `fields`, with defaults for the rest. */
export function newJournalRecord(fields: Partial<JournalRecord> = {}): JournalRecord {
  const value: JournalRecord = {
    record: fields.record,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeJournalRecord(value: JournalRecord): Uint8Array {
  const writer = new Writer();
  writeJournalRecord(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeJournalRecord(bytes: Uint8Array): JournalRecord {
  return readJournalRecord(new Reader(bytes, 'JournalRecord'));
}

export function writeJournalRecord(writer: Writer, value: JournalRecord): void {
  switch (value.record?.kind) {
    case 'assign': {
      const mark = writer.begin(10);
      writeAssignment(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'forget':
      writer.string(18, value.record.value);
      break;
    case 'status': {
      const mark = writer.begin(26);
      writeTaskReport(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'endpoints': {
      const mark = writer.begin(34);
      writeEndpointSet(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'forgetEndpoints':
      writer.string(42, value.record.value);
      break;
    case 'mark': {
      const mark = writer.begin(50);
      writeJournalMark(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const journalRecordFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readJournalRecord(reader: Reader): JournalRecord {
  const value: Draft<JournalRecord> = {
    record: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('assign');
        value.record = { kind: 'assign', value: readAssignment(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 18:
        value.record = { kind: 'forget', value: reader.string('forget') };
        break;
      case 26: {
        const outerEnd = reader.enter('status');
        value.record = { kind: 'status', value: readTaskReport(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('endpoints');
        value.record = { kind: 'endpoints', value: readEndpointSet(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 42:
        value.record = { kind: 'forgetEndpoints', value: reader.string('forgetEndpoints') };
        break;
      case 50: {
        const outerEnd = reader.enter('mark');
        value.record = { kind: 'mark', value: readJournalMark(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, journalRecordFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Versions up to which the records before it are complete. */
export interface JournalMark {
  readonly clusterIncarnation: number;
  readonly assignmentsVersion: number;
  readonly endpointsVersion: number;
  readonly managers: readonly ManagerAddress[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A JournalMark of `fields`, with defaults for the rest. */
export function newJournalMark(fields: Partial<JournalMark> = {}): JournalMark {
  const value: JournalMark = {
    clusterIncarnation: fields.clusterIncarnation ?? 0,
    assignmentsVersion: fields.assignmentsVersion ?? 0,
    endpointsVersion: fields.endpointsVersion ?? 0,
    managers: fields.managers ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeJournalMark(value: JournalMark): Uint8Array {
  const writer = new Writer();
  writeJournalMark(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeJournalMark(bytes: Uint8Array): JournalMark {
  return readJournalMark(new Reader(bytes, 'JournalMark'));
}

export function writeJournalMark(writer: Writer, value: JournalMark): void {
  if (value.clusterIncarnation !== 0) writer.uint64(8, value.clusterIncarnation, 'JournalMark.clusterIncarnation');
  if (value.assignmentsVersion !== 0) writer.uint64(16, value.assignmentsVersion, 'JournalMark.assignmentsVersion');
  if (value.endpointsVersion !== 0) writer.uint64(24, value.endpointsVersion, 'JournalMark.endpointsVersion');
  for (const item of value.managers) {
    const mark = writer.begin(34);
    writeManagerAddress(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const journalMarkFields: readonly number[] = [1, 2, 3, 4];

export function readJournalMark(reader: Reader): JournalMark {
  const value: Draft<JournalMark> = {
    clusterIncarnation: 0,
    assignmentsVersion: 0,
    endpointsVersion: 0,
    managers: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.clusterIncarnation = reader.uint64('clusterIncarnation');
        break;
      case 16:
        value.assignmentsVersion = reader.uint64('assignmentsVersion');
        break;
      case 24:
        value.endpointsVersion = reader.uint64('endpointsVersion');
        break;
      case 34: {
        const outerEnd = reader.enter('managers');
        value.managers = own(value.managers);
        value.managers.push(readManagerAddress(reader));
        reader.count(value.managers.length, 'managers');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, journalMarkFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type ToProxyMessage =
  | { readonly kind: 'hello'; readonly value: ProxyHello }
  | { readonly kind: 'endpoints'; readonly value: ProxyEndpoints }
  | { readonly kind: 'stop'; readonly value: ProxyStop }
  | { readonly kind: 'stats'; readonly value: ProxyStatsRequest }
  /** Asks to be told once by `drained`. A proxy that does not know it passes over it. */
  | { readonly kind: 'drain'; readonly value: ProxyDrain };

/** Frames from the daemon to the proxy process. */
export interface ToProxy {
  readonly message: ToProxyMessage | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ToProxy of `fields`, with defaults for the rest. */
export function newToProxy(fields: Partial<ToProxy> = {}): ToProxy {
  const value: ToProxy = {
    message: fields.message,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeToProxy(value: ToProxy): Uint8Array {
  const writer = new Writer();
  writeToProxy(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeToProxy(bytes: Uint8Array): ToProxy {
  return readToProxy(new Reader(bytes, 'ToProxy'));
}

export function writeToProxy(writer: Writer, value: ToProxy): void {
  switch (value.message?.kind) {
    case 'hello': {
      const mark = writer.begin(10);
      writeProxyHello(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case 'endpoints': {
      const mark = writer.begin(18);
      writeProxyEndpoints(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case 'stop': {
      const mark = writer.begin(26);
      writeProxyStop(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case 'stats': {
      const mark = writer.begin(34);
      writeProxyStatsRequest(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case 'drain': {
      const mark = writer.begin(42);
      writeProxyDrain(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const toProxyFields: readonly number[] = [1, 2, 3, 4, 5];

export function readToProxy(reader: Reader): ToProxy {
  const value: Draft<ToProxy> = {
    message: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('hello');
        value.message = { kind: 'hello', value: readProxyHello(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('endpoints');
        value.message = { kind: 'endpoints', value: readProxyEndpoints(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('stop');
        value.message = { kind: 'stop', value: readProxyStop(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('stats');
        value.message = { kind: 'stats', value: readProxyStatsRequest(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('drain');
        value.message = { kind: 'drain', value: readProxyDrain(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, toProxyFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type FromProxyMessage =
  | { readonly kind: 'hello'; readonly value: ProxyHello }
  | { readonly kind: 'acknowledge'; readonly value: ProxyAcknowledge }
  | { readonly kind: 'stats'; readonly value: ProxyStats }
  | { readonly kind: 'drained'; readonly value: ProxyDrain };

/** Frames from the proxy process to the daemon. */
export interface FromProxy {
  readonly message: FromProxyMessage | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A FromProxy of `fields`, with defaults for the rest. */
export function newFromProxy(fields: Partial<FromProxy> = {}): FromProxy {
  const value: FromProxy = {
    message: fields.message,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeFromProxy(value: FromProxy): Uint8Array {
  const writer = new Writer();
  writeFromProxy(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeFromProxy(bytes: Uint8Array): FromProxy {
  return readFromProxy(new Reader(bytes, 'FromProxy'));
}

export function writeFromProxy(writer: Writer, value: FromProxy): void {
  switch (value.message?.kind) {
    case 'hello': {
      const mark = writer.begin(10);
      writeProxyHello(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case 'acknowledge': {
      const mark = writer.begin(18);
      writeProxyAcknowledge(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case 'stats': {
      const mark = writer.begin(26);
      writeProxyStats(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case 'drained': {
      const mark = writer.begin(34);
      writeProxyDrain(writer, value.message.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const fromProxyFields: readonly number[] = [1, 2, 3, 4];

export function readFromProxy(reader: Reader): FromProxy {
  const value: Draft<FromProxy> = {
    message: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('hello');
        value.message = { kind: 'hello', value: readProxyHello(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('acknowledge');
        value.message = { kind: 'acknowledge', value: readProxyAcknowledge(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('stats');
        value.message = { kind: 'stats', value: readProxyStats(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('drained');
        value.message = { kind: 'drained', value: readProxyDrain(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, fromProxyFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** First frame of both sides. */
export interface ProxyHello {
  readonly protocol: number;
  readonly pid: number;
  /** Version of the endpoint snapshot that the proxy serves now. */
  readonly endpointsVersion: number;
  readonly build: string;
  /** The proxy answers `drain`. */
  readonly tellsDrained: boolean;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ProxyHello of `fields`, with defaults for the rest. */
export function newProxyHello(fields: Partial<ProxyHello> = {}): ProxyHello {
  const value: ProxyHello = {
    protocol: fields.protocol ?? 0,
    pid: fields.pid ?? 0,
    endpointsVersion: fields.endpointsVersion ?? 0,
    build: fields.build ?? '',
    tellsDrained: fields.tellsDrained ?? false,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeProxyHello(value: ProxyHello): Uint8Array {
  const writer = new Writer();
  writeProxyHello(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeProxyHello(bytes: Uint8Array): ProxyHello {
  return readProxyHello(new Reader(bytes, 'ProxyHello'));
}

export function writeProxyHello(writer: Writer, value: ProxyHello): void {
  if (value.protocol !== 0) writer.uint32(8, value.protocol, 'ProxyHello.protocol');
  if (value.pid !== 0) writer.uint32(16, value.pid, 'ProxyHello.pid');
  if (value.endpointsVersion !== 0) writer.uint64(24, value.endpointsVersion, 'ProxyHello.endpointsVersion');
  if (value.build !== '') writer.string(34, value.build);
  if (value.tellsDrained) writer.bool(40, value.tellsDrained);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const proxyHelloFields: readonly number[] = [1, 2, 3, 4, 5];

export function readProxyHello(reader: Reader): ProxyHello {
  const value: Draft<ProxyHello> = {
    protocol: 0,
    pid: 0,
    endpointsVersion: 0,
    build: '',
    tellsDrained: false,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.protocol = reader.uint32('protocol');
        break;
      case 16:
        value.pid = reader.uint32('pid');
        break;
      case 24:
        value.endpointsVersion = reader.uint64('endpointsVersion');
        break;
      case 34:
        value.build = reader.string('build');
        break;
      case 40:
        value.tellsDrained = reader.bool('tellsDrained');
        break;
      default:
        unknown = reader.skip(tag, proxyHelloFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** The whole of what the proxy is to serve: small on one node, and never half applied. */
export interface ProxyEndpoints {
  readonly version: number;
  readonly sets: readonly EndpointSet[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ProxyEndpoints of `fields`, with defaults for the rest. */
export function newProxyEndpoints(fields: Partial<ProxyEndpoints> = {}): ProxyEndpoints {
  const value: ProxyEndpoints = {
    version: fields.version ?? 0,
    sets: fields.sets ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeProxyEndpoints(value: ProxyEndpoints): Uint8Array {
  const writer = new Writer();
  writeProxyEndpoints(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeProxyEndpoints(bytes: Uint8Array): ProxyEndpoints {
  return readProxyEndpoints(new Reader(bytes, 'ProxyEndpoints'));
}

export function writeProxyEndpoints(writer: Writer, value: ProxyEndpoints): void {
  if (value.version !== 0) writer.uint64(8, value.version, 'ProxyEndpoints.version');
  for (const item of value.sets) {
    const mark = writer.begin(18);
    writeEndpointSet(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const proxyEndpointsFields: readonly number[] = [1, 2];

export function readProxyEndpoints(reader: Reader): ProxyEndpoints {
  const value: Draft<ProxyEndpoints> = {
    version: 0,
    sets: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.version = reader.uint64('version');
        break;
      case 18: {
        const outerEnd = reader.enter('sets');
        value.sets = own(value.sets);
        value.sets.push(readEndpointSet(reader));
        reader.count(value.sets.length, 'sets');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, proxyEndpointsFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Listeners and picks follow this version now. */
export interface ProxyAcknowledge {
  readonly version: number;
  /** Published ports that could not be bound, and why. */
  readonly failures: readonly PortFailure[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ProxyAcknowledge of `fields`, with defaults for the rest. */
export function newProxyAcknowledge(fields: Partial<ProxyAcknowledge> = {}): ProxyAcknowledge {
  const value: ProxyAcknowledge = {
    version: fields.version ?? 0,
    failures: fields.failures ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeProxyAcknowledge(value: ProxyAcknowledge): Uint8Array {
  const writer = new Writer();
  writeProxyAcknowledge(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeProxyAcknowledge(bytes: Uint8Array): ProxyAcknowledge {
  return readProxyAcknowledge(new Reader(bytes, 'ProxyAcknowledge'));
}

export function writeProxyAcknowledge(writer: Writer, value: ProxyAcknowledge): void {
  if (value.version !== 0) writer.uint64(8, value.version, 'ProxyAcknowledge.version');
  for (const item of value.failures) {
    const mark = writer.begin(18);
    writePortFailure(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const proxyAcknowledgeFields: readonly number[] = [1, 2];

export function readProxyAcknowledge(reader: Reader): ProxyAcknowledge {
  const value: Draft<ProxyAcknowledge> = {
    version: 0,
    failures: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.version = reader.uint64('version');
        break;
      case 18: {
        const outerEnd = reader.enter('failures');
        value.failures = own(value.failures);
        value.failures.push(readPortFailure(reader));
        reader.count(value.failures.length, 'failures');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, proxyAcknowledgeFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PortFailure {
  readonly port: number;
  readonly protocol: string;
  readonly error: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PortFailure of `fields`, with defaults for the rest. */
export function newPortFailure(fields: Partial<PortFailure> = {}): PortFailure {
  const value: PortFailure = {
    port: fields.port ?? 0,
    protocol: fields.protocol ?? '',
    error: fields.error ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePortFailure(value: PortFailure): Uint8Array {
  const writer = new Writer();
  writePortFailure(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePortFailure(bytes: Uint8Array): PortFailure {
  return readPortFailure(new Reader(bytes, 'PortFailure'));
}

export function writePortFailure(writer: Writer, value: PortFailure): void {
  if (value.port !== 0) writer.uint32(8, value.port, 'PortFailure.port');
  if (value.protocol !== '') writer.string(18, value.protocol);
  if (value.error !== '') writer.string(26, value.error);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const portFailureFields: readonly number[] = [1, 2, 3];

export function readPortFailure(reader: Reader): PortFailure {
  const value: Draft<PortFailure> = {
    port: 0,
    protocol: '',
    error: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.port = reader.uint32('port');
        break;
      case 18:
        value.protocol = reader.string('protocol');
        break;
      case 26:
        value.error = reader.string('error');
        break;
      default:
        unknown = reader.skip(tag, portFailureFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Drain and end. */
export interface ProxyStop {
  readonly graceMs: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ProxyStop of `fields`, with defaults for the rest. */
export function newProxyStop(fields: Partial<ProxyStop> = {}): ProxyStop {
  const value: ProxyStop = {
    graceMs: fields.graceMs ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeProxyStop(value: ProxyStop): Uint8Array {
  const writer = new Writer();
  writeProxyStop(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeProxyStop(bytes: Uint8Array): ProxyStop {
  return readProxyStop(new Reader(bytes, 'ProxyStop'));
}

export function writeProxyStop(writer: Writer, value: ProxyStop): void {
  if (value.graceMs !== 0) writer.uint32(8, value.graceMs, 'ProxyStop.graceMs');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const proxyStopFields: readonly number[] = [1];

export function readProxyStop(reader: Reader): ProxyStop {
  const value: Draft<ProxyStop> = {
    graceMs: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.graceMs = reader.uint32('graceMs');
        break;
      default:
        unknown = reader.skip(tag, proxyStopFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Names a task to which no connection is to be open, or is open. */
export interface ProxyDrain {
  readonly taskId: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ProxyDrain of `fields`, with defaults for the rest. */
export function newProxyDrain(fields: Partial<ProxyDrain> = {}): ProxyDrain {
  const value: ProxyDrain = {
    taskId: fields.taskId ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeProxyDrain(value: ProxyDrain): Uint8Array {
  const writer = new Writer();
  writeProxyDrain(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeProxyDrain(bytes: Uint8Array): ProxyDrain {
  return readProxyDrain(new Reader(bytes, 'ProxyDrain'));
}

export function writeProxyDrain(writer: Writer, value: ProxyDrain): void {
  if (value.taskId !== '') writer.string(10, value.taskId);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const proxyDrainFields: readonly number[] = [1];

export function readProxyDrain(reader: Reader): ProxyDrain {
  const value: Draft<ProxyDrain> = {
    taskId: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.taskId = reader.string('taskId');
        break;
      default:
        unknown = reader.skip(tag, proxyDrainFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ProxyStatsRequest {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ProxyStatsRequest of `fields`, with defaults for the rest. */
export function newProxyStatsRequest(fields: Partial<ProxyStatsRequest> = {}): ProxyStatsRequest {
  const value: ProxyStatsRequest = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeProxyStatsRequest(value: ProxyStatsRequest): Uint8Array {
  const writer = new Writer();
  writeProxyStatsRequest(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeProxyStatsRequest(bytes: Uint8Array): ProxyStatsRequest {
  return readProxyStatsRequest(new Reader(bytes, 'ProxyStatsRequest'));
}

export function writeProxyStatsRequest(writer: Writer, value: ProxyStatsRequest): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const proxyStatsRequestFields: readonly number[] = [];

export function readProxyStatsRequest(reader: Reader): ProxyStatsRequest {
  const value: Draft<ProxyStatsRequest> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, proxyStatsRequestFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface ProxyStats {
  readonly connectionsAccepted: number;
  readonly connectionsOpen: number;
  readonly connectFailures: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly tasks: readonly TaskConnections[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ProxyStats of `fields`, with defaults for the rest. */
export function newProxyStats(fields: Partial<ProxyStats> = {}): ProxyStats {
  const value: ProxyStats = {
    connectionsAccepted: fields.connectionsAccepted ?? 0,
    connectionsOpen: fields.connectionsOpen ?? 0,
    connectFailures: fields.connectFailures ?? 0,
    bytesUp: fields.bytesUp ?? 0,
    bytesDown: fields.bytesDown ?? 0,
    tasks: fields.tasks ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeProxyStats(value: ProxyStats): Uint8Array {
  const writer = new Writer();
  writeProxyStats(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeProxyStats(bytes: Uint8Array): ProxyStats {
  return readProxyStats(new Reader(bytes, 'ProxyStats'));
}

export function writeProxyStats(writer: Writer, value: ProxyStats): void {
  if (value.connectionsAccepted !== 0) writer.uint64(8, value.connectionsAccepted, 'ProxyStats.connectionsAccepted');
  if (value.connectionsOpen !== 0) writer.uint64(16, value.connectionsOpen, 'ProxyStats.connectionsOpen');
  if (value.connectFailures !== 0) writer.uint64(24, value.connectFailures, 'ProxyStats.connectFailures');
  if (value.bytesUp !== 0) writer.uint64(32, value.bytesUp, 'ProxyStats.bytesUp');
  if (value.bytesDown !== 0) writer.uint64(40, value.bytesDown, 'ProxyStats.bytesDown');
  for (const item of value.tasks) {
    const mark = writer.begin(50);
    writeTaskConnections(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const proxyStatsFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readProxyStats(reader: Reader): ProxyStats {
  const value: Draft<ProxyStats> = {
    connectionsAccepted: 0,
    connectionsOpen: 0,
    connectFailures: 0,
    bytesUp: 0,
    bytesDown: 0,
    tasks: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.connectionsAccepted = reader.uint64('connectionsAccepted');
        break;
      case 16:
        value.connectionsOpen = reader.uint64('connectionsOpen');
        break;
      case 24:
        value.connectFailures = reader.uint64('connectFailures');
        break;
      case 32:
        value.bytesUp = reader.uint64('bytesUp');
        break;
      case 40:
        value.bytesDown = reader.uint64('bytesDown');
        break;
      case 50: {
        const outerEnd = reader.enter('tasks');
        value.tasks = own(value.tasks);
        value.tasks.push(readTaskConnections(reader));
        reader.count(value.tasks.length, 'tasks');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, proxyStatsFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface TaskConnections {
  readonly taskId: string;
  readonly open: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TaskConnections of `fields`, with defaults for the rest. */
export function newTaskConnections(fields: Partial<TaskConnections> = {}): TaskConnections {
  const value: TaskConnections = {
    taskId: fields.taskId ?? '',
    open: fields.open ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTaskConnections(value: TaskConnections): Uint8Array {
  const writer = new Writer();
  writeTaskConnections(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTaskConnections(bytes: Uint8Array): TaskConnections {
  return readTaskConnections(new Reader(bytes, 'TaskConnections'));
}

export function writeTaskConnections(writer: Writer, value: TaskConnections): void {
  if (value.taskId !== '') writer.string(10, value.taskId);
  if (value.open !== 0) writer.uint64(16, value.open, 'TaskConnections.open');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const taskConnectionsFields: readonly number[] = [1, 2];

export function readTaskConnections(reader: Reader): TaskConnections {
  const value: Draft<TaskConnections> = {
    taskId: '',
    open: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.taskId = reader.string('taskId');
        break;
      case 16:
        value.open = reader.uint64('open');
        break;
      default:
        unknown = reader.skip(tag, taskConnectionsFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}
