import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftInvariantError } from '../../../../manager/raft/invariant.ts';
import { appendThread, applyThread, memberIdMax } from '../../../../manager/raft/member.ts';
import { message, type MessageFields, type MessageType } from '../../../../manager/raft/message.ts';
import { absurdNumbers, anyMessage } from '../../../lib/raft/any-message.ts';
import { confState, entriesOf, entry, snapshotOf, TestMember } from '../../../lib/raft/network.ts';

const voters = [1, 2, 3];
const malformed = 'raft: cannot step malformed message';

/** In term 2, with entries of the terms 1 1 2 (and one of its own if it leads), of which two are committed. */
function memberAs(role: string, options: object = {}): TestMember {
  const hardState = { term: 1, commit: 2 };
  const member = new TestMember(1, { voters, terms: [1, 1], hardState, options });
  if (role === 'StateFollower') {
    const entries = entriesOf([2], 3);
    member.receive({ type: 'MsgApp', from: 2, term: 2, logTerm: 1, index: 2, entries, commit: 2 });
  } else {
    member.campaign();
  }
  if (role === 'StateLeader') member.receive({ type: 'MsgVoteResp', from: 2, term: 2 });
  expect(member.role).toBe(role);
  return member;
}

const roles = ['StateFollower', 'StateCandidate', 'StateLeader'];

describe('a message that no correct member could have sent is refused whole', () => {
  const good = { type: 'MsgApp', from: 2, term: 9 } as const;
  const entries = entriesOf([9, 9], 4);

  it.each<readonly [string, Partial<MessageFields> & Pick<MessageFields, 'type'>]>([
    ...absurdNumbers.flatMap((value) =>
      (['term', 'from', 'index', 'logTerm', 'commit', 'rejectHint', 'context'] as const).map(
        (field) => [`${field} ${value}`, { ...good, [field]: value }] as const,
      ),
    ),
    ['entries with a gap', { ...good, logTerm: 2, index: 2, entries }],
    ['a refusal of its own', { type: 'MsgAppResp', from: 1, term: 2, index: 3, reject: true }],
    ['its own vote, refused', { type: 'MsgVoteResp', from: 1, term: 2, reject: true }],
    ['entries that overlap what precedes them', { ...good, logTerm: 2, index: 4, entries }],
    ['entries whose terms fall', { ...good, entries: entriesOf([3, 2]) }],
    ['entries of a term to come', { ...good, entries: entriesOf([10]) }],
    ['entries before terms began', { ...good, entries: entriesOf([0]) }],
    ['an entry of no term among others', { ...good, entries: entriesOf([1, NaN, 3]) }],
    ['entries between whole places', { ...good, index: 1, logTerm: 1, entries: [entry(9, 1.5)] }],
    ['entries of a term that is no count', { ...good, entries: entriesOf([1.5]) }],
    [
      'entries of a term before that of what precedes them',
      { ...good, logTerm: 5, index: 3, entries: entriesOf([4], 4) },
    ],
    [
      'a heartbeat that commits what is not there',
      { type: 'MsgHeartbeat', from: 2, term: 9, commit: 99 },
    ],
    ['a snapshot message without one', { type: 'MsgSnap', from: 2, term: 9 }],
    [
      'a snapshot of nothing',
      { type: 'MsgSnap', from: 2, term: 9, snapshot: snapshotOf(0, 0, confState(voters)) },
    ],
    [
      'a snapshot of a term to come',
      { type: 'MsgSnap', from: 2, term: 9, snapshot: snapshotOf(10, 9, confState(voters)) },
    ],
    [
      'a snapshot at no place',
      { type: 'MsgSnap', from: 2, term: 9, snapshot: snapshotOf(9, NaN, confState(voters)) },
    ],
    [
      'a snapshot with nobody as a voter',
      { type: 'MsgSnap', from: 2, term: 9, snapshot: snapshotOf(9, 9, confState([1, 0])) },
    ],
    ['a request for a vote in no term', { type: 'MsgVote', from: 2, term: 0 }],
    ['a request for a vote from nobody', { type: 'MsgPreVote', from: 0, term: 9 }],
    ['an order to stand in no term', { type: 'MsgTimeoutNow', from: 2, term: 0 }],
    ['a message for somebody else', { ...good, to: 2 }],
    ['a message for nobody', { ...good, to: 0 }],
    ['a term so far ahead that no elections can have led there', { ...good, term: 2 ** 33 }],
    ['a vote in the last term there is', { type: 'MsgVote', from: 2, term: 2 ** 52 }],
    ['a vote for the last term there is', { type: 'MsgPreVote', from: 2, term: 2 ** 52 }],
    ['a proposal with a term', { type: 'MsgProp', from: 2, term: 9, entries: entriesOf([0], 0) }],
    ['a read with a term', { type: 'MsgReadIndex', from: 2, term: 9, context: 1 }],
  ])('%s', (_what, fields) => {
    for (const role of roles) {
      const member = memberAs(role);
      const before = member.node.status();
      expect(member.node.step(message({ to: 1, ...fields }))).toBe(malformed);
      expect(member.node.status()).toEqual(before);
      expect(member.work()).toEqual([]);
    }
  });

  it.each<MessageType>([
    'MsgApp',
    'MsgHeartbeat',
    'MsgVote',
    'MsgPreVote',
    'MsgTimeoutNow',
    'MsgHeartbeatResp',
    'MsgReadIndexResp',
  ])('%s from oneself', (type) => {
    for (const role of roles) {
      const member = memberAs(role);
      expect(member.node.step(message({ type, from: 1, to: 1, term: 2 }))).toBe(malformed);
    }
  });

  it.each<MessageType>(['MsgApp', 'MsgVote', 'MsgHeartbeat'])(
    '%s from somebody who cannot be a member',
    (type) => {
      for (const from of [memberIdMax + 1, appendThread, applyThread]) {
        const member = memberAs('StateFollower');
        expect(member.node.step(message({ type, from, to: 1, term: 9 }))).toBe(malformed);
      }
    },
  );

  it('an answer that claims more than the leader has, in its term or in none', () => {
    for (const term of [0, 2]) {
      const member = memberAs('StateLeader');
      const answer = message({ type: 'MsgAppResp', from: 2, to: 1, term, index: 99 });
      expect(member.node.step(answer)).toBe(malformed);
      expect(member.commit).toBe(2);
    }
  });
});

describe('what comes from whom it cannot come', () => {
  it.each<MessageType>([
    'MsgHup',
    'MsgBeat',
    'MsgCheckQuorum',
    'MsgUnreachable',
    'MsgSnapStatus',
    'MsgStorageAppend',
    'MsgStorageAppendResp',
    'MsgStorageApply',
    'MsgStorageApplyResp',
  ])('%s from outside', (type) => {
    const member = memberAs('StateLeader');
    const outcome = member.node.step(message({ type, from: 2, to: 1, term: 2 }));
    expect(outcome).toBe('raft: cannot step raft local message');
  });

  it.each<MessageType>([
    'MsgAppResp',
    'MsgVoteResp',
    'MsgPreVoteResp',
    'MsgHeartbeatResp',
    'MsgReadIndexResp',
  ])('%s from a stranger', (type) => {
    const member = memberAs('StateLeader');
    const outcome = member.node.step(message({ type, from: 9, to: 1, term: 9 }));
    expect([outcome, member.term]).toEqual(['raft: cannot step as peer not found', 2]);
  });
});

/** The one promise that a lying leader can break, of which the library says that a member then ends. */
const broken = /no leader contradicts a committed entry/;

function withinPromise(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof RaftInvariantError) || !broken.test(error.message)) throw error;
  }
}

describe('whatever comes, in whatever role', () => {
  it.each(roles)('%s takes it or says why not, and what it says is well formed', (role) => {
    for (const options of [{}, { checkQuorum: true, uncommittedBytesMax: 3 }]) {
      fc.assert(
        fc.property(fc.array(anyMessage(1), { maxLength: 8 }), (received) => {
          const member = memberAs(role, options);
          withinPromise(() => {
            for (const one of received) {
              const { term, commit } = member;
              member.node.step(one);
              for (const said of member.work()) {
                expect(said.to).not.toBe(1);
                expect(Number.isSafeInteger(said.term)).toBe(true);
              }
              expect(member.term).toBeGreaterThanOrEqual(term);
              expect(member.commit).toBeGreaterThanOrEqual(commit);
            }
            member.ticks(25);
          });
        }),
        { numRuns: 60 },
      );
    }
  });

  it('a member that has nothing yet takes it or says why not', () => {
    fc.assert(
      fc.property(fc.array(anyMessage(1), { maxLength: 8 }), (received) => {
        const member = new TestMember(1, { voters: [], options: { preVote: true } });
        withinPromise(() => {
          for (const one of received) {
            member.node.step(one);
            member.work();
          }
          member.ticks(25);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('what a driver asks for by mistake', () => {
  const nobody = [0, 9, memberIdMax + 1, ...absurdNumbers];

  it.each(roles)('of somebody who is no member, changes nothing on a %s', (role) => {
    for (const id of nobody) {
      const member = memberAs(role);
      const { hardState, config } = member.node.status();
      member.node.transferLeader(id);
      member.node.reportUnreachable(id);
      member.node.reportSnapshot(id, false);
      member.node.reportSnapshot(id, true);
      member.work();
      expect(member.node.status()).toMatchObject({ hardState, config, transferee: 0 });
    }
  });

  it('a change of somebody who can be no member is refused by name, and made by nobody', () => {
    const transition = 'ConfChangeTransitionAuto';
    for (const nodeId of [memberIdMax + 1, ...absurdNumbers]) {
      const member = memberAs('StateLeader');
      const change = {
        transition,
        changes: [{ type: 'ConfChangeAddNode' as const, nodeId }],
      } as const;
      expect(() => member.node.proposeConfChange('EntryConfChangeV2', change)).toThrow(
        RaftInvariantError,
      );
      expect(member.node.applyConfChange(change)).toMatchObject({ voters });
    }
  });
});
