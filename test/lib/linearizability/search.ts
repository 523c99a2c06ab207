import type { Operation } from './history.ts';

/** What one object does when it is asked one thing after the other. States are values: steps make new ones. None is undefined. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /** The state after `input` was answered with `output`; undefined if it cannot be answered so in `state`. */
  readonly step: (state: State, input: Input, output: Output) => State | undefined;
  /** The state after `input` took effect with an answer that nobody saw. */
  readonly effect: (state: State, input: Input) => State;
  /** The same for two states if and only if they are equal. */
  readonly key: (state: State) => string;
}

export type SearchResult<Input, Output> =
  /** `order` is one in which all that returned, and some of the others, may have taken effect. */
  | { readonly kind: 'found'; readonly order: readonly Operation<Input, Output>[] }
  /** `order` is the longest that was found, and nothing lets `stuck` follow, which had returned before all that is left. */
  | {
      readonly kind: 'none';
      readonly order: readonly Operation<Input, Output>[];
      readonly stuck: Operation<Input, Output>;
    }
  | { readonly kind: 'gave up' };

/** An operation that was placed, and the state before it. */
interface Placed<State> {
  /** Of its call, among the events; undefined for one of the open operations. */
  readonly event: number | undefined;
  /** Its place among those that returned, or among the open ones. */
  readonly at: number;
  readonly before: State;
}

/** Where the search goes on: from this event of those that returned, then from this open operation. */
interface Cursor {
  readonly event: number;
  readonly open: number;
}

type Completed<Input, Output> = Operation<Input, Output> & {
  readonly returned: { readonly at: number; readonly output: Output };
};

const head = 0;

/**
 * Looks for an order in which a history may have taken effect one operation at a time, each between its invocation and its return.
 *
 * Wing and Gong's search, with Lowe's memory of what was tried ("Testing for linearizability", 2017): the set of operations that were placed
 * and the state that they led to. Operations whose outcome nobody knows are tried last: most explain nothing.
 */
export class Search<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #completed: readonly Completed<Input, Output>[];
  readonly #open: readonly Operation<Input, Output>[];
  /** By event, from 1 on: the operation that it invokes, or -1 - the operation that returns. */
  readonly #events: readonly number[];
  /** Events that are left, in a circle through the head. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** By operation: the event of its return. */
  readonly #returns: Int32Array;
  readonly #isPlaced: Uint8Array;
  readonly #isOpenPlaced: Uint8Array;
  readonly #tried = new Set<string>();
  readonly #stack: Placed<State>[] = [];
  #state: State;
  #stepsLeft: number;
  /** All that returned before this one in the list are placed. */
  #lowest = 0;
  #highest = -1;

  constructor(
    model: Model<State, Input, Output>,
    history: readonly Operation<Input, Output>[],
    stepsMax: number,
  ) {
    this.#model = model;
    this.#state = model.initial;
    this.#stepsLeft = stepsMax;
    const sorted = history.toSorted((a, b) => a.invokedAt - b.invokedAt);
    this.#completed = sorted.filter((operation) => hasReturned(operation));
    this.#open = sorted.filter(({ returned }) => returned === undefined);
    this.#events = eventsOf(this.#completed);
    const count = this.#events.length;
    this.#next = Int32Array.from({ length: count }, (_, event) => (event + 1) % count);
    this.#previous = Int32Array.from({ length: count }, (_, event) => (event + count - 1) % count);
    this.#returns = new Int32Array(this.#completed.length);
    for (const [event, code] of this.#events.entries())
      if (event !== head && code < 0) this.#returns[-1 - code] = event;
    this.#isPlaced = new Uint8Array(this.#completed.length);
    this.#isOpenPlaced = new Uint8Array(this.#open.length);
  }

  run(): SearchResult<Input, Output> {
    let cursor: Cursor | undefined = { event: this.#after(head), open: 0 };
    let best: { readonly order: readonly Operation<Input, Output>[]; readonly stuck: number } = {
      order: [],
      stuck: -1,
    };
    while (this.#after(head) !== head) {
      if (this.#stepsLeft < 0) return { kind: 'gave up' };
      if (this.#place(cursor)) {
        cursor = { event: this.#after(head), open: 0 };
        continue;
      }
      if (best.stuck < 0 || this.#stack.length > best.order.length) {
        best = { order: this.#order(), stuck: -1 - this.#code(this.#firstReturn()) };
      }
      cursor = this.#takeBack();
      if (cursor === undefined) return this.#none(best);
    }
    return { kind: 'found', order: this.#order() };
  }

  #none(best: {
    readonly order: readonly Operation<Input, Output>[];
    readonly stuck: number;
  }): SearchResult<Input, Output> {
    const stuck = this.#completed[best.stuck];
    if (stuck === undefined) throw new Error('nothing is left to be placed');
    return { kind: 'none', order: best.order, stuck };
  }

  /** Places the next operation from `cursor` on that may come now and was not tried. */
  #place(cursor: Cursor): boolean {
    let { event } = cursor;
    for (; this.#code(event) >= 0; event = this.#after(event)) {
      if (this.#placeCompleted(event)) return true;
    }
    const code = this.#code(event);
    const returnedAt = this.#completed[-1 - code]?.returned.at ?? 0;
    for (let at = cursor.open; at < this.#open.length; at += 1) {
      const operation = this.#open[at];
      if (operation === undefined || operation.invokedAt > returnedAt) return false;
      if (this.#isOpenPlaced[at] === 0 && this.#placeOpen(at, operation.input)) return true;
    }
    return false;
  }

  #placeCompleted(event: number): boolean {
    const at = this.#code(event);
    const operation = this.#completed[at];
    if (operation === undefined) return false;
    this.#stepsLeft -= 1;
    const after = this.#model.step(this.#state, operation.input, operation.returned.output);
    if (after === undefined) return false;
    const { lowest, highest } = { lowest: this.#lowest, highest: this.#highest };
    this.#isPlaced[at] = 1;
    this.#highest = Math.max(highest, at);
    while (this.#isPlaced[this.#lowest] === 1) this.#lowest += 1;
    if (this.#isNew(after)) {
      this.#unlink(event);
      this.#unlink(this.#returns[at] ?? head);
      this.#stack.push({ event, at, before: this.#state });
      this.#state = after;
      return true;
    }
    this.#isPlaced[at] = 0;
    this.#lowest = lowest;
    this.#highest = highest;
    return false;
  }

  #placeOpen(at: number, input: Input): boolean {
    this.#stepsLeft -= 1;
    const after = this.#model.effect(this.#state, input);
    // Without an effect it is the same as never.
    if (this.#model.key(after) === this.#model.key(this.#state)) return false;
    this.#isOpenPlaced[at] = 1;
    if (this.#isNew(after)) {
      this.#stack.push({ event: undefined, at, before: this.#state });
      this.#state = after;
      return true;
    }
    this.#isOpenPlaced[at] = 0;
    return false;
  }

  /** Takes the last one back; gives where to go on, or undefined if nothing is left to be taken back. */
  #takeBack(): Cursor | undefined {
    const placed = this.#stack.pop();
    if (placed === undefined) return undefined;
    this.#state = placed.before;
    const { event, at } = placed;
    if (event === undefined) {
      this.#isOpenPlaced[at] = 0;
      return { event: this.#firstReturn(), open: at + 1 };
    }
    this.#isPlaced[at] = 0;
    this.#lowest = Math.min(this.#lowest, at);
    while (this.#highest >= 0 && this.#isPlaced[this.#highest] === 0) this.#highest -= 1;
    this.#relink(this.#returns[at] ?? head);
    this.#relink(event);
    return { event: this.#after(event), open: 0 };
  }

  /** False if what is placed now led to this state before. */
  #isNew(state: State): boolean {
    const runs: string[] = [];
    for (let at = this.#lowest; at <= this.#highest; at += 1) {
      if (this.#isPlaced[at] === 0) continue;
      const first = at;
      while (this.#isPlaced[at + 1] === 1) at += 1;
      runs.push(`${first}-${at}`);
    }
    const open: number[] = [];
    for (const [at, isPlaced] of this.#isOpenPlaced.entries()) if (isPlaced === 1) open.push(at);
    const key = `${this.#lowest} ${runs.join()} ${open.join()} ${this.#model.key(state)}`;
    if (this.#tried.has(key)) return false;
    this.#tried.add(key);
    return true;
  }

  #order(): readonly Operation<Input, Output>[] {
    return this.#stack.flatMap(({ event, at }) => {
      const operation = event === undefined ? this.#open[at] : this.#completed[at];
      return operation === undefined ? [] : [operation];
    });
  }

  #code(event: number): number {
    return this.#events[event] ?? -1;
  }

  #after(event: number): number {
    return this.#next[event] ?? head;
  }

  #firstReturn(): number {
    let event = this.#after(head);
    while (this.#code(event) >= 0) event = this.#after(event);
    return event;
  }

  #unlink(event: number): void {
    const [before = head, after = head] = [this.#previous[event], this.#next[event]];
    this.#next[before] = after;
    this.#previous[after] = before;
  }

  #relink(event: number): void {
    const [before = head, after = head] = [this.#previous[event], this.#next[event]];
    this.#next[before] = event;
    this.#previous[after] = event;
  }
}

function hasReturned<Input, Output>(
  operation: Operation<Input, Output>,
): operation is Completed<Input, Output> {
  return operation.returned !== undefined;
}

/** The head, then calls and returns in the order of their moments: of those that share one, calls come first. */
function eventsOf<Input, Output>(completed: readonly Completed<Input, Output>[]): number[] {
  const events = completed.flatMap(({ invokedAt, returned }, at) => [
    { moment: invokedAt, code: at },
    { moment: returned.at, code: -1 - at },
  ]);
  events.sort((a, b) => a.moment - b.moment || b.code - a.code);
  // The head ends every walk as a return does.
  return [-1 - completed.length, ...events.map(({ code }) => code)];
}
