import type { EndpointSet } from '../../proto/gen/dispatcher.ts';
import type { PortFailure, ProxyAcknowledge, ProxyStats } from '../../proto/gen/node.ts';

/** How the published ports of this node stand. */
export interface ProxyStatus {
  /** A proxy serves, as far as is known now. */
  readonly running: boolean;
  /** Its process; 0 when none runs or it is part of this one. */
  readonly pid: number;
  /** Version of the endpoints that it last acknowledged; 0 when none. */
  readonly version: number;
  /** Published ports that are not served, and why. */
  readonly failures: readonly PortFailure[];
  /** Why no proxy runs although one is needed. */
  readonly error?: string;
}

/** Serves the published ports of this node: the proxy process seen from the agent, or a proxy in the same process. */
export interface PublishedPorts {
  /**
   * Replaces the whole of what is served. Resolves when listeners and picks follow these sets or later ones: no new
   * connection goes to an endpoint that is missing in them. Ports that cannot be bound are named in the answer and
   * tried again; they never hold it up.
   * @throws ShoalError `tooBusy` when too many wait; the signal's reason when it aborts first.
   */
  apply(
    version: number,
    sets: readonly EndpointSet[],
    signal: AbortSignal,
  ): Promise<ProxyAcknowledge>;
  /**
   * Counts since the proxy began, and open connections by task (tasks that were removed and still have some included).
   * @throws ShoalError `unavailable` when the proxy goes away meanwhile, `tooBusy` when too many wait.
   */
  stats(signal: AbortSignal): Promise<ProxyStats>;
  /**
   * Resolves when no connection to the task is open. What was dialled before the task left the sets counts; whoever wants to know that none will
   * come has to wait for `apply` first.
   * @throws ShoalError `tooBusy` when too many wait; the signal's reason when it aborts first.
   */
  drained(taskId: string, signal: AbortSignal): Promise<void>;
  /** Closes every port, lets open connections end for `graceMs`, then drops them. Harmless when nothing runs. */
  stop(graceMs: number, signal: AbortSignal): Promise<void>;
  status(): ProxyStatus;
}
