import type { ClusterId, NetworkId, NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import type { TaskState } from '../../proto/gen/objects.ts';
import type { FacetKey } from './ops.ts';
import type {
  AuthorityRow,
  ClusterRow,
  NetworkRow,
  NodeRow,
  ServiceRow,
  SpecRevisionRow,
  TaskRow,
} from './rows.ts';

/** A key that somebody holds; who, the caller knows. */
export interface ClaimKey {
  readonly space: string;
  readonly key: string;
}

/**
 * What deciders and the API read. Live: valid for the one synchronous call that it was given to.
 *
 * Lists are in ascending order of id unless said otherwise, so that decisions do not depend on history.
 */
export interface StoreView {
  /** Number of change sets applied so far; the watch's resume point. */
  readonly revision: number;
  /** Cluster time, milliseconds since the Unix epoch; never decreases. */
  readonly clusterMs: number;
  readonly level: number;
  cluster(): ClusterRow | undefined;
  authority(): AuthorityRow | undefined;
  node(id: NodeId): NodeRow | undefined;
  nodes(): readonly NodeRow[];
  service(id: ServiceId): ServiceRow | undefined;
  /** Names are unique without regard to case. */
  serviceByName(name: string): ServiceRow | undefined;
  services(): readonly ServiceRow[];
  network(id: NetworkId): NetworkRow | undefined;
  networkByName(name: string): NetworkRow | undefined;
  networks(): readonly NetworkRow[];
  task(id: TaskId): TaskRow | undefined;
  /** All tasks, service by service in ascending order of service id, those of one in ascending order of id. */
  tasks(): Iterable<TaskRow>;
  tasksOfService(id: ServiceId): readonly TaskRow[];
  /** All tasks of one slot, history included. */
  tasksOfSlot(id: ServiceId, slot: number): readonly TaskRow[];
  tasksOfNode(id: NodeId): readonly TaskRow[];
  tasksByDesiredState(state: TaskState): Iterable<TaskRow>;
  /** Ids of services that some task names, each once; the service itself may be gone. */
  servicesWithTasks(): Iterable<ServiceId>;
  specRevision(id: ServiceId, version: number): SpecRevisionRow | undefined;
  /** Owner of a claimed key, or undefined when it is free. */
  claimOwner(space: string, key: string): string | undefined;
  /** What `owner` holds, in order of space and key. */
  claimsOf(owner: string): readonly ClaimKey[];
  /** Number of keys taken in `space`. */
  claimCount(space: string): number;
  /** Revision of the last change of an index bucket such as `service/<id>`; 0 when it never changed. buckets.ts lists them. */
  bucketVersion(bucket: string): number;
  /** True while a change of the facet by this very member is on its way: what is seen of it may come to nothing. */
  isInFlight(facet: FacetKey): boolean;
  clusterId(): ClusterId | undefined;
}
