/** Messages of one stream between its writer and its reader, one of each, bounded by bytes. */
export class StreamQueue {
  readonly #messages: Uint8Array[] = [];
  readonly #maxBytes: number;
  #bytes = 0;
  #end: { readonly error: unknown } | undefined;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that wait for the reader. */
  get bufferedBytes(): number {
    return this.#bytes;
  }

  /** Resolves when `bytes` more fit; a message larger than the bound fits into an empty queue. */
  async room(bytes: number): Promise<void> {
    while (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wakeWriter = resolve;
      await promise;
    }
  }

  push(message: Uint8Array): void {
    this.#messages.push(message);
    this.#bytes += message.length;
    this.#wakeReader?.();
  }

  /** No message comes after those that wait; the reader then gets `error`, or the end when it is undefined. */
  finish(error: unknown): void {
    this.#end ??= { error };
    this.#wakeReader?.();
  }

  /**
   * The next message; undefined at the end.
   * @throws what `finish` was given.
   */
  async take(): Promise<Uint8Array | undefined> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) {
        this.#bytes -= message.length;
        this.#wakeWriter?.();
        return message;
      }
      if (this.#end !== undefined) return this.#ended();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wakeReader = resolve;
      await promise;
    }
  }

  #ended(): undefined {
    if (this.#end?.error !== undefined) throw this.#end.error;
    return undefined;
  }
}
