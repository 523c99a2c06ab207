import { Bell } from '../../worker/proxy/bell.ts';

/** Tasks to which connections are open, in place of a proxy that knows. */
export class OpenConnections {
  /** Tasks of which somebody wanted to know, in order. */
  readonly asked: string[] = [];
  /** How many wait for an end now. */
  waiting = 0;
  /** Answers the next question. */
  failure: Error | undefined;
  readonly #open = new Set<string>();
  readonly #closed = new Bell();

  open(taskId: string): void {
    this.#open.add(taskId);
  }

  close(taskId: string): void {
    this.#open.delete(taskId);
    this.#closed.ring();
  }

  async drained(taskId: string, signal: AbortSignal): Promise<void> {
    this.asked.push(taskId);
    this.waiting += 1;
    try {
      if (this.failure !== undefined) throw this.failure;
      while (this.#open.has(taskId)) await this.#closed.wait(signal);
    } finally {
      this.waiting -= 1;
    }
  }
}
