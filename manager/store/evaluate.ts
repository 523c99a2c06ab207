import type { ServiceId } from '../../common/pure/ids.ts';
import type { ChangeSet, Claim, Create, Op, Put, Read } from '../../proto/gen/changeset.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import { limits } from '../../common/pure/limits.ts';
import { parseBucket } from './buckets.ts';
import type { AnyRow, ClaimChange, Effect, RowChange, Stamp } from './changes.ts';
import { changeRow, targetOf } from './change-row.ts';
import type { RowLookup } from './change-row.ts';
import { newestLevel } from './levels.ts';
import type { Refusal } from './refusal.ts';
import { facetVersion, rowOf } from './row-access.ts';
import type { SpecRevisionRow } from './rows.ts';
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
function tooHigh(item: Create['object'] | Put['value']): string | undefined {
  let level = 0;
  if (item?.kind === 'cluster') level = item.value.lifecycle?.level ?? 0;
  if (item?.kind === 'clusterLifecycle') level = item.value.level;
  return level > newestLevel ? `level ${level}` : undefined;
}

/** Evaluates one set: what its operations did so far is staged, and later ones see it. */
class SetEvaluator implements RowLookup {
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
    for (const change of this.#rows.values())
      if (change.after === undefined) this.#checkGone(change.key);
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

  /**
   * What goes gives back all that it holds: a key held by nobody could never be taken again. Holds also when the author did not know of a
   * key that was taken meanwhile.
   */
  #checkGone(owner: string): void {
    for (const { space, key } of this.#view.claimsOf(owner)) {
      const staged = this.#claims.get(`${space}\n${key}`);
      if (staged === undefined || staged.after === owner)
        return this.#refuse({ kind: 'claim', space, key, owner });
    }
    for (const { space, key, after } of this.#claims.values()) {
      if (after === owner) return this.#refuse({ kind: 'claim', space, key, owner });
    }
  }

  #apply(op: Op): void {
    const target = targetOf(op);
    if (target === undefined) return this.#invalid('an operation is empty');
    const { table, key } = target;
    const step = changeRow(this, op, this.row(table, key), this.#at);
    if (step.kind === 'refused') return this.#refuse(step.refusal);
    const original = rowOf(this.#view, table, key);
    if (op.op?.kind === 'create' && original !== undefined) {
      // Ids do not come back, not even within the set that deletes the row.
      return this.#refuse({ kind: 'exists', table, key });
    }
    if (step.row === undefined && original === undefined) {
      return this.#invalid('a set does not delete what it creates');
    }
    this.#stage({ table, key, before: original, after: step.row, facets: step.facets });
  }

  /** The row as the operations so far leave it. */
  row(table: Table, key: string): AnyRow | undefined {
    const staged = this.#rows.get(`${table}/${key}`);
    return staged === undefined ? rowOf(this.#view, table, key) : staged.after;
  }

  /** What the set finds of the cluster: one may be there already. */
  only(table: Table): AnyRow | undefined {
    return table === Table.clusters ? this.#view.cluster() : this.#view.authority();
  }

  specRevision(id: ServiceId, version: number): SpecRevisionRow | undefined {
    return this.#view.specRevision(id, version);
  }

  #stage(change: UntypedChange): void {
    const name = `${change.table}/${change.key}`;
    const staged = this.#rows.get(name);
    const facets = new Set([...(staged?.facets ?? []), ...change.facets]);
    // The table decides the type of its rows: they were read from it or made for it.
    this.#rows.set(name, { ...change, facets: [...facets] } as RowChange);
  }
}

type UntypedChange = Record<'before' | 'after', AnyRow | undefined> &
  Pick<RowChange, 'table' | 'key' | 'facets'>;
