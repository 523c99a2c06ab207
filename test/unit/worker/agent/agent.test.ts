// Runs an agent against a dispatcher over encoded messages on virtual time: sessions, adoption, reports, endpoints.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { asId } from '../../../../common/pure/ids.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import { MemoryRpcServer } from '../../../../common/run/rpc/memory-channel.ts';
import type { MemoryRpcChannel } from '../../../../common/run/rpc/memory-channel.ts';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import { Dispatcher } from '../../../../manager/dispatcher/dispatcher.ts';
import { EndpointAcks } from '../../../../manager/observed/endpoint-acks.ts';
import { LivenessTable } from '../../../../manager/observed/liveness.ts';
import { createOp, deleteOp } from '../../../../manager/store/ops.ts';
import type { EndpointSet } from '../../../../proto/gen/dispatcher.ts';
import {
  newNetwork,
  newNetworkAllocation,
  newServiceEndpoint,
  newTaskAddress,
  newTaskDesired,
  newTaskNetwork,
  newTaskPlacement,
  NodeState,
  Table,
  TaskState,
} from '../../../../proto/gen/objects.ts';
import { newNetworkSpec, newPortConfig, newServiceSpec } from '../../../../proto/gen/specs.ts';
import { dispatcherHandlers } from '../../../../proto/rpc/dispatcher.ts';
import { Agent } from '../../../../worker/agent/agent.ts';
import type { EndpointServer } from '../../../../worker/agent/endpoint-applier.ts';
import { Journal } from '../../../../worker/journal/journal.ts';
import { FakeExecutor } from '../../../lib/fake-executor.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';
import { OpenConnections } from '../../../lib/open-connections.ts';
import { putValue } from '../../../lib/store-fixture.ts';
import { nodeId, StoreProposer } from '../../../lib/store-proposer.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const one = nodeId('one');

class FakeEndpointServer implements EndpointServer {
  applied: { readonly version: number; readonly sets: readonly EndpointSet[] } | undefined;
  failOnce = false;
  readonly connections = new OpenConnections();
  #held: PromiseWithResolvers<void> | undefined;

  /** What is to be applied waits until the result is called. */
  holdOnce(): () => void {
    this.#held = Promise.withResolvers<void>();
    return () => {
      this.#held?.resolve();
      this.#held = undefined;
    };
  }

  async apply(version: number, sets: readonly EndpointSet[]): ReturnType<EndpointServer['apply']> {
    if (this.failOnce) {
      this.failOnce = false;
      throw new ShoalError('unavailable', 'proxy is not there');
    }
    await this.#held?.promise;
    this.applied = { version, sets };
    return { version, failures: [{ port: 81, protocol: 'tcp', error: 'address in use' }] };
  }

  drained(taskId: string, signal: AbortSignal): Promise<void> {
    return this.connections.drained(taskId, signal);
  }
}

class Rig {
  readonly clock = new VirtualClock();
  readonly proposer = new StoreProposer();
  readonly acks = new EndpointAcks();
  readonly executor = new FakeExecutor();
  readonly endpoints = new FakeEndpointServer();
  readonly log = new KeptLog();
  readonly group = new TaskGroup();
  readonly server: MemoryRpcServer;
  readonly channels: MemoryRpcChannel[] = [];
  disk = new MemoryDisk({ random: seededRandom(1) });
  agent: Agent | undefined;
  isReachable = true;

  constructor() {
    let sessions = 0;
    const dispatcher = new Dispatcher({
      proposer: this.proposer,
      subscribe: this.proposer.subscribe,
      liveness: new LivenessTable(),
      acks: this.acks,
      clock: this.clock,
      log: this.log,
      newSessionId: () => `session-${(sessions += 1)}`,
      newSetId: this.proposer.newSetId,
    });
    this.server = new MemoryRpcServer(dispatcherHandlers(dispatcher), this.clock);
    this.group.spawn('dispatcher', (signal) => dispatcher.run(signal));
    this.group.spawn('liveness', (signal) => dispatcher.lead(0, signal));
    const { fixture } = this.proposer;
    fixture.node('one');
    const ingress = newNetwork({
      id: 'ingress',
      spec: newNetworkSpec({ name: 'ingress', ingress: true }),
      network: newNetworkAllocation({ subnet: '10.0.0.0/24', gateway: '10.0.0.254' }),
    });
    fixture.change({ ops: [createOp({ kind: 'network', value: ingress })] });
    const ports = [newPortConfig({ targetPort: 80, publishedPort: 8080 })];
    const spec = newServiceSpec({ name: 'web' });
    fixture.service('web', { spec, network: newServiceEndpoint({ ports }) });
  }

  async startAgent(): Promise<Agent> {
    const agent = new Agent({
      executor: this.executor,
      endpointServer: this.endpoints,
      journal: await Journal.open(this.disk, '/journal', this.log),
      clock: this.clock,
      random: seededRandom(7),
      log: this.log,
      connect: async () => {
        if (!this.isReachable) throw new ShoalError('unavailable', 'no manager');
        const peer = { nodeId: one, clusterId: asId<'cluster'>('c'), role: 'worker' } as const;
        const channel = this.server.channel(peer);
        this.channels.push(channel);
        return channel;
      },
      describe: (description) => ({ ...description, levelMax: 1 }),
    });
    agent.start();
    await this.clock.settle();
    this.agent = agent;
    return agent;
  }

  /** The daemon is killed; containers, disk and manager stay. */
  async killAgent(): Promise<void> {
    this.disk = this.disk.crash('kept');
    for (const channel of this.channels) channel.disconnect();
    await this.agent?.[Symbol.asyncDispose]();
  }

  async task(id: string, slot = 1): Promise<void> {
    this.proposer.fixture.task(id, {
      serviceId: 'web',
      slot,
      desired: newTaskDesired({ state: TaskState.running }),
      placement: newTaskPlacement({ nodeId: 'one', placedAtMs: 1 }),
      network: newTaskNetwork({
        allocatedAtMs: 1,
        addresses: [newTaskAddress({ networkId: 'ingress', address: `10.0.0.${slot}/24` })],
      }),
    });
    await this.clock.settle();
  }

  async want(id: string, state: TaskState): Promise<void> {
    const value = newTaskDesired({ state });
    this.proposer.fixture.change({ ops: [putValue(id, { kind: 'taskDesired', value })] });
    await this.clock.settle();
  }

  async remove(id: string): Promise<void> {
    this.proposer.fixture.change({ ops: [deleteOp(Table.tasks, id)] });
    await this.clock.settle();
  }

  taskState(id: string): TaskState | undefined {
    return this.proposer.view.task(asId<'task'>(id))?.reportedState;
  }

  /** Ids of the tasks that the proxy serves. */
  get served(): readonly string[] {
    const sets = this.endpoints.applied?.sets ?? [];
    return sets.flatMap((set) => set.endpoints.map(({ taskId }) => taskId));
  }
}

let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

afterEach(async () => {
  await rig.agent?.[Symbol.asyncDispose]();
  await rig.server.close();
  await rig.group[Symbol.asyncDispose]();
});

describe('an agent', () => {
  test('makes its node ready, runs what it is given, and serves what runs', async () => {
    const agent = await rig.startAgent();
    expect(agent.hasSession).toBe(true);
    expect(rig.proposer.view.node(one)?.status).toMatchObject({
      state: NodeState.nodeReady,
      description: { hostname: 'one', levelMax: 1 },
    });
    await rig.task('a');
    expect(rig.taskState('a')).toBe(TaskState.running);
    expect(rig.served).toEqual(['a']);
    expect(rig.acks.version(one)).toBe(rig.endpoints.applied?.version);
    await rig.want('a', TaskState.shutdown);
    expect(rig.taskState('a')).toBe(TaskState.shutdown);
    expect(rig.served).toEqual([]);
    await rig.remove('a');
    expect(rig.executor.containers.size).toBe(0);
  });

  test('applies endpoints again when the proxy failed', async () => {
    rig.endpoints.failOnce = true;
    await rig.startAgent();
    expect(rig.endpoints.applied).toBeUndefined();
    await rig.clock.advance(500);
    expect(rig.acks.version(one)).toBe(rig.endpoints.applied?.version);
  });

  test('says a status again until it is committed', async () => {
    await rig.startAgent();
    for (let round = 0; round < 3; round += 1) rig.proposer.answerOnce({ kind: 'unknown' });
    await rig.task('a');
    expect(rig.taskState('a')).toBe(TaskState.new);
    await rig.clock.advance(1_000);
    expect(rig.taskState('a')).toBe(TaskState.running);
  });

  test('tells at once when its engine goes and when it comes back', async () => {
    await rig.startAgent();
    const isAvailable = (): boolean | undefined =>
      rig.proposer.view.node(one)?.status.description?.engineAvailable;
    expect(isAvailable()).toBe(true);
    rig.executor.setAvailable(false);
    await rig.clock.settle();
    expect(isAvailable()).toBe(false);
    rig.executor.setAvailable(true);
    await rig.clock.settle();
    expect(isAvailable()).toBe(true);
  });

  test('has a session though its engine hangs, and the events of other tasks are not held up', async () => {
    await rig.startAgent();
    await rig.task('a');
    const release = rig.executor.hold('describe');
    rig.executor.emit({ kind: 'resync' });
    rig.executor.change('a', { state: 'exited', exitCode: 1 });
    await rig.clock.settle();
    expect(rig.taskState('a')).toBe(TaskState.failed);
    rig.channels[0]?.disconnect();
    await rig.clock.advance(5_000);
    expect(rig.agent?.hasSession).toBe(true);
    expect(rig.proposer.view.node(one)?.status.description?.engineAvailable).toBe(false);
    release();
    // No event tells that an engine is quick again.
    await rig.clock.advance(4_000);
    expect(rig.proposer.view.node(one)?.status.description?.engineAvailable).toBe(true);
  });
});

describe('an agent without a manager', () => {
  test('lets everything run, dials again, and tells what happened meanwhile', async () => {
    await rig.startAgent();
    await rig.task('a');
    await rig.task('b', 2);
    rig.isReachable = false;
    for (const channel of rig.channels) channel.disconnect();
    await rig.clock.advance(60_000);
    expect(rig.agent?.hasSession).toBe(false);
    expect(rig.proposer.view.node(one)?.status.state).toBe(NodeState.nodeDown);
    rig.executor.change('a', { state: 'exited', exitCode: 9 });
    await rig.clock.settle();
    expect(rig.served).toEqual(['a', 'b']);
    rig.isReachable = true;
    await rig.clock.advance(15_000);
    expect(rig.proposer.view.node(one)?.status.state).toBe(NodeState.nodeReady);
    expect(rig.taskState('a')).toBe(TaskState.failed);
    expect(rig.taskState('b')).toBe(TaskState.running);
    expect(rig.executor.calls).toEqual(['prepare a', 'start a', 'prepare b', 'start b']);
  });

  test('dials with growing pauses', async () => {
    rig.isReachable = false;
    await rig.startAgent();
    await rig.clock.advance(120_000);
    const { length } = rig.log.lines.filter(({ message }) => message === 'session ended');
    expect(length).toBeGreaterThan(10);
    expect(length).toBeLessThan(35);
  });
});

describe('an agent that starts again', () => {
  test('adopts its tasks before any manager is there: containers and endpoints go on', async () => {
    await rig.startAgent();
    await rig.task('a');
    const before = [...rig.executor.containers];
    await rig.killAgent();
    rig.isReachable = false;
    rig.endpoints.applied = undefined;
    await rig.startAgent();
    await rig.clock.advance(10_000);
    expect(rig.served).toEqual(['a']);
    rig.executor.change('a', { pid: 1001 });
    rig.isReachable = true;
    await rig.clock.advance(20_000);
    expect([...rig.executor.containers]).toEqual(before);
    expect(rig.executor.calls).toEqual(['prepare a', 'start a']);
    expect(rig.taskState('a')).toBe(TaskState.running);
  });

  test('without its journal finds its containers all the same', async () => {
    await rig.startAgent();
    await rig.task('a');
    await rig.killAgent();
    rig.disk = new MemoryDisk({ random: seededRandom(2) });
    await rig.startAgent();
    await rig.clock.advance(1_000);
    expect(rig.executor.calls).toEqual(['prepare a', 'start a']);
    expect(rig.executor.containers.get('a')?.state).toBe('running');
  });

  test('removes what was taken from it meanwhile, and containers that nobody knows', async () => {
    await rig.startAgent();
    await rig.task('a');
    await rig.task('b', 2);
    await rig.killAgent();
    rig.executor.put('stray');
    await rig.remove('a');
    await rig.startAgent();
    await rig.clock.advance(1_000);
    expect([...rig.executor.containers.keys()]).toEqual(['b']);
  });

  test('removes nothing while no manager has said everything', async () => {
    rig.executor.put('stray');
    rig.isReachable = false;
    await rig.startAgent();
    await rig.clock.advance(60_000);
    expect([...rig.executor.containers.keys()]).toEqual(['stray']);
  });
});

describe('a stop', () => {
  test('waits for the endpoints to be applied, then for open connections', async () => {
    await rig.startAgent();
    await rig.task('a');
    rig.endpoints.connections.open('a');
    const apply = rig.endpoints.holdOnce();
    await rig.want('a', TaskState.shutdown);
    await rig.clock.advance(1_000);
    expect(rig.endpoints.connections.asked).toEqual([]);
    apply();
    await rig.clock.settle();
    expect(rig.endpoints.connections.asked).toEqual(['a']);
    await rig.clock.advance(5_000);
    expect(rig.executor.containers.get('a')?.state).toBe('running');
    rig.endpoints.connections.close('a');
    await rig.clock.settle();
    expect(rig.taskState('a')).toBe(TaskState.shutdown);
  });

  test('goes on after a restart of the daemon, whose hello tells what is followed', async () => {
    await rig.startAgent();
    await rig.task('a');
    rig.endpoints.connections.open('a');
    await rig.want('a', TaskState.shutdown);
    await rig.killAgent();
    await rig.startAgent();
    await rig.clock.advance(1_000);
    expect(rig.executor.containers.get('a')?.state).toBe('running');
    rig.endpoints.connections.close('a');
    await rig.clock.settle();
    expect(rig.taskState('a')).toBe(TaskState.shutdown);
  });

  test('is not waited for when the agent is disposed of, as when its node leaves', async () => {
    const agent = await rig.startAgent();
    await rig.task('a');
    rig.endpoints.connections.open('a');
    await rig.want('a', TaskState.shutdown);
    await agent[Symbol.asyncDispose]();
    expect(rig.clock.nowMs()).toBe(0);
    expect(rig.endpoints.connections.waiting).toBe(0);
  });
});

test('an agent is disposed twice without harm, and leaves everything as it is', async () => {
  const agent = await rig.startAgent();
  await rig.task('a');
  await agent[Symbol.asyncDispose]();
  await agent[Symbol.asyncDispose]();
  expect(rig.executor.containers.get('a')?.state).toBe('running');
  expect(rig.served).toEqual(['a']);
});
