import type {
  AuthorityKeys,
  ClusterLifecycle,
  NetworkAllocation,
  NodeLifecycle,
  NodeStatus,
  ServiceEndpoint,
  ServiceLifecycle,
  TaskAddress,
  TaskState,
} from '../../proto/gen/objects.ts';
import type {
  ClusterSpec,
  NetworkSpec,
  NodeSpec,
  PortConfig,
  ServiceSpec,
} from '../../proto/gen/specs.ts';
import type { ClusterId, NetworkId, NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';

/**
 * Rows of the store. A row is never mutated: a change makes a new object and leaves the old one to whoever holds it.
 *
 * `xVersion` is the revision of the change set that wrote facet x last; 0 while the facet is absent. `rowVersion` is that of the set that
 * created the row: read facet `row` at it to hold that the row is still there. Times are cluster time, milliseconds.
 */
export interface ClusterRow {
  readonly id: ClusterId;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly spec: ClusterSpec;
  readonly lifecycle: ClusterLifecycle;
  readonly specVersion: number;
  readonly lifecycleVersion: number;
  readonly rowVersion: number;
  readonly unknown: Uint8Array | undefined;
}

export interface AuthorityRow {
  readonly id: ClusterId;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly keys: AuthorityKeys;
  readonly lifecycleVersion: number;
  readonly rowVersion: number;
  readonly unknown: Uint8Array | undefined;
}

export interface NodeRow {
  readonly id: NodeId;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly spec: NodeSpec;
  readonly status: NodeStatus;
  readonly lifecycle: NodeLifecycle;
  readonly specVersion: number;
  readonly statusVersion: number;
  readonly lifecycleVersion: number;
  readonly rowVersion: number;
  readonly unknown: Uint8Array | undefined;
}

/** One version of a service's spec; kept while it is current, among the last few, or run by a task. */
export interface SpecRevisionRow {
  readonly serviceId: ServiceId;
  readonly version: number;
  readonly spec: ServiceSpec;
  readonly writtenAtMs: number;
}

export interface ServiceRow {
  readonly id: ServiceId;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** The current revision; its `version` is the version of the spec facet. */
  readonly current: SpecRevisionRow;
  /** The revision before it, if there was one. */
  readonly previous: SpecRevisionRow | undefined;
  readonly endpoint: ServiceEndpoint | undefined;
  readonly lifecycle: ServiceLifecycle | undefined;
  readonly networkVersion: number;
  readonly lifecycleVersion: number;
  readonly rowVersion: number;
  readonly unknown: Uint8Array | undefined;
}

export interface NetworkRow {
  readonly id: NetworkId;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly spec: NetworkSpec;
  readonly allocation: NetworkAllocation | undefined;
  readonly specVersion: number;
  readonly networkVersion: number;
  readonly rowVersion: number;
  readonly unknown: Uint8Array | undefined;
}

/** Unknown fields of a task's parts, kept apart so that rows without any stay small. */
export interface TaskUnknown {
  readonly row: Uint8Array | undefined;
  readonly desired: Uint8Array | undefined;
  readonly placement: Uint8Array | undefined;
  readonly network: Uint8Array | undefined;
  readonly status: Uint8Array | undefined;
}

/**
 * A task: flat and monomorphic, at most 400 bytes (measured for a million tasks: nested objects cost half as much again).
 * The spec is by reference to the service's revision; it is undefined only while a snapshot that lacks it is being read.
 */
export interface TaskRow {
  readonly id: TaskId;
  readonly serviceId: ServiceId;
  readonly slot: number;
  readonly revision: SpecRevisionRow;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  // desired facet
  readonly desiredState: TaskState;
  readonly delaySinceMs: number;
  readonly delayMs: number;
  readonly byUpdate: boolean;
  // placement facet; node '' = none chosen, time 0 = not placed
  readonly nodeId: NodeId;
  readonly placedAtMs: number;
  readonly explanation: string;
  // network facet
  readonly addresses: readonly TaskAddress[];
  readonly allocatedAtMs: number;
  readonly networkError: string;
  // status facet; state NEW while the node has said nothing
  readonly reportedState: TaskState;
  readonly timestampMs: number;
  readonly message: string;
  readonly error: string;
  readonly containerId: string;
  readonly pid: number;
  readonly exitCode: number;
  readonly ports: readonly PortConfig[];
  readonly appliedAtMs: number;
  readonly localRestarts: number;
  readonly runningSinceMs: number;
  // versions of the facets
  readonly rowVersion: number;
  readonly desiredVersion: number;
  readonly placementVersion: number;
  readonly networkVersion: number;
  readonly statusVersion: number;
  readonly unknown: TaskUnknown | undefined;
}
