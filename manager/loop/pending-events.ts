import { asId } from '../../common/pure/ids.ts';
import { unreachable } from '../../common/pure/invariant.ts';
import type { Claim, CreateObject, Op } from '../../proto/gen/changeset.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import type { StoreEvent } from '../store/events.ts';
import type { StoreView } from '../store/view.ts';

/** One row that an operation is about. */
export interface TouchedRow {
  readonly table: Table;
  readonly key: string;
  readonly facet: Facet;
}

/** The rows that operations touch, in their order. */
export function touchedRows(ops: readonly Op[]): readonly TouchedRow[] {
  return ops.map(touchedBy).filter((row) => row !== undefined);
}

function touchedBy({ op }: Op): TouchedRow | undefined {
  if (op === undefined || op.kind === 'put') return op?.value;
  if (op.kind === 'delete') return { ...op.value, facet: Facet.row };
  const { object } = op.value;
  if (object === undefined) return undefined;
  return { table: tableOf(object), key: object.value.id, facet: Facet.row };
}

function tableOf(object: CreateObject): Table {
  switch (object.kind) {
    case 'cluster':
      return Table.clusters;
    case 'node':
      return Table.nodes;
    case 'service':
      return Table.services;
    case 'task':
      return Table.tasks;
    case 'network':
      return Table.networks;
    case 'authority':
      return Table.authorities;
    default:
      return unreachable(object);
  }
}

/** The rows as the view has them now, undefined for those that are not there. */
export function rowsIn(view: StoreView, touched: readonly TouchedRow[]): (object | undefined)[] {
  return touched.map((row) => rowIn(view, row));
}

function rowIn(view: StoreView, { table, key }: TouchedRow): object | undefined {
  if (table === Table.tasks) return view.task(asId<'task'>(key));
  if (table === Table.services) return view.service(asId<'service'>(key));
  if (table === Table.networks) return view.network(asId<'network'>(key));
  return table === Table.nodes ? view.node(asId<'node'>(key)) : undefined;
}

/** What changed in the view for `touched` rows that were `before`. Rows that are as they were give no event. */
export function eventsSince(
  view: StoreView,
  touched: readonly TouchedRow[],
  before: readonly (object | undefined)[],
): readonly StoreEvent[] {
  return touched.flatMap(({ table, key, facet }, index) => {
    const old = before[index];
    const after = rowIn(view, { table, key, facet });
    if (after === old) return [];
    return [
      {
        revision: view.revision,
        table,
        key,
        kind: kindOf(old, after),
        facets: [facet],
        before: old,
        after,
      },
    ];
  });
}

/**
 * Tells of the tasks that hold what `claims` were about: a set in flight hid that, and their rows do not show it. Without a word about them
 * nobody would look at them again.
 */
export function holderEvents(view: StoreView, claims: readonly Claim[]): readonly StoreEvent[] {
  const owners = new Set(claims.map(({ space, key }) => view.claimOwner(space, key)));
  return [...owners].flatMap((owner) => {
    const row = owner === undefined ? undefined : view.task(asId<'task'>(owner));
    if (row === undefined) return [];
    const facets = [Facet.network];
    const { revision } = view;
    return [
      {
        revision,
        table: Table.tasks,
        key: row.id,
        kind: 'update',
        facets,
        before: row,
        after: row,
      },
    ];
  });
}

function kindOf(before: object | undefined, after: object | undefined): StoreEvent['kind'] {
  if (before === undefined) return 'create';
  return after === undefined ? 'delete' : 'update';
}
