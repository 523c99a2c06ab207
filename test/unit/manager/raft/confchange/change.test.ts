import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeConfChange,
  encodeConfChange,
  jointEntry,
  leaveJoint,
  type ConfChange,
} from '../../../../../manager/raft/confchange/change.ts';
import { RaftInvariantError } from '../../../../../manager/raft/invariant.ts';
import { memberIdMax } from '../../../../../manager/raft/member.ts';

const changes: fc.Arbitrary<ConfChange> = fc.record({
  transition: fc.constantFrom(
    'ConfChangeTransitionAuto',
    'ConfChangeTransitionJointImplicit',
    'ConfChangeTransitionJointExplicit',
  ),
  changes: fc.array(
    fc.record({
      type: fc.constantFrom(
        'ConfChangeAddNode',
        'ConfChangeRemoveNode',
        'ConfChangeUpdateNode',
        'ConfChangeAddLearnerNode',
      ),
      nodeId: fc.oneof(fc.integer({ min: 0, max: memberIdMax }), fc.constantFrom(0, memberIdMax)),
    }),
    { maxLength: 6 },
  ),
});

describe('changes of the configuration as bytes', () => {
  it('come back as what they were', () => {
    fc.assert(
      fc.property(changes, (change) => {
        expect(decodeConfChange(encodeConfChange('EntryConfChangeV2', change))).toEqual(change);
      }),
    );
  });

  it('in the first form exactly one change without transition comes back, and nothing else', () => {
    fc.assert(
      fc.property(changes, (change) => {
        const isSingle =
          change.changes.length === 1 && change.transition === 'ConfChangeTransitionAuto';
        const decoded = decodeConfChange(encodeConfChange('EntryConfChange', change));
        expect(decoded).toEqual(isSingle ? change : undefined);
      }),
    );
  });

  it('any bytes are a change or none, and a change has only one writing', () => {
    const types = fc.constantFrom('EntryNormal', 'EntryConfChange', 'EntryConfChangeV2');
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .tuple(
          fc.integer({ min: 0, max: 3 }),
          fc.integer({ min: 0, max: 4 }),
          fc.uint8Array({ minLength: 6, maxLength: 6 }),
        )
        .map(([transition, type, id]) => Uint8Array.of(transition, type, ...id)),
    );
    fc.assert(
      fc.property(types, data, (type, bytes) => {
        const change = decodeConfChange({ type, data: bytes });
        if (change === undefined) return;
        const isLeaving = bytes.length === 1 && bytes[0] === 0;
        if (!isLeaving) expect(encodeConfChange(type, change).data).toEqual(bytes);
      }),
    );
  });

  it('leaving a joint configuration is the second form without bytes', () => {
    expect(encodeConfChange('EntryConfChangeV2', leaveJoint).data).toHaveLength(0);
    expect(decodeConfChange({ type: 'EntryConfChangeV2', data: new Uint8Array(0) })).toEqual(
      leaveJoint,
    );
    expect(decodeConfChange({ type: 'EntryConfChange', data: new Uint8Array(0) })).toBeUndefined();
  });

  it.each([-1, 0.5, NaN, memberIdMax + 1])(
    'an id that no member has is not cut to one: %d',
    (id) => {
      const change: ConfChange = {
        transition: 'ConfChangeTransitionAuto',
        changes: [{ type: 'ConfChangeAddNode', nodeId: id }],
      };
      expect(() => encodeConfChange('EntryConfChangeV2', change)).toThrow(RaftInvariantError);
    },
  );

  it.each([
    ['ConfChangeTransitionAuto', 0, undefined],
    ['ConfChangeTransitionAuto', 1, undefined],
    ['ConfChangeTransitionAuto', 2, { autoLeave: true }],
    ['ConfChangeTransitionJointImplicit', 1, { autoLeave: true }],
    ['ConfChangeTransitionJointExplicit', 1, { autoLeave: false }],
    ['ConfChangeTransitionJointExplicit', 2, { autoLeave: false }],
  ] as const)('%s of %d is joint: %o', (transition, count, joint) => {
    const one = { type: 'ConfChangeAddNode', nodeId: 1 } as const;
    expect(jointEntry({ transition, changes: Array(count).fill(one) })).toEqual(joint);
  });
});
