import type { NodeId } from '../../common/pure/ids.ts';

/** Which nodes live, as this manager sees it: from their sessions, and from what other managers say of theirs. Never replicated; times are on the monotonic clock, milliseconds. */
export interface LivenessPort {
  /** A node has said something and owes the next sign of life after `periodMs`. */
  seen(nodeId: NodeId, nowMs: number, periodMs: number): void;
  /**
   * This manager begins to lead: a node that it knows nothing of has full grace, and any other at least time to dial again.
   * @param returnMs that time, where it is longer than usual
   */
  grant(nodeId: NodeId, nowMs: number, periodMs: number, returnMs?: number): void;
  /** The node's connection has closed. */
  disconnected(nodeId: NodeId, nowMs: number): void;
  forget(nodeId: NodeId): void;
  /** True when the grace of a node that is watched has ended. */
  isOverdue(nodeId: NodeId, nowMs: number): boolean;
  /** This process was late by `lateMs`: nobody's silence in that time counts. */
  forgive(lateMs: number): void;
  /** Nodes whose grace has ended; each is told of once, until it is seen again. */
  takeExpired(nowMs: number): NodeId[];
}

/** Up to which version of the endpoint sets each node serves. */
export interface EndpointAcksPort {
  acknowledge(nodeId: NodeId, version: number): void;
  /** 0 while the node has acknowledged nothing. */
  version(nodeId: NodeId): number;
  /** The node begins anew: what it acknowledged before counts no more. */
  forget(nodeId: NodeId): void;
}
