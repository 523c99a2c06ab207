import type { ClusterId, NetworkId, NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import type { TaskState } from '../../proto/gen/objects.ts';
import type {
  AuthorityRow,
  ClusterRow,
  NetworkRow,
  NodeRow,
  ServiceRow,
  SpecRevisionRow,
  TaskRow,
} from './rows.ts';
import type { ClaimKey, StoreView } from './view.ts';

/** A view that stays the same object while what it shows may be replaced as a whole, as a snapshot does. */
export class LiveView implements StoreView {
  readonly #current: () => StoreView;

  constructor(current: () => StoreView) {
    this.#current = current;
  }

  get revision(): number {
    return this.#current().revision;
  }

  get clusterMs(): number {
    return this.#current().clusterMs;
  }

  get level(): number {
    return this.#current().level;
  }

  cluster(): ClusterRow | undefined {
    return this.#current().cluster();
  }

  clusterId(): ClusterId | undefined {
    return this.#current().clusterId();
  }

  authority(): AuthorityRow | undefined {
    return this.#current().authority();
  }

  node(id: NodeId): NodeRow | undefined {
    return this.#current().node(id);
  }

  nodes(): readonly NodeRow[] {
    return this.#current().nodes();
  }

  service(id: ServiceId): ServiceRow | undefined {
    return this.#current().service(id);
  }

  serviceByName(name: string): ServiceRow | undefined {
    return this.#current().serviceByName(name);
  }

  services(): readonly ServiceRow[] {
    return this.#current().services();
  }

  network(id: NetworkId): NetworkRow | undefined {
    return this.#current().network(id);
  }

  networkByName(name: string): NetworkRow | undefined {
    return this.#current().networkByName(name);
  }

  networks(): readonly NetworkRow[] {
    return this.#current().networks();
  }

  task(id: TaskId): TaskRow | undefined {
    return this.#current().task(id);
  }

  tasks(): Iterable<TaskRow> {
    return this.#current().tasks();
  }

  tasksOfService(id: ServiceId): readonly TaskRow[] {
    return this.#current().tasksOfService(id);
  }

  tasksOfSlot(id: ServiceId, slot: number): readonly TaskRow[] {
    return this.#current().tasksOfSlot(id, slot);
  }

  tasksOfNode(id: NodeId): readonly TaskRow[] {
    return this.#current().tasksOfNode(id);
  }

  tasksByDesiredState(state: TaskState): Iterable<TaskRow> {
    return this.#current().tasksByDesiredState(state);
  }

  servicesWithTasks(): Iterable<ServiceId> {
    return this.#current().servicesWithTasks();
  }

  specRevision(id: ServiceId, version: number): SpecRevisionRow | undefined {
    return this.#current().specRevision(id, version);
  }

  claimOwner(space: string, key: string): string | undefined {
    return this.#current().claimOwner(space, key);
  }

  claimsOf(owner: string): readonly ClaimKey[] {
    return this.#current().claimsOf(owner);
  }

  claimCount(space: string): number {
    return this.#current().claimCount(space);
  }

  isInFlight(): boolean {
    return false;
  }

  bucketVersion(bucket: string): number {
    return this.#current().bucketVersion(bucket);
  }
}
