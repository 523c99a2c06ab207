import { limits } from '../../../common/pure/limits.ts';
import type { ExecutorEvent } from '../contract.ts';

/**
 * Events on their way to the agent. Several of one task become one, since each only says "look"; too many become one `resync`.
 */
export class EventQueue {
  #tasks = new Set<string>();
  #others: ExecutorEvent[] = [];
  #wake: (() => void) | undefined;

  pushContainer(taskId: string): void {
    if (this.#tasks.size >= limits.executorQueueEvents) {
      this.#tasks.clear();
      this.push({ kind: 'resync' });
      return;
    }
    this.#tasks.add(taskId);
    this.#wake?.();
  }

  /** A change of the engine's availability that nobody has seen is overtaken by the next; a resync covers all tasks. */
  push(event: Exclude<ExecutorEvent, { kind: 'container' }>): void {
    this.#others = this.#others.filter((other) => other.kind !== event.kind);
    this.#others.push(event);
    if (event.kind === 'resync') this.#tasks.clear();
    this.#wake?.();
  }

  /** Takes everything that waits, waiting for something if need be. Empty when `signal` has aborted. */
  async take(signal: AbortSignal): Promise<readonly ExecutorEvent[]> {
    if (this.#tasks.size === 0 && this.#others.length === 0 && !signal.aborted) {
      await this.#somethingComes(signal);
    }
    if (signal.aborted) return [];
    const taken: ExecutorEvent[] = [...this.#others];
    for (const taskId of this.#tasks) taken.push({ kind: 'container', taskId });
    this.#others = [];
    this.#tasks = new Set();
    return taken;
  }

  async #somethingComes(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const onAbort = (): void => {
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#wake = undefined;
    }
  }
}
