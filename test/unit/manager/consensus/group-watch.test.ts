// Shows what a member does about the others and its own main beside Raft: drivers on one virtual clock, some of which are told that a process
// is gone, or have a main that applies nothing.
import { describe, expect, it } from 'vitest';
import { ConsensusGroup } from '../../../lib/consensus-group.ts';

const electionMs = 500;

/** Kills the leader, lets those who are left hear that its process is gone, and gives how long it took them to have another one. */
async function replaceLeader(seed: number, isHeard: boolean): Promise<number> {
  const group = new ConsensusGroup({ seed });
  const first = await group.untilLeader();
  await group.clock.advance(1000);
  group.crash(first);
  const fromMs = group.clock.nowMs();
  if (isHeard) for (const id of group.living) group.probe(id).port.gone(first);
  await group.untilLeader();
  return group.clock.nowMs() - fromMs;
}

function others(group: ConsensusGroup, leader: number): number[] {
  return group.ids.filter((id) => id !== leader);
}

/** What the newest `progress` of a member says. */
function progressOf(group: ConsensusGroup, id: number): unknown {
  return group.probe(id).all('progress').at(-1)?.peers;
}

describe('a leader whose process is gone', () => {
  it('is followed at once by another one, while one that is only silent is given time', async () => {
    const heardMs: number[] = [];
    const silentMs: number[] = [];
    for (let seed = 1; seed <= 20; seed += 1) {
      heardMs.push(await replaceLeader(seed, true));
      silentMs.push(await replaceLeader(seed, false));
    }
    expect(Math.min(...silentMs)).toBeGreaterThan(300);
    expect(heardMs.toSorted((a, b) => a - b)[10]).toBeLessThan(150);
    // Two that stand at the same time try again.
    expect(heardMs.filter((ms) => ms > 300).length).toBeLessThan(5);
  });

  it('is not, where only one member thinks so: the others hear it', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const term = group.probe(leader).all('leadership').at(-1)?.term;
    const [one = 0] = others(group, leader);
    group.probe(one).port.gone(leader);
    await group.clock.advance(3000);
    expect(group.leader).toBe(leader);
    expect(group.probe(leader).all('leadership').at(-1)).toMatchObject({ self: true, term });
  });

  it('makes no difference when it did not lead', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const [one = 0, two = 0] = others(group, leader);
    group.crash(two);
    for (const id of [leader, one]) group.probe(id).port.gone(two);
    const told = group.probe(one).all('leadership').length;
    await group.clock.advance(3000);
    expect(group.leader).toBe(leader);
    expect(group.probe(one).all('leadership')).toHaveLength(told);
  });
});

describe('a leader', () => {
  it('tells how far the others are, and who answers', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const [one = 0, two = 0] = others(group, leader);
    group.probe(leader).propose('a');
    await group.clock.advance(2000);
    const index = group.probe(leader).all('outcome').at(-1)?.index ?? 0;
    expect(progressOf(group, leader)).toEqual([
      { id: one, matchIndex: index, isActive: true },
      { id: two, matchIndex: index, isActive: true },
    ]);
    const count = group.probe(leader).all('progress').length;
    await group.clock.advance(10 * electionMs);
    expect(group.probe(leader).all('progress').length - count).toBeGreaterThanOrEqual(9);
    expect(group.probe(leader).all('progress').length - count).toBeLessThanOrEqual(11);
    group.isolate(two);
    group.probe(leader).propose('b');
    await group.clock.advance(2000);
    expect(progressOf(group, leader)).toEqual([
      { id: one, matchIndex: index + 1, isActive: true },
      { id: two, matchIndex: index, isActive: false },
    ]);
    expect(group.probe(one).all('progress')).toEqual([]);
  });

  it('hands over to whoever is most up to date and answers', async () => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const group = new ConsensusGroup({ members: 5, seed });
      const leader = await group.untilLeader();
      const [one = 0, two = 0, three = 0, best = 0] = others(group, leader);
      group.isolate(one);
      for (const id of [two, three]) group.cut(leader, id);
      group.probe(leader).propose('only two have it');
      await group.clock.advance(300);
      group.probe(leader).post({ kind: 'transfer', to: 0 });
      group.heal();
      await group.clock.advanceUntil(() => group.leader === best, 400);
    }
  });

  it('alone is asked to hand over; a follower does nothing about that', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    for (const id of others(group, leader)) {
      for (const to of [0, id]) group.probe(id).post({ kind: 'transfer', to });
    }
    await group.clock.advance(2000);
    expect(group.leader).toBe(leader);
    expect(group.probe(leader).all('leadership')).toHaveLength(
      group
        .probe(leader)
        .all('leadership')
        .filter(({ self }) => self).length,
    );
  });

  it('whose main applies nothing hands over in time', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    group.probe(first).appliesAll = false;
    group.probe(first).propose('stuck');
    await group.clock.advanceUntil(() => (group.leader ?? first) !== first, 3 * electionMs);
    const second = group.leader ?? 0;
    group.probe(second).propose('goes on');
    await group.clock.advance(500);
    for (const id of others(group, first)) expect(group.texts(id)).toEqual(['stuck', 'goes on']);
    // It follows, and so it counts: with another one down, two of three still decide.
    group.crash(others(group, first).find((id) => id !== second) ?? 0);
    const request = group.probe(second).propose('two of three');
    await group.clock.advance(500);
    expect(group.probe(second).outcomeOf(request)).toBe('committed');
  });

  it('whose main says nothing hands over in time, though there is nothing to apply, and may lead again', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    await group.clock.advance(5 * electionMs);
    expect(group.leader).toBe(first);
    group.probe(first).answers = false;
    await group.clock.advanceUntil(() => (group.leader ?? first) !== first, 4 * electionMs);
    const second = group.leader ?? 0;
    group.probe(first).answers = true;
    group.probe(first).post({ kind: 'alive' });
    group.probe(second).post({ kind: 'transfer', to: first });
    await group.clock.advanceUntil(() => group.leader === first, electionMs);
    await group.clock.advance(5 * electionMs);
    expect(group.leader).toBe(first);
  });

  it('whose main says nothing steps down when the one to take over is gone', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    await group.clock.advance(2 * electionMs);
    const [chosen = 0, third = 0] = others(group, first);
    group.probe(first).answers = false;
    await group.clock.advance(2 * electionMs - 50);
    group.isolate(chosen);
    await group.clock.advanceUntil(() => group.leader === third, 6 * electionMs);
  });

  it('whose main applies nothing steps down when the one to take over is gone, and leads again once main applies', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    const [chosen = 0, third = 0] = others(group, first);
    group.probe(first).appliesAll = false;
    group.probe(first).propose('stuck');
    await group.clock.advance(2 * electionMs - 50);
    group.isolate(chosen);
    await group.clock.advanceUntil(() => group.leader === third, 4 * electionMs);
    // It leaves the next election to the other one, too.
    group.heal();
    await group.clock.advance(1000);
    group.crash(third);
    await group.clock.advanceUntil(() => group.leader === chosen, 10_000);
    expect(
      group
        .probe(first)
        .all('leadership')
        .filter(({ self }) => self),
    ).toHaveLength(1);
    group.start(third);
    const last = group.entries(first).at(-1)?.index ?? 0;
    group.probe(first).appliesAll = true;
    group.probe(first).post({ kind: 'applied', index: last });
    await group.clock.advance(1000);
    group.probe(chosen).post({ kind: 'transfer', to: first });
    await group.clock.advance(3000);
    expect(group.leader).toBe(first);
  });

  it('whose main applies nothing stands all the same where nobody else can win, and hands over then', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    const [chosen = 0, third = 0] = others(group, first);
    group.probe(first).appliesAll = false;
    group.isolate(chosen);
    group.probe(first).propose('stuck');
    await group.clock.advanceUntil(() => group.leader === third, 10 * electionMs);
    group.crash(third);
    group.heal();
    await group.clock.advanceUntil(() => group.leader === chosen, 30 * electionMs);
    expect(group.texts(chosen)).toEqual(['stuck']);
  });

  it('without another voter goes on whatever its main does', async () => {
    const group = new ConsensusGroup({ members: 1 });
    const first = await group.untilLeader();
    group.addProcess(2);
    expect(await group.change('ConfChangeAddLearnerNode', 2)).toBe('committed');
    group.probe(first).appliesAll = false;
    group.probe(first).propose('stuck');
    await group.clock.advance(10 * electionMs);
    expect(group.probe(first).all('leadership').at(-1)).toMatchObject({ self: true, term: 1 });
  });
});

describe('a member that was removed', () => {
  it('hears it once', async () => {
    const group = new ConsensusGroup();
    await group.untilLeader();
    for (let count = 0; count < 3; count += 1) group.probe(1).port.removed();
    await group.clock.advance(10);
    expect(group.probe(1).all('removed')).toHaveLength(1);
  });
});
