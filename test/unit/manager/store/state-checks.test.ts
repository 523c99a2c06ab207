// Shows that members which made the same of a log agree, snapshot or not, and that one which did not is found by the leader's next check.
import { expect, test } from 'vitest';
import { encodeBatch, newBatch, newStateCheck } from '../../../../proto/gen/changeset.ts';
import type { StateCheck } from '../../../../proto/gen/changeset.ts';
import { agrees, nextSum, StateChecks } from '../../../../manager/store/state-checks.ts';
import type { RecordedOutcome } from '../../../../manager/store/outcome.ts';
import { cutSnapshot } from '../../../../manager/store/snapshot.ts';
import { SnapshotInstaller } from '../../../../manager/store/snapshot-installer.ts';
import { createOp } from '../../../../manager/store/ops.ts';
import { newCluster, Table } from '../../../../proto/gen/objects.ts';
import { Store, type LogEntry } from '../../../../manager/store/store.ts';
import { StoreFixture } from '../../../lib/store-fixture.ts';

const fixture = new StoreFixture();
const entries = Array.from({ length: 20 }, (_, at) => {
  const ops = at === 0 ? [createOp({ kind: 'cluster', value: newCluster({ id: 'c' }) })] : [];
  const sets = [fixture.complete({ reason: `r${at}`, ops })];
  return { index: at + 1, term: 1, data: encodeBatch(newBatch({ sets })) };
});

function applied(count: number, store = new Store()): Store {
  const from = store.applied.index;
  for (const entry of entries.slice(from, count)) store.apply(entry);
  return store;
}

function checkFrom(
  leader: Store,
  index: number,
): { index: number; term: number; data: Uint8Array } {
  return { index, term: 1, data: encodeBatch(newBatch({ check: leader.check })) };
}

/** True when the store has something else than the check says. */
function differs(store: Store, check: LogEntry): boolean {
  const { compared } = store.apply(check);
  return compared !== undefined && !agrees(compared.own, compared.leader);
}

test('members that applied the same agree, also from a snapshot on', () => {
  const leader = applied(20);
  const behind = new Store();
  const cut = cutSnapshot(applied(10));
  const installer = new SnapshotInstaller();
  while (!cut.isDone) installer.feed(cut.encodeSlice(10));
  while (installer.step(100));
  behind.replace(installer.finish());
  applied(20, behind);
  expect(behind.check).toEqual(leader.check);
  const { compared } = behind.apply(checkFrom(leader, 21));
  expect(compared?.own).toEqual(compared?.leader);
  expect(compared?.own.index).toBe(20);
});

test('a member that made something else of one entry is found', () => {
  const leader = applied(20);
  const other = applied(9);
  other.apply({ index: 10, term: 1, data: new Uint8Array() });
  applied(20, other);
  expect(differs(other, checkFrom(leader, 21))).toBe(true);
});

test('one row that differs in what no set has said is found', () => {
  const leader = applied(20);
  const other = applied(20);
  const before = other.view.cluster();
  if (before === undefined) throw new Error('the fixture makes a cluster');
  const after = { ...before, createdAtMs: before.createdAtMs + 1 };
  other.state.commitRow({ table: Table.clusters, key: before.id, before, after, facets: [] });
  // What it makes of the entry that comes next shows it.
  const next = { index: 21, term: 1, data: new Uint8Array() };
  for (const store of [leader, other]) store.apply(next);
  expect(other.check.sum).toBe(leader.check.sum);
  expect(differs(other, checkFrom(leader, 22))).toBe(true);
});

test('a member that says nothing of the content of its rows is compared by outcomes only', () => {
  const one = newStateCheck({ index: 1, sum: 5, content: 6 });
  expect(agrees(one, { ...one, content: 0 })).toBe(true);
  expect(agrees(one, { ...one, content: 7 })).toBe(false);
  expect(agrees({ ...one, content: 0 }, { ...one, sum: 4 })).toBe(false);
});

test('a check of an entry that is not known any more says nothing', () => {
  const leader = applied(3);
  const late = new Store();
  late.state.applied = { index: 3, term: 1 };
  expect(late.apply(checkFrom(leader, 4)).compared).toBeUndefined();
});

const after = { index: 7, revision: 3, clusterMs: 1_767_225_600_000 };
const done: RecordedOutcome = { kind: 'done', revision: 3 };

test('the last few thousand are known, and nothing older, whatever indexes are left out', () => {
  const sums = new StateChecks();
  const check = (index: number): StateCheck => newStateCheck({ index, sum: index * 10 });
  for (let index = 1; index <= 6000; index += 2) sums.note(check(index));
  expect([5999, 1905, 5998].map((index) => sums.at(index)?.sum)).toEqual([
    59_990,
    19_050,
    undefined,
  ]);
  for (let index = 1; index <= 5999 - 4096; index += 1) expect(sums.at(index)).toBeUndefined();
  sums.note(check(1_000_000));
  for (let index = 1; index <= 6000; index += 1) expect(sums.at(index)).toBeUndefined();
  expect(sums.at(1_000_000)).toEqual(check(1_000_000));
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
