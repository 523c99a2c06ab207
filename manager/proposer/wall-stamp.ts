import { limits } from '../../common/pure/limits.ts';

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
  #atMs = 0;

  /** A leadership begins. */
  begin(): void {
    this.#isFree = true;
    this.#firstMs = undefined;
  }

  /** Cluster time is `clusterMs`. Call it whenever that may have changed. */
  follow(clusterMs: number, nowMs: number): void {
    if (clusterMs !== this.#clusterMs) {
      this.#clusterMs = clusterMs;
      this.#atMs = nowMs;
    }
    if (this.#firstMs !== undefined && clusterMs >= this.#firstMs) this.#isFree = false;
  }

  /** The stamp for a set, whole milliseconds. */
  at(wallMs: number, nowMs: number): number {
    const latestMs = this.#clusterMs + (nowMs - this.#atMs) + limits.wallAheadMs;
    const stampMs = this.#isFree ? wallMs : Math.min(wallMs, latestMs);
    const wholeMs = Math.max(0, Math.floor(stampMs));
    this.#firstMs ??= wholeMs;
    return wholeMs;
  }
}
