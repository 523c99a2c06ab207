import { describe, expect, it } from 'vitest';
import { bytes, groupOf, TestMember, type TestNetwork } from '../../../../lib/raft/network.ts';

const dropped = 'raft proposal dropped';

function led(size: number, options: Parameters<typeof groupOf>[1] = {}): TestNetwork {
  const group = groupOf(size, options);
  group.elect(1);
  return group;
}

function transfereeOf(group: TestNetwork): number {
  return group.member(1).node.status().transferee;
}

describe('handing over (thesis, §3.10)', () => {
  it('to a member that has everything happens at once, without pre-vote and in spite of leases', () => {
    const group = led(3, { preVote: true, checkQuorum: true });
    group.member(1).node.transferLeader(3);
    group.deliver();
    expect([group.leaders, group.member(1).leader]).toEqual([[3], 3]);
  });

  it('may be asked for at a follower', () => {
    const group = led(3);
    group.member(2).node.transferLeader(2);
    group.deliver();
    expect(group.leaders).toEqual([2]);
  });

  it('to a member that lacks entries happens as soon as it has them', () => {
    const group = led(3);
    group.isolate(3);
    group.propose(1, 'x');
    group.member(1).node.transferLeader(3);
    group.deliver();
    expect([group.leaders, transfereeOf(group)]).toEqual([[1], 3]);
    group.heal();
    group.tick(1);
    expect([group.leaders, group.member(3).commands]).toEqual([[3], ['x']]);
  });

  it('forbids proposals, is given up after an election timeout, and then they are taken again', () => {
    const group = led(3);
    group.isolate(3);
    const { node } = group.member(1);
    node.transferLeader(3);
    group.deliver();
    expect(node.propose(bytes('x'))).toBe(dropped);
    group.tick(1, 9);
    expect([transfereeOf(group), node.propose(bytes('x'))]).toEqual([3, dropped]);
    group.tick(1);
    expect([transfereeOf(group), node.propose(bytes('x'))]).toEqual([0, undefined]);
    expect(group.leaders).toEqual([1]);
  });

  it('has a whole election timeout, whenever it begins', () => {
    const group = led(3);
    group.isolate(3);
    group.tick(1, 7);
    group.member(1).node.transferLeader(3);
    group.tick(1, 9);
    expect(transfereeOf(group)).toBe(3);
    group.tick(1);
    expect(transfereeOf(group)).toBe(0);
  });

  it('to the same member again does not prolong the time', () => {
    const group = led(3);
    group.isolate(3);
    for (const ticks of [5, 5]) {
      group.member(1).node.transferLeader(3);
      group.tick(1, ticks);
    }
    expect(transfereeOf(group)).toBe(0);
  });

  it('to another member replaces the first', () => {
    const group = led(3);
    group.isolate(3);
    group.member(1).node.transferLeader(3);
    group.member(1).node.transferLeader(2);
    group.deliver();
    expect(group.leaders).toContain(2);
    expect(group.member(1).leader).toBe(2);
  });

  it('to oneself, or back to oneself, ends it', () => {
    const group = led(3);
    group.member(1).node.transferLeader(1);
    expect(transfereeOf(group)).toBe(0);
    group.isolate(3);
    group.member(1).node.transferLeader(3);
    group.member(1).node.transferLeader(1);
    expect(transfereeOf(group)).toBe(0);
  });

  it('to a stranger or to a learner is not begun', () => {
    const start = { voters: [1, 2], learners: [3] };
    const leader = new TestMember(1, start);
    leader.campaign();
    leader.receive({ type: 'MsgVoteResp', from: 2, term: 1 });
    for (const to of [3, 9]) leader.node.transferLeader(to);
    expect(leader.node.status().transferee).toBe(0);
  });

  it('ends when another leader is heard', () => {
    const group = led(3);
    group.isolate(3);
    group.member(1).node.transferLeader(3);
    group.member(1).receive({ type: 'MsgHeartbeat', from: 2, term: 2 });
    expect(transfereeOf(group)).toBe(0);
  });

  it('ends when its aim is removed', () => {
    const group = led(3);
    group.isolate(3);
    const { node } = group.member(1);
    node.proposeConfChange('EntryConfChange', {
      transition: 'ConfChangeTransitionAuto',
      changes: [{ type: 'ConfChangeRemoveNode', nodeId: 3 }],
    });
    const sent = group.member(1).work();
    node.transferLeader(3);
    group.deliver(sent);
    expect([transfereeOf(group), node.propose(bytes('x'))]).toEqual([0, undefined]);
  });
});

describe('a leader that checks its quorum (thesis, §6.2)', () => {
  it('steps down when it hears no majority for an election timeout', () => {
    const group = led(3, { checkQuorum: true });
    group.isolate(1);
    group.tick(1, 20);
    expect([group.member(1).role, group.member(1).leader]).toEqual(['StateFollower', 0]);
  });

  it('stays when it hears one', () => {
    const group = led(5, { checkQuorum: true });
    group.isolate(4);
    group.isolate(5);
    group.tick(1, 50);
    expect(group.leaders).toEqual([1]);
  });

  it('is not kept by learners', () => {
    const start = { voters: [1, 2], learners: [3, 4], options: { checkQuorum: true } };
    const leader = new TestMember(1, start);
    leader.campaign();
    leader.receive({ type: 'MsgVoteResp', from: 2, term: 1 });
    for (let tick = 0; tick < 20; tick += 1) {
      leader.ticks(1);
      for (const from of [3, 4]) leader.receive({ type: 'MsgHeartbeatResp', from, term: 1 });
    }
    expect(leader.role).not.toBe('StateLeader');
  });

  it('does not step down for a member that was just added', () => {
    const group = led(1, { checkQuorum: true });
    const { node } = group.member(1);
    node.proposeConfChange('EntryConfChange', {
      transition: 'ConfChangeTransitionAuto',
      changes: [{ type: 'ConfChangeAddNode', nodeId: 2 }],
    });
    group.tick(1, 10);
    expect(group.leaders).toEqual([1]);
    group.tick(1, 10);
    expect(group.leaders).toEqual([]);
  });

  it('one that does not check leads for ever', () => {
    const group = led(3);
    group.isolate(1);
    group.tick(1, 100);
    expect(group.leaders).toEqual([1]);
  });
});

describe('a leader that leads again', () => {
  it('does not believe what it knew of the others before (paper, figure 2)', () => {
    const group = led(3);
    group.propose(1, 'x');
    const leader = group.member(1);
    expect(leader.node.status().progress.get(2)).toMatchObject({ match: 2, next: 3 });
    group.elect(2);
    leader.campaign();
    leader.receive({ type: 'MsgVoteResp', from: 3, term: leader.term });
    expect(leader.role).toBe('StateLeader');
    const { progress, lastIndex } = leader.node.status();
    expect([2, 3].map((id) => progress.get(id)?.match)).toEqual([0, 0]);
    expect(progress.get(1)?.match).toBe(lastIndex);
  });
});

describe('a leader that is told things that concern it not', () => {
  it('goes on leading: entries and heartbeats of its own term come from nobody', () => {
    const group = led(3);
    const leader = group.member(1);
    for (const type of ['MsgApp', 'MsgHeartbeat', 'MsgTimeoutNow'] as const) {
      expect(leader.receive({ type, from: 2, term: 1 })).toEqual([]);
    }
    expect([leader.role, leader.leader]).toEqual(['StateLeader', 1]);
  });

  it('forgets no leader', () => {
    const group = led(1);
    expect(group.member(1).node.forgetLeader()).toBeUndefined();
    expect(group.member(1).leader).toBe(1);
  });
});

describe('a follower that forgets its leader', () => {
  it('may vote for another at once, and knows the leader again when it hears it', () => {
    const group = led(3, { checkQuorum: true, preVote: true });
    const member = group.member(2);
    member.node.forgetLeader();
    expect(member.leader).toBe(0);
    const asked = { type: 'MsgPreVote', from: 3, term: 2, logTerm: 1, index: 1 } as const;
    expect(member.receive(asked)).toMatchObject([{ type: 'MsgPreVoteResp', reject: false }]);
    group.tick(1);
    expect(member.leader).toBe(1);
  });

  it('keeps it where leases depend on that', () => {
    const group = led(3, { checkQuorum: true, readOnly: 'lease-based' });
    group.member(2).node.forgetLeader();
    expect(group.member(2).leader).toBe(1);
  });
});
