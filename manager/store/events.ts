import type { Facet, Table } from '../../proto/gen/objects.ts';

/**
 * One change of one row, in revision order. Several events may share a revision: the set that made them.
 *
 * `before` and `after` are the rows (undefined at creation and deletion); `facets` are those that changed.
 */
export interface StoreEvent {
  readonly revision: number;
  readonly table: Table;
  readonly key: string;
  readonly kind: 'create' | 'update' | 'delete';
  readonly facets: readonly Facet[];
  readonly before: object | undefined;
  readonly after: object | undefined;
}
