/** One call of a client, with what it was told. */
export interface Operation<Input, Output> {
  /** For people: who called. */
  readonly client: string;
  readonly input: Input;
  /** Any number that grows: what began at or before the moment when another returned may have taken effect before it. */
  readonly invokedAt: number;
  /** Undefined where nobody knows: it took effect at any time after its invocation, or never. */
  readonly returned: { readonly at: number; readonly output: Output } | undefined;
}

/** A call that is under way. */
export interface PendingOperation<Output> {
  readonly returns: (output: Output) => void;
  /** It certainly took no effect and told nothing: the history is the same without it. */
  readonly hadNoEffect: () => void;
}

/**
 * What clients did, in one order of invocations and returns: no two of them have the same moment. A call that is never said to have returned is one
 * whose outcome nobody knows.
 */
export class HistoryRecorder<Input, Output> {
  readonly #operations = new Map<number, Operation<Input, Output>>();
  #moment = 0;

  get operations(): readonly Operation<Input, Output>[] {
    return [...this.#operations.values()];
  }

  invoke(client: string, input: Input): PendingOperation<Output> {
    const invokedAt = this.#next();
    const operation = { client, input, invokedAt };
    this.#operations.set(invokedAt, { ...operation, returned: undefined });
    return {
      returns: (output) => {
        this.#operations.set(invokedAt, { ...operation, returned: { at: this.#next(), output } });
      },
      hadNoEffect: () => {
        this.#operations.delete(invokedAt);
      },
    };
  }

  #next(): number {
    this.#moment += 1;
    return this.#moment;
  }
}
