import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entriesBytes, limitBytes, type Entry } from '../../../../../manager/raft/entry.ts';
import { RaftInvariantError } from '../../../../../manager/raft/invariant.ts';
import { MemoryStorage } from '../../../../../manager/raft/log/memory-storage.ts';
import { RaftLog } from '../../../../../manager/raft/log/raft-log.ts';
import { silentTrace } from '../../../../../manager/raft/trace.ts';
import { confState, entriesOf, entry, snapshotOf } from '../../../../lib/raft/network.ts';

const atOnce = { allowUnstable: true };
const whenStable = { allowUnstable: false };

/** A log of which `stable` is in storage, behind what was compacted, and `unstable` is not. */
function logOf(
  stable: readonly number[],
  unstable: readonly number[] = [],
  start = 0,
  applyingBytesMax = Infinity,
): RaftLog {
  const storage = new MemoryStorage();
  if (start > 0) storage.applySnapshot(snapshotOf(1, start, confState([1])));
  storage.append(entriesOf(stable, start + 1));
  const log = new RaftLog(storage, { applyingBytesMax, trace: silentTrace });
  log.append(entriesOf(unstable, start + stable.length + 1));
  return log;
}

function termsOf(log: RaftLog): readonly number[] {
  const terms: number[] = [];
  for (let index = log.firstIndex(); index <= log.lastIndex(); index += 1) {
    terms.push(log.termOrZero(index));
  }
  return terms;
}

describe('the log', () => {
  it('has a term for each of its entries, and for the one before the first', () => {
    const log = logOf([2, 3], [3, 4], 10);
    expect([9, 10, 11, 12, 13, 14, 15].map((index) => log.term(index))).toEqual([
      'compacted',
      1,
      2,
      3,
      3,
      4,
      'unavailable',
    ]);
    expect([log.firstIndex(), log.lastIndex(), log.lastId()]).toEqual([
      11,
      14,
      { term: 4, index: 14 },
    ]);
  });

  it.each([
    { previous: [0, 0], sent: [1, 2, 3], last: 3, after: [1, 2, 3, 3] },
    { previous: [1, 1], sent: [2, 3, 3, 4], last: 5, after: [1, 2, 3, 3, 4] },
    { previous: [2, 2], sent: [5], last: 3, after: [1, 2, 5] },
    { previous: [1, 1], sent: [4], last: 2, after: [1, 4] },
    { previous: [3, 4], sent: [], last: 4, after: [1, 2, 3, 3] },
    { previous: [2, 3], sent: [4], last: undefined, after: [1, 2, 3, 3] },
    { previous: [3, 9], sent: [4], last: undefined, after: [1, 2, 3, 3] },
  ])(
    '1 2 3 3 is sent $sent behind $previous',
    ({ previous: [term = 0, index = 0], sent, last, after }) => {
      for (const stable of [0, 2, 4]) {
        const all = [1, 2, 3, 3];
        const log = logOf(all.slice(0, stable), all.slice(stable));
        const slice = { previous: { term, index }, entries: entriesOf(sent, index + 1) };
        expect(log.maybeAppend(slice, 0)).toBe(last);
        expect(termsOf(log)).toEqual(after);
      }
    },
  );

  it('no leader may contradict what is committed', () => {
    const log = logOf([1, 1]);
    log.commitTo(2);
    const slice = { previous: { term: 1, index: 1 }, entries: entriesOf([2], 2) };
    expect(() => log.maybeAppend(slice, 0)).toThrow(RaftInvariantError);
  });

  it('commits never more than it has, and never goes back', () => {
    const log = logOf([1, 1, 1]);
    log.commitTo(2);
    log.commitTo(1);
    expect(log.committed).toBe(2);
    expect(() => log.commitTo(4)).toThrow(RaftInvariantError);
    expect(log.maybeCommit({ term: 2, index: 3 })).toBe(false);
    expect(log.maybeCommit({ term: 1, index: 2 })).toBe(false);
    expect(log.maybeCommit({ term: 0, index: 9 })).toBe(false);
    expect(log.maybeCommit({ term: 1, index: 3 })).toBe(true);
  });

  it('what is applied was committed, and stays applied', () => {
    const log = logOf([1, 1, 1]);
    log.commitTo(2);
    log.appliedTo(2, 0);
    expect(() => log.appliedTo(3, 0)).toThrow(RaftInvariantError);
    expect(() => log.appliedTo(1, 0)).toThrow(RaftInvariantError);
  });

  it.each([
    { terms: [1, 1, 2, 2, 5, 5], index: 6, term: 9, found: [6, 5] },
    { terms: [1, 1, 2, 2, 5, 5], index: 6, term: 4, found: [4, 2] },
    { terms: [1, 1, 2, 2, 5, 5], index: 6, term: 1, found: [2, 1] },
    { terms: [2, 2], index: 2, term: 1, found: [0, 0] },
    { terms: [1, 1], index: 9, term: 1, found: [9, 0] },
    { terms: [1], index: 0, term: 7, found: [0, 0] },
  ])('$terms may agree with $term at $index down to $found', ({ terms, index, term, found }) => {
    expect(logOf(terms).findConflictByTerm(index, term)).toEqual({
      index: found[0],
      term: found[1],
    });
  });

  it('below what is compacted it does not know where it agrees', () => {
    expect(logOf([5], [], 10).findConflictByTerm(11, 0)).toEqual({ index: 9, term: 0 });
  });

  it('a longer log of the same term is newer, and any log of a later term', () => {
    const log = logOf([1, 2], [2]);
    const verdicts = [
      [2, 2],
      [2, 3],
      [2, 4],
      [1, 9],
      [3, 1],
    ].map(([term = 0, index = 0]) => log.isUpToDate({ term, index }));
    expect(verdicts).toEqual([false, true, true, false, true]);
  });

  it('slices are those of a plain list, whatever is stable, compacted and allowed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 8 }),
        fc.nat(8),
        fc.nat(8),
        fc.nat(8),
        fc.oneof(fc.nat(60), fc.constant(Infinity)),
        (texts, stable, from, to, maxBytes) => {
          const all = texts.map((text, position) => entry(1, position + 3, text));
          const storage = new MemoryStorage();
          storage.applySnapshot(snapshotOf(1, 2, confState([1])));
          storage.append(all.slice(0, stable));
          const log = new RaftLog(storage, { applyingBytesMax: Infinity, trace: silentTrace });
          log.append(all.slice(stable));
          const first = Math.min(from, all.length);
          const last = Math.max(first, Math.min(to, all.length));
          const slice = log.slice(first + 3, last + 3, maxBytes);
          expect(slice).toEqual(limitedNaively(all.slice(first, last), maxBytes));
        },
      ),
    );
  });

  it('a slice of what is compacted is none, and one beyond the end is a mistake', () => {
    const log = logOf([1], [1], 10);
    expect(log.slice(10, 12, Infinity)).toBe('compacted');
    expect(() => log.slice(11, 14, Infinity)).toThrow(RaftInvariantError);
    expect(log.entriesFrom(13, Infinity)).toEqual([]);
  });
});

function limitedNaively(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  let taken = entries.slice(0, 1);
  for (let count = 1; count <= entries.length; count += 1) {
    const more = entries.slice(0, count);
    if (entriesBytes(more) <= maxBytes) taken = more;
  }
  return taken;
}

describe('sizes', () => {
  it('are those of the entry in the protocol buffer of etcd’s raft', () => {
    expect(entriesBytes([entry(1, 1)])).toBe(6);
    expect(entriesBytes([entry(1, 127, 'x')])).toBe(9);
    expect(entriesBytes([entry(128, 16_384, 'x'.repeat(128))])).toBe(6 + 1 + 2 + 3 + 128);
  });

  it('of nothing allow nothing, and of something one at least', () => {
    expect(limitBytes([], 0)).toEqual([]);
    expect(limitBytes([entry(1, 1), entry(1, 2)], 0)).toHaveLength(1);
    expect(limitBytes([entry(1, 1), entry(1, 2)], 12)).toHaveLength(2);
    expect(limitBytes([entry(1, 1), entry(1, 2)], 11)).toHaveLength(1);
  });
});

describe('what is handed out to be applied', () => {
  it('is what is committed, once', () => {
    const log = logOf([1, 1], [1]);
    log.commitTo(2);
    const handed = log.nextCommitted(atOnce);
    expect(handed.map(({ index }) => index)).toEqual([1, 2]);
    log.acceptApplying(2, entriesBytes(handed), atOnce);
    expect([log.hasNextCommitted(atOnce), log.applied]).toEqual([false, 0]);
  });

  it('with writes beside the core, only what is durable here', () => {
    const log = logOf([1], [1]);
    log.commitTo(2);
    expect(log.nextCommitted(whenStable).map(({ index }) => index)).toEqual([1]);
    expect(log.nextCommitted(atOnce).map(({ index }) => index)).toEqual([1, 2]);
  });

  it('stops at its limit, and goes on when some of it is applied', () => {
    const log = logOf([1, 1, 1, 1], [], 0, 12);
    log.commitTo(4);
    expect(log.nextCommitted(atOnce)).toHaveLength(2);
    log.acceptApplying(2, 12, atOnce);
    expect(log.hasNextCommitted(atOnce)).toBe(false);
    log.appliedTo(1, 6);
    expect(log.nextCommitted(atOnce)).toHaveLength(1);
    log.acceptApplying(3, 6, atOnce);
    log.appliedTo(3, 12);
    expect(log.nextCommitted(atOnce)).toHaveLength(1);
  });

  it('is nothing while a snapshot is to come first', () => {
    const log = logOf([1, 1]);
    log.commitTo(2);
    log.restore(snapshotOf(2, 9, confState([1])));
    expect(log.hasNextCommitted(atOnce)).toBe(false);
    expect([log.firstIndex(), log.lastIndex(), log.committed]).toEqual([10, 9, 9]);
  });

  it('a copy of the log is its own', () => {
    const log = logOf([1], [1]);
    const copy = log.clone(log.storage, silentTrace);
    copy.append(entriesOf([2], 3));
    copy.commitTo(3);
    expect([log.lastIndex(), log.committed, copy.lastIndex()]).toEqual([2, 0, 3]);
  });
});
