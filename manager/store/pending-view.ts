import type { ClusterId, NetworkId, NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import type { Read } from '../../proto/gen/changeset.ts';
import { Facet, Table } from '../../proto/gen/objects.ts';
import type { TaskState } from '../../proto/gen/objects.ts';
import type { RowLookup } from './change-row.ts';
import { changedBuckets } from './changed-buckets.ts';
import type { AnyRow } from './changes.ts';
import { compareClaims } from './claim-table.ts';
import { evaluateSet } from './evaluate.ts';
import type { SetContent } from './evaluate.ts';
import type { FacetKey } from './ops.ts';
import { compareIds, compareText } from './order.ts';
import { PendingClaims } from './pending-claims.ts';
import { PendingRows } from './pending-rows.ts';
import type { Refusal } from './refusal.ts';
import { rowOf } from './row-access.ts';
import type {
  AuthorityRow,
  ClusterRow,
  NetworkRow,
  NodeRow,
  ServiceRow,
  SpecRevisionRow,
  TaskRow,
} from './rows.ts';
import type { Store } from './store.ts';
import type { ClaimKey, StoreView } from './view.ts';
import type { Watcher } from './watch.ts';

/** A set in flight. */
export interface PendingSet extends SetContent {
  readonly id: string;
}

/**
 * The store as it will be once our own sets in flight have taken effect, for deciders that must not decide the same twice.
 *
 * A set leaves it by itself once the store has its outcome; `remove` is for sets that are known not to come. Versions of pending
 * facets are a guess (the revision that follows if nobody else writes). A wrong guess may be what another write gets, so nothing relies on
 * one: `awaitedBy` names the set whose outcome comes first.
 */
export class PendingView implements StoreView, RowLookup {
  readonly #store: Store;
  readonly #base: StoreView;
  readonly #sets = new Map<string, PendingSet>();
  readonly #rows: PendingRows;
  readonly #claims: PendingClaims;
  /** Last pending change of each bucket. */
  readonly #buckets = new Map<string, { readonly setId: string; readonly version: number }>();
  readonly #watcher: Watcher;
  #appliedIndex: number;

  /** @throws ShoalError `limitExceeded` when the store has too many watchers. */
  constructor(store: Store) {
    this.#store = store;
    this.#base = store.view;
    this.#rows = new PendingRows(store.view, this);
    this.#claims = new PendingClaims(store.view);
    this.#watcher = store.watch(undefined, () => undefined);
    this.#appliedIndex = store.applied.index;
  }

  /** Number of sets in flight. */
  get size(): number {
    this.#follow();
    return this.#sets.size;
  }

  /** Adds a set that is about to be proposed; when it would be refused as things stand, says why and adds nothing. */
  add(set: PendingSet): Refusal | undefined {
    this.#follow();
    const version = this.#base.revision + this.#sets.size + 1;
    const at = { revision: version, clusterMs: this.#base.clusterMs };
    const evaluation = evaluateSet(this, set, at);
    if (evaluation.kind === 'refused') return evaluation.refusal;
    this.#sets.set(set.id, set);
    this.#rows.add(set.id, set.ops, at);
    this.#claims.add(set.id, set.claims);
    for (const name of changedBuckets(evaluation.effect.rows)) {
      this.#buckets.set(name, { setId: set.id, version });
    }
    return undefined;
  }

  /**
   * The set in flight that writes what one of `reads` is about; undefined when they can be relied on. A row that is being made can be: nobody
   * else knows it, so it has the version that is read or is not there.
   */
  awaitedBy(reads: readonly Read[]): string | undefined {
    this.#follow();
    for (const read of reads) {
      const setId =
        read.facet === Facet.facetUnspecified
          ? this.#buckets.get(read.key)?.setId
          : this.#rows.writerOf(read);
      if (setId !== undefined) return setId;
    }
    return undefined;
  }

  /** Takes a set away, because it was refused or dropped. Twice is harmless. */
  remove(setId: string): void {
    this.#follow();
    const set = this.#sets.get(setId);
    if (set !== undefined) this.#remove(set);
  }

  /** Ends it: it follows the store no more. */
  close(): void {
    this.#watcher.close();
  }

  get revision(): number {
    return this.#base.revision;
  }

  get clusterMs(): number {
    return this.#base.clusterMs;
  }

  get level(): number {
    return this.#base.level;
  }

  cluster(): ClusterRow | undefined {
    this.#follow();
    return this.#rows.present<ClusterRow>(Table.clusters)[0] ?? this.#base.cluster();
  }

  clusterId(): ClusterId | undefined {
    return this.cluster()?.id;
  }

  authority(): AuthorityRow | undefined {
    this.#follow();
    return this.#rows.present<AuthorityRow>(Table.authorities)[0] ?? this.#base.authority();
  }

  node(id: NodeId): NodeRow | undefined {
    return this.#ofTable<NodeRow>(Table.nodes, id);
  }

  nodes(): readonly NodeRow[] {
    return this.#merged(Table.nodes, this.#base.nodes());
  }

  service(id: ServiceId): ServiceRow | undefined {
    return this.#ofTable<ServiceRow>(Table.services, id);
  }

  serviceByName(name: string): ServiceRow | undefined {
    this.#follow();
    return this.#named(name, {
      table: Table.services,
      found: this.#base.serviceByName(name),
      nameOf: (service: ServiceRow) => service.current.spec.name,
    });
  }

  services(): readonly ServiceRow[] {
    return this.#merged(Table.services, this.#base.services());
  }

  network(id: NetworkId): NetworkRow | undefined {
    return this.#ofTable<NetworkRow>(Table.networks, id);
  }

  networkByName(name: string): NetworkRow | undefined {
    this.#follow();
    return this.#named(name, {
      table: Table.networks,
      found: this.#base.networkByName(name),
      nameOf: (network: NetworkRow) => network.spec.name,
    });
  }

  networks(): readonly NetworkRow[] {
    return this.#merged(Table.networks, this.#base.networks());
  }

  task(id: TaskId): TaskRow | undefined {
    return this.#ofTable<TaskRow>(Table.tasks, id);
  }

  *tasks(): Iterable<TaskRow> {
    for (const id of this.servicesWithTasks()) yield* this.tasksOfService(id);
  }

  tasksOfService(id: ServiceId): readonly TaskRow[] {
    this.#follow();
    const base = this.#base.tasksOfService(id);
    const scope = `service/${id}`;
    if (!this.#rows.touchesScope(scope)) return base;
    return [...this.#mergedTasks(base, this.#rows.tasksIn(scope))];
  }

  tasksOfSlot(id: ServiceId, slot: number): readonly TaskRow[] {
    this.#follow();
    const pending = this.#rows.tasksIn(`service/${id}/${slot}`);
    return [...this.#mergedTasks(this.#base.tasksOfSlot(id, slot), pending)];
  }

  tasksOfNode(id: NodeId): readonly TaskRow[] {
    this.#follow();
    const pending = this.#rows.tasksIn(`node/${id}`).filter((task) => task.nodeId === id);
    return [...this.#mergedTasks(this.#base.tasksOfNode(id), pending)];
  }

  tasksByDesiredState(state: TaskState): Iterable<TaskRow> {
    this.#follow();
    const pending = this.#rows.present<TaskRow>(Table.tasks);
    const inState = pending.filter((task) => task.desiredState === state);
    return this.#mergedTasks(this.#base.tasksByDesiredState(state), inState);
  }

  *servicesWithTasks(): Iterable<ServiceId> {
    this.#follow();
    const base = [...this.#base.servicesWithTasks()];
    const added = new Set<ServiceId>();
    for (const { serviceId } of this.#rows.present<TaskRow>(Table.tasks)) {
      if (this.#base.tasksOfService(serviceId).length === 0) added.add(serviceId);
    }
    const ids = added.size === 0 ? base : [...base, ...added].toSorted(compareText);
    for (const id of ids) if (this.tasksOfService(id).length > 0) yield id;
  }

  /** Also revisions that the store will forget once the sets in flight have taken effect. */
  specRevision(id: ServiceId, version: number): SpecRevisionRow | undefined {
    const service = this.service(id);
    if (service?.current.version === version) return service.current;
    if (service?.previous?.version === version) return service.previous;
    return this.#base.specRevision(id, version);
  }

  claimOwner(space: string, key: string): string | undefined {
    this.#follow();
    return this.#claims.owner(space, key);
  }

  claimsOf(owner: string): readonly ClaimKey[] {
    this.#follow();
    return this.#claims.of(owner).toSorted(compareClaims);
  }

  claimCount(space: string): number {
    this.#follow();
    return this.#claims.count(space);
  }

  isInFlight(facet: FacetKey): boolean {
    this.#follow();
    return this.#rows.touches(facet);
  }

  bucketVersion(bucket: string): number {
    this.#follow();
    return this.#buckets.get(bucket)?.version ?? this.#base.bucketVersion(bucket);
  }

  /** For the evaluation of sets and operations: the row as it will be. */
  row(table: Table, key: string): AnyRow | undefined {
    const pending = this.#rows.get(table, key);
    return pending === undefined ? rowOf(this.#base, table, key) : pending.row;
  }

  /** For the evaluation of operations: the only row of a table that holds at most one, as the store has it. */
  only(table: Table): AnyRow | undefined {
    return table === Table.clusters ? this.#base.cluster() : this.#base.authority();
  }

  /** Follows what the store has applied since the last look: drops sets with an outcome, and mends rows that others changed. */
  #follow(): void {
    const { index } = this.#store.applied;
    if (index === this.#appliedIndex) return;
    this.#appliedIndex = index;
    for (const set of this.#sets.values()) {
      if (this.#store.outcomeOf(set.id) !== undefined) this.#remove(set);
    }
    const take = this.#watcher.take();
    if (take.kind === 'events') {
      for (const event of take.events) this.#rows.touch(event.table, event.key);
    } else if (take.kind === 'resync') this.#rows.touchAll();
  }

  #remove(set: PendingSet): void {
    this.#sets.delete(set.id);
    this.#rows.remove(set.id, set.ops);
    this.#claims.remove(set.id, set.claims);
    for (const [name, bucket] of this.#buckets) {
      if (bucket.setId === set.id) this.#buckets.delete(name);
    }
  }

  #ofTable<Row extends AnyRow>(table: Table, id: string): Row | undefined {
    this.#follow();
    // The table decides the type of its rows.
    return this.row(table, id) as Row | undefined;
  }

  #merged<Row extends NodeRow | ServiceRow | NetworkRow>(
    table: Table,
    base: readonly Row[],
  ): readonly Row[] {
    this.#follow();
    const pending = this.#rows.present<Row>(table);
    if (pending.length === 0 && !this.#rows.touchesTable(table)) return base;
    return [...merge(base, pending.toSorted(compareIds), (row) => this.#rows.has(table, row.id))];
  }

  #mergedTasks(base: Iterable<TaskRow>, pending: TaskRow[]): Iterable<TaskRow> {
    const isPending = (task: TaskRow): boolean => this.#rows.has(Table.tasks, task.id);
    return merge(base, pending.toSorted(compareIds), isPending);
  }

  #named<Row extends ServiceRow | NetworkRow>(
    name: string,
    rows: {
      readonly table: Table;
      readonly found: Row | undefined;
      readonly nameOf: (row: Row) => string;
    },
  ): Row | undefined {
    const wanted = name.toLowerCase();
    const named = this.#rows
      .present<Row>(rows.table)
      .filter((row) => rows.nameOf(row).toLowerCase() === wanted);
    const { found } = rows;
    if (found !== undefined && !this.#rows.has(rows.table, found.id)) named.push(found);
    return named.toSorted(compareIds)[0];
  }
}

/** Both in order of id, without those of `base` that `isReplaced`. */
function* merge<Row extends { readonly id: string }>(
  base: Iterable<Row>,
  pending: readonly Row[],
  isReplaced: (row: Row) => boolean,
): Iterable<Row> {
  let next = 0;
  for (const row of base) {
    if (isReplaced(row)) continue;
    for (let other = pending[next]; other !== undefined && other.id < row.id;) {
      yield other;
      next += 1;
      other = pending[next];
    }
    yield row;
  }
  yield* pending.slice(next);
}
