import { Facet, Table } from '../../proto/gen/objects.ts';
import type { AnyRow } from './changes.ts';
import type { AuthorityRow, ClusterRow, NetworkRow, NodeRow, ServiceRow, TaskRow } from './rows.ts';
import type { StoreView } from './view.ts';
import { asId } from '../../common/pure/ids.ts';

/** The row of `table` with `key`; undefined when there is none. */
export function rowOf(view: StoreView, table: Table, key: string): AnyRow | undefined {
  switch (table) {
    case Table.clusters:
      return ofKey(view.cluster(), key);
    case Table.authorities:
      return ofKey(view.authority(), key);
    case Table.nodes:
      return view.node(asId<'node'>(key));
    case Table.services:
      return view.service(asId<'service'>(key));
    case Table.networks:
      return view.network(asId<'network'>(key));
    case Table.tasks:
      return view.task(asId<'task'>(key));
    case Table.tableUnspecified:
      return undefined;
  }
}

/** The row of a table that holds at most one, if `key` is its own. */
function ofKey<Row extends { readonly id: string }>(
  row: Row | undefined,
  key: string,
): Row | undefined {
  return row?.id === key ? row : undefined;
}

/** Version of `facet` in `row`, which is of `table`: 0 when it is absent, undefined when the table has no such facet. */
export function facetVersion(row: AnyRow, table: Table, facet: Facet): number | undefined {
  if (facet === Facet.row) return row.rowVersion;
  switch (table) {
    case Table.clusters:
      return specOrLifecycle(row as ClusterRow, facet);
    case Table.authorities:
      return facet === Facet.lifecycle ? (row as AuthorityRow).lifecycleVersion : undefined;
    case Table.nodes:
      if (facet === Facet.status) return (row as NodeRow).statusVersion;
      return specOrLifecycle(row as NodeRow, facet);
    case Table.services:
      return serviceVersion(row as ServiceRow, facet);
    case Table.networks:
      if (facet === Facet.spec) return (row as NetworkRow).specVersion;
      return facet === Facet.network ? (row as NetworkRow).networkVersion : undefined;
    case Table.tasks:
      return taskVersion(row as TaskRow, facet);
    case Table.tableUnspecified:
      return undefined;
  }
}

function specOrLifecycle(row: ClusterRow | NodeRow, facet: Facet): number | undefined {
  if (facet === Facet.spec) return row.specVersion;
  return facet === Facet.lifecycle ? row.lifecycleVersion : undefined;
}

function serviceVersion(row: ServiceRow, facet: Facet): number | undefined {
  if (facet === Facet.spec) return row.current.version;
  if (facet === Facet.network) return row.networkVersion;
  return facet === Facet.lifecycle ? row.lifecycleVersion : undefined;
}

function taskVersion(row: TaskRow, facet: Facet): number | undefined {
  if (facet === Facet.desired) return row.desiredVersion;
  if (facet === Facet.placement) return row.placementVersion;
  if (facet === Facet.network) return row.networkVersion;
  return facet === Facet.status ? row.statusVersion : undefined;
}
