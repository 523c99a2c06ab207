// Shows that members which made the same of a log agree, snapshot or not, and that one which did not is found by the leader's next check.
import { expect, test } from 'vitest';
import { encodeBatch, newBatch } from '../../../../proto/gen/changeset.ts';
import { cutSnapshot } from '../../../../manager/store/snapshot.ts';
import { SnapshotInstaller } from '../../../../manager/store/snapshot-installer.ts';
import { Store } from '../../../../manager/store/store.ts';
import { StoreFixture } from '../../../lib/store-fixture.ts';

const fixture = new StoreFixture();
const entries = Array.from({ length: 20 }, (_, at) => ({
  index: at + 1,
  term: 1,
  data: encodeBatch(newBatch({ sets: [fixture.complete({ reason: `r${at}` })] })),
}));

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
  expect(behind.apply(checkFrom(leader, 21)).results).toEqual([]);
});

test('a member that made something else of one entry is found, and told what to do', () => {
  const leader = applied(20);
  const other = applied(9);
  other.apply({ index: 10, term: 1, data: new Uint8Array() });
  applied(20, other);
  expect(() => other.apply(checkFrom(leader, 21))).toThrow(/leave the swarm with --force/);
});

test('a check of an entry that is not known any more says nothing', () => {
  const leader = applied(3);
  const late = new Store();
  late.state.applied = { index: 3, term: 1 };
  expect(late.apply(checkFrom(leader, 4)).results).toEqual([]);
});
