import type { Claim, Op, Read } from '../../proto/gen/changeset.ts';
import type { StoreEvent } from './events.ts';
import type { StoreView } from './view.ts';

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
 * An index that a decider keeps of the view: a memo of it, nothing that the view does not say.
 *
 * `follow` comes after every change of a row in the view: an applied set, a set of our own that goes in flight (its
 * revision is then the view's), and one that came to nothing. Reading the row again must be enough.
 */
export interface Follower {
  /**
   * Forgets all and reads `view` whole, some rows a step; from now on `follow` tells its changes, also between steps. Nothing is decided
   * before the last one.
   */
  restart(view: StoreView): Generator<undefined, undefined>;
  follow(event: StoreEvent): void;
}

/**
 * A pure controller: looks at one scope and says what should change.
 *
 * Applying its decision and deciding again yields nothing. It makes no ids: `placeholderId(n)` is replaced by the loop
 * with a fresh one, the same within one decision for the same n. A decision depends on the view, the key and the time
 * only; a view that the follower does not follow gives the same one, only slower.
 */
export interface Decider {
  readonly name: string;
  readonly follower: Follower | undefined;
  /**
   * Scopes that `event` may concern; the key never says what happened. Keys: `service/<id>`, `slot/<service id>/<slot>`
   * (of a global service `slot/<service id>/0/<node id>`),
   * `node/<id>`, `network/<id>`, `cluster`.
   */
  keysOf(event: StoreEvent, view: StoreView): readonly string[];
  /** Every scope, for the start of a leadership and the slow resync; read little by little while the view goes on. */
  allKeys(view: StoreView): Iterable<string>;
  decide(view: StoreView, key: string, now: DecideTime, budget: Budget): Decision;
}

/** Has a follower read the whole view at once, for a view that is looked at once only. */
export function readWhole(follower: Follower, view: StoreView): void {
  for (const steps = follower.restart(view); steps.next().done !== true;);
}

/** How a placeholder begins: a character that no id, name or address holds. */
export const placeholderPrefix = '\u0001new-';

/** Stands for an id that the loop will make; `n` tells several in one decision apart. */
export function placeholderId(n: number): string {
  return `${placeholderPrefix}${n}`;
}

/** A decision that changes nothing. */
export const noDecision: Decision = { sets: [], wakeAtMs: undefined, more: false };
