// Generated from proto/changeset.proto by `npm run generate`: change that, not this.
import {
  type Authority,
  type AuthorityKeys,
  type Cluster,
  type ClusterLifecycle,
  Facet,
  type Network,
  type NetworkAllocation,
  type Node,
  type NodeLifecycle,
  type NodeStatus,
  readAuthority,
  readAuthorityKeys,
  readCluster,
  readClusterLifecycle,
  readNetwork,
  readNetworkAllocation,
  readNode,
  readNodeLifecycle,
  readNodeStatus,
  readService,
  readServiceEndpoint,
  readServiceLifecycle,
  readTask,
  readTaskDesired,
  readTaskNetwork,
  readTaskPlacement,
  readTaskStatus,
  type Service,
  type ServiceEndpoint,
  type ServiceLifecycle,
  Table,
  type Task,
  type TaskDesired,
  type TaskNetwork,
  type TaskPlacement,
  type TaskStatus,
  writeAuthority,
  writeAuthorityKeys,
  writeCluster,
  writeClusterLifecycle,
  writeNetwork,
  writeNetworkAllocation,
  writeNode,
  writeNodeLifecycle,
  writeNodeStatus,
  writeService,
  writeServiceEndpoint,
  writeServiceLifecycle,
  writeTask,
  writeTaskDesired,
  writeTaskNetwork,
  writeTaskPlacement,
  writeTaskStatus,
} from './objects.ts';
import {
  type ClusterSpec,
  type NetworkSpec,
  type NodeSpec,
  readClusterSpec,
  readNetworkSpec,
  readNodeSpec,
  readServiceSpec,
  type ServiceSpec,
  writeClusterSpec,
  writeNetworkSpec,
  writeNodeSpec,
  writeServiceSpec,
} from './specs.ts';
import { type Draft, noItems, own, Reader, Writer } from './wire.ts';

export interface ChangeSet {
  /** De-duplicates: a set with the id of one that is known is answered with that one's outcome. */
  readonly id: string;
  /** Fences sets of controllers: dropped at apply when the entry's term differs. 0 for sets of users and nodes. */
  readonly term: number;
  /** `user:...`, `controller:...` or `node:...`. */
  readonly actor: string;
  readonly reason: string;
  readonly traceId: string;
  /** Stamped by the leader, milliseconds since the Unix epoch. */
  readonly wallMs: number;
  /** Level of the cluster below which this set must not be applied. */
  readonly minLevel: number;
  readonly reads: readonly Read[];
  readonly claims: readonly Claim[];
  readonly ops: readonly Op[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A ChangeSet of `fields`, with defaults for the rest. */
export function newChangeSet(fields: Partial<ChangeSet> = {}): ChangeSet {
  const value: ChangeSet = {
    id: fields.id ?? '',
    term: fields.term ?? 0,
    actor: fields.actor ?? '',
    reason: fields.reason ?? '',
    traceId: fields.traceId ?? '',
    wallMs: fields.wallMs ?? 0,
    minLevel: fields.minLevel ?? 0,
    reads: fields.reads ?? noItems,
    claims: fields.claims ?? noItems,
    ops: fields.ops ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeChangeSet(value: ChangeSet): Uint8Array {
  const writer = new Writer();
  writeChangeSet(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeChangeSet(bytes: Uint8Array): ChangeSet {
  return readChangeSet(new Reader(bytes, 'ChangeSet'));
}

export function writeChangeSet(writer: Writer, value: ChangeSet): void {
  if (value.id !== '') writer.string(10, value.id);
  if (value.term !== 0) writer.uint64(16, value.term, 'ChangeSet.term');
  if (value.actor !== '') writer.string(26, value.actor);
  if (value.reason !== '') writer.string(34, value.reason);
  if (value.traceId !== '') writer.string(42, value.traceId);
  if (value.wallMs !== 0) writer.uint64(48, value.wallMs, 'ChangeSet.wallMs');
  if (value.minLevel !== 0) writer.uint32(56, value.minLevel, 'ChangeSet.minLevel');
  for (const item of value.reads) {
    const mark = writer.begin(66);
    writeRead(writer, item);
    writer.finish(mark);
  }
  for (const item of value.claims) {
    const mark = writer.begin(74);
    writeClaim(writer, item);
    writer.finish(mark);
  }
  for (const item of value.ops) {
    const mark = writer.begin(82);
    writeOp(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const changeSetFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export function readChangeSet(reader: Reader): ChangeSet {
  const value: Draft<ChangeSet> = {
    id: '',
    term: 0,
    actor: '',
    reason: '',
    traceId: '',
    wallMs: 0,
    minLevel: 0,
    reads: noItems,
    claims: noItems,
    ops: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.id = reader.string('id');
        break;
      case 16:
        value.term = reader.uint64('term');
        break;
      case 26:
        value.actor = reader.string('actor');
        break;
      case 34:
        value.reason = reader.string('reason');
        break;
      case 42:
        value.traceId = reader.string('traceId');
        break;
      case 48:
        value.wallMs = reader.uint64('wallMs');
        break;
      case 56:
        value.minLevel = reader.uint32('minLevel');
        break;
      case 66: {
        const outerEnd = reader.enter('reads');
        value.reads = own(value.reads);
        value.reads.push(readRead(reader));
        reader.count(value.reads.length, 'reads');
        reader.leave(outerEnd);
        break;
      }
      case 74: {
        const outerEnd = reader.enter('claims');
        value.claims = own(value.claims);
        value.claims.push(readClaim(reader));
        reader.count(value.claims.length, 'claims');
        reader.leave(outerEnd);
        break;
      }
      case 82: {
        const outerEnd = reader.enter('ops');
        value.ops = own(value.ops);
        value.ops.push(readOp(reader));
        reader.count(value.ops.length, 'ops');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, changeSetFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** What the decision relied on. The set is refused when any of it has changed. */
export interface Read {
  readonly table: Table;
  /** Key of a row; or the name of an index bucket (`service/<id>`), when facet is unspecified. */
  readonly key: string;
  readonly facet: Facet;
  /** Version of the facet; 0 means that the row or facet is absent. Of a bucket: the revision of its last change. */
  readonly version: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Read of `fields`, with defaults for the rest. */
export function newRead(fields: Partial<Read> = {}): Read {
  const value: Read = {
    table: fields.table ?? Table.tableUnspecified,
    key: fields.key ?? '',
    facet: fields.facet ?? Facet.facetUnspecified,
    version: fields.version ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeRead(value: Read): Uint8Array {
  const writer = new Writer();
  writeRead(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeRead(bytes: Uint8Array): Read {
  return readRead(new Reader(bytes, 'Read'));
}

export function writeRead(writer: Writer, value: Read): void {
  if (value.table !== Table.tableUnspecified) writer.int32(8, value.table, 'Read.table');
  if (value.key !== '') writer.string(18, value.key);
  if (value.facet !== Facet.facetUnspecified) writer.int32(24, value.facet, 'Read.facet');
  if (value.version !== 0) writer.uint64(32, value.version, 'Read.version');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const readFields: readonly number[] = [1, 2, 3, 4];

export function readRead(reader: Reader): Read {
  const value: Draft<Read> = {
    table: Table.tableUnspecified,
    key: '',
    facet: Facet.facetUnspecified,
    version: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.table = reader.int32('table') as Table;
        break;
      case 18:
        value.key = reader.string('key');
        break;
      case 24:
        value.facet = reader.int32('facet') as Facet;
        break;
      case 32:
        value.version = reader.uint64('version');
        break;
      default:
        unknown = reader.skip(tag, readFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Takes or gives back a unique key. */
export interface Claim {
  /** `service-name`, `port/tcp`, `address/<network id>`, `subnet`, `vni`, `raft-id`, ... */
  readonly space: string;
  readonly key: string;
  /** Id of the object that holds it. */
  readonly owner: string;
  readonly giveBack: boolean;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Claim of `fields`, with defaults for the rest. */
export function newClaim(fields: Partial<Claim> = {}): Claim {
  const value: Claim = {
    space: fields.space ?? '',
    key: fields.key ?? '',
    owner: fields.owner ?? '',
    giveBack: fields.giveBack ?? false,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeClaim(value: Claim): Uint8Array {
  const writer = new Writer();
  writeClaim(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeClaim(bytes: Uint8Array): Claim {
  return readClaim(new Reader(bytes, 'Claim'));
}

export function writeClaim(writer: Writer, value: Claim): void {
  if (value.space !== '') writer.string(10, value.space);
  if (value.key !== '') writer.string(18, value.key);
  if (value.owner !== '') writer.string(26, value.owner);
  if (value.giveBack) writer.bool(32, value.giveBack);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const claimFields: readonly number[] = [1, 2, 3, 4];

export function readClaim(reader: Reader): Claim {
  const value: Draft<Claim> = {
    space: '',
    key: '',
    owner: '',
    giveBack: false,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.space = reader.string('space');
        break;
      case 18:
        value.key = reader.string('key');
        break;
      case 26:
        value.owner = reader.string('owner');
        break;
      case 32:
        value.giveBack = reader.bool('giveBack');
        break;
      default:
        unknown = reader.skip(tag, claimFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type OpOp =
  | { readonly kind: 'create'; readonly value: Create }
  | { readonly kind: 'delete'; readonly value: Delete }
  | { readonly kind: 'put'; readonly value: Put };

export interface Op {
  readonly op: OpOp | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Op of `fields`, with defaults for the rest. */
export function newOp(fields: Partial<Op> = {}): Op {
  const value: Op = {
    op: fields.op,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeOp(value: Op): Uint8Array {
  const writer = new Writer();
  writeOp(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeOp(bytes: Uint8Array): Op {
  return readOp(new Reader(bytes, 'Op'));
}

export function writeOp(writer: Writer, value: Op): void {
  switch (value.op?.kind) {
    case 'create': {
      const mark = writer.begin(10);
      writeCreate(writer, value.op.value);
      writer.finish(mark);
      break;
    }
    case 'delete': {
      const mark = writer.begin(18);
      writeDelete(writer, value.op.value);
      writer.finish(mark);
      break;
    }
    case 'put': {
      const mark = writer.begin(26);
      writePut(writer, value.op.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const opFields: readonly number[] = [1, 2, 3];

export function readOp(reader: Reader): Op {
  const value: Draft<Op> = {
    op: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('create');
        value.op = { kind: 'create', value: readCreate(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('delete');
        value.op = { kind: 'delete', value: readDelete(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('put');
        value.op = { kind: 'put', value: readPut(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, opFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type CreateObject =
  | { readonly kind: 'cluster'; readonly value: Cluster }
  | { readonly kind: 'node'; readonly value: Node }
  | { readonly kind: 'service'; readonly value: Service }
  | { readonly kind: 'task'; readonly value: Task }
  | { readonly kind: 'network'; readonly value: Network }
  | { readonly kind: 'authority'; readonly value: Authority };

export interface Create {
  readonly object: CreateObject | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Create of `fields`, with defaults for the rest. */
export function newCreate(fields: Partial<Create> = {}): Create {
  const value: Create = {
    object: fields.object,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeCreate(value: Create): Uint8Array {
  const writer = new Writer();
  writeCreate(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeCreate(bytes: Uint8Array): Create {
  return readCreate(new Reader(bytes, 'Create'));
}

export function writeCreate(writer: Writer, value: Create): void {
  switch (value.object?.kind) {
    case 'cluster': {
      const mark = writer.begin(10);
      writeCluster(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'node': {
      const mark = writer.begin(18);
      writeNode(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'service': {
      const mark = writer.begin(26);
      writeService(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'task': {
      const mark = writer.begin(34);
      writeTask(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'network': {
      const mark = writer.begin(42);
      writeNetwork(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'authority': {
      const mark = writer.begin(50);
      writeAuthority(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const createFields: readonly number[] = [1, 2, 3, 4, 5, 6];

export function readCreate(reader: Reader): Create {
  const value: Draft<Create> = {
    object: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('cluster');
        value.object = { kind: 'cluster', value: readCluster(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('node');
        value.object = { kind: 'node', value: readNode(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('service');
        value.object = { kind: 'service', value: readService(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('task');
        value.object = { kind: 'task', value: readTask(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('network');
        value.object = { kind: 'network', value: readNetwork(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 50: {
        const outerEnd = reader.enter('authority');
        value.object = { kind: 'authority', value: readAuthority(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, createFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Delete {
  readonly table: Table;
  readonly key: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Delete of `fields`, with defaults for the rest. */
export function newDelete(fields: Partial<Delete> = {}): Delete {
  const value: Delete = {
    table: fields.table ?? Table.tableUnspecified,
    key: fields.key ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeDelete(value: Delete): Uint8Array {
  const writer = new Writer();
  writeDelete(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeDelete(bytes: Uint8Array): Delete {
  return readDelete(new Reader(bytes, 'Delete'));
}

export function writeDelete(writer: Writer, value: Delete): void {
  if (value.table !== Table.tableUnspecified) writer.int32(8, value.table, 'Delete.table');
  if (value.key !== '') writer.string(18, value.key);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const deleteFields: readonly number[] = [1, 2];

export function readDelete(reader: Reader): Delete {
  const value: Draft<Delete> = {
    table: Table.tableUnspecified,
    key: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.table = reader.int32('table') as Table;
        break;
      case 18:
        value.key = reader.string('key');
        break;
      default:
        unknown = reader.skip(tag, deleteFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type PutValue =
  | { readonly kind: 'clusterSpec'; readonly value: ClusterSpec }
  | { readonly kind: 'clusterLifecycle'; readonly value: ClusterLifecycle }
  | { readonly kind: 'nodeSpec'; readonly value: NodeSpec }
  | { readonly kind: 'nodeStatus'; readonly value: NodeStatus }
  | { readonly kind: 'nodeLifecycle'; readonly value: NodeLifecycle }
  | { readonly kind: 'serviceSpec'; readonly value: ServiceSpec }
  | { readonly kind: 'serviceEndpoint'; readonly value: ServiceEndpoint }
  | { readonly kind: 'serviceLifecycle'; readonly value: ServiceLifecycle }
  | { readonly kind: 'taskDesired'; readonly value: TaskDesired }
  | { readonly kind: 'taskPlacement'; readonly value: TaskPlacement }
  | { readonly kind: 'taskNetwork'; readonly value: TaskNetwork }
  | { readonly kind: 'taskStatus'; readonly value: TaskStatus }
  | { readonly kind: 'networkSpec'; readonly value: NetworkSpec }
  | { readonly kind: 'networkAllocation'; readonly value: NetworkAllocation }
  | { readonly kind: 'authorityKeys'; readonly value: AuthorityKeys };

/** Replaces one facet whole; a put without a value deletes the facet. */
export interface Put {
  readonly table: Table;
  readonly key: string;
  readonly facet: Facet;
  readonly value: PutValue | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Put of `fields`, with defaults for the rest. */
export function newPut(fields: Partial<Put> = {}): Put {
  const value: Put = {
    table: fields.table ?? Table.tableUnspecified,
    key: fields.key ?? '',
    facet: fields.facet ?? Facet.facetUnspecified,
    value: fields.value,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePut(value: Put): Uint8Array {
  const writer = new Writer();
  writePut(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePut(bytes: Uint8Array): Put {
  return readPut(new Reader(bytes, 'Put'));
}

export function writePut(writer: Writer, value: Put): void {
  if (value.table !== Table.tableUnspecified) writer.int32(8, value.table, 'Put.table');
  if (value.key !== '') writer.string(18, value.key);
  if (value.facet !== Facet.facetUnspecified) writer.int32(24, value.facet, 'Put.facet');
  switch (value.value?.kind) {
    case 'clusterSpec': {
      const mark = writer.begin(34);
      writeClusterSpec(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'clusterLifecycle': {
      const mark = writer.begin(42);
      writeClusterLifecycle(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'nodeSpec': {
      const mark = writer.begin(50);
      writeNodeSpec(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'nodeStatus': {
      const mark = writer.begin(58);
      writeNodeStatus(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'nodeLifecycle': {
      const mark = writer.begin(66);
      writeNodeLifecycle(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'serviceSpec': {
      const mark = writer.begin(74);
      writeServiceSpec(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'serviceEndpoint': {
      const mark = writer.begin(82);
      writeServiceEndpoint(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'serviceLifecycle': {
      const mark = writer.begin(90);
      writeServiceLifecycle(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'taskDesired': {
      const mark = writer.begin(98);
      writeTaskDesired(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'taskPlacement': {
      const mark = writer.begin(106);
      writeTaskPlacement(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'taskNetwork': {
      const mark = writer.begin(114);
      writeTaskNetwork(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'taskStatus': {
      const mark = writer.begin(122);
      writeTaskStatus(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'networkSpec': {
      const mark = writer.begin(130);
      writeNetworkSpec(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'networkAllocation': {
      const mark = writer.begin(138);
      writeNetworkAllocation(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case 'authorityKeys': {
      const mark = writer.begin(146);
      writeAuthorityKeys(writer, value.value.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const putFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];

export function readPut(reader: Reader): Put {
  const value: Draft<Put> = {
    table: Table.tableUnspecified,
    key: '',
    facet: Facet.facetUnspecified,
    value: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.table = reader.int32('table') as Table;
        break;
      case 18:
        value.key = reader.string('key');
        break;
      case 24:
        value.facet = reader.int32('facet') as Facet;
        break;
      case 34: {
        const outerEnd = reader.enter('clusterSpec');
        value.value = { kind: 'clusterSpec', value: readClusterSpec(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('clusterLifecycle');
        value.value = { kind: 'clusterLifecycle', value: readClusterLifecycle(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 50: {
        const outerEnd = reader.enter('nodeSpec');
        value.value = { kind: 'nodeSpec', value: readNodeSpec(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 58: {
        const outerEnd = reader.enter('nodeStatus');
        value.value = { kind: 'nodeStatus', value: readNodeStatus(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 66: {
        const outerEnd = reader.enter('nodeLifecycle');
        value.value = { kind: 'nodeLifecycle', value: readNodeLifecycle(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 74: {
        const outerEnd = reader.enter('serviceSpec');
        value.value = { kind: 'serviceSpec', value: readServiceSpec(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 82: {
        const outerEnd = reader.enter('serviceEndpoint');
        value.value = { kind: 'serviceEndpoint', value: readServiceEndpoint(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 90: {
        const outerEnd = reader.enter('serviceLifecycle');
        value.value = { kind: 'serviceLifecycle', value: readServiceLifecycle(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 98: {
        const outerEnd = reader.enter('taskDesired');
        value.value = { kind: 'taskDesired', value: readTaskDesired(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 106: {
        const outerEnd = reader.enter('taskPlacement');
        value.value = { kind: 'taskPlacement', value: readTaskPlacement(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 114: {
        const outerEnd = reader.enter('taskNetwork');
        value.value = { kind: 'taskNetwork', value: readTaskNetwork(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 122: {
        const outerEnd = reader.enter('taskStatus');
        value.value = { kind: 'taskStatus', value: readTaskStatus(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 130: {
        const outerEnd = reader.enter('networkSpec');
        value.value = { kind: 'networkSpec', value: readNetworkSpec(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 138: {
        const outerEnd = reader.enter('networkAllocation');
        value.value = { kind: 'networkAllocation', value: readNetworkAllocation(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 146: {
        const outerEnd = reader.enter('authorityKeys');
        value.value = { kind: 'authorityKeys', value: readAuthorityKeys(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, putFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** One entry of the log: sets that were proposed together, applied in order, each whole or not at all. */
export interface Batch {
  readonly sets: readonly ChangeSet[];
  /** What the leader had made of the log before: a member that made something else of it must stop. */
  readonly check: StateCheck | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Batch of `fields`, with defaults for the rest. */
export function newBatch(fields: Partial<Batch> = {}): Batch {
  const value: Batch = {
    sets: fields.sets ?? noItems,
    check: fields.check,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeBatch(value: Batch): Uint8Array {
  const writer = new Writer();
  writeBatch(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeBatch(bytes: Uint8Array): Batch {
  return readBatch(new Reader(bytes, 'Batch'));
}

export function writeBatch(writer: Writer, value: Batch): void {
  for (const item of value.sets) {
    const mark = writer.begin(10);
    writeChangeSet(writer, item);
    writer.finish(mark);
  }
  if (value.check !== undefined) {
    const mark = writer.begin(18);
    writeStateCheck(writer, value.check);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const batchFields: readonly number[] = [1, 2];

export function readBatch(reader: Reader): Batch {
  const value: Draft<Batch> = {
    sets: noItems,
    check: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('sets');
        value.sets = own(value.sets);
        value.sets.push(readChangeSet(reader));
        reader.count(value.sets.length, 'sets');
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('check');
        value.check = readStateCheck(reader);
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, batchFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface StateCheck {
  /** An entry that the leader had applied. */
  readonly index: number;
  /** Sum over all outcomes up to it. */
  readonly sum: number;
  /** Sum over the content of all rows, spec revisions and claims after it; 0: not told. */
  readonly content: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A StateCheck of `fields`, with defaults for the rest. */
export function newStateCheck(fields: Partial<StateCheck> = {}): StateCheck {
  const value: StateCheck = {
    index: fields.index ?? 0,
    sum: fields.sum ?? 0,
    content: fields.content ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeStateCheck(value: StateCheck): Uint8Array {
  const writer = new Writer();
  writeStateCheck(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeStateCheck(bytes: Uint8Array): StateCheck {
  return readStateCheck(new Reader(bytes, 'StateCheck'));
}

export function writeStateCheck(writer: Writer, value: StateCheck): void {
  if (value.index !== 0) writer.uint64(8, value.index, 'StateCheck.index');
  if (value.sum !== 0) writer.uint32(16, value.sum, 'StateCheck.sum');
  if (value.content !== 0) writer.uint32(24, value.content, 'StateCheck.content');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const stateCheckFields: readonly number[] = [1, 2, 3];

export function readStateCheck(reader: Reader): StateCheck {
  const value: Draft<StateCheck> = {
    index: 0,
    sum: 0,
    content: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.index = reader.uint64('index');
        break;
      case 16:
        value.sum = reader.uint32('sum');
        break;
      case 24:
        value.content = reader.uint32('content');
        break;
      default:
        unknown = reader.skip(tag, stateCheckFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** A line of the timeline, and the memory that answers a retry. */
export interface TimelineLine {
  readonly setId: string;
  readonly revision: number;
  readonly wallMs: number;
  readonly actor: string;
  readonly reason: string;
  readonly traceId: string;
  readonly applied: boolean;
  /** What was refused, when `applied` is false. */
  readonly refusal: string;
  /** What changed, as `create tasks/<id>`; bounded. */
  readonly changes: readonly string[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A TimelineLine of `fields`, with defaults for the rest. */
export function newTimelineLine(fields: Partial<TimelineLine> = {}): TimelineLine {
  const value: TimelineLine = {
    setId: fields.setId ?? '',
    revision: fields.revision ?? 0,
    wallMs: fields.wallMs ?? 0,
    actor: fields.actor ?? '',
    reason: fields.reason ?? '',
    traceId: fields.traceId ?? '',
    applied: fields.applied ?? false,
    refusal: fields.refusal ?? '',
    changes: fields.changes ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeTimelineLine(value: TimelineLine): Uint8Array {
  const writer = new Writer();
  writeTimelineLine(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeTimelineLine(bytes: Uint8Array): TimelineLine {
  return readTimelineLine(new Reader(bytes, 'TimelineLine'));
}

export function writeTimelineLine(writer: Writer, value: TimelineLine): void {
  if (value.setId !== '') writer.string(10, value.setId);
  if (value.revision !== 0) writer.uint64(16, value.revision, 'TimelineLine.revision');
  if (value.wallMs !== 0) writer.uint64(24, value.wallMs, 'TimelineLine.wallMs');
  if (value.actor !== '') writer.string(34, value.actor);
  if (value.reason !== '') writer.string(42, value.reason);
  if (value.traceId !== '') writer.string(50, value.traceId);
  if (value.applied) writer.bool(56, value.applied);
  if (value.refusal !== '') writer.string(66, value.refusal);
  for (const item of value.changes) writer.string(74, item);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const timelineLineFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function readTimelineLine(reader: Reader): TimelineLine {
  const value: Draft<TimelineLine> = {
    setId: '',
    revision: 0,
    wallMs: 0,
    actor: '',
    reason: '',
    traceId: '',
    applied: false,
    refusal: '',
    changes: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.setId = reader.string('setId');
        break;
      case 16:
        value.revision = reader.uint64('revision');
        break;
      case 24:
        value.wallMs = reader.uint64('wallMs');
        break;
      case 34:
        value.actor = reader.string('actor');
        break;
      case 42:
        value.reason = reader.string('reason');
        break;
      case 50:
        value.traceId = reader.string('traceId');
        break;
      case 56:
        value.applied = reader.bool('applied');
        break;
      case 66:
        value.refusal = reader.string('refusal');
        break;
      case 74:
        value.changes = own(value.changes);
        value.changes.push(reader.string('changes'));
        reader.count(value.changes.length, 'changes');
        break;
      default:
        unknown = reader.skip(tag, timelineLineFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type SnapshotRecordRecord =
  | { readonly kind: 'header'; readonly value: SnapshotHeader }
  | { readonly kind: 'row'; readonly value: Row }
  | { readonly kind: 'specRevision'; readonly value: SpecRevision }
  | { readonly kind: 'claim'; readonly value: SnapshotClaim }
  | { readonly kind: 'timeline'; readonly value: TimelineLine }
  | { readonly kind: 'end'; readonly value: SnapshotEnd }
  | { readonly kind: 'bucket'; readonly value: Bucket };

/** Pieces of a snapshot of the whole store, in this order: header, rows, claims, timeline, end. */
export interface SnapshotRecord {
  readonly record: SnapshotRecordRecord | undefined;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SnapshotRecord of `fields`, with defaults for the rest. */
export function newSnapshotRecord(fields: Partial<SnapshotRecord> = {}): SnapshotRecord {
  const value: SnapshotRecord = {
    record: fields.record,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSnapshotRecord(value: SnapshotRecord): Uint8Array {
  const writer = new Writer();
  writeSnapshotRecord(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSnapshotRecord(bytes: Uint8Array): SnapshotRecord {
  return readSnapshotRecord(new Reader(bytes, 'SnapshotRecord'));
}

export function writeSnapshotRecord(writer: Writer, value: SnapshotRecord): void {
  switch (value.record?.kind) {
    case 'header': {
      const mark = writer.begin(10);
      writeSnapshotHeader(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'row': {
      const mark = writer.begin(18);
      writeRow(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'specRevision': {
      const mark = writer.begin(26);
      writeSpecRevision(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'claim': {
      const mark = writer.begin(34);
      writeSnapshotClaim(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'timeline': {
      const mark = writer.begin(42);
      writeTimelineLine(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'end': {
      const mark = writer.begin(50);
      writeSnapshotEnd(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case 'bucket': {
      const mark = writer.begin(58);
      writeBucket(writer, value.record.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const snapshotRecordFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

export function readSnapshotRecord(reader: Reader): SnapshotRecord {
  const value: Draft<SnapshotRecord> = {
    record: undefined,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('header');
        value.record = { kind: 'header', value: readSnapshotHeader(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('row');
        value.record = { kind: 'row', value: readRow(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('specRevision');
        value.record = { kind: 'specRevision', value: readSpecRevision(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('claim');
        value.record = { kind: 'claim', value: readSnapshotClaim(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('timeline');
        value.record = { kind: 'timeline', value: readTimelineLine(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 50: {
        const outerEnd = reader.enter('end');
        value.record = { kind: 'end', value: readSnapshotEnd(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 58: {
        const outerEnd = reader.enter('bucket');
        value.record = { kind: 'bucket', value: readBucket(reader) };
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, snapshotRecordFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface SnapshotHeader {
  readonly format: number;
  readonly revision: number;
  readonly clusterMs: number;
  readonly level: number;
  readonly index: number;
  readonly term: number;
  /** Sum over all outcomes up to `index`. */
  readonly outcomeSum: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SnapshotHeader of `fields`, with defaults for the rest. */
export function newSnapshotHeader(fields: Partial<SnapshotHeader> = {}): SnapshotHeader {
  const value: SnapshotHeader = {
    format: fields.format ?? 0,
    revision: fields.revision ?? 0,
    clusterMs: fields.clusterMs ?? 0,
    level: fields.level ?? 0,
    index: fields.index ?? 0,
    term: fields.term ?? 0,
    outcomeSum: fields.outcomeSum ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSnapshotHeader(value: SnapshotHeader): Uint8Array {
  const writer = new Writer();
  writeSnapshotHeader(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSnapshotHeader(bytes: Uint8Array): SnapshotHeader {
  return readSnapshotHeader(new Reader(bytes, 'SnapshotHeader'));
}

export function writeSnapshotHeader(writer: Writer, value: SnapshotHeader): void {
  if (value.format !== 0) writer.uint32(8, value.format, 'SnapshotHeader.format');
  if (value.revision !== 0) writer.uint64(16, value.revision, 'SnapshotHeader.revision');
  if (value.clusterMs !== 0) writer.uint64(24, value.clusterMs, 'SnapshotHeader.clusterMs');
  if (value.level !== 0) writer.uint32(32, value.level, 'SnapshotHeader.level');
  if (value.index !== 0) writer.uint64(40, value.index, 'SnapshotHeader.index');
  if (value.term !== 0) writer.uint64(48, value.term, 'SnapshotHeader.term');
  if (value.outcomeSum !== 0) writer.uint32(56, value.outcomeSum, 'SnapshotHeader.outcomeSum');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const snapshotHeaderFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

export function readSnapshotHeader(reader: Reader): SnapshotHeader {
  const value: Draft<SnapshotHeader> = {
    format: 0,
    revision: 0,
    clusterMs: 0,
    level: 0,
    index: 0,
    term: 0,
    outcomeSum: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.format = reader.uint32('format');
        break;
      case 16:
        value.revision = reader.uint64('revision');
        break;
      case 24:
        value.clusterMs = reader.uint64('clusterMs');
        break;
      case 32:
        value.level = reader.uint32('level');
        break;
      case 40:
        value.index = reader.uint64('index');
        break;
      case 48:
        value.term = reader.uint64('term');
        break;
      case 56:
        value.outcomeSum = reader.uint32('outcomeSum');
        break;
      default:
        unknown = reader.skip(tag, snapshotHeaderFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export type RowObject =
  | { readonly kind: 'cluster'; readonly value: Cluster }
  | { readonly kind: 'node'; readonly value: Node }
  | { readonly kind: 'service'; readonly value: Service }
  | { readonly kind: 'task'; readonly value: Task }
  | { readonly kind: 'network'; readonly value: Network }
  | { readonly kind: 'authority'; readonly value: Authority };

/** An object with the versions of its facets. */
export interface Row {
  readonly object: RowObject | undefined;
  readonly versions: readonly FacetVersion[];
  /** Cluster time of the last change of any facet. */
  readonly updatedAtMs: number;
  readonly previousSpecVersion: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Row of `fields`, with defaults for the rest. */
export function newRow(fields: Partial<Row> = {}): Row {
  const value: Row = {
    object: fields.object,
    versions: fields.versions ?? noItems,
    updatedAtMs: fields.updatedAtMs ?? 0,
    previousSpecVersion: fields.previousSpecVersion ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeRow(value: Row): Uint8Array {
  const writer = new Writer();
  writeRow(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeRow(bytes: Uint8Array): Row {
  return readRow(new Reader(bytes, 'Row'));
}

export function writeRow(writer: Writer, value: Row): void {
  switch (value.object?.kind) {
    case 'cluster': {
      const mark = writer.begin(10);
      writeCluster(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'node': {
      const mark = writer.begin(18);
      writeNode(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'service': {
      const mark = writer.begin(26);
      writeService(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'task': {
      const mark = writer.begin(34);
      writeTask(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'network': {
      const mark = writer.begin(42);
      writeNetwork(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case 'authority': {
      const mark = writer.begin(50);
      writeAuthority(writer, value.object.value);
      writer.finish(mark);
      break;
    }
    case undefined:
      break;
  }
  for (const item of value.versions) {
    const mark = writer.begin(58);
    writeFacetVersion(writer, item);
    writer.finish(mark);
  }
  if (value.updatedAtMs !== 0) writer.uint64(64, value.updatedAtMs, 'Row.updatedAtMs');
  if (value.previousSpecVersion !== 0) writer.uint64(72, value.previousSpecVersion, 'Row.previousSpecVersion');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const rowFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export function readRow(reader: Reader): Row {
  const value: Draft<Row> = {
    object: undefined,
    versions: noItems,
    updatedAtMs: 0,
    previousSpecVersion: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('cluster');
        value.object = { kind: 'cluster', value: readCluster(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('node');
        value.object = { kind: 'node', value: readNode(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 26: {
        const outerEnd = reader.enter('service');
        value.object = { kind: 'service', value: readService(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 34: {
        const outerEnd = reader.enter('task');
        value.object = { kind: 'task', value: readTask(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('network');
        value.object = { kind: 'network', value: readNetwork(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 50: {
        const outerEnd = reader.enter('authority');
        value.object = { kind: 'authority', value: readAuthority(reader) };
        reader.leave(outerEnd);
        break;
      }
      case 58: {
        const outerEnd = reader.enter('versions');
        value.versions = own(value.versions);
        value.versions.push(readFacetVersion(reader));
        reader.count(value.versions.length, 'versions');
        reader.leave(outerEnd);
        break;
      }
      case 64:
        value.updatedAtMs = reader.uint64('updatedAtMs');
        break;
      case 72:
        value.previousSpecVersion = reader.uint64('previousSpecVersion');
        break;
      default:
        unknown = reader.skip(tag, rowFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface FacetVersion {
  readonly facet: Facet;
  readonly version: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A FacetVersion of `fields`, with defaults for the rest. */
export function newFacetVersion(fields: Partial<FacetVersion> = {}): FacetVersion {
  const value: FacetVersion = {
    facet: fields.facet ?? Facet.facetUnspecified,
    version: fields.version ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeFacetVersion(value: FacetVersion): Uint8Array {
  const writer = new Writer();
  writeFacetVersion(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeFacetVersion(bytes: Uint8Array): FacetVersion {
  return readFacetVersion(new Reader(bytes, 'FacetVersion'));
}

export function writeFacetVersion(writer: Writer, value: FacetVersion): void {
  if (value.facet !== Facet.facetUnspecified) writer.int32(8, value.facet, 'FacetVersion.facet');
  if (value.version !== 0) writer.uint64(16, value.version, 'FacetVersion.version');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const facetVersionFields: readonly number[] = [1, 2];

export function readFacetVersion(reader: Reader): FacetVersion {
  const value: Draft<FacetVersion> = {
    facet: Facet.facetUnspecified,
    version: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.facet = reader.int32('facet') as Facet;
        break;
      case 16:
        value.version = reader.uint64('version');
        break;
      default:
        unknown = reader.skip(tag, facetVersionFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface SpecRevision {
  readonly serviceId: string;
  readonly version: number;
  readonly spec: ServiceSpec | undefined;
  /** Cluster time at which it was written. */
  readonly writtenAtMs: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SpecRevision of `fields`, with defaults for the rest. */
export function newSpecRevision(fields: Partial<SpecRevision> = {}): SpecRevision {
  const value: SpecRevision = {
    serviceId: fields.serviceId ?? '',
    version: fields.version ?? 0,
    spec: fields.spec,
    writtenAtMs: fields.writtenAtMs ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSpecRevision(value: SpecRevision): Uint8Array {
  const writer = new Writer();
  writeSpecRevision(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSpecRevision(bytes: Uint8Array): SpecRevision {
  return readSpecRevision(new Reader(bytes, 'SpecRevision'));
}

export function writeSpecRevision(writer: Writer, value: SpecRevision): void {
  if (value.serviceId !== '') writer.string(10, value.serviceId);
  if (value.version !== 0) writer.uint64(16, value.version, 'SpecRevision.version');
  if (value.spec !== undefined) {
    const mark = writer.begin(26);
    writeServiceSpec(writer, value.spec);
    writer.finish(mark);
  }
  if (value.writtenAtMs !== 0) writer.uint64(32, value.writtenAtMs, 'SpecRevision.writtenAtMs');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const specRevisionFields: readonly number[] = [1, 2, 3, 4];

export function readSpecRevision(reader: Reader): SpecRevision {
  const value: Draft<SpecRevision> = {
    serviceId: '',
    version: 0,
    spec: undefined,
    writtenAtMs: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.serviceId = reader.string('serviceId');
        break;
      case 16:
        value.version = reader.uint64('version');
        break;
      case 26: {
        const outerEnd = reader.enter('spec');
        value.spec = readServiceSpec(reader);
        reader.leave(outerEnd);
        break;
      }
      case 32:
        value.writtenAtMs = reader.uint64('writtenAtMs');
        break;
      default:
        unknown = reader.skip(tag, specRevisionFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface SnapshotClaim {
  readonly space: string;
  readonly key: string;
  readonly owner: string;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SnapshotClaim of `fields`, with defaults for the rest. */
export function newSnapshotClaim(fields: Partial<SnapshotClaim> = {}): SnapshotClaim {
  const value: SnapshotClaim = {
    space: fields.space ?? '',
    key: fields.key ?? '',
    owner: fields.owner ?? '',
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSnapshotClaim(value: SnapshotClaim): Uint8Array {
  const writer = new Writer();
  writeSnapshotClaim(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSnapshotClaim(bytes: Uint8Array): SnapshotClaim {
  return readSnapshotClaim(new Reader(bytes, 'SnapshotClaim'));
}

export function writeSnapshotClaim(writer: Writer, value: SnapshotClaim): void {
  if (value.space !== '') writer.string(10, value.space);
  if (value.key !== '') writer.string(18, value.key);
  if (value.owner !== '') writer.string(26, value.owner);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const snapshotClaimFields: readonly number[] = [1, 2, 3];

export function readSnapshotClaim(reader: Reader): SnapshotClaim {
  const value: Draft<SnapshotClaim> = {
    space: '',
    key: '',
    owner: '',
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.space = reader.string('space');
        break;
      case 18:
        value.key = reader.string('key');
        break;
      case 26:
        value.owner = reader.string('owner');
        break;
      default:
        unknown = reader.skip(tag, snapshotClaimFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface Bucket {
  readonly table: Table;
  readonly name: string;
  readonly version: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A Bucket of `fields`, with defaults for the rest. */
export function newBucket(fields: Partial<Bucket> = {}): Bucket {
  const value: Bucket = {
    table: fields.table ?? Table.tableUnspecified,
    name: fields.name ?? '',
    version: fields.version ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeBucket(value: Bucket): Uint8Array {
  const writer = new Writer();
  writeBucket(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeBucket(bytes: Uint8Array): Bucket {
  return readBucket(new Reader(bytes, 'Bucket'));
}

export function writeBucket(writer: Writer, value: Bucket): void {
  if (value.table !== Table.tableUnspecified) writer.int32(8, value.table, 'Bucket.table');
  if (value.name !== '') writer.string(18, value.name);
  if (value.version !== 0) writer.uint64(24, value.version, 'Bucket.version');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const bucketFields: readonly number[] = [1, 2, 3];

export function readBucket(reader: Reader): Bucket {
  const value: Draft<Bucket> = {
    table: Table.tableUnspecified,
    name: '',
    version: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.table = reader.int32('table') as Table;
        break;
      case 18:
        value.name = reader.string('name');
        break;
      case 24:
        value.version = reader.uint64('version');
        break;
      default:
        unknown = reader.skip(tag, bucketFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface SnapshotEnd {
  readonly records: number;
  /** Hash of the state, to compare with other members. */
  readonly stateHash: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SnapshotEnd of `fields`, with defaults for the rest. */
export function newSnapshotEnd(fields: Partial<SnapshotEnd> = {}): SnapshotEnd {
  const value: SnapshotEnd = {
    records: fields.records ?? 0,
    stateHash: fields.stateHash ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSnapshotEnd(value: SnapshotEnd): Uint8Array {
  const writer = new Writer();
  writeSnapshotEnd(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSnapshotEnd(bytes: Uint8Array): SnapshotEnd {
  return readSnapshotEnd(new Reader(bytes, 'SnapshotEnd'));
}

export function writeSnapshotEnd(writer: Writer, value: SnapshotEnd): void {
  if (value.records !== 0) writer.uint64(8, value.records, 'SnapshotEnd.records');
  if (value.stateHash !== 0) writer.uint64(16, value.stateHash, 'SnapshotEnd.stateHash');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const snapshotEndFields: readonly number[] = [1, 2];

export function readSnapshotEnd(reader: Reader): SnapshotEnd {
  const value: Draft<SnapshotEnd> = {
    records: 0,
    stateHash: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.records = reader.uint64('records');
        break;
      case 16:
        value.stateHash = reader.uint64('stateHash');
        break;
      default:
        unknown = reader.skip(tag, snapshotEndFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}
