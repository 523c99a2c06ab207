// Shows that one member of a group whose quorum is lost begins alone with all that its log holds, also after further restarts, and that it
// takes in new members then.
import { describe, expect, it } from 'vitest';
import { ConsensusGroup } from '../../../lib/consensus-group.ts';

/** A group of which only one member is left, and what was acknowledged before. */
async function widowed(changes = {}): Promise<{ group: ConsensusGroup; left: number }> {
  const group = new ConsensusGroup({ changes });
  const leader = await group.untilLeader();
  const left = group.ids.find((id) => id !== leader) ?? 0;
  const asked = ['a', 'b', 'c'].map((text) => group.probe(leader).propose(text));
  await group.clock.advanceUntil(
    () => asked.every((request) => group.probe(leader).outcomeOf(request) === 'committed'),
    2000,
  );
  await group.clock.advance(1000);
  for (const id of group.ids) group.crash(id);
  return { group, left };
}

describe('a member that recovers alone', () => {
  it('leads with all that was acknowledged, and does so after the next restart as well', async () => {
    const { group, left } = await widowed();
    group.start(left, { recover: true });
    expect(await group.untilLeader(5000)).toBe(left);
    expect(group.texts(left)).toEqual(['a', 'b', 'c']);
    expect(group.members(left)?.voters).toEqual([left]);
    const request = group.probe(left).propose('d');
    await group.clock.advance(1000);
    expect(group.probe(left).outcomeOf(request)).toBe('committed');
    group.crash(left);
    group.start(left);
    expect(await group.untilLeader(5000)).toBe(left);
    await group.clock.advance(1000);
    expect(group.texts(left)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('does so from a snapshot, and takes in a member that begins anew', async () => {
    const { group, left } = await widowed({ snapshotEntries: 2, trailingEntries: 1 });
    group.start(left, { recover: true });
    await group.untilLeader(5000);
    group.addProcess(9);
    expect(await group.change('ConfChangeAddLearnerNode', 9)).toBe('committed');
    group.probe(left).propose('e');
    await group.clock.advance(5000);
    expect(group.members(left)).toMatchObject({ voters: [left], learners: [9] });
    expect(group.texts(9).at(-1)).toBe('e');
  });

  it('recovers again if the first try was cut short', async () => {
    const { group, left } = await widowed();
    group.start(left, { recover: true });
    await group.clock.advance(3);
    group.crash(left);
    group.start(left, { recover: true });
    expect(await group.untilLeader(5000)).toBe(left);
    expect(group.texts(left)).toEqual(['a', 'b', 'c']);
  });

  it('keeps what it has beyond what it knew to be committed: others may have acknowledged it', async () => {
    const group = new ConsensusGroup({ members: 2 });
    const leader = await group.untilLeader();
    const left = group.ids.find((id) => id !== leader) ?? 0;
    await group.clock.advance(500);
    const request = group.probe(leader).propose('acknowledged');
    await group.clock.advanceUntil(
      () => group.probe(leader).outcomeOf(request) === 'committed',
      2000,
    );
    for (const id of group.ids) group.crash(id);
    group.start(left, { recover: true });
    await group.untilLeader(5000);
    expect(group.texts(left)).toContain('acknowledged');
  });
});
