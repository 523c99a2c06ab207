import { newBatch, newChangeSet, encodeBatch } from '../../proto/gen/changeset.ts';
import type { ChangeSet, Op, PutValue } from '../../proto/gen/changeset.ts';
import { newNode, newService, newTask } from '../../proto/gen/objects.ts';
import type { Node, Service, Task } from '../../proto/gen/objects.ts';
import { newServiceSpec } from '../../proto/gen/specs.ts';
import { createOp, homeOf, putOp } from '../../manager/store/ops.ts';
import { Store } from '../../manager/store/store.ts';
import type { SetResult } from '../../manager/store/store.ts';
import type { StoreView } from '../../manager/store/view.ts';

/** A store for tests, changed as the product changes it: by entries of encoded sets. Its rows are frozen. */
export class StoreFixture {
  readonly store: Store = new Store({
    guard: (row) => {
      Object.freeze(row);
    },
  });
  /** Term of the entries that follow. */
  term = 1;
  /** Wall time of the sets that follow. */
  wallMs = 1_767_225_600_000;
  #index = 0;
  #sets = 0;

  get view(): StoreView {
    return this.store.view;
  }

  /** Applies one set in an entry of its own; id, actor and wall time are made unless given. */
  apply(set: Partial<ChangeSet>): SetResult {
    const [result] = this.applyAll([set]);
    if (result === undefined) throw new Error('an entry of one set has one result');
    return result;
  }

  /** Applies `sets` in one entry. */
  applyAll(sets: readonly Partial<ChangeSet>[]): readonly SetResult[] {
    return this.applyBytes(this.encode(sets));
  }

  /** The bytes of an entry of `sets`. */
  encode(sets: readonly Partial<ChangeSet>[]): Uint8Array {
    return encodeBatch(newBatch({ sets: sets.map((set) => this.complete(set)) }));
  }

  /** Applies the bytes of a batch. */
  applyBytes(data: Uint8Array): readonly SetResult[] {
    this.#index += 1;
    return this.store.apply({ index: this.#index, term: this.term, data }).results;
  }

  /**
   * Applies one set and gives the revision it made.
   * @throws when it is refused.
   */
  change(set: Partial<ChangeSet>): number {
    const { outcome } = this.apply(set);
    if (outcome.kind === 'done') return outcome.revision;
    throw new Error(`refused: ${JSON.stringify(outcome.refusal)}`);
  }

  /** Creates a node with default facets, unless given. */
  node(id: string, fields: Partial<Node> = {}): number {
    return this.change({
      ops: [createOp({ kind: 'node', value: newNode({ id, ...fields }) })],
    });
  }

  /** Creates a service that is named like its id, unless given. */
  service(id: string, fields: Partial<Service> = {}): number {
    const value = newService({ id, spec: newServiceSpec({ name: id }), ...fields });
    return this.change({ ops: [createOp({ kind: 'service', value })] });
  }

  /** Creates a task of a service's current spec. */
  task(id: string, fields: Partial<Task> & { readonly serviceId: string }): number {
    return this.change({
      ops: [createOp({ kind: 'task', value: newTask({ id, slot: 1, ...fields }) })],
    });
  }

  /** `set` with all that a set has. */
  complete(set: Partial<ChangeSet>): ChangeSet {
    this.#sets += 1;
    return newChangeSet({
      id: `set-${this.#sets}`,
      actor: 'user:test',
      reason: 'test',
      wallMs: this.wallMs,
      ...set,
    });
  }
}

/** Replaces the facet that `value` is for, in the row with `key`. */
export function putValue(key: string, value: PutValue): Op {
  return putOp({ ...homeOf[value.kind], key }, value);
}
