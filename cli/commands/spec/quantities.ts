import { usageError } from '../context.ts';

const nanosecondsPerUnit: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** A duration as Go writes it, such as `1m30s` or `500ms`, in nanoseconds: the unit of the API. Never negative. */
export function parseDurationNanoseconds(flag: string, text: string): number {
  const isDuration = /^(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.test(text);
  if (!isDuration) {
    throw usageError(`${flag} "${text}" is not a duration; give one such as 500ms, 10s or 1m30s`);
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (nanosecondsPerUnit[unit ?? ''] ?? 0);
  }
  if (!Number.isSafeInteger(Math.round(total))) throw usageError(`${flag} "${text}" is too long`);
  return Math.round(total);
}

/** An amount of memory such as `64m`, `1.5g` or `1GiB`, in bytes. Units are powers of 1024, as Docker reads them. */
export function parseMemoryBytes(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])?(?:i?b)?)$/i.exec(text);
  const power = ' kmgtp'.indexOf(match?.[2]?.toLowerCase() ?? ' ');
  const bytes = Math.floor(Number(match?.[1]) * 1024 ** power);
  if (!Number.isSafeInteger(bytes)) {
    throw usageError(`${flag} "${text}" is not an amount of memory; give one such as 64m or 1g`);
  }
  return bytes;
}

/** Processors such as `0.5` or `2`, in billionths of one: the unit of the API. */
export function parseNanoCpus(flag: string, text: string): number {
  const nanoCpus = /^\d*\.?\d+$/.test(text) ? Number(text) * 1e9 : Number.NaN;
  const rounded = Math.round(nanoCpus);
  if (!Number.isSafeInteger(rounded)) {
    throw usageError(`${flag} "${text}" is not a number of processors; give one such as 0.5 or 2`);
  }
  if (Math.abs(nanoCpus - rounded) > 1e-3) {
    throw usageError(`${flag} "${text}" is too precise; give at most nine digits after the point`);
  }
  return rounded;
}

/** A whole number from 0 to `max`. */
export function parseCount(flag: string, text: string, max: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count) && count <= max) return count;
  throw usageError(`${flag} "${text}" is not a whole number from 0 to ${String(max)}`);
}

/** A share from 0 to 1, such as `0.25`. */
export function parseRatio(flag: string, text: string): number {
  const ratio = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (ratio <= 1) return ratio;
  throw usageError(`${flag} "${text}" is not a number from 0 to 1`);
}
