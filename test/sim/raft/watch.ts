import type { Entry } from '../../../manager/raft/entry.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import { committedByBoth } from '../../../manager/raft/quorum/joint.ts';
import type { RaftStatus } from '../../../manager/raft/raw-node.ts';
import type { Ready } from '../../../manager/raft/ready.ts';
import type { HardState, Snapshot } from '../../../manager/raft/snapshot.ts';
import type { RaftGroup } from '../../lib/raft/group.ts';
import type { Fold, MemberObserver, ScriptMember } from '../../lib/raft/script-member.ts';

/** A broken promise: which one, and how. */
export class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`);
    this.invariant = invariant;
  }
}

interface Chosen {
  readonly term: number;
  /** The term in which it was first applied: it was committed in that one, or before. */
  readonly knownIn: number;
  readonly data: Uint8Array;
  /** The state machine after it. */
  readonly state: Uint8Array;
}

/** A command's mark on the state: short, and different for each history. */
export const foldHash: Fold = (state, command) => {
  let hash = 0x811c9dc5;
  for (const byte of state) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  for (const byte of command) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return Uint8Array.of(hash & 255, (hash >>> 8) & 255, (hash >>> 16) & 255, hash >>> 24);
};

/** How much a leader may hold, as the group was told. */
export interface WatchLimits {
  readonly inflightMessagesMax: number;
}

/**
 * Sees all that becomes durable and all that is applied, and knows from that what may never happen: the names are those
 * of the invariants (R1 to R12).
 */
export class Watch implements MemberObserver {
  readonly #group: RaftGroup;
  readonly #limits: WatchLimits;
  /** R2: by index and term, the one entry that ever had them, and the term before it. */
  readonly #written = new Map<string, { readonly data: string; readonly before: number }>();
  /** R4: what is decided, by index. */
  readonly #chosen = new Map<number, Chosen>();
  #lastChosen: number;
  /** R1. */
  readonly #leaders = new Map<number, MemberId>();
  /** R6: the highest index that any leader has committed. */
  #committed: number;
  /** R7: what each disk said last. */
  readonly #hardStates = new Map<MemberId, HardState>();
  readonly #commits = new Map<MemberId, { readonly life: number; readonly commit: number }>();
  /** Reads that were asked for: what was committed then. */
  readonly #reads = new Map<number, number>();
  /** Reads that were answered. */
  answered = 0;

  constructor(group: RaftGroup, start: Snapshot, limits: WatchLimits) {
    this.#group = group;
    this.#limits = limits;
    this.#lastChosen = start.index;
    this.#committed = start.index;
    const { term, data } = start;
    this.#chosen.set(start.index, { term, knownIn: term, data, state: data });
  }

  get committed(): number {
    return this.#committed;
  }

  appended(id: MemberId, entries: readonly Entry[]): void {
    const { storage } = this.#group.member(id);
    for (const { index, term, data, type } of entries) {
      const before = storage.term(index - 1);
      if (typeof before !== 'number') continue;
      const key = `${index}/${term}`;
      const text = `${type} ${data.join(' ')}`;
      const known = this.#written.get(key);
      if (known === undefined) this.#written.set(key, { data: text, before });
      else if (known.data !== text || known.before !== before) {
        throw new Violation('R2', `logs differ at or before ${key} (member ${id})`);
      }
    }
  }

  applied(id: MemberId, entry: Entry): void {
    const chosen = this.#chosen.get(entry.index);
    const { state, node } = this.#group.member(id);
    if (chosen === undefined) {
      if (entry.index !== this.#lastChosen + 1) {
        throw new Violation('R4', `member ${id} applied ${entry.index} after ${this.#lastChosen}`);
      }
      this.#lastChosen = entry.index;
      const { term, data } = entry;
      const knownIn = node.status().hardState.term;
      this.#chosen.set(entry.index, { term, knownIn, data, state: state.data });
    } else if (chosen.term !== entry.term || !same(chosen.data, entry.data)) {
      throw new Violation('R4', `two entries are committed at ${entry.index} (member ${id})`);
    } else if (!same(chosen.state, state.data)) {
      throw new Violation('R4', `states differ after ${entry.index} (member ${id})`);
    }
  }

  restored(id: MemberId, snapshot: Snapshot): void {
    const chosen = this.#chosen.get(snapshot.index);
    if (chosen === undefined || !same(chosen.state, snapshot.data)) {
      throw new Violation('R10', `member ${id} got a snapshot that is no state of the log`);
    }
  }

  readAsked(context: number): void {
    this.#reads.set(context, this.#committed);
  }

  onReady(ready: Ready): void {
    for (const { context, index } of ready.readStates) {
      const least = this.#reads.get(context);
      this.answered += 1;
      if (least === undefined || index < least) {
        throw new Violation('S6', `a read at ${index} misses what was committed at ${least ?? 0}`);
      }
    }
  }

  /** Looks at a member to which something has just happened. */
  check(id: MemberId): void {
    const member = this.#group.members[id - 1];
    if (member === undefined) return;
    const status = member.node.status();
    this.#checkDisk(member);
    this.#checkCommit(member, status);
    if (status.softState.role === 'StateLeader') this.#checkLeader(member, status);
  }

  #checkDisk(member: ScriptMember): void {
    const { hardState } = member.storage.initialState();
    const before = this.#hardStates.get(member.id);
    if (before === hardState) return;
    this.#hardStates.set(member.id, hardState);
    if (before === undefined) return;
    const isSecondVote =
      before.term === hardState.term && before.vote !== 0 && before.vote !== hardState.vote;
    if (hardState.term < before.term || hardState.commit < before.commit || isSecondVote) {
      throw new Violation('R7', `hard state of member ${member.id} goes back`);
    }
  }

  #checkCommit(member: ScriptMember, { hardState }: RaftStatus): void {
    const before = this.#commits.get(member.id);
    if (before?.life === member.lives && hardState.commit < before.commit) {
      throw new Violation('R7', `commit index of member ${member.id} goes back`);
    }
    this.#commits.set(member.id, { life: member.lives, commit: hardState.commit });
  }

  #checkLeader(member: ScriptMember, status: RaftStatus): void {
    const { term, commit } = status.hardState;
    const other = this.#leaders.get(term);
    if (other === undefined) {
      this.#leaders.set(term, member.id);
      this.#checkComplete(member, term);
    } else if (other !== member.id) {
      throw new Violation('R1', `members ${other} and ${member.id} lead in term ${term}`);
    }
    for (const [peer, progress] of status.progress) {
      if (progress.inflights.count > this.#limits.inflightMessagesMax) {
        throw new Violation('R12', `too much is under way to ${peer}`);
      }
    }
    if (commit <= this.#committed) return;
    if (member.node.termAt(commit) !== term) {
      throw new Violation('R5', `leader ${member.id} commits ${commit} of another term`);
    }
    const durable = committedByBoth(status.config.voters, (id) =>
      this.#isDurable(id, commit, term) ? commit : 0,
    );
    if (durable < commit) throw new Violation('R6', `${commit} is committed without a quorum`);
    this.#committed = commit;
  }

  #isDurable(id: MemberId, index: number, term: number): boolean {
    const storage = this.#group.members[id - 1]?.storage;
    const found = storage?.term(index);
    return found === term || found === 'compacted';
  }

  /** R3: a new leader has everything that was committed before its term. It may learn late that it was elected, when another has already led in a later term. */
  #checkComplete(member: ScriptMember, leaderTerm: number): void {
    for (let index = this.#lastChosen; index > this.#lastChosen - 20; index -= 1) {
      const chosen = this.#chosen.get(index);
      if (chosen === undefined || chosen.knownIn >= leaderTerm) continue;
      const term = member.node.termAt(index);
      if (term !== 'compacted' && term !== chosen.term) {
        throw new Violation('R3', `leader ${member.id} lacks ${index}, which is committed`);
      }
    }
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, position) => byte === b[position]);
}
