import { invariant } from '../../common/pure/invariant.ts';
import { decodeBatch, newBatch, newStateCheck } from '../../proto/gen/changeset.ts';
import type { ChangeSet, StateCheck, TimelineLine } from '../../proto/gen/changeset.ts';
import type { Effect, RowChange } from './changes.ts';
import { evaluateSet, findTooNew } from './evaluate.ts';
import type { StoreEvent } from './events.ts';
import { failTooNew } from './levels.ts';
import { LiveView } from './live-view.ts';
import { appliedLine, outcomeOf, refusedLine } from './outcome.ts';
import type { RecordedOutcome } from './outcome.ts';
import type { Refusal } from './refusal.ts';
import { nextSum, StateChecks } from './state-checks.ts';
import { State } from './state.ts';
import type { AppliedPoint } from './state.ts';
import type { StoreView } from './view.ts';
import { WatchHub } from './watch.ts';
import type { Watcher } from './watch.ts';

/** A committed entry of the log; `data` is an encoded `Batch`, or empty when consensus made the entry. */
export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly data: Uint8Array;
}

/** Revisions that a new incarnation of the cluster leaves out. */
const incarnationRevisions = 2 ** 32;

/** What became of one set of an entry. */
export interface SetResult {
  readonly setId: string;
  readonly outcome: RecordedOutcome;
  /** True when the set was known already and its outcome was only looked up. */
  readonly repeated: boolean;
}

export interface ApplyResult {
  /** One for each set of the entry, in its order. */
  readonly results: readonly SetResult[];
  /** Revision of the store after the entry. */
  readonly revision: number;
  /** What the leader and this member had at an earlier entry, if this one says so and it is known here still. */
  readonly compared: { readonly own: StateCheck; readonly leader: StateCheck } | undefined;
}

/** What happens to each row that is published; tests freeze here. */
export type RowGuard = (row: object) => void;

/**
 * The replicated state of the cluster, and the only thing that changes it: entries of the log, in order.
 *
 * `apply` is deterministic and total: the same entries give the same state and outcomes on every member. It reads no clock.
 */
export class Store {
  /** The state as it is now, whenever it is read; the same object for the life of the store. */
  readonly view: StoreView;
  #state = new State();
  readonly #hub = new WatchHub(0);
  readonly #checks = new StateChecks();
  readonly #guard: RowGuard | undefined;

  constructor(options: { readonly guard?: RowGuard } = {}) {
    this.#guard = options.guard;
    this.view = new LiveView(() => this.#state);
  }

  /** What the snapshot and the installer read. Nobody else changes the store past `apply`. */
  get state(): State {
    return this.#state;
  }

  /** The entry that was applied last. */
  get applied(): AppliedPoint {
    return this.#state.applied;
  }

  /**
   * Applies one entry: each of its sets takes effect as a whole or not at all.
   *
   * @throws ShoalError `levelTooLow` when only a newer version can apply it, `corrupt` when it cannot be decoded. The state
   * is then as it was before the entry or in the middle of it: the node must end.
   */
  apply(entry: LogEntry): ApplyResult {
    const state = this.#state;
    invariant(entry.index > state.applied.index, 'entries are applied in order');
    const { sets, check } = entry.data.length === 0 ? newBatch() : decodeBatch(entry.data);
    for (const set of sets) this.#holdKnown(set);
    const results = sets.map((set) => this.#applySet(set, entry.term));
    state.applied = { index: entry.index, term: entry.term };
    const { revision, clusterMs } = state;
    state.outcomeSum = nextSum(
      state.outcomeSum,
      { index: entry.index, revision, clusterMs },
      results,
    );
    this.#checks.note(this.check);
    this.#hub.flush();
    return { results, revision: state.revision, compared: this.#compare(check) };
  }

  /** What became of the set with `setId`; undefined when it was not applied, or too long ago. */
  outcomeOf(setId: string): RecordedOutcome | undefined {
    const line = this.#state.timeline.get(setId);
    return line && outcomeOf(line);
  }

  /** The last sets that were applied or refused, oldest first. */
  timeline(): readonly TimelineLine[] {
    return this.#state.timeline.lines();
  }

  /**
   * Watches what comes after `fromRevision`, or after now when it is undefined. See `WatchHub.watch`.
   * @throws ShoalError `limitExceeded`
   */
  watch(fromRevision: number | undefined, wake: () => void): Watcher {
    return this.#hub.watch(fromRevision, wake);
  }

  /** Replaces the whole state by one that was read from a snapshot: watchers are told to list again. */
  replace(state: State): void {
    this.#state = state;
    this.#hub.reset(state.revision);
  }

  /** What this member has made of the log so far, for others to compare with. */
  get check(): StateCheck {
    const { applied, outcomeSum: sum, contentSum: content } = this.#state;
    return newStateCheck({ index: applied.index, sum, content });
  }

  #compare(leader: StateCheck | undefined): ApplyResult['compared'] {
    const own = leader && this.#checks.at(leader.index);
    return own && { own, leader };
  }

  #holdKnown(set: ChangeSet): void {
    const what = findTooNew(set);
    if (what !== undefined) failTooNew(what);
  }

  #applySet(set: ChangeSet, entryTerm: number): SetResult {
    const state = this.#state;
    state.clusterMs = Math.max(state.clusterMs, set.wallMs);
    const known = state.timeline.get(set.id);
    if (known !== undefined) {
      return { setId: set.id, outcome: outcomeOf(known), repeated: true };
    }
    if (set.id === '') return this.#refuse(set, { kind: 'invalid', message: 'a set has no id' });
    if (set.term !== 0 && set.term !== entryTerm) return this.#refuse(set, { kind: 'term' });
    const at = { revision: state.revision + this.#step(set), clusterMs: state.clusterMs };
    const evaluation = evaluateSet(state, set, at);
    if (evaluation.kind === 'refused') return this.#refuse(set, evaluation.refusal);
    state.commit(evaluation.effect, at);
    state.timeline.add(appliedLine(set, evaluation.effect, at.revision));
    this.#publish(evaluation.effect, at.revision);
    const outcome = { kind: 'done', revision: at.revision } as const;
    return { setId: set.id, outcome, repeated: false };
  }

  /** A new incarnation begins far beyond all that the old one may have given out: no resume token of that one is of this one. */
  #step(set: ChangeSet): number {
    const incarnation = this.#state.cluster()?.lifecycle.incarnation;
    if (incarnation === undefined) return 1;
    const isNew = set.ops.some(
      ({ op }) =>
        op?.kind === 'put' &&
        op.value.value?.kind === 'clusterLifecycle' &&
        op.value.value.value.incarnation > incarnation,
    );
    return isNew ? incarnationRevisions : 1;
  }

  #refuse(set: ChangeSet, refusal: Refusal): SetResult {
    const state = this.#state;
    if (set.id !== '') state.timeline.add(refusedLine(set, refusal, state.revision));
    return { setId: set.id, outcome: { kind: 'refused', refusal }, repeated: false };
  }

  #publish(effect: Effect, revision: number): void {
    if (this.#guard !== undefined) {
      for (const { after } of effect.rows) if (after !== undefined) this.#guard(after);
    }
    this.#hub.publish(
      revision,
      effect.rows.map((change) => eventOf(change, revision)),
    );
  }
}

function eventOf(change: RowChange, revision: number): StoreEvent {
  const { table, key, before, after, facets } = change;
  return { revision, table, key, kind: kindOf(change), facets, before, after };
}

function kindOf(change: RowChange): StoreEvent['kind'] {
  if (change.before === undefined) return 'create';
  return change.after === undefined ? 'delete' : 'update';
}
