import { Inflights, type InflightLimits } from './inflights.ts';

/**
 * How the leader sends to a follower. Probe: one message a heartbeat, until it is known where the logs meet.
 * Replicate: a stream, ahead of the answers. Snapshot: nothing, until the snapshot has arrived.
 */
export type ProgressState = 'StateProbe' | 'StateReplicate' | 'StateSnapshot';

export interface ProgressStart {
  readonly match: number;
  readonly next: number;
  readonly isLearner: boolean;
  readonly recentActive: boolean;
  readonly limits: InflightLimits;
}

/** What a leader knows of one member, itself included. */
export class Progress {
  /** The highest index at which the follower's log is known to be the leader's. */
  match: number;
  /** The first index to send next; everything in between is under way. Always above `match`. */
  next: number;
  /** The highest commit index that was sent. */
  sentCommit = 0;
  state: ProgressState = 'StateProbe';
  /** In `StateSnapshot`: the index of the snapshot under way. */
  pendingSnapshot = 0;
  /** The member was heard since the leader last asked who is there. */
  recentActive: boolean;
  /** Sending waits until something is heard: a probe is out, or the window was full. */
  isFlowPaused = false;
  isLearner: boolean;
  inflights: Inflights;

  constructor(start: ProgressStart) {
    this.match = start.match;
    this.next = start.next;
    this.isLearner = start.isLearner;
    this.recentActive = start.recentActive;
    this.inflights = new Inflights(start.limits);
  }

  becomeProbe(): void {
    // Whatever became of the snapshot, entries behind it are the next thing worth trying.
    const afterSnapshot = this.state === 'StateSnapshot' ? this.pendingSnapshot + 1 : 0;
    this.#enter('StateProbe');
    this.next = Math.max(this.match + 1, afterSnapshot);
    this.#capSentCommit();
  }

  becomeReplicate(): void {
    this.#enter('StateReplicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.#enter('StateSnapshot');
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** Says that a message with `entries` entries of `bytes` payload was sent from `next` on. */
  sentEntries(entries: number, bytes: number): void {
    if (this.state !== 'StateReplicate') {
      this.isFlowPaused ||= entries > 0;
      return;
    }
    if (entries > 0) {
      this.next += entries;
      this.inflights.add(this.next - 1, bytes);
    }
    // With a full window an empty message is a probe too: one until something is heard, not one with each proposal.
    this.isFlowPaused = this.inflights.isFull;
  }

  /** Whether a message that only tells the commit index would tell the follower something new that it can use. */
  canBumpCommit(index: number): boolean {
    return index > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** The follower has everything up to `index`. False: that was known. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.isFlowPaused = false;
    return true;
  }

  /**
   * The follower has not got the entry at `rejected`; `matchHint` is where it may agree. Moves `next` back. False: the
   * answer is an old one and says nothing.
   */
  maybeDecreaseTo(rejected: number, matchHint: number): boolean {
    if (this.state === 'StateReplicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.#capSentCommit();
      return true;
    }
    // A probe is alone: an answer about another index belongs to an earlier one.
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, matchHint + 1), this.match + 1);
    this.#capSentCommit();
    this.isFlowPaused = false;
    return true;
  }

  get isPaused(): boolean {
    return this.state === 'StateSnapshot' || this.isFlowPaused;
  }

  clone(): Progress {
    const copy = new Progress({
      match: this.match,
      next: this.next,
      isLearner: this.isLearner,
      recentActive: this.recentActive,
      limits: this.inflights.limits,
    });
    copy.inflights = this.inflights.clone();
    copy.sentCommit = this.sentCommit;
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.isFlowPaused = this.isFlowPaused;
    return copy;
  }

  #enter(state: ProgressState): void {
    this.isFlowPaused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    this.inflights.reset();
  }

  /** What lies at `next` or above it was never sent, or is taken back. */
  #capSentCommit(): void {
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }
}
