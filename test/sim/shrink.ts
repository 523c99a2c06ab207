import { idsOf } from './plan.ts';
import type { PlantedParts } from './planted-parts.ts';
import { optionsOf, type Replay } from './replay.ts';
import { runSeed, type RunResult } from './run-seed.ts';
import type { SimOptions } from './options.ts';

/** What a world is made simpler by, each tried alone and kept when the same thing still goes wrong. */
const simpler: readonly Partial<SimOptions>[] = [
  { linkBreaks: 0 },
  { refusedCalls: 0 },
  { lostAnswers: 0 },
  { managers: 1 },
  { managers: 3 },
  { peerLost: 0, peerTwice: 0, peerOvertaken: 0 },
  { peerMs: 0.2 },
  { skewMs: 0 },
  { trailingEntries: 5000 },
  { workers: 0 },
  { workers: 1 },
  { workers: 2 },
  { engineEventMs: 0 },
  { engineCallMs: 1 },
  { diskMs: 0 },
  { linkMs: 0.2 },
  { budgetRows: 4096 },
  { historyLimit: 5 },
  { snapshotEntries: 10_000 },
  { segmentBytes: 16_777_216 },
  { heartbeatMs: 5000 },
];

/** Long enough for a small world that converges at all, virtual milliseconds; the first one had longer. */
const shortConvergenceMs = 120_000;

export interface ShrinkOptions {
  /** Worlds that may be tried. */
  readonly triesMax: number;
  /** What each world has wrong on purpose. */
  readonly planted?: () => PlantedParts;
}

export interface Shrunk {
  readonly replay: Replay;
  readonly result: RunResult;
  /** Worlds that were tried. */
  readonly tries: number;
}

/**
 * Leaves out operations, faults and difficulties of a world while the same invariant is still broken, until nothing more can be left out or
 * enough worlds were tried.
 */
export async function shrink(
  failing: Replay,
  first: RunResult,
  options: ShrinkOptions,
): Promise<Shrunk> {
  const shrinker = new Shrinker(failing, first, options);
  let before = -1;
  while (before !== shrinker.size && !shrinker.isOver) {
    before = shrinker.size;
    await shrinker.dropItems();
    await shrinker.simplify();
  }
  return shrinker.best;
}

class Shrinker {
  readonly #options: ShrinkOptions;
  readonly #failure: string;
  #tries = 0;
  #replay: Replay;
  #result: RunResult;
  #keep: readonly string[];

  constructor(failing: Replay, first: RunResult, options: ShrinkOptions) {
    this.#options = options;
    this.#failure = failureOf(first);
    this.#keep = idsOf(first.plan);
    this.#replay = { ...failing, keep: new Set(this.#keep) };
    this.#result = first;
  }

  get best(): Shrunk {
    return { replay: this.#replay, result: this.#result, tries: this.#tries };
  }

  get isOver(): boolean {
    return this.#tries >= this.#options.triesMax;
  }

  /** Falls while there is progress. */
  get size(): number {
    return this.#keep.length * 100 - Object.keys(this.#replay.changes).length;
  }

  /** Drops large pieces first, then smaller ones, down to single items. */
  async dropItems(): Promise<void> {
    let pieceSize = Math.ceil(this.#keep.length / 2);
    while (pieceSize >= 1 && !this.isOver) {
      for (let start = 0; start < this.#keep.length && !this.isOver;) {
        const rest = [...this.#keep.slice(0, start), ...this.#keep.slice(start + pieceSize)];
        if (await this.#try({ ...this.#replay, keep: new Set(rest) })) this.#keep = rest;
        else start += pieceSize;
      }
      pieceSize = pieceSize === 1 ? 0 : Math.ceil(pieceSize / 2);
    }
  }

  async simplify(): Promise<void> {
    for (const change of simpler) {
      const [[name, value] = ['', 0]] = Object.entries(change);
      const before = optionsOf(this.#replay);
      const isSame = Reflect.get(before, name) === value;
      const isMore = name === 'workers' && Number(value) >= before.workers;
      if (isSame || isMore || this.isOver) continue;
      await this.#try({ ...this.#replay, changes: { ...this.#replay.changes, ...change } });
    }
  }

  async #try(replay: Replay): Promise<boolean> {
    this.#tries += 1;
    const { seed, keep } = replay;
    const { planted } = this.#options;
    const result = await runSeed({
      seed,
      options: optionsOf(replay),
      convergenceMs: shortConvergenceMs,
      ...(keep === undefined ? {} : { keep }),
      ...(planted === undefined ? {} : { planted: planted() }),
    });
    if (failureOf(result) !== this.#failure) return false;
    this.#replay = replay;
    this.#result = result;
    return true;
  }
}

/** What tells a failure from others: its invariant, of a world that does not converge also the first thing that is missing. */
function failureOf({ violation }: RunResult): string {
  const { invariant = '', detail = '' } = violation ?? {};
  return invariant === 'liveness' ? `${invariant} ${detail.split(':')[0]}` : invariant;
}
