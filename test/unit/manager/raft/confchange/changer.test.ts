import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  ChangeType,
  ConfChange,
  SingleChange,
} from '../../../../../manager/raft/confchange/change.ts';
import {
  applyConfChange,
  enterJoint,
  leaveJointConfig,
  simpleChange,
  type ChangeBase,
  type ChangeResult,
} from '../../../../../manager/raft/confchange/changer.ts';
import { restoreConfig } from '../../../../../manager/raft/confchange/restore.ts';
import { sortedIds } from '../../../../../manager/raft/member.ts';
import { votedByBoth, voterIds } from '../../../../../manager/raft/quorum/joint.ts';
import type { ConfState } from '../../../../../manager/raft/snapshot.ts';
import {
  confStateOf,
  emptyConfig,
  type Config,
} from '../../../../../manager/raft/tracker/config.ts';
import { confState } from '../../../../lib/raft/network.ts';

const limits = { messagesMax: 10, bytesMax: Infinity };
const from = { lastIndex: 10, limits };

function restored(state: ConfState): ChangeResult {
  return restoreConfig(state, from);
}

function baseOf(state: ConfState): ChangeBase {
  const result = restored(state);
  if (!result.ok) throw new Error(result.reason);
  return { ...from, ...result };
}

const changeTypes: readonly ChangeType[] = [
  'ConfChangeAddNode',
  'ConfChangeAddLearnerNode',
  'ConfChangeRemoveNode',
  'ConfChangeUpdateNode',
];

const single = fc.record({
  type: fc.constantFrom(...changeTypes),
  nodeId: fc.integer({ min: 0, max: 6 }),
});

const change: fc.Arbitrary<ConfChange> = fc.record({
  transition: fc.constantFrom(
    'ConfChangeTransitionAuto',
    'ConfChangeTransitionJointImplicit',
    'ConfChangeTransitionJointExplicit',
  ),
  changes: fc.array(single, { maxLength: 4 }),
});

/** Configurations as they come about: by changes from one voter on. */
const configs = fc.array(change, { maxLength: 8 }).map((changes) => {
  let base = baseOf(confState([1]));
  for (const one of changes) {
    const result = applyConfChange(base, one);
    if (result.ok) base = { ...base, ...result };
  }
  return base;
});

/** What becomes of one member, each kind by itself: a plain list instead of sets that depend on one another. */
function votersNaively(
  before: readonly number[],
  changes: readonly SingleChange[],
): readonly number[] {
  let voters = [...before];
  for (const { type, nodeId } of changes) {
    if (nodeId === 0 || type === 'ConfChangeUpdateNode') continue;
    voters = voters.filter((id) => id !== nodeId);
    if (type === 'ConfChangeAddNode') voters.push(nodeId);
  }
  return voters.sort((a, b) => a - b);
}

function majorities(config: Config): readonly ReadonlySet<number>[] {
  const ids = [1, 2, 3, 4, 5, 6];
  const found: ReadonlySet<number>[] = [];
  for (let mask = 0; mask < 64; mask += 1) {
    const chosen = new Set(ids.filter((_, bit) => (mask & (1 << bit)) !== 0));
    const votes = new Map(ids.map((id) => [id, chosen.has(id)]));
    if (votedByBoth(config.voters, votes) === 'VoteWon') found.push(chosen);
  }
  return found;
}

describe('changes of a configuration', () => {
  it('touch nothing that was given, whether they succeed or not', () => {
    fc.assert(
      fc.property(configs, change, (base, one) => {
        const before = confStateOf(base.config);
        const members = [...base.progress.entries()].map(([id, { isLearner }]) => [id, isLearner]);
        applyConfChange(base, one);
        expect(confStateOf(base.config)).toEqual(before);
        expect([...base.progress.entries()].map(([id, { isLearner }]) => [id, isLearner])).toEqual(
          members,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('never throw, and always leave a voter', () => {
    fc.assert(
      fc.property(configs, change, (base, one) => {
        const result = applyConfChange(base, one);
        if (result.ok) expect(result.config.voters.incoming.size).toBeGreaterThan(0);
        else expect(result.reason).not.toBe('');
      }),
      { numRuns: 50 },
    );
  });

  it('give the voters that a plain list gives', () => {
    fc.assert(
      fc.property(configs, fc.array(single, { maxLength: 5 }), (base, changes) => {
        const joint = enterJoint(base, changes, false);
        const plain = votersNaively([...base.config.voters.incoming], changes);
        if (joint.ok) {
          expect(confStateOf(joint.config).voters).toEqual(plain);
          expect(joint.config.voters.outgoing).toEqual(base.config.voters.incoming);
        } else if (base.config.voters.outgoing.size === 0) {
          expect(plain).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keep a member in common to any majority before and any majority after (thesis, §4.1)', () => {
    fc.assert(
      fc.property(configs, change, (base, one) => {
        const result = applyConfChange(base, one);
        if (!result.ok) return;
        const after = majorities(result.config);
        for (const before of majorities(base.config)) {
          for (const other of after) expect(before.isDisjointFrom(other)).toBe(false);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('made twice are made once', () => {
    fc.assert(
      fc.property(configs, single, (base, one) => {
        const once = simpleChange(base, [one]);
        if (!once.ok) return;
        const twice = simpleChange({ ...base, ...once }, [one]);
        expect(twice.ok && confStateOf(twice.config)).toEqual(confStateOf(once.config));
      }),
      { numRuns: 50 },
    );
  });

  it('a joint configuration that is left has the incoming voters, and the learners to be', () => {
    fc.assert(
      fc.property(configs, fc.array(single, { maxLength: 5 }), (base, changes) => {
        const joint = enterJoint(base, changes, true);
        if (!joint.ok) return;
        const { voters, learners, learnersNext } = joint.config;
        const left = leaveJointConfig({ ...base, ...joint });
        expect(left.ok && left.config).toEqual({
          voters: { incoming: voters.incoming, outgoing: new Set() },
          learners: learners.union(learnersNext),
          learnersNext: new Set(),
          autoLeave: false,
        });
        expect(left.ok && sortedIds(left.progress.keys())).toEqual(
          sortedIds(voters.incoming.union(learners).union(learnersNext)),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('what a member is known to have survives its change of part', () => {
    const base = baseOf(confState([1, 2]));
    const progress = base.progress.get(2);
    if (progress !== undefined) progress.match = 7;
    const demoted = simpleChange(base, [{ type: 'ConfChangeAddLearnerNode', nodeId: 2 }]);
    expect(demoted.ok && demoted.progress.get(2)).toMatchObject({ match: 7, isLearner: true });
  });

  it('a new member counts as heard, so that no leader steps down for it', () => {
    const added = simpleChange(baseOf(confState([1])), [{ type: 'ConfChangeAddNode', nodeId: 2 }]);
    expect(added.ok && added.progress.get(2)).toMatchObject({
      match: 0,
      next: 10,
      recentActive: true,
    });
  });
});

describe('a stored configuration', () => {
  it('is restored as it was stored, whatever changes made it', () => {
    fc.assert(
      fc.property(configs, ({ config, progress }) => {
        const stored = confStateOf(config);
        const result = restored(stored);
        expect(result.ok && confStateOf(result.config)).toEqual(stored);
        expect(result.ok && sortedIds(result.progress.keys())).toEqual(sortedIds(progress.keys()));
      }),
      { numRuns: 50 },
    );
  });

  it('may be stored in any order', () => {
    const result = restored(confState([3, 1, 2], { votersOutgoing: [2, 1], autoLeave: true }));
    expect(result.ok && voterIds(result.config.voters)).toEqual([1, 2, 3]);
  });

  it('of nobody is the empty one', () => {
    const result = restored(confState([]));
    expect(result.ok && result.config).toEqual(emptyConfig);
  });

  it.each([
    ['a voter that is a learner too', confState([1, 2], { learners: [2] })],
    ['the same voter twice', confState([1, 1])],
    ['nobody as a voter', confState([1, 0])],
    ['learners alone', confState([], { learners: [1] })],
    ['an outgoing half alone', confState([], { votersOutgoing: [1] })],
    ['learners to be where nothing is joint', confState([1], { learnersNext: [2] })],
    [
      'learners to be that are no outgoing voters',
      confState([1], { votersOutgoing: [1], learnersNext: [2] }),
    ],
    [
      'an outgoing voter that is a learner',
      confState([1], { votersOutgoing: [1, 2], learners: [2] }),
    ],
    ['a joint configuration to be left where none is', confState([1], { autoLeave: true })],
  ])('with %s is refused', (_what, state) => {
    expect(restored(state).ok).toBe(false);
  });

  it('of any lists whatever is restored exactly, or refused', () => {
    const ids = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    const states = fc.record({
      voters: ids,
      learners: ids,
      votersOutgoing: ids,
      learnersNext: ids,
      autoLeave: fc.boolean(),
    });
    fc.assert(
      fc.property(states, (state) => {
        const result = restored(state);
        if (!result.ok) return;
        expect(confStateOf(result.config)).toEqual({
          voters: sortedIds(state.voters),
          learners: sortedIds(state.learners),
          votersOutgoing: sortedIds(state.votersOutgoing),
          learnersNext: sortedIds(state.learnersNext),
          autoLeave: state.autoLeave,
        });
      }),
      { numRuns: 50 },
    );
  });
});
