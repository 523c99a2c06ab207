// What apply does to rows, versions, reads, claims and the timeline, one fact a test. Sets go in encoded, as they come from the log.
import { describe, expect, it } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import type { ServiceId, TaskId, NodeId } from '../../../../common/pure/ids.ts';
import { limits } from '../../../../common/pure/limits.ts';
import {
  encodeBatch,
  newBatch,
  newCreate,
  newOp,
  newPut,
} from '../../../../proto/gen/changeset.ts';
import type { Op } from '../../../../proto/gen/changeset.ts';
import {
  Facet,
  Table,
  TaskState,
  newCluster,
  newClusterLifecycle,
  newNetwork,
  newService,
  newServiceEndpoint,
  newServiceLifecycle,
  newTask,
  newTaskAddress,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
} from '../../../../proto/gen/objects.ts';
import {
  newNetworkAttachmentConfig,
  newServiceSpec,
  newTaskSpec,
} from '../../../../proto/gen/specs.ts';
import {
  createOp,
  deleteFacetOp,
  deleteOp,
  giveBack,
  homeOf,
  readBucket,
  readOf,
  take,
} from '../../../../manager/store/ops.ts';
import { StoreFixture, putValue } from '../../../lib/store-fixture.ts';

const web: ServiceId = asId<'service'>('web');
const one: TaskId = asId<'task'>('one');
const n1: NodeId = asId<'node'>('n1');

function withWeb(): StoreFixture {
  const fixture = new StoreFixture();
  fixture.node('n1');
  fixture.service('web');
  fixture.task('one', { serviceId: 'web', desired: newTaskDesired({ state: TaskState.running }) });
  return fixture;
}

function specOp(id: string, image: string): Op {
  return putValue(id, {
    kind: 'serviceSpec',
    value: newServiceSpec({ name: id, labels: new Map([['image', image]]) }),
  });
}

function statusOp(id: string, state: TaskState): Op {
  return putValue(id, { kind: 'taskStatus', value: newTaskStatus({ state }) });
}

function placeOp(id: string, nodeId: string): Op {
  return putValue(id, { kind: 'taskPlacement', value: newTaskPlacement({ nodeId }) });
}

describe('rows and versions', () => {
  it('each applied set adds one to the revision, a refused one nothing', () => {
    const fixture = new StoreFixture();
    expect(fixture.node('n1')).toBe(1);
    expect(fixture.node('n2')).toBe(2);
    const refused = fixture.apply({ ops: [deleteOp(Table.nodes, 'n3')] });
    expect(refused.outcome).toEqual({
      kind: 'refused',
      refusal: { kind: 'missing', table: Table.nodes, key: 'n3' },
    });
    expect(fixture.view.revision).toBe(2);
  });

  it('a put writes one facet, its version and the time of the change', () => {
    const fixture = withWeb();
    const before = fixture.view.task(one);
    fixture.wallMs += 1000;
    const revision = fixture.change({ ops: [placeOp('one', 'n1')] });
    const task = fixture.view.task(one);
    expect(task).toMatchObject({
      nodeId: 'n1',
      placementVersion: revision,
      desiredVersion: before?.desiredVersion,
      statusVersion: 0,
      updatedAtMs: fixture.wallMs,
      createdAtMs: before?.createdAtMs,
    });
    expect(before?.nodeId).toBe('');
  });

  it('cluster time never goes back', () => {
    const fixture = withWeb();
    const clusterMs = fixture.view.clusterMs;
    fixture.wallMs -= 60_000;
    fixture.node('n2');
    expect(fixture.view.clusterMs).toBe(clusterMs);
    expect(fixture.view.node(asId<'node'>('n2'))?.createdAtMs).toBe(clusterMs);
  });

  it('a set of which one operation cannot be done does nothing at all', () => {
    const fixture = withWeb();
    const result = fixture.apply({
      claims: [take('port/tcp', '80', 'web')],
      ops: [placeOp('one', 'n1'), statusOp('two', TaskState.running)],
    });
    expect(result.outcome.kind).toBe('refused');
    expect(fixture.view.task(one)?.nodeId).toBe('');
    expect(fixture.view.claimOwner('port/tcp', '80')).toBeUndefined();
    expect(fixture.view.tasksOfNode(n1)).toEqual([]);
  });

  it('later operations of a set see the earlier ones', () => {
    const fixture = new StoreFixture();
    const service = newService({ id: 'web', spec: newServiceSpec({ name: 'web' }) });
    const task = newTask({ id: 'one', serviceId: 'web', slot: 1 });
    fixture.change({
      ops: [
        createOp({ kind: 'service', value: service }),
        createOp({ kind: 'task', value: task }),
        placeOp('one', 'n1'),
      ],
    });
    expect(fixture.view.task(one)).toMatchObject({ nodeId: 'n1', rowVersion: 1 });
    expect(fixture.view.task(one)?.revision).toBe(fixture.view.service(web)?.current);
  });

  it('a second row with one id is refused, also within the set that deletes the first', () => {
    const fixture = withWeb();
    const again = createOp({ kind: 'task', value: newTask({ id: 'one', serviceId: 'web' }) });
    const exists = { kind: 'refused', refusal: { kind: 'exists', table: Table.tasks, key: 'one' } };
    expect(fixture.apply({ ops: [again] }).outcome).toEqual(exists);
    const both = fixture.apply({ ops: [deleteOp(Table.tasks, 'one'), again] });
    expect(both.outcome).toEqual(exists);
  });

  it('there is one cluster', () => {
    const fixture = new StoreFixture();
    const create = (id: string): Op => createOp({ kind: 'cluster', value: newCluster({ id }) });
    fixture.change({ ops: [create('a')] });
    expect(fixture.apply({ ops: [create('b')] }).outcome.kind).toBe('refused');
    expect(fixture.view.clusterId()).toBe('a');
  });

  it('facets that are written later can be deleted, others not', () => {
    const fixture = withWeb();
    fixture.change({
      ops: [
        putValue('web', { kind: 'serviceEndpoint', value: newServiceEndpoint() }),
        putValue('web', { kind: 'serviceLifecycle', value: newServiceLifecycle() }),
        putValue('one', { kind: 'taskNetwork', value: newTaskNetwork({ allocatedAtMs: 5 }) }),
      ],
    });
    fixture.change({
      ops: [
        deleteFacetOp({ ...homeOf.serviceEndpoint, key: 'web' }),
        deleteFacetOp({ ...homeOf.serviceLifecycle, key: 'web' }),
        deleteFacetOp({ ...homeOf.taskNetwork, key: 'one' }),
      ],
    });
    expect(fixture.view.service(web)).toMatchObject({ networkVersion: 0, lifecycleVersion: 0 });
    expect(fixture.view.task(one)).toMatchObject({ networkVersion: 0, allocatedAtMs: 0 });
    const refused = fixture.apply({ ops: [deleteFacetOp({ ...homeOf.serviceSpec, key: 'web' })] });
    expect(refused.outcome.kind).toBe('refused');
  });

  it('a value that is not of the facet is refused', () => {
    const fixture = withWeb();
    const put = newPut({
      table: Table.tasks,
      key: 'one',
      facet: Facet.desired,
      value: { kind: 'taskStatus', value: newTaskStatus() },
    });
    const { outcome } = fixture.apply({ ops: [newOp({ op: { kind: 'put', value: put } })] });
    expect(outcome).toMatchObject({ refusal: { kind: 'invalid' } });
  });

  it('fields that this version does not know survive in rows', () => {
    const fixture = withWeb();
    const unknown = Uint8Array.of(0xfa, 0x3e, 1, 7);
    const status = newTaskStatus({ state: TaskState.running, unknown });
    fixture.change({ ops: [putValue('one', { kind: 'taskStatus', value: status })] });
    expect(fixture.view.task(one)?.unknown?.status).toEqual(unknown);
    fixture.change({ ops: [statusOp('one', TaskState.failed)] });
    expect(fixture.view.task(one)?.unknown).toBeUndefined();
    const spec = newServiceSpec({ name: 'web', unknown });
    fixture.change({ ops: [putValue('web', { kind: 'serviceSpec', value: spec })] });
    expect(fixture.view.service(web)?.current.spec.unknown).toEqual(unknown);
  });
});

describe('tasks', () => {
  it('a state never goes back', () => {
    const fixture = withWeb();
    fixture.change({ ops: [statusOp('one', TaskState.running)] });
    const { outcome } = fixture.apply({ ops: [statusOp('one', TaskState.starting)] });
    expect(outcome).toMatchObject({ refusal: { kind: 'invalid' } });
    expect(fixture.view.task(one)?.reportedState).toBe(TaskState.running);
  });

  it('a placed task never moves', () => {
    const fixture = withWeb();
    fixture.change({ ops: [placeOp('one', 'n1')] });
    expect(fixture.apply({ ops: [placeOp('one', 'n2')] }).outcome.kind).toBe('refused');
    const unplace = deleteFacetOp({ ...homeOf.taskPlacement, key: 'one' });
    expect(fixture.apply({ ops: [unplace] }).outcome.kind).toBe('refused');
  });

  it('status is stamped with the cluster time at which it was applied', () => {
    const fixture = withWeb();
    fixture.wallMs += 5;
    fixture.change({ ops: [statusOp('one', TaskState.running)] });
    expect(fixture.view.task(one)?.appliedAtMs).toBe(fixture.wallMs);
  });

  it('a task shares the ids of its service, node and network', () => {
    const fixture = withWeb();
    const addresses = [newTaskAddress({ networkId: 'net', address: '10.0.0.2/24' })];
    const network = newTaskNetwork({ addresses });
    fixture.change({
      ops: [placeOp('one', 'n1'), putValue('one', { kind: 'taskNetwork', value: network })],
    });
    expect(fixture.view.task(one)?.addresses).toEqual(addresses);
    expect(fixture.view.tasksOfNode(n1)).toEqual([fixture.view.task(one)]);
  });

  it('a task of a service that is not there is refused', () => {
    const fixture = withWeb();
    fixture.change({ ops: [deleteOp(Table.services, 'web')] });
    const create = createOp({ kind: 'task', value: newTask({ id: 'two', serviceId: 'web' }) });
    expect(fixture.apply({ ops: [create] }).outcome).toMatchObject({
      refusal: { kind: 'missing', table: Table.services, key: 'web' },
    });
  });
});

describe('spec revisions', () => {
  it('a new spec makes a revision and keeps the one before', () => {
    const fixture = withWeb();
    const first = fixture.view.service(web)?.current;
    const revision = fixture.change({ ops: [specOp('web', 'b')] });
    const service = fixture.view.service(web);
    expect(service?.current.version).toBe(revision);
    expect(service?.previous).toBe(first);
    expect(fixture.view.task(one)?.revision).toBe(first);
    expect(fixture.view.specRevision(web, first?.version ?? 0)).toBe(first);
  });

  it('old revisions go unless a task runs them', () => {
    const fixture = withWeb();
    const first = fixture.view.service(web)?.current.version ?? 0;
    const second = fixture.change({ ops: [specOp('web', 'b')] });
    for (let n = 0; n < limits.specRevisions; n += 1) {
      fixture.change({ ops: [specOp('web', String(n))] });
    }
    expect(fixture.view.specRevision(web, first)).toBeDefined();
    expect(fixture.view.specRevision(web, second)).toBeUndefined();
    fixture.change({ ops: [deleteOp(Table.tasks, 'one')] });
    expect(fixture.view.specRevision(web, first)).toBeUndefined();
  });

  it('a new task may run any revision that is kept', () => {
    const fixture = withWeb();
    const first = fixture.view.service(web)?.current;
    fixture.change({ ops: [specOp('web', 'b')] });
    fixture.task('two', { serviceId: 'web', specVersion: first?.version ?? 0 });
    expect(fixture.view.task(asId<'task'>('two'))?.revision).toBe(first);
    const create = newTask({ id: 'three', serviceId: 'web', specVersion: 999 });
    expect(fixture.apply({ ops: [createOp({ kind: 'task', value: create })] }).outcome.kind).toBe(
      'refused',
    );
  });

  it('after the service is gone its revisions last as long as its tasks', () => {
    const fixture = withWeb();
    const first = fixture.view.service(web)?.current;
    fixture.change({ ops: [deleteOp(Table.services, 'web')] });
    expect(fixture.view.specRevision(web, first?.version ?? 0)).toBe(first);
    expect([...fixture.view.servicesWithTasks()]).toEqual(['web']);
    fixture.change({ ops: [deleteOp(Table.tasks, 'one')] });
    expect(fixture.view.specRevision(web, first?.version ?? 0)).toBeUndefined();
  });
});

describe('reads', () => {
  it('a set whose read has changed is refused and says which', () => {
    const fixture = withWeb();
    const version = fixture.view.service(web)?.current.version ?? 0;
    const read = readOf({ ...homeOf.serviceSpec, key: 'web' }, version);
    fixture.change({ reads: [read], ops: [placeOp('one', 'n1')] });
    fixture.change({ ops: [specOp('web', 'b')] });
    const { outcome } = fixture.apply({ reads: [read], ops: [statusOp('one', TaskState.running)] });
    expect(outcome).toEqual({
      kind: 'refused',
      refusal: { kind: 'read', table: Table.services, key: 'web', facet: Facet.spec },
    });
  });

  it('version 0 means absent', () => {
    const fixture = withWeb();
    const row = { table: Table.services, facet: Facet.row };
    fixture.change({ reads: [readOf({ ...row, key: 'db' }, 0)] });
    const refused = fixture.apply({ reads: [readOf({ ...row, key: 'web' }, 0)] });
    expect(refused.outcome.kind).toBe('refused');
  });

  it('a bucket read catches a task that came', () => {
    const fixture = withWeb();
    const read = readBucket('service/web', fixture.view.bucketVersion('service/web'));
    fixture.change({ reads: [read], ops: [statusOp('one', TaskState.running)] });
    fixture.change({ reads: [read] });
    fixture.task('two', { serviceId: 'web', slot: 2 });
    expect(fixture.apply({ reads: [read] }).outcome.kind).toBe('refused');
  });

  it('a bucket of tasks on a node follows placements', () => {
    const fixture = withWeb();
    expect(fixture.view.bucketVersion('node/n1')).toBe(0);
    const revision = fixture.change({ ops: [placeOp('one', 'n1')] });
    expect(fixture.view.bucketVersion('node/n1')).toBe(revision);
  });

  it('a bucket of services on a network follows their specs', () => {
    const fixture = withWeb();
    fixture.change({ ops: [createOp({ kind: 'network', value: newNetwork({ id: 'net' }) })] });
    const networks = [newNetworkAttachmentConfig({ target: 'net' })];
    const spec = newServiceSpec({ name: 'web', task: newTaskSpec({ networks }) });
    const revision = fixture.change({
      ops: [putValue('web', { kind: 'serviceSpec', value: spec })],
    });
    expect(fixture.view.bucketVersion('network/net')).toBe(revision);
  });

  it('the version of a bucket is forgotten with its object', () => {
    const fixture = withWeb();
    fixture.change({ ops: [deleteOp(Table.services, 'web')] });
    expect(fixture.view.bucketVersion('service/web')).toBeGreaterThan(0);
    fixture.change({ ops: [deleteOp(Table.tasks, 'one')] });
    expect(fixture.view.bucketVersion('service/web')).toBe(0);
  });
});

describe('claims', () => {
  it('a key that is taken is refused to others, with its owner', () => {
    const fixture = new StoreFixture();
    fixture.change({ claims: [take('port/tcp', '80', 'a')] });
    fixture.change({ claims: [take('port/tcp', '80', 'a')] });
    expect(fixture.apply({ claims: [take('port/tcp', '80', 'b')] }).outcome).toEqual({
      kind: 'refused',
      refusal: { kind: 'claim', space: 'port/tcp', key: '80', owner: 'a' },
    });
  });

  it('only its owner gives a key back, and then it is free', () => {
    const fixture = new StoreFixture();
    fixture.change({ claims: [take('vni', '1', 'a'), take('vni', '2', 'a')] });
    expect(fixture.apply({ claims: [giveBack('vni', '1', 'b')] }).outcome.kind).toBe('refused');
    fixture.change({ claims: [giveBack('vni', '1', 'a'), take('vni', '1', 'b')] });
    expect(fixture.view.claimOwner('vni', '1')).toBe('b');
    expect(fixture.view.claimsOf('a')).toEqual([{ space: 'vni', key: '2', owner: 'a' }]);
    expect(fixture.view.claimCount('vni')).toBe(2);
  });

  it('a row does not go while it holds something: the set that deletes it gives it all back', () => {
    const fixture = new StoreFixture();
    fixture.node('a');
    fixture.change({ claims: [take('vni', '1', 'a')] });
    const gone = deleteOp(Table.nodes, 'a');
    const refusal = { kind: 'claim', space: 'vni', key: '1', owner: 'a' };
    expect(fixture.apply({ ops: [gone] }).outcome).toEqual({ kind: 'refused', refusal });
    const takes = { claims: [giveBack('vni', '1', 'a'), take('vni', '2', 'a')], ops: [gone] };
    expect(fixture.apply(takes).outcome.kind).toBe('refused');
    fixture.change({ claims: [giveBack('vni', '1', 'a')], ops: [gone] });
    expect(fixture.view.claimCount('vni')).toBe(0);
  });
});

describe('terms and levels', () => {
  it('a set of an earlier leadership is refused', () => {
    const fixture = new StoreFixture();
    fixture.term = 3;
    const claims = [take('vni', '1', 'a')];
    expect(fixture.apply({ term: 2, claims }).outcome).toEqual({
      kind: 'refused',
      refusal: { kind: 'term' },
    });
    expect(fixture.apply({ term: 3, claims }).outcome.kind).toBe('done');
    expect(fixture.apply({ term: 0, claims }).outcome.kind).toBe('done');
  });

  it.each([
    ['a level', { minLevel: 2 }],
    ['an operation', { ops: [newOp({ unknown: Uint8Array.of(0x7a, 0) })] }],
    [
      'a kind of object',
      {
        ops: [
          newOp({
            op: { kind: 'create', value: newCreate({ unknown: Uint8Array.of(0x7a, 0) }) },
          }),
        ],
      },
    ],
    ['a table', { ops: [deleteOp(99 as Table, 'x')] }],
    ['a bucket', { reads: [readBucket('secret/x', 0)] }],
    [
      'a level of the cluster',
      {
        ops: [
          createOp({
            kind: 'cluster',
            value: newCluster({ id: 'c', lifecycle: newClusterLifecycle({ level: 2 }) }),
          }),
        ],
      },
    ],
  ] as const)('%s that is too new ends the node and changes nothing', (_what, set) => {
    const fixture = withWeb();
    const revision = fixture.view.revision;
    expect(() => fixture.apply(set)).toThrow(
      expect.objectContaining({ code: 'levelTooLow', message: 'upgrade this node' }),
    );
    expect(fixture.view.revision).toBe(revision);
  });
});

describe('the timeline', () => {
  it('answers a retry with the outcome of the first', () => {
    const fixture = withWeb();
    const set = fixture.complete({ ops: [placeOp('one', 'n1')] });
    const data = encodeBatch(newBatch({ sets: [set] }));
    const first = fixture.applyBytes(data);
    expect(fixture.applyBytes(data)).toEqual([{ ...first[0], repeated: true }]);
  });

  it('answers a retry of a refused set with the refusal', () => {
    const fixture = withWeb();
    const claims = [take('vni', '1', 'a')];
    const refused = { id: 'again', reads: [readBucket('nodes', 99)], claims };
    const first = fixture.apply(refused);
    expect(first.outcome.kind).toBe('refused');
    const { reads: _reads, ...now } = refused;
    expect(fixture.apply(now).outcome).toEqual(first.outcome);
    expect(fixture.store.outcomeOf('again')).toEqual(first.outcome);
  });

  it('says who changed what, and why', () => {
    const fixture = withWeb();
    fixture.change({ id: 'x', actor: 'user:ann', reason: 'scale', ops: [placeOp('one', 'n1')] });
    expect(fixture.store.timeline().at(-1)).toMatchObject({
      setId: 'x',
      actor: 'user:ann',
      reason: 'scale',
      applied: true,
      changes: ['update tasks/one placement'],
    });
  });

  it('is bounded in lines and in bytes', () => {
    const fixture = new StoreFixture();
    const sets = Array.from({ length: 1000 }, () => ({}));
    for (let n = 0; n < 11; n += 1) fixture.applyAll(sets);
    expect(fixture.store.timeline()).toHaveLength(limits.timelineSets);
    expect(fixture.store.outcomeOf('set-1000')).toBeUndefined();
    expect(fixture.store.outcomeOf('set-1001')).toEqual({ kind: 'done', revision: 1001 });
    const reason = 'r'.repeat(100_000);
    for (let n = 0; n < 100; n += 1) fixture.apply({ reason });
    expect(fixture.store.timeline().length).toBeLessThan(42);
  });
});
