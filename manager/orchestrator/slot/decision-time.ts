import type { DecideTime } from '../../store/decider.ts';

/** A stored deadline: cluster time at which the wait began, and its length. */
export interface StoredDelay {
  readonly sinceMs: number;
  readonly delayMs: number;
}

/** Milliseconds until the delay is over, 0 when it is. At most the whole delay, whatever the clocks of two leaders say. */
export function remainingMs(delay: StoredDelay, now: DecideTime): number {
  return Math.min(delay.delayMs, Math.max(0, delay.sinceMs + delay.delayMs - now.clusterMs));
}

/** The earlier of two wake-ups, either of which may be missing. */
export function earlier(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}
