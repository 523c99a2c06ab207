// Who joins and leaves the group, step by step: cases, and a property over random groups that follow the plan until there is nothing to do.
import { describe, expect, test } from 'vitest';
import { seededRandom, type Random } from '../../../../common/pure/random.ts';
import {
  canGo,
  planMembers,
  type MembersView,
} from '../../../../manager/membership/plan-members.ts';
import { emptyConfState, type ConfState } from '../../../../manager/raft/snapshot.ts';

function conf(voters: readonly number[], learners: readonly number[] = []): ConfState {
  return { ...emptyConfState, voters, learners };
}

function view(fields: Partial<MembersView>): MembersView {
  return {
    wanted: new Set([1, 2, 3]),
    confState: conf([1, 2, 3]),
    peers: [2, 3].map((id) => ({ id, matchIndex: 100, isActive: true })),
    lastIndex: 100,
    self: 1,
    ...fields,
  };
}

describe('the next step', () => {
  test('is none where the group is as it is wanted', () => {
    expect(planMembers(view({}))).toBeUndefined();
  });

  test('adds who is missing as a learner', () => {
    expect(planMembers(view({ confState: conf([1, 2]) }))).toEqual({ kind: 'add', raftId: 3 });
  });

  test('promotes a learner that answers and has nearly all of the log, no other', () => {
    const learning = { confState: conf([1, 2], [3]) };
    const at = (matchIndex: number, isActive = true): MembersView =>
      view({ ...learning, lastIndex: 5000, peers: [{ id: 3, matchIndex, isActive }] });
    expect(planMembers(at(4900))).toEqual({ kind: 'promote', raftId: 3 });
    expect(planMembers(at(1000))).toBeUndefined();
    expect(planMembers(at(4900, false))).toBeUndefined();
    expect(planMembers(view({ ...learning, peers: [] }))).toBeUndefined();
  });

  test('removes who is not wanted only where those that are left and answer are a quorum', () => {
    const wanted = new Set([1, 2]);
    expect(planMembers(view({ wanted }))).toEqual({ kind: 'remove', raftId: 3 });
    const peers = [{ id: 3, matchIndex: 100, isActive: true }];
    expect(planMembers(view({ wanted, peers }))).toBeUndefined();
  });

  test('hands leadership over before the leader goes', () => {
    expect(planMembers(view({ wanted: new Set([2, 3]) }))).toEqual({ kind: 'transfer' });
  });

  test('waits while a joint configuration is left, and does nothing where nobody is wanted', () => {
    const joint = { ...conf([1, 2]), votersOutgoing: [1, 2, 3] };
    expect(planMembers(view({ confState: joint }))).toBeUndefined();
    expect(planMembers(view({ wanted: new Set() }))).toBeUndefined();
  });
});

test('the quorum of those that are left counts the leader itself', () => {
  const peers = [{ id: 2, matchIndex: 0, isActive: true }];
  expect(canGo({ confState: conf([1, 2, 3]), peers, self: 1 }, 3)).toBe(true);
  expect(canGo({ confState: conf([1, 2, 3]), peers, self: 1 }, 2)).toBe(false);
  expect(canGo({ confState: conf([1, 2]), peers: [], self: 1 }, 2)).toBe(true);
});

/** What a step makes of a group in which everybody answers. */
function follow(state: MembersView, random: Random): MembersView | undefined {
  const step = planMembers(state);
  if (step === undefined) return undefined;
  const { voters, learners } = state.confState;
  if (step.kind === 'transfer') {
    const others = voters.filter((id) => id !== state.self);
    return { ...state, self: others[random.below(others.length)] ?? 0 };
  }
  const without = (ids: readonly number[]): number[] => ids.filter((id) => id !== step.raftId);
  switch (step.kind) {
    case 'add':
      return { ...state, confState: conf(voters, [...learners, step.raftId]) };
    case 'promote':
      return { ...state, confState: conf([...voters, step.raftId], without(learners)) };
    case 'remove':
      return { ...state, confState: conf(without(voters), without(learners)) };
  }
}

test('any group becomes the wanted one, one member at a time, and never without a voter', () => {
  const random = seededRandom(7);
  const pick = (): number[] =>
    Array.from({ length: 7 }, (_, id) => id + 1).filter(() => random.below(2) === 0);
  for (let run = 0; run < 500; run += 1) {
    const voters = pick();
    const self = voters[0];
    const wanted = new Set(pick());
    if (self === undefined || wanted.size === 0) continue;
    const learners = pick().filter((id) => !voters.includes(id));
    const peers = Array.from({ length: 7 }, (_, at) => ({
      id: at + 1,
      matchIndex: 9,
      isActive: true,
    }));
    let state = view({ wanted, confState: conf(voters, learners), peers, lastIndex: 9, self });
    let steps = 0;
    for (let next = follow(state, random); next !== undefined; next = follow(state, random)) {
      state = next;
      steps += 1;
      expect(state.confState.voters).toContain(state.self);
      expect(steps).toBeLessThan(50);
    }
    expect(new Set(state.confState.voters)).toEqual(wanted);
    expect(state.confState.learners).toEqual([]);
  }
});
