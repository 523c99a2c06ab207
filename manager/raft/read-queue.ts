import { none, type MemberId } from './member.ts';
import type { AckedIndex } from './quorum/majority.ts';

/** Somebody wants to read what was committed when it asked. */
export interface ReadRequest {
  /** `none`: this member itself. */
  readonly from: MemberId;
  /** Chosen by who asks; given back. */
  readonly context: number;
}

/** A read may be served once everything up to `index` is applied. */
export interface ReadState {
  readonly index: number;
  readonly context: number;
}

export interface WaitingRead {
  readonly request: ReadRequest;
  /** The commit index when the request came. */
  readonly index: number;
}

/**
 * Reads that wait until a quorum has confirmed that this member still leads (thesis, §6.4).
 *
 * Requests stand in line and have consecutive positions. Each heartbeat carries the position of the last one, each
 * answer brings it back: what a quorum has answered confirms all before it. A position is never used again in the life
 * of a leader, so an answer to an earlier heartbeat can never confirm a later read.
 */
export class ReadQueue {
  #waiting: WaitingRead[] = [];
  /** Of the last request that was taken; 0 before the first. */
  #lastPosition = 0;
  #acked = new Map<MemberId, number>();

  /** The position that a heartbeat carries; 0 if nothing waits. */
  get position(): number {
    return this.#waiting.length === 0 ? 0 : this.#lastPosition;
  }

  add(request: ReadRequest, commit: number): void {
    this.#lastPosition += 1;
    this.#waiting.push({ request, index: commit });
  }

  /** A member answered a heartbeat that carried `position`. */
  ack(id: MemberId, position: number): void {
    if (position > this.#lastPosition) return;
    this.#acked.set(id, Math.max(position, this.#acked.get(id) ?? 0));
  }

  readonly acked: AckedIndex = (id) => this.#acked.get(id);

  /** Takes out all requests up to `position`, in the order in which they came. */
  releaseUpTo(position: number): readonly (ReadState & { readonly from: MemberId })[] {
    const firstPosition = this.#lastPosition - this.#waiting.length + 1;
    const count = Math.max(0, Math.min(position, this.#lastPosition) - firstPosition + 1);
    const released = this.#waiting.slice(0, count);
    if (count > 0) this.#waiting = this.#waiting.slice(count);
    return released.map(({ request, index }) => ({
      from: request.from,
      context: request.context,
      index,
    }));
  }

  /** All of it, for those who explore what could happen. */
  get explored(): {
    readonly waiting: readonly WaitingRead[];
    readonly lastPosition: number;
    readonly acked: ReadonlyMap<MemberId, number>;
  } {
    return { waiting: this.#waiting, lastPosition: this.#lastPosition, acked: this.#acked };
  }

  get size(): number {
    return this.#waiting.length;
  }

  clone(): ReadQueue {
    const copy = new ReadQueue();
    copy.#waiting = [...this.#waiting];
    copy.#lastPosition = this.#lastPosition;
    copy.#acked = new Map(this.#acked);
    return copy;
  }
}

export function isFromSelf(request: ReadRequest, self: MemberId): boolean {
  return request.from === none || request.from === self;
}
