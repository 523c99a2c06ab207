import { Worker } from 'node:worker_threads';
import { invariant } from '../../../common/pure/invariant.ts';
import type { ConsensusPort, FromConsensus, ToConsensus } from '../port.ts';
import { Batch } from './batch.ts';
import type { ThreadConfig } from './thread-config.ts';

/** `main.ts` where TypeScript runs directly, `main.js` in a build. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url);

/**
 * Consensus in its own thread. `stopped` or `failed` is the last message; a thread that ends in any other way is `failed`.
 */
export class ThreadConsensusPort implements ConsensusPort, AsyncDisposable {
  readonly #worker: Worker;
  readonly #batch: Batch<ToConsensus>;
  readonly #ended = Promise.withResolvers<void>();
  #early: FromConsensus[] = [];
  #handler: ((message: FromConsensus) => void) | undefined;
  #isOver = false;

  /** Starts the thread. `config.dataKey` is copied. */
  constructor(config: ThreadConfig) {
    this.#worker = new Worker(entry, { workerData: config, name: 'consensus' });
    this.#batch = new Batch('copies', (messages, transfer) => {
      this.#worker.postMessage(messages, transfer);
    });
    this.#worker.on('message', (messages: readonly FromConsensus[]) => {
      for (const message of messages) this.#take(message);
    });
    this.#worker.on('error', (error) => {
      this.#take({ kind: 'failed', code: 'internal', message: textOf(error) });
    });
    this.#worker.on('exit', () => {
      this.#take({ kind: 'failed', code: 'internal', message: 'the consensus thread ended' });
      this.#ended.resolve();
    });
  }

  /** Resolves when the thread is gone. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  post(message: ToConsensus): void {
    if (!this.#isOver) this.#batch.add(message);
  }

  receive(handler: (message: FromConsensus) => void): void {
    invariant(this.#handler === undefined, 'the port has one receiver');
    this.#handler = handler;
    const early = this.#early;
    this.#early = [];
    queueMicrotask(() => {
      for (const message of early) handler(message);
    });
  }

  /** Ends the thread at once, wherever it is: as a crash would. To keep order, post `stop` and wait for `stopped` first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#worker.terminate();
  }

  #take(message: FromConsensus): void {
    if (this.#isOver) return;
    this.#isOver = message.kind === 'stopped' || message.kind === 'failed';
    if (this.#handler === undefined) this.#early.push(message);
    else this.#handler(message);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
