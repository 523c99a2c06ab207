import fc from 'fast-check';
import { memberIdMax, type MemberId } from '../../../manager/raft/member.ts';
import type { Message, MessageType } from '../../../manager/raft/message.ts';
import { entriesOf } from './network.ts';

const types: readonly MessageType[] = [
  'MsgHup',
  'MsgBeat',
  'MsgProp',
  'MsgApp',
  'MsgAppResp',
  'MsgVote',
  'MsgVoteResp',
  'MsgSnap',
  'MsgHeartbeat',
  'MsgHeartbeatResp',
  'MsgUnreachable',
  'MsgSnapStatus',
  'MsgCheckQuorum',
  'MsgTransferLeader',
  'MsgTimeoutNow',
  'MsgReadIndex',
  'MsgReadIndexResp',
  'MsgPreVote',
  'MsgPreVoteResp',
  'MsgStorageAppend',
  'MsgStorageAppendResp',
  'MsgStorageApply',
  'MsgStorageApplyResp',
  'MsgForgetLeader',
];

/** None of them is a term, an index or an id. */
export const absurdNumbers: readonly number[] = [
  NaN,
  -1,
  0.5,
  Infinity,
  -Infinity,
  2 ** 53,
  Number.MAX_VALUE,
];

const numbers = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom(...absurdNumbers, 2 ** 48, 2 ** 52, 2 ** 53 - 1) },
);

const ids = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(...absurdNumbers, memberIdMax, memberIdMax + 1) },
);

const idLists = fc.array(ids, { maxLength: 4 });

const snapshots = fc.record({
  data: fc.uint8Array({ maxLength: 4 }),
  index: numbers,
  term: numbers,
  confState: fc.record({
    voters: idLists,
    learners: idLists,
    votersOutgoing: idLists,
    learnersNext: idLists,
    autoLeave: fc.boolean(),
  }),
});

const entryLists = fc.oneof(
  fc.array(
    fc.record({
      type: fc.constantFrom('EntryNormal', 'EntryConfChange', 'EntryConfChangeV2'),
      term: numbers,
      index: numbers,
      data: fc.uint8Array({ maxLength: 9 }),
    }),
    { maxLength: 4 },
  ),
  fc
    .tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
    )
    .map(([first, terms]) =>
      entriesOf(
        [...terms].sort((a, b) => a - b),
        first,
      ),
    ),
);

/** A message for `to` that may say anything that its fields can hold, now and then what they should not. */
export function anyMessage(to: MemberId): fc.Arbitrary<Message> {
  return fc.record({
    type: fc.constantFrom(...types),
    to: fc.constant(to),
    from: ids,
    term: numbers,
    logTerm: numbers,
    index: numbers,
    entries: entryLists,
    commit: numbers,
    vote: ids,
    snapshot: fc.option(snapshots, { nil: undefined }),
    reject: fc.boolean(),
    rejectHint: numbers,
    committed: fc.option(fc.record({ term: numbers, index: numbers }), { nil: undefined }),
    force: fc.boolean(),
    context: numbers,
    responses: fc.constant([]),
  });
}
