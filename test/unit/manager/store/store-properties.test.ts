// What holds after any sequence of sets: the same state on every member, indexes that agree with the tables, claims that are
// never given out twice, snapshots that lose nothing, and a pending view that foretells the store.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import type { ChangeSet } from '../../../../proto/gen/changeset.ts';
import { TaskState } from '../../../../proto/gen/objects.ts';
import type { Table } from '../../../../proto/gen/objects.ts';
import type { StoreEvent } from '../../../../manager/store/events.ts';
import { PendingView } from '../../../../manager/store/pending-view.ts';
import { rowOf } from '../../../../manager/store/row-access.ts';
import type { TaskRow } from '../../../../manager/store/rows.ts';
import { SnapshotInstaller } from '../../../../manager/store/snapshot-installer.ts';
import { cutSnapshot, stateHash } from '../../../../manager/store/snapshot.ts';
import { Store } from '../../../../manager/store/store.ts';
import type { StoreView } from '../../../../manager/store/view.ts';
import { StoreFixture } from '../../../lib/store-fixture.ts';
import { anyEntries, anySet } from '../../../lib/store-sets.ts';

const runs = { numRuns: 150 };
const serviceIds = ['s1', 's2', 's3'].map((id) => asId<'service'>(id));
const nodeIds = ['n1', 'n2', 'n3'].map((id) => asId<'node'>(id));

function filled(entries: readonly Partial<ChangeSet>[][]): StoreFixture {
  const fixture = new StoreFixture();
  for (const sets of entries) {
    fixture.wallMs += 7;
    fixture.applyAll(sets);
  }
  return fixture;
}

function restored(store: Store, sliceRows: number): Store {
  const cut = cutSnapshot(store);
  const installer = new SnapshotInstaller();
  while (!cut.isDone) {
    installer.feed(cut.encodeSlice(sliceRows));
    while (installer.step(sliceRows));
  }
  const other = new Store();
  other.replace(installer.finish());
  return other;
}

/** A snapshot of `store` as it is now, each slice of which is encoded only after one more entry of `later` was applied. */
function restoredDuring(fixture: StoreFixture, later: readonly Partial<ChangeSet>[][]): Store {
  const cut = cutSnapshot(fixture.store);
  const installer = new SnapshotInstaller();
  const rest = [...later];
  while (!cut.isDone) {
    fixture.wallMs += 7;
    const sets = rest.shift();
    if (sets !== undefined) fixture.applyAll(sets);
    installer.feed(cut.encodeSlice(1));
    while (installer.step(1));
  }
  const other = new Store();
  other.replace(installer.finish());
  return other;
}

const buckets = ['services', 'nodes', 'service/s1', 'node/n1', 'network/w1'];

/** Everything that a view shows but buckets, as plain data. */
function dump(view: StoreView): unknown {
  const services = serviceIds.map((id) => ({
    tasks: view.tasksOfService(id),
    slots: [1, 2, 3].map((slot) => view.tasksOfSlot(id, slot)),
    revision: view.specRevision(id, view.service(id)?.current.version ?? 0),
  }));
  return {
    clusterMs: view.clusterMs,
    level: view.level,
    cluster: view.cluster(),
    rows: [view.nodes(), view.services(), view.networks(), [...view.tasks()]],
    byName: ['s1-WEB', 's1-db', 'S2-web', 's3-web'].map((name) => view.serviceByName(name)?.id),
    services,
    nodes: nodeIds.map((id) => view.tasksOfNode(id)),
    states: Object.values(TaskState).map((state) => [...view.tasksByDesiredState(state)]),
    withTasks: [...view.servicesWithTasks()],
    claims: ['a', 'b'].map((owner) =>
      view.claimsOf(owner).map(({ space, key }) => `${space} ${key}`),
    ),
    counts: ['port/tcp', 'vni'].map((space) => view.claimCount(space)),
  };
}

function ids(rows: Iterable<TaskRow>): string[] {
  return [...rows].map((row) => row.id);
}

function sortedIds(rows: readonly TaskRow[], matches: (row: TaskRow) => boolean): string[] {
  return rows
    .filter(matches)
    .map((row) => row.id)
    .toSorted();
}

describe('any sequence of sets', () => {
  it('gives every member the same state and the same outcomes', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const one = new StoreFixture();
        const two = new StoreFixture();
        for (const sets of entries) expect(one.applyAll(sets)).toEqual(two.applyAll(sets));
        expect(stateHash(one.store)).toBe(stateHash(two.store));
        expect(one.store.check).toEqual(two.store.check);
      }),
      runs,
    );
  });

  it('leaves indexes that agree with the tables', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const { view } = filled(entries);
        const tasks = [...view.tasks()];
        for (const id of serviceIds) {
          expect(ids(view.tasksOfService(id))).toEqual(sortedIds(tasks, (t) => t.serviceId === id));
          const inSlot = sortedIds(tasks, (t) => t.serviceId === id && t.slot === 2);
          expect(ids(view.tasksOfSlot(id, 2))).toEqual(inSlot);
        }
        for (const id of nodeIds) {
          expect(ids(view.tasksOfNode(id))).toEqual(sortedIds(tasks, (t) => t.nodeId === id));
        }
        for (const state of Object.values(TaskState)) {
          const inState = sortedIds(tasks, (t) => t.desiredState === state);
          expect(ids(view.tasksByDesiredState(state))).toEqual(inState);
        }
        for (const task of tasks) {
          expect(view.task(task.id)).toBe(task);
          const { serviceId, version } = task.revision;
          expect(view.specRevision(serviceId, version)).toBe(task.revision);
        }
      }),
      runs,
    );
  });

  it('never gives one key to two owners', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const { view } = filled(entries);
        const held = ['a', 'b'].flatMap((owner) =>
          view.claimsOf(owner).map(({ space, key }) => {
            expect(view.claimOwner(space, key)).toBe(owner);
            return `${space} ${key}`;
          }),
        );
        expect(new Set(held).size).toBe(held.length);
        expect(view.claimCount('vni') + view.claimCount('port/tcp')).toBe(held.length);
      }),
      runs,
    );
  });

  it('is whole after a snapshot, and goes on alike', () => {
    fc.assert(
      fc.property(anyEntries, anyEntries, fc.integer({ min: 1, max: 20 }), (first, more, slice) => {
        const fixture = filled(first);
        const other = restored(fixture.store, slice);
        // Kept as rows change, it is what it would be if all were written at once.
        expect(other.check).toEqual(fixture.store.check);
        expect(dump(other.view)).toEqual(dump(fixture.view));
        for (const name of buckets) {
          expect(other.view.bucketVersion(name)).toBe(fixture.view.bucketVersion(name));
        }
        expect(stateHash(other)).toBe(stateHash(fixture.store));
        expect(other.view.revision).toBe(fixture.view.revision);
        expect(other.applied).toEqual(fixture.store.applied);
        for (const sets of more) {
          const data = fixture.encode(sets);
          const index = fixture.store.applied.index + 1;
          const results = fixture.applyBytes(data);
          expect(other.apply({ index, term: fixture.term, data }).results).toEqual(results);
        }
        expect(stateHash(other)).toBe(stateHash(fixture.store));
      }),
      runs,
    );
  });

  it('is in a snapshot as it was at its cut, whatever is applied meanwhile', () => {
    fc.assert(
      fc.property(anyEntries, anyEntries, (entries, later) => {
        const fixture = filled(entries);
        const applied = { ...fixture.store.applied };
        const [hash, before] = [stateHash(fixture.store), structuredClone(dump(fixture.view))];
        const other = restoredDuring(fixture, later);
        expect(other.applied).toEqual(applied);
        expect(stateHash(other)).toBe(hash);
        expect(dump(other.view)).toEqual(before);
      }),
      runs,
    );
  });

  it('is told to a watcher event by event, from any revision', () => {
    fc.assert(
      fc.property(anyEntries, fc.nat(60), (entries, from) => {
        const fixture = new StoreFixture();
        const all: StoreEvent[] = [];
        const watcher = fixture.store.watch(undefined, () => undefined);
        for (const sets of entries) {
          fixture.applyAll(sets);
          const take = watcher.take();
          if (take.kind === 'events') all.push(...take.events);
        }
        const start = Math.min(from, fixture.view.revision);
        const late = fixture.store.watch(start, () => undefined).take();
        const missed = all.filter((event) => event.revision > start);
        expect(late.kind === 'events' ? late.events : []).toEqual(missed);
        const rows = new Map<string, object | undefined>();
        for (const { table, key, before, after } of all) {
          expect(rows.get(`${table}/${key}`)).toBe(before);
          rows.set(`${table}/${key}`, after);
        }
        for (const [name, row] of rows) {
          const [table, key = ''] = name.split('/');
          expect(rowOf(fixture.view, Number(table) as Table, key)).toBe(row);
        }
      }),
      runs,
    );
  });
});

describe('the pending view', () => {
  it('shows what the store shows once the sets are applied', () => {
    fc.assert(
      fc.property(anyEntries, fc.array(anySet, { maxLength: 12 }), (entries, sets) => {
        const fixture = filled(entries);
        const pending = new PendingView(fixture.store);
        // Without reads: they may rely on a bucket that the store forgets in between.
        const inFlight = sets
          .map((set) => fixture.complete({ ...set, term: 0, reads: [] }))
          .filter((set) => pending.add(set) === undefined);
        const foretold = withoutTimes(dump(pending));
        const versions = buckets.map((name) => pending.bucketVersion(name));
        fixture.applyAll(inFlight);
        for (const [index, name] of buckets.entries()) {
          // That the store forgets a bucket with its object is not foretold.
          const version = fixture.view.bucketVersion(name);
          if (version !== 0) expect(versions[index]).toBe(version);
        }
        expect(pending.size).toBe(0);
        const now = withoutTimes(dump(fixture.view));
        expect(foretold).toEqual(now);
        expect(withoutTimes(dump(pending))).toEqual(now);
      }),
      runs,
    );
  });

  it('shows the store again once nothing is in flight, whatever others did meanwhile', () => {
    fc.assert(
      fc.property(anyEntries, fc.array(anySet), anyEntries, (entries, sets, others) => {
        const fixture = filled(entries);
        const pending = new PendingView(fixture.store);
        const added = sets
          .map((set) => fixture.complete({ ...set, term: 0 }))
          .filter((set) => pending.add(set) === undefined);
        for (const foreign of others) {
          fixture.applyAll(foreign);
          dump(pending);
        }
        for (const set of added) pending.remove(set.id);
        expect(dump(pending)).toEqual(dump(fixture.view));
      }),
      runs,
    );
  });

  it('gives a key to one of two sets in flight', () => {
    fc.assert(
      fc.property(fc.array(anySet, { maxLength: 20 }), (sets) => {
        const fixture = new StoreFixture();
        const pending = new PendingView(fixture.store);
        for (const set of sets) pending.add(fixture.complete({ ...set, term: 0 }));
        const held = ['a', 'b'].flatMap((owner) =>
          pending.claimsOf(owner).map(({ space, key }) => `${space} ${key}`),
        );
        expect(new Set(held).size).toBe(held.length);
      }),
      runs,
    );
  });
});

/** Rows foretold lack only the cluster time at which they will be written. */
function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (key.endsWith('Ms') ? 0 : item)));
}
