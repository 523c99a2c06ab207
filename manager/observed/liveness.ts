import type { NodeId } from '../../common/pure/ids.ts';
import type { LivenessPort } from './port.ts';

/** How many heartbeat periods a node may stay silent (swarm mode's grace multiplier). */
const graceHeartbeats = 3;
/** How long a node stays trusted after its connection closed, milliseconds: time enough to dial again. */
const suspectGraceMs = 3_000;

interface Liveness {
  deadlineMs: number;
  periodMs: number;
  connected: boolean;
}

/**
 * Which nodes live, as this leader sees it: never replicated, rebuilt with full grace by the next leader.
 *
 * A closed connection makes a node suspect at once; silence does so after the grace. A leader that was itself late forgives everybody by as much.
 */
export class LivenessTable implements LivenessPort {
  readonly #nodes = new Map<NodeId, Liveness>();

  /** A node has said something, or gets grace because this leader is new. */
  seen(nodeId: NodeId, nowMs: number, periodMs: number, connected: boolean): void {
    this.#nodes.set(nodeId, {
      deadlineMs: nowMs + periodMs * graceHeartbeats,
      periodMs,
      connected,
    });
  }

  /** The node's connection has closed. */
  disconnected(nodeId: NodeId, nowMs: number): void {
    const node = this.#nodes.get(nodeId);
    if (node === undefined) return;
    node.connected = false;
    node.deadlineMs = Math.min(node.deadlineMs, nowMs + suspectGraceMs);
  }

  forget(nodeId: NodeId): void {
    this.#nodes.delete(nodeId);
  }

  /** This process was late by `lateMs`: nobody's silence in that time counts. */
  forgive(lateMs: number): void {
    for (const node of this.#nodes.values()) node.deadlineMs += lateMs;
  }

  /** Nodes whose grace has ended; each is told of once, until it is seen again. */
  takeExpired(nowMs: number): NodeId[] {
    const expired: NodeId[] = [];
    for (const [nodeId, node] of this.#nodes) if (node.deadlineMs <= nowMs) expired.push(nodeId);
    for (const nodeId of expired) this.#nodes.delete(nodeId);
    return expired;
  }
}
