import type { MemberId } from '../member.ts';

export type VoteResult = 'VoteWon' | 'VoteLost' | 'VotePending';

/** The highest index that each member is known to have; undefined for a member of whom nothing is known. */
export type AckedIndex = (id: MemberId) => number | undefined;

/** Who has answered, and what. */
export type Votes = ReadonlyMap<MemberId, boolean>;

/** How many of `size` members are more than half of them. */
function majorityOf(size: number): number {
  return Math.floor(size / 2) + 1;
}

/**
 * The highest index that more than half of `voters` have. Infinity without voters, so that the other half of a joint
 * configuration decides alone.
 */
export function committedByMajority(voters: ReadonlySet<MemberId>, acked: AckedIndex): number {
  if (voters.size === 0) return Infinity;
  // Voters are few, and this is asked with every answer: put in place one by one, they cost no sort.
  const descending: number[] = [];
  for (const id of voters) insertDescending(descending, acked(id) ?? 0);
  return descending[majorityOf(voters.size) - 1] ?? 0;
}

function insertDescending(indexes: number[], index: number): void {
  let at = indexes.length;
  for (; at > 0; at -= 1) {
    const before = indexes[at - 1] ?? 0;
    if (before >= index) break;
    indexes[at] = before;
  }
  indexes[at] = index;
}

/** Won without voters, for the same reason. */
export function votedByMajority(voters: ReadonlySet<MemberId>, votes: Votes): VoteResult {
  if (voters.size === 0) return 'VoteWon';
  let granted = 0;
  let open = 0;
  for (const id of voters) {
    const vote = votes.get(id);
    if (vote === undefined) open += 1;
    else if (vote) granted += 1;
  }
  const needed = majorityOf(voters.size);
  if (granted >= needed) return 'VoteWon';
  return granted + open >= needed ? 'VotePending' : 'VoteLost';
}
