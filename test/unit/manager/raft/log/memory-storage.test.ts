import { describe, expect, it } from 'vitest';
import { RaftInvariantError } from '../../../../../manager/raft/invariant.ts';
import { MemoryStorage } from '../../../../../manager/raft/log/memory-storage.ts';
import { confState, entriesOf, snapshotOf } from '../../../../lib/raft/network.ts';

/** Entries of the terms 3 4 5 at 4 to 6, behind a snapshot at 3. */
function storageOf(): MemoryStorage {
  const storage = new MemoryStorage();
  storage.applySnapshot(snapshotOf(3, 3, confState([1])));
  storage.append(entriesOf([3, 4, 5], 4));
  return storage;
}

function termsOf(storage: MemoryStorage): readonly unknown[] {
  const entries = storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Infinity);
  return typeof entries === 'string' ? [entries] : entries.map(({ term }) => term);
}

describe('the written log in memory', () => {
  it('begins empty, before the first index', () => {
    const storage = new MemoryStorage();
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(0)]).toEqual([1, 0, 0]);
    expect(storage.snapshot()?.index).toBe(0);
  });

  it('knows the terms of its entries and of the one before them', () => {
    const storage = storageOf();
    expect([2, 3, 4, 5, 6, 7].map((index) => storage.term(index))).toEqual([
      'compacted',
      3,
      3,
      4,
      5,
      'unavailable',
    ]);
  });

  it.each([
    { from: 3, to: 6, maxBytes: Infinity, found: 'compacted' },
    { from: 4, to: 5, maxBytes: Infinity, found: [4] },
    { from: 4, to: 7, maxBytes: Infinity, found: [4, 5, 6] },
    { from: 4, to: 7, maxBytes: 0, found: [4] },
    { from: 4, to: 7, maxBytes: 12, found: [4, 5] },
    { from: 4, to: 7, maxBytes: 17, found: [4, 5] },
    { from: 4, to: 7, maxBytes: 18, found: [4, 5, 6] },
    { from: 4, to: 8, maxBytes: Infinity, found: 'unavailable' },
  ])('entries from $from to $to in $maxBytes bytes: $found', ({ from, to, maxBytes, found }) => {
    const entries = storageOf().entries(from, to, maxBytes);
    expect(typeof entries === 'string' ? entries : entries.map(({ index }) => index)).toEqual(
      found,
    );
  });

  it.each([
    { from: 7, terms: [6], after: [3, 4, 5, 6] },
    { from: 5, terms: [6], after: [3, 6] },
    { from: 4, terms: [7, 7], after: [7, 7] },
    { from: 2, terms: [3, 3, 3, 6], after: [3, 6] },
    { from: 1, terms: [1, 1], after: [3, 4, 5] },
  ])('$terms written from $from on make $after', ({ from, terms, after }) => {
    const storage = storageOf();
    storage.append(entriesOf(terms, from));
    expect(termsOf(storage)).toEqual(after);
  });

  it('refuses a gap', () => {
    expect(() => storageOf().append(entriesOf([5], 8))).toThrow(RaftInvariantError);
  });

  it('forgets what is compacted, and keeps the term before the first entry', () => {
    const storage = storageOf();
    storage.compact(5);
    expect([storage.firstIndex(), storage.term(5), storage.term(4)]).toEqual([6, 4, 'compacted']);
    expect(() => storage.compact(5)).toThrow(RaftInvariantError);
    expect(() => storage.compact(7)).toThrow(RaftInvariantError);
  });

  it('a snapshot replaces everything, and an older one nothing', () => {
    const storage = storageOf();
    expect(storage.applySnapshot(snapshotOf(3, 2, confState([9])))).toBe(false);
    expect(termsOf(storage)).toEqual([3, 4, 5]);
    expect(storage.applySnapshot(snapshotOf(5, 9, confState([2])))).toBe(true);
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(9)]).toEqual([10, 9, 5]);
    expect(storage.initialState().confState.voters).toEqual([2]);
  });

  it('a snapshot that is noted is of the log that is there', () => {
    const storage = storageOf();
    expect(() => storage.noteSnapshot(snapshotOf(9, 5, confState([2])))).toThrow(
      RaftInvariantError,
    );
    storage.noteSnapshot(snapshotOf(4, 5, confState([2])));
    expect([storage.snapshot()?.index, storage.firstIndex()]).toEqual([5, 4]);
  });

  it('a copy is its own', () => {
    const storage = storageOf();
    const copy = storage.clone();
    copy.append(entriesOf([9], 4));
    copy.setHardState({ term: 9, vote: 1, commit: 4 });
    expect([termsOf(storage), storage.initialState().hardState.term]).toEqual([[3, 4, 5], 0]);
  });
});
