import { TaskGroup } from '../../common/run/task-group.ts';

/** Gives pieces until it is done, or `signal` aborts. */
export type Source = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/**
 * The pieces of several sources as they come; none is read further than one piece ahead of the reader.
 *
 * Ends, and ends the others, as soon as one of them ends. @throws what a source throws.
 */
export async function* mergeStreams(
  sources: readonly Source[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const meeting = new Meeting();
  await using group = new TaskGroup(signal);
  group.signal.addEventListener(
    'abort',
    () => {
      meeting.end(undefined);
    },
    { once: true },
  );
  for (const source of sources) {
    group.spawn('source', async (inner) => {
      await pump(source(inner), meeting);
    });
  }
  yield* meeting.pieces();
}

async function pump(source: AsyncIterable<Uint8Array>, meeting: Meeting): Promise<void> {
  try {
    for await (const piece of source) {
      if (!(await meeting.put(piece))) return;
    }
    meeting.end(undefined);
  } catch (error) {
    meeting.end({ error });
  }
}

interface Offer {
  readonly piece: Uint8Array;
  readonly taken: (isTaken: boolean) => void;
}

/** Where sources wait for the reader, and the reader for them. Holds no more than one piece of each source. */
class Meeting {
  readonly #offers: Offer[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  /** Resolves when the reader took it; false when nobody reads any more. */
  put(piece: Uint8Array): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#offers.push({ piece, taken: resolve });
    this.#wake?.();
    return promise;
  }

  /** What was offered before is still read. */
  end(failure: { readonly error: unknown } | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#wake?.();
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const offer = this.#offers.shift();
        if (offer !== undefined) {
          offer.taken(true);
          yield offer.piece;
        } else if (this.#ended) break;
        else await this.#change();
      }
      if (this.#failure !== undefined) throw this.#failure.error;
    } finally {
      this.#ended = true;
      for (const offer of this.#offers) offer.taken(false);
    }
  }

  async #change(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }
}
