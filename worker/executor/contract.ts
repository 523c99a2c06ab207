import type { Assignment } from '../../proto/gen/dispatcher.ts';
import type { NodeDescription, TaskAddress, TaskStatus } from '../../proto/gen/objects.ts';

/** What the engine says of one task's container. */
export interface ContainerView {
  readonly taskId: string;
  readonly containerId: string;
  /** created: made, never started. exited: it ran (or failed to start) and is over. */
  readonly state: 'created' | 'running' | 'exited';
  /** none: the image and the spec have no health check. */
  readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  readonly pid: number;
  readonly exitCode: number;
  /** The engine's own words when it could not start or was killed for memory; empty otherwise. */
  readonly error: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** IPv4 addresses on its networks, without prefix length; none while it does not run. */
  readonly addresses: readonly string[];
  /** Host-mode ports as the engine bound them. */
  readonly ports: TaskStatus['ports'];
}

/** Something may have changed. `resync`: events may have been lost, look at everything. */
export type ExecutorEvent =
  | { readonly kind: 'container'; readonly taskId: string }
  | { readonly kind: 'resync' }
  | { readonly kind: 'engine'; readonly available: boolean };

/**
 * Runs tasks as containers on one node. Each call does one thing, may be repeated, and finds the container by the task's labels.
 *
 * Failures are `ShoalError`s: `engineUnavailable` (the engine does not answer: the task's state is unknown, not failed; try again later),
 * `engineRefused` (the engine says no, `message` is what people should read), `notFound` (no such image or container), `timeout`.
 */
export interface Executor {
  /** What the node is; `engine_available` false when the engine does not answer (last known values otherwise). */
  describe(signal: AbortSignal): Promise<NodeDescription>;
  /**
   * Pulls the task's image when it is missing. May take long, and costs the engine little of what `prepare` needs. `progress` gets words for
   * people, few of them. Idempotent.
   */
  pull(
    assignment: Assignment,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Makes networks and the container, after `pull`; an image that went meanwhile is pulled again. Idempotent. */
  prepare(
    assignment: Assignment,
    progress: (message: string) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Starts the container that `prepare` made. Idempotent. */
  start(assignment: Assignment, signal: AbortSignal): Promise<void>;
  /** The task's container, or undefined when there is none. */
  inspect(taskId: string, signal: AbortSignal): Promise<ContainerView | undefined>;
  /** Stop signal, grace, kill. Resolves when the container is over. No container is no error. */
  stop(taskId: string, graceMs: number, signal: AbortSignal): Promise<void>;
  /** Removes the container, with force. No container is no error. */
  remove(taskId: string, signal: AbortSignal): Promise<void>;
  /** Every container that carries this node's labels, for adoption and for orphans. */
  list(signal: AbortSignal): Promise<readonly ContainerView[]>;
  /** Events for as long as `signal` lives; reconnects by itself with back-off, then says `resync`. */
  events(signal: AbortSignal): AsyncIterable<ExecutorEvent>;
  /** Addresses that the task's container has on cluster networks, for the local endpoint view. */
  addresses(taskId: string, signal: AbortSignal): Promise<readonly TaskAddress[]>;
}
