import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { message } from '../../../../../manager/raft/message.ts';
import { groupOf } from '../../../../lib/raft/network.ts';

/** Often the bytes of a change, of members that are there or not. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc
    .tuple(
      fc.nat(3),
      fc.array(fc.tuple(fc.nat(4), fc.nat(5)), { maxLength: 3 }),
      fc.option(fc.nat(255), { nil: undefined }),
    )
    .map(([transition, changes, more]) =>
      Uint8Array.of(
        transition,
        ...changes.flatMap(([type, id]) => [type, id, 0, 0, 0, 0, 0]),
        ...(more === undefined ? [] : [more]),
      ),
    ),
);

const proposals = fc.array(
  fc.record({ type: fc.constantFrom('EntryConfChange', 'EntryConfChangeV2'), data: bytes }),
  { maxLength: 12 },
);

describe('whatever bytes are proposed as a change of the configuration', () => {
  it.each([false, true])(
    'all members that have applied them have the same configuration (validation off: %s)',
    (disableConfChangeValidation) => {
      fc.assert(
        fc.property(proposals, (proposed) => {
          const group = groupOf(3, { disableConfChangeValidation });
          group.elect(1);
          for (const { type, data } of proposed) {
            const entries = [{ type, term: 0, index: 0, data }] as const;
            group.member(1).node.step(message({ type: 'MsgProp', from: 2, to: 1, entries }));
            group.deliver();
          }
          const byApplied = new Map<number, unknown>();
          for (const { node } of group.members.values()) {
            const { applied, config } = node.status();
            const known = byApplied.get(applied) ?? config;
            expect(config).toEqual(known);
            expect(config.voters.incoming.size).toBeGreaterThan(0);
            byApplied.set(applied, known);
          }
        }),
        { numRuns: 80 },
      );
    },
  );
});
