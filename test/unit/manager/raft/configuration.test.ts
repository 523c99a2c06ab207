import { describe, expect, it } from 'vitest';
import type {
  ChangeType,
  ConfChange,
  Transition,
} from '../../../../manager/raft/confchange/change.ts';
import { describeConfig } from '../../../../manager/raft/describe.ts';
import { message } from '../../../../manager/raft/message.ts';
import {
  bytes,
  confState,
  groupOf,
  snapshotOf,
  TestMember,
  TestNetwork,
  type MemberStart,
} from '../../../lib/raft/network.ts';

const letters: Readonly<Record<string, ChangeType>> = {
  v: 'ConfChangeAddNode',
  l: 'ConfChangeAddLearnerNode',
  r: 'ConfChangeRemoveNode',
};

/** As the scripts write them: `v1 l2 r3`. */
function changeOf(text: string, transition: Transition = 'ConfChangeTransitionAuto'): ConfChange {
  const words = text.split(' ').filter((word) => word !== '');
  return {
    transition,
    changes: words.map((word) => ({
      type: letters[word.charAt(0)] ?? 'ConfChangeUpdateNode',
      nodeId: Number(word.slice(1)),
    })),
  };
}

function configOf(member: TestMember): string {
  return describeConfig(member.node.status().config);
}

/** A group of three, led by 1, in which 4 and 5 exist and do not belong yet. */
function growing(options: MemberStart['options'] = {}): TestNetwork {
  const snapshot = snapshotOf(1, 2, confState([1, 2, 3]));
  const members = [1, 2, 3].map((id) => new TestMember(id, { snapshot, options }));
  const strangers = [4, 5].map((id) => new TestMember(id, { voters: [], options }));
  const group = new TestNetwork(...members, ...strangers);
  group.elect(1);
  return group;
}

function change(group: TestNetwork, text: string, transition?: Transition): void {
  group.member(1).node.proposeConfChange('EntryConfChangeV2', changeOf(text, transition));
  group.deliver();
  group.tick(1, 2);
}

describe('changes of the configuration (thesis, §4)', () => {
  it('one at a time: a member is added, gets the log, and counts', () => {
    const group = growing();
    group.propose(1, 'x');
    change(group, 'v4');
    for (const id of [1, 2, 3, 4]) expect(configOf(group.member(id))).toBe('voters=(1 2 3 4)');
    expect(group.member(4).commit).toBe(group.member(1).commit);
    for (const id of [2, 3]) group.isolate(id);
    group.propose(1, 'y');
    expect(group.member(1).commands).toEqual(['x']);
  });

  it('a learner gets the log and does not count; promoted, it does', () => {
    const group = growing();
    change(group, 'l4');
    for (const id of [2, 3]) group.isolate(id);
    group.propose(1, 'x');
    expect(group.member(1).commands).toEqual([]);
    group.heal();
    group.tick(1, 2);
    change(group, 'v4');
    expect(configOf(group.member(4))).toBe('voters=(1 2 3 4)');
  });

  it('several at once pass through a joint configuration, which the leader leaves', () => {
    const group = growing();
    change(group, 'v4 v5 r2 r3');
    expect(configOf(group.member(5))).toBe('voters=(1 4 5)');
    for (const id of [2, 3]) group.isolate(id);
    group.propose(1, 'x');
    expect(group.member(4).commands).toEqual(['x']);
  });

  it('in a joint configuration both halves must agree', () => {
    const group = growing();
    change(group, 'v4 v5 r2 r3', 'ConfChangeTransitionJointExplicit');
    expect(configOf(group.member(1))).toBe('voters=(1 4 5)&&(1 2 3)');
    for (const id of [4, 5]) group.isolate(id);
    group.propose(1, 'x');
    expect(group.member(1).commands).toEqual([]);
    group.heal();
    group.tick(1, 2);
    expect(group.member(1).commands).toEqual(['x']);
    for (const id of [2, 3]) group.isolate(id);
    group.propose(1, 'y');
    expect(group.member(1).commands).toEqual(['x']);
    group.heal();
    group.tick(1, 2);
    expect(group.member(1).commands).toEqual(['x', 'y']);
  });

  it('a joint configuration that is to be left explicitly stays until somebody says so', () => {
    const group = growing();
    change(group, 'v4', 'ConfChangeTransitionJointExplicit');
    group.propose(1, 'x');
    expect(configOf(group.member(1))).toBe('voters=(1 2 3 4)&&(1 2 3)');
    change(group, '');
    expect(configOf(group.member(4))).toBe('voters=(1 2 3 4)');
  });

  it('leaving by itself is tried again after a transfer that forbade it has failed', () => {
    const group = growing();
    const leader = group.member(1);
    leader.node.proposeConfChange(
      'EntryConfChangeV2',
      changeOf('v4', 'ConfChangeTransitionJointImplicit'),
    );
    const sent = leader.work();
    group.isolate(3);
    leader.node.transferLeader(3);
    group.deliver(sent);
    expect(configOf(leader)).toBe('voters=(1 2 3 4)&&(1 2 3) autoleave');
    group.tick(1, 12);
    group.propose(1, 'x');
    expect(configOf(leader)).toBe('voters=(1 2 3 4)');
  });

  it('a leader that is no member any more leads until the change is committed', () => {
    for (const stepDownOnRemoval of [false, true]) {
      const group = growing({ stepDownOnRemoval });
      change(group, 'r1');
      expect(configOf(group.member(2))).toBe('voters=(2 3)');
      expect(group.leaders).toEqual(stepDownOnRemoval ? [] : [1]);
      group.elect(2);
      expect(group.leaders).toContain(2);
    }
  });

  it('a smaller quorum commits at once what was only waiting for the larger one', () => {
    const group = groupOf(2);
    group.elect(1);
    const leader = group.member(1);
    leader.node.proposeConfChange('EntryConfChange', changeOf('r2'));
    const sent = leader.work();
    group.loses = ({ type, entries }) =>
      type === 'MsgApp' && entries.some(({ index }) => index > 2);
    leader.node.propose(bytes('x'));
    group.deliver(sent);
    expect(leader.commands).toEqual(['x']);
  });
});

describe('changes that are not made', () => {
  it('a second change waits for the first to be applied, as an entry without effect', () => {
    const group = growing();
    const { node } = group.member(1);
    node.proposeConfChange('EntryConfChangeV2', changeOf('v4'));
    node.proposeConfChange('EntryConfChangeV2', changeOf('v5'));
    group.deliver();
    group.tick(1, 2);
    expect(configOf(group.member(1))).toBe('voters=(1 2 3 4)');
    const types = group.member(2).applied.map(({ type, index }) => `${index} ${type}`);
    expect(types).toEqual(['3 EntryNormal', '4 EntryConfChangeV2', '5 EntryNormal']);
  });

  it('two in one message: only the first', () => {
    const group = growing();
    const entries = ['v4', 'v5'].flatMap((text) => {
      const donor = growing().member(1);
      donor.node.proposeConfChange('EntryConfChangeV2', changeOf(text));
      return donor.work()[0]?.entries ?? [];
    });
    group.deliver(group.member(1).receive({ type: 'MsgProp', from: 2, entries }));
    expect(configOf(group.member(1))).toBe('voters=(1 2 3 4)');
  });

  it('a new leader takes none until what it inherited is applied', () => {
    const group = growing();
    group.loses = ({ type }) => type === 'MsgAppResp';
    group.propose(1, 'inherited');
    group.elect(2);
    group.member(2).node.proposeConfChange('EntryConfChangeV2', changeOf('v4'));
    group.heal();
    group.tick(2, 2);
    expect(configOf(group.member(2))).toBe('voters=(1 2 3)');
    group.member(2).node.proposeConfChange('EntryConfChangeV2', changeOf('v4'));
    group.deliver();
    expect(configOf(group.member(2))).toBe('voters=(1 2 3 4)');
  });

  it('leaving where nothing is joint, and changing where something is', () => {
    const group = growing();
    change(group, '');
    expect(group.member(1).lines.at(-1)).not.toContain('switched');
    change(group, 'v4', 'ConfChangeTransitionJointExplicit');
    change(group, 'v5');
    expect(configOf(group.member(1))).toBe('voters=(1 2 3 4)&&(1 2 3)');
  });

  it.each([
    ['r1 r2 r3', 'removed all voters'],
    ['', "can't leave a non-joint config"],
  ])(
    'one that cannot be made when it is committed is none, for all members: %s',
    (text, reason) => {
      // Whoever proposes is trusted here, as a careless proposer would be.
      const group = growing({ disableConfChangeValidation: true });
      group.member(1).node.proposeConfChange('EntryConfChangeV2', changeOf(text));
      group.deliver();
      group.propose(1, 'still alive');
      for (const id of [1, 2, 3]) {
        expect(configOf(group.member(id))).toBe('voters=(1 2 3)');
        expect(group.member(id).commands).toEqual(['still alive']);
        expect(group.member(id).lines.join('\n')).toMatch(/ignored applied conf change/);
        expect(group.member(id).lines.join('\n')).toContain(reason);
      }
    },
  );

  it('bytes that are no change become an entry without effect', () => {
    const group = growing({ disableConfChangeValidation: true });
    const entries = [{ type: 'EntryConfChangeV2', term: 0, index: 0, data: bytes('?') }] as const;
    group.deliver(group.member(1).receive({ type: 'MsgProp', from: 2, entries }));
    expect(group.member(2).applied.map(({ type }) => type)).toEqual(['EntryNormal', 'EntryNormal']);
  });
});

describe('a change that is committed and not applied', () => {
  /** Member 2 has a committed change that its state machine has not got yet. */
  function behind(type: 'EntryConfChange' | 'EntryConfChangeV2'): TestMember {
    const options = { asyncStorageWrites: true };
    const member = new TestMember(2, { voters: [1, 2, 3], options });
    const donor = groupOf(1);
    donor.elect(1);
    donor.member(1).node.proposeConfChange(type, changeOf('v4'));
    donor.deliver();
    const entries = donor.member(1).applied;
    const received = { type: 'MsgApp', to: 2, from: 1, term: 1, entries, commit: 2 } as const;
    member.node.step(message(received));
    return member;
  }

  it.each(['EntryConfChange', 'EntryConfChangeV2'] as const)(
    '%s keeps a member from standing for election',
    (type) => {
      const member = behind(type);
      member.node.campaign();
      expect([member.role, member.term]).toEqual(['StateFollower', 1]);
      expect(member.lines.at(-1)).toContain('pending configuration changes to apply');
    },
  );

  it('keeps it from following an order to stand, too', () => {
    const member = behind('EntryConfChange');
    member.node.step(message({ type: 'MsgTimeoutNow', to: 2, from: 1, term: 1 }));
    expect(member.role).toBe('StateFollower');
  });
});

describe('a configuration that was stored', () => {
  it.each([
    confState([1, 2]),
    confState([1], { learners: [2] }),
    confState([1, 2], { votersOutgoing: [1, 3], autoLeave: true }),
    confState([1], { votersOutgoing: [1, 3], learnersNext: [3], learners: [4] }),
  ])('is in force after a start: %j', (stored) => {
    const member = new TestMember(1, {
      snapshot: { data: bytes(''), term: 1, index: 3, confState: stored },
    });
    const { voters, learners, learnersNext, autoLeave } = member.node.status().config;
    expect({
      voters: [...voters.incoming],
      votersOutgoing: [...voters.outgoing],
      learners: [...learners],
      learnersNext: [...learnersNext],
      autoLeave,
    }).toEqual(stored);
  });
});
