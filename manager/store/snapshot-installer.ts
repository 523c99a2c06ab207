import { concatBytes } from '../../common/pure/bytes.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { decodeSnapshotRecord } from '../../proto/gen/changeset.ts';
import type {
  Row,
  SnapshotEnd,
  SnapshotHeader,
  SnapshotRecord,
  SpecRevision,
} from '../../proto/gen/changeset.ts';
import { Table } from '../../proto/gen/objects.ts';
import { internTask } from './change-row.ts';
import type { RowChange } from './changes.ts';
import { failTooNew, newestLevel } from './levels.ts';
import { decodeRowRecord } from './row-codec.ts';
import type { TypedRow } from './row-codec.ts';
import type { SpecRevisionRow } from './rows.ts';
import { hashContent, hashedHeader, snapshotFormat } from './snapshot.ts';
import { State } from './state.ts';
import { shareTask } from './shared-task.ts';
import { StateHash } from './state-hash.ts';

/**
 * Reads a snapshot into a state of its own, little by little; `Store.replace` takes that when it is whole and its hash is right.
 *
 * Feed it the bytes in order, in pieces of any length, and `step` until there is nothing more to do.
 */
export class SnapshotInstaller {
  readonly #state = new State();
  readonly #hash = new StateHash();
  #header: SnapshotHeader | undefined;
  #end: SnapshotEnd | undefined;
  #records = 0;
  #bytes: Uint8Array = new Uint8Array();
  #position = 0;

  feed(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#bytes = concatBytes([this.#bytes.subarray(this.#position), bytes]);
    this.#position = 0;
  }

  /**
   * Decodes at most `records` of what was fed. True when whole records are left.
   *
   * @throws ShoalError `corrupt` when the bytes are no snapshot, `levelTooLow` when only a newer version can read it.
   */
  step(records: number): boolean {
    for (let count = 0; count < records; count += 1) {
      const bytes = this.#nextRecord();
      if (bytes === undefined) return false;
      this.#take(decodeSnapshotRecord(bytes), bytes);
    }
    return this.#peekLength() !== undefined;
  }

  /**
   * The state that was read.
   * @throws ShoalError `corrupt` when the snapshot is not whole, or not the one that was written.
   */
  finish(): State {
    const header = this.#header;
    const end = this.#end;
    if (header === undefined || end === undefined) return fail('snapshot ends too early');
    if (this.#position < this.#bytes.length) return fail('snapshot goes on after its end');
    if (end.records !== this.#records) return fail('snapshot lacks records');
    if (end.stateHash !== this.#hash.value()) return fail('snapshot has another hash than written');
    const state = this.#state;
    for (const service of state.services()) state.revisions.setExists(service.id, true);
    state.revision = header.revision;
    state.clusterMs = header.clusterMs;
    state.applied = { index: header.index, term: header.term };
    state.outcomeSum = header.outcomeSum;
    if (state.level !== header.level) return fail('snapshot has another level than its cluster');
    return state;
  }

  #nextRecord(): Uint8Array | undefined {
    const prefix = this.#peekLength();
    if (prefix === undefined) return undefined;
    const start = this.#position + prefix.bytes;
    this.#position = start + prefix.length;
    return this.#bytes.subarray(start, this.#position);
  }

  /** Length of the next record, and how many bytes say so; undefined when it is not all there. */
  #peekLength(): { readonly length: number; readonly bytes: number } | undefined {
    let length = 0;
    for (let bytes = 1; bytes <= 4; bytes += 1) {
      const byte = this.#bytes[this.#position + bytes - 1];
      if (byte === undefined) return undefined;
      length |= (byte & 0x7f) << (7 * (bytes - 1));
      if (byte >= 0x80) continue;
      if (length > limits.snapshotRecordBytes) return fail('record of a snapshot is too long');
      const isWhole = this.#position + bytes + length <= this.#bytes.length;
      return isWhole ? { length, bytes } : undefined;
    }
    return fail('record of a snapshot is too long');
  }

  #take({ record, unknown }: SnapshotRecord, bytes: Uint8Array): void {
    if (record === undefined) {
      return unknown === undefined ? fail('record of a snapshot is empty') : failTooNew('record');
    }
    if (record.kind === 'header') return this.#takeHeader(record.value);
    if (this.#header === undefined) return fail('snapshot does not begin with its header');
    if (this.#end !== undefined) return fail('snapshot goes on after its end');
    if (record.kind === 'end') {
      this.#end = record.value;
      return;
    }
    this.#records += 1;
    hashContent(this.#hash, record.kind, bytes);
    switch (record.kind) {
      case 'specRevision':
        this.#takeRevision(record.value);
        break;
      case 'row':
        this.#takeRow(record.value);
        break;
      case 'claim':
        this.#state.takeClaim(record.value);
        break;
      case 'bucket':
        this.#state.setBucket({ name: record.value.name, version: record.value.version });
        break;
      case 'timeline':
        this.#state.timeline.add(record.value);
        break;
    }
  }

  /** Revisions share what they have in common, as they do when they are written. */
  #takeRevision(record: SpecRevision): void {
    const row = revisionRow(record);
    const older = this.#state.revisions.list(row.serviceId).slice(-2);
    const spec = shareTask(
      row.spec,
      older.map((revision) => revision.spec),
    );
    this.#state.revisions.add({ ...row, spec });
  }

  #takeHeader(header: SnapshotHeader): void {
    if (this.#header !== undefined) fail('snapshot has two headers');
    if (header.format > snapshotFormat) failTooNew(`snapshot format ${header.format}`);
    if (header.level > newestLevel) failTooNew(`level ${header.level}`);
    this.#header = header;
    this.#hash.add(hashedHeader(header));
  }

  #takeRow(record: Row): void {
    const typed = decodeRowRecord(this.#interned(record), (serviceId, version) => {
      const revision = this.#state.revisions.get(asId<'service'>(serviceId), version);
      return revision ?? fail('snapshot lacks a spec revision');
    });
    if (typed === undefined) {
      return record.unknown === undefined ? fail('row of a snapshot is empty') : failTooNew('row');
    }
    this.#state.commitRow(creation(typed));
    if (typed.kind === 'task') this.#state.revisions.retain(typed.row.revision);
  }

  /** Tasks share the ids of their nodes and networks, whose rows came before them. */
  #interned(record: Row): Row {
    if (record.object?.kind !== 'task') return record;
    const value = internTask(this.#state, record.object.value);
    return { ...record, object: { kind: 'task', value } };
  }
}

function revisionRow(record: SpecRevision): SpecRevisionRow {
  const { serviceId, version, spec, writtenAtMs } = record;
  if (spec === undefined) return fail('spec revision of a snapshot is empty');
  return { serviceId: asId<'service'>(serviceId), version, spec, writtenAtMs };
}

function creation(typed: TypedRow): RowChange {
  const facts = { key: typed.row.id, before: undefined, facets: [] };
  switch (typed.kind) {
    case 'cluster':
      return { ...facts, table: Table.clusters, after: typed.row };
    case 'authority':
      return { ...facts, table: Table.authorities, after: typed.row };
    case 'node':
      return { ...facts, table: Table.nodes, after: typed.row };
    case 'network':
      return { ...facts, table: Table.networks, after: typed.row };
    case 'service':
      return { ...facts, table: Table.services, after: typed.row };
    case 'task':
      return { ...facts, table: Table.tasks, after: typed.row };
  }
}

function fail(message: string): never {
  throw new ShoalError('corrupt', message);
}
