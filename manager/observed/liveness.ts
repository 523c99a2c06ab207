import type { NodeId } from '../../common/pure/ids.ts';
import type { LivenessPort } from './port.ts';

/** How many heartbeat periods a node may stay silent (swarm mode's grace multiplier). */
const graceHeartbeats = 3;
/** How long a node stays trusted after its connection closed, milliseconds: time enough to dial again. */
const suspectGraceMs = 3_000;

/**
 * Which nodes live, as this manager sees it: never replicated. Every manager keeps one, so that a new leader does not begin in the dark.
 *
 * A closed connection makes a node suspect at once; silence does so after the grace. A leader that was itself late forgives everybody by as much.
 */
export class LivenessTable implements LivenessPort {
  /** When the grace of each node ends. */
  readonly #deadlinesMs = new Map<NodeId, number>();

  seen(nodeId: NodeId, nowMs: number, periodMs: number): void {
    this.#deadlinesMs.set(nodeId, nowMs + periodMs * graceHeartbeats);
  }

  grant(nodeId: NodeId, nowMs: number, periodMs: number, returnMs: number = suspectGraceMs): void {
    const deadlineMs = this.#deadlinesMs.get(nodeId) ?? nowMs + periodMs * graceHeartbeats;
    this.#deadlinesMs.set(nodeId, Math.max(deadlineMs, nowMs + returnMs));
  }

  disconnected(nodeId: NodeId, nowMs: number): void {
    const deadlineMs = this.#deadlinesMs.get(nodeId);
    if (deadlineMs === undefined) return;
    this.#deadlinesMs.set(nodeId, Math.min(deadlineMs, nowMs + suspectGraceMs));
  }

  forget(nodeId: NodeId): void {
    this.#deadlinesMs.delete(nodeId);
  }

  isOverdue(nodeId: NodeId, nowMs: number): boolean {
    const deadlineMs = this.#deadlinesMs.get(nodeId);
    return deadlineMs !== undefined && deadlineMs <= nowMs;
  }

  forgive(lateMs: number): void {
    for (const [nodeId, deadlineMs] of this.#deadlinesMs) {
      this.#deadlinesMs.set(nodeId, deadlineMs + lateMs);
    }
  }

  takeExpired(nowMs: number): NodeId[] {
    const expired: NodeId[] = [];
    for (const [nodeId, deadlineMs] of this.#deadlinesMs) {
      if (deadlineMs <= nowMs) expired.push(nodeId);
    }
    for (const nodeId of expired) this.#deadlinesMs.delete(nodeId);
    return expired;
  }
}
