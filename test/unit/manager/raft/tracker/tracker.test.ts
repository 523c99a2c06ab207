import { describe, expect, it } from 'vitest';
import { restoreConfig } from '../../../../../manager/raft/confchange/restore.ts';
import { Tracker } from '../../../../../manager/raft/tracker/tracker.ts';
import { confState } from '../../../../lib/raft/network.ts';

function trackerOf(...state: Parameters<typeof confState>): Tracker {
  const limits = { messagesMax: 10, bytesMax: Infinity };
  const restored = restoreConfig(confState(...state), { lastIndex: 1, limits });
  if (!restored.ok) throw new Error(restored.reason);
  const tracker = new Tracker();
  tracker.use(restored.config, restored.progress);
  return tracker;
}

describe('the members as a leader tracks them', () => {
  it('ascend, learners among them', () => {
    expect(trackerOf([3, 1], { learners: [2] }).ids).toEqual([1, 2, 3]);
  });

  it('only a voter that is alone is the only one, and a joint configuration has none', () => {
    expect(trackerOf([1]).isOnlyVoter(1)).toBe(true);
    expect(trackerOf([1], { learners: [2] }).isOnlyVoter(1)).toBe(true);
    expect(trackerOf([1]).isOnlyVoter(2)).toBe(false);
    expect(trackerOf([1, 2]).isOnlyVoter(1)).toBe(false);
    expect(trackerOf([1], { votersOutgoing: [1] }).isOnlyVoter(1)).toBe(false);
  });

  it('what a learner has commits nothing', () => {
    const tracker = trackerOf([1, 2], { learners: [3, 4] });
    for (const [id, progress] of tracker.progress) progress.match = id === 2 ? 0 : 9;
    expect(tracker.committed()).toBe(0);
  });

  it('a learner’s vote is none, and neither is the silence of one', () => {
    const tracker = trackerOf([1, 2, 3], { learners: [4] });
    tracker.recordVote(1, true);
    tracker.recordVote(4, true);
    expect(tracker.tally()).toEqual({ granted: 1, rejected: 0, result: 'VotePending' });
    tracker.recordVote(2, true);
    expect(tracker.tally()).toEqual({ granted: 2, rejected: 0, result: 'VoteWon' });
    tracker.resetVotes();
    expect(tracker.tally()).toEqual({ granted: 0, rejected: 0, result: 'VotePending' });
  });

  it('a quorum is active when a majority of both halves was heard', () => {
    const tracker = trackerOf([1, 2, 3], { votersOutgoing: [1, 4, 5] });
    for (const [id, progress] of tracker.progress) progress.recentActive = id <= 3;
    expect(tracker.isQuorumActive()).toBe(false);
    const other = tracker.progress.get(4);
    if (other !== undefined) other.recentActive = true;
    expect(tracker.isQuorumActive()).toBe(true);
  });

  it('a copy has votes and progress of its own', () => {
    const tracker = trackerOf([1, 2]);
    tracker.recordVote(1, true);
    const copy = tracker.clone();
    copy.recordVote(2, true);
    expect([tracker.tally().result, copy.tally().result]).toEqual(['VotePending', 'VoteWon']);
    expect(copy.progress.get(1)).not.toBe(tracker.progress.get(1));
  });
});
