import type { ChangeSet, Claim, Create, Op, Put, Read } from '../../proto/gen/changeset.ts';
import { Facet, Table, newTaskAddress } from '../../proto/gen/objects.ts';
import type { Task } from '../../proto/gen/objects.ts';
import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { parseBucket } from './buckets.ts';
import type { AnyRow, ClaimChange, Effect, RowChange, Stamp } from './changes.ts';
import { createRow } from './create-row.ts';
import type { PlainObject } from './create-row.ts';
import { newestLevel } from './levels.ts';
import { putFacet } from './put-facet.ts';
import type { Refusal } from './refusal.ts';
import { facetVersion, rowOf } from './row-access.ts';
import type { SpecRevisionRow } from './rows.ts';
import { createTask } from './task-row.ts';
import type { StoreView } from './view.ts';

/** The part of a change set that decides what it does. */
export type SetContent = Pick<ChangeSet, 'minLevel' | 'reads' | 'claims' | 'ops'>;

export type Evaluation =
  | { readonly kind: 'effect'; readonly effect: Effect }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * What `set` does to what `view` shows, or why it does nothing. Changes nothing itself.
 *
 * Deterministic: every member gives the same answer for the same state. The set has passed `findTooNew`.
 */
export function evaluateSet(view: StoreView, set: SetContent, at: Stamp): Evaluation {
  return new SetEvaluator(view, at).evaluate(set);
}

/** Names the part of `set` that only a newer version can apply; undefined when there is none. */
export function findTooNew(set: SetContent): string | undefined {
  if (set.minLevel > newestLevel) return `level ${set.minLevel}`;
  for (const read of set.reads) {
    if (read.facet === Facet.facetUnspecified) {
      if (read.key !== '' && parseBucket(read.key) === undefined) return `bucket ${read.key}`;
    } else if (!isKnown(read.table, read.facet)) return `read of table ${read.table}`;
  }
  for (const op of set.ops) {
    const what = findTooNewOp(op);
    if (what !== undefined) return what;
  }
  return undefined;
}

function findTooNewOp({ op, unknown }: Op): string | undefined {
  switch (op?.kind) {
    case 'create':
      if (op.value.object === undefined && op.value.unknown !== undefined) return 'create';
      return tooHigh(op.value.object);
    case 'delete':
      return isKnown(op.value.table, Facet.row) ? undefined : `delete of table ${op.value.table}`;
    case 'put':
      if (op.value.value === undefined && op.value.unknown !== undefined) return 'put';
      if (!isKnown(op.value.table, op.value.facet)) return `put to table ${op.value.table}`;
      return tooHigh(op.value.value);
    case undefined:
      return unknown === undefined ? undefined : 'operation';
  }
}

function isKnown(table: number, facet: number): boolean {
  return table <= Table.authorities && facet <= Facet.row;
}

/** Raising the cluster's level beyond what this version applies is for newer versions only. */
function tooHigh(item: PlainObject | Create['object'] | Put['value']): string | undefined {
  let level = 0;
  if (item?.kind === 'cluster') level = item.value.lifecycle?.level ?? 0;
  if (item?.kind === 'clusterLifecycle') level = item.value.level;
  return level > newestLevel ? `level ${level}` : undefined;
}

/** Evaluates one set: what its operations did so far is staged, and later ones see it. */
class SetEvaluator {
  readonly #view: StoreView;
  readonly #at: Stamp;
  readonly #rows = new Map<string, RowChange>();
  readonly #claims = new Map<string, ClaimChange>();
  #refusal: Refusal | undefined;

  constructor(view: StoreView, at: Stamp) {
    this.#view = view;
    this.#at = at;
  }

  evaluate(set: SetContent): Evaluation {
    if (set.minLevel > this.#view.level) this.#refuse({ kind: 'level' });
    if (set.ops.length > limits.setOps) this.#invalid('the set has too many operations');
    for (const read of set.reads) if (this.#refusal === undefined) this.#checkRead(read);
    for (const claim of set.claims) if (this.#refusal === undefined) this.#claim(claim);
    for (const op of set.ops) if (this.#refusal === undefined) this.#apply(op);
    if (this.#refusal !== undefined) return { kind: 'refused', refusal: this.#refusal };
    return { kind: 'effect', effect: this.#effect() };
  }

  #effect(): Effect {
    const rows = [...this.#rows.values()];
    const claims = [...this.#claims.values()].filter((change) => change.before !== change.after);
    return { rows, claims };
  }

  #refuse(refusal: Refusal): void {
    this.#refusal ??= refusal;
  }

  #invalid(message: string): void {
    this.#refuse({ kind: 'invalid', message });
  }

  #checkRead(read: Read): void {
    if (read.key === '') return this.#invalid('a read has no key');
    if (this.#versionOf(read) === read.version) return;
    const { table, key, facet } = read;
    this.#refuse({ kind: 'read', table, key, facet });
  }

  #versionOf(read: Read): number | undefined {
    if (read.facet === Facet.facetUnspecified) return this.#view.bucketVersion(read.key);
    const row = rowOf(this.#view, read.table, read.key);
    return row === undefined ? 0 : facetVersion(row, read.table, read.facet);
  }

  #claim(claim: Claim): void {
    const { space, key, owner, giveBack } = claim;
    if (space === '' || key === '' || owner === '') return this.#invalid('a claim is incomplete');
    const name = `${space}\n${key}`;
    const staged = this.#claims.get(name);
    const before = staged === undefined ? this.#view.claimOwner(space, key) : staged.before;
    const held = staged === undefined ? before : staged.after;
    const allowed = giveBack ? held === owner : held === undefined || held === owner;
    if (!allowed) return this.#refuse({ kind: 'claim', space, key, owner: held ?? '' });
    this.#claims.set(name, { space, key, before, after: giveBack ? undefined : owner });
  }

  #apply({ op }: Op): void {
    switch (op?.kind) {
      case 'create':
        return this.#create(op.value);
      case 'delete':
        return this.#delete(op.value.table, op.value.key);
      case 'put':
        return this.#put(op.value);
      case undefined:
        return this.#invalid('an operation is empty');
    }
  }

  #create({ object }: Create): void {
    if (object === undefined) return this.#invalid('a create has no object');
    const table = tableOf[object.kind];
    const key = object.value.id;
    if (key === '') return this.#invalid('an object has no id');
    if (this.#isTaken(table, key)) return this.#refuse({ kind: 'exists', table, key });
    const row = object.kind === 'task' ? this.#task(object.value) : this.#plainRow(object);
    if (row === undefined) return;
    this.#stage(table, key, row, [Facet.row, ...facetsOf(row, table)]);
  }

  #isTaken(table: Table, key: string): boolean {
    // Ids do not come back, not even within the set that deletes the row.
    if (rowOf(this.#view, table, key) !== undefined) return true;
    if (this.#row(table, key) !== undefined) return true;
    // A store holds one cluster: another one would be a second truth.
    if (table === Table.clusters) return this.#view.cluster() !== undefined;
    return table === Table.authorities && this.#view.authority() !== undefined;
  }

  #plainRow(object: PlainObject): AnyRow | undefined {
    const row = createRow(object, this.#at);
    return typeof row === 'string' ? this.#noRow(row) : row;
  }

  #noRow(message: string): undefined {
    this.#invalid(message);
  }

  #task(object: Task): AnyRow | undefined {
    const revision = this.#revisionFor(object);
    if (revision === undefined) {
      this.#refuse({ kind: 'missing', table: Table.services, key: object.serviceId });
      return undefined;
    }
    const { placement, network } = object;
    return createTask(
      {
        ...object,
        placement: placement && { ...placement, nodeId: this.#nodeId(placement.nodeId) },
        network: network && { ...network, addresses: this.#addresses(network.addresses) },
      },
      revision,
      this.#at,
    );
  }

  /** The revision that a new task runs: the service's current one, or one that is still kept. Version 0 means the current one. */
  #revisionFor(task: Task): SpecRevisionRow | undefined {
    const service = this.#row(Table.services, task.serviceId);
    if (service === undefined || !('current' in service)) return undefined;
    const { current } = service;
    if (task.specVersion === 0 || task.specVersion === current.version) return current;
    return this.#view.specRevision(service.id, task.specVersion);
  }

  #delete(table: Table, key: string): void {
    if (table === Table.tableUnspecified) return this.#invalid('a delete has no table');
    const row = this.#row(table, key);
    if (row === undefined) return this.#refuse({ kind: 'missing', table, key });
    if (rowOf(this.#view, table, key) === undefined) {
      return this.#invalid('a set does not delete what it creates');
    }
    this.#stage(table, key, undefined, [Facet.row]);
  }

  #put(put: Put): void {
    const { table, key, facet } = put;
    if (table === Table.tableUnspecified) return this.#invalid('a put has no table');
    const row = this.#row(table, key);
    if (row === undefined) return this.#refuse({ kind: 'missing', table, key });
    if (this.#lowersLevel(put)) return this.#invalid('the level of a cluster never goes back');
    const next = putFacet(row, this.#interned(put), this.#at);
    if (typeof next === 'string') return this.#invalid(next);
    this.#stage(table, key, next, [facet]);
  }

  #lowersLevel(put: Put): boolean {
    return put.value?.kind === 'clusterLifecycle' && put.value.value.level < this.#view.level;
  }

  /** Puts ids that rows already hold in place of equal text that was decoded: a million tasks share one string a node. */
  #interned(put: Put): Put {
    const value = put.value;
    if (value?.kind === 'taskPlacement') {
      const nodeId = this.#nodeId(value.value.nodeId);
      return { ...put, value: { kind: value.kind, value: { ...value.value, nodeId } } };
    }
    if (value?.kind === 'taskNetwork') {
      const addresses = this.#addresses(value.value.addresses);
      return { ...put, value: { kind: value.kind, value: { ...value.value, addresses } } };
    }
    return put;
  }

  #nodeId(id: string): string {
    return this.#view.node(asId<'node'>(id))?.id ?? id;
  }

  #addresses(addresses: NonNullable<Task['network']>['addresses']): typeof addresses {
    return addresses.map((address) => {
      const network = this.#view.network(asId<'network'>(address.networkId));
      return newTaskAddress({ ...address, networkId: network?.id ?? address.networkId });
    });
  }

  /** The row as the operations so far leave it. */
  #row(table: Table, key: string): AnyRow | undefined {
    const staged = this.#rows.get(`${table}/${key}`);
    return staged === undefined ? rowOf(this.#view, table, key) : staged.after;
  }

  #stage(table: Table, key: string, after: AnyRow | undefined, facets: readonly Facet[]): void {
    const name = `${table}/${key}`;
    const staged = this.#rows.get(name);
    const before = staged === undefined ? rowOf(this.#view, table, key) : staged.before;
    const all = staged === undefined ? facets : [...new Set([...staged.facets, ...facets])];
    // The table decides the type of its rows: they were read from it or made for it.
    this.#rows.set(name, { table, key, before, after, facets: all } as RowChange);
  }
}

const tableOf = {
  cluster: Table.clusters,
  authority: Table.authorities,
  node: Table.nodes,
  service: Table.services,
  network: Table.networks,
  task: Table.tasks,
} as const;

const allFacets: readonly Facet[] = [
  Facet.spec,
  Facet.desired,
  Facet.placement,
  Facet.network,
  Facet.status,
  Facet.lifecycle,
];

/** Facets that are present in `row`. */
function facetsOf(row: AnyRow, table: Table): Facet[] {
  return allFacets.filter((facet) => (facetVersion(row, table, facet) ?? 0) > 0);
}
