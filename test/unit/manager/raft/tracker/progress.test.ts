import { describe, expect, it } from 'vitest';
import { Progress, type ProgressState } from '../../../../../manager/raft/tracker/progress.ts';

const limits = { messagesMax: 2, bytesMax: Infinity };

function progressOf(state: ProgressState, match: number, next: number): Progress {
  const progress = new Progress({ match, next, isLearner: false, recentActive: true, limits });
  progress.state = state;
  return progress;
}

describe('what a leader knows of a follower', () => {
  it.each([
    ['StateProbe', false, false],
    ['StateProbe', true, true],
    ['StateReplicate', false, false],
    ['StateReplicate', true, true],
    ['StateSnapshot', false, true],
    ['StateSnapshot', true, true],
  ] as const)('%s, paused %s: nothing is sent %s', (state, isFlowPaused, isPaused) => {
    const progress = progressOf(state, 1, 2);
    progress.isFlowPaused = isFlowPaused;
    expect(progress.isPaused).toBe(isPaused);
  });

  it('an acknowledgement moves match and next up, never down, and resumes', () => {
    const progress = progressOf('StateProbe', 3, 5);
    progress.isFlowPaused = true;
    expect([2, 3].map((index) => progress.maybeUpdate(index))).toEqual([false, false]);
    expect(progress).toMatchObject({ match: 3, next: 5, isFlowPaused: true });
    expect(progress.maybeUpdate(4)).toBe(true);
    expect(progress).toMatchObject({ match: 4, next: 5, isFlowPaused: false });
    expect(progress.maybeUpdate(6)).toBe(true);
    expect(progress).toMatchObject({ match: 6, next: 7 });
  });

  it.each([
    { rejected: 4, isNew: false, next: 10 },
    { rejected: 5, isNew: false, next: 10 },
    { rejected: 9, isNew: true, next: 6 },
    { rejected: 30, isNew: true, next: 6 },
  ])(
    'a stream behind 5 that is refused at $rejected goes on at $next',
    ({ rejected, isNew, next }) => {
      const progress = progressOf('StateReplicate', 5, 10);
      expect(progress.maybeDecreaseTo(rejected, rejected)).toBe(isNew);
      expect([progress.match, progress.next]).toEqual([5, next]);
    },
  );

  it.each([
    { next: 10, rejected: 9, hint: 9, isNew: true, after: 9 },
    { next: 10, rejected: 9, hint: 2, isNew: true, after: 3 },
    { next: 10, rejected: 9, hint: 100, isNew: true, after: 9 },
    { next: 10, rejected: 8, hint: 2, isNew: false, after: 10 },
    { next: 10, rejected: 10, hint: 2, isNew: false, after: 10 },
    { next: 2, rejected: 1, hint: 0, isNew: true, after: 1 },
    { next: 1, rejected: 0, hint: 0, isNew: true, after: 1 },
  ])(
    'a probe at $next that is refused at $rejected with $hint goes on at $after',
    ({ next, rejected, hint, isNew, after }) => {
      const progress = progressOf('StateProbe', 0, next);
      expect(progress.maybeDecreaseTo(rejected, hint)).toBe(isNew);
      expect(progress.next).toBe(after);
    },
  );

  it('never goes back to what is known to match', () => {
    const progress = progressOf('StateProbe', 5, 10);
    progress.maybeDecreaseTo(9, 1);
    expect(progress.next).toBe(6);
  });

  it('probing after a snapshot begins behind it, unless it is known to have failed', () => {
    for (const [pendingSnapshot, next] of [
      [10, 11],
      [0, 2],
    ] as const) {
      const progress = progressOf('StateProbe', 1, 5);
      progress.becomeSnapshot(10);
      expect(progress).toMatchObject({ state: 'StateSnapshot', next: 11, sentCommit: 10 });
      progress.pendingSnapshot = pendingSnapshot;
      progress.becomeProbe();
      expect(progress).toMatchObject({ state: 'StateProbe', match: 1, next, pendingSnapshot: 0 });
      expect(progress.sentCommit).toBeLessThan(next);
    }
  });

  it('a stream sends ahead until the window is full; a probe sends once', () => {
    const stream = progressOf('StateReplicate', 1, 2);
    stream.sentEntries(3, 30);
    expect(stream).toMatchObject({ next: 5, isFlowPaused: false });
    stream.sentEntries(1, 10);
    expect(stream).toMatchObject({ next: 6, isFlowPaused: true });
    const probe = progressOf('StateProbe', 1, 2);
    probe.sentEntries(0, 0);
    expect(probe.isFlowPaused).toBe(false);
    probe.sentEntries(3, 30);
    expect(probe).toMatchObject({ next: 2, isFlowPaused: true });
  });

  it('an empty message counts as a probe where the window is full', () => {
    const stream = progressOf('StateReplicate', 1, 2);
    for (const bytes of [1, 1]) stream.sentEntries(1, bytes);
    stream.isFlowPaused = false;
    stream.sentEntries(0, 0);
    expect(stream.isFlowPaused).toBe(true);
    stream.inflights.freeUpTo(2);
    stream.isFlowPaused = false;
    stream.sentEntries(0, 0);
    expect(stream.isFlowPaused).toBe(false);
  });

  it.each([
    { sentCommit: 3, next: 6, commit: 4, isNews: true },
    { sentCommit: 4, next: 6, commit: 4, isNews: false },
    { sentCommit: 5, next: 6, commit: 9, isNews: false },
  ])('of $sentCommit told and up to $next sent, $commit is news: $isNews', (row) => {
    const progress = progressOf('StateReplicate', 3, row.next);
    progress.sentCommit = row.sentCommit;
    expect(progress.canBumpCommit(row.commit)).toBe(row.isNews);
  });

  it('a copy is equal, and its own', () => {
    const progress = progressOf('StateReplicate', 3, 6);
    progress.sentEntries(1, 5);
    const copy = progress.clone();
    expect(copy).toEqual(progress);
    copy.sentEntries(1, 5);
    copy.match = 9;
    expect([progress.match, progress.inflights.count]).toEqual([3, 1]);
  });
});
