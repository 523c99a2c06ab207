import { limits } from '../../common/pure/limits.ts';
import { ClusterTime } from '../store/cluster-time.ts';

/**
 * Wall time as a leader stamps it: its own, but never more than `limits.wallAheadMs` beyond cluster time carried on by its monotonic
 * clock. So a clock that jumps cannot carry the cluster's time, which never goes back, into the future.
 *
 * A new leader is free until cluster time has moved under it: it may find a cluster that slept.
 */
export class WallStamp {
  #isFree = true;
  /** First stamp of this leadership: once cluster time has reached it, the leader is bound. */
  #firstMs: number | undefined;
  #clusterMs = 0;
  #time: ClusterTime | undefined;

  /** A leadership begins. */
  begin(): void {
    this.#isFree = true;
    this.#firstMs = undefined;
  }

  /** Cluster time is `clusterMs`. Call it whenever that may have changed. */
  follow(clusterMs: number, nowMs: number): void {
    this.#clusterMs = clusterMs;
    this.#time ??= new ClusterTime(clusterMs, nowMs);
    this.#time.at(clusterMs, nowMs);
    if (this.#firstMs !== undefined && clusterMs >= this.#firstMs) this.#isFree = false;
  }

  /** The stamp for a set, whole milliseconds. */
  at(wallMs: number, nowMs: number): number {
    const wholeMs = Math.max(0, Math.floor(Math.min(wallMs, this.#latestMs(nowMs))));
    this.#firstMs ??= wholeMs;
    return wholeMs;
  }

  #latestMs(nowMs: number): number {
    if (this.#isFree || this.#time === undefined) return Number.POSITIVE_INFINITY;
    return this.#time.at(this.#clusterMs, nowMs) + limits.wallAheadMs;
  }
}
