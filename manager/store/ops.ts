import {
  newClaim,
  newCreate,
  newDelete,
  newOp,
  newPut,
  newRead,
  type Claim,
  type CreateObject,
  type Op,
  type PutValue,
  type Read,
} from '../../proto/gen/changeset.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';

/** Names one facet of one row, as reads and puts do. */
export interface FacetKey {
  readonly table: Table;
  readonly key: string;
  readonly facet: Facet;
}

/** The operation that creates `object`'s row. */
export function createOp(object: CreateObject): Op {
  return newOp({ op: { kind: 'create', value: newCreate({ object }) } });
}

/** The operation that deletes a row. */
export function deleteOp(table: Table, key: string): Op {
  return newOp({ op: { kind: 'delete', value: newDelete({ table, key }) } });
}

/** The operation that replaces a facet whole by `value`. */
export function putOp(facet: FacetKey, value: PutValue): Op {
  return newOp({ op: { kind: 'put', value: newPut({ ...facet, value }) } });
}

/** The operation that takes a facet away; only what is written after the creation of a row can be. */
export function deleteFacetOp(facet: FacetKey): Op {
  return newOp({ op: { kind: 'put', value: newPut(facet) } });
}

/** Relies on `facet` being at `version`; 0 = absent. */
export function readOf(facet: FacetKey, version: number): Read {
  return newRead({ ...facet, version });
}

/** Relies on an index bucket being at `version`; buckets.ts makes their names. */
export function readBucket(name: string, version: number): Read {
  return newRead({
    table: Table.tableUnspecified,
    key: name,
    facet: Facet.facetUnspecified,
    version,
  });
}

/** Takes (space, key) for `owner`; harmless when it holds it already. */
export function take(space: string, key: string, owner: string): Claim {
  return newClaim({ space, key, owner });
}

/** Gives (space, key) back. */
export function giveBack(space: string, key: string, owner: string): Claim {
  return newClaim({ space, key, owner, giveBack: true });
}

/** A facet's value with the fields that this version does not know, so that rewriting it loses nothing. */
export function withUnknown<Value extends { readonly unknown?: Uint8Array }>(
  value: Value,
  unknown: Uint8Array | undefined,
): Value {
  return unknown === undefined ? value : { ...value, unknown };
}

/** The facet that a value is for. */
export const homeOf: Readonly<Record<PutValue['kind'], Omit<FacetKey, 'key'>>> = {
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
