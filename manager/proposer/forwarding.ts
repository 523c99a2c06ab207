import { isShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Clock } from '../../common/ports/clock.ts';
import { SubmitResult, type SubmitResponse } from '../../proto/gen/managers.ts';
import type { Outbox, WaitingSet } from './outbox.ts';
import type { DropReason, LeaderLink, SetOutcome } from './port.ts';

export interface ForwardingParts {
  readonly leader: LeaderLink;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly spawn: (name: string, job: (signal: AbortSignal) => Promise<void>) => void;
  /** A number that neither an entry nor a batch has. */
  readonly nextId: () => number;
  /** What became of a set, as far as the store of this member knows. */
  readonly outcomeOf: (setId: string) => SetOutcome | undefined;
  readonly appliedIndex: () => number;
  /** Resolves once this member has applied all that is committed now. @throws ShoalError */
  readonly caughtUp: (signal: AbortSignal) => Promise<void>;
  /** A batch has come back: there may be room for the next one. */
  readonly settled: () => void;
}

interface ForwardedBatch {
  readonly id: number;
  /** Raft id. */
  readonly leader: number;
  readonly sets: readonly WaitingSet[];
}

interface Decided {
  readonly set: WaitingSet;
  readonly index: number;
}

const dropReasons: ReadonlyMap<SubmitResult, DropReason> = new Map([
  [SubmitResult.submitTooBusy, 'tooBusy'],
  [SubmitResult.submitDiskFull, 'diskFull'],
]);

/** Sets that are decided and not applied here: as many as may wait, and as many again that have been given up. */
const decidedMax = 2 * limits.proposerSets;

/**
 * Sets on their way to a leader elsewhere.
 *
 * What the leader decided has its outcome here once this member has applied it, so whoever waits finds it in the store. What did not get
 * through goes out again.
 */
export class Forwarding {
  readonly #parts: ForwardingParts;
  /** Decided, and not applied here yet. */
  #decided: Decided[] = [];
  #underWay = 0;
  /** Of the leader that all under way go to. */
  #era = new AbortController();

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
  }

  /** Sends what is queued to `leader`, as far as there is room. */
  flush(leader: number): void {
    const { outbox, nextId, spawn } = this.#parts;
    while (outbox.queued > 0 && this.#underWay < this.#batchesMax()) {
      const id = nextId();
      const sets = outbox.nextBatch(id, limits.rpcMessageBytes);
      const { signal: era } = this.#era;
      this.#underWay += 1;
      spawn('forward', async (signal) => {
        await this.#send({ id, leader, sets }, AbortSignal.any([signal, era]));
        this.#underWay -= 1;
        this.#parts.settled();
      });
    }
  }

  #batchesMax(): number {
    const { proposerForwards, proposerSharedForwards, rpcMessageBytes } = limits;
    return this.#parts.outbox.overflows(rpcMessageBytes)
      ? proposerForwards
      : proposerSharedForwards;
  }

  /** Somebody else leads, or nobody: what is under way goes out again. */
  abandon(): void {
    this.#era.abort(new Error('another manager leads'));
    this.#era = new AbortController();
  }

  /** Everything up to `index` is applied here. */
  advance(index: number): void {
    if (this.#decided.length === 0) return;
    for (const decided of this.#decided) if (decided.index <= index) this.#settle(decided);
    this.#decided = this.#decided.filter((decided) => decided.index > index);
  }

  async #send({ id, leader, sets }: ForwardedBatch, signal: AbortSignal): Promise<void> {
    const { outbox, clock } = this.#parts;
    // As long as none has gone out this time, none is in more doubt than before.
    let hasGone = false;
    try {
      const left = await this.#leftOf(sets, signal);
      if (left.length === 0) {
        outbox.takeEntry(id);
        return;
      }
      hasGone = true;
      const bytes = left.map((set) => set.bytes);
      const answer = await this.#parts.leader.submit(leader, bytes, signal);
      outbox.takeEntry(id);
      if (this.#answered(left, answer)) return;
    } catch (error) {
      const isUnsent = isShoalError(error) && error.fields['unsent'] === true;
      outbox.takeEntry(id);
      outbox.requeue(sets, hasGone && !isUnsent);
      if (signal.aborted) return;
      if (!isShoalError(error)) throw error;
    }
    await clock.sleep(limits.proposerRetryMs, signal).catch(() => undefined);
  }

  /**
   * What has no outcome yet. A set that went out before may have been decided so long ago that the leader does not know it any more, and
   * would decide it again: it waits until this member has applied all that there is.
   */
  async #leftOf(sets: readonly WaitingSet[], signal: AbortSignal): Promise<readonly WaitingSet[]> {
    if (!sets.some(({ isInDoubt }) => isInDoubt)) return sets;
    await this.#parts.caughtUp(signal);
    return sets.filter((set) => this.#parts.outbox.get(set.id) === set);
  }

  /** True when all of it was decided: there is room for more at once. */
  #answered(sets: readonly WaitingSet[], answer: SubmitResponse): boolean {
    const doubtful: WaitingSet[] = [];
    const untouched: WaitingSet[] = [];
    let decided = 0;
    for (const [at, set] of sets.entries()) {
      const result = answer.sets[at]?.result ?? SubmitResult.submitUnknown;
      const reason = dropReasons.get(result);
      if (result === SubmitResult.submitDecided) {
        decided += 1;
        this.#decide({ set, index: answer.index });
      } else if (result === SubmitResult.submitUnfit && !set.isInDoubt) {
        this.#parts.outbox.settle(set.id, { kind: 'refused', refusal: { kind: 'level' } });
      } else if (reason !== undefined && !set.isInDoubt) {
        this.#parts.outbox.settle(set.id, { kind: 'dropped', reason });
      } else if (result === SubmitResult.submitUnknown) doubtful.push(set);
      else untouched.push(set);
    }
    this.#parts.outbox.requeue(untouched, false);
    this.#parts.outbox.requeue(doubtful, true);
    return decided === sets.length;
  }

  #decide(decided: Decided): void {
    if (decided.index <= this.#parts.appliedIndex()) this.#settle(decided);
    else this.#decided.push(decided);
    // While nothing is applied here those that have waited too long are given up, and others take their place.
    if (this.#decided.length > decidedMax) {
      const { outbox } = this.#parts;
      this.#decided = this.#decided.filter(({ set }) => outbox.get(set.id) === set);
    }
  }

  #settle({ set }: Decided): void {
    this.#parts.outbox.settle(set.id, this.#parts.outcomeOf(set.id) ?? { kind: 'unknown' });
  }
}
