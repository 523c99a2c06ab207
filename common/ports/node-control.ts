import type { NodeAvailability, ClusterSpec } from '../../proto/gen/specs.ts';
import type { ClusterApi, ClusterEvent, RequestContext } from './cluster-api.ts';

/** Where this node stands with a swarm, as `_ping` and `info` show it. */
export type SwarmState = 'inactive' | 'pending' | 'active' | 'locked' | 'error';

export interface NodeFacts {
  readonly swarmState: SwarmState;
  /** True when this node holds the manager role and the manager serves. */
  readonly controlAvailable: boolean;
  readonly nodeId: string;
  readonly nodeAddress: string;
  /** What is wrong, for people; empty when nothing is. */
  readonly error: string;
  readonly managers: readonly { readonly nodeId: string; readonly address: string }[];
  /** Warnings for `info`: ports that could not be bound, a data path that falls back, ... */
  readonly warnings: readonly string[];
}

export interface InitRequest {
  readonly listenAddress: string;
  readonly advertiseAddress: string;
  readonly dataPathAddress: string;
  readonly dataPathPort: number;
  readonly forceNewCluster: boolean;
  readonly autoLock: boolean;
  readonly availability: NodeAvailability;
  readonly addressPools: readonly string[];
  readonly subnetSize: number;
  readonly spec: ClusterSpec;
}

export interface JoinRequest {
  readonly listenAddress: string;
  readonly advertiseAddress: string;
  readonly dataPathAddress: string;
  /** Managers to try, in turn: host, with an optional port. */
  readonly remoteAddresses: readonly string[];
  readonly token: string;
  readonly availability: NodeAvailability;
}

/** The node's own life: what the API may ask of it whatever its role. */
export interface NodeControl {
  facts(): NodeFacts;
  /**
   * Makes a swarm of one node and answers its id once the manager serves. With `forceNewCluster`, a manager goes on as the only one of its swarm, with all that it has.
   * @throws ShoalError `alreadyInSwarm`, `notSwarmManager`, `invalidArgument {field}`
   */
  init(context: RequestContext, request: InitRequest): Promise<string>;
  /**
   * Takes the node into a swarm, in the role that the token stands for; resolves once that role serves.
   * @throws ShoalError `alreadyInSwarm`, `invalidArgument {field}`, `unavailable` when no manager answers: nothing is left behind; `timeout {reason: join}` when the
   *   node is taken in, and its roles take longer: they go on
   */
  join(context: RequestContext, request: JoinRequest): Promise<void>;
  /**
   * Leaves the swarm: containers of its tasks, state and identity go.
   * @throws ShoalError `notInSwarm`, `failedPrecondition {managers, reachable?}` for a manager without `force`
   */
  leave(context: RequestContext, force: boolean): Promise<void>;
  /** The cluster, through whichever manager answers. @throws ShoalError `notSwarmManager`, `locked` when there is none */
  cluster(): ClusterApi;
  /**
   * Changes of the clusters that this node is or was a manager of since the daemon began: first the last of them, in order, be it none; then what comes, whether the
   * node leaves or joins meanwhile, until `signal` aborts. Ends with `tooBusy` when the reader is too slow.
   */
  events(signal: AbortSignal): AsyncGenerator<readonly ClusterEvent[]>;
}
