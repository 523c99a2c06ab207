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
import type { Facet, Table } from '../../proto/gen/objects.ts';

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

/** Relies on `facet` being at `version`; 0 = absent. */
export function readOf(facet: FacetKey, version: number): Read {
  return newRead({ ...facet, version });
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
