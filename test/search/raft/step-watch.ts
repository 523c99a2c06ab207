import type { Entry } from '../../../manager/raft/entry.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import type { JointVoters } from '../../../manager/raft/quorum/joint.ts';
import type { RaftStatus } from '../../../manager/raft/raw-node.ts';
import type { ReadState } from '../../../manager/raft/read-queue.ts';
import type { HardState } from '../../../manager/raft/snapshot.ts';
import type { Config } from '../../../manager/raft/tracker/config.ts';
import type { MemberObserver, ScriptMember } from '../../lib/raft/script-member.ts';
import { Violation } from '../../sim/raft/watch.ts';
import { decide } from './decide.ts';

/** What others must know of something that happened to a member. */
export type Seen =
  | { readonly kind: 'elected'; readonly term: number; readonly voters: JointVoters }
  | {
      readonly kind: 'committed';
      readonly index: number;
      /** Of the leader, and of the entry. */
      readonly term: number;
      readonly entryTerm: number;
      readonly voters: JointVoters;
      /** The leader's own entry is durable. */
      readonly isDurable: boolean;
    }
  | ({ readonly kind: 'read' } & ReadState);

/** Looks at one member while one thing happens to it: what may never happen there, and what others must know. */
export class StepWatch implements MemberObserver {
  #member: ScriptMember | undefined;
  #config: Config | undefined;
  seen: Seen[] = [];

  /** Does it, and compares before and after. `isEnd`: what is in memory is lost. */
  during(member: ScriptMember, isEnd: boolean, act: () => void): void {
    const before = member.node.status();
    const disk = member.storage.initialState().hardState;
    this.#member = member;
    this.#config = before.config;
    act();
    const after = member.node.status();
    const id = member.id;
    checkDisk(id, disk, member.storage.initialState().hardState);
    if (!isEnd && after.hardState.commit < before.hardState.commit) {
      throw new Violation('R7', `commit index of member ${id} goes back`);
    }
    if (!isEnd && after.applied < before.applied) {
      throw new Violation('R7', `applied index of member ${id} goes back`);
    }
    if (after.softState.role === 'StateLeader') this.#leads(member, before, after);
  }

  readsReady(states: readonly ReadState[]): void {
    for (const state of states) this.seen.push({ kind: 'read', ...state });
  }

  appended(): void {
    // What logs hold is compared in every state.
  }

  applied(id: MemberId, entry: Entry): void {
    const config = this.#member?.node.status().config;
    if (entry.type === 'EntryNormal' || config === undefined) return;
    if (this.#config !== undefined && !alwaysMeet(this.#config.voters, config.voters)) {
      throw new Violation('R9', `quorums before and after ${entry.index} need not meet (${id})`);
    }
    this.#config = config;
  }

  restored(): void {
    this.#config = this.#member?.node.status().config;
  }

  #leads(member: ScriptMember, before: RaftStatus, after: RaftStatus): void {
    const { term, commit } = after.hardState;
    if (before.softState.role !== 'StateLeader' || before.hardState.term !== term) {
      this.seen.push({ kind: 'elected', term, voters: before.config.voters });
    }
    for (const [peer, { inflights }] of after.progress) {
      if (inflights.count > inflights.limits.messagesMax) {
        throw new Violation('R12', `too much is under way to ${peer}`);
      }
    }
    if (commit <= before.hardState.commit) return;
    const entryTerm = member.node.termAt(commit);
    const durable = member.storage.term(commit);
    this.seen.push({
      kind: 'committed',
      index: commit,
      term,
      entryTerm: typeof entryTerm === 'number' ? entryTerm : 0,
      voters: after.config.voters,
      isDurable: durable === entryTerm || durable === 'compacted',
    });
  }
}

function checkDisk(id: MemberId, before: HardState, after: HardState): void {
  if (before === after) return;
  const isSecondVote =
    before.term === after.term && before.vote !== 0 && before.vote !== after.vote;
  if (after.term < before.term || after.commit < before.commit || isSecondVote) {
    throw new Violation('R7', `hard state of member ${id} goes back`);
  }
}

/** Whoever decides before, and whoever decides after, have somebody in common. */
function alwaysMeet(before: JointVoters, after: JointVoters): boolean {
  const halves = [before.incoming, before.outgoing, after.incoming, after.outgoing];
  const ids = [...new Set(halves.flatMap((half) => [...half]))];
  for (let some = 0; some < 1 << ids.length; some += 1) {
    const isAmong = (id: MemberId): boolean => ((some >> ids.indexOf(id)) & 1) === 1;
    if (decide(before, isAmong) && decide(after, (id) => !isAmong(id))) return false;
  }
  return true;
}
