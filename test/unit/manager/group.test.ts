// Several managers of production code, from the founding to the death of most of them, on virtual time: every one answers, and what was
// acknowledged is at all of them.
import { describe, expect, test } from 'vitest';
import type { RequestContext } from '../../../common/ports/cluster-api.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { stateHash } from '../../../manager/store/snapshot.ts';
import { Table } from '../../../proto/gen/objects.ts';
import { newServiceSpec } from '../../../proto/gen/specs.ts';
import { spec } from '../../lib/control-rig.ts';
import { ManagerGroup } from '../../lib/manager-group.ts';

const context: RequestContext = {
  actor: { kind: 'user', name: 'test' },
  traceId: 'trace',
  signal: new AbortController().signal,
};

/** Creates a service through that manager; gives how it ended, later. */
function create(group: ManagerGroup, via: number, name: string): { ended: string | undefined } {
  const result: { ended: string | undefined } = { ended: undefined };
  void group
    .manager(via)
    .api.createService(context, spec(name, {}, 0))
    .then(
      () => {
        result.ended = 'created';
      },
      (error: unknown) => {
        result.ended = error instanceof Error ? error.message : String(error);
      },
    );
  return result;
}

function names(group: ManagerGroup, via: number): string[] {
  return group
    .manager(via)
    .view.services()
    .map((row) => row.current.spec.name);
}

async function settled(group: ManagerGroup): Promise<void> {
  await group.untilLeader();
  await group.clock.advance(3000);
  expect(group.failures).toEqual([]);
  const hashes = group.living.map((number) => stateHash(group.manager(number).store));
  expect(new Set(hashes).size).toBe(1);
}

/** Changes a row at that manager alone, and makes as many entries as it takes until managers compare what they have. */
async function diverge(group: ManagerGroup, number: number): Promise<void> {
  const { state } = group.manager(number).store;
  const before = state.cluster();
  if (before === undefined) throw new Error('there is no cluster');
  const after = { ...before, createdAtMs: before.createdAtMs + 1 };
  state.commitRow({ table: Table.clusters, key: before.id, before, after, facets: [] });
  for (let at = 0; at < 150; at += 1) {
    const [via = 0] = group.living;
    create(group, via, `after-${at}`);
    await group.clock.advance(30);
  }
}

describe('a row that differs at one of three managers', () => {
  test.each(['leads', 'follows'])('stops that one, which %s, and no other', async (place) => {
    const group = await ManagerGroup.of(3);
    const leader = await group.untilLeader();
    const follower = group.living.find((number) => number !== leader) ?? 0;
    const wrong = place === 'leads' ? leader : follower;
    await diverge(group, wrong);
    await group.clock.advance(60_000);
    expect([...group.failed]).toEqual([wrong]);
    expect(String(group.failures[0])).toMatch(
      /differs from that of most managers: leave the swarm/,
    );
    await group.end();
  });
});

describe('three managers', () => {
  test('join one after the other, and each takes changes', async () => {
    const group = await ManagerGroup.of(3);
    await group.untilLeader();
    const made = [1, 2, 3].map((number) => create(group, number, `via-${number}`));
    await group.clock.advance(2000);
    expect(made.map(({ ended }) => ended)).toEqual(['created', 'created', 'created']);
    await settled(group);
    for (const number of group.living) {
      expect(names(group, number).toSorted()).toEqual(['via-1', 'via-2', 'via-3']);
    }
    await group.end();
  });

  test('changes that were under way when the leader died are made once, through the next one', async () => {
    const group = await ManagerGroup.of(3);
    const leader = await group.untilLeader();
    const others = group.living.filter((number) => number !== leader);
    const made = Array.from({ length: 20 }, (_, at) =>
      create(group, others[at % 2] ?? 0, `under-way-${at}`),
    );
    await group.clock.advance(2);
    await group.kill(leader);
    await group.clock.advance(3000);
    expect(new Set(made.map(({ ended }) => ended))).toEqual(new Set(['created']));
    await settled(group);
    for (const number of group.living) expect(new Set(names(group, number)).size).toBe(20);
    await group.restart(leader);
    await settled(group);
    expect(names(group, leader)).toHaveLength(20);
    await group.end();
  });

  test('without a quorum changes fail with the reason, and go on when it is back', async () => {
    const group = await ManagerGroup.of(3);
    const leader = await group.untilLeader();
    const [one = 0, two = 0] = group.living.filter((number) => number !== leader);
    await group.kill(leader);
    await group.kill(one);
    const lost = create(group, two, 'lost');
    await group.clock.advance(15_000);
    expect(lost.ended).toMatch(/no manager leads/);
    await group.restart(one);
    await group.untilLeader();
    const found = create(group, two, 'found');
    await group.clock.advance(3000);
    expect(found.ended).toBe('created');
    await group.restart(leader);
    await settled(group);
    await group.end();
  });

  test('a leader that is cut off answers nobody with what is old', async () => {
    const group = await ManagerGroup.of(3);
    const leader = await group.untilLeader();
    const [other = 0] = group.living.filter((number) => number !== leader);
    group.isolate(leader);
    await group.untilLeader();
    const made = create(group, other, 'new');
    await group.clock.advance(3000);
    expect(made.ended).toBe('created');
    let read: string | undefined;
    void group
      .manager(leader)
      .api.getService(context, 'new')
      .then(
        () => {
          read = 'found';
        },
        (error: unknown) => {
          read = error instanceof Error ? error.message : '';
        },
      );
    await group.clock.advance(5000);
    expect(read).not.toBe('service new not found');
    group.heal();
    await settled(group);
    expect(names(group, leader)).toEqual(['new']);
    await group.end();
  });

  test('one joins late and gets a snapshot', async () => {
    const group = await ManagerGroup.of(3, {
      changes: { snapshotEntries: 40, trailingEntries: 5 },
    });
    for (let at = 0; at < 60; at += 1) {
      create(group, (at % 3) + 1, `early-${at}`);
      await group.clock.advance(60);
    }
    await settled(group);
    const late = await group.join();
    await settled(group);
    expect(names(group, late)).toHaveLength(60);
    await group.end();
  });
});

test.each(Array.from({ length: 12 }, (_, at) => at + 1))(
  'whatever dies or is cut off, what was acknowledged is at all managers in the end (seed %i)',
  async (seed) => {
    const random = seededRandom(seed).fork('chaos');
    const size = seed % 3 === 0 ? 5 : 3;
    const group = await ManagerGroup.of(size, {
      seed,
      changes: { snapshotEntries: 50, trailingEntries: 10 },
    });
    const acknowledged = new Set<string>();
    const refused: string[] = [];
    for (let step = 0; step < 120; step += 1) {
      const via = group.living[random.below(group.living.length)] ?? 0;
      const name = `s-${step}`;
      const made = group.manager(via).api.createService(context, newServiceSpec(spec(name, {}, 0)));
      made.then(
        () => acknowledged.add(name),
        (error: unknown) => refused.push(String(error)),
      );
      const draw = random.below(24);
      const dead = group.members.filter(({ life }) => life === undefined);
      if (draw === 0 && dead.length < Math.floor(size / 2)) {
        await group.kill(group.living[random.below(group.living.length)] ?? 0);
      } else if (draw === 1 && dead[0] !== undefined) await group.restart(dead[0].number);
      else if (draw === 2) group.isolate(random.below(size) + 1);
      else if (draw < 6) group.heal();
      await group.clock.advance(random.below(150));
    }
    group.heal();
    for (const { number, life } of group.members)
      if (life === undefined) await group.restart(number);
    await group.untilLeader();
    await group.clock.advance(30_000);
    await settled(group);
    expect(acknowledged.size).toBeGreaterThan(30);
    for (const number of group.living) {
      const there = new Set(names(group, number));
      expect([...acknowledged].filter((name) => !there.has(name))).toEqual([]);
    }
    await group.end();
  },
);
