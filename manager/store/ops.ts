import type { Claim, CreateObject, Op, PutValue, Read } from '../../proto/gen/changeset.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';

interface Home {
  readonly table: Table;
  readonly facet: Facet;
}

/** The facet that a value of a put is for. */
export const homeOf: Readonly<Record<PutValue['kind'], Home>> = {
  clusterSpec: { table: Table.clusters, facet: Facet.spec },
  clusterLifecycle: { table: Table.clusters, facet: Facet.lifecycle },
  nodeSpec: { table: Table.nodes, facet: Facet.spec },
  nodeStatus: { table: Table.nodes, facet: Facet.status },
  nodeLifecycle: { table: Table.nodes, facet: Facet.lifecycle },
  serviceSpec: { table: Table.services, facet: Facet.spec },
  serviceEndpoint: { table: Table.services, facet: Facet.network },
  serviceLifecycle: { table: Table.services, facet: Facet.lifecycle },
  taskDesired: { table: Table.tasks, facet: Facet.desired },
  taskPlacement: { table: Table.tasks, facet: Facet.placement },
  taskNetwork: { table: Table.tasks, facet: Facet.network },
  taskStatus: { table: Table.tasks, facet: Facet.status },
  networkSpec: { table: Table.networks, facet: Facet.spec },
  networkAllocation: { table: Table.networks, facet: Facet.network },
  authorityKeys: { table: Table.authorities, facet: Facet.lifecycle },
};

/** Creates the row of `object`. */
export function createOp(object: CreateObject): Op {
  return { op: { kind: 'create', value: { object } } };
}

/** Replaces the facet that `value` is for, in the row with `key`. */
export function putOp(key: string, value: PutValue): Op {
  return { op: { kind: 'put', value: { ...homeOf[value.kind], key, value } } };
}

/** Takes a facet away that only some rows have. */
export function deleteFacetOp(key: string, facet: Home): Op {
  return { op: { kind: 'put', value: { ...facet, key, value: undefined } } };
}

/** Deletes a row. */
export function deleteOp(table: Table, key: string): Op {
  return { op: { kind: 'delete', value: { table, key } } };
}

/** Takes a key for `owner`; refused when somebody else holds it. */
export function takeClaim(space: string, key: string, owner: string): Claim {
  return { space, key, owner, giveBack: false };
}

/** Gives back a key that `owner` holds; refused when it does not. */
export function giveBackClaim(space: string, key: string, owner: string): Claim {
  return { space, key, owner, giveBack: true };
}

/** Relies on `facet` of a row being at `version`; 0 = on its absence. */
export function readFacet(row: Home & { readonly key: string; readonly version: number }): Read {
  return { table: row.table, key: row.key, facet: row.facet, version: row.version };
}

/** Relies on an index bucket (buckets.ts) being at `version`. */
export function readBucket(name: string, version: number): Read {
  return { table: Table.tableUnspecified, key: name, facet: Facet.facetUnspecified, version };
}
