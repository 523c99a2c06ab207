import type { RunResult } from './run-seed.ts';
import { sometimes } from './sometimes.ts';

export interface Finding {
  readonly seed: number;
  readonly invariant: string;
  readonly detail: string;
}

/** What many runs came to; plain data, for one process to tell another. */
export interface Tally {
  readonly seeds: number;
  readonly steps: number;
  readonly virtualMs: number;
  readonly cpuMs: number;
  /** How often operations and faults were done, by name. */
  readonly counts: Readonly<Record<string, number>>;
  /** In how many worlds a rare thing happened, by name. */
  readonly seen: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

export const emptyTally: Tally = {
  seeds: 0,
  steps: 0,
  virtualMs: 0,
  cpuMs: 0,
  counts: {},
  seen: {},
  findings: [],
};

export function tallyOf(result: RunResult, cpuMs: number): Tally {
  const { seed, steps, virtualMs, counts, seen, violation } = result;
  return {
    seeds: 1,
    steps,
    virtualMs,
    cpuMs,
    counts: Object.fromEntries(counts),
    seen: Object.fromEntries([...seen].map((name) => [name, 1])),
    findings: violation === undefined ? [] : [{ seed, ...violation }],
  };
}

export function addTallies(left: Tally, right: Tally): Tally {
  return {
    seeds: left.seeds + right.seeds,
    steps: left.steps + right.steps,
    virtualMs: left.virtualMs + right.virtualMs,
    cpuMs: left.cpuMs + right.cpuMs,
    counts: addCounts(left.counts, right.counts),
    seen: addCounts(left.seen, right.seen),
    findings: [...left.findings, ...right.findings],
  };
}

function addCounts(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...left };
  for (const [name, count] of Object.entries(right)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** The tally as tables: what ran, what was done, what went wrong, and which rare things were reached in how many worlds. */
export function tallyReport(tally: Tally): string {
  const { seeds, steps, virtualMs, cpuMs, counts, seen, findings } = tally;
  const cpuHours = cpuMs / 3_600_000;
  const missed = sometimes.filter((name) => seen[name] === undefined);
  return [
    '',
    '| seeds | failed | steps | virtual hours | hours of one core | seeds an hour of one core |',
    '|---|---|---|---|---|---|',
    `| ${seeds} | ${findings.length} | ${steps} | ${(virtualMs / 3_600_000).toFixed(1)} | ${cpuHours.toFixed(2)} | ${Math.round(seeds / cpuHours)} |`,
    '',
    '| operation or fault | times |',
    '|---|---|',
    ...Object.keys(counts)
      .toSorted()
      .map((name) => `| ${name} | ${counts[name]} |`),
    '',
    '| sometimes | seeds |',
    '|---|---|',
    ...sometimes.map((name) => `| ${name} | ${seen[name] ?? 0} |`),
    '',
    `${sometimes.length - missed.length} of ${sometimes.length} rare things were reached`,
    ...missed.map((name) => `not reached: ${name}`),
    ...findings.map(({ seed, invariant, detail }) => `FOUND ${invariant} seed ${seed}: ${detail}`),
    '',
  ].join('\n');
}
