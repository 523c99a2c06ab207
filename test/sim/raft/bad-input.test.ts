/**
 * What should never have come, in the middle of the life of a group: of the past, for others, from oneself, from strangers,
 * with absurd numbers, from terms to come. All invariants hold, and the group comes to rest. And what only a liar says, which no
 * member can tell from the truth: then nothing but the named invariants is thrown.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../common/pure/random.ts';
import { RaftInvariantError } from '../../../manager/raft/invariant.ts';
import { silentTrace } from '../../../manager/raft/trace.ts';
import { refusals } from '../../../manager/raft/outcome.ts';
import { anyMessage } from '../../lib/raft/any-message.ts';
import type { ScriptMember } from '../../lib/raft/script-member.ts';
import { Chooser } from './choose.ts';
import { NoiseSource, type NoiseKind } from './noise.ts';
import { World } from './run.ts';
import { drawSetup } from './setup.ts';

const seeds = 250;

function worldOf(seed: number): { readonly world: World; readonly chooser: Chooser } {
  const random = seededRandom(seed);
  const world = new World(drawSetup(random.fork('setup'), silentTrace));
  return { world, chooser: new Chooser(random.fork('actions'), world.setup, world.group) };
}

describe('a group that hears what should never have come', () => {
  test('keeps its invariants, refuses what says nothing, and comes to rest', () => {
    const heard = new Map<NoiseKind, number>();
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { world, chooser } = worldOf(seed);
      const noise = new NoiseSource(seededRandom(seed).fork('noise'), world.group);
      for (let step = 0; step < 600; step += 1) {
        world.do(chooser.next());
        if (step % 4 !== 0) continue;
        noise.listen();
        const one = noise.next();
        if (one === undefined) continue;
        const { node } = world.group.member(one.to);
        const isStranger = !node.status().config.voters.incoming.has(one.message.from);
        const outcome = node.step(one.message);
        world.watch.check(one.to);
        heard.set(one.kind, (heard.get(one.kind) ?? 0) + 1);
        if (one.refused === undefined || (isStranger && outcome === refusals.unknownPeer)) continue;
        expect(outcome, `seed ${seed}, step ${step}, ${one.kind}`).toBe(one.refused);
      }
      world.heal();
    }
    expect([...heard.values()].every((count) => count > 1000)).toBe(true);
    expect(heard.size).toBe(6);
  });
});

/** State that an execution of Raft cannot reach, and a liar can: the member ends. */
const endings: readonly string[] = ['no leader contradicts a committed entry'].map(
  (what) => `raft invariant broken: ${what}`,
);

function work(member: ScriptMember, world: World): void {
  for (let turn = 0; turn < 10 && member.node.hasReady; turn += 1) {
    world.group.ready(member.id);
    world.group.append(member.id);
    world.group.apply(member.id);
  }
}

function expectValid(member: ScriptMember, before: { term: number; commit: number }): void {
  const { hardState, lastIndex } = member.node.status();
  const { log } = member.node.explored.core;
  expect(hardState.term).toBeGreaterThanOrEqual(before.term);
  expect(hardState.commit).toBeGreaterThanOrEqual(before.commit);
  expect([log.applied, log.applying, log.committed, lastIndex]).toEqual(
    [log.applied, log.applying, log.committed, lastIndex].toSorted((a, b) => a - b),
  );
}

describe('a member in the middle of the life of a group, that hears whatever a message can say', () => {
  test('takes it or says why not, and its state stays one that can be', () => {
    const lives = fc.record({
      seed: fc.integer({ min: 1, max: 1000 }),
      steps: fc.integer({ min: 0, max: 300 }),
      who: fc.nat(),
      lies: fc.array(fc.tuple(anyMessage(1), fc.integer({ min: -1, max: 1 })), { maxLength: 10 }),
    });
    fc.assert(
      fc.property(lives, ({ seed, steps, who, lies }) => {
        const { world, chooser } = worldOf(seed);
        for (let step = 0; step < steps; step += 1) world.do(chooser.next());
        const member = world.group.member(1 + (who % world.group.members.length));
        try {
          for (const [lie, offset] of lies) {
            const before = member.node.status().hardState;
            // Near its own term, so that more than the term is looked at.
            const isNear = Number.isSafeInteger(lie.term) && lie.term > 0;
            const term = isNear ? Math.max(0, before.term + offset) : lie.term;
            member.node.step({ ...lie, to: member.id, term });
            work(member, world);
            expectValid(member, before);
          }
          for (let tick = 0; tick < 10; tick += 1) {
            member.node.tick();
            work(member, world);
          }
        } catch (error) {
          if (!(error instanceof RaftInvariantError)) throw error;
          expect(endings).toContain(error.message);
        }
      }),
      { numRuns: 600 },
    );
  });
});
