// Shows what a log may say after what it said, record by record: everything else is refused, and then nothing has changed.
import { describe, expect, it } from 'vitest';
import { LogState } from '../../../../../manager/consensus/wal/log-state.ts';
import type { LogRecord, SnapshotMark } from '../../../../../manager/consensus/wal/record.ts';
import { emptyConfState, type HardState } from '../../../../../manager/raft/snapshot.ts';
import { clusterId, entriesFrom, entryAt, memberId } from '../../../../lib/consensus.ts';

const identity: LogRecord = {
  kind: 'identity',
  identity: { clusterId, memberId, voters: [memberId] },
};

function entries(first: number, count: number, term = 1): LogRecord {
  return { kind: 'entries', entries: entriesFrom(first, count, term) };
}

function hardState(state: HardState): LogRecord {
  return { kind: 'hardState', state };
}

function markAt(index: number, term = 1, fill = index): SnapshotMark {
  return { index, term, bytes: 1, sha256: new Uint8Array(32).fill(fill) };
}

function marked(mark: SnapshotMark): LogRecord {
  return { kind: 'snapshotMark', mark };
}

/** A log that took all of these. */
function after(...records: readonly LogRecord[]): LogState {
  const state = new LogState(1);
  for (const record of [identity, ...records]) expect(state.apply(record)).toBeUndefined();
  return state;
}

/** Everything that can be asked of it. */
function all(state: LogState): unknown {
  const { hardState: hard, mark, lastIndex, lastTerm, commit } = state;
  return { hard, mark, lastIndex, lastTerm, commit };
}

const begun = [entries(1, 5, 2), hardState({ term: 2, vote: 7, commit: 3 })];

describe('what a log refuses', () => {
  it.each<[string, LogRecord]>([
    ['follows 5', entries(7, 1, 2)],
    ['would replace a committed one', entries(3, 1, 3)],
    ['is lower than the one before', entries(6, 1, 1)],
    ['is lower than the one before', entries(4, 1, 1)],
    ['term goes back', hardState({ term: 1, vote: 0, commit: 3 })],
    ['a second vote in one term', hardState({ term: 2, vote: 8, commit: 3 })],
    ['a second vote in one term', hardState({ term: 2, vote: 0, commit: 3 })],
    ['commit goes back', hardState({ term: 2, vote: 7, commit: 2 })],
    ['commit lies beyond the last entry', hardState({ term: 2, vote: 7, commit: 6 })],
    ['another cluster', { kind: 'identity', identity: { clusterId: 'd', memberId, voters: [] } }],
    ['another member', { kind: 'identity', identity: { clusterId, memberId: 9, voters: [] } }],
    ['a batch without entries', { kind: 'entries', entries: [] }],
  ])('%s', (complaint, record) => {
    const state = after(...begun);
    const before = all(state);
    expect(state.apply(record)).toContain(complaint);
    expect(all(state)).toEqual(before);
  });

  it('a mark that goes back, and another snapshot at the same index', () => {
    const state = after(...begun, marked(markAt(3)));
    expect(state.apply(marked(markAt(2)))).toBe('snapshot mark goes back');
    expect(state.apply(marked(markAt(3, 1, 99)))).toBe('two snapshots at one index');
    expect(state.apply(marked(markAt(3)))).toBeUndefined();
  });

  it('a log whose first entries are gone, or that says not whose it is', () => {
    const later = new LogState(4);
    later.apply(identity);
    expect(later.complaint()).toBe('entries 1 to 3 are missing');
    later.apply(marked(markAt(3)));
    expect(later.complaint()).toBeUndefined();
    expect(new LogState(1).complaint()).toBe('no identity');
  });
});

describe('what a log keeps', () => {
  it('a vote for the first time in a term, and a new one in the next', () => {
    const state = after(hardState({ term: 1, vote: 0, commit: 0 }));
    expect(state.apply(hardState({ term: 1, vote: 7, commit: 0 }))).toBeUndefined();
    expect(state.apply(hardState({ term: 2, vote: 8, commit: 0 }))).toBeUndefined();
    expect(state.hardState).toEqual({ term: 2, vote: 8, commit: 0 });
  });

  it('of entries that were replaced, none', () => {
    const state = after(entries(1, 5), entries(3, 1, 2));
    expect([state.lastIndex, state.lastTerm]).toEqual([3, 2]);
    expect(state.takeEntries()).toEqual([entryAt(1), entryAt(2), entryAt(3, 2)]);
  });

  it('the entries beyond the mark', () => {
    const state = after(entries(1, 5), marked(markAt(3)));
    expect(state.commit).toBe(3);
    expect(state.takeEntries()).toEqual(entriesFrom(4, 2));
  });

  it('nothing, behind a snapshot from elsewhere that is ahead of it, and goes on there', () => {
    const state = after(entries(1, 5), marked(markAt(9, 4)));
    expect([state.lastIndex, state.lastTerm, state.commit]).toEqual([9, 4, 9]);
    expect(state.apply(entries(10, 1, 3))).toContain('is lower than the one before');
    expect(state.apply(entries(6, 1, 4))).toContain('would replace a committed one');
    expect(state.apply(entries(10, 1, 4))).toBeUndefined();
    expect(state.takeEntries()).toEqual([entryAt(10, 4)]);
    expect(state.complaint()).toBeUndefined();
  });
});

describe('a snapshot of another member', () => {
  const confState = { ...emptyConfState, voters: [7, 8] };

  it('begins the log anew, also where that is longer, and says so only once', () => {
    const mark = { ...markAt(4, 3), confState };
    const state = after(...begun, marked({ ...mark, isInstalled: true }));
    expect(all(state)).toMatchObject({ mark, lastIndex: 4, lastTerm: 3, commit: 4 });
    expect(state.mark).not.toHaveProperty('isInstalled');
    expect(state.takeEntries()).toEqual([]);
    expect(state.apply(entries(5, 2, 3))).toBeUndefined();
    expect(state.apply(marked(mark))).toBeUndefined();
    expect(state.lastIndex).toBe(6);
  });

  it('one of its own keeps what is behind it', () => {
    const state = after(...begun, marked({ ...markAt(4, 2), confState }));
    expect(state.lastIndex).toBe(5);
  });
});
