import type { Entropy } from '../../common/ports/entropy.ts';

/** Contexts of one run of the process; the next one begins elsewhere. */
const contextsOfRun = 2 ** 20;

export interface ReadEvents {
  /** Ask for an index, under a context that was never used before. */
  ask(context: number): void;
  answer(requestId: number, index: number | undefined): void;
}

/**
 * Read barriers on their way to the leader and back.
 *
 * All that come in one turn are one question. A question may be lost, so it is asked again under another context: an answer to
 * the first one must never be taken for one to the second (etcd #20418).
 */
export class Reads {
  readonly #events: ReadEvents;
  #waiting: number[] = [];
  readonly #asked = new Map<number, readonly number[]>();
  #nextContext: number;
  #hasLeader = false;
  #isPlanned = false;

  /** @param entropy tells the contexts of this run from those of the one before, whose answers may still come. */
  constructor(entropy: Entropy, events: ReadEvents) {
    this.#events = events;
    const run = entropy.bytes(4).reduce((number, byte) => number * 256 + byte, 0);
    this.#nextContext = run * contextsOfRun + 1;
  }

  add(requestId: number): void {
    this.#waiting.push(requestId);
    this.#plan();
  }

  /** There is a leader, perhaps another one, or there is none: then all wait. */
  led(hasLeader: boolean): void {
    this.#hasLeader = hasLeader;
    this.askAgain();
  }

  /** Asks for everything that has no answer, anew. */
  askAgain(): void {
    const asked = [...this.#asked.values()].flat();
    this.#asked.clear();
    this.#waiting.unshift(...asked);
    this.#plan();
  }

  answered(context: number, index: number): void {
    const requestIds = this.#asked.get(context) ?? [];
    this.#asked.delete(context);
    for (const requestId of requestIds) this.#events.answer(requestId, index);
  }

  /** There will be no answer to any. */
  abandon(): void {
    const requestIds = [...[...this.#asked.values()].flat(), ...this.#waiting];
    this.#asked.clear();
    this.#waiting = [];
    for (const requestId of requestIds) this.#events.answer(requestId, undefined);
  }

  #plan(): void {
    if (this.#isPlanned || !this.#hasLeader || this.#waiting.length === 0) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#ask();
    });
  }

  #ask(): void {
    if (!this.#hasLeader || this.#waiting.length === 0) return;
    const context = this.#nextContext;
    this.#nextContext += 1;
    this.#asked.set(context, this.#waiting);
    this.#waiting = [];
    this.#events.ask(context);
  }
}
