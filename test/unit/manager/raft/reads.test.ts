import { describe, expect, it } from 'vitest';
import { ReadQueue } from '../../../../manager/raft/read-queue.ts';
import { groupOf, TestMember, TestNetwork } from '../../../lib/raft/network.ts';

const voters = [1, 2, 3];

describe('reads without the log (thesis, §6.4)', () => {
  it('are answered with what was committed, on the leader and on a follower', () => {
    const group = groupOf(3);
    group.elect(1);
    for (const [context, id] of [1, 2, 3].entries()) {
      group.propose(1, `x${id}`);
      group.member(id).node.readIndex(context + 10);
      group.deliver();
      expect(group.member(id).reads).toEqual([{ context: context + 10, index: context + 2 }]);
    }
  });

  it('wait until a quorum has confirmed the leader', () => {
    const group = groupOf(5);
    group.elect(1);
    for (const other of [3, 4, 5]) group.cut(1, other);
    group.member(1).node.readIndex(7);
    group.deliver();
    expect(group.member(1).reads).toEqual([]);
    group.heal();
    group.tick(1);
    expect(group.member(1).reads).toEqual([{ context: 7, index: 1 }]);
  });

  it('are never answered by a leader that was replaced without knowing', () => {
    const group = groupOf(3);
    group.elect(1);
    group.isolate(1);
    group.elect(2);
    group.propose(2, 'unseen');
    group.member(1).node.readIndex(7);
    group.tick(1, 30);
    group.heal();
    group.tick(2);
    group.tick(1, 3);
    expect(group.member(1).reads).toEqual([]);
  });

  it('a new leader answers only when an entry of its own term is committed', () => {
    const group = groupOf(3);
    group.elect(1);
    group.propose(1, 'x');
    group.loses = ({ type }) => type === 'MsgApp';
    group.elect(2);
    group.member(2).node.readIndex(7);
    group.tick(2, 3);
    expect(group.member(2).reads).toEqual([]);
    group.heal();
    group.tick(2);
    expect(group.member(2).reads).toEqual([{ context: 7, index: 3 }]);
  });

  it('that waited for that are forgotten with the leadership', () => {
    const group = groupOf(3);
    group.loses = ({ type }) => type === 'MsgApp';
    group.elect(1);
    group.member(1).node.readIndex(7);
    group.deliver();
    group.elect(2);
    group.heal();
    group.elect(1);
    group.tick(1, 3);
    expect([group.leaders, group.member(1).commit]).toEqual([[1], group.member(2).commit]);
    expect(group.member(1).reads).toEqual([]);
  });

  it('a lone voter answers at once, but only in a term in which it has committed', () => {
    const member = new TestMember(1);
    member.node.campaign();
    member.node.readIndex(7);
    expect(member.node.hasReady).toBe(true);
    member.work();
    expect(member.reads).toEqual([]);
    member.campaign();
    member.node.readIndex(8);
    member.work();
    expect(member.reads).toEqual([{ context: 8, index: 1 }]);
  });

  it('a learner reads too, and its own answer confirms nobody', () => {
    const start = { voters: [1, 2], learners: [3] };
    const group = new TestNetwork(...[1, 2, 3].map((id) => new TestMember(id, start)));
    group.elect(1);
    group.member(3).node.readIndex(7);
    group.deliver();
    expect(group.member(3).reads).toEqual([{ context: 7, index: 1 }]);
    group.cut(1, 2);
    group.member(3).node.readIndex(8);
    group.deliver();
    expect(group.member(3).reads).toHaveLength(1);
  });

  it('an answer to an earlier heartbeat does not confirm a later read', () => {
    const group = groupOf(3);
    group.elect(1);
    const leader = group.member(1);
    leader.node.readIndex(7);
    leader.work();
    leader.node.readIndex(8);
    leader.work();
    leader.receive({ type: 'MsgHeartbeatResp', from: 2, term: 1, context: 1 });
    expect(leader.reads.map(({ context }) => context)).toEqual([7]);
    leader.receive({ type: 'MsgHeartbeatResp', from: 2, term: 1, context: 2 });
    expect(leader.reads.map(({ context }) => context)).toEqual([7, 8]);
  });

  it('the later heartbeat confirms the earlier read too', () => {
    const group = groupOf(3);
    group.elect(1);
    const leader = group.member(1);
    for (const context of [7, 8]) leader.node.readIndex(context);
    leader.work();
    leader.receive({ type: 'MsgHeartbeatResp', from: 3, term: 1, context: 2 });
    expect(leader.reads.map(({ context }) => context)).toEqual([7, 8]);
  });

  it('a request that comes twice is two reads, each confirmed for itself', () => {
    const group = groupOf(3);
    group.elect(1);
    const leader = group.member(1);
    const asked = { type: 'MsgReadIndex', from: 2, context: 7 } as const;
    leader.receive(asked);
    leader.receive(asked);
    const answers = leader.receive({ type: 'MsgHeartbeatResp', from: 3, term: 1, context: 1 });
    expect(answers).toMatchObject([{ type: 'MsgReadIndexResp', to: 2, context: 7 }]);
  });

  it('an answer that claims a position to come says nothing', () => {
    const group = groupOf(3);
    group.elect(1);
    const leader = group.member(1);
    leader.receive({ type: 'MsgHeartbeatResp', from: 2, term: 1, context: 5 });
    leader.node.readIndex(7);
    leader.work();
    expect(leader.reads).toEqual([]);
  });

  it('are forgotten with the leader’s role', () => {
    const group = groupOf(3);
    group.elect(1);
    group.isolate(1);
    const leader = group.member(1);
    leader.node.readIndex(7);
    leader.work();
    leader.receive({ type: 'MsgHeartbeat', from: 2, term: 2 });
    leader.receive({ type: 'MsgHeartbeatResp', from: 2, term: 2, context: 1 });
    group.heal();
    group.elect(1);
    group.tick(1, 3);
    expect(leader.reads).toEqual([]);
  });

  it('without a leader nobody is asked, and nothing is answered', () => {
    const member = new TestMember(1, { voters });
    member.node.readIndex(7);
    expect([member.work(), member.reads]).toEqual([[], []]);
  });

  it('what waited for a member that has left is answered when it leaves', () => {
    const group = groupOf(2);
    group.elect(1);
    const leader = group.member(1);
    // Member 2 takes the entries, and answers no heartbeat.
    group.loses = ({ type }) => type === 'MsgHeartbeat';
    leader.node.readIndex(7);
    group.deliver();
    expect(leader.reads).toEqual([]);
    leader.node.proposeConfChange('EntryConfChange', {
      transition: 'ConfChangeTransitionAuto',
      changes: [{ type: 'ConfChangeRemoveNode', nodeId: 2 }],
    });
    group.deliver();
    expect(leader.reads).toEqual([{ context: 7, index: 1 }]);
  });
});

describe('the queue of reads', () => {
  it('holds nothing of what was answered', () => {
    const queue = new ReadQueue();
    for (let context = 1; context <= 100; context += 1) queue.add({ from: 0, context }, context);
    expect([queue.size, queue.position]).toEqual([100, 100]);
    expect(queue.releaseUpTo(40)).toHaveLength(40);
    expect(queue.releaseUpTo(40)).toEqual([]);
    expect(queue.size).toBe(60);
    expect(queue.releaseUpTo(Infinity)).toHaveLength(60);
    expect([queue.size, queue.position]).toEqual([0, 0]);
  });

  it('never gives a position twice', () => {
    const queue = new ReadQueue();
    queue.add({ from: 0, context: 1 }, 5);
    queue.releaseUpTo(1);
    queue.add({ from: 0, context: 2 }, 5);
    expect(queue.position).toBe(2);
  });

  it('keeps the highest position that a member has answered, and a copy is its own', () => {
    const queue = new ReadQueue();
    for (let context = 1; context <= 3; context += 1) queue.add({ from: 0, context }, 5);
    queue.ack(2, 3);
    queue.ack(2, 1);
    queue.ack(3, 4);
    const copy = queue.clone();
    queue.releaseUpTo(3);
    expect([copy.acked(2), copy.acked(3), copy.size]).toEqual([3, undefined, 3]);
  });
});
