import type { Claim, Op } from '../../proto/gen/changeset.ts';
import type { StoreView } from '../store/view.ts';

/** What the overlay needs of a set in flight. */
export interface PendingSet {
  readonly id: string;
  readonly claims: readonly Claim[];
  readonly ops: readonly Op[];
}

/**
 * The store with our own sets in flight over it: what the deciders see, so that they decide on and on without waiting
 * for what they decided before. One for all of them.
 */
export interface PendingOverlay {
  /** The same object throughout, always as things are now. */
  readonly view: StoreView;
  /** Shows `set` as if it had been applied after all that are in flight. */
  add(set: PendingSet): void;
  /** Forgets the set: it was applied and is in the store itself, or it never will be. */
  drop(setId: string): void;
}
