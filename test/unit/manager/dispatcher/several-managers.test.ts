// Nodes of two managers on virtual time: what one manager hears of the other's nodes over memory RPC, through cuts, deaths and changes of
// leader. Both read one store, so only what is never replicated differs.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ServerCall } from '../../../../common/ports/rpc.ts';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { asId } from '../../../../common/pure/ids.ts';
import {
  MemoryRpcServer,
  type MemoryRpcChannel,
} from '../../../../common/run/rpc/memory-channel.ts';
import { OtherManagers } from '../../../../manager/other-managers.ts';
import type { Op } from '../../../../proto/gen/changeset.ts';
import { newManagerAddress } from '../../../../proto/gen/dispatcher.ts';
import {
  newObservation,
  newObservedNode,
  newSubmitResponse,
  type Observation,
} from '../../../../proto/gen/managers.ts';
import {
  newServiceEndpoint,
  newTaskDesired,
  newTaskStatus,
  NodeState,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import { managersHandlers } from '../../../../proto/rpc/managers.ts';
import { DispatcherRig, NodeClient } from '../../../lib/dispatcher-rig.ts';
import type { Reader } from '../../../lib/dispatcher-rig.ts';
import { nodeId } from '../../../lib/store-proposer.ts';

const running = newTaskStatus({ state: TaskState.running });
const slowWarning = 'node does not follow the endpoints in time';
const addressOfB = '10.0.0.2:2377';

/** How manager A reaches manager B now. */
type Way = 'open' | 'cut' | 'refused';

let a: DispatcherRig;
let b: DispatcherRig;
let way: Way;
let channels: MemoryRpcChannel[];
let managersOfB: MemoryRpcServer;
let others: OtherManagers;
let leading: AbortController;

beforeEach(() => {
  a = new DispatcherRig();
  b = new DispatcherRig(a);
  way = 'open';
  channels = [];
  leading = new AbortController();
  managersOfB = new MemoryRpcServer(
    managersHandlers({
      submit: () => Promise.resolve(newSubmitResponse()),
      observe: (_request, call: ServerCall) => b.dispatcher.observe(call),
      compare: () => {
        throw new Error('nothing is compared here');
      },
      readLogs: () => {
        throw new Error('no logs here');
      },
      orderLogs: () => Promise.reject(new Error('no logs here')),
    }),
    a.clock,
  );
  others = new OtherManagers({
    nodeId: nodeId('manager-a'),
    dialer: {
      dial: () => ({
        unary: async (method, request, options) => await connect().unary(method, request, options),
        serverStream: async function* (method, request, options) {
          yield* connect().serverStream(method, request, options);
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    },
    clock: a.clock,
    post: () => undefined,
    follow: (managerId, observations) => a.dispatcher.follow(managerId, observations),
    compare: () => Promise.resolve(),
    gone: (managerId) => {
      a.dispatcher.managerGone(managerId);
    },
    spawn: (name, job) => {
      a.group.spawn(name, job);
    },
  });
  a.serve();
  b.serve();
  const address = newManagerAddress({ nodeId: 'manager-b', address: addressOfB, raftId: 2 });
  others.update([address], a.fixture.view);
});

afterEach(async () => {
  await others[Symbol.asyncDispose]();
  for (const rig of [a, b]) rig.stop.abort();
  leading.abort();
  await managersOfB.close();
  for (const rig of [a, b]) {
    await rig.server.close();
    await rig.group[Symbol.asyncDispose]();
  }
});

function connect(): MemoryRpcChannel {
  if (way !== 'open') {
    const fields = way === 'refused' ? { refused: true } : {};
    throw new ShoalError('unavailable', 'no connection', { fields });
  }
  const peer = { nodeId: nodeId('manager-a'), clusterId: asId<'cluster'>('c') };
  const channel = managersOfB.channel({ ...peer, role: 'manager' });
  channels.push(channel);
  return channel;
}

/** Breaks what is open between the managers; from now on it goes `to`. */
function turn(to: Way): void {
  way = to;
  for (const channel of channels) channel.disconnect();
  channels = [];
}

async function beatFor(node: NodeClient, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5000) {
    await a.clock.advance(Math.min(5000, ms - passed));
    await node.beat();
  }
}

async function leadAt(rig: DispatcherRig): Promise<void> {
  rig.lead(0, leading.signal);
  await a.clock.settle();
}

describe('a node with a session at another manager', () => {
  test('lives on at the leader for as long as it says so there', async () => {
    await leadAt(a);
    const one = new NodeClient(b, 'one');
    await one.open();
    await beatFor(one, 60_000);
    expect(a.state('one')).toBe(NodeState.nodeReady);
    await a.clock.advance(14_000);
    expect(a.state('one')).toBe(NodeState.nodeReady);
    await a.clock.advance(2000);
    expect(a.state('one')).toBe(NodeState.nodeDown);
  });

  test('that is silent though its session is open is down, and stays so', async () => {
    await leadAt(a);
    const one = new NodeClient(b, 'one');
    const session = await one.open();
    await a.clock.advance(16_000);
    expect(session.ended).toBe('unavailable');
    await a.clock.advance(30_000);
    expect(a.state('one')).toBe(NodeState.nodeDown);
    const again = new NodeClient(b, 'one');
    await again.open();
    await beatFor(again, 30_000);
    expect(a.state('one')).toBe(NodeState.nodeReady);
  });

  test('that only the leader does not hear is ready, and watched on', async () => {
    await leadAt(a);
    const one = new NodeClient(b, 'one');
    await one.open();
    turn('cut');
    await beatFor(one, 20_000);
    expect(downsOf('one')).toBe(1);
    expect(a.state('one')).toBe(NodeState.nodeReady);
    one.abort.abort();
    await a.clock.advance(16_000);
    expect(a.state('one')).toBe(NodeState.nodeDown);
  });

  test('is suspect once its session ends: down in 3 s, unless it turns to the other manager', async () => {
    await leadAt(a);
    const [gone, moves] = [new NodeClient(b, 'one'), new NodeClient(b, 'two')];
    await gone.open();
    await moves.open();
    await a.clock.advance(100);
    gone.abort.abort();
    moves.abort.abort();
    await a.clock.advance(2000);
    const moved = new NodeClient(a, 'two');
    await moved.open();
    expect(a.state('one')).toBe(NodeState.nodeReady);
    await a.clock.advance(2000);
    expect(a.state('one')).toBe(NodeState.nodeDown);
    await beatFor(moved, 20_000);
    expect(a.state('two')).toBe(NodeState.nodeReady);
    expect(downsOf('two')).toBe(0);
  });

  test('has all its time when only the way to that manager is cut', async () => {
    await leadAt(a);
    await new NodeClient(b, 'one').open();
    await a.clock.advance(100);
    turn('cut');
    await a.clock.advance(10_000);
    expect(a.state('one')).toBe(NodeState.nodeReady);
    await a.clock.advance(6000);
    expect(a.state('one')).toBe(NodeState.nodeDown);
  });

  test('is heard again when the way is open again in time', async () => {
    await leadAt(a);
    const one = new NodeClient(b, 'one');
    await one.open();
    await a.clock.advance(100);
    turn('cut');
    await a.clock.advance(10_000);
    turn('open');
    await one.beat();
    await beatFor(one, 30_000);
    expect(downsOf('one')).toBe(0);
  });

  test('is suspect at once when the process of that manager is gone, however the connection broke', async () => {
    await leadAt(a);
    await new NodeClient(b, 'one').open();
    await a.clock.advance(100);
    turn('refused');
    b.stop.abort();
    await a.clock.advance(2900);
    expect(a.state('one')).toBe(NodeState.nodeReady);
    await a.clock.advance(1000);
    expect(a.state('one')).toBe(NodeState.nodeDown);
  });

  test('that turned to another manager is not suspected for the one that is gone', async () => {
    await leadAt(a);
    await new NodeClient(b, 'one').open();
    await a.clock.advance(100);
    const moved = new NodeClient(a, 'one');
    await moved.open();
    turn('refused');
    await beatFor(moved, 20_000);
    expect(downsOf('one')).toBe(0);
  });

  test('that was sent away is not suspected for it', async () => {
    await leadAt(a);
    await new NodeClient(b, 'one').open();
    await a.clock.advance(100);
    b.dispatcher.cutOff();
    await a.clock.advance(10_000);
    expect(a.state('one')).toBe(NodeState.nodeReady);
  });
});

/** What a manager says of a node that has followed its endpoints up to `version`; it stays connected. */
async function* tellsOf(
  id: string,
  version: number,
  signal: AbortSignal,
): AsyncGenerator<Observation> {
  const node = { nodeId: id, connected: true, periodMs: 5000, endpointsVersion: version };
  yield newObservation({ complete: true, last: true, nodes: [newObservedNode(node)] });
  await a.clock.sleep(60_000, signal).catch(() => undefined);
}

describe('a stop', () => {
  beforeEach(() => {
    a.web();
    a.task('t', { status: running });
  });

  async function follower(rig: DispatcherRig, id: string): Promise<[NodeClient, Reader<unknown>]> {
    const client = new NodeClient(rig, id);
    await client.open();
    const endpoints = await client.endpoints();
    await client.acknowledge(endpoints.last?.version ?? 0);
    await client.assignments();
    await a.clock.advance(100);
    return [client, endpoints];
  }

  async function stopped(client: NodeClient): Promise<boolean> {
    const assignments = await client.assignments();
    return assignments.messages.some(({ assign }) =>
      assign.some(({ taskId, desiredState }) => taskId === 't' && desiredState > TaskState.running),
    );
  }

  function stopTask(): void {
    const value = newTaskDesired({ state: TaskState.shutdown });
    a.setTask('t', { kind: 'taskDesired', value });
  }

  test('waits for nodes of other managers, and what they acknowledge there releases it', async () => {
    const [one] = await follower(a, 'one');
    const [two] = await follower(b, 'two');
    stopTask();
    const { revision } = a.fixture.view;
    await one.acknowledge(revision);
    await a.clock.advance(1000);
    expect(await stopped(one)).toBe(false);
    await two.acknowledge(revision);
    await a.clock.advance(100);
    expect(await stopped(one)).toBe(true);
    expect(warnings()).toEqual([]);
  });

  test('waits no longer than 2 s for a node of another manager that is slow', async () => {
    const [one] = await follower(a, 'one');
    await follower(b, 'two');
    stopTask();
    await one.acknowledge(a.fixture.view.revision);
    await a.clock.advance(1950);
    expect(await stopped(one)).toBe(false);
    await a.clock.advance(100);
    expect(await stopped(one)).toBe(true);
    expect(warnings()).toHaveLength(1);
  });

  test('after the service has lost its ports is told at once, once all have followed that', async () => {
    const [one] = await follower(a, 'one');
    const [two] = await follower(b, 'two');
    a.setTask('web', { kind: 'serviceEndpoint', value: newServiceEndpoint() });
    await one.acknowledge(a.fixture.view.revision);
    await two.acknowledge(a.fixture.view.revision);
    await a.clock.advance(100);
    stopTask();
    await a.clock.advance(100);
    expect(await stopped(one)).toBe(true);
    expect(warnings()).toEqual([]);
  });

  test('does not wait for what a node has acknowledged to a manager that was further', async () => {
    const [one] = await follower(a, 'one');
    await follower(b, 'two');
    const { revision } = a.fixture.view;
    void a.dispatcher.follow('manager-b', tellsOf('two', revision + 1, leading.signal));
    await a.clock.settle();
    stopTask();
    await one.acknowledge(a.fixture.view.revision);
    await a.clock.advance(100);
    expect(await stopped(one)).toBe(true);
    expect(warnings()).toEqual([]);
  });

  test('that was under way when this manager began waits for its own change, not for later ones', async () => {
    a.stop.abort();
    await a.clock.settle();
    const [two] = await follower(b, 'two');
    stopTask();
    await two.acknowledge(a.fixture.view.revision);
    a.node('three', NodeState.nodeDown);
    await a.clock.advance(100);
    a.group.spawn('dispatcher', () => a.dispatcher.run(leading.signal));
    const [one] = await follower(a, 'one');
    expect(await stopped(one)).toBe(true);
    await a.clock.advance(3000);
    expect(warnings()).toEqual([]);
  });
});

describe('a new leader', () => {
  test('marks down who is really gone, after full grace, and nobody else', async () => {
    // Long after the managers have begun: nobody waits between two tries any more.
    await a.clock.advance(15_000);
    const one = new NodeClient(b, 'one');
    await one.open();
    const two = new NodeClient(a, 'two');
    await two.open();
    two.abort.abort();
    a.node('never', NodeState.nodeReady);
    await one.beat();
    await a.clock.advance(100);
    await leadAt(a);
    await a.clock.advance(2500);
    expect(a.state('two')).toBe(NodeState.nodeReady);
    await a.clock.advance(1000);
    expect(a.state('two')).toBe(NodeState.nodeDown);
    await one.beat();
    await beatFor(one, 10_000);
    expect(a.state('never')).toBe(NodeState.nodeReady);
    await beatFor(one, 5000);
    expect([a.state('never'), a.state('one')]).toEqual([NodeState.nodeDown, NodeState.nodeReady]);
  });

  test('gives nodes that it had to send away the time of their longest wait between two tries', async () => {
    await a.clock.advance(15_000);
    const two = new NodeClient(a, 'two');
    await two.open();
    a.dispatcher.cutOff();
    await a.clock.advance(60_000);
    a.dispatcher.rejoined();
    await leadAt(a);
    await a.clock.advance(14_000);
    expect(a.state('two')).toBe(NodeState.nodeReady);
    await a.clock.advance(2000);
    expect(a.state('two')).toBe(NodeState.nodeDown);
  });

  test('marks all down together, and whoever turns up meanwhile is ready in the end', async () => {
    await leadAt(a);
    const [one, two] = [new NodeClient(a, 'one'), new NodeClient(a, 'two')];
    await one.open();
    await two.open();
    await a.clock.advance(14_000);
    const commits = [a.proposer.holdOnce(), a.proposer.holdOnce()];
    await a.clock.advance(1500);
    expect([downsOf('one'), downsOf('two')]).toEqual([1, 1]);
    const again = new NodeClient(b, 'two');
    await again.open();
    for (const commit of commits) commit();
    await a.clock.advance(1000);
    expect([a.state('one'), a.state('two')]).toEqual([NodeState.nodeDown, NodeState.nodeReady]);
    await beatFor(again, 30_000);
    expect(downsOf('two')).toBe(1);
  });

  test('gives who was silent while nobody led time to dial again', async () => {
    const one = new NodeClient(a, 'one');
    await one.open();
    await a.clock.advance(60_000);
    await leadAt(a);
    await a.clock.advance(2500);
    expect(a.state('one')).toBe(NodeState.nodeReady);
    await one.beat();
    await beatFor(one, 20_000);
    expect(downsOf('one')).toBe(0);
  });

  test('says of a node that it is down in its own term only', async () => {
    a.lead(7, leading.signal);
    await new NodeClient(a, 'one').open();
    // The store goes by the term of the entry: this one was deposed before its set was.
    a.fixture.term = 8;
    await a.clock.advance(30_000);
    expect(downsOf('one')).toBeGreaterThan(0);
    expect(a.state('one')).toBe(NodeState.nodeReady);
  });
});

/** How often it was asked to mark the node down. */
function downsOf(id: string): number {
  return a.proposer.requests.filter(({ ops }) => ops.some((op) => isDown(op, id))).length;
}

function isDown({ op }: Op, id: string): boolean {
  if (op?.kind !== 'put' || op.value.key !== id) return false;
  const { value } = op.value;
  return value?.kind === 'nodeStatus' && value.value.state === NodeState.nodeDown;
}

function warnings(): readonly unknown[] {
  return a.log.lines.filter(({ message }) => message === slowWarning);
}
