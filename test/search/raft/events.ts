import type { ConfChange } from '../../../manager/raft/confchange/change.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import type { Action } from '../../sim/raft/actions.ts';
import type { ScriptMember } from '../../lib/raft/script-member.ts';
import { allNames, nameOf } from './names.ts';
import type { BudgetKind, Scope } from './scopes.ts';

/** What can happen to a member besides a message that arrives. */
export interface Event {
  readonly id: MemberId;
  readonly actions: readonly Action[];
  /** What it costs; undefined: storage and state machine work as often as there is work. */
  readonly budget: BudgetKind | undefined;
  /** Commands and reads differ from one another: the how manieth of its kind it is. 0: any. */
  readonly ordinal: number;
  /** The process ends: what the member had for itself is gone. */
  readonly isEnd: boolean;
}

/** Knows what can happen to a member in the state that it is in. */
export class EventMaker {
  readonly #scope: Scope;
  readonly #changes: readonly ConfChange[];

  constructor(scope: Scope) {
    this.#scope = scope;
    this.#changes = underAllNames(scope.changes, scope.voters + scope.joining);
  }

  of(member: ScriptMember): readonly Event[] {
    const isLeader = member.node.softState.role === 'StateLeader';
    const own = [...this.#work(member), ...this.#always(member)];
    return isLeader ? [...own, ...this.#ofLeader(member)] : [...own, ...this.#ofFollower(member)];
  }

  #work(member: ScriptMember): Event[] {
    const { id } = member;
    const events: Event[] = [];
    if (member.appendWork.length > 0) events.push(work({ kind: 'process-append-thread', id }));
    if (member.applyWork.length > 0) events.push(work({ kind: 'process-apply-thread', id }));
    return events;
  }

  #always(member: ScriptMember): Event[] {
    const { id } = member;
    const events: Event[] = [];
    if (this.#allows('crashes')) {
      events.push(end({ kind: 'restart', id }));
      const [write] = member.appendWork;
      const least = write?.snapshot === undefined ? 1 : 0;
      const most = write === undefined ? -1 : write.entries.length;
      for (let entries = least; entries <= most; entries += 1) {
        events.push(end({ kind: 'crash-in-append', id, entries }));
      }
    }
    const { state, storage } = member;
    if (state.index <= member.node.status().applied && state.index > storage.kept.index) {
      events.push(...this.#some('snapshots', { kind: 'keep-snapshot', id, trailing: 0 }));
    }
    for (let context = 1; context <= this.#most('reads'); context += 1) {
      if (member.node.softState.leader === 0) break;
      events.push(costing('reads', context, { kind: 'read-index', id, context }));
    }
    return events;
  }

  #ofFollower({ id }: ScriptMember): Event[] {
    const { preVote, checkQuorum, electionTicks } = this.#scope.options;
    if (!this.#allows('timeouts')) return [];
    // Where it matters how long a leader was not heard, time passes.
    const byTime = preVote || checkQuorum;
    const ticks = Array.from({ length: electionTicks }, (): Action => ({ kind: 'tick', id }));
    return [costing('timeouts', 0, ...(byTime ? ticks : [{ kind: 'campaign', id } as const]))];
  }

  #ofLeader(member: ScriptMember): Event[] {
    const { id } = member;
    const events = [...this.#some('beats', { kind: 'tick', id })];
    for (let ordinal = 1; ordinal <= this.#most('proposals'); ordinal += 1) {
      events.push(costing('proposals', ordinal, { kind: 'propose', id, text: `c${ordinal}` }));
    }
    for (const change of this.#changes) {
      const kind = 'propose-conf-change';
      events.push(...this.#some('changes', { kind, id, isFirstForm: false, change }));
    }
    for (const [peer, progress] of member.node.status().progress) {
      if (peer === id) continue;
      events.push(...this.#some('transfers', { kind: 'transfer-leadership', id, to: peer }));
      if (progress.state !== 'StateSnapshot') continue;
      for (const arrived of [true, false]) {
        events.push(...this.#some('reports', { kind: 'report-snapshot', id, peer, arrived }));
      }
    }
    return events;
  }

  #most(kind: BudgetKind): number {
    return this.#scope.budgets[kind] ?? 0;
  }

  #allows(kind: BudgetKind): boolean {
    return this.#most(kind) > 0;
  }

  #some(kind: BudgetKind, action: Action & { readonly id: MemberId }): Event[] {
    return this.#allows(kind) ? [costing(kind, 0, action)] : [];
  }
}

type MemberAction = Action & { readonly id: MemberId };

function costing(budget: BudgetKind, ordinal: number, ...actions: readonly Action[]): Event {
  const [first] = actions;
  const id = first !== undefined && 'id' in first ? first.id : 0;
  return { id, actions, budget, ordinal, isEnd: false };
}

function work(action: MemberAction): Event {
  return { id: action.id, actions: [action], budget: undefined, ordinal: 0, isEnd: false };
}

function end(action: MemberAction): Event {
  return { id: action.id, actions: [action], budget: 'crashes', ordinal: 0, isEnd: true };
}

function underAllNames(changes: readonly ConfChange[], members: number): readonly ConfChange[] {
  const all = new Map<string, ConfChange>();
  for (const names of allNames(members)) {
    for (const { transition, changes: singles } of changes) {
      const renamed = singles.map(({ type, nodeId }) => ({ type, nodeId: nameOf(names, nodeId) }));
      all.set(JSON.stringify([transition, renamed]), { transition, changes: renamed });
    }
  }
  return [...all.values()];
}
