import type { Clock } from '../../common/ports/clock.ts';
import type { Random } from '../../common/pure/random.ts';
import type { FromConsensus } from './port.ts';
import type { RaftMember } from './raft-member.ts';

/** How long a member at most waits before it stands for election when the leader's process is gone, milliseconds: so that not all do so at once. */
const standMsMax = 150;

export interface GroupWatchParts {
  readonly member: RaftMember;
  readonly clock: Clock;
  readonly random: Random;
  readonly electionMs: number;
  /** Index up to which main was given entries. */
  readonly handedOver: () => number;
  readonly emit: (message: FromConsensus) => void;
  readonly spawn: (name: string, job: (signal: AbortSignal) => Promise<void>) => void;
}

/**
 * What a member does about the others and its own main thread beside what the library does: it tells main how far they are, stands for
 * election at once when the leader's process is gone, and lets another lead while its main makes no progress or says nothing.
 */
export class GroupWatch {
  readonly #parts: GroupWatchParts;
  readonly #heardMs = new Map<number, number>();
  #toldMs: number;
  #appliedIndex = 0;
  /** Since when main has something to apply and does not. */
  #stuckMs: number | undefined;
  /** Since when main owes an answer. */
  #owedMs: number | undefined;
  #hasAskedTransfer = false;

  constructor(parts: GroupWatchParts) {
    this.#parts = parts;
    this.#toldMs = parts.clock.nowMs();
  }

  heard(id: number): void {
    this.#heardMs.set(id, this.#parts.clock.nowMs());
  }

  /** Main has applied everything up to `index`. */
  applied(index: number): void {
    if (index <= this.#appliedIndex) return;
    this.#appliedIndex = index;
    this.#stuckMs = undefined;
    this.#mayLead();
  }

  /** Main has answered what it was told. */
  heardMain(): void {
    this.#owedMs = undefined;
    if (this.#parts.handedOver() <= this.#appliedIndex) this.#mayLead();
  }

  /** A tick of the clock has gone by. */
  tick(): void {
    const { clock, electionMs, member } = this.#parts;
    const nowMs = clock.nowMs();
    this.#watchMain(nowMs);
    if (nowMs - this.#toldMs < electionMs || !member.leadership.self) return;
    this.#toldMs = nowMs;
    this.#tell();
  }

  /** Hands leadership to whoever is most up to date and answers, if there is one. */
  transferToBest(): void {
    const { member } = this.#parts;
    const best = member.voterProgress
      .filter(({ id }) => this.#isActive(id))
      .toSorted((one, other) => other.matchIndex - one.matchIndex)[0];
    if (best !== undefined) member.transfer(best.id);
  }

  /** The process of a member is gone, not just silent. */
  gone(id: number): void {
    const { member, clock, random, spawn } = this.#parts;
    const { leader, self, term } = member.leadership;
    if (self || leader !== id) return;
    member.forgetLeader();
    spawn('stand for election', async (signal) => {
      await clock.sleep(random.below(standMsMax), signal);
      const now = member.leadership;
      if (now.leader === undefined && now.term === term) member.campaign();
    });
  }

  #mayLead(): void {
    this.#hasAskedTransfer = false;
    this.#parts.member.yield(false);
  }

  #isActive(id: number): boolean {
    const heardMs = this.#heardMs.get(id);
    return heardMs !== undefined && this.#parts.clock.nowMs() - heardMs <= this.#parts.electionMs;
  }

  #tell(): void {
    const { emit, member } = this.#parts;
    const peers = member.progress.map((peer) => ({ ...peer, isActive: this.#isActive(peer.id) }));
    if (peers.length === 0) return;
    const { term } = member.leadership;
    this.#owedMs ??= this.#toldMs;
    emit({ kind: 'progress', term, lastIndex: member.lastIndex, peers });
  }

  /** A leader whose main does not apply what it is given, or says nothing, serves nobody: another one leads, or is let lead. */
  #watchMain(nowMs: number): void {
    const { electionMs, handedOver, member } = this.#parts;
    // Where nobody else votes, nobody else can lead.
    if (!member.leadership.self || member.voterProgress.length === 0) {
      this.#stuckMs = undefined;
      this.#owedMs = undefined;
      return;
    }
    const isApplying = handedOver() <= this.#appliedIndex;
    this.#stuckMs = isApplying ? undefined : (this.#stuckMs ?? nowMs);
    const stuckForMs = nowMs - Math.min(this.#stuckMs ?? nowMs, this.#owedMs ?? nowMs);
    if (stuckForMs >= 2 * electionMs && !this.#hasAskedTransfer) {
      this.#hasAskedTransfer = true;
      this.transferToBest();
    }
    if (stuckForMs >= 3 * electionMs) member.yield(true);
  }
}
