import type { Operation } from './history.ts';
import { Search, type Model } from './search.ts';

/** Far more than a history of a few clients takes, and seconds at most. */
const defaultStepsMax = 500_000;
/** Operations before the one that cannot follow, in an explanation. */
const explainedOperations = 12;

export interface CheckOptions<State, Input, Output> {
  readonly model: Model<State, Input, Output>;
  /** The object that an operation is about, where there are several that know nothing of each other: each has the model's state, and is checked alone. */
  readonly objectOf?: (input: Input) => string;
  /** Steps of the model for one object, before the verdict is that there is none. */
  readonly stepsMax?: number;
}

export type Verdict<Input, Output> =
  | { readonly kind: 'linearizable' }
  | {
      readonly kind: 'not linearizable';
      readonly object: string;
      /** The longest order that was found. */
      readonly order: readonly Operation<Input, Output>[];
      /** What returned before all that is left, and cannot follow. */
      readonly stuck: Operation<Input, Output>;
    }
  | { readonly kind: 'unknown'; readonly object: string };

/**
 * Whether `history` is linearizable: whether each of its operations may have taken effect at one moment between its invocation and its return, so that
 * all the answers are those of `model`. `unknown` when that took more than `stepsMax` steps to find out.
 *
 * @throws Error where an operation returned before it was invoked
 */
export function checkHistory<State, Input, Output>(
  { model, objectOf = () => '', stepsMax = defaultStepsMax }: CheckOptions<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): Verdict<Input, Output> {
  for (const operation of history) {
    const { invokedAt, returned } = operation;
    if (returned !== undefined && returned.at < invokedAt)
      throw new Error(`returned before it was invoked: ${text(operation)}`);
  }
  let verdict: Verdict<Input, Output> = { kind: 'linearizable' };
  for (const [object, part] of Map.groupBy(history, ({ input }) => objectOf(input))) {
    const result = new Search(model, part, stepsMax).run();
    if (result.kind === 'none') {
      return { kind: 'not linearizable', object, order: result.order, stuck: result.stuck };
    }
    if (result.kind === 'gave up') verdict = { kind: 'unknown', object };
  }
  return verdict;
}

/** The verdict in words, with what came before the operation that cannot follow. Empty for a history that is linearizable. */
export function explain<Input, Output>(verdict: Verdict<Input, Output>): string {
  if (verdict.kind === 'linearizable') return '';
  if (verdict.kind === 'unknown')
    return `too many ways to order what was done to ${verdict.object}`;
  const { object, order, stuck } = verdict;
  const shown = order.slice(-explainedOperations).map((operation) => `  ${text(operation)}`);
  const left = order.length - shown.length;
  return [
    `no order explains what was done to ${object}; after ${left} others:`,
    ...shown,
    `nothing explains: ${text(stuck)}`,
  ].join('\n');
}

function text<Input, Output>({ client, input, invokedAt, returned }: Operation<Input, Output>) {
  const end = returned === undefined ? '?' : `${returned.at} ${JSON.stringify(returned.output)}`;
  return `${client} ${JSON.stringify(input)} ${invokedAt}-${end}`;
}
