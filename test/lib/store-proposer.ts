import type { NodeId, SetId } from '../../common/pure/ids.ts';
import { asId } from '../../common/pure/ids.ts';
import { actorName } from '../../common/ports/identity.ts';
import type { ProposerPort, SetOutcome, SetRequest } from '../../manager/proposer/port.ts';
import type { StoreEvent } from '../../manager/store/events.ts';
import type { StoreView } from '../../manager/store/view.ts';
import { StoreFixture } from './store-fixture.ts';

type Answer = (set: SetRequest, signal: AbortSignal) => Promise<SetOutcome> | SetOutcome;

/** A proposer over a store in this process: commits at once, unless the next answers were planned. */
export class StoreProposer implements ProposerPort {
  readonly fixture: StoreFixture;
  /** All that was asked for, in order. */
  readonly requests: SetRequest[] = [];
  readonly #answers: Answer[] = [];
  #sets = 0;
  /** Read barriers that were asked for. */
  barriers = 0;
  #stale: StoreView | undefined;

  constructor(fixture: StoreFixture = new StoreFixture()) {
    this.fixture = fixture;
  }

  get view(): StoreView {
    return this.#stale ?? this.fixture.view;
  }

  /** Shows `view` until the next barrier or outcome, as a manager does that has not applied what others acknowledged. */
  lagAt(view: StoreView): void {
    this.#stale = view;
  }

  readonly newSetId = (): SetId => {
    this.#sets += 1;
    return asId<'set'>(`proposed-${this.#sets}`);
  };

  /** Calls `handler` with the events of each applied entry, as a manager does. */
  readonly subscribe = (handler: (events: readonly StoreEvent[]) => void): (() => void) => {
    const watcher = this.fixture.store.watch(undefined, () => {
      for (let take = watcher.take(); take.kind === 'events'; take = watcher.take()) {
        handler(take.events);
      }
    });
    return () => {
      watcher.close();
    };
  };

  /** The next set gets this answer, and is not applied unless the answer does it. */
  answerOnce(answer: SetOutcome | Answer): void {
    this.#answers.push(typeof answer === 'function' ? answer : () => answer);
  }

  /** The next set is applied only when the result is called. */
  holdOnce(): () => void {
    const gate = Promise.withResolvers<void>();
    this.answerOnce(async (set) => {
      await gate.promise;
      return this.commit(set);
    });
    return gate.resolve;
  }

  async submit(set: SetRequest, signal: AbortSignal): Promise<SetOutcome> {
    signal.throwIfAborted();
    this.requests.push(set);
    this.#stale = undefined;
    const answer = this.#answers.shift();
    return answer === undefined ? this.commit(set) : await answer(set, signal);
  }

  async barrier(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.barriers += 1;
    this.#stale = undefined;
  }

  /** Applies a set in an entry of its own. */
  commit(set: SetRequest): SetOutcome {
    const { outcome } = this.fixture.apply({ ...set, actor: actorName(set.actor) });
    if (outcome.kind === 'done') return { kind: 'done', revision: outcome.revision };
    return { kind: 'refused', refusal: outcome.refusal };
  }
}

/** Ids of nodes as text, where a test names them. */
export function nodeId(text: string): NodeId {
  return asId<'node'>(text);
}
