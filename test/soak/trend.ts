/** A straight line through points, by least squares. */
export interface Trend {
  /** Growth for one step. */
  readonly slope: number;
  readonly first: number;
  readonly last: number;
}

/** The line through `values`, taken at 0, 1, 2, ... Flat where there are fewer than two. */
export function trendOf(values: readonly number[]): Trend {
  const count = values.length;
  const meanX = (count - 1) / 2;
  const meanY = values.reduce((sum, value) => sum + value, 0) / Math.max(1, count);
  let above = 0;
  let below = 0;
  for (const [x, value] of values.entries()) {
    above += (x - meanX) * (value - meanY);
    below += (x - meanX) ** 2;
  }
  const slope = below === 0 ? 0 : above / below;
  return { slope, first: meanY - slope * meanX, last: meanY + slope * meanX };
}

/** How far the least of the last third is above the least of the first: what comes and goes has no part in it, and what is never given back has. */
export function floorGrowth(values: readonly number[]): number {
  const third = Math.ceil(values.length / 3);
  if (third === 0) return 0;
  return Math.min(...values.slice(-third)) - Math.min(...values.slice(0, third));
}
