import type { ContainerLogLine, ContainerLogsOptions } from '../../../common/ports/engine-api.ts';
import { encodeUtf8 } from '../../../common/pure/utf8.ts';

interface Entry {
  readonly source: ContainerLogLine['source'];
  readonly wallMs: number;
  readonly text: string;
  readonly details: string;
}

/** What one container wrote. Readers see each line once, in order. */
export class FakeLog {
  readonly #entries: Entry[] = [];
  readonly #readers = new Set<() => void>();
  /** Lines that readers took. */
  linesRead = 0;

  /** Streams that are open now. */
  get readerCount(): number {
    return this.#readers.size;
  }

  write(entry: Entry): void {
    this.#entries.push(entry);
    this.wake();
  }

  /** Lets readers look again: the container may be over. */
  wake(): void {
    for (const wake of this.#readers) wake();
  }

  async *read(
    options: ContainerLogsOptions,
    isOver: () => boolean,
    check: () => void,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ContainerLogLine[], void> {
    let wake = (): void => undefined;
    const onAbort = (): void => {
      wake();
    };
    this.#readers.add(onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      let next = this.#firstIndex(options);
      for (;;) {
        signal.throwIfAborted();
        check();
        const entry = this.#entries[next];
        if (entry !== undefined) {
          next += 1;
          if (!isWanted(entry, options)) continue;
          this.linesRead += 1;
          yield [asLine(entry)];
          continue;
        }
        if (!options.follow || isOver()) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#readers.delete(onAbort);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** The last lines of those that count. */
  #firstIndex(options: ContainerLogsOptions): number {
    if (options.tail === undefined) return 0;
    const wanted = this.#entries.flatMap((entry, index) =>
      isWanted(entry, options) ? [index] : [],
    );
    if (wanted.length <= options.tail) return 0;
    return wanted[wanted.length - options.tail] ?? this.#entries.length;
  }
}

function isWanted(entry: Entry, { stdout, stderr, since }: ContainerLogsOptions): boolean {
  if (since !== '' && entry.wallMs < Math.floor(Number(since) * 1000)) return false;
  return entry.source === 'stdout' ? stdout : stderr;
}

function asLine({ source, wallMs, text, details }: Entry): ContainerLogLine {
  const timestamp = new Date(wallMs).toISOString().replace('Z', '000000Z');
  return { source, timestamp, details, text: encodeUtf8(text) };
}
