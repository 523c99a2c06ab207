import type { ClusterId, NetworkId, NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import { Table as TableName } from '../../proto/gen/objects.ts';
import type { TaskState } from '../../proto/gen/objects.ts';
import { parseBucket } from './buckets.ts';
import type { BucketName } from './buckets.ts';
import { changedBuckets } from './changed-buckets.ts';
import type { AnyRow, ClaimChange, Effect, RowChange, Stamp } from './changes.ts';
import { ClaimTable } from './claim-table.ts';
import type { ClaimRow } from './claim-table.ts';
import { oldestLevel } from './levels.ts';
import { NamedRows } from './named-rows.ts';
import { rowOf } from './row-access.ts';
import { rowSumChange } from './row-sum.ts';
import type {
  AuthorityRow,
  ClusterRow,
  NetworkRow,
  NodeRow,
  ServiceRow,
  SpecRevisionRow,
  TaskRow,
} from './rows.ts';
import { SpecRevisions } from './spec-revisions.ts';
import { Table } from './table.ts';
import type { TableCut } from './table.ts';
import type { TaskCut } from './task-cut.ts';
import { TaskIndex } from './task-index.ts';
import { Timeline } from './timeline.ts';
import type { StoreView } from './view.ts';

/** The entry of the log that was applied last. */
export interface AppliedPoint {
  readonly index: number;
  readonly term: number;
}

/** A bucket that has changed at least once. */
export interface BucketRow {
  readonly name: string;
  readonly version: number;
}

/** Everything that is replicated, with its indexes. Changed by `commit` only, one set at a time. */
export class State implements StoreView {
  revision = 0;
  clusterMs = 0;
  applied: AppliedPoint = { index: 0, term: 0 };
  /** Sum over the outcomes of all that was applied: equal at all members after the same entry. */
  outcomeSum = 0;
  readonly timeline: Timeline = new Timeline();
  readonly claims: ClaimTable = new ClaimTable();
  readonly revisions: SpecRevisions = new SpecRevisions();
  #cluster: ClusterRow | undefined;
  #authority: AuthorityRow | undefined;
  readonly #nodes = new NamedRows<NodeRow>((node) => node.status.description?.hostname ?? '');
  readonly #services = new NamedRows<ServiceRow>((service) => service.current.spec.name);
  readonly #networks = new NamedRows<NetworkRow>((network) => network.spec.name);
  readonly #tasks = new Table<TaskRow>();
  readonly #taskIndex = new TaskIndex((id) => this.#tasks.get(id));
  readonly #buckets = new Table<BucketRow>();
  #rowSum = 0;

  get level(): number {
    return Math.max(this.#cluster?.lifecycle.level ?? 0, oldestLevel);
  }

  /**
   * Sum over the content of all rows, spec revisions and claims, 32 bits: equal at all members after the same entry. Kept as they change, and
   * so made anew by whoever reads them from a snapshot.
   */
  get contentSum(): number {
    return (this.#rowSum + this.revisions.sum + this.claims.sum) >>> 0;
  }

  cluster(): ClusterRow | undefined {
    return this.#cluster;
  }

  clusterId(): ClusterId | undefined {
    return this.#cluster?.id;
  }

  authority(): AuthorityRow | undefined {
    return this.#authority;
  }

  node(id: NodeId): NodeRow | undefined {
    return this.#nodes.get(id);
  }

  nodes(): readonly NodeRow[] {
    return this.#nodes.list();
  }

  service(id: ServiceId): ServiceRow | undefined {
    return this.#services.get(id);
  }

  serviceByName(name: string): ServiceRow | undefined {
    return this.#services.byName(name);
  }

  services(): readonly ServiceRow[] {
    return this.#services.list();
  }

  network(id: NetworkId): NetworkRow | undefined {
    return this.#networks.get(id);
  }

  networkByName(name: string): NetworkRow | undefined {
    return this.#networks.byName(name);
  }

  networks(): readonly NetworkRow[] {
    return this.#networks.list();
  }

  task(id: TaskId): TaskRow | undefined {
    return this.#tasks.get(id);
  }

  tasks(): Iterable<TaskRow> {
    return this.#taskIndex.all();
  }

  get taskCount(): number {
    return this.#tasks.size;
  }

  tasksOfService(id: ServiceId): readonly TaskRow[] {
    return this.#taskIndex.ofService(id);
  }

  tasksOfSlot(id: ServiceId, slot: number): readonly TaskRow[] {
    return this.#taskIndex.ofSlot(id, slot);
  }

  tasksOfNode(id: NodeId): readonly TaskRow[] {
    return this.#taskIndex.ofNode(id);
  }

  tasksByDesiredState(state: TaskState): Iterable<TaskRow> {
    return this.#taskIndex.withDesiredState(state);
  }

  servicesWithTasks(): Iterable<ServiceId> {
    return this.#taskIndex.services();
  }

  specRevision(id: ServiceId, version: number): SpecRevisionRow | undefined {
    return this.revisions.get(id, version);
  }

  claimOwner(space: string, key: string): string | undefined {
    return this.claims.owner(space, key);
  }

  claimsOf(owner: string): readonly ClaimRow[] {
    return this.claims.of(owner);
  }

  claimCount(space: string): number {
    return this.claims.count(space);
  }

  isInFlight(): boolean {
    return false;
  }

  bucketVersion(bucket: string): number {
    return this.#buckets.get(bucket)?.version ?? 0;
  }

  /** The row of `table` with `key`. */
  row(table: TableName, key: string): AnyRow | undefined {
    return rowOf(this, table, key);
  }

  /** All tasks as they are now, in the order of `tasks`: whoever reads them back inserts at the end. */
  cutTasks(): TaskCut {
    return this.#taskIndex.cut();
  }

  /** All buckets that have a version. */
  cutBuckets(): TableCut<BucketRow> {
    return this.#buckets.cut();
  }

  /** Takes over what one set does. Its reads and claims were checked against this very state. */
  commit(effect: Effect, at: Stamp): void {
    this.revision = at.revision;
    for (const change of effect.rows) this.commitRow(change);
    for (const claim of effect.claims) this.#commitClaim(claim);
    this.#commitRevisions(effect.rows);
    this.#commitBuckets(effect.rows, at.revision);
  }

  /** Puts one row into its table and indexes; spec revisions and buckets stay as they are. */
  commitRow(change: RowChange): void {
    this.#rowSum = (this.#rowSum + rowSumChange(change)) | 0;
    switch (change.table) {
      case TableName.clusters:
        this.#cluster = change.after;
        break;
      case TableName.authorities:
        this.#authority = change.after;
        break;
      case TableName.nodes:
        this.#nodes.commit(change.before, change.after);
        break;
      case TableName.services:
        this.#services.commit(change.before, change.after);
        break;
      case TableName.networks:
        this.#networks.commit(change.before, change.after);
        break;
      case TableName.tasks:
        this.#commitTask(change.before, change.after);
        break;
    }
  }

  /** Sets a bucket's version; 0 forgets it. */
  setBucket(bucket: BucketRow): void {
    if (bucket.version === 0) this.#buckets.delete(bucket.name);
    else this.#buckets.set(bucket.name, bucket);
  }

  /** Takes `claim`, whose key is free. Its owner's id is shared with the owner's row, as most owners have one. */
  takeClaim(claim: ClaimRow): void {
    const task = this.#tasks.get(claim.owner);
    const owner = task?.id ?? this.#services.get(claim.owner)?.id ?? claim.owner;
    this.claims.take(claim.space, claim.key, owner);
  }

  #commitClaim({ space, key, after }: ClaimChange): void {
    this.claims.free(space, key);
    if (after !== undefined) this.takeClaim({ space, key, owner: after });
  }

  #commitTask(before: TaskRow | undefined, after: TaskRow | undefined): void {
    if (after !== undefined) this.#tasks.set(after.id, after);
    else if (before !== undefined) this.#tasks.delete(before.id);
    this.#taskIndex.commit(before, after);
  }

  /** New revisions first, then the tasks that run them, and only then is forgotten what nobody needs. */
  #commitRevisions(rows: readonly RowChange[]): void {
    const services = rows.filter((change) => change.table === TableName.services);
    for (const { before, after } of services) {
      if (after !== undefined && after.current !== before?.current) {
        this.revisions.add(after.current);
      }
    }
    const tasks = rows.filter((change) => change.table === TableName.tasks);
    for (const { before, after } of tasks) {
      if (before === undefined && after !== undefined) this.revisions.retain(after.revision);
    }
    for (const { before, after } of tasks) {
      if (before !== undefined && after === undefined) this.revisions.release(before.revision);
    }
    for (const { before, after } of services) {
      const id = (after ?? before)?.id;
      if (id !== undefined) this.revisions.setExists(id, after !== undefined);
    }
  }

  /** Buckets that changed get the version; those that are empty then, and whose object is gone, are forgotten. */
  #commitBuckets(rows: readonly RowChange[], version: number): void {
    const changed = changedBuckets(rows);
    for (const name of changed) this.setBucket({ name, version });
    for (const name of changed) this.#forgetUnused(name);
    for (const { table, key, after } of rows) {
      if (after !== undefined) continue;
      if (table === TableName.services) this.#forgetUnused(`service/${key}`);
      if (table === TableName.nodes) this.#forgetUnused(`node/${key}`);
      if (table === TableName.networks) this.#forgetUnused(`network/${key}`);
    }
  }

  #forgetUnused(name: string): void {
    const bucket = parseBucket(name);
    if (bucket !== undefined && !this.#isUsed(bucket)) this.#buckets.delete(name);
  }

  #isUsed(bucket: BucketName): boolean {
    switch (bucket.kind) {
      case 'all':
        return true;
      case 'service':
        return this.#services.has(bucket.id) || this.#taskIndex.hasService(bucket.id);
      case 'node':
        return this.#nodes.has(bucket.id) || this.#taskIndex.hasNode(bucket.id);
      case 'network':
        // Whoever still names a network that is gone cannot attach to it.
        return this.#networks.has(bucket.id);
    }
  }
}
