import { invariant } from '../../../common/pure/invariant.ts';
import type { Entry, EntryType } from '../../raft/entry.ts';
import type { ConfState, HardState } from '../../raft/snapshot.ts';
import { digestBytes, keyIdBytes, nonceBytes } from './cipher.ts';
import { FrameType, type FrameTypeCode } from './frame.ts';
import { readU64, viewOf, writeU64 } from './numbers.ts';

/** What a snapshot's plain content is: its length and its digest. */
export interface SnapshotContent {
  readonly bytes: number;
  readonly sha256: Uint8Array;
}

/** Names a snapshot file that is durable: state up to `index`. */
export interface SnapshotMark extends SnapshotContent {
  readonly index: number;
  readonly term: number;
  /** Who belonged to the group at `index`; absent: just those who voted when the log was begun. */
  readonly confState?: ConfState;
  /** True where the snapshot came from another member: the log begins anew behind it. Only with `confState`. */
  readonly isInstalled?: true;
}

/** Whose log it is, and who votes. Raft ids are 48 bits. */
export interface LogIdentity {
  readonly clusterId: string;
  readonly memberId: number;
  readonly voters: readonly number[];
}

/** One opening of the log: the first nonce that it uses, and with which key. */
export interface KeyEpoch {
  readonly firstNonce: Uint8Array;
  readonly keyId: Uint8Array;
}

/** What one frame carries. Entries of a batch follow each other without a gap. */
export type LogRecord =
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  | { readonly kind: 'hardState'; readonly state: HardState }
  | { readonly kind: 'snapshotMark'; readonly mark: SnapshotMark }
  | { readonly kind: 'identity'; readonly identity: LogIdentity }
  | { readonly kind: 'keyEpoch'; readonly epoch: KeyEpoch };

/** A record as its frame holds it, before the seal. */
export interface PlainFrame {
  readonly type: FrameTypeCode;
  readonly index: number;
  readonly term: number;
  readonly payload: Uint8Array;
}

const entryHeaderBytes = 16;
/** Bytes of a mark without a configuration. */
const markBytes = 8 + digestBytes;
const flag = { autoLeave: 1, isInstalled: 2 } as const;
/** Their positions are the codes in the file. */
const entryTypes: readonly EntryType[] = ['EntryNormal', 'EntryConfChangeV2', 'EntryConfChange'];

/** Bytes that an entry takes within its batch. */
function entryBytes(entry: Entry): number {
  return entryHeaderBytes + entry.data.length;
}

/** Bytes that a record takes in the log at most, whatever it is grouped with. */
export function recordBytes(record: LogRecord): number {
  if (record.kind === 'snapshotMark') return 512 + confStateBytes(record.mark.confState);
  if (record.kind !== 'entries') return 512;
  return record.entries.reduce((sum, entry) => sum + entryBytes(entry), 128);
}

export function encodeRecord(record: LogRecord): PlainFrame {
  switch (record.kind) {
    case 'entries':
      return encodeEntries(record.entries);
    case 'hardState':
      return encodeHardState(record.state);
    case 'snapshotMark':
      return encodeMark(record.mark);
    case 'identity':
      return {
        type: FrameType.identity,
        index: 0,
        term: 0,
        payload: encodeIdentity(record.identity),
      };
    case 'keyEpoch':
      return { type: FrameType.keyEpoch, index: 0, term: 0, payload: encodeEpoch(record.epoch) };
  }
}

/** The record of a frame; undefined when its payload does not have the form of its type. */
export function decodeRecord(frame: PlainFrame): LogRecord | undefined {
  switch (frame.type) {
    case FrameType.entries:
      return decodeEntries(frame);
    case FrameType.hardState:
      return decodeHardState(frame);
    case FrameType.snapshotMark:
      return decodeMark(frame);
    case FrameType.identity:
      return decodeIdentity(frame.payload);
    case FrameType.keyEpoch:
      return decodeEpoch(frame.payload);
  }
}

function encodeEntries(entries: readonly Entry[]): PlainFrame {
  const first = entries[0];
  invariant(first !== undefined, 'a batch has entries');
  const payload = new Uint8Array(entries.reduce((sum, entry) => sum + entryBytes(entry), 4));
  const view = viewOf(payload);
  view.setUint32(0, entries.length, true);
  let offset = 4;
  for (const [position, entry] of entries.entries()) {
    invariant(entry.index === first.index + position, 'entries of a batch follow each other');
    writeU64(view, offset, entry.term);
    view.setUint8(offset + 8, entryTypes.indexOf(entry.type));
    view.setUint32(offset + 12, entry.data.length, true);
    payload.set(entry.data, offset + entryHeaderBytes);
    offset += entryBytes(entry);
  }
  return { type: FrameType.entries, index: first.index, term: first.term, payload };
}

function decodeEntries(frame: PlainFrame): LogRecord | undefined {
  const { payload } = frame;
  if (payload.length < 4) return undefined;
  const view = viewOf(payload);
  const count = view.getUint32(0, true);
  const entries: Entry[] = [];
  let offset = 4;
  for (let position = 0; position < count; position += 1) {
    if (offset + entryHeaderBytes > payload.length) return undefined;
    const term = readU64(view, offset);
    const type = entryTypes[view.getUint8(offset + 8)];
    const start = offset + entryHeaderBytes;
    offset = start + view.getUint32(offset + 12, true);
    if (term === undefined || type === undefined || offset > payload.length) return undefined;
    entries.push({
      index: frame.index + position,
      term,
      type,
      data: payload.slice(start, offset),
    });
  }
  const isWhole = offset === payload.length && entries[0]?.term === frame.term;
  return isWhole ? { kind: 'entries', entries } : undefined;
}

function encodeHardState(state: HardState): PlainFrame {
  const payload = new Uint8Array(8);
  writeU64(viewOf(payload), 0, state.vote);
  return { type: FrameType.hardState, index: state.commit, term: state.term, payload };
}

function decodeHardState(frame: PlainFrame): LogRecord | undefined {
  if (frame.payload.length !== 8) return undefined;
  const vote = readU64(viewOf(frame.payload), 0);
  if (vote === undefined) return undefined;
  return { kind: 'hardState', state: { term: frame.term, vote, commit: frame.index } };
}

function encodeMark(mark: SnapshotMark): PlainFrame {
  invariant(mark.sha256.length === digestBytes, 'a digest has 32 bytes');
  const payload = new Uint8Array(markBytes + confStateBytes(mark.confState));
  writeU64(viewOf(payload), 0, mark.bytes);
  payload.set(mark.sha256, 8);
  invariant(
    mark.confState !== undefined || mark.isInstalled !== true,
    'a snapshot of another member tells who belongs to the group',
  );
  if (mark.confState !== undefined) {
    encodeConfState(payload, mark.confState);
    const flags =
      (mark.confState.autoLeave ? flag.autoLeave : 0) | (mark.isInstalled ? flag.isInstalled : 0);
    payload[markBytes] = flags;
  }
  return { type: FrameType.snapshotMark, index: mark.index, term: mark.term, payload };
}

function decodeMark(frame: PlainFrame): LogRecord | undefined {
  const { index, term, payload } = frame;
  if (payload.length < markBytes) return undefined;
  const bytes = readU64(viewOf(payload), 0);
  if (bytes === undefined) return undefined;
  const mark = { index, term, bytes, sha256: payload.slice(8, markBytes) };
  if (payload.length === markBytes) return { kind: 'snapshotMark', mark };
  const flags = payload[markBytes] ?? 0;
  const autoLeave = (flags & flag.autoLeave) !== 0;
  const lists = decodeLists(payload);
  if (lists === undefined || flags > flag.autoLeave + flag.isInstalled) return undefined;
  const confState: ConfState = { ...lists, autoLeave };
  const isInstalled = (flags & flag.isInstalled) !== 0;
  const installed = isInstalled ? { isInstalled } : {};
  return { kind: 'snapshotMark', mark: { ...mark, confState, ...installed } };
}

function confStateBytes(confState: ConfState | undefined): number {
  if (confState === undefined) return 0;
  return listsOf(confState).reduce((sum, list) => sum + 2 + 8 * list.length, 1);
}

function listsOf(confState: ConfState): readonly (readonly number[])[] {
  const { voters, learners, votersOutgoing, learnersNext } = confState;
  return [voters, learners, votersOutgoing, learnersNext];
}

/** Behind the mark: a byte of flags, then four lists, each its length and its ids. */
function encodeConfState(payload: Uint8Array, confState: ConfState): void {
  const view = viewOf(payload);
  let offset = markBytes + 1;
  for (const list of listsOf(confState)) {
    view.setUint16(offset, list.length, true);
    for (const [position, id] of list.entries()) writeU64(view, offset + 2 + 8 * position, id);
    offset += 2 + 8 * list.length;
  }
}

function decodeLists(payload: Uint8Array): Omit<ConfState, 'autoLeave'> | undefined {
  const view = viewOf(payload);
  const lists: number[][] = [];
  let offset = markBytes + 1;
  for (let list = 0; list < 4; list += 1) {
    const ids = decodeIds(view, offset);
    if (ids === undefined) return undefined;
    lists.push(ids);
    offset += 2 + 8 * ids.length;
  }
  if (offset !== payload.length) return undefined;
  const [voters = [], learners = [], votersOutgoing = [], learnersNext = []] = lists;
  return { voters, learners, votersOutgoing, learnersNext };
}

function decodeIds(view: DataView, offset: number): number[] | undefined {
  if (offset + 2 > view.byteLength) return undefined;
  const count = view.getUint16(offset, true);
  if (offset + 2 + 8 * count > view.byteLength) return undefined;
  const ids: number[] = [];
  for (let position = 0; position < count; position += 1) {
    const id = readU64(view, offset + 2 + 8 * position);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return ids;
}

function encodeIdentity(identity: LogIdentity): Uint8Array {
  const name = new TextEncoder().encode(identity.clusterId);
  const payload = new Uint8Array(12 + name.length + 8 * identity.voters.length);
  const view = viewOf(payload);
  writeU64(view, 0, identity.memberId);
  view.setUint16(8, name.length, true);
  view.setUint16(10, identity.voters.length, true);
  payload.set(name, 12);
  for (const [position, voter] of identity.voters.entries()) {
    writeU64(view, 12 + name.length + 8 * position, voter);
  }
  return payload;
}

function decodeIdentity(payload: Uint8Array): LogRecord | undefined {
  if (payload.length < 12) return undefined;
  const view = viewOf(payload);
  const memberId = readU64(view, 0);
  const nameEnd = 12 + view.getUint16(8, true);
  const count = view.getUint16(10, true);
  if (memberId === undefined || payload.length !== nameEnd + 8 * count) return undefined;
  const voters: number[] = [];
  for (let position = 0; position < count; position += 1) {
    const voter = readU64(view, nameEnd + 8 * position);
    if (voter === undefined) return undefined;
    voters.push(voter);
  }
  const clusterId = new TextDecoder().decode(payload.subarray(12, nameEnd));
  return { kind: 'identity', identity: { clusterId, memberId, voters } };
}

function encodeEpoch(epoch: KeyEpoch): Uint8Array {
  invariant(epoch.keyId.length === keyIdBytes, 'a key id has 8 bytes');
  const payload = new Uint8Array(nonceBytes + keyIdBytes);
  payload.set(epoch.firstNonce, 0);
  payload.set(epoch.keyId, nonceBytes);
  return payload;
}

function decodeEpoch(payload: Uint8Array): LogRecord | undefined {
  if (payload.length !== nonceBytes + keyIdBytes) return undefined;
  const epoch = { firstNonce: payload.slice(0, nonceBytes), keyId: payload.slice(nonceBytes) };
  return { kind: 'keyEpoch', epoch };
}
