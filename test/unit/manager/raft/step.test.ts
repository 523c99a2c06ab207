import { describe, expect, it } from 'vitest';
import { groupOf, TestMember } from '../../../lib/raft/network.ts';

const voters = [1, 2, 3];

function memberAs(role: string): TestMember {
  const member = new TestMember(1, { voters, hardState: { term: 1 } });
  if (role !== 'StateFollower') member.campaign();
  if (role === 'StateLeader') member.receive({ type: 'MsgVoteResp', from: 2, term: 2 });
  expect(member.role).toBe(role);
  return member;
}

describe('terms (paper, §5.1)', () => {
  it.each(['StateFollower', 'StateCandidate', 'StateLeader'])(
    'as %s, a member that hears of a later term enters it as a follower',
    (role) => {
      const member = memberAs(role);
      member.receive({ type: 'MsgApp', from: 3, term: 7 });
      expect([member.role, member.term, member.vote]).toEqual(['StateFollower', 7, 0]);
      expect(member.leader).toBe(3);
    },
  );

  it('a later term that is not a leader’s word makes no leader known', () => {
    const member = memberAs('StateLeader');
    member.receive({ type: 'MsgAppResp', from: 3, term: 7 });
    expect([member.role, member.term, member.leader]).toEqual(['StateFollower', 7, 0]);
  });

  it.each([
    'MsgApp',
    'MsgAppResp',
    'MsgHeartbeat',
    'MsgVote',
    'MsgVoteResp',
    'MsgTimeoutNow',
  ] as const)('%s of an earlier term changes nothing and is not answered', (type) => {
    const member = memberAs('StateCandidate');
    const before = member.node.status();
    expect(member.receive({ type, from: 2, term: 1, commit: 5 })).toEqual([]);
    expect(member.node.status()).toEqual(before);
  });

  it('what was acknowledged in an earlier term does not count for a leader: it may be gone', () => {
    const member = memberAs('StateLeader');
    const before = member.node.status();
    expect(before.lastIndex).toBe(1);
    member.receive({ type: 'MsgAppResp', from: 2, term: 1, index: 1 });
    const { progress, hardState } = member.node.status();
    expect([progress.get(2)?.match, hardState.commit]).toEqual([0, 0]);
    member.receive({ type: 'MsgAppResp', from: 2, term: 2, index: 1 });
    expect(member.node.status().hardState.commit).toBe(1);
  });

  it.each(['MsgApp', 'MsgHeartbeat'] as const)(
    'with pre-vote or check-quorum, %s of an earlier term is answered, so that its sender finds out',
    (type) => {
      for (const options of [{ preVote: true }, { checkQuorum: true }]) {
        const member = new TestMember(1, { voters, options, hardState: { term: 5 } });
        expect(member.receive({ type, from: 2, term: 3 })).toMatchObject([
          { type: 'MsgAppResp', to: 2, term: 5, index: 0 },
        ]);
      }
    },
  );

  it('a member whose term ran ahead alone frees itself by that answer', () => {
    const group = groupOf(3, { checkQuorum: true });
    group.elect(1);
    group.isolate(3);
    group.member(3).campaign();
    group.member(3).campaign();
    group.heal();
    // Its requests find members that hear their leader.
    group.tick(3, 10);
    expect(group.member(1).role).toBe('StateLeader');
    group.tick(1);
    expect(group.member(1).role).toBe('StateFollower');
    group.elect(1);
    expect([group.leaders, group.member(3).leader]).toEqual([[1], 1]);
  });
});
