// Times slices of work on the main thread, apart from the collector, whose pauses it counts beside.
import { constants, performance, PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';

/** What slices of one name took, milliseconds, without the collector's pauses within them. */
export interface SliceFigures {
  readonly count: number;
  readonly totalMs: number;
  /** All but one in a thousand took no longer. */
  readonly nearlyAllMs: number;
  readonly longestMs: number;
}

/** The collector's pauses, milliseconds. */
export interface PauseFigures {
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

interface Slice extends Span {
  readonly cpuMs: number;
}

const tickMs = 2;

/**
 * Runs slices one a turn, as the product does, so that the collector works between them as it does there.
 *
 * A slice took what it did on the wall clock without the collector's pauses, or on the thread's processor where other work held it up, whichever
 * is less. What the collector took is known only later, so slices are remembered.
 */
export class Slices implements Disposable {
  readonly #pauses: (Span & { readonly isForced: boolean })[] = [];
  readonly #slices = new Map<string, Slice[]>();
  readonly #observer: PerformanceObserver;

  constructor() {
    // Marking a little after each allocation is the collector's work too, but nothing tells what it took; in a pause it is told.
    setFlagsFromString('--no-incremental-marking');
    this.#observer = new PerformanceObserver((list) => {
      for (const pause of list.getEntries()) {
        const { startTime, duration } = pause;
        const { flags } = (pause as { detail?: { readonly flags: number } }).detail ?? { flags: 0 };
        const isForced = (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
        this.#pauses.push({ startMs: startTime, endMs: startTime + duration, isForced });
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Runs `work` as one slice; the caller gives the turn away after it. */
  time<Value>(name: string, work: () => Value): Value {
    const end = this.begin(name);
    const value = work();
    end();
    return value;
  }

  /** Begins a slice, which the result ends. */
  begin(name: string): () => void {
    const cpu = process.threadCpuUsage();
    const startMs = performance.now();
    return () => {
      const endMs = performance.now();
      const { user, system } = process.threadCpuUsage(cpu);
      const slices = this.#slices.get(name) ?? [];
      this.#slices.set(name, slices);
      slices.push({ startMs, endMs, cpuMs: (user + system) / 1000 });
    };
  }

  /** Lets the event loop turn, as the product does after each slice. */
  async turn(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  figures(name: string): SliceFigures {
    const took = (this.#slices.get(name) ?? []).map((slice) => this.#ownMs(slice));
    took.sort((left, right) => left - right);
    return {
      count: took.length,
      totalMs: took.reduce((sum, ms) => sum + ms, 0),
      nearlyAllMs: took[Math.ceil(took.length * 0.999) - 1] ?? 0,
      longestMs: took.at(-1) ?? 0,
    };
  }

  /** Pauses of the collector within slices and between them, without those that the bench asks for. Known once the loop has turned. */
  pauses(): PauseFigures {
    const took = this.#pauses
      .filter(({ isForced }) => !isForced)
      .map(({ startMs, endMs }) => endMs - startMs);
    return {
      count: took.length,
      totalMs: took.reduce((sum, ms) => sum + ms, 0),
      longestMs: took.reduce((longest, ms) => Math.max(longest, ms), 0),
    };
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
  }

  /** The clock of a thread's processor time ticks too coarsely for short slices. */
  #ownMs(slice: Slice): number {
    const wallMs = slice.endMs - slice.startMs;
    if (wallMs < tickMs) return wallMs;
    return Math.min(slice.cpuMs, wallMs - this.#pausedIn(slice));
  }

  #pausedIn(slice: Span): number {
    let ms = 0;
    for (const pause of this.#pauses) {
      ms += Math.max(
        0,
        Math.min(pause.endMs, slice.endMs) - Math.max(pause.startMs, slice.startMs),
      );
    }
    return ms;
  }
}
