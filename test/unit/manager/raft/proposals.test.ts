import { describe, expect, it } from 'vitest';
import type { ConfChange } from '../../../../manager/raft/confchange/change.ts';
import { message } from '../../../../manager/raft/message.ts';
import { bytes, entry, groupOf, TestMember } from '../../../lib/raft/network.ts';

const voters = [1, 2, 3];
const dropped = 'raft proposal dropped';

describe('proposals', () => {
  it('go from a follower to the leader, and are applied everywhere', () => {
    const group = groupOf(3);
    group.elect(1);
    group.propose(3, 'x');
    for (const id of voters) expect(group.member(id).commands).toEqual(['x']);
  });

  it('are dropped by whoever knows no leader', () => {
    const member = new TestMember(1, { voters });
    expect(member.node.propose(bytes('x'))).toBe(dropped);
    member.campaign();
    expect(member.node.propose(bytes('x'))).toBe(dropped);
  });

  it('are not passed on where that is forbidden', () => {
    const group = groupOf(3, { disableProposalForwarding: true });
    group.elect(1);
    expect(group.member(2).node.propose(bytes('x'))).toBe(dropped);
    expect(group.member(1).node.propose(bytes('x'))).toBeUndefined();
  });

  it('several in one message get consecutive places', () => {
    const group = groupOf(3);
    group.elect(1);
    const entries = ['a', 'b'].map((text) => entry(0, 0, text));
    group.deliver(group.member(1).receive({ type: 'MsgProp', from: 2, entries }));
    expect(group.member(3).commands).toEqual(['a', 'b']);
    expect(group.member(3).terms).toEqual([1, 1, 1]);
  });

  it('a message without proposals is none', () => {
    const group = groupOf(1);
    group.elect(1);
    const outcome = group.member(1).node.step(message({ type: 'MsgProp', to: 1, from: 2 }));
    expect(outcome).toBe('raft: cannot step malformed message');
  });

  it('a removed leader takes none', () => {
    const group = groupOf(3);
    group.elect(1);
    const leader = group.member(1);
    leader.node.proposeConfChange('EntryConfChange', {
      transition: 'ConfChangeTransitionAuto',
      changes: [{ type: 'ConfChangeRemoveNode', nodeId: 1 }],
    });
    group.deliver();
    expect([leader.role, leader.node.propose(bytes('x'))]).toEqual(['StateLeader', dropped]);
  });
});

describe('what a leader takes before it is committed', () => {
  const options = { uncommittedBytesMax: 10 };

  it('has a limit, and room again once some of it is applied', () => {
    const group = groupOf(3, options);
    group.elect(1);
    group.isolate(1);
    const { node } = group.member(1);
    expect(node.propose(bytes('12345'))).toBeUndefined();
    expect(node.propose(bytes('12345'))).toBeUndefined();
    expect(node.propose(bytes('1'))).toBe(dropped);
    group.deliver();
    group.heal();
    group.tick(1, 2);
    expect(group.member(2).commands).toEqual(['12345', '12345']);
    expect(node.propose(bytes('1'))).toBeUndefined();
  });

  it('always takes one, however large', () => {
    const group = groupOf(3, options);
    group.elect(1);
    expect(group.member(1).node.propose(bytes('x'.repeat(1000)))).toBeUndefined();
    expect(group.member(1).node.propose(bytes('y'))).toBe(dropped);
  });

  it('always takes what has no payload', () => {
    const group = groupOf(3, options);
    group.elect(1);
    const { node } = group.member(1);
    node.propose(bytes('x'.repeat(1000)));
    for (let more = 0; more < 5; more += 1) expect(node.propose(bytes(''))).toBeUndefined();
  });

  it('does not count what other leaders appended', () => {
    const group = groupOf(3, options);
    group.elect(1);
    group.propose(1, 'x'.repeat(100));
    group.elect(2);
    expect(group.member(2).node.propose(bytes('1234567890'))).toBeUndefined();
    expect(group.member(2).node.propose(bytes('1'))).toBe(dropped);
  });

  it('does not count what the same leader took in an earlier term and lost', () => {
    const group = groupOf(3, options);
    group.elect(1);
    group.isolate(1);
    group.propose(1, '1234567890');
    group.elect(2);
    group.heal();
    group.tick(2, 2);
    group.loses = ({ type }) => type === 'MsgApp';
    group.elect(1);
    expect(group.member(1).node.propose(bytes('1234567890'))).toBeUndefined();
    expect(group.member(1).node.propose(bytes('1'))).toBe(dropped);
  });

  it('a change that was dropped for it is not waited for', () => {
    const group = groupOf(3, options);
    group.elect(1);
    const leader = group.member(1);
    const add: ConfChange = {
      transition: 'ConfChangeTransitionAuto',
      changes: [{ type: 'ConfChangeAddLearnerNode', nodeId: 4 }],
    };
    group.isolate(1);
    leader.node.propose(bytes('1234567890'));
    expect(leader.node.proposeConfChange('EntryConfChangeV2', add)).toBe(dropped);
    group.heal();
    group.deliver();
    leader.node.proposeConfChange('EntryConfChangeV2', add);
    group.deliver();
    expect([...leader.node.status().config.learners]).toEqual([4]);
  });
});
