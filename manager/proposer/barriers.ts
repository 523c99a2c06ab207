import { ShoalError } from '../../common/pure/errors.ts';
import type { ErrorCodeName } from '../../common/pure/errors.ts';

interface Barrier {
  readonly sinceMs: number;
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

/** Barriers that were asked for with one question to consensus. */
interface Round {
  readonly requestId: number;
  readonly barriers: readonly Barrier[];
}

/** Read barriers: one question to consensus at a time serves all that came before it was asked. */
export class Barriers {
  readonly #ask: () => number;
  /** Not yet asked for. */
  #waiting: Barrier[] = [];
  #asked: Round | undefined;
  /** Answered, and waiting until the store is there. */
  #answered: (Barrier & { readonly index: number })[] = [];
  #isPlanned = false;

  /** @param ask puts the question to consensus and gives its request id. */
  constructor(ask: () => number) {
    this.#ask = ask;
  }

  get size(): number {
    return this.#waiting.length + (this.#asked?.barriers.length ?? 0) + this.#answered.length;
  }

  /** Asks for a barrier; the promise rejects with a ShoalError when there will be none. */
  add(nowMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Whoever asked may have gone; its rejection then is nobody's.
    promise.catch(() => undefined);
    this.#waiting.push({ sinceMs: nowMs, promise, resolve, reject });
    this.#plan();
    return promise;
  }

  /** Consensus has answered; `index` undefined = there is no leader. */
  answer(requestId: number, index: number | undefined, appliedIndex: number): void {
    const round = this.#asked;
    if (round?.requestId !== requestId) return;
    this.#asked = undefined;
    for (const barrier of round.barriers) {
      if (index === undefined) fail(barrier, 'lostQuorum', 'no manager leads at the moment');
      else this.#answered.push({ ...barrier, index });
    }
    this.advance(appliedIndex);
    this.#plan();
  }

  /** The store has applied everything up to `appliedIndex`. */
  advance(appliedIndex: number): void {
    if (this.#answered.length === 0) return;
    for (const barrier of this.#answered) if (barrier.index <= appliedIndex) barrier.resolve();
    this.#answered = this.#answered.filter((barrier) => barrier.index > appliedIndex);
  }

  /** Gives up what has waited since before `sinceMs`. */
  expire(sinceMs: number): void {
    const isOld = (barrier: Barrier): boolean => barrier.sinceMs < sinceMs;
    for (const barrier of this.#all()) {
      if (isOld(barrier)) fail(barrier, 'timeout', 'no answer from the cluster in time');
    }
    this.#waiting = this.#waiting.filter((barrier) => !isOld(barrier));
    this.#answered = this.#answered.filter((barrier) => !isOld(barrier));
    if (this.#asked?.barriers.every(isOld) === true) this.#asked = undefined;
    this.#plan();
  }

  /** Gives up all. */
  failAll(code: ErrorCodeName, message: string): void {
    for (const barrier of this.#all()) fail(barrier, code, message);
    this.#waiting = [];
    this.#asked = undefined;
    this.#answered = [];
  }

  #all(): Barrier[] {
    return [...this.#waiting, ...(this.#asked?.barriers ?? []), ...this.#answered];
  }

  /** Asks after the current job, so that all of this turn share one question. */
  #plan(): void {
    if (this.#isPlanned || this.#asked !== undefined || this.#waiting.length === 0) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      if (this.#asked !== undefined || this.#waiting.length === 0) return;
      const barriers = this.#waiting;
      this.#waiting = [];
      this.#asked = { requestId: this.#ask(), barriers };
    });
  }
}

function fail(barrier: Barrier, code: ErrorCodeName, message: string): void {
  barrier.reject(new ShoalError(code, message));
}
