import { describe, expect, it } from 'vitest';
import { RaftInvariantError } from '../../../../../manager/raft/invariant.ts';
import { Unstable } from '../../../../../manager/raft/log/unstable.ts';
import { silentTrace } from '../../../../../manager/raft/trace.ts';
import { confState, entriesOf, snapshotOf } from '../../../../lib/raft/network.ts';

function unstableOf(offset: number, terms: readonly number[]): Unstable {
  const unstable = new Unstable(offset, silentTrace);
  unstable.truncateAndAppend(entriesOf(terms, offset));
  return unstable;
}

function indexesOf(unstable: Unstable): readonly string[] {
  return unstable.entries.map(({ term, index }) => `${term}/${index}`);
}

describe('the part of the log that storage has not got', () => {
  it('knows first and last index only if it decides them', () => {
    const empty = new Unstable(5, silentTrace);
    expect([empty.firstIndex(), empty.lastIndex(), empty.term(4)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const some = unstableOf(5, [1, 1]);
    expect([some.firstIndex(), some.lastIndex(), some.term(6), some.term(7)]).toEqual([
      undefined,
      6,
      1,
      undefined,
    ]);
    some.restore(snapshotOf(3, 9, confState([1])));
    expect([some.firstIndex(), some.lastIndex(), some.term(9), some.term(8)]).toEqual([
      10,
      9,
      3,
      undefined,
    ]);
  });

  it.each([
    { from: 7, kept: ['1/5', '1/6', '2/7'], offset: 5, inProgress: 7 },
    { from: 6, kept: ['1/5', '2/6'], offset: 5, inProgress: 6 },
    { from: 5, kept: ['2/5'], offset: 5, inProgress: 5 },
    { from: 3, kept: ['2/3'], offset: 3, inProgress: 3 },
  ])('entries from $from on replace what stood there', ({ from, kept, offset, inProgress }) => {
    const unstable = unstableOf(5, [1, 1]);
    unstable.acceptInProgress();
    unstable.truncateAndAppend(entriesOf([2], from));
    expect(indexesOf(unstable)).toEqual(kept);
    expect([unstable.offset, unstable.offsetInProgress]).toEqual([offset, inProgress]);
    expect(unstable.nextEntries().map(({ term }) => term)).toEqual([2]);
  });

  it('hands out an entry, and a snapshot, only once', () => {
    const unstable = unstableOf(5, []);
    unstable.restore(snapshotOf(1, 9, confState([1])));
    unstable.truncateAndAppend(entriesOf([1, 1], 10));
    expect([unstable.nextEntries().length, unstable.nextSnapshot()?.index]).toEqual([2, 9]);
    unstable.acceptInProgress();
    expect([unstable.hasNextEntries, unstable.nextSnapshot()]).toEqual([false, undefined]);
    unstable.truncateAndAppend(entriesOf([1], 12));
    expect(unstable.nextEntries().map(({ index }) => index)).toEqual([12]);
  });

  it.each([
    { term: 1, index: 5, left: ['2/6'] },
    { term: 2, index: 6, left: [] },
    { term: 1, index: 6, left: ['1/5', '2/6'] },
    { term: 2, index: 4, left: ['1/5', '2/6'] },
    { term: 2, index: 7, left: ['1/5', '2/6'] },
  ])('storage has $term/$index: $left are left', ({ term, index, left }) => {
    const unstable = unstableOf(5, [1, 2]);
    unstable.acceptInProgress();
    unstable.stableTo({ term, index });
    expect(indexesOf(unstable)).toEqual(left);
    expect(unstable.offsetInProgress).toBe(7);
  });

  it('an answer to a write that another leader has overtaken and undone says nothing (ABA)', () => {
    const unstable = unstableOf(5, [1]);
    unstable.acceptInProgress();
    unstable.truncateAndAppend(entriesOf([2], 5));
    unstable.stableTo({ term: 1, index: 5 });
    expect(indexesOf(unstable)).toEqual(['2/5']);
  });

  it('a stored snapshot is let go, unless a newer one took its place', () => {
    const unstable = unstableOf(5, []);
    unstable.restore(snapshotOf(1, 9, confState([1])));
    unstable.restore(snapshotOf(1, 12, confState([1])));
    unstable.stableSnapshotTo(9);
    expect(unstable.snapshot?.index).toBe(12);
    unstable.stableTo({ term: 1, index: 12 });
    expect([unstable.snapshot?.index, unstable.offset]).toEqual([12, 13]);
    unstable.stableSnapshotTo(12);
    expect(unstable.snapshot).toBeUndefined();
  });

  it('slices lie within it', () => {
    const unstable = unstableOf(5, [1, 1]);
    expect(unstable.slice(5, 7)).toHaveLength(2);
    expect(() => unstable.slice(4, 6)).toThrow(RaftInvariantError);
    expect(() => unstable.slice(6, 8)).toThrow(RaftInvariantError);
  });

  it('a copy is its own', () => {
    const unstable = unstableOf(5, [1]);
    const copy = unstable.clone(silentTrace);
    copy.truncateAndAppend(entriesOf([1], 6));
    expect([indexesOf(unstable), indexesOf(copy)]).toEqual([['1/5'], ['1/5', '1/6']]);
  });
});
