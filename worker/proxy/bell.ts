/** Wakes those who wait for a change. A ring that nobody waits for is not kept: look first, then wait. */
export class Bell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /**
   * Resolves at the next ring.
   * @throws the signal's reason if `signal` aborts first.
   */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    signal.addEventListener('abort', onAbort, { once: true });
    function onAbort(): void {
      resolve();
    }
    try {
      await promise;
    } finally {
      this.#waiting.delete(resolve);
      signal.removeEventListener('abort', onAbort);
    }
    signal.throwIfAborted();
  }
}
