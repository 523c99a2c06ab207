// Shows that each field of each row counts in the sum over the content of a store, that what is equal counts alike however it was written
// and that what nobody has set counts nothing.
import { expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { newTaskAddress, newTaskStatus, Table } from '../../../../proto/gen/objects.ts';
import { newPortConfig, newServiceSpec } from '../../../../proto/gen/specs.ts';
import { contentSum, idSum } from '../../../../manager/store/content-sum.ts';
import { claimSum } from '../../../../manager/store/claim-table.ts';
import { rowSumChange } from '../../../../manager/store/row-sum.ts';
import { revisionSum } from '../../../../manager/store/spec-revisions.ts';
import type { SpecRevisionRow, TaskRow } from '../../../../manager/store/rows.ts';
import { noTask } from '../../../../manager/store/task-row.ts';

const revision: SpecRevisionRow = {
  serviceId: asId<'service'>('s'),
  version: 5,
  spec: newServiceSpec({ name: 'web' }),
  writtenAtMs: 7,
};
const task: TaskRow = { ...noTask, id: asId<'task'>('t'), slot: 3 };

function changeSum(before: TaskRow | undefined, after: TaskRow | undefined): number {
  return rowSumChange({ table: Table.tasks, key: 't', before, after, facets: [] });
}

/** Something else than what a field holds. */
function another(name: keyof TaskRow, value: unknown): unknown {
  if (name === 'revision') return revision;
  if (name === 'addresses') return [newTaskAddress({ networkId: 'n', address: '10.0.0.1/24' })];
  if (name === 'ports') return [newPortConfig({ targetPort: 80 })];
  if (name === 'unknown') return { row: Uint8Array.of(1) };
  if (typeof value === 'number') return value + 2 ** 40;
  return typeof value === 'string' ? `${value}x` : true;
}

test('each field of a task counts, and each in its own place', () => {
  const names = Object.keys(task).filter((name) => name !== 'id') as (keyof TaskRow)[];
  const sums = names.map((name) => {
    const next = { ...task, [name]: another(name, task[name]) };
    const sum = changeSum(task, next);
    // The way there, all at once, and back come to the same.
    expect((changeSum(undefined, task) + sum) | 0).toBe(changeSum(undefined, next));
    expect((sum + changeSum(next, task)) | 0).toBe(0);
    return sum;
  });
  expect(names.length).toBeGreaterThan(30);
  expect(new Set([0, ...sums]).size).toBe(names.length + 1);
});

test('that a task is there counts, and which one it is', () => {
  const other = { ...task, id: asId<'task'>('u') };
  const sums = [
    changeSum(undefined, noTask),
    changeSum(undefined, task),
    changeSum(undefined, other),
  ];
  expect(new Set([0, ...sums]).size).toBe(4);
});

test('ids that are drawn by chance are told apart by their end, short ones by all of it', () => {
  expect(idSum('a2345')).not.toBe(idSum('b2345'));
  expect(idSum('aaaaaaaaaaaaaaaaaaaaaaaa1')).not.toBe(idSum('aaaaaaaaaaaaaaaaaaaaaaaa2'));
});

test('a row of another table counts by all that it holds', () => {
  const node = {
    id: asId<'node'>('n'),
    createdAtMs: 1,
    updatedAtMs: 2,
    spec: revision.spec,
    labels: new Map([['a', 'b']]),
  };
  const sums = [
    node,
    { ...node, createdAtMs: 2 },
    { ...node, labels: new Map([['a', 'c']]) },
    { ...node, labels: new Map([['b', 'a']]) },
    { ...node, spec: newServiceSpec({ name: 'other' }) },
  ].map(contentSum);
  expect(new Set(sums).size).toBe(sums.length);
});

test('what is equal counts alike, in whatever order it was written', () => {
  expect(contentSum({ a: 1, b: ['x', 'y'] })).toBe(contentSum({ b: ['x', 'y'], a: 1 }));
  expect(contentSum({ b: ['y', 'x'] })).not.toBe(contentSum({ b: ['x', 'y'] }));
  expect(
    contentSum(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ),
  ).toBe(
    contentSum(
      new Map([
        ['b', 2],
        ['a', 1],
      ]),
    ),
  );
  expect(contentSum(0.1)).not.toBe(contentSum(0.2));
  expect(contentSum(2 ** 40)).not.toBe(contentSum(2 ** 41));
});

test('what nobody has set counts nothing, but that a message is there does', () => {
  const unset = [undefined, 0, '', false, [], new Uint8Array(), new Map()];
  expect(unset.map(contentSum)).toEqual(unset.map(() => 0));
  const status = newTaskStatus({ message: 'm' });
  expect(contentSum({ ...status, laterField: 0 })).toBe(contentSum(status));
  expect(contentSum({})).not.toBe(0);
  expect(contentSum({ a: {} })).not.toBe(contentSum({}));
});

test('revisions of a spec and claims count by all that they say', () => {
  const revisions = [
    revision,
    { ...revision, version: 6 },
    { ...revision, writtenAtMs: 8 },
    { ...revision, serviceId: asId<'service'>('r') },
    { ...revision, spec: newServiceSpec({ name: 'db' }) },
  ].map(revisionSum);
  expect(new Set(revisions).size).toBe(revisions.length);
  const claim = { space: 's', key: 'k', owner: 'o' };
  const claims = [
    claim,
    { ...claim, space: 't' },
    { ...claim, key: 'l' },
    { ...claim, owner: 'p' },
  ];
  expect(new Set(claims.map(claimSum)).size).toBe(claims.length);
});
