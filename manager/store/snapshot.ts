import { concatBytes } from '../../common/pure/bytes.ts';
import { limits } from '../../common/pure/limits.ts';
import {
  encodeSnapshotRecord,
  newSnapshotEnd,
  newSnapshotHeader,
  newSpecRevision,
} from '../../proto/gen/changeset.ts';
import type { SnapshotHeader, SnapshotRecordRecord } from '../../proto/gen/changeset.ts';
import { Table } from '../../proto/gen/objects.ts';
import { parseBucket } from './buckets.ts';
import { encodeRowRecord } from './row-codec.ts';
import type { TypedRow } from './row-codec.ts';
import type { AppliedPoint, BucketRow, State } from './state.ts';
import { StateHash } from './state-hash.ts';
import type { Store } from './store.ts';

/** Format of the records; a higher one is for newer versions only. */
export const snapshotFormat = 1;

type Content = Exclude<SnapshotRecordRecord, { readonly kind: 'header' | 'end' }>;

/**
 * The whole store at one revision, to be encoded little by little while the store goes on.
 *
 * The bytes are records, each with its length (varint) before it: header, spec revisions, rows, claims, buckets, timeline, end.
 */
export class SnapshotCut {
  /** The entry that the snapshot includes last. */
  readonly applied: AppliedPoint;
  readonly #header: SnapshotHeader;
  readonly #content: ContentCut;
  readonly #hash = new StateHash();
  #records = 0;
  #stage: 'header' | 'content' | 'done' = 'header';

  constructor(state: State) {
    const { revision, clusterMs, level, applied, outcomeSum } = state;
    this.applied = applied;
    this.#header = newSnapshotHeader({
      format: snapshotFormat,
      revision,
      clusterMs,
      level,
      index: applied.index,
      term: applied.term,
      outcomeSum,
    });
    this.#content = cutContent(state);
  }

  /** True when `encodeSlice` has given everything. */
  get isDone(): boolean {
    return this.#stage === 'done';
  }

  /** The next records, at most `records` of them, and a bounded number of bytes. */
  encodeSlice(records: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    while (parts.length < records * 2 && bytes < limits.snapshotSliceBytes && !this.isDone) {
      const record = this.#next();
      parts.push(varint(record.length), record);
      bytes += record.length;
    }
    return concatBytes(parts);
  }

  /** Ends it: the store keeps nothing for it any more. Not needed once it is done; twice is harmless. */
  close(): void {
    this.#content.close();
  }

  /** The bytes of the next record. */
  #next(): Uint8Array {
    if (this.#stage === 'header') {
      this.#stage = 'content';
      this.#hash.add(hashedHeader(this.#header));
      return encodeSnapshotRecord({ record: { kind: 'header', value: this.#header } });
    }
    const next = this.#content.records.next();
    if (next.done !== true) {
      this.#records += 1;
      const bytes = encodeSnapshotRecord({ record: next.value });
      hashContent(this.#hash, next.value.kind, bytes);
      return bytes;
    }
    this.#stage = 'done';
    const end = newSnapshotEnd({ records: this.#records, stateHash: this.#hash.value() });
    return encodeSnapshotRecord({ record: { kind: 'end', value: end } });
  }
}

/** Cuts a snapshot of `store` as it is now: what it holds is copied when its turn comes, or just before it changes. */
export function cutSnapshot(store: Store): SnapshotCut {
  return new SnapshotCut(store.state);
}

/** Hash of the whole state of `store`: equal on all members after the same entry. Takes as long as a snapshot. */
export function stateHash(store: Store): number {
  const hash = new StateHash();
  const { revision, clusterMs, level } = store.view;
  hash.add(hashedHeader(newSnapshotHeader({ revision, clusterMs, level })));
  for (const record of cutContent(store.state).records) {
    hashContent(hash, record.kind, encodeSnapshotRecord({ record }));
  }
  return hash.value();
}

/** Adds the bytes of one record of `kind` to the hash of the state. */
export function hashContent(hash: StateHash, kind: Content['kind'], bytes: Uint8Array): void {
  if (kind === 'timeline') hash.addInOrder(bytes);
  else hash.add(bytes);
}

/** The bytes that stand for the header in the hash: entries that change nothing have an index too, so it is left out. */
export function hashedHeader({ revision, clusterMs, level }: SnapshotHeader): Uint8Array {
  const value = newSnapshotHeader({ revision, clusterMs, level });
  return encodeSnapshotRecord({ record: { kind: 'header', value } });
}

/** What a state holds at one moment, in the order of a snapshot. */
interface ContentCut {
  readonly records: Generator<Content, undefined>;
  readonly close: () => void;
}

/** Rows never change, lists that were handed out do not either: only tables and the index of tasks need a cut. */
function cutContent(state: State): ContentCut {
  const revisions = state.revisions.copy();
  const rows = plainRows(state);
  const tasks = state.cutTasks();
  const claims = state.claims.cut();
  const buckets = state.cutBuckets();
  const timeline = state.timeline.lines();
  const records = (function* content(): Generator<Content, undefined> {
    for (const row of revisions) {
      yield { kind: 'specRevision', value: newSpecRevision(row) };
    }
    for (const row of rows) yield { kind: 'row', value: encodeRowRecord(row) };
    for (const row of tasks.rows())
      yield { kind: 'row', value: encodeRowRecord({ kind: 'task', row }) };
    for (const space of claims) for (const value of space.rows()) yield { kind: 'claim', value };
    for (const bucket of buckets.rows()) yield { kind: 'bucket', value: bucketRecord(bucket) };
    for (const value of timeline) yield { kind: 'timeline', value };
    return undefined;
  })();
  const close = (): void => {
    for (const cut of [tasks, ...claims, buckets]) cut.close();
  };
  return { records, close };
}

/** Everything but tasks: its lists are taken now and read later. */
function plainRows(state: State): Iterable<TypedRow> {
  const cluster = state.cluster();
  const authority = state.authority();
  const [nodes, networks, services] = [state.nodes(), state.networks(), state.services()];
  return (function* rows(): Generator<TypedRow> {
    if (cluster !== undefined) yield { kind: 'cluster', row: cluster };
    if (authority !== undefined) yield { kind: 'authority', row: authority };
    for (const row of nodes) yield { kind: 'node', row };
    for (const row of networks) yield { kind: 'network', row };
    for (const row of services) yield { kind: 'service', row };
  })();
}

function bucketRecord(bucket: BucketRow): { table: Table; name: string; version: number } {
  const parsed = parseBucket(bucket.name);
  return { ...bucket, table: parsed?.kind === 'all' ? parsed.table : Table.tableUnspecified };
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Uint8Array.of(...bytes, rest);
}
