// What deciders see while their sets are in flight, one fact a test; pending-view's agreement with the store is in store-properties.
import { describe, expect, it } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import {
  Facet,
  Table,
  TaskState,
  newTask,
  newTaskDesired,
  newTaskPlacement,
  newTaskStatus,
} from '../../../../proto/gen/objects.ts';
import { newServiceSpec } from '../../../../proto/gen/specs.ts';
import { createOp, deleteOp, giveBack, readOf, take } from '../../../../manager/store/ops.ts';
import { PendingView } from '../../../../manager/store/pending-view.ts';
import { StoreFixture, putValue } from '../../../lib/store-fixture.ts';

const web = asId<'service'>('web');
const one = asId<'task'>('one');

function rig(): { fixture: StoreFixture; pending: PendingView } {
  const fixture = new StoreFixture();
  fixture.node('n1');
  fixture.service('web');
  fixture.task('one', { serviceId: 'web', desired: newTaskDesired({ state: TaskState.running }) });
  return { fixture, pending: new PendingView(fixture.store) };
}

const place = putValue('one', {
  kind: 'taskPlacement',
  value: newTaskPlacement({ nodeId: 'n1' }),
});

describe('a set in flight', () => {
  it('is seen at once, and the store does not know of it', () => {
    const { fixture, pending } = rig();
    expect(pending.add(fixture.complete({ ops: [place] }))).toBeUndefined();
    expect(pending.task(one)?.nodeId).toBe('n1');
    expect(pending.tasksOfNode(asId<'node'>('n1')).map((task) => task.id)).toEqual(['one']);
    expect(fixture.view.task(one)?.nodeId).toBe('');
  });

  it('that cannot take effect as things stand is not added', () => {
    const { fixture, pending } = rig();
    pending.add(fixture.complete({ claims: [take('port/tcp', '80', 'a')] }));
    const refusal = pending.add(
      fixture.complete({ claims: [take('port/tcp', '80', 'b')], ops: [place] }),
    );
    expect(refusal).toEqual({ kind: 'claim', space: 'port/tcp', key: '80', owner: 'a' });
    expect(pending.size).toBe(1);
    expect(pending.task(one)?.nodeId).toBe('');
  });

  it('is gone without a trace when it was refused or dropped', () => {
    const { fixture, pending } = rig();
    fixture.change({ claims: [take('vni', '1', 'a')] });
    const set = fixture.complete({
      claims: [giveBack('vni', '1', 'a'), take('vni', '2', 'b')],
      ops: [place, deleteOp(Table.services, 'web')],
    });
    pending.add(set);
    expect(pending.service(web)).toBeUndefined();
    expect(pending.claimsOf('a')).toEqual([]);
    expect(pending.claimCount('vni')).toBe(1);
    pending.remove(set.id);
    pending.remove(set.id);
    expect(pending.service(web)).toBe(fixture.view.service(web));
    expect(pending.task(one)).toBe(fixture.view.task(one));
    expect(pending.claimOwner('vni', '1')).toBe('a');
    expect(pending.claimOwner('vni', '2')).toBeUndefined();
  });

  it('leaves by itself once the store has its outcome', () => {
    const { fixture, pending } = rig();
    const set = fixture.complete({ ops: [place] });
    pending.add(set);
    fixture.apply(set);
    expect(pending.size).toBe(0);
    expect(pending.task(one)).toBe(fixture.view.task(one));
  });

  it('keeps to what others write to other facets of its row', () => {
    const { fixture, pending } = rig();
    pending.add(
      fixture.complete({
        ops: [
          putValue('one', {
            kind: 'taskDesired',
            value: newTaskDesired({ state: TaskState.shutdown }),
          }),
        ],
      }),
    );
    const status = newTaskStatus({ state: TaskState.running });
    fixture.change({ ops: [putValue('one', { kind: 'taskStatus', value: status })] });
    expect(pending.task(one)).toMatchObject({
      desiredState: TaskState.shutdown,
      reportedState: TaskState.running,
    });
  });

  it('is passed over where others took its row away', () => {
    const { fixture, pending } = rig();
    pending.add(fixture.complete({ ops: [place] }));
    fixture.change({ ops: [deleteOp(Table.tasks, 'one')] });
    expect(pending.task(one)).toBeUndefined();
    expect([...pending.tasks()]).toEqual([]);
    expect([...pending.servicesWithTasks()]).toEqual([]);
  });

  it('can be built on by the next, which takes effect when nobody else writes', () => {
    const { fixture, pending } = rig();
    const create = fixture.complete({
      ops: [createOp({ kind: 'task', value: newTask({ id: 'two', serviceId: 'web', slot: 2 }) })],
    });
    pending.add(create);
    const two = pending.task(asId<'task'>('two'));
    const row = { table: Table.tasks, key: 'two', facet: Facet.row };
    const next = fixture.complete({
      reads: [readOf(row, two?.rowVersion ?? 0)],
      ops: [putValue('two', { kind: 'taskPlacement', value: newTaskPlacement({ nodeId: 'n1' }) })],
    });
    expect(pending.add(next)).toBeUndefined();
    const results = fixture.applyAll([create, next]);
    expect(results.map(({ outcome }) => outcome.kind)).toEqual(['done', 'done']);
  });

  it('says which facets it writes until its outcome is known, those of a new or deleted row being all', () => {
    const { fixture, pending } = rig();
    const set = fixture.complete({ ops: [place, deleteOp(Table.services, 'web')] });
    const placement = { table: Table.tasks, key: 'one', facet: Facet.placement };
    const desired = { table: Table.tasks, key: 'one', facet: Facet.desired };
    const spec = { table: Table.services, key: 'web', facet: Facet.spec };
    const seen = (): boolean[] => [placement, desired, spec].map((key) => pending.isInFlight(key));
    expect(seen()).toEqual([false, false, false]);
    pending.add(set);
    expect(seen()).toEqual([true, false, true]);
    fixture.apply(set);
    expect(seen()).toEqual([false, false, false]);
  });

  // The version that is guessed for the second may be the very one that the first gets when a third comes between: it proves nothing.
  it('is waited for by who relies on what it writes, but not for a row that it makes', () => {
    const { fixture, pending } = rig();
    const desired = { table: Table.tasks, key: 'one', facet: Facet.desired };
    const stop = (state: TaskState): ReturnType<typeof fixture.complete> =>
      fixture.complete({
        ops: [putValue('one', { kind: 'taskDesired', value: newTaskDesired({ state }) })],
      });
    const sets = [stop(TaskState.shutdown), stop(TaskState.remove)];
    const value = newTask({ id: 'two', serviceId: 'web', specVersion: 0 });
    for (const set of [...sets, fixture.complete({ ops: [createOp({ kind: 'task', value })] })]) {
      pending.add(set);
    }
    const guess = pending.task(one)?.desiredVersion ?? 0;
    fixture.change({ claims: [take('vni', '1', 'a')] });
    fixture.apply(sets[0] ?? fixture.complete({}));
    expect(fixture.view.task(one)?.desiredVersion).toBe(guess);
    expect(pending.awaitedBy([readOf(desired, guess)])).toBe(sets[1]?.id);
    expect(pending.awaitedBy([readOf({ ...desired, facet: Facet.status }, 0)])).toBeUndefined();
    expect(pending.awaitedBy([readOf({ ...desired, key: 'two' }, 1)])).toBeUndefined();
    fixture.apply(sets[1] ?? fixture.complete({}));
    expect(pending.awaitedBy([readOf(desired, guess)])).toBeUndefined();
  });

  it('of a new spec is what new tasks in flight run', () => {
    const { fixture, pending } = rig();
    const spec = newServiceSpec({ name: 'shop' });
    pending.add(fixture.complete({ ops: [putValue('web', { kind: 'serviceSpec', value: spec })] }));
    const version = pending.service(web)?.current.version ?? 0;
    const value = newTask({ id: 'two', serviceId: 'web', specVersion: version });
    expect(pending.add(fixture.complete({ ops: [createOp({ kind: 'task', value })] }))).toBe(
      undefined,
    );
    expect(pending.task(asId<'task'>('two'))?.revision.spec.name).toBe('shop');
    expect(pending.serviceByName('shop')?.id).toBe('web');
    expect(pending.serviceByName('web')).toBeUndefined();
    expect(pending.specRevision(web, version)?.spec.name).toBe('shop');
  });

  it('many of them cost no more than what they touch', () => {
    const { fixture, pending } = rig();
    for (let n = 0; n < 500; n += 1) {
      const value = newTask({ id: `t${n}`, serviceId: 'web', slot: n });
      pending.add(fixture.complete({ ops: [createOp({ kind: 'task', value })] }));
    }
    expect(pending.size).toBe(500);
    expect(pending.tasksOfService(web)).toHaveLength(501);
    expect(pending.tasksOfSlot(web, 7).map((task) => task.id)).toEqual(['t7']);
  });
});
