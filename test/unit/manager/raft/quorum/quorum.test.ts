import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  committedByBoth,
  isJoint,
  isVoter,
  voterIds,
  votedByBoth,
} from '../../../../../manager/raft/quorum/joint.ts';
import {
  committedByMajority,
  votedByMajority,
} from '../../../../../manager/raft/quorum/majority.ts';

const voterSets = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 7 });
const indexes = fc.dictionary(
  fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
  fc.integer({ min: 0, max: 9 }),
);

/** Tries every index, as one would by hand. */
function committedNaively(
  voters: readonly number[],
  acked: Readonly<Record<string, number>>,
): number {
  if (voters.length === 0) return Infinity;
  for (let index = 9; index > 0; index -= 1) {
    const having = voters.filter((id) => (acked[id] ?? 0) >= index).length;
    if (having * 2 > voters.length) return index;
  }
  return 0;
}

function votedNaively(voters: readonly number[], votes: Readonly<Record<string, boolean>>): string {
  const yes = voters.filter((id) => votes[id] === true).length;
  const no = voters.filter((id) => votes[id] === false).length;
  if (voters.length === 0 || yes * 2 > voters.length) return 'VoteWon';
  return (voters.length - no) * 2 > voters.length ? 'VotePending' : 'VoteLost';
}

describe('majorities', () => {
  it('commit what more than half have, as counted by hand', () => {
    fc.assert(
      fc.property(voterSets, indexes, (voters, acked) => {
        const found = committedByMajority(new Set(voters), (id) => acked[id]);
        expect(found).toBe(committedNaively(voters, acked));
      }),
    );
  });

  it('vote as counted by hand', () => {
    const votes = fc.dictionary(fc.constantFrom('1', '2', '3', '4', '5', '6', '7'), fc.boolean());
    fc.assert(
      fc.property(voterSets, votes, (voters, given) => {
        const cast = new Map(Object.entries(given).map(([id, vote]) => [Number(id), vote]));
        expect(votedByMajority(new Set(voters), cast)).toBe(votedNaively(voters, given));
      }),
    );
  });

  it('once won or lost, no further vote changes that', () => {
    fc.assert(
      fc.property(voterSets, fc.array(fc.boolean(), { maxLength: 8 }), (voters, given) => {
        let before = 'VotePending';
        const cast = new Map<number, boolean>();
        for (const [position, vote] of given.entries()) {
          cast.set(position + 1, vote);
          const now = votedByMajority(new Set(voters), cast);
          if (before !== 'VotePending') expect(now).toBe(before);
          before = now;
        }
      }),
    );
  });

  it('any two of one configuration share a member', () => {
    fc.assert(
      fc.property(
        voterSets,
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        (voters, given) => {
          const side = (wanted: boolean): ReadonlyMap<number, boolean> =>
            new Map(given.map((vote, position) => [position + 1, vote === wanted]));
          const both = [side(true), side(false)].map((votes) =>
            votedByMajority(new Set(voters), votes),
          );
          if (voters.length > 0) expect(both).not.toEqual(['VoteWon', 'VoteWon']);
        },
      ),
    );
  });
});

describe('joint majorities', () => {
  it('commit what both halves commit, whichever is which', () => {
    fc.assert(
      fc.property(voterSets, voterSets, indexes, (incoming, outgoing, acked) => {
        const voters = { incoming: new Set(incoming), outgoing: new Set(outgoing) };
        const swapped = { incoming: voters.outgoing, outgoing: voters.incoming };
        const naive = Math.min(
          committedNaively(incoming, acked),
          committedNaively(outgoing, acked),
        );
        expect(committedByBoth(voters, (id) => acked[id])).toBe(naive);
        expect(committedByBoth(swapped, (id) => acked[id])).toBe(naive);
      }),
    );
  });

  it.each([
    ['VoteWon', true, true],
    ['VotePending', true, undefined],
    ['VotePending', undefined, undefined],
    ['VoteLost', true, false],
    ['VoteLost', undefined, false],
    ['VoteLost', false, false],
  ])('%s, if one half says %s and the other %s', (result, first, second) => {
    const votes = new Map<number, boolean>();
    if (first !== undefined) votes.set(1, first);
    if (second !== undefined) votes.set(2, second);
    const halves = [new Set([1]), new Set([2])] as const;
    expect(votedByBoth({ incoming: halves[0], outgoing: halves[1] }, votes)).toBe(result);
    expect(votedByBoth({ incoming: halves[1], outgoing: halves[0] }, votes)).toBe(result);
  });

  it('know their voters, ascending, each once', () => {
    const voters = { incoming: new Set([3, 1]), outgoing: new Set([2, 3]) };
    expect(voterIds(voters)).toEqual([1, 2, 3]);
    expect([isJoint(voters), isVoter(voters, 2), isVoter(voters, 4)]).toEqual([true, true, false]);
    expect(isJoint({ ...voters, outgoing: new Set() })).toBe(false);
  });
});
