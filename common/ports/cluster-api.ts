import type { TaskState } from '../../proto/gen/objects.ts';
import type {
  ClusterLifecycle,
  NetworkAllocation,
  NodeLifecycle,
  NodeStatus,
  ServiceEndpoint,
  ServiceLifecycle,
  TaskAddress,
  TaskStatus,
} from '../../proto/gen/objects.ts';
import type {
  ClusterSpec,
  NetworkSpec,
  NodeSpec,
  ServiceSpec,
  TaskSpec,
} from '../../proto/gen/specs.ts';
import type { Actor } from './identity.ts';

/** Who asks, and how a request is followed through the logs. */
export interface RequestContext {
  readonly actor: Actor;
  readonly traceId: string;
  /** Aborts when the client is gone or the request's deadline passed. */
  readonly signal: AbortSignal;
}

/** Rows of a list at one revision. Each is made when it is read, so that a list which waits for its reader holds little more than pointers. */
export interface RowList<Row> extends Iterable<Row> {
  readonly length: number;
  slice(start?: number, end?: number): readonly Row[];
  map<Value>(valueOf: (row: Row) => Value): Value[];
}

/** `version` is the newest spec facet's (of tasks: the newest of all). Times are milliseconds since the Unix epoch. */
export interface ObjectMeta {
  readonly id: string;
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface ClusterView {
  readonly meta: ObjectMeta;
  readonly spec: ClusterSpec;
  readonly lifecycle: ClusterLifecycle;
}

export interface JoinTokens {
  readonly worker: string;
  readonly manager: string;
}

export interface NodeView {
  readonly meta: ObjectMeta;
  readonly spec: NodeSpec;
  readonly status: NodeStatus;
  readonly lifecycle: NodeLifecycle;
  /** Undefined for a worker. */
  readonly manager:
    | { readonly leader: boolean; readonly reachable: boolean; readonly address: string }
    | undefined;
}

/** Counts that `docker service ls` shows. */
export interface ServiceStatusView {
  readonly runningTasks: number;
  readonly desiredTasks: number;
  readonly completedTasks: number;
}

export interface ServiceView {
  readonly meta: ObjectMeta;
  readonly spec: ServiceSpec;
  readonly previousSpec: ServiceSpec | undefined;
  readonly endpoint: ServiceEndpoint | undefined;
  readonly lifecycle: ServiceLifecycle | undefined;
  readonly status: ServiceStatusView | undefined;
}

export interface TaskView {
  readonly meta: ObjectMeta;
  readonly serviceId: string;
  readonly serviceName: string;
  readonly serviceLabels: ReadonlyMap<string, string>;
  readonly slot: number;
  readonly nodeId: string;
  readonly spec: TaskSpec;
  readonly specVersion: number;
  readonly desiredState: TaskState;
  /** With the state that follows from all facets, and the error that keeps it from running. */
  readonly status: TaskStatus;
  readonly addresses: readonly TaskAddress[];
}

export interface NetworkView {
  readonly meta: ObjectMeta;
  readonly spec: NetworkSpec;
  readonly allocation: NetworkAllocation | undefined;
}

/** Values of one filter: any of them matches. All filters of a list must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** A change of the cluster, as `/events` of scope swarm shows it. */
export interface ClusterEvent {
  readonly type: 'service' | 'node' | 'network' | 'task';
  readonly action: 'create' | 'update' | 'remove';
  readonly id: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly timeMs: number;
}

/** How a service is updated; by default to the spec that is given. */
export interface ServiceUpdateOptions {
  /** To its previous spec, whatever is given. `failedPrecondition {service}` when there is none. */
  readonly rollback: boolean;
}

/** Whose logs: of all tasks of a service, or of one task. */
export interface LogSelector {
  readonly kind: 'service' | 'task';
  readonly ref: string;
}

export interface LogOptions {
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Goes on with what comes, tasks that come included, until nothing can come any more. */
  readonly follow: boolean;
  /** Unix time as `seconds.nanoseconds` from which on lines count; empty = all. */
  readonly since: string;
  /** Lines of each task from its end; undefined = all. Tasks that come while it follows are read whole. */
  readonly tail: number | undefined;
}

/** What a message about logs is about. */
interface LogOrigin {
  readonly serviceId: string;
  readonly taskId: string;
  readonly nodeId: string;
}

/** A line that a task wrote. */
export interface LogLineMessage extends LogOrigin {
  readonly kind: 'line';
  readonly source: 'stdout' | 'stderr';
  /** RFC 3339 in UTC with nine decimals. */
  readonly timestamp: string;
  /** `name=value,name=value`, URL-escaped: what the log driver notes with each line. */
  readonly details: string;
  /** With its end of line; a very long line comes in pieces. */
  readonly text: Uint8Array;
}

/**
 * A line, or what is missing: all that one node has (`taskId` is one of its tasks), which follows when the node is back; or the rest of one task's
 * log, with the reason in words for people.
 */
export type LogMessage =
  | LogLineMessage
  | ({ readonly kind: 'nodeMissing' } & LogOrigin)
  | ({ readonly kind: 'taskMissing'; readonly reason: string } & LogOrigin);

/**
 * What the API asks of the cluster. Answered by a manager in this process, later by one elsewhere; a node without either throws `notSwarmManager`.
 *
 * Objects are found by full id, then exact name, then unique prefix of the id (`ambiguous` when several match). Reads are linearizable.
 * Errors are `ShoalError`s: `notFound {kind, ref}`, `ambiguous {kind, ref, matches}`, `nameConflict {kind, name, id}`, `portConflict {port, protocol, service, id, mode}`,
 * `invalidSpec {field}`, `notImplemented {field}`, `outOfSequence`, `failedPrecondition`, `unknownOutcome`, `tooBusy`, `timeout`, `lostQuorum`.
 */
export interface ClusterApi {
  getCluster(context: RequestContext): Promise<ClusterView>;
  getJoinTokens(context: RequestContext): Promise<JoinTokens>;
  updateCluster(context: RequestContext, version: number, spec: ClusterSpec): Promise<void>;

  listNodes(context: RequestContext, filters: Filters): Promise<RowList<NodeView>>;
  getNode(context: RequestContext, ref: string): Promise<NodeView>;
  /** `failedPrecondition` where the last manager would be demoted, or the quorum lost. */
  updateNode(context: RequestContext, ref: string, version: number, spec: NodeSpec): Promise<void>;
  /** Of a node that is down, or of any with `force`. `failedPrecondition {node, state}`: it is `up`, or a `manager`. */
  removeNode(context: RequestContext, ref: string, force: boolean): Promise<void>;

  createService(
    context: RequestContext,
    spec: ServiceSpec,
  ): Promise<{ readonly id: string; readonly warnings: readonly string[] }>;
  listServices(
    context: RequestContext,
    filters: Filters,
    withStatus: boolean,
  ): Promise<RowList<ServiceView>>;
  getService(context: RequestContext, ref: string): Promise<ServiceView>;
  updateService(
    context: RequestContext,
    ref: string,
    version: number,
    spec: ServiceSpec,
    options?: ServiceUpdateOptions,
  ): Promise<{ readonly warnings: readonly string[] }>;
  removeService(context: RequestContext, ref: string): Promise<void>;

  listTasks(context: RequestContext, filters: Filters): Promise<RowList<TaskView>>;
  getTask(context: RequestContext, ref: string): Promise<TaskView>;

  listNetworks(context: RequestContext): Promise<readonly NetworkView[]>;
  getNetwork(context: RequestContext, ref: string): Promise<NetworkView>;

  /**
   * What tasks wrote, as many messages at a time as came together: lines of one task in order, those of several as they come. Tasks that have not started have written nothing. A node that is
   * not there costs no more than its deadline. Stops reading when it is not asked for more, and lets go of all at the end of the iteration.
   * `tooBusy` when too many read already.
   */
  logs(
    context: RequestContext,
    selector: LogSelector,
    options: LogOptions,
  ): AsyncIterable<readonly LogMessage[]>;
}
