import type { NodeId } from '../../common/pure/ids.ts';

/** Which nodes live, as this leader sees it. Never replicated; times are on the monotonic clock, milliseconds. */
export interface LivenessPort {
  seen(nodeId: NodeId, nowMs: number, periodMs: number, connected: boolean): void;
  disconnected(nodeId: NodeId, nowMs: number): void;
  forget(nodeId: NodeId): void;
  forgive(lateMs: number): void;
  takeExpired(nowMs: number): NodeId[];
}

/** Up to which version of the endpoint sets each node serves. */
export interface EndpointAcksPort {
  acknowledge(nodeId: NodeId, version: number): void;
  version(nodeId: NodeId): number;
}
