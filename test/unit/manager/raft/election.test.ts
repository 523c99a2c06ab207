import { describe, expect, it } from 'vitest';
import { message, type MessageFields } from '../../../../manager/raft/message.ts';
import { groupOf, TestMember, TestNetwork } from '../../../lib/raft/network.ts';

const voters = [1, 2, 3];
const preVote = { preVote: true, checkQuorum: true };

/** A chance that gives these numbers, one after another, for ever. */
function chanceOf(...numbers: readonly number[]): { below: (bound: number) => number } {
  let drawn = 0;
  return { below: (bound) => (numbers[drawn++ % numbers.length] ?? 0) % bound };
}

describe('elections (paper, §5.2)', () => {
  it('a member starts as a follower that knows no leader', () => {
    const member = new TestMember(1, { voters });
    expect([member.role, member.leader, member.term]).toEqual(['StateFollower', 0, 0]);
  });

  it('a leader sends heartbeats to all others, each heartbeat timeout', () => {
    const group = groupOf(3, { heartbeatTicks: 2 });
    group.elect(1);
    expect(group.member(1).ticks(1)).toEqual([]);
    expect(group.member(1).ticks(1)).toMatchObject([
      { type: 'MsgHeartbeat', to: 2, term: 1 },
      { type: 'MsgHeartbeat', to: 3, term: 1 },
    ]);
  });

  it('a follower that hears nothing for an election timeout votes for itself and asks all others', () => {
    const member = new TestMember(1, { voters, hardState: { term: 4 } });
    expect(member.ticks(9)).toEqual([]);
    expect(member.ticks(1)).toMatchObject([
      { type: 'MsgVote', to: 2, term: 5 },
      { type: 'MsgVote', to: 3, term: 5 },
    ]);
    expect([member.role, member.term, member.vote]).toEqual(['StateCandidate', 5, 1]);
  });

  it('a candidate that nobody answers stands again, in a new term', () => {
    const member = new TestMember(1, { voters });
    member.ticks(10);
    expect(member.ticks(10)).toMatchObject([{ term: 2 }, { term: 2 }]);
    expect([member.role, member.term, member.vote]).toEqual(['StateCandidate', 2, 1]);
  });

  it('whoever hears a leader does not stand', () => {
    const member = new TestMember(1, { voters });
    for (let beat = 0; beat < 5; beat += 1) {
      member.ticks(9);
      member.receive({ type: 'MsgHeartbeat', from: 2, term: 1 });
    }
    expect([member.role, member.term]).toEqual(['StateFollower', 1]);
  });

  it.each([
    { size: 1, granted: 0, refused: 0, role: 'StateLeader' },
    { size: 3, granted: 1, refused: 0, role: 'StateLeader' },
    { size: 3, granted: 0, refused: 1, role: 'StateCandidate' },
    { size: 3, granted: 0, refused: 2, role: 'StateFollower' },
    { size: 5, granted: 2, refused: 2, role: 'StateLeader' },
    { size: 5, granted: 1, refused: 2, role: 'StateCandidate' },
    { size: 5, granted: 1, refused: 3, role: 'StateFollower' },
    { size: 4, granted: 1, refused: 1, role: 'StateCandidate' },
    { size: 4, granted: 1, refused: 2, role: 'StateFollower' },
  ])(
    'of $size members, $granted grant and $refused refuse: $role',
    ({ size, granted, refused, role }) => {
      const all = Array.from({ length: size }, (_, position) => position + 1);
      const member = new TestMember(1, { voters: all });
      member.campaign();
      const answer = (from: number, reject: boolean): void =>
        void member.receive({ type: 'MsgVoteResp', from, term: 1, reject });
      for (let from = size; from > size - refused; from -= 1) answer(from, true);
      for (let from = 2; from < 2 + granted; from += 1) answer(from, false);
      expect([member.role, member.term]).toEqual([role, 1]);
    },
  );

  it('the same answer twice is one vote, and a changed mind none', () => {
    const all = [1, 2, 3, 4, 5];
    const member = new TestMember(1, { voters: all });
    member.campaign();
    member.receive({ type: 'MsgVoteResp', from: 2, term: 1 });
    member.receive({ type: 'MsgVoteResp', from: 2, term: 1 });
    member.receive({ type: 'MsgVoteResp', from: 3, term: 1, reject: true });
    member.receive({ type: 'MsgVoteResp', from: 3, term: 1 });
    expect(member.role).toBe('StateCandidate');
  });

  it.each([
    { vote: 0, from: 1, isGranted: true },
    { vote: 0, from: 3, isGranted: true },
    { vote: 1, from: 1, isGranted: true },
    { vote: 3, from: 3, isGranted: true },
    { vote: 1, from: 3, isGranted: false },
    { vote: 3, from: 1, isGranted: false },
  ])('who voted for $vote grants $from: $isGranted', ({ vote, from, isGranted }) => {
    const member = new TestMember(2, { voters, hardState: { term: 1, vote } });
    const asked: Omit<MessageFields, 'to'> = { type: 'MsgVote', from, term: 1 };
    expect(member.receive(asked)).toMatchObject([
      { type: 'MsgVoteResp', to: from, term: 1, reject: !isGranted },
    ]);
    expect(member.vote).toBe(vote === 0 ? from : vote);
  });

  it('a vote outlives a restart, so no term gets a second one', () => {
    const member = new TestMember(2, { voters });
    member.receive({ type: 'MsgVote', from: 1, term: 1 });
    member.restart();
    const [answer] = member.receive({ type: 'MsgVote', from: 3, term: 1 });
    expect(answer?.reject).toBe(true);
  });

  it.each(['MsgApp', 'MsgHeartbeat'] as const)(
    'a candidate that hears a leader of its own term by %s follows it',
    (type) => {
      for (const term of [1, 2]) {
        const member = new TestMember(1, { voters });
        member.campaign();
        member.receive({ type, from: 2, term });
        expect([member.role, member.leader, member.term]).toEqual(['StateFollower', 2, term]);
      }
    },
  );

  it('the election timeout is any number of ticks from one timeout to just below two', () => {
    const seen = new Set<number>();
    for (let draw = 0; draw < 10; draw += 1) {
      for (const isCandidate of [false, true]) {
        const member = new TestMember(1, { voters, options: { chance: chanceOf(draw) } });
        if (isCandidate) member.campaign();
        let ticks = 0;
        while (member.ticks(1).length === 0) ticks += 1;
        seen.add(ticks + 1);
      }
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('a timeout is drawn anew with each candidacy, so that two candidates part', () => {
    const member = new TestMember(1, { voters, options: { chance: chanceOf(0, 7, 2) } });
    member.campaign();
    const first = [0, 1].map(() => {
      let ticks = 1;
      while (member.ticks(1).length === 0) ticks += 1;
      return ticks;
    });
    expect(first[0]).not.toBe(first[1]);
  });
});

describe('who may be elected (paper, §5.4.1)', () => {
  it('a request for a vote tells where the log of its sender ends', () => {
    const member = new TestMember(1, { voters, terms: [1, 2, 2], hardState: { term: 2 } });
    expect(member.campaign()).toMatchObject([
      { type: 'MsgVote', to: 2, term: 3, logTerm: 2, index: 3 },
      { type: 'MsgVote', to: 3, term: 3, logTerm: 2, index: 3 },
    ]);
  });

  it.each([
    { ours: [1], logTerm: 1, index: 1, isGranted: true },
    { ours: [1], logTerm: 1, index: 2, isGranted: true },
    { ours: [1, 1], logTerm: 1, index: 1, isGranted: false },
    { ours: [1], logTerm: 2, index: 1, isGranted: true },
    { ours: [1, 1], logTerm: 2, index: 1, isGranted: true },
    { ours: [2], logTerm: 1, index: 1, isGranted: false },
    { ours: [2], logTerm: 1, index: 9, isGranted: false },
    { ours: [], logTerm: 0, index: 0, isGranted: true },
  ])(
    'a log of terms $ours grants one that ends with $logTerm at $index: $isGranted',
    ({ ours, logTerm, index, isGranted }) => {
      for (const type of ['MsgVote', 'MsgPreVote'] as const) {
        const member = new TestMember(2, { voters, terms: ours, hardState: { term: 2 } });
        const [answer] = member.receive({ type, from: 1, term: 3, logTerm, index });
        expect(answer).toMatchObject({ type: `${type}Resp`, reject: !isGranted });
      }
    },
  );

  it('whoever lacks a committed entry is not elected', () => {
    const group = groupOf(3);
    group.elect(1);
    group.isolate(3);
    group.propose(1, 'committed');
    group.heal();
    group.elect(3);
    expect(group.leaders).not.toContain(3);
    group.elect(2);
    expect(group.leaders).toEqual([2]);
  });
});

describe('asking before standing (thesis, §9.6)', () => {
  it('a cut off member does not raise its term, and disturbs nobody when it comes back', () => {
    const group = groupOf(3, preVote);
    group.elect(1);
    group.isolate(3);
    group.tick(3, 100);
    expect([group.member(3).term, group.member(3).role]).toEqual([1, 'StatePreCandidate']);
    group.heal();
    group.tick(3, 10);
    group.tick(1);
    expect([group.leaders, group.member(1).term]).toEqual([[1], 1]);
    expect(group.member(3).leader).toBe(1);
  });

  it('consent is not a vote: neither term nor vote nor timeout move', () => {
    const member = new TestMember(2, { voters, options: preVote, hardState: { term: 3 } });
    member.ticks(9);
    const [answer] = member.receive({ type: 'MsgPreVote', from: 1, term: 4 });
    expect(answer).toMatchObject({ type: 'MsgPreVoteResp', term: 4, reject: false });
    expect([member.term, member.vote, member.role]).toEqual([3, 0, 'StateFollower']);
    member.ticks(1);
    expect(member.role).toBe('StatePreCandidate');
  });

  it('consent may be given to several, for the same term', () => {
    const member = new TestMember(2, { voters, options: preVote, hardState: { term: 3, vote: 2 } });
    for (const from of [1, 3]) {
      const [answer] = member.receive({ type: 'MsgPreVote', from, term: 4 });
      expect(answer?.reject).toBe(false);
    }
  });

  it('a pre-candidate learns from a refusal that its term has passed', () => {
    const behind = new TestMember(1, { voters, options: preVote, hardState: { term: 1 } });
    const ahead = new TestMember(2, { voters, options: preVote, hardState: { term: 9 } });
    const group = new TestNetwork(behind, ahead);
    group.elect(1);
    expect([behind.term, behind.role]).toEqual([9, 'StateFollower']);
    group.elect(1);
    expect(group.leaders).toEqual([1]);
  });

  it('a lost pre-election changes no term', () => {
    const member = new TestMember(1, { voters, options: preVote, hardState: { term: 3 } });
    member.campaign();
    member.receive({ type: 'MsgPreVoteResp', from: 2, term: 3, reject: true });
    member.receive({ type: 'MsgPreVoteResp', from: 3, term: 3, reject: true });
    expect([member.role, member.term]).toEqual(['StateFollower', 3]);
  });

  it('answers to a pre-vote do not count as votes', () => {
    const member = new TestMember(1, { voters, options: preVote });
    member.campaign();
    member.receive({ type: 'MsgPreVoteResp', from: 2, term: 1 });
    expect([member.role, member.term]).toEqual(['StateCandidate', 1]);
    member.receive({ type: 'MsgPreVoteResp', from: 3, term: 1 });
    expect(member.role).toBe('StateCandidate');
  });

  it('a member without a term refuses without a word, as there is no term to say it in', () => {
    const options = { preVote: true };
    const member = new TestMember(2, { voters, options, terms: [5, 5] });
    const asked = { type: 'MsgPreVote', from: 1, term: 6, logTerm: 5, index: 1 } as const;
    expect(member.receive(asked)).toEqual([]);
    expect(member.term).toBe(0);
  });
});

describe('a leader that is heard is not disturbed (thesis, §4.2.3)', () => {
  it.each(['MsgVote', 'MsgPreVote'] as const)('%s of a later term is not even answered', (type) => {
    const member = new TestMember(2, { voters, options: { checkQuorum: true } });
    member.receive({ type: 'MsgHeartbeat', from: 1, term: 1 });
    expect(member.receive({ type, from: 3, term: 5 })).toEqual([]);
    expect([member.term, member.leader]).toEqual([1, 1]);
  });

  it('once nothing was heard for an election timeout, it is answered', () => {
    const options = { checkQuorum: true, chance: chanceOf(5) };
    const member = new TestMember(2, { voters, options });
    member.receive({ type: 'MsgHeartbeat', from: 1, term: 1 });
    member.ticks(10);
    const [answer] = member.receive({ type: 'MsgVote', from: 3, term: 5 });
    expect(answer).toMatchObject({ type: 'MsgVoteResp', reject: false });
  });

  it('a transfer of leadership is not held up by it', () => {
    const group = groupOf(3, preVote);
    group.elect(1);
    group.member(1).node.transferLeader(2);
    group.deliver();
    expect([group.leaders, group.member(3).leader]).toEqual([[2], 2]);
  });

  it('in a term with a leader nobody gets a vote, whether one was given or not', () => {
    const member = new TestMember(2, { voters });
    member.receive({ type: 'MsgHeartbeat', from: 1, term: 1 });
    const [answer] = member.receive({ type: 'MsgVote', from: 3, term: 1 });
    expect(answer?.reject).toBe(true);
  });
});

describe('who does not stand', () => {
  it('a learner, however long it hears nothing, and whoever asks it to', () => {
    const member = new TestMember(2, { voters: [1], learners: [2] });
    expect(member.ticks(50)).toEqual([]);
    expect(member.campaign()).toEqual([]);
    member.receive({ type: 'MsgTimeoutNow', from: 1, term: 1 });
    expect([member.role, member.term]).toEqual(['StateFollower', 1]);
  });

  it('a learner votes when it is asked: it may have been promoted without knowing', () => {
    const member = new TestMember(2, { voters: [1], learners: [2] });
    const [answer] = member.receive({ type: 'MsgVote', from: 1, term: 1 });
    expect(answer).toMatchObject({ type: 'MsgVoteResp', reject: false });
  });

  it('a stranger to its own configuration', () => {
    const member = new TestMember(4, { voters });
    expect(member.ticks(50)).toEqual([]);
    expect(member.role).toBe('StateFollower');
  });

  it('a leader, again', () => {
    const member = new TestMember(1);
    member.campaign();
    expect(member.campaign()).toEqual([]);
    expect([member.role, member.term]).toEqual(['StateLeader', 1]);
  });
});

describe('votes refused carry what is committed', () => {
  it('so a candidate commits what only a removed member knows to be committed', () => {
    // Entry 2 is committed; only member 3 knows.
    const terms = [1, 1];
    const hardState = { term: 1, commit: 1 };
    const candidate = new TestMember(1, { voters, terms, hardState });
    const knowing = new TestMember(3, {
      voters,
      terms: [1, 1, 1],
      hardState: { term: 1, commit: 2 },
    });
    const group = new TestNetwork(candidate, knowing);
    group.elect(1);
    expect(candidate.commit).toBe(2);
  });

  it('but not what its own log does not have in that place', () => {
    const candidate = new TestMember(1, {
      voters,
      terms: [1, 2],
      hardState: { term: 2, commit: 1 },
    });
    candidate.campaign();
    const committed = { term: 1, index: 2 };
    candidate.receive({ type: 'MsgVoteResp', from: 3, term: 3, reject: true, committed });
    expect(candidate.commit).toBe(1);
  });

  it('also from a refusal of a term that it has left behind: what is committed is so in every term', () => {
    const candidate = new TestMember(1, {
      voters: [1, 2],
      terms: [1, 1],
      hardState: { term: 3, commit: 1 },
      options: { preVote: true },
    });
    candidate.campaign();
    const committed = { term: 1, index: 2 };
    candidate.receive({ type: 'MsgPreVoteResp', from: 2, term: 2, reject: true, committed });
    expect([candidate.commit, candidate.term]).toEqual([2, 3]);
  });

  it('and who has to refuse a candidate learns it from what that one asks', () => {
    const refuser = new TestMember(1, {
      voters,
      terms: [1, 1, 2],
      hardState: { term: 2, commit: 1 },
    });
    const asked = { from: 2, term: 3, index: 2, logTerm: 1, committed: { term: 1, index: 2 } };
    const answers = refuser.receive({ type: 'MsgVote', ...asked });
    expect(answers).toMatchObject([{ type: 'MsgVoteResp', to: 2, reject: true }]);
    expect(refuser.commit).toBe(2);
  });

  it('every candidate says what it knows to be committed', () => {
    const candidate = new TestMember(1, {
      voters,
      terms: [1, 1],
      hardState: { term: 1, commit: 2 },
    });
    const committed = { term: 1, index: 2 };
    expect(candidate.campaign()).toMatchObject([
      { type: 'MsgVote', committed },
      { type: 'MsgVote', committed },
    ]);
  });
});

describe('a member that nobody hears, in a higher term than the leader', () => {
  const heartbeat = { type: 'MsgHeartbeat', from: 3, term: 2 } as const;

  it('tells the leader, if it does not stand for election', () => {
    const learner = new TestMember(1, { voters: [2], learners: [1], hardState: { term: 5 } });
    expect(learner.receive(heartbeat)).toMatchObject([{ type: 'MsgAppResp', to: 3, term: 5 }]);
  });

  it('tells the leader, if it has stood in vain', () => {
    const candidate = new TestMember(1, { voters: [1, 2], hardState: { term: 5 } });
    candidate.campaign();
    expect(candidate.receive(heartbeat)).toEqual([]);
    candidate.ticks(1);
    expect(candidate.receive(heartbeat)).toMatchObject([{ type: 'MsgAppResp', to: 3, term: 6 }]);
  });

  it('says nothing, if its own request for votes will tell', () => {
    const follower = new TestMember(1, { voters, hardState: { term: 5 } });
    expect(follower.receive(heartbeat)).toEqual([]);
  });
});

describe('with asynchronous writes', () => {
  it('a candidate leads only once its own vote is durable, whoever else has voted for it', () => {
    const member = new TestMember(1, { voters, options: { asyncStorageWrites: true } });
    member.node.campaign();
    const { messages } = member.node.ready();
    for (const from of [2, 3]) {
      member.node.step(message({ type: 'MsgVoteResp', from, to: 1, term: 1 }));
    }
    expect(member.role).toBe('StateCandidate');
    const written = messages.find(({ type }) => type === 'MsgStorageAppend');
    for (const response of written?.responses ?? []) member.node.step(response);
    expect(member.role).toBe('StateLeader');
  });
});
