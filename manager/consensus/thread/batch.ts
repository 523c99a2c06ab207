import type { Transferable } from 'node:worker_threads';
import { largeBuffers, tightMessage } from '../message.ts';
import type { FromConsensus, ToConsensus } from '../port.ts';

/** Above this, handing a buffer over costs less than copying it. */
const transferBytesMin = 64 * 1024;

/**
 * Collects the messages of one turn, so that they cross the thread boundary as one.
 *
 * `moves`: large buffers are handed over and are gone here; otherwise all are copied and stay the caller's.
 */
export class Batch<Message extends ToConsensus | FromConsensus> {
  readonly #post: (messages: readonly Message[], transfer: Transferable[]) => void;
  readonly #moves: boolean;
  #messages: Message[] = [];

  constructor(
    buffers: 'moves' | 'copies',
    post: (messages: readonly Message[], transfer: Transferable[]) => void,
  ) {
    this.#moves = buffers === 'moves';
    this.#post = post;
  }

  /** Takes `message` and its buffers; they leave at the end of this turn. */
  add(message: Message): void {
    if (this.#messages.length === 0) {
      queueMicrotask(() => {
        this.flush();
      });
    }
    this.#messages.push(tightMessage(message));
  }

  /** Sends what was collected, now. */
  flush(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#messages = [];
    this.#post(messages, this.#moves ? movable(messages) : []);
  }
}

function movable(messages: readonly (ToConsensus | FromConsensus)[]): Transferable[] {
  const buffers = messages.flatMap((message) => largeBuffers(message, transferBytesMin));
  return [...new Set(buffers.filter((buffer) => buffer instanceof ArrayBuffer))];
}
