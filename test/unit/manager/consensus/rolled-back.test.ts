// Shows that a member whose disk was put back to an earlier state is found out by what it has acknowledged: it stops, says what to do, and never votes under
// its raft id again. Drivers on one virtual clock; disks are copied while their member is down.
import { describe, expect, it } from 'vitest';
import { ConsensusGroup } from '../../../lib/consensus-group.ts';

/** Proposes so many entries through whoever leads, and waits until all members have them. */
async function propose(group: ConsensusGroup, count: number): Promise<void> {
  const leader = await group.untilLeader();
  for (let done = 0; done < count; done += 1) group.probe(leader).propose(`${done}`);
  await group.clock.advance(1000);
}

/** A group of three with 20 entries, and a follower of it that was down for a moment when there were ten. */
async function withOldCopy(options: ConstructorParameters<typeof ConsensusGroup>[0] = {}): Promise<{
  group: ConsensusGroup;
  id: number;
  putBack: () => Promise<void>;
}> {
  const group = new ConsensusGroup(options);
  await propose(group, 10);
  const leader = await group.untilLeader();
  const id = group.ids.find((other) => other !== leader) ?? 0;
  group.crash(id);
  const copy = await group.copyDisk(id);
  group.start(id);
  await group.clock.advance(1000);
  await propose(group, 10);
  expect(await group.untilLeader()).toBe(leader);
  return {
    group,
    id,
    putBack: async () => {
      group.crash(id);
      await group.putBack(id, copy);
      group.start(id);
    },
  };
}

function failures(group: ConsensusGroup, id: number): readonly { code: string; message: string }[] {
  return group.probe(id).all('failed');
}

describe('a member whose disk was put back', () => {
  it('stops and says what to do', async () => {
    const { group, id, putBack } = await withOldCopy();
    await putBack();
    await group.clock.advance(1000);
    const [failure] = failures(group, id);
    expect(failure?.code).toBe('corrupt');
    expect(failure?.message).toMatch(
      /older than what it has acknowledged.*start this node again, and it comes back as a new member by itself \(lastIndex \d+, acknowledged \d+, directory \/raft\)/s,
    );
    await propose(group, 1);
    expect(await group.untilLeader()).not.toBe(id);
  });

  it('never votes again under its raft id, not even where those who knew better are gone', async () => {
    const { group, id, putBack } = await withOldCopy();
    await putBack();
    await group.clock.advance(1000);
    expect(failures(group, id)).toHaveLength(1);
    for (const other of group.ids) group.crash(other);
    expect([...(await group.copyDisk(id)).keys()]).toContainEqual(
      expect.stringMatching(/^\/raft\/wal\.outdated\/.*\.wal$/),
    );
    group.start(id);
    group.start(group.ids.find((other) => other !== id) ?? 0);
    await group.clock.advance(20_000);
    expect(failures(group, id)[0]?.message).toContain('the log of this member is gone');
    expect(group.leader).toBeUndefined();
  });

  it('is found out also where all that it lacks is in a snapshot', async () => {
    const changes = { snapshotEntries: 5, trailingEntries: 1 };
    const { group, id, putBack } = await withOldCopy({ changes });
    await putBack();
    await group.clock.advance(2000);
    expect(failures(group, id)).toMatchObject([{ code: 'corrupt' }]);
  });

  it('is told apart from one that lost only what it had not acknowledged, whoever leads', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const group = new ConsensusGroup({ seed, diskMs: 60 });
      for (let round = 0; round < 4; round += 1) {
        const leader = await group.untilLeader();
        const id = group.ids[(seed + round) % 3] ?? 0;
        for (let count = 0; count < 5; count += 1) group.probe(leader).propose(`${count}`);
        await group.clock.advance(20 * round);
        group.crash(id);
        group.start(id);
        await group.clock.advance(2000);
      }
      for (const id of group.ids) expect(failures(group, id)).toEqual([]);
    }
  });
});
