import { describe, expect, it } from 'vitest';
import { message } from '../../../../manager/raft/message.ts';
import {
  confState,
  entriesOf,
  entry,
  groupOf,
  snapshotOf,
  TestMember,
  TestNetwork,
} from '../../../lib/raft/network.ts';

const voters = [1, 2, 3];

/** Leads in term 1 with one entry of its own, which is committed. */
function leaderOf(size: number, options: Parameters<typeof groupOf>[1] = {}): TestMember {
  const group = groupOf(size, options);
  group.elect(1);
  return group.member(1);
}

describe('log replication (paper, §5.3)', () => {
  it('a leader appends a proposal and sends it, with what precedes it, to all others', () => {
    const leader = leaderOf(3);
    expect(leader.propose('x')).toMatchObject([
      { type: 'MsgApp', to: 2, term: 1, logTerm: 1, index: 1, entries: [entry(1, 2, 'x')] },
      { type: 'MsgApp', to: 3, term: 1, logTerm: 1, index: 1, entries: [entry(1, 2, 'x')] },
    ]);
    expect([leader.terms, leader.commit]).toEqual([[1, 1], 1]);
  });

  it('an entry that a majority has is committed, applied, and told to all', () => {
    const leader = leaderOf(3);
    leader.propose('x');
    expect(leader.receive({ type: 'MsgAppResp', from: 2, term: 1, index: 2 })).toMatchObject([
      { type: 'MsgApp', to: 2, commit: 2 },
      { type: 'MsgApp', to: 3, commit: 2 },
    ]);
    expect(leader.commands).toEqual(['x']);
  });

  it.each([
    { size: 1, acks: 0, isCommitted: true },
    { size: 3, acks: 0, isCommitted: false },
    { size: 3, acks: 1, isCommitted: true },
    { size: 5, acks: 1, isCommitted: false },
    { size: 5, acks: 2, isCommitted: true },
    { size: 4, acks: 1, isCommitted: false },
    { size: 4, acks: 2, isCommitted: true },
  ])(
    'of $size members, $acks more have it: committed $isCommitted',
    ({ size, acks, isCommitted }) => {
      const leader = leaderOf(size);
      leader.propose('x');
      for (let from = 2; from < 2 + acks; from += 1) {
        leader.receive({ type: 'MsgAppResp', from, term: 1, index: 2 });
      }
      expect(leader.commands).toEqual(isCommitted ? ['x'] : []);
    },
  );

  it.each([[[]], [[2]], [[1, 2]], [[1]]])(
    'committing an entry commits all before it, of earlier leaders too: %j',
    (terms) => {
      const options = { hardState: { term: 2 }, voters };
      const group = new TestNetwork(
        ...voters.map((id) => new TestMember(id, { ...options, terms })),
      );
      group.elect(1);
      group.propose(1, 'x');
      const { applied } = group.member(3);
      expect(applied.map(({ term }) => term)).toEqual([...terms, 3, 3]);
      expect(group.member(3).commands).toEqual(['x']);
    },
  );

  it('a follower applies what it is told to be committed, in order', () => {
    const member = new TestMember(2, { voters });
    const entries = [entry(1, 1, 'a'), entry(1, 2, 'b')];
    member.receive({ type: 'MsgApp', from: 1, term: 1, entries, commit: 1 });
    expect(member.commands).toEqual(['a']);
    member.receive({ type: 'MsgHeartbeat', from: 1, term: 1, commit: 2 });
    expect(member.commands).toEqual(['a', 'b']);
  });

  it.each([
    { logTerm: 0, index: 0, answer: { index: 1, reject: false } },
    { logTerm: 1, index: 1, answer: { index: 1, reject: false } },
    { logTerm: 2, index: 2, answer: { index: 2, reject: false } },
    { logTerm: 1, index: 2, answer: { index: 2, reject: true, rejectHint: 1, logTerm: 1 } },
    { logTerm: 3, index: 3, answer: { index: 3, reject: true, rejectHint: 2, logTerm: 2 } },
  ])(
    '[1 2], of which 1 is committed, is asked about $logTerm/$index',
    ({ logTerm, index, answer }) => {
      const member = new TestMember(2, {
        voters,
        terms: [1, 2],
        hardState: { term: 2, commit: 1 },
      });
      expect(member.receive({ type: 'MsgApp', from: 1, term: 3, logTerm, index })).toMatchObject([
        { type: 'MsgAppResp', ...answer },
      ]);
    },
  );

  it.each([
    { index: 2, logTerm: 2, sent: [3], after: [1, 2, 3], written: [3] },
    { index: 1, logTerm: 1, sent: [3, 4], after: [1, 3, 4], written: [3, 4] },
    { index: 0, logTerm: 0, sent: [1], after: [1, 2], written: [] },
    { index: 0, logTerm: 0, sent: [3], after: [3], written: [3] },
  ])(
    'behind $logTerm/$index, $sent make $after of [1 2]',
    ({ index, logTerm, sent, after, written }) => {
      const member = new TestMember(2, { voters, terms: [1, 2], hardState: { term: 2 } });
      const entries = entriesOf(sent, index + 1);
      member.receive({ type: 'MsgApp', from: 1, term: 4, logTerm, index, entries });
      expect(member.terms).toEqual(after);
      expect(member.readies.flatMap((ready) => ready.entries.map(({ term }) => term))).toEqual(
        written,
      );
    },
  );

  it.each([
    ['(a) lacks one', [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ['(b) lacks many', [1, 1, 1, 4]],
    ['(c) has one more', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ['(d) has two more', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ['(e) lacks many and has others', [1, 1, 1, 4, 4, 4, 4]],
    ['(f) has others of earlier terms', [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])('figure 7 %s: the follower gets the log of the leader', (_what, terms) => {
    const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    const hardState = { term: 8, commit: 3 };
    const leader = new TestMember(1, { voters, terms: leaderTerms, hardState });
    const follower = new TestMember(2, { voters, terms, hardState: { ...hardState, term: 7 } });
    // The third votes, but gets nothing.
    const group = new TestNetwork(leader, follower);
    leader.campaign();
    group.deliver(leader.receive({ type: 'MsgVoteResp', from: 3, term: 9 }));
    group.propose(1, 'x');
    expect(follower.terms).toEqual([...leaderTerms, 9, 9]);
    expect(follower.commands).toEqual(['x']);
  });

  it('one refusal skips a whole term of the follower', () => {
    const leader = new TestMember(1, { voters, terms: [1, 5, 5, 5], hardState: { term: 5 } });
    leader.campaign();
    const [probe] = leader.receive({ type: 'MsgVoteResp', from: 2, term: 6 });
    expect(probe).toMatchObject({ to: 2, index: 4, logTerm: 5 });
    const follower = new TestMember(2, { voters, terms: [1, 2, 2, 2, 2], hardState: { term: 4 } });
    const refused = follower.receive({ ...probe, type: 'MsgApp' });
    expect(refused).toMatchObject([{ reject: true, rejectHint: 4, logTerm: 2 }]);
    const [next] = leader.receive({ ...refused[0], type: 'MsgAppResp' });
    expect(next).toMatchObject({ to: 2, index: 1, logTerm: 1 });
  });

  it('old and reordered entries take nothing back', () => {
    const member = new TestMember(2, { voters, terms: [1, 1, 1], hardState: { term: 1 } });
    const early = entriesOf([1], 2);
    member.receive({ type: 'MsgApp', from: 1, term: 1, logTerm: 1, index: 1, entries: early });
    expect(member.terms).toEqual([1, 1, 1]);
    member.receive({ type: 'MsgApp', from: 1, term: 1, logTerm: 0, index: 0 });
    expect(member.terms).toEqual([1, 1, 1]);
  });

  it('entries of an old leader do not replace those of the new one', () => {
    const group = groupOf(3);
    group.elect(1);
    group.isolate(1);
    const late = group.member(1).propose('old');
    group.elect(2);
    group.propose(2, 'new');
    group.heal();
    group.deliver(late);
    group.tick(2);
    for (const id of voters) expect(group.member(id).commands).toEqual(['new']);
  });

  it.each([
    { commit: 3, committed: 3 },
    { commit: 2, committed: 2 },
    { commit: 9, committed: 3 },
  ])(
    'told that $commit is committed behind an entry at 3, a follower commits $committed',
    ({ commit, committed }) => {
      // What stands at 4 and 5 may be none of the leader's.
      const member = new TestMember(2, { voters, terms: [1, 1, 1, 1, 1], hardState: { term: 1 } });
      const entries = entriesOf([1], 3);
      member.receive({ type: 'MsgApp', from: 1, term: 2, logTerm: 1, index: 2, entries, commit });
      expect(member.commit).toBe(committed);
    },
  );

  it('a heartbeat tells no more to be committed than the follower is known to have', () => {
    const group = groupOf(3);
    group.elect(1);
    group.isolate(3);
    group.propose(1, 'x');
    const sent = group.member(1).ticks(1);
    expect(sent.filter(({ type }) => type === 'MsgHeartbeat')).toMatchObject([
      { to: 2, commit: 2 },
      { to: 3, commit: 1 },
    ]);
  });
});

describe('only entries of its own term are committed by counting (paper, §5.4.2)', () => {
  it('figure 8: an entry of an earlier term that a majority has may still be replaced', () => {
    const hardState = { term: 3 };
    const s1 = new TestMember(1, { voters, terms: [1, 2], hardState });
    s1.campaign();
    s1.receive({ type: 'MsgVoteResp', from: 2, term: 4 });
    expect(s1.terms).toEqual([1, 2, 4]);
    // (c): 2 is on a majority now, and yet not decided.
    s1.receive({ type: 'MsgAppResp', from: 2, term: 4, index: 2 });
    expect(s1.commit).toBe(0);
    // (e): with an entry of its own term, it is.
    s1.receive({ type: 'MsgAppResp', from: 2, term: 4, index: 3 });
    expect(s1.commit).toBe(3);
  });

  it('a new leader commits what its predecessors left as soon as its own first entry is committed', () => {
    const group = groupOf(5);
    group.elect(1);
    group.cut(1, 3);
    group.cut(1, 4);
    group.cut(1, 5);
    group.propose(1, 'left');
    expect(group.member(1).commands).toEqual([]);
    group.heal();
    group.loses = ({ type }) => type === 'MsgApp';
    group.elect(2);
    expect(group.member(2).commit).toBe(1);
    group.heal();
    group.tick(2);
    for (const id of [1, 2, 3, 4, 5]) expect(group.member(id).commands).toEqual(['left']);
  });
});

describe('flow control', () => {
  const limits = { inflightMessagesMax: 3 };

  it('a probe is one message, until it is answered or a heartbeat is', () => {
    const leader = new TestMember(1, { voters });
    leader.campaign();
    const sent = [leader.receive({ type: 'MsgVoteResp', from: 2, term: 1 })];
    for (const text of ['a', 'b', 'c']) sent.push(leader.propose(text));
    expect(sent.map((messages) => messages.length)).toEqual([2, 0, 0, 0]);
    const resumed = leader.receive({ type: 'MsgHeartbeatResp', from: 2, term: 1 });
    expect(resumed).toMatchObject([{ to: 2, index: 0 }]);
    expect(resumed[0]?.entries).toHaveLength(4);
  });

  it('a stream stops when the window is full, and goes on as answers come', () => {
    const leader = leaderOf(3, limits);
    const sent = ['a', 'b', 'c', 'd', 'e'].map((text) => leader.propose(text).length);
    expect(sent).toEqual([2, 2, 2, 0, 0]);
    const more = leader.receive({ type: 'MsgAppResp', from: 2, term: 1, index: 3 });
    expect(more.filter(({ to }) => to === 2).flatMap(({ entries }) => entries)).toMatchObject([
      { index: 5 },
      { index: 6 },
    ]);
  });

  it('an old answer opens no window', () => {
    const leader = leaderOf(3, limits);
    for (const text of ['a', 'b', 'c', 'd']) leader.propose(text);
    expect(leader.receive({ type: 'MsgAppResp', from: 2, term: 1, index: 1 })).toEqual([]);
  });

  it('with a full window one empty message goes out for each answered heartbeat', () => {
    const leader = leaderOf(3, limits);
    for (const text of ['a', 'b', 'c', 'd']) leader.propose(text);
    const probe = leader.receive({ type: 'MsgHeartbeatResp', from: 2, term: 1 });
    expect(probe).toMatchObject([{ to: 2, entries: [] }]);
    expect(leader.propose('e')).toEqual([]);
    expect(leader.propose('f')).toEqual([]);
  });

  it('the window has a limit of bytes, and the message that passes it is still sent', () => {
    const leader = leaderOf(3, { messageBytesMax: 10, inflightBytesMax: 10 });
    const sent = ['12345678', '1234567890', 'x'].map((text) => leader.propose(text).length);
    expect(sent).toEqual([2, 2, 0]);
  });

  it('a message has as many entries as its size allows, and one at least', () => {
    const group = groupOf(3, { messageBytesMax: 30 });
    group.elect(1);
    group.isolate(2);
    const big = 'x'.repeat(100);
    for (const text of ['a', 'b', big, 'c']) group.propose(1, text);
    group.heal();
    const seen: string[] = [];
    group.loses = ({ type, to, entries }) => {
      if (type === 'MsgApp' && to === 2) seen.push(entries.map(({ index }) => index).join(' '));
      return false;
    };
    group.tick(1, 2);
    expect(group.member(2).commands).toEqual(['a', 'b', big, 'c']);
    expect(seen).toContain('2 3');
    expect(seen).toContain('4');
    expect(seen.filter((indexes) => indexes.split(' ').includes('4'))).not.toContain('4 5');
  });

  it('what is handed out to be applied has a limit, and the rest follows', () => {
    const member = new TestMember(2, { voters, options: { applyingBytesMax: 20 } });
    const entries = ['a', 'b', 'c', 'd'].map((text, position) => entry(1, position + 1, text));
    member.receive({ type: 'MsgApp', from: 1, term: 1, entries, commit: 4 });
    expect(member.commands).toEqual(['a', 'b', 'c', 'd']);
    expect(Math.max(...member.readies.map((ready) => ready.committedEntries.length))).toBe(2);
  });

  it('a member reported unreachable is probed again', () => {
    const leader = leaderOf(3);
    leader.node.reportUnreachable(2);
    expect(leader.node.status().progress.get(2)?.state).toBe('StateProbe');
    leader.node.reportUnreachable(9);
    expect(leader.role).toBe('StateLeader');
  });
});

describe('snapshots', () => {
  /** Member 2 lacks what the leader has compacted. */
  function behind(): TestMember {
    const snapshot = snapshotOf(1, 11, confState(voters));
    const leader = new TestMember(1, { snapshot, hardState: { term: 1 } });
    leader.campaign();
    leader.receive({ type: 'MsgVoteResp', from: 3, term: 2 });
    return leader;
  }

  it('go to a member that needs what is compacted away', () => {
    const leader = behind();
    const [sent] = leader.receive({
      type: 'MsgAppResp',
      from: 2,
      term: 2,
      index: 11,
      reject: true,
    });
    expect(sent).toMatchObject({ type: 'MsgSnap', to: 2, snapshot: { index: 11 } });
    expect(leader.propose('x').map(({ to }) => to)).not.toContain(2);
    expect(leader.node.status().progress.get(2)?.state).toBe('StateSnapshot');
  });

  it('do not go to a member that was not heard since the leader last asked', () => {
    const group = groupOf(3, { checkQuorum: true });
    group.elect(1);
    group.isolate(2);
    for (const text of ['a', 'b', 'c']) group.propose(1, text);
    const leader = group.member(1);
    leader.storage.compact(3);
    group.tick(1, 20);
    leader.node.reportUnreachable(2);
    expect(leader.propose('d').map(({ to }) => to)).toEqual([3]);
    expect(leader.node.status().progress.get(2)?.state).toBe('StateProbe');
    expect(leader.lines.at(-1)).toContain('since it is not recently active');
    leader.storage.noteSnapshot(snapshotOf(1, 4, confState(voters)));
    const [sent] = leader.receive({ type: 'MsgHeartbeatResp', from: 2, term: 1 });
    expect(sent).toMatchObject({ type: 'MsgSnap', to: 2, snapshot: { index: 4 } });
  });

  it.each([
    { arrived: true, next: 12 },
    { arrived: false, next: 1 },
  ])('reported as arrived $arrived, the next entry is $next', ({ arrived, next }) => {
    const leader = behind();
    leader.receive({ type: 'MsgAppResp', from: 2, term: 2, index: 11, reject: true });
    leader.node.reportSnapshot(2, arrived);
    expect(leader.node.status().progress.get(2)).toMatchObject({
      state: 'StateProbe',
      next,
      pendingSnapshot: 0,
      isFlowPaused: true,
    });
  });

  it('an answer from behind the snapshot ends the waiting for it', () => {
    const leader = behind();
    leader.receive({ type: 'MsgAppResp', from: 2, term: 2, index: 11, reject: true });
    leader.receive({ type: 'MsgAppResp', from: 2, term: 2, index: 11 });
    expect(leader.node.status().progress.get(2)).toMatchObject({
      state: 'StateReplicate',
      match: 11,
      next: 13,
    });
  });

  it('are installed, with their configuration, and answered', () => {
    const member = new TestMember(2, { voters: [1, 2], terms: [1, 1], hardState: { term: 1 } });
    const snapshot = snapshotOf(2, 20, confState([1, 2, 4], { learners: [5] }));
    const [answer] = member.receive({ type: 'MsgSnap', from: 1, term: 2, snapshot });
    expect(answer).toMatchObject({ type: 'MsgAppResp', index: 20 });
    expect([...member.node.status().config.voters.incoming]).toEqual([1, 2, 4]);
    expect([member.commit, member.storage.firstIndex(), member.terms]).toEqual([20, 21, []]);
  });

  it.each([
    { what: 'old', snapshot: snapshotOf(1, 1, confState(voters)), commit: 2 },
    { what: 'of a log that is there', snapshot: snapshotOf(1, 3, confState(voters)), commit: 3 },
    { what: 'not meant for here', snapshot: snapshotOf(2, 9, confState([1, 3])), commit: 2 },
    {
      what: 'that contradicts itself',
      snapshot: snapshotOf(2, 9, confState(voters, { learners: [3] })),
      commit: 2,
    },
  ])('one that is $what is not installed', ({ snapshot, commit }) => {
    const hardState = { term: 1, commit: 2 };
    const member = new TestMember(2, { voters, terms: [1, 1, 1], hardState });
    const [answer] = member.receive({ type: 'MsgSnap', from: 1, term: 2, snapshot });
    expect(answer).toMatchObject({ type: 'MsgAppResp', index: commit, reject: false });
    expect([member.terms, member.commit]).toEqual([[1, 1, 1], commit]);
    expect(member.readies.every((ready) => ready.snapshot === undefined)).toBe(true);
  });

  it('one of what is compacted here is older than what is there, and takes nothing back', () => {
    const start = { snapshot: snapshotOf(1, 11, confState(voters)), terms: [1, 1] };
    const member = new TestMember(2, { ...start, hardState: { term: 1, commit: 12 } });
    const snapshot = snapshotOf(1, 9, confState([1, 2]));
    const [answer] = member.receive({ type: 'MsgSnap', from: 1, term: 1, snapshot });
    expect(answer).toMatchObject({ type: 'MsgAppResp', index: 12, reject: false });
    expect([member.terms, member.commit]).toEqual([[1, 1], 12]);
    expect(member.node.status().config.voters.incoming.size).toBe(3);
  });

  it('with entries behind it, one Ready has both', () => {
    const member = new TestMember(2, { voters });
    const snapshot = snapshotOf(1, 11, confState(voters));
    member.node.step(message({ type: 'MsgSnap', to: 2, from: 1, term: 1, snapshot }));
    const entries = entriesOf([1, 1], 12);
    member.receive({ type: 'MsgApp', from: 1, term: 1, logTerm: 1, index: 11, entries });
    expect(member.readies[0]).toMatchObject({
      snapshot: { index: 11 },
      entries: [{ index: 12 }, {}],
    });
  });

  it('a member with a snapshot under way does not stand for election', () => {
    const member = new TestMember(2, { voters });
    const snapshot = snapshotOf(1, 11, confState(voters));
    member.node.step(message({ type: 'MsgSnap', to: 2, from: 1, term: 1, snapshot }));
    member.node.campaign();
    expect(member.role).toBe('StateFollower');
    member.work();
    member.node.campaign();
    expect(member.role).toBe('StateCandidate');
  });
});
