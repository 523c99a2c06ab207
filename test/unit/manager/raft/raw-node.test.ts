import { describe, expect, it } from 'vitest';
import { RaftInvariantError } from '../../../../manager/raft/invariant.ts';
import { appendThread, applyThread } from '../../../../manager/raft/member.ts';
import { message, type Message } from '../../../../manager/raft/message.ts';
import { RawNode } from '../../../../manager/raft/raw-node.ts';
import {
  bytes,
  confState,
  entriesOf,
  groupOf,
  snapshotOf,
  TestMember,
  type MemberStart,
} from '../../../lib/raft/network.ts';

const voters = [1, 2, 3];

describe('a start', () => {
  it('takes over what was durable', () => {
    const hardState = { term: 5, vote: 2, commit: 2 };
    const member = new TestMember(1, { voters, terms: [1, 4, 5], hardState });
    expect(member.node.status()).toMatchObject({ hardState, lastIndex: 3, applied: 0 });
    expect(member.node.hasReady).toBe(true);
    member.work();
    expect(member.applied.map(({ index }) => index)).toEqual([1, 2]);
    expect(member.readies[0]).toMatchObject({ hardState: undefined, mustSync: false });
  });

  it('applies nothing again that the state machine has', () => {
    const hardState = { term: 5, commit: 3 };
    const options = { applied: 2 };
    const member = new TestMember(1, { voters, terms: [1, 4, 5], hardState, options });
    member.work();
    expect(member.applied.map(({ index }) => index)).toEqual([3]);
  });

  it('behind a snapshot whose index the hard state had not reached, that is what is committed', () => {
    const snapshot = snapshotOf(4, 9, confState(voters));
    const member = new TestMember(1, { snapshot, hardState: { term: 4, commit: 7 } });
    expect([member.commit, member.node.status().applied]).toEqual([9, 9]);
  });

  it('knows of a vote that was given later in its term, when nothing else was new', () => {
    const member = new TestMember(1, { voters, terms: [1], hardState: { term: 1, commit: 1 } });
    // Its log lacks an entry, so it is refused; but its term is entered.
    member.receive({ type: 'MsgVote', from: 3, term: 2, logTerm: 0, index: 0 });
    expect(member.storage.initialState().hardState).toEqual({ term: 2, vote: 0, commit: 1 });
    const asked = { from: 2, term: 2, logTerm: 1, index: 1 } as const;
    expect(member.receive({ type: 'MsgVote', ...asked })).toMatchObject([{ reject: false }]);
    expect(member.readies.at(-1)?.mustSync).toBe(true);
    member.restart();
    expect([member.term, member.vote]).toEqual([2, 2]);
  });

  it('with entries of a term that the hard state had not reached, has promised nothing in that term', () => {
    const member = new TestMember(1, { voters, terms: [1, 7], hardState: { term: 1, vote: 2 } });
    expect([member.term, member.vote]).toEqual([1, 2]);
    const asked = { type: 'MsgVote', from: 3, term: 7, logTerm: 7, index: 2 } as const;
    expect(member.receive(asked)).toMatchObject([{ type: 'MsgVoteResp', reject: false }]);
  });

  it('with nothing to do says nothing', () => {
    const member = new TestMember(1, { voters });
    expect([member.node.hasReady, member.work()]).toEqual([false, []]);
  });

  it.each<{ readonly what: string; readonly start: MemberStart }>([
    { what: 'more committed than there is', start: { hardState: { term: 1, commit: 4 } } },
    { what: 'more applied than there is', start: { options: { applied: 4 } } },
    { what: 'a vote before the first term', start: { hardState: { vote: 2 } } },
    { what: 'a term that is none', start: { hardState: { term: -1 } } },
    { what: 'a term that is no number', start: { hardState: { term: NaN } } },
    { what: 'a commit index between two', start: { hardState: { term: 1, commit: 1.5 } } },
    { what: 'a voter that is nobody', start: { hardState: { term: 1, vote: -2 } } },
  ])('from a disk with $what is refused by name', ({ start }) => {
    expect(() => new TestMember(1, { voters, terms: [1, 1, 1], ...start })).toThrow(
      RaftInvariantError,
    );
  });

  it('from a configuration that contradicts itself is refused by name', () => {
    const snapshot = snapshotOf(1, 3, confState([1, 2], { learners: [2] }));
    expect(() => new TestMember(1, { snapshot })).toThrow(RaftInvariantError);
  });

  it('from a state machine that is behind what is compacted is refused by name', () => {
    const snapshot = snapshotOf(1, 9, confState(voters));
    expect(() => new TestMember(1, { snapshot, options: { applied: 5 } })).toThrow(
      RaftInvariantError,
    );
  });

  it.each([
    { electionTicks: 1 },
    { heartbeatTicks: 0 },
    { messageBytesMax: NaN },
    { applyingBytesMax: 0 },
    { uncommittedBytesMax: NaN },
    { uncommittedBytesMax: -1 },
    { inflightMessagesMax: 0 },
    { inflightBytesMax: 5, messageBytesMax: 6 },
    { readOnly: 'lease-based' as const },
  ])('with options that contradict themselves is refused by name: %j', (options) => {
    expect(() => new TestMember(1, { options })).toThrow(RaftInvariantError);
  });

  it.each([0, -1, 0.5, NaN, 2 ** 48, appendThread, applyThread])(
    'as %d is refused by name',
    (id) => {
      expect(() => new TestMember(id)).toThrow(RaftInvariantError);
    },
  );
});

describe('what is Ready', () => {
  it('must be synced with a new term, a new vote or new entries, not for what is committed', () => {
    const member = new TestMember(2, { voters });
    const sent = [
      { type: 'MsgVote', from: 1, term: 1 },
      { type: 'MsgApp', from: 1, term: 1, entries: entriesOf([1]) },
      { type: 'MsgHeartbeat', from: 1, term: 1, commit: 1 },
    ] as const;
    for (const one of sent) member.receive(one);
    expect(member.readies.map(({ mustSync }) => mustSync)).toEqual([true, true, false]);
  });

  it('is dealt with before the next', () => {
    const member = new TestMember(1);
    member.node.campaign();
    member.node.ready();
    expect(() => member.node.ready()).toThrow(RaftInvariantError);
  });

  it('with synchronous writes, a lone voter commits only what was written', () => {
    const member = new TestMember(1);
    member.campaign();
    member.node.propose(bytes('x'));
    const ready = member.node.ready();
    expect([ready.entries.length, ready.committedEntries]).toEqual([1, []]);
    expect(member.commit).toBe(1);
    member.node.advance();
    expect(member.commit).toBe(2);
  });
});

/** The responses that come with the work for a local thread. */
function responsesOf(messages: readonly Message[], thread: number): readonly Message[] {
  return messages.filter(({ to }) => to === thread).flatMap(({ responses }) => responses);
}

describe('with writes beside the core', () => {
  const options = { asyncStorageWrites: true };

  it('what a member promises leaves with the response of its storage, its own vote too', () => {
    const { node } = new TestMember(1, { voters, options });
    node.campaign();
    const { messages } = node.ready();
    expect(messages.map(({ type, to }) => `${type} ${to}`)).toEqual([
      'MsgVote 2',
      'MsgVote 3',
      `MsgStorageAppend ${appendThread}`,
    ]);
    expect(responsesOf(messages, appendThread)).toMatchObject([
      { type: 'MsgVoteResp', from: 1, to: 1 },
    ]);
  });

  it('only what is durable here is applied', () => {
    const member = new TestMember(2, { voters, options });
    const entries = entriesOf([1, 1]);
    const sent = message({ type: 'MsgApp', from: 1, to: 2, term: 1, entries, commit: 2 });
    member.node.step(sent);
    const first = member.node.ready();
    expect(first.committedEntries).toEqual([]);
    member.storage.append(first.entries);
    for (const one of responsesOf(first.messages, appendThread)) {
      if (one.to === 2) member.node.step(one);
    }
    expect(member.node.ready().committedEntries).toHaveLength(2);
  });

  it('nothing is handed out twice while it is under way', () => {
    const { node } = new TestMember(2, { voters, options });
    const sent = message({ type: 'MsgApp', from: 1, to: 2, term: 1, entries: entriesOf([1]) });
    node.step(sent);
    node.ready();
    expect(node.hasReady).toBe(false);
  });

  it('an answer of storage from an earlier term takes nothing off', () => {
    const member = new TestMember(2, { voters, options });
    const { node } = member;
    node.step(message({ type: 'MsgApp', from: 1, to: 2, term: 1, entries: entriesOf([1]) }));
    const stale = responsesOf(node.ready().messages, appendThread);
    node.step(message({ type: 'MsgHeartbeat', from: 3, to: 2, term: 2 }));
    for (const one of stale) if (one.to === 2) node.step(one);
    expect(member.lines.at(-1)).toContain('ignored entry appends');
    expect(node.termAt(1)).toBe(1);
  });

  it('advance is a mistake', () => {
    const { node } = new TestMember(1, { options });
    expect(() => node.advance()).toThrow(RaftInvariantError);
  });
});

describe('a copy', () => {
  it('goes its own way from where it was taken', () => {
    const group = groupOf(3);
    group.elect(1);
    const member = group.member(1);
    const copy = member.node.clone(member.storage.clone());
    expect(copy.status()).toEqual(member.node.status());
    copy.propose(bytes('x'));
    copy.readIndex(7);
    copy.transferLeader(2);
    expect(copy.status().lastIndex).toBe(2);
    expect(member.node.status()).toMatchObject({ lastIndex: 1, transferee: 0 });
    expect(member.node.hasReady).toBe(false);
  });

  it('of a member with a Ready under way has it under way too', () => {
    const member = new TestMember(1);
    member.node.campaign();
    member.node.ready();
    const copy = member.node.clone(member.storage.clone());
    copy.advance();
    expect([copy.softState.role, member.node.softState.role]).toEqual([
      'StateLeader',
      'StateCandidate',
    ]);
  });
});

describe('the status', () => {
  it('shows the progress of members on the leader alone', () => {
    const group = groupOf(2);
    group.elect(1);
    expect([...group.member(1).node.status().progress.keys()]).toEqual([1, 2]);
    expect(group.member(2).node.status().progress.size).toBe(0);
    expect(group.member(1).node).toBeInstanceOf(RawNode);
  });
});
