// Stops tasks while nodes follow the endpoints at once, late or never, and shows when their nodes are told; on virtual time.
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createOp, deleteOp } from '../../../../manager/store/ops.ts';
import type { AssignmentsMessage, EndpointsMessage } from '../../../../proto/gen/dispatcher.ts';
import {
  newNodeStatus,
  newTask,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  newTaskStatus,
  NodeState,
  Table,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import { DispatcherRig, NodeClient } from '../../../lib/dispatcher-rig.ts';
import type { Reader } from '../../../lib/dispatcher-rig.ts';
import { putValue } from '../../../lib/store-fixture.ts';

const running = newTaskStatus({ state: TaskState.running });
const slowWarning = 'node does not follow the endpoints in time';

let rig: DispatcherRig;

beforeEach(() => {
  rig = new DispatcherRig();
  rig.web();
});

afterEach(() => end(rig));

async function end(some: DispatcherRig): Promise<void> {
  some.stop.abort();
  await some.server.close();
  await some.group[Symbol.asyncDispose]();
}

/** A node that has both streams, and follows the endpoints when told to. */
class Follower {
  readonly client: NodeClient;
  readonly assignments: Reader<AssignmentsMessage>;
  readonly endpoints: Reader<EndpointsMessage>;

  private constructor(
    client: NodeClient,
    assignments: Reader<AssignmentsMessage>,
    endpoints: Reader<EndpointsMessage>,
  ) {
    this.client = client;
    this.assignments = assignments;
    this.endpoints = endpoints;
  }

  /** Opens a session, and follows what it is told at first. */
  static async start(some: DispatcherRig, id: string): Promise<Follower> {
    const client = new NodeClient(some, id);
    await client.open();
    const endpoints = await client.endpoints();
    const follower = new Follower(client, await client.assignments(), endpoints);
    await follower.follow();
    return follower;
  }

  /** Acknowledges the newest endpoints. */
  async follow(): Promise<void> {
    await this.client.acknowledge(this.endpoints.last?.version ?? 0);
  }

  /** What the node was told last of each task; `gone` when it is to forget it. */
  get told(): Readonly<Record<string, TaskState | 'gone'>> {
    const told: Record<string, TaskState | 'gone'> = {};
    for (const { assign, remove } of this.assignments.messages) {
      for (const { taskId, desiredState } of assign) told[taskId] = desiredState;
      for (const taskId of remove) told[taskId] = 'gone';
    }
    return told;
  }
}

function serve(id: string, on = 'one', slot = 1): void {
  rig.task(id, { slot, status: running }, 'web', on);
}

async function want(id: string, state: TaskState): Promise<void> {
  rig.setTask(id, { kind: 'taskDesired', value: newTaskDesired({ state }) });
  await rig.clock.settle();
}

async function bothServing(): Promise<readonly [Follower, Follower]> {
  rig.run();
  serve('a');
  return [await Follower.start(rig, 'one'), await Follower.start(rig, 'two')];
}

describe('the stop of a task that serves', () => {
  test('is told once every node follows the endpoints without it', async () => {
    const [one, two] = await bothServing();
    await want('a', TaskState.shutdown);
    expect(one.endpoints.last?.put[0]?.endpoints).toEqual([]);
    expect(one.told).toEqual({ a: TaskState.running });
    await one.follow();
    expect(one.told).toEqual({ a: TaskState.running });
    await two.follow();
    expect(one.told).toEqual({ a: TaskState.shutdown });
    expect(two.told).toEqual({});
    expect(rig.clock.nowMs()).toBe(0);
  });

  test('waits for a slow node 2 s, which is suspect then: nobody waits for it until it has caught up', async () => {
    const [one, two] = await bothServing();
    serve('b', 'one', 2);
    serve('c', 'one', 3);
    await rig.clock.settle();
    await one.follow();
    await two.follow();
    await want('a', TaskState.shutdown);
    await one.follow();
    await rig.clock.advance(1_999);
    expect(one.told).toMatchObject({ a: TaskState.running });
    await rig.clock.advance(1);
    expect(one.told).toMatchObject({ a: TaskState.shutdown });
    expect(rig.log.lines.filter(({ message }) => message === slowWarning)).toMatchObject([
      { level: 'warn', fields: { nodeId: 'two' } },
    ]);
    await want('b', TaskState.shutdown);
    await one.follow();
    expect(one.told).toMatchObject({ b: TaskState.shutdown });
    await two.follow();
    await want('c', TaskState.shutdown);
    await one.follow();
    expect(one.told).toMatchObject({ c: TaskState.running });
    await two.follow();
    expect(one.told).toMatchObject({ c: TaskState.shutdown });
  });

  test('does not wait for a node that is down, goes down or is removed', async () => {
    const [one, two] = await bothServing();
    rig.node('down', NodeState.nodeDown);
    serve('b', 'one', 2);
    await rig.clock.settle();
    await one.follow();
    await two.follow();
    await want('a', TaskState.shutdown);
    await one.follow();
    expect(one.told).toMatchObject({ a: TaskState.running });
    const value = newNodeStatus({ state: NodeState.nodeDown });
    rig.setTask('two', { kind: 'nodeStatus', value });
    await rig.clock.settle();
    expect(one.told).toMatchObject({ a: TaskState.shutdown });
    const again = await Follower.start(rig, 'two');
    await want('b', TaskState.shutdown);
    await one.follow();
    expect(one.told).toMatchObject({ b: TaskState.running });
    rig.fixture.change({ ops: [deleteOp(Table.nodes, 'two')] });
    await rig.clock.settle();
    expect(again.endpoints.ended).toBe('notFound');
    expect(one.told).toMatchObject({ b: TaskState.shutdown });
    expect(rig.clock.nowMs()).toBe(0);
  });

  test('waits 2 s for a node that lost its connection, unless that comes back and has caught up', async () => {
    const [one, two] = await bothServing();
    serve('b', 'one', 2);
    await rig.clock.settle();
    await one.follow();
    two.client.abort.abort();
    await rig.clock.settle();
    await want('a', TaskState.shutdown);
    await one.follow();
    await rig.clock.advance(1_000);
    expect(one.told).toMatchObject({ a: TaskState.running });
    await Follower.start(rig, 'two');
    expect(one.told).toMatchObject({ a: TaskState.shutdown });
  });

  test('comes with its service gone: the ports are closed everywhere by then', async () => {
    const [one, two] = await bothServing();
    rig.fixture.change({ ops: [deleteOp(Table.services, 'web')] });
    await want('a', TaskState.remove);
    expect(one.endpoints.last?.remove).toEqual(['web']);
    expect(one.told).toEqual({ a: TaskState.running });
    await one.follow();
    expect(one.told).toEqual({ a: TaskState.running });
    await two.follow();
    expect(one.told).toEqual({ a: TaskState.remove });
    expect(rig.clock.nowMs()).toBe(0);
  });

  test('and was followed long before its service’s tasks were stopped is told at once', async () => {
    const [one, two] = await bothServing();
    rig.fixture.change({ ops: [deleteOp(Table.services, 'web')] });
    await rig.clock.settle();
    await one.follow();
    await two.follow();
    await want('a', TaskState.remove);
    expect(one.told).toEqual({ a: TaskState.remove });
  });

  test('is held for a row that vanishes as well', async () => {
    const [one, two] = await bothServing();
    rig.fixture.change({ ops: [deleteOp(Table.tasks, 'a')] });
    await rig.clock.settle();
    expect(one.told).toEqual({ a: TaskState.running });
    await one.follow();
    await two.follow();
    expect(one.told).toEqual({ a: 'gone' });
  });

  test('that ends by itself meanwhile is not held any longer', async () => {
    const [one] = await bothServing();
    await want('a', TaskState.shutdown);
    await one.client.report(['a', TaskState.failed]);
    await rig.clock.settle();
    expect(one.told).toEqual({ a: TaskState.shutdown });
  });

  test('is not told to a node that opens its streams meanwhile: it hears that the task is to run', async () => {
    const [one, two] = await bothServing();
    await want('a', TaskState.shutdown);
    const again = await one.client.assignments();
    expect(again.last).toMatchObject({
      complete: true,
      assign: [{ taskId: 'a', desiredState: TaskState.running }],
    });
    await one.follow();
    await two.follow();
    expect(again.last).toMatchObject({ assign: [{ desiredState: TaskState.shutdown }] });
  });
});

describe('the stop of a task that does not serve', () => {
  test.each([
    ['does not run yet', { status: newTaskStatus({ state: TaskState.starting }) }],
    ['has no published port', { status: running, network: newTaskNetwork({ allocatedAtMs: 1 }) }],
  ])('because it %s is told at once', async (_, fields) => {
    rig.run();
    rig.task('a', fields);
    const one = await Follower.start(rig, 'one');
    await Follower.start(rig, 'two');
    await want('a', TaskState.shutdown);
    expect(one.told).toEqual({ a: TaskState.shutdown });
  });

  test('because its service publishes nothing, is told without anyone having to say more', async () => {
    rig.run();
    rig.fixture.service('quiet');
    rig.task('q', { status: running }, 'quiet');
    const one = await Follower.start(rig, 'one');
    await Follower.start(rig, 'two');
    await want('q', TaskState.shutdown);
    expect(one.told).toEqual({ q: TaskState.shutdown });
  });
});

describe('a manager that begins to serve', () => {
  beforeEach(() => {
    for (const id of ['one', 'two']) {
      const value = newNodeStatus({ state: NodeState.nodeReady });
      rig.setTask(id, { kind: 'nodeStatus', value });
    }
    rig.task('a', {
      status: running,
      desired: newTaskDesired({ state: TaskState.shutdown }),
    });
  });

  test('holds what is to stop until the nodes said how far they are', async () => {
    rig.run();
    const one = await Follower.start(rig, 'one');
    expect(one.told).toEqual({ a: TaskState.running });
    await Follower.start(rig, 'two');
    expect(one.told).toEqual({ a: TaskState.shutdown });
  });

  test('believes the hello of a node that follows this cluster, and no other', async () => {
    rig.run();
    const one = await Follower.start(rig, 'one');
    const two = new NodeClient(rig, 'two');
    const endpointsVersion = rig.fixture.view.revision;
    await two.open({ endpointsVersion, clusterIncarnation: 7 });
    expect(one.told).toEqual({ a: TaskState.running });
    await two.open({ endpointsVersion, clusterIncarnation: 0 });
    expect(one.told).toEqual({ a: TaskState.shutdown });
  });

  test('waits for nodes that do not come no longer than 2 s', async () => {
    rig.run();
    const one = await Follower.start(rig, 'one');
    await rig.clock.advance(1_999);
    expect(one.told).toEqual({ a: TaskState.running });
    await rig.clock.advance(1);
    expect(one.told).toEqual({ a: TaskState.shutdown });
  });
});

/** One step of a random run. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('stop' as const), task: fc.nat(7), remove: fc.boolean() }),
  fc.record({ kind: fc.constant('follow' as const), node: fc.nat(2) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
  fc.record({ kind: fc.constant('start' as const), task: fc.nat(7) }),
  fc.record({ kind: fc.constant('quiet' as const) }),
);

test('no node hears of a stop before every node has followed it or had 2 s, and each does by then', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const run = new RandomRun();
      await run.begin();
      for (const next of steps) {
        await run.take(next);
        run.check();
      }
      await run.rig.clock.advance(2_000);
      run.checkAllTold();
      await end(run.rig);
    }),
    { numRuns: 60, seed: 20_260_101 },
  );
});

const nodeNames = ['one', 'two', 'three'];

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Three nodes with eight tasks; stops and acknowledgements come in any order. */
class RandomRun {
  readonly rig = new DispatcherRig();
  readonly nodes: Follower[] = [];
  /** When each stop was wanted, and at which revision. */
  readonly stops = new Map<string, { readonly revision: number; readonly atMs: number }>();
  /** Newest version that each node acknowledged. */
  readonly acknowledged: number[] = [];
  #services = 0;

  async begin(): Promise<void> {
    this.rig.web();
    this.rig.node('three');
    this.rig.run();
    for (let number = 0; number < 8; number += 1) this.#create(number, number < 4);
    for (const id of nodeNames) {
      this.nodes.push(await Follower.start(this.rig, id));
      this.acknowledged.push(this.rig.fixture.view.revision);
    }
  }

  async take(next: Step): Promise<void> {
    switch (next.kind) {
      case 'stop': {
        const id = taskName(next.task);
        if (this.stops.has(id)) return;
        const state = next.remove ? TaskState.remove : TaskState.shutdown;
        const value = newTaskDesired({ state });
        const isServing = this.#reported(id) === TaskState.running;
        const revision = this.rig.fixture.change({
          ops: [putValue(id, { kind: 'taskDesired', value })],
        });
        this.stops.set(id, { revision: isServing ? revision : 0, atMs: this.rig.clock.nowMs() });
        break;
      }
      case 'follow': {
        const node = this.nodes[next.node];
        this.acknowledged[next.node] = node?.endpoints.last?.version ?? 0;
        await node?.follow();
        break;
      }
      case 'pass':
        await this.rig.clock.advance(next.ms);
        break;
      case 'start':
        if (!this.stops.has(taskName(next.task))) {
          this.rig.setTask(taskName(next.task), { kind: 'taskStatus', value: running });
        }
        break;
      case 'quiet':
        this.#services += 1;
        this.rig.fixture.service(`quiet${String(this.#services)}`);
    }
    await this.rig.clock.settle();
  }

  check(): void {
    const told = this.#told();
    for (const [id, { revision, atMs }] of this.stops) {
      const isTold = (told[id] ?? 0) > TaskState.running;
      const isLate = this.rig.clock.nowMs() - atMs >= 2_000;
      const lagging = nodeNames.filter((_, index) => (this.acknowledged[index] ?? 0) < revision);
      const trusted = lagging.filter((name) => !this.#suspects.includes(name));
      if (isTold) expect(trusted.length === 0 || isLate).toBe(true);
      else expect(lagging.length > 0 && !isLate).toBe(true);
    }
  }

  checkAllTold(): void {
    const told = this.#told();
    for (const id of this.stops.keys()) expect(told[id]).toBeGreaterThan(TaskState.running);
  }

  /** Nodes that were too slow at some time: they may be waited for, or not. */
  get #suspects(): readonly unknown[] {
    return this.rig.log.lines
      .filter(({ message }) => message === slowWarning)
      .map(({ fields }) => fields?.['nodeId']);
  }

  #told(): Readonly<Record<string, TaskState>> {
    return Object.assign({}, ...this.nodes.map(({ told }) => told)) as Record<string, TaskState>;
  }

  #reported(id: string): TaskState | undefined {
    return this.rig.taskState(id);
  }

  #create(number: number, isRunning: boolean): void {
    const id = taskName(number);
    const value = newTask({
      id,
      serviceId: 'web',
      slot: number + 1,
      desired: newTaskDesired({ state: TaskState.running }),
      placement: newTaskPlacement({
        nodeId: nodeNames[number % 3] ?? 'one',
        placedAtMs: 1,
      }),
      network: newTaskNetwork({
        allocatedAtMs: 1,
        addresses: [{ networkId: 'ingress', address: `10.0.0.${String(number + 2)}/24` }],
      }),
      status: isRunning ? running : newTaskStatus({ state: TaskState.starting }),
    });
    this.rig.fixture.change({ ops: [createOp({ kind: 'task', value })] });
  }
}

function taskName(number: number): string {
  return `t${String(number)}`;
}
