import type { Op, Claim, Read } from '../../proto/gen/changeset.ts';
import type { StoreView } from '../store/view.ts';
import type { StoreEvent } from '../store/events.ts';

/** Time as a decider sees it. */
export interface DecideTime {
  /** Monotonic clock of the leader: durations and wake-ups. */
  readonly nowMs: number;
  /** Cluster time: stamps and stored deadlines. */
  readonly clusterMs: number;
}

/** Rows that a decider may still look at in this call. Never time. */
export interface Budget {
  /** Counts `rows` as looked at; false when the budget is used up: stop, keep what was decided, answer `more`. */
  spend(rows: number): boolean;
}

/** A change set without what the loop stamps: id, term, actor, trace and wall time. */
export interface Draft {
  /** Why, for the timeline: `scale up`, `task failed`, ... */
  readonly reason: string;
  readonly reads: readonly Read[];
  readonly claims: readonly Claim[];
  readonly ops: readonly Op[];
}

export interface Decision {
  readonly sets: readonly Draft[];
  /** When to decide again for this key though nothing changed, on `nowMs`; undefined = only on a change. */
  readonly wakeAtMs: number | undefined;
  /** True when the budget ended the call early: the key goes back into the queue. */
  readonly more: boolean;
}

/**
 * A pure controller: looks at one scope and says what should change.
 *
 * Applying its decision and deciding again yields nothing. It makes no ids: `placeholderId(n)` is replaced by the loop with a fresh one, the same
 * within one decision for the same n.
 */
export interface Decider {
  readonly name: string;
  /** Scopes (`service/<id>`, `node/<id>`, `network/<id>`, `cluster`) that `event` may concern; the key never says what happened. */
  keysOf(event: StoreEvent, view: StoreView): readonly string[];
  /** Every scope, for the start of a leadership and the slow resync. */
  allKeys(view: StoreView): Iterable<string>;
  decide(view: StoreView, key: string, now: DecideTime, budget: Budget): Decision;
}

/** Stands for an id that the loop will make; `n` tells several in one decision apart. */
export function placeholderId(n: number): string {
  return `\u0001new-${n}`;
}

/** A decision that changes nothing. */
export const noDecision: Decision = { sets: [], wakeAtMs: undefined, more: false };
