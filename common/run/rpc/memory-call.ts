import { ShoalError } from '../../pure/errors.ts';

/**
 * One call in flight, seen from both ends: whoever ends it early fails what the client waits for and aborts the handler.
 */
export class MemoryCall {
  readonly #handler = new AbortController();
  readonly #waiters = new Set<(error: unknown) => void>();
  readonly #client: AbortSignal;
  readonly #onClientAbort: () => void;
  #failure: { readonly error: unknown } | undefined;

  /** @param client when it aborts, the call fails with its reason. */
  constructor(client: AbortSignal) {
    this.#client = client;
    this.#onClientAbort = () => {
      this.fail(client.reason, 'client gave up');
    };
    client.addEventListener('abort', this.#onClientAbort, { once: true });
  }

  /** What the handler sees: aborts when nobody waits for its answer any more. */
  get signal(): AbortSignal {
    return this.#handler.signal;
  }

  /** Gives what `work` gives, or rejects as soon as the call fails; `work` then goes on unheard. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiters.add(reject);
    work.then(resolve, reject);
    if (this.#failure !== undefined) reject(this.#failure.error);
    try {
      return await promise;
    } finally {
      this.#waiters.delete(reject);
    }
  }

  /** Ends the call before its answer: the client gets `error`, the handler `cancelled` with `why`. The first one counts. */
  fail(error: unknown, why: string): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#handler.abort(new ShoalError('cancelled', 'call has ended', { fields: { why } }));
    for (const reject of this.#waiters) reject(error);
  }

  /** Ends the call when the client has all that it wanted. Harmless twice. */
  end(): void {
    this.#client.removeEventListener('abort', this.#onClientAbort);
    this.fail(new ShoalError('cancelled', 'call has ended'), 'client has finished');
  }
}
