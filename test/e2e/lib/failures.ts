/** A request that was not answered in full. */
export interface RequestFailure {
  /** Wall time at which it was sent. */
  readonly atMs: number;
  readonly tookMs: number;
  readonly error: string;
}

/** Wall times between which something was killed or away. */
export type Outage = readonly [fromMs: number, toMs: number];

/** The failures that no outage explains: a container or proxy that is killed may fail what was in flight on it, and nothing else. */
export function unexplained<Failure extends RequestFailure>(
  failures: readonly Failure[],
  outages: readonly Outage[],
): readonly Failure[] {
  return failures.filter(
    ({ atMs, tookMs }) =>
      !outages.some(([fromMs, toMs]) => atMs <= toMs && atMs + tookMs >= fromMs),
  );
}
