import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import type { StateCheck } from '../../proto/gen/changeset.ts';
import { agrees } from '../store/state-checks.ts';

export interface StateVotesParts {
  readonly selfNodeId: string;
  /** Node ids of all managers, this one among them. */
  readonly managers: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly spawn: (name: string, job: (signal: AbortSignal) => Promise<void>) => void;
  /** This manager is the one whose state is wrong. */
  readonly failed: (error: ShoalError) => void;
}

/**
 * Who is wrong when managers made different things of one log.
 *
 * At each check in the log every manager tells every other one what it has. Whoever has something else than most of them is wrong, also
 * when it leads. Where there is no such majority, because there are two managers or too few answer, the leader is believed after
 * `limits.stateVotesMs`: it is what users were answered from.
 */
export class StateVotes {
  readonly #parts: StateVotesParts;
  /** What this manager has, at the last checks; oldest first. */
  #own: readonly StateCheck[] = [];
  /** What others have told last, by node id; oldest first. */
  readonly #told = new Map<string, readonly StateCheck[]>();
  readonly #streams = new Set<Wakeup>();
  /** The last entry at which most managers had what this one has. */
  #sharedIndex = 0;
  #isInDoubt = false;

  constructor(parts: StateVotesParts) {
    this.#parts = parts;
  }

  /** A check in the log was applied. @param own what this manager had at its entry. @param leader what the check says of it. */
  applied(own: StateCheck, leader: StateCheck): void {
    this.#own = [...this.#own, own].slice(-limits.stateChecksKept);
    for (const stream of this.#streams) stream.notify();
    this.#judge(own);
    if (!agrees(own, leader) && own.index > this.#sharedIndex) this.#doubt(own.index);
  }

  /** Takes what another manager tells, until it tells no more. */
  async follow(managerId: string, checks: AsyncIterable<StateCheck>): Promise<void> {
    try {
      for await (const check of checks) {
        const told = this.#told.get(managerId) ?? [];
        this.#told.set(managerId, [...told, check].slice(-limits.stateChecksKept));
        const own = this.#own.find(({ index }) => index === check.index);
        if (own !== undefined) this.#judge(own);
      }
    } finally {
      this.#told.delete(managerId);
    }
  }

  /** What this manager has, at the last checks and each that comes, until `signal` aborts. */
  async *tell(signal: AbortSignal): AsyncIterable<StateCheck> {
    const more = new Wakeup();
    this.#streams.add(more);
    let toldIndex = 0;
    try {
      while (!signal.aborted) {
        for (const check of this.#own.filter(({ index }) => index > toldIndex)) {
          toldIndex = check.index;
          yield check;
        }
        await more.wait(signal);
      }
    } finally {
      this.#streams.delete(more);
    }
  }

  /** Most have what this one has, or something else that they agree on, or neither is known. */
  #judge(own: StateCheck): void {
    const managers = this.#parts.managers();
    const votes = managers.flatMap((id) => this.#voteOf(id, own) ?? []);
    const isMost = (vote: StateCheck): boolean =>
      votes.filter((other) => agrees(vote, other)).length * 2 > managers.length;
    const most = votes.find(isMost);
    if (most === undefined) return;
    if (agrees(own, most)) this.#sharedIndex = Math.max(this.#sharedIndex, own.index);
    else this.#fail('the state of this manager differs from that of most managers', own.index);
  }

  #voteOf(managerId: string, own: StateCheck): StateCheck | undefined {
    if (managerId === this.#parts.selfNodeId) return own;
    return this.#told.get(managerId)?.findLast(({ index }) => index === own.index);
  }

  /** Waits for the others to say who is wrong: this manager, or the one that leads. */
  #doubt(index: number): void {
    if (this.#isInDoubt) return;
    this.#isInDoubt = true;
    const { spawn, clock, log } = this.#parts;
    log.at('error', "the state of this manager differs from the leader's", { index });
    spawn('states that differ', async (signal) => {
      await clock.sleep(limits.stateVotesMs, signal);
      this.#isInDoubt = false;
      if (this.#sharedIndex >= index) return;
      this.#fail("the state of this manager differs from the leader's", index);
    });
  }

  #fail(what: string, index: number): void {
    const remedy = 'leave the swarm with --force and join again';
    this.#parts.failed(new ShoalError('corrupt', `${what}: ${remedy}`, { fields: { index } }));
  }
}
