import {
  newClaim,
  newCreate,
  newDelete,
  newOp,
  newPut,
  newRead,
} from '../../proto/gen/changeset.ts';
import type { Claim, CreateObject, Op, PutValue, Read } from '../../proto/gen/changeset.ts';
import type { Facet, Table } from '../../proto/gen/objects.ts';
import type { StoreView } from '../store/view.ts';

export function createOp(object: CreateObject): Op {
  return newOp({ op: { kind: 'create', value: newCreate({ object }) } });
}

export function deleteOp(table: Table, key: string): Op {
  return newOp({ op: { kind: 'delete', value: newDelete({ table, key }) } });
}

export function putOp(table: Table, key: string, facet: Facet, value: PutValue): Op {
  return newOp({ op: { kind: 'put', value: newPut({ table, key, facet, value }) } });
}

export function readOf(table: Table, key: string, facet: Facet, version: number): Read {
  return newRead({ table, key, facet, version });
}

export function take(space: string, key: string, owner: string): Claim {
  return newClaim({ space, key, owner });
}

/** Gives back everything that `owner` holds. */
export function giveBackAll(view: StoreView, owner: string): Claim[] {
  return view
    .claimsOf(owner)
    .map(({ space, key }) => newClaim({ space, key, owner, giveBack: true }));
}
