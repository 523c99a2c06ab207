// Generated from proto/raft.proto by `npm run generate`: change that, not this.
import { type Draft, noBytes, noItems, own, Reader, Writer } from './wire.ts';

/** First message of every stream. */
export interface PeerHello {
  readonly raftId: number;
  readonly nodeId: string;
  /** host:port under which the sender's own consensus listens. */
  readonly address: string;
  /** Incarnation of the cluster that the sender belongs to. */
  readonly incarnation: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PeerHello of `fields`, with defaults for the rest. */
export function newPeerHello(fields: Partial<PeerHello> = {}): PeerHello {
  const value: PeerHello = {
    raftId: fields.raftId ?? 0,
    nodeId: fields.nodeId ?? '',
    address: fields.address ?? '',
    incarnation: fields.incarnation ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePeerHello(value: PeerHello): Uint8Array {
  const writer = new Writer();
  writePeerHello(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePeerHello(bytes: Uint8Array): PeerHello {
  return readPeerHello(new Reader(bytes, 'PeerHello'));
}

export function writePeerHello(writer: Writer, value: PeerHello): void {
  if (value.raftId !== 0) writer.uint64(8, value.raftId, 'PeerHello.raftId');
  if (value.nodeId !== '') writer.string(18, value.nodeId);
  if (value.address !== '') writer.string(26, value.address);
  if (value.incarnation !== 0) writer.uint64(32, value.incarnation, 'PeerHello.incarnation');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const peerHelloFields: readonly number[] = [1, 2, 3, 4];

export function readPeerHello(reader: Reader): PeerHello {
  const value: Draft<PeerHello> = {
    raftId: 0,
    nodeId: '',
    address: '',
    incarnation: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.raftId = reader.uint64('raftId');
        break;
      case 18:
        value.nodeId = reader.string('nodeId');
        break;
      case 26:
        value.address = reader.string('address');
        break;
      case 32:
        value.incarnation = reader.uint64('incarnation');
        break;
      default:
        unknown = reader.skip(tag, peerHelloFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Messages that left in one turn, in order. */
export interface PeerFrame {
  readonly hello: PeerHello | undefined;
  readonly messages: readonly PeerMessage[];
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PeerFrame of `fields`, with defaults for the rest. */
export function newPeerFrame(fields: Partial<PeerFrame> = {}): PeerFrame {
  const value: PeerFrame = {
    hello: fields.hello,
    messages: fields.messages ?? noItems,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePeerFrame(value: PeerFrame): Uint8Array {
  const writer = new Writer();
  writePeerFrame(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePeerFrame(bytes: Uint8Array): PeerFrame {
  return readPeerFrame(new Reader(bytes, 'PeerFrame'));
}

export function writePeerFrame(writer: Writer, value: PeerFrame): void {
  if (value.hello !== undefined) {
    const mark = writer.begin(10);
    writePeerHello(writer, value.hello);
    writer.finish(mark);
  }
  for (const item of value.messages) {
    const mark = writer.begin(18);
    writePeerMessage(writer, item);
    writer.finish(mark);
  }
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const peerFrameFields: readonly number[] = [1, 2];

export function readPeerFrame(reader: Reader): PeerFrame {
  const value: Draft<PeerFrame> = {
    hello: undefined,
    messages: noItems,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('hello');
        value.hello = readPeerHello(reader);
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('messages');
        value.messages = own(value.messages);
        value.messages.push(readPeerMessage(reader));
        reader.count(value.messages.length, 'messages');
        reader.leave(outerEnd);
        break;
      }
      default:
        unknown = reader.skip(tag, peerFrameFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** A snapshot: hello and message first, then pieces of its content. */
export interface SnapshotFrame {
  readonly hello: PeerHello | undefined;
  readonly message: PeerMessage | undefined;
  readonly data: Uint8Array;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A SnapshotFrame of `fields`, with defaults for the rest. */
export function newSnapshotFrame(fields: Partial<SnapshotFrame> = {}): SnapshotFrame {
  const value: SnapshotFrame = {
    hello: fields.hello,
    message: fields.message,
    data: fields.data ?? noBytes,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodeSnapshotFrame(value: SnapshotFrame): Uint8Array {
  const writer = new Writer();
  writeSnapshotFrame(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodeSnapshotFrame(bytes: Uint8Array): SnapshotFrame {
  return readSnapshotFrame(new Reader(bytes, 'SnapshotFrame'));
}

export function writeSnapshotFrame(writer: Writer, value: SnapshotFrame): void {
  if (value.hello !== undefined) {
    const mark = writer.begin(10);
    writePeerHello(writer, value.hello);
    writer.finish(mark);
  }
  if (value.message !== undefined) {
    const mark = writer.begin(18);
    writePeerMessage(writer, value.message);
    writer.finish(mark);
  }
  if (value.data.length > 0) writer.bytes(26, value.data);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const snapshotFrameFields: readonly number[] = [1, 2, 3];

export function readSnapshotFrame(reader: Reader): SnapshotFrame {
  const value: Draft<SnapshotFrame> = {
    hello: undefined,
    message: undefined,
    data: noBytes,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10: {
        const outerEnd = reader.enter('hello');
        value.hello = readPeerHello(reader);
        reader.leave(outerEnd);
        break;
      }
      case 18: {
        const outerEnd = reader.enter('message');
        value.message = readPeerMessage(reader);
        reader.leave(outerEnd);
        break;
      }
      case 26:
        value.data = reader.bytes('data');
        break;
      default:
        unknown = reader.skip(tag, snapshotFrameFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PeerAnswer {
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PeerAnswer of `fields`, with defaults for the rest. */
export function newPeerAnswer(fields: Partial<PeerAnswer> = {}): PeerAnswer {
  const value: PeerAnswer = {};
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePeerAnswer(value: PeerAnswer): Uint8Array {
  const writer = new Writer();
  writePeerAnswer(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePeerAnswer(bytes: Uint8Array): PeerAnswer {
  return readPeerAnswer(new Reader(bytes, 'PeerAnswer'));
}

export function writePeerAnswer(writer: Writer, value: PeerAnswer): void {
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const peerAnswerFields: readonly number[] = [];

export function readPeerAnswer(reader: Reader): PeerAnswer {
  const value: Draft<PeerAnswer> = {};
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    unknown = reader.skip(tag, peerAnswerFields, unknown);
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

/** Fields as in etcd's raft. */
export interface PeerMessage {
  /** Position in the list of message types. */
  readonly type: number;
  readonly to: number;
  readonly from: number;
  readonly term: number;
  readonly logTerm: number;
  readonly index: number;
  readonly entries: readonly PeerEntry[];
  readonly commit: number;
  readonly snapshot: PeerSnapshot | undefined;
  readonly reject: boolean;
  readonly rejectHint: number;
  readonly committed: PeerEntryId | undefined;
  readonly force: boolean;
  readonly context: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PeerMessage of `fields`, with defaults for the rest. */
export function newPeerMessage(fields: Partial<PeerMessage> = {}): PeerMessage {
  const value: PeerMessage = {
    type: fields.type ?? 0,
    to: fields.to ?? 0,
    from: fields.from ?? 0,
    term: fields.term ?? 0,
    logTerm: fields.logTerm ?? 0,
    index: fields.index ?? 0,
    entries: fields.entries ?? noItems,
    commit: fields.commit ?? 0,
    snapshot: fields.snapshot,
    reject: fields.reject ?? false,
    rejectHint: fields.rejectHint ?? 0,
    committed: fields.committed,
    force: fields.force ?? false,
    context: fields.context ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePeerMessage(value: PeerMessage): Uint8Array {
  const writer = new Writer();
  writePeerMessage(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePeerMessage(bytes: Uint8Array): PeerMessage {
  return readPeerMessage(new Reader(bytes, 'PeerMessage'));
}

export function writePeerMessage(writer: Writer, value: PeerMessage): void {
  if (value.type !== 0) writer.uint32(8, value.type, 'PeerMessage.type');
  if (value.to !== 0) writer.uint64(16, value.to, 'PeerMessage.to');
  if (value.from !== 0) writer.uint64(24, value.from, 'PeerMessage.from');
  if (value.term !== 0) writer.uint64(32, value.term, 'PeerMessage.term');
  if (value.logTerm !== 0) writer.uint64(40, value.logTerm, 'PeerMessage.logTerm');
  if (value.index !== 0) writer.uint64(48, value.index, 'PeerMessage.index');
  for (const item of value.entries) {
    const mark = writer.begin(58);
    writePeerEntry(writer, item);
    writer.finish(mark);
  }
  if (value.commit !== 0) writer.uint64(64, value.commit, 'PeerMessage.commit');
  if (value.snapshot !== undefined) {
    const mark = writer.begin(74);
    writePeerSnapshot(writer, value.snapshot);
    writer.finish(mark);
  }
  if (value.reject) writer.bool(80, value.reject);
  if (value.rejectHint !== 0) writer.uint64(88, value.rejectHint, 'PeerMessage.rejectHint');
  if (value.committed !== undefined) {
    const mark = writer.begin(98);
    writePeerEntryId(writer, value.committed);
    writer.finish(mark);
  }
  if (value.force) writer.bool(104, value.force);
  if (value.context !== 0) writer.uint64(112, value.context, 'PeerMessage.context');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const peerMessageFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

export function readPeerMessage(reader: Reader): PeerMessage {
  const value: Draft<PeerMessage> = {
    type: 0,
    to: 0,
    from: 0,
    term: 0,
    logTerm: 0,
    index: 0,
    entries: noItems,
    commit: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    committed: undefined,
    force: false,
    context: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.type = reader.uint32('type');
        break;
      case 16:
        value.to = reader.uint64('to');
        break;
      case 24:
        value.from = reader.uint64('from');
        break;
      case 32:
        value.term = reader.uint64('term');
        break;
      case 40:
        value.logTerm = reader.uint64('logTerm');
        break;
      case 48:
        value.index = reader.uint64('index');
        break;
      case 58: {
        const outerEnd = reader.enter('entries');
        value.entries = own(value.entries);
        value.entries.push(readPeerEntry(reader));
        reader.count(value.entries.length, 'entries');
        reader.leave(outerEnd);
        break;
      }
      case 64:
        value.commit = reader.uint64('commit');
        break;
      case 74: {
        const outerEnd = reader.enter('snapshot');
        value.snapshot = readPeerSnapshot(reader);
        reader.leave(outerEnd);
        break;
      }
      case 80:
        value.reject = reader.bool('reject');
        break;
      case 88:
        value.rejectHint = reader.uint64('rejectHint');
        break;
      case 98: {
        const outerEnd = reader.enter('committed');
        value.committed = readPeerEntryId(reader);
        reader.leave(outerEnd);
        break;
      }
      case 104:
        value.force = reader.bool('force');
        break;
      case 112:
        value.context = reader.uint64('context');
        break;
      default:
        unknown = reader.skip(tag, peerMessageFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PeerEntry {
  /** 0 = a command, 1 and 2 = a change of the group in the first or second form. */
  readonly type: number;
  readonly term: number;
  readonly index: number;
  readonly data: Uint8Array;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PeerEntry of `fields`, with defaults for the rest. */
export function newPeerEntry(fields: Partial<PeerEntry> = {}): PeerEntry {
  const value: PeerEntry = {
    type: fields.type ?? 0,
    term: fields.term ?? 0,
    index: fields.index ?? 0,
    data: fields.data ?? noBytes,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePeerEntry(value: PeerEntry): Uint8Array {
  const writer = new Writer();
  writePeerEntry(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePeerEntry(bytes: Uint8Array): PeerEntry {
  return readPeerEntry(new Reader(bytes, 'PeerEntry'));
}

export function writePeerEntry(writer: Writer, value: PeerEntry): void {
  if (value.type !== 0) writer.uint32(8, value.type, 'PeerEntry.type');
  if (value.term !== 0) writer.uint64(16, value.term, 'PeerEntry.term');
  if (value.index !== 0) writer.uint64(24, value.index, 'PeerEntry.index');
  if (value.data.length > 0) writer.bytes(34, value.data);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const peerEntryFields: readonly number[] = [1, 2, 3, 4];

export function readPeerEntry(reader: Reader): PeerEntry {
  const value: Draft<PeerEntry> = {
    type: 0,
    term: 0,
    index: 0,
    data: noBytes,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.type = reader.uint32('type');
        break;
      case 16:
        value.term = reader.uint64('term');
        break;
      case 24:
        value.index = reader.uint64('index');
        break;
      case 34:
        value.data = reader.bytes('data');
        break;
      default:
        unknown = reader.skip(tag, peerEntryFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PeerEntryId {
  readonly term: number;
  readonly index: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PeerEntryId of `fields`, with defaults for the rest. */
export function newPeerEntryId(fields: Partial<PeerEntryId> = {}): PeerEntryId {
  const value: PeerEntryId = {
    term: fields.term ?? 0,
    index: fields.index ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePeerEntryId(value: PeerEntryId): Uint8Array {
  const writer = new Writer();
  writePeerEntryId(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePeerEntryId(bytes: Uint8Array): PeerEntryId {
  return readPeerEntryId(new Reader(bytes, 'PeerEntryId'));
}

export function writePeerEntryId(writer: Writer, value: PeerEntryId): void {
  if (value.term !== 0) writer.uint64(8, value.term, 'PeerEntryId.term');
  if (value.index !== 0) writer.uint64(16, value.index, 'PeerEntryId.index');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const peerEntryIdFields: readonly number[] = [1, 2];

export function readPeerEntryId(reader: Reader): PeerEntryId {
  const value: Draft<PeerEntryId> = {
    term: 0,
    index: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.term = reader.uint64('term');
        break;
      case 16:
        value.index = reader.uint64('index');
        break;
      default:
        unknown = reader.skip(tag, peerEntryIdFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PeerSnapshot {
  readonly data: Uint8Array;
  readonly index: number;
  readonly term: number;
  readonly voters: readonly PeerId[];
  readonly learners: readonly PeerId[];
  readonly votersOutgoing: readonly PeerId[];
  readonly learnersNext: readonly PeerId[];
  readonly autoLeave: boolean;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PeerSnapshot of `fields`, with defaults for the rest. */
export function newPeerSnapshot(fields: Partial<PeerSnapshot> = {}): PeerSnapshot {
  const value: PeerSnapshot = {
    data: fields.data ?? noBytes,
    index: fields.index ?? 0,
    term: fields.term ?? 0,
    voters: fields.voters ?? noItems,
    learners: fields.learners ?? noItems,
    votersOutgoing: fields.votersOutgoing ?? noItems,
    learnersNext: fields.learnersNext ?? noItems,
    autoLeave: fields.autoLeave ?? false,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePeerSnapshot(value: PeerSnapshot): Uint8Array {
  const writer = new Writer();
  writePeerSnapshot(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePeerSnapshot(bytes: Uint8Array): PeerSnapshot {
  return readPeerSnapshot(new Reader(bytes, 'PeerSnapshot'));
}

export function writePeerSnapshot(writer: Writer, value: PeerSnapshot): void {
  if (value.data.length > 0) writer.bytes(10, value.data);
  if (value.index !== 0) writer.uint64(16, value.index, 'PeerSnapshot.index');
  if (value.term !== 0) writer.uint64(24, value.term, 'PeerSnapshot.term');
  for (const item of value.voters) {
    const mark = writer.begin(34);
    writePeerId(writer, item);
    writer.finish(mark);
  }
  for (const item of value.learners) {
    const mark = writer.begin(42);
    writePeerId(writer, item);
    writer.finish(mark);
  }
  for (const item of value.votersOutgoing) {
    const mark = writer.begin(50);
    writePeerId(writer, item);
    writer.finish(mark);
  }
  for (const item of value.learnersNext) {
    const mark = writer.begin(58);
    writePeerId(writer, item);
    writer.finish(mark);
  }
  if (value.autoLeave) writer.bool(64, value.autoLeave);
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const peerSnapshotFields: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8];

export function readPeerSnapshot(reader: Reader): PeerSnapshot {
  const value: Draft<PeerSnapshot> = {
    data: noBytes,
    index: 0,
    term: 0,
    voters: noItems,
    learners: noItems,
    votersOutgoing: noItems,
    learnersNext: noItems,
    autoLeave: false,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 10:
        value.data = reader.bytes('data');
        break;
      case 16:
        value.index = reader.uint64('index');
        break;
      case 24:
        value.term = reader.uint64('term');
        break;
      case 34: {
        const outerEnd = reader.enter('voters');
        value.voters = own(value.voters);
        value.voters.push(readPeerId(reader));
        reader.count(value.voters.length, 'voters');
        reader.leave(outerEnd);
        break;
      }
      case 42: {
        const outerEnd = reader.enter('learners');
        value.learners = own(value.learners);
        value.learners.push(readPeerId(reader));
        reader.count(value.learners.length, 'learners');
        reader.leave(outerEnd);
        break;
      }
      case 50: {
        const outerEnd = reader.enter('votersOutgoing');
        value.votersOutgoing = own(value.votersOutgoing);
        value.votersOutgoing.push(readPeerId(reader));
        reader.count(value.votersOutgoing.length, 'votersOutgoing');
        reader.leave(outerEnd);
        break;
      }
      case 58: {
        const outerEnd = reader.enter('learnersNext');
        value.learnersNext = own(value.learnersNext);
        value.learnersNext.push(readPeerId(reader));
        reader.count(value.learnersNext.length, 'learnersNext');
        reader.leave(outerEnd);
        break;
      }
      case 64:
        value.autoLeave = reader.bool('autoLeave');
        break;
      default:
        unknown = reader.skip(tag, peerSnapshotFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}

export interface PeerId {
  readonly id: number;
  /** Fields that this version does not know, as they came. */
  readonly unknown?: Uint8Array;
}

/** A PeerId of `fields`, with defaults for the rest. */
export function newPeerId(fields: Partial<PeerId> = {}): PeerId {
  const value: PeerId = {
    id: fields.id ?? 0,
  };
  return fields.unknown === undefined ? value : { ...value, unknown: fields.unknown };
}

/** @throws ShoalError `invalidArgument` naming the field whose number does not fit. */
export function encodePeerId(value: PeerId): Uint8Array {
  const writer = new Writer();
  writePeerId(writer, value);
  return writer.take();
}

/** @throws ShoalError `corrupt` with the path of the field that is malformed. */
export function decodePeerId(bytes: Uint8Array): PeerId {
  return readPeerId(new Reader(bytes, 'PeerId'));
}

export function writePeerId(writer: Writer, value: PeerId): void {
  if (value.id !== 0) writer.uint64(8, value.id, 'PeerId.id');
  if (value.unknown !== undefined) writer.raw(value.unknown);
}

const peerIdFields: readonly number[] = [1];

export function readPeerId(reader: Reader): PeerId {
  const value: Draft<PeerId> = {
    id: 0,
  };
  let unknown: number[] | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 8:
        value.id = reader.uint64('id');
        break;
      default:
        unknown = reader.skip(tag, peerIdFields, unknown);
    }
  }
  if (unknown !== undefined) value.unknown = reader.collect(unknown);
  return value;
}
