import { drawOptions, type SimOptions } from './options.ts';

/** One world, as it is named on a command line or in `seeds.txt`. */
export interface Replay {
  readonly seed: number;
  /** Names of the items of its plan that happen; absent = all. */
  readonly keep?: ReadonlySet<string>;
  /** What differs from what the seed draws. */
  readonly changes: Partial<SimOptions>;
}

/** Reads `keep` (`o1,f3`) and `set` (`diskMs=0,workers=1`). @throws Error when a name or a value is none */
export function parseReplay(
  seed: number,
  { keep, set }: { readonly keep?: string | undefined; readonly set?: string | undefined },
): Replay {
  const changes: Record<string, number> = {};
  const drawn: object = drawOptions(seed);
  for (const part of words(set)) {
    const [name = '', value = ''] = part.split('=');
    const isNumber = typeof Reflect.get(drawn, name) === 'number' && value !== '';
    if (!isNumber || Number.isNaN(Number(value))) throw new Error(`no such option: ${part}`);
    changes[name] = Number(value);
  }
  return { seed, changes, ...(keep === undefined ? {} : { keep: new Set(words(keep)) }) };
}

/** Reads a line of `seeds.txt`: `254`, or `254 keep=o1,f3 set=diskMs=0`. */
export function parseReplayLine(line: string): Replay {
  const [seed, ...rest] = line.trim().split(/\s+/);
  const valueOf = (name: string): string | undefined =>
    rest.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  return parseReplay(Number(seed), { keep: valueOf('keep'), set: valueOf('set') });
}

export function optionsOf({ seed, changes }: Replay): SimOptions {
  return { ...drawOptions(seed), ...changes };
}

/** The command that runs the world again. */
export function replayCommand({ seed, keep, changes }: Replay): string {
  const parts = [`npm run sim -- --seed ${seed}`];
  if (keep !== undefined) parts.push(`--keep ${[...keep].join(',') || 'none'}`);
  const set = Object.entries(changes).map(([name, value]) => `${name}=${String(value)}`);
  if (set.length > 0) parts.push(`--set ${set.join(',')}`);
  return parts.join(' ');
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((word) => word !== '');
}
