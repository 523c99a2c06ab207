import { asId } from '../../common/pure/ids.ts';
import type { ServiceId } from '../../common/pure/ids.ts';
import type { Create, CreateObject, Op, Put } from '../../proto/gen/changeset.ts';
import { Facet, Table, newTaskAddress } from '../../proto/gen/objects.ts';
import type { Task, TaskAddress } from '../../proto/gen/objects.ts';
import type { AnyRow, RowChange, Stamp } from './changes.ts';
import { createRow } from './create-row.ts';
import { putFacet } from './put-facet.ts';
import type { Refusal } from './refusal.ts';
import { facetVersion } from './row-access.ts';
import type { SpecRevisionRow } from './rows.ts';
import { createTask } from './task-row.ts';

/** What an operation looks up beside its own row. */
export interface RowLookup {
  row(table: Table, key: string): AnyRow | undefined;
  /** The row of a table that holds at most one: clusters, authorities. */
  only(table: Table): AnyRow | undefined;
  specRevision(id: ServiceId, version: number): SpecRevisionRow | undefined;
}

/** A row as one operation leaves it (undefined = deleted), with the facets that it wrote; or why it cannot be done. */
export type RowStep =
  | {
      readonly kind: 'row';
      readonly row: AnyRow | undefined;
      readonly facets: readonly Facet[];
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

interface Target {
  readonly table: RowChange['table'];
  readonly key: string;
}

/** The row that an operation is about; undefined when it names none. */
export function targetOf({ op }: Op): Target | undefined {
  if (op?.kind === 'create') {
    const { object } = op.value;
    return object && target(tableOf[object.kind], object.value.id);
  }
  return op && target(op.value.table, op.value.key);
}

function target(table: Table, key: string): Target | undefined {
  return table === Table.tableUnspecified || key === '' ? undefined : { table, key };
}

/** Does one operation to `row`, its target as it is. */
export function changeRow(lookup: RowLookup, op: Op, row: AnyRow | undefined, at: Stamp): RowStep {
  switch (op.op?.kind) {
    case 'create':
      return create(lookup, op.op.value, row, at);
    case 'delete':
      return row === undefined ? missing(op.op.value) : done(undefined, [Facet.row]);
    case 'put':
      return row === undefined ? missing(op.op.value) : put(lookup, op.op.value, row, at);
    case undefined:
      return invalid('an operation is empty');
  }
}

function create(
  lookup: RowLookup,
  { object }: Create,
  existing: AnyRow | undefined,
  at: Stamp,
): RowStep {
  if (object === undefined) return invalid('a create has no object');
  const table = tableOf[object.kind];
  const key = object.value.id;
  if (existing !== undefined || hasOther(lookup, table)) {
    return { kind: 'refused', refusal: { kind: 'exists', table, key } };
  }
  if (object.kind === 'task') return createTaskRow(lookup, object.value, at);
  return created(createRow(object, at), table);
}

/** A store holds one cluster: another one would be a second truth. */
function hasOther(lookup: RowLookup, table: Table): boolean {
  if (table !== Table.clusters && table !== Table.authorities) return false;
  return lookup.only(table) !== undefined;
}

function created(row: AnyRow | string, table: Table): RowStep {
  if (typeof row === 'string') return invalid(row);
  const facets = allFacets.filter((facet) => (facetVersion(row, table, facet) ?? 0) > 0);
  return done(row, [Facet.row, ...facets]);
}

function createTaskRow(lookup: RowLookup, object: Task, at: Stamp): RowStep {
  const revision = revisionFor(lookup, object);
  if (revision === undefined) return missing({ table: Table.services, key: object.serviceId });
  return created(createTask(internTask(lookup, object), revision, at), Table.tasks);
}

/** Puts ids that rows already hold in place of equal text that was decoded: a million tasks share one string a node. */
export function internTask(lookup: Pick<RowLookup, 'row'>, task: Task): Task {
  const { placement, network } = task;
  return {
    ...task,
    placement: placement && { ...placement, nodeId: nodeId(lookup, placement.nodeId) },
    network: network && { ...network, addresses: addresses(lookup, network.addresses) },
  };
}

/** The revision that a new task runs: the service's current one, or one that is still kept. Version 0 means the current one. */
function revisionFor(lookup: RowLookup, task: Task): SpecRevisionRow | undefined {
  const service = lookup.row(Table.services, task.serviceId);
  if (service === undefined || !('current' in service)) return undefined;
  const { current } = service;
  if (task.specVersion === 0 || task.specVersion === current.version) return current;
  return lookup.specRevision(service.id, task.specVersion);
}

function put(lookup: RowLookup, change: Put, row: AnyRow, at: Stamp): RowStep {
  if (lowersLevel(change, row)) return invalid('the level of a cluster never goes back');
  const next = putFacet(row, interned(lookup, change), at);
  return typeof next === 'string' ? invalid(next) : done(next, [change.facet]);
}

function lowersLevel(change: Put, row: AnyRow): boolean {
  if (change.value?.kind !== 'clusterLifecycle' || !('lifecycle' in row)) return false;
  const lifecycle = row.lifecycle;
  if (lifecycle === undefined || !('level' in lifecycle)) return false;
  return change.value.value.level < lifecycle.level;
}

function interned(lookup: RowLookup, change: Put): Put {
  const value = change.value;
  if (value?.kind === 'taskPlacement') {
    const placement = { ...value.value, nodeId: nodeId(lookup, value.value.nodeId) };
    return { ...change, value: { kind: value.kind, value: placement } };
  }
  if (value?.kind === 'taskNetwork') {
    const network = { ...value.value, addresses: addresses(lookup, value.value.addresses) };
    return { ...change, value: { kind: value.kind, value: network } };
  }
  return change;
}

function nodeId(lookup: Pick<RowLookup, 'row'>, id: string): string {
  return lookup.row(Table.nodes, id)?.id ?? asId<'node'>(id);
}

function addresses(
  lookup: Pick<RowLookup, 'row'>,
  list: readonly TaskAddress[],
): readonly TaskAddress[] {
  return list.map((address) => {
    const network = lookup.row(Table.networks, address.networkId);
    return newTaskAddress({ ...address, networkId: network?.id ?? address.networkId });
  });
}

function done(row: AnyRow | undefined, facets: readonly Facet[]): RowStep {
  return { kind: 'row', row, facets };
}

function missing({ table, key }: { readonly table: Table; readonly key: string }): RowStep {
  return { kind: 'refused', refusal: { kind: 'missing', table, key } };
}

function invalid(message: string): RowStep {
  return { kind: 'refused', refusal: { kind: 'invalid', message } };
}

const tableOf: Readonly<Record<CreateObject['kind'], RowChange['table']>> = {
  cluster: Table.clusters,
  authority: Table.authorities,
  node: Table.nodes,
  service: Table.services,
  network: Table.networks,
  task: Table.tasks,
};

const allFacets: readonly Facet[] = [
  Facet.spec,
  Facet.desired,
  Facet.placement,
  Facet.network,
  Facet.status,
  Facet.lifecycle,
];
