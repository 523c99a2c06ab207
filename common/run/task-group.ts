/**
 * Structured concurrency: nothing runs outside a group, and a group dies with its block.
 *
 * The first job that fails aborts its siblings; leaving the block (`await using`) aborts what still runs and waits for all of it.
 */
export class TaskGroup implements AsyncDisposable {
  readonly #controller = new AbortController();
  readonly #running = new Map<Promise<void>, string>();
  readonly #parent: AbortSignal | undefined;
  readonly #onParentAbort: () => void;
  #failure: { readonly error: unknown } | undefined;

  /** @param parent when it aborts, the group aborts with its reason. */
  constructor(parent?: AbortSignal) {
    this.#parent = parent;
    this.#onParentAbort = () => {
      this.abort(parent?.reason);
    };
    if (parent === undefined) return;
    if (parent.aborted) this.abort(parent.reason);
    else parent.addEventListener('abort', this.#onParentAbort, { once: true });
  }

  /** Aborts when a job fails, the parent aborts, or the block ends. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Names of the jobs that still run, for stall reports. */
  get running(): readonly string[] {
    return [...this.#running.values()];
  }

  /** Runs `job` in this group. Its failure, unless the group is ending, fails the group. */
  spawn(name: string, job: (signal: AbortSignal) => Promise<void>): void {
    const done = this.#run(job).finally(() => {
      this.#running.delete(done);
    });
    this.#running.set(done, name);
  }

  /** Asks every job to end. Does not wait: see `settle`. */
  abort(reason?: unknown): void {
    if (!this.#controller.signal.aborted)
      this.#controller.abort(reason ?? new Error('group ended'));
  }

  /**
   * Waits until all jobs have ended by themselves.
   * @throws the first failure, once: leaving the block afterwards does not throw it again.
   */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.keys());
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** Aborts, waits for every job, then reports the first failure that came before the abort. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.abort();
    this.#parent?.removeEventListener('abort', this.#onParentAbort);
    await this.settle();
  }

  async #run(job: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await job(this.#controller.signal);
    } catch (error) {
      if (this.#controller.signal.aborted) return;
      this.#failure = { error };
      this.abort(error);
    }
  }
}
