// Sums of what members made of the log: kept for a while, however the indexes jump, and different where the outcomes were.
import { expect, test } from 'vitest';
import { nextSum, OutcomeSums } from '../../../../manager/store/outcome-sums.ts';
import type { RecordedOutcome } from '../../../../manager/store/outcome.ts';

const after = { index: 7, revision: 3, clusterMs: 1_767_225_600_000 };
const done: RecordedOutcome = { kind: 'done', revision: 3 };

test('the last few thousand are known, and nothing older, whatever indexes are left out', () => {
  const sums = new OutcomeSums();
  for (let index = 1; index <= 6000; index += 2) sums.note(index, index * 10);
  expect([sums.at(5999), sums.at(1905), sums.at(5998)]).toEqual([59_990, 19_050, undefined]);
  for (let index = 1; index <= 5999 - 4096; index += 1) expect(sums.at(index)).toBeUndefined();
  sums.note(1_000_000, 1);
  for (let index = 1; index <= 6000; index += 1) expect(sums.at(index)).toBeUndefined();
  expect(sums.at(1_000_000)).toBe(1);
});

test('members that made the same of an entry have the same sum, and no others', () => {
  const results = [{ outcome: done, repeated: false }];
  const sum = nextSum(1, after, results);
  expect(nextSum(1, { ...after }, [...results])).toBe(sum);
  const refused: RecordedOutcome = { kind: 'refused', refusal: { kind: 'term' } };
  const others = [
    nextSum(2, after, results),
    nextSum(1, { ...after, index: 8 }, results),
    nextSum(1, { ...after, revision: 4 }, results),
    nextSum(1, { ...after, clusterMs: after.clusterMs + 1 }, results),
    nextSum(1, { ...after, clusterMs: after.clusterMs + 2 ** 32 }, results),
    nextSum(1, after, [{ outcome: done, repeated: true }]),
    nextSum(1, after, [{ outcome: refused, repeated: false }]),
    nextSum(1, after, [...results, ...results]),
    nextSum(1, after, []),
  ];
  expect(new Set([sum, ...others]).size).toBe(others.length + 1);
});

test('no two reasons to refuse look the same', () => {
  const refusals = [
    { kind: 'read', table: 1, key: 'k', facet: 1 },
    { kind: 'claim', space: 's', key: 'k', owner: 'o' },
    { kind: 'exists', table: 1, key: 'k' },
    { kind: 'missing', table: 1, key: 'k' },
    { kind: 'term' },
    { kind: 'level' },
    { kind: 'invalid', message: 'm' },
  ] as const;
  const sums = refusals.map((refusal) =>
    nextSum(1, after, [{ outcome: { kind: 'refused', refusal }, repeated: false }]),
  );
  sums.push(nextSum(1, after, [{ outcome: done, repeated: false }]));
  expect(new Set(sums).size).toBe(refusals.length + 1);
});
