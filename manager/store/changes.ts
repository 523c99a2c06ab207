import type { Facet, Table } from '../../proto/gen/objects.ts';
import type { AuthorityRow, ClusterRow, NetworkRow, NodeRow, ServiceRow, TaskRow } from './rows.ts';

/** A row of any table. */
export type AnyRow = ClusterRow | AuthorityRow | NodeRow | ServiceRow | NetworkRow | TaskRow;

interface Change<TableKey, Row> {
  readonly table: TableKey;
  readonly key: string;
  /** The row before the set; undefined when the set creates it. */
  readonly before: Row | undefined;
  /** The row after the set; undefined when the set deletes it. */
  readonly after: Row | undefined;
  readonly facets: readonly Facet[];
}

/** What one set does to one row, all of its operations together. */
export type RowChange =
  | Change<typeof Table.clusters, ClusterRow>
  | Change<typeof Table.authorities, AuthorityRow>
  | Change<typeof Table.nodes, NodeRow>
  | Change<typeof Table.services, ServiceRow>
  | Change<typeof Table.networks, NetworkRow>
  | Change<typeof Table.tasks, TaskRow>;

/** What one set does to one key. */
export interface ClaimChange {
  readonly space: string;
  readonly key: string;
  /** Owner before the set, undefined when the key was free. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Everything that one set does: each row and each key once. */
export interface Effect {
  readonly rows: readonly RowChange[];
  readonly claims: readonly ClaimChange[];
}

/** What apply stamps on what a set writes. */
export interface Stamp {
  /** Revision of the set: the version of the facets that it writes. */
  readonly revision: number;
  /** Cluster time of the set. */
  readonly clusterMs: number;
}
