/** Lets one waiter know that there is something to do; setting it again before it looks changes nothing. */
export class Latch {
  #isSet = false;
  #resolve: (() => void) | undefined;

  set(): void {
    this.#isSet = true;
    this.#resolve?.();
  }

  /**
   * Resolves once it is set, and unsets it.
   * @throws the signal's reason if `signal` aborts first.
   */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isSet) await this.#untilSet(signal);
    signal.throwIfAborted();
    this.#isSet = false;
  }

  async #untilSet(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      resolve();
    };
    this.#resolve = wake;
    signal.addEventListener('abort', wake, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', wake);
      this.#resolve = undefined;
    }
  }
}
