import type { Actor } from '../../common/ports/identity.ts';
import type { Claim, Op, Read } from '../../proto/gen/changeset.ts';
import type { SubmitResponse } from '../../proto/gen/managers.ts';
import type { Refusal } from '../store/refusal.ts';
import type { StoreView } from '../store/view.ts';

/** A set as its author gives it; the proposer stamps wall time and encodes. */
export interface SetRequest {
  /** Id of the set; a retry after `unknown` carries the same one. */
  readonly id: string;
  /** Term of the leadership that a controller acts for; 0 for users and nodes. */
  readonly term: number;
  readonly actor: Actor;
  readonly reason: string;
  readonly traceId: string;
  readonly minLevel: number;
  readonly reads: readonly Read[];
  readonly claims: readonly Claim[];
  readonly ops: readonly Op[];
}

export type { Refusal };

/** Why consensus did not take a set. */
export type DropReason = 'notLeader' | 'tooBusy' | 'diskFull' | 'stopping';

/**
 * done: applied, at `revision`. refused: certainly not, by `refusal`. dropped: certainly not, consensus did not take it (no leader, busy, no room on the disk).
 * unknown: it may or may not take effect; retry with the same id.
 */
export type SetOutcome =
  | { readonly kind: 'done'; readonly revision: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  | { readonly kind: 'unknown' };

/** What becomes of a set that another manager sends; unfit: certainly nothing, this version could not apply it. */
export type ForwardedOutcome = SetOutcome | { readonly kind: 'unfit' };

/** The way to the manager that leads. */
export interface LeaderLink {
  /**
   * Has the leader propose these sets.
   * @param leader its raft id.
   * @throws ShoalError whatever went wrong: they may have been proposed or not, unless its field `unsent` is true.
   */
  submit(leader: number, sets: readonly Uint8Array[], signal: AbortSignal): Promise<SubmitResponse>;
}

/** Main's half of consensus, as the rest of the manager sees it. */
export interface ProposerPort {
  /** Proposes a set and resolves once it was applied here, or is known or feared not to be. Never rejects but for `signal`. */
  submit(set: SetRequest, signal: AbortSignal): Promise<SetOutcome>;
  /** Resolves when the store holds everything acknowledged before the call. @throws ShoalError `lostQuorum`, `timeout` */
  barrier(signal: AbortSignal): Promise<void>;
  /** The store as it is now; read it synchronously, never across an await. */
  readonly view: StoreView;
}
