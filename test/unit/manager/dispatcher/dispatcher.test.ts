// Talks to a dispatcher as nodes do, over encoded messages on virtual time, and shows what it tells them and what it writes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { createOp, deleteOp } from '../../../../manager/store/ops.ts';
import {
  newAssignmentsRequest,
  newDescribeRequest,
  newReportStatusRequest,
  newSessionRequest,
  newTaskReport,
} from '../../../../proto/gen/dispatcher.ts';
import type { SessionMessage } from '../../../../proto/gen/dispatcher.ts';
import {
  newCluster,
  newNodeDescription,
  newService,
  newServiceEndpoint,
  newTaskDesired,
  newTaskNetwork,
  newTaskStatus,
  NodeState,
  Table,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import {
  newClusterSpec,
  newContainerSpec,
  newLogDriver,
  newNodeSpec,
  newPortConfig,
  newServiceSpec,
  newTaskSpec,
  NodeAvailability,
} from '../../../../proto/gen/specs.ts';
import { putValue, StoreFixture } from '../../../lib/store-fixture.ts';
import { DispatcherRig, NodeClient } from '../../../lib/dispatcher-rig.ts';
import { nodeId } from '../../../lib/store-proposer.ts';
import {} from '../../../lib/virtual-clock.ts';

let rig: DispatcherRig;
let one: NodeClient;

beforeEach(() => {
  rig = new DispatcherRig();
  rig.run();
  one = new NodeClient(rig, 'one');
});

afterEach(async () => {
  rig.stop.abort();
  await rig.server.close();
  await rig.group[Symbol.asyncDispose]();
});

const running = newTaskStatus({ state: TaskState.running });
const stopping = newTaskDesired({ state: TaskState.shutdown });

describe('a session', () => {
  test('makes the node ready, with its description, before anything is told', async () => {
    const commit = rig.proposer.holdOnce();
    const session = await one.open();
    expect(session.messages).toEqual([]);
    commit();
    await rig.clock.settle();
    expect(rig.state('one')).toBe(NodeState.nodeReady);
    expect(rig.fixture.view.node(nodeId('one'))?.status.description?.hostname).toBe('h');
    expect(session.last).toMatchObject({
      sessionId: 'session-1',
      protocol: 1,
      heartbeatPeriodMs: 5_000,
    });
    expect(rig.proposer.requests.at(-1)?.actor).toEqual({ kind: 'node', nodeId: 'one' });
  });

  test('tells again when the node changes, and each change that came while one was told', async () => {
    const session = await one.open();
    const spec = newNodeSpec({ availability: NodeAvailability.drain });
    rig.setTask('one', { kind: 'nodeSpec', value: spec });
    rig.setTask('one', { kind: 'nodeSpec', value: newNodeSpec({ name: 'n' }) });
    await rig.clock.settle();
    expect(session.last?.node?.spec?.name).toBe('n');
  });

  test('loses no change that comes while its reader looks at what it was told', async () => {
    const peer = {
      nodeId: nodeId('one'),
      clusterId: asId<'cluster'>('c'),
      role: 'worker',
    } as const;
    const call = { peer, signal: one.abort.signal };
    const hello = newSessionRequest({ protocolMin: 1, protocolMax: 1 });
    const session = rig.dispatcher.session(hello, call)[Symbol.asyncIterator]();
    const { sessionId } = ((await session.next()) as { readonly value: SessionMessage }).value;
    const request = newAssignmentsRequest({ sessionId });
    const assignments = rig.dispatcher.assignments(request, call)[Symbol.asyncIterator]();
    await assignments.next();
    rig.web();
    rig.task('a');
    rig.setTask('one', { kind: 'nodeSpec', value: newNodeSpec({ name: 'n' }) });
    expect(await session.next()).toMatchObject({ value: { node: { spec: { name: 'n' } } } });
    expect(await assignments.next()).toMatchObject({ value: { assign: [{ taskId: 'a' }] } });
  });

  test('costs no write when the node is as it was', async () => {
    await one.open();
    const { length } = rig.proposer.requests;
    await one.open();
    expect(rig.proposer.requests).toHaveLength(length);
  });

  test('with a manager that lags begins once it knows all that others may have told the node', async () => {
    rig.web();
    rig.task('a');
    await one.open();
    rig.proposer.lagAt(new StoreFixture().view);
    await one.open();
    const reader = await one.assignments();
    expect(reader.last?.assign.map(({ taskId }) => taskId)).toEqual(['a']);
  });

  test('ends an older one of the same node, which is not known any more', async () => {
    const older = await one.open();
    const again = new NodeClient(rig, 'one');
    await again.open();
    expect(older.ended).toBe('unavailable');
    await expect(one.beat()).rejects.toMatchObject({ code: 'notFound' });
    expect(await again.beat()).toBe(5_000);
    expect(rig.state('one')).toBe(NodeState.nodeReady);
  });

  test('of another node cannot be used', async () => {
    await one.open();
    const two = new NodeClient(rig, 'two');
    two.sessionId = one.sessionId;
    await expect(two.beat()).rejects.toMatchObject({ code: 'notFound' });
    expect((await two.assignments()).ended).toBe('notFound');
  });

  test('is refused to a node that is not there, to another protocol, and while nobody serves', async () => {
    expect((await new NodeClient(rig, 'stranger').open()).ended).toBe('notFound');
    const hello = newSessionRequest({ protocolMin: 2, protocolMax: 3 });
    expect((await one.read(one.client.session(hello, one.options))).ended).toBe(
      'failedPrecondition',
    );
    rig.stop.abort();
    await rig.clock.settle();
    expect((await one.open()).ended).toBe('unavailable');
  });

  test('ends when the write is not taken, when the node is removed, and when the manager stops', async () => {
    rig.proposer.answerOnce({ kind: 'dropped', reason: 'notLeader' });
    expect((await one.open()).ended).toBe('notLeader');
    const session = await one.open();
    rig.fixture.change({ ops: [deleteOp(Table.nodes, 'one')] });
    await rig.clock.settle();
    expect(session.ended).toBe('notFound');
    const two = new NodeClient(rig, 'two');
    const other = await two.open();
    rig.stop.abort();
    await rig.clock.settle();
    expect(other.ended).toBe('unavailable');
  });

  test('takes another description', async () => {
    await one.open();
    const description = newNodeDescription({ hostname: 'h', engineAvailable: true });
    const request = newDescribeRequest({ sessionId: one.sessionId, description });
    await one.client.describe(request, one.options);
    expect(rig.fixture.view.node(nodeId('one'))?.status.description?.engineAvailable).toBe(true);
  });
});

describe('liveness', () => {
  test('holds while heartbeats come', async () => {
    await one.open();
    for (let round = 0; round < 10; round += 1) {
      await rig.clock.advance(14_000);
      await one.beat();
    }
    expect(rig.state('one')).toBe(NodeState.nodeReady);
  });

  test('ends after three periods of silence, and the session with it', async () => {
    const session = await one.open();
    await rig.clock.advance(14_900);
    expect(rig.state('one')).toBe(NodeState.nodeReady);
    await rig.clock.advance(1_000);
    expect(rig.state('one')).toBe(NodeState.nodeDown);
    expect(rig.fixture.view.node(nodeId('one'))?.status.message).toBe('heartbeat failure');
    expect(session.ended).toBe('unavailable');
    await one.open();
    expect(rig.state('one')).toBe(NodeState.nodeReady);
  });

  test('ends soon after the connection closed, unless the node is back by then', async () => {
    await one.open();
    one.abort.abort();
    await rig.clock.advance(2_500);
    expect(rig.state('one')).toBe(NodeState.nodeReady);
    const again = new NodeClient(rig, 'one');
    await again.open();
    await rig.clock.advance(3_000);
    expect(rig.state('one')).toBe(NodeState.nodeReady);
    again.abort.abort();
    await rig.clock.advance(4_000);
    expect(rig.state('one')).toBe(NodeState.nodeDown);
  });

  test('is forgiven when the manager itself was late', async () => {
    await one.open();
    await rig.clock.advance(10_000);
    rig.liveness.forgive(20_000);
    await rig.clock.advance(20_000);
    expect(rig.state('one')).toBe(NodeState.nodeReady);
  });

  test('of nodes that a new leader has not heard of begins with full grace; those that are down stay so', async () => {
    rig.stop.abort();
    await rig.clock.settle();
    const next = new DispatcherRig();
    next.node('ready', NodeState.nodeReady);
    next.node('down', NodeState.nodeDown);
    next.run();
    await next.clock.advance(14_000);
    expect(next.state('ready')).toBe(NodeState.nodeReady);
    await next.clock.advance(2_000);
    expect(next.state('ready')).toBe(NodeState.nodeDown);
    expect(next.proposer.requests).toHaveLength(3);
    next.stop.abort();
    await next.group[Symbol.asyncDispose]();
  });

  test('whose end cannot be written now is written later', async () => {
    await one.open();
    rig.proposer.answerOnce({ kind: 'unknown' });
    rig.proposer.answerOnce({ kind: 'dropped', reason: 'notLeader' });
    await rig.clock.advance(20_000);
    expect(rig.state('one')).toBe(NodeState.nodeDown);
  });

  test('that ends in the moment in which the node is back ends well', async () => {
    await one.open();
    const commitDown = rig.proposer.holdOnce();
    await rig.clock.advance(16_000);
    const again = new NodeClient(rig, 'one');
    const session = await again.open();
    commitDown();
    await rig.clock.settle();
    expect(session.ended).toBeUndefined();
    expect(rig.state('one')).toBe(NodeState.nodeReady);
  });
});

describe('assignments', () => {
  beforeEach(() => {
    rig.web();
  });

  test('are all that is there, and what comes later', async () => {
    rig.task('a');
    rig.task('elsewhere', {}, 'web', 'two');
    await one.open();
    const reader = await one.assignments();
    expect(reader.messages).toHaveLength(1);
    expect(reader.last).toMatchObject({ complete: true, appliesTo: 0, last: true });
    expect(reader.last?.assign.map(({ taskId }) => taskId)).toEqual(['a']);
    const { version } = reader.last ?? {};
    rig.task('b');
    await rig.clock.settle();
    expect(reader.last).toMatchObject({ complete: false, appliesTo: version, last: true });
    expect(reader.last?.assign).toMatchObject([
      { taskId: 'b', serviceName: 'web', networks: [{ name: 'ingress', ingress: true }] },
    ]);
  });

  test('have the log driver of the cluster where the service names none', async () => {
    const taskLogDriver = newLogDriver({ name: 'local' });
    const value = newCluster({ id: 'c', spec: newClusterSpec({ taskLogDriver }) });
    rig.fixture.change({ ops: [createOp({ kind: 'cluster', value })] });
    const quiet = newTaskSpec({ logDriver: newLogDriver({ name: 'none' }) });
    rig.fixture.service('plain', { spec: newServiceSpec({ name: 'plain', task: newTaskSpec() }) });
    rig.fixture.service('quiet', { spec: newServiceSpec({ name: 'quiet', task: quiet }) });
    rig.task('a', {}, 'plain');
    rig.task('b', {}, 'quiet');
    await one.open();
    const reader = await one.assignments();
    const drivers = reader.last?.assign.map(({ taskId, spec }) => [taskId, spec?.logDriver?.name]);
    expect(Object.fromEntries(drivers ?? [])).toEqual({ a: 'local', b: 'none' });
  });

  test('of none are said too', async () => {
    await one.open();
    expect((await one.assignments()).messages).toMatchObject([
      { complete: true, last: true, assign: [] },
    ]);
  });

  test('that do not fit one message come in several', async () => {
    for (let slot = 1; slot <= 200; slot += 1) rig.task(`t${slot}`, { slot });
    await one.open();
    const { messages } = await one.assignments();
    expect(messages.map(({ last }) => last)).toEqual([false, false, false, true]);
    expect(new Set(messages.map(({ version }) => version)).size).toBe(1);
    expect(messages.flatMap(({ assign }) => assign)).toHaveLength(200);
  });

  test('with large specs fit their messages, at the start and later', async () => {
    const env = Array.from({ length: 1_500 }, (_, index) => `V${index}=${'x'.repeat(100)}`);
    const task = newTaskSpec({ container: newContainerSpec({ image: 'i', env }) });
    rig.fixture.service('big', { spec: newServiceSpec({ name: 'big', task }) });
    for (let slot = 1; slot <= 10; slot += 1) rig.task(`t${slot}`, { slot }, 'big');
    await one.open();
    const reader = await one.assignments();
    expect(reader.messages.flatMap(({ assign }) => assign)).toHaveLength(10);
    const complete = reader.messages.length;
    expect(complete).toBeGreaterThan(5);
    rig.fixture.change({
      ops: Array.from({ length: 10 }, (_, index) =>
        putValue(`t${index + 1}`, { kind: 'taskDesired', value: stopping }),
      ),
    });
    await rig.clock.settle();
    expect(reader.ended).toBeUndefined();
    const later = reader.messages.slice(complete);
    expect(later.flatMap(({ assign }) => assign)).toHaveLength(10);
    expect(later.filter(({ last }) => last)).toHaveLength(1);
    expect(new Set(later.map(({ appliesTo }) => appliesTo)).size).toBe(1);
  });

  test('say what is to stop and what is gone, and nothing of what the node itself reported', async () => {
    rig.task('a', { network: newTaskNetwork({ allocatedAtMs: 1 }) });
    await one.open();
    const reader = await one.assignments();
    rig.setTask('a', { kind: 'taskStatus', value: running });
    await rig.clock.settle();
    expect(reader.messages).toHaveLength(1);
    rig.setTask('a', { kind: 'taskDesired', value: stopping });
    await rig.clock.settle();
    expect(reader.last?.assign).toMatchObject([{ taskId: 'a', desiredState: TaskState.shutdown }]);
    rig.fixture.change({ ops: [deleteOp(Table.tasks, 'a')] });
    await rig.clock.settle();
    expect(reader.last).toMatchObject({ assign: [], remove: ['a'] });
  });

  test('of two streams of one session are both complete', async () => {
    await one.open();
    const first = await one.assignments();
    const second = await one.assignments();
    rig.task('a');
    await rig.clock.settle();
    expect(first.last?.assign).toHaveLength(1);
    expect(second.last?.assign).toHaveLength(1);
  });
});

describe('endpoint sets', () => {
  beforeEach(() => {
    rig.web();
  });

  test('hold the tasks that run and are wanted, and follow them', async () => {
    rig.task('a', { status: running });
    rig.task('preparing', { slot: 2, status: newTaskStatus({ state: TaskState.preparing }) });
    rig.task('stopping', { slot: 3, status: running, desired: stopping });
    await one.open();
    const reader = await one.endpoints();
    expect(reader.last).toMatchObject({ complete: true, last: true });
    expect(reader.last?.put).toMatchObject([
      { serviceId: 'web', ports: [{ publishedPort: 8080 }], endpoints: [{ taskId: 'a' }] },
    ]);
    expect(reader.last?.put[0]?.endpoints[0]?.address).toBe('10.0.0.7');
    const { version } = reader.last ?? {};
    rig.setTask('preparing', { kind: 'taskStatus', value: running });
    await rig.clock.settle();
    expect(reader.last).toMatchObject({ complete: false, appliesTo: version });
    expect(reader.last?.put[0]?.endpoints.map(({ taskId }) => taskId)).toEqual(['a', 'preparing']);
    rig.setTask('a', { kind: 'taskDesired', value: stopping });
    await rig.clock.settle();
    expect(reader.last?.put[0]?.endpoints.map(({ taskId }) => taskId)).toEqual(['preparing']);
  });

  test('of services without ports, and changes that move no endpoint, cost no message', async () => {
    rig.fixture.service('quiet');
    rig.task('a', { status: running });
    await one.open();
    const reader = await one.endpoints();
    rig.task('q', { status: running }, 'quiet');
    rig.setTask('a', { kind: 'taskStatus', value: { ...running, message: 'still' } });
    rig.fixture.change({ ops: [deleteOp(Table.tasks, 'q'), deleteOp(Table.services, 'quiet')] });
    await rig.clock.settle();
    expect(reader.messages).toHaveLength(1);
  });

  test('go with their service', async () => {
    await one.open();
    const reader = await one.endpoints();
    rig.fixture.change({ ops: [deleteOp(Table.services, 'web')] });
    await rig.clock.settle();
    expect(reader.last).toMatchObject({ put: [], remove: ['web'] });
  });

  test('of many services come in several messages', async () => {
    const ports = [newPortConfig({ targetPort: 80, publishedPort: 1 })];
    const services = Array.from({ length: 150 }, (_, index) =>
      createOp({
        kind: 'service',
        value: newService({
          id: `s${index}`,
          spec: newServiceSpec({ name: `s${index}` }),
          network: newServiceEndpoint({ ports }),
        }),
      }),
    );
    rig.fixture.change({ ops: services });
    await one.open();
    const { messages } = await one.endpoints();
    expect(messages.map(({ last }) => last)).toEqual([false, false, true]);
    expect(messages.flatMap(({ put }) => put)).toHaveLength(151);
  });

  test('are acknowledged by node, not beyond what there is, and anew in each session', async () => {
    await one.open();
    await one.acknowledge(2);
    await one.acknowledge(1);
    expect(rig.acks.version(nodeId('one'))).toBe(2);
    expect(rig.acks.version(nodeId('two'))).toBe(0);
    await one.acknowledge(1_000_000);
    expect(rig.acks.version(nodeId('one'))).toBe(rig.fixture.view.revision);
    await one.open();
    expect(rig.acks.version(nodeId('one'))).toBe(0);
  });
});

describe('reports', () => {
  beforeEach(async () => {
    rig.web();
    rig.task('a');
    rig.task('theirs', {}, 'web', 'two');
    await one.open();
  });

  test('are answered after their commit', async () => {
    const commit = rig.proposer.holdOnce();
    let isAnswered = false;
    const report = one.report(['a', TaskState.running]).then((unknown) => {
      isAnswered = true;
      return unknown;
    });
    await rig.clock.settle();
    expect(isAnswered).toBe(false);
    commit();
    expect(await report).toEqual([]);
    expect(rig.taskState('a')).toBe(TaskState.running);
  });

  test('of another end than the one that is known change nothing', async () => {
    await one.report(['a', TaskState.complete]);
    expect(await one.report(['a', TaskState.shutdown])).toEqual([]);
    expect(rig.taskState('a')).toBe(TaskState.complete);
  });

  test('of tasks of others change nothing, and are said to be unknown', async () => {
    expect(await one.report(['theirs', TaskState.failed], ['nobody', TaskState.running])).toEqual([
      'theirs',
      'nobody',
    ]);
    expect(rig.taskState('theirs')).toBe(TaskState.new);
  });

  test('never lead back, nor where no node may bring a task, and cost nothing without news', async () => {
    await one.report(['a', TaskState.running]);
    const { length } = rig.proposer.requests;
    await one.report(['a', TaskState.running]);
    await one.report(['a', TaskState.preparing]);
    await one.report(['a', TaskState.orphaned]);
    await one.report(['a', TaskState.remove]);
    expect(rig.proposer.requests).toHaveLength(length);
    expect(rig.taskState('a')).toBe(TaskState.running);
  });

  test.each([
    [{ kind: 'unknown' }, 'unknownOutcome'],
    [{ kind: 'dropped', reason: 'notLeader' }, 'notLeader'],
    [{ kind: 'dropped', reason: 'tooBusy' }, 'tooBusy'],
    [{ kind: 'refused', refusal: { kind: 'invalid', message: 'm' } }, 'internal'],
  ] as const)('that end %j are refused and may come again', async (outcome, code) => {
    rig.proposer.answerOnce(outcome);
    await expect(one.report(['a', TaskState.running])).rejects.toMatchObject({ code });
    await one.report(['a', TaskState.running]);
    expect(rig.taskState('a')).toBe(TaskState.running);
  });

  test('of a task that goes in this moment are taken for the others', async () => {
    rig.task('b', { slot: 2 });
    rig.proposer.answerOnce((set) => {
      rig.fixture.change({ ops: [deleteOp(Table.tasks, 'b')] });
      return rig.proposer.commit(set);
    });
    expect(await one.report(['a', TaskState.running], ['b', TaskState.running])).toEqual(['b']);
    expect(rig.taskState('a')).toBe(TaskState.running);
  });

  test('that never fit end at some time', async () => {
    const refusal = { kind: 'missing', table: Table.tasks, key: 'a' } as const;
    for (let round = 0; round < 20; round += 1) {
      rig.proposer.answerOnce({ kind: 'refused', refusal });
    }
    await expect(one.report(['a', TaskState.running])).rejects.toMatchObject({ code: 'conflict' });
  });

  test('that are long are cut, and spread over sets that the limits allow', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `long${index}`);
    ids.forEach((id, index) => {
      rig.task(id, { slot: index + 2 });
    });
    const error = 'x'.repeat(3_000);
    const reports = ids.map((taskId) =>
      newTaskReport({ taskId, status: newTaskStatus({ state: TaskState.failed, error }) }),
    );
    const request = newReportStatusRequest({ sessionId: one.sessionId, reports });
    await one.client.reportStatus(request, one.options);
    expect(rig.proposer.requests.length).toBeGreaterThan(3);
    expect(rig.fixture.view.task(asId<'task'>('long199'))?.error).toHaveLength(
      limits.taskTextLength,
    );
  });
});
