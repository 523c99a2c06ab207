import { invariant } from '../pure/invariant.ts';

/**
 * Tells one waiter that something may have changed. A notice that nobody waits for is kept for the next `wait`, so none is lost
 * between a look and the wait for more; several notices are one.
 */
export class Wakeup {
  #isNotified = false;
  #wake: (() => void) | undefined;

  notify(): void {
    this.#isNotified = true;
    this.#wake?.();
  }

  /** Resolves when there was a notice since the last `wait`, or when `signal` aborts: look at it. One waiter at a time. */
  async wait(signal: AbortSignal): Promise<void> {
    invariant(this.#wake === undefined, 'one waiter at a time');
    if (!this.#isNotified && !signal.aborted) await this.#untilWoken(signal);
    this.#isNotified = false;
  }

  async #untilWoken(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    signal.addEventListener('abort', onAbort, { once: true });
    function onAbort(): void {
      resolve();
    }
    await promise;
    signal.removeEventListener('abort', onAbort);
    this.#wake = undefined;
  }
}
