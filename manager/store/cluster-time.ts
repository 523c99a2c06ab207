/**
 * Cluster time between two sets: the store's, carried on by the monotonic clock. Never decreases, also where the store's
 * stands still because a leader's wall clock is behind.
 */
export class ClusterTime {
  #baseMs: number;
  #atMs: number;

  constructor(storeMs: number, nowMs: number) {
    this.#baseMs = storeMs;
    this.#atMs = nowMs;
  }

  /** @param storeMs cluster time of the last set that was applied. @param nowMs monotonic time. */
  at(storeMs: number, nowMs: number): number {
    const estimateMs = this.#baseMs + (nowMs - this.#atMs);
    if (storeMs <= estimateMs) return Math.floor(estimateMs);
    this.#baseMs = storeMs;
    this.#atMs = nowMs;
    return storeMs;
  }
}
