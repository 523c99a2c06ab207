import type { Op } from '../../proto/gen/changeset.ts';
import type { Table } from '../../proto/gen/objects.ts';
import { changeRow, targetOf } from './change-row.ts';
import type { RowLookup } from './change-row.ts';
import type { AnyRow, RowChange, Stamp } from './changes.ts';
import { rowOf } from './row-access.ts';
import type { TaskRow } from './rows.ts';
import type { FacetKey } from './ops.ts';
import type { StoreView } from './view.ts';

/** One operation of a set in flight. */
interface PendingOp {
  readonly setId: string;
  readonly op: Op;
  readonly at: Stamp;
}

/** A row that sets in flight change. */
export interface PendingRow {
  readonly table: RowChange['table'];
  readonly key: string;
  readonly ops: PendingOp[];
  /** The row as it will be; undefined when it will not be there. */
  row: AnyRow | undefined;
  /** Of a task: where it stands or stood. */
  readonly scopes: Set<string>;
}

/** Rows that sets in flight change: each is the store's row with the operations of those sets done to it, in order. */
export class PendingRows {
  readonly #base: StoreView;
  readonly #lookup: RowLookup;
  readonly #rows = new Map<string, PendingRow>();
  readonly #byTable = new Map<Table, Set<PendingRow>>();
  /** Pending tasks by service, by slot and by node. */
  readonly #byScope = new Map<string, Set<PendingRow>>();

  constructor(base: StoreView, lookup: RowLookup) {
    this.#base = base;
    this.#lookup = lookup;
  }

  /** Adds the operations of one set. */
  add(setId: string, ops: readonly Op[], at: Stamp): void {
    for (const op of ops) {
      const target = targetOf(op);
      if (target === undefined) continue;
      const pending = this.#rowFor(target.table, target.key);
      pending.ops.push({ setId, op, at });
      this.#step(pending, op, at);
      this.#addScopes(pending);
    }
  }

  /** Takes the operations of one set away again; the store may have changed the same rows meanwhile. */
  remove(setId: string, ops: readonly Op[]): void {
    for (const op of ops) {
      const target = targetOf(op);
      const pending = target && this.#rows.get(nameOf(target.table, target.key));
      if (pending === undefined) continue;
      const left = pending.ops.filter((other) => other.setId !== setId);
      pending.ops.splice(0, pending.ops.length, ...left);
      if (left.length === 0) this.#drop(pending);
      else this.#refresh(pending);
    }
  }

  /** The store has changed the row. */
  touch(table: Table, key: string): void {
    const pending = this.#rows.get(nameOf(table, key));
    if (pending !== undefined) this.#refresh(pending);
  }

  /** The store may have changed every row. */
  touchAll(): void {
    for (const pending of this.#rows.values()) this.#refresh(pending);
  }

  /** The row of `table` with `key`, if a set in flight changes it. */
  get(table: Table, key: string): PendingRow | undefined {
    return this.#rows.get(nameOf(table, key));
  }

  /** True when a set in flight writes the facet, or makes or deletes its row. */
  touches({ table, key, facet }: FacetKey): boolean {
    const ops = this.#rows.get(nameOf(table, key))?.ops ?? [];
    return ops.some(({ op }) => op.op?.kind !== 'put' || op.op.value.facet === facet);
  }

  /** The set in flight that writes the facet last, of a row that was there before or by another set; undefined when none does. */
  writerOf({ table, key, facet }: FacetKey): string | undefined {
    const ops = this.#rows.get(nameOf(table, key))?.ops ?? [];
    return ops.findLast(({ op }) => op.op?.kind === 'put' && op.op.value.facet === facet)?.setId;
  }

  has(table: Table, key: string): boolean {
    return this.#rows.has(nameOf(table, key));
  }

  /** Rows of `table` that sets in flight change and that will be there. */
  present<Row extends AnyRow>(table: Table): Row[] {
    return rowsOf<Row>(this.#byTable.get(table));
  }

  /** Pending tasks of a service (`service/<id>`), of a slot (`service/<id>/<number>`) or on a node (`node/<id>`) that will be there. */
  tasksIn(scope: string): TaskRow[] {
    return rowsOf<TaskRow>(this.#byScope.get(scope));
  }

  /** True when a set in flight changes a task of the service, be it by deleting it. */
  touchesScope(scope: string): boolean {
    return this.#byScope.has(scope);
  }

  /** True when a set in flight changes a row of `table`, be it by deleting it. */
  touchesTable(table: Table): boolean {
    return this.#byTable.has(table);
  }

  #rowFor(table: PendingRow['table'], key: string): PendingRow {
    const name = nameOf(table, key);
    const found = this.#rows.get(name);
    if (found !== undefined) return found;
    const row = rowOf(this.#base, table, key);
    const made: PendingRow = { table, key, ops: [], row, scopes: new Set() };
    this.#rows.set(name, made);
    addTo(this.#byTable, table, made);
    this.#addScopes(made);
    return made;
  }

  /** Does all operations again, on the store's row as it is now. One that cannot be done any more is passed over. */
  #refresh(pending: PendingRow): void {
    pending.row = rowOf(this.#base, pending.table, pending.key);
    this.#addScopes(pending);
    for (const { op, at } of pending.ops) this.#step(pending, op, at);
    this.#addScopes(pending);
  }

  #step(pending: PendingRow, op: Op, at: Stamp): void {
    const step = changeRow(this.#lookup, op, pending.row, at);
    if (step.kind === 'row') pending.row = step.row;
  }

  /** A task's service never changes, its node only from none to one: a scope that was right once is kept until the end. */
  #addScopes(pending: PendingRow): void {
    const { row } = pending;
    if (row === undefined || !('slot' in row)) return;
    const service = `service/${row.serviceId}`;
    for (const scope of [service, `${service}/${row.slot}`, `node/${row.nodeId}`]) {
      pending.scopes.add(scope);
      addTo(this.#byScope, scope, pending);
    }
  }

  #drop(pending: PendingRow): void {
    this.#rows.delete(nameOf(pending.table, pending.key));
    removeFrom(this.#byTable, pending.table, pending);
    for (const scope of pending.scopes) removeFrom(this.#byScope, scope, pending);
  }
}

function rowsOf<Row extends AnyRow>(pending: ReadonlySet<PendingRow> | undefined): Row[] {
  const rows: Row[] = [];
  // All in one of these sets are of one table.
  for (const { row } of pending ?? []) if (row !== undefined) rows.push(row as Row);
  return rows;
}

function nameOf(table: Table, key: string): string {
  return `${table}/${key}`;
}

function addTo<Key>(sets: Map<Key, Set<PendingRow>>, key: Key, item: PendingRow): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([item]));
  else set.add(item);
}

function removeFrom<Key>(sets: Map<Key, Set<PendingRow>>, key: Key, item: PendingRow): void {
  const set = sets.get(key);
  set?.delete(item);
  if (set?.size === 0) sets.delete(key);
}
