import { describe, expect, it } from 'vitest';
import { limits } from '../../../../../common/pure/limits.ts';
import { isShoalError } from '../../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../../common/pure/random.ts';
import {
  newAssignment,
  newNodeNetwork,
  type Assignment,
} from '../../../../../proto/gen/dispatcher.ts';
import { newTaskAddress } from '../../../../../proto/gen/objects.ts';
import {
  newContainerSpec,
  newHealthConfig,
  newPortConfig,
  newTaskSpec,
  PublishMode,
  type ContainerSpec,
} from '../../../../../proto/gen/specs.ts';
import type { ExecutorEvent } from '../../../../../worker/executor/contract.ts';
import { DockerExecutor } from '../../../../../worker/executor/docker/docker-executor.ts';
import { NodeNetworks } from '../../../../../worker/network/node-networks.ts';
import { drive } from '../../../../lib/drive.ts';
import { FakeEngine } from '../../../../lib/fake-engine/fake-engine.ts';
import { fakeWebImage, webImage } from '../../../../lib/fake-engine/web-image.ts';
import { KeptLog } from '../../../../lib/kept-log.ts';
import { VirtualClock } from '../../../../lib/virtual-clock.ts';

// The executor over the fake engine: what each call costs, what it survives, and what it says.

const signal = new AbortController().signal;
const nodeId = 'node1';
const ingress = newNodeNetwork({
  id: 'ingress0000000000000000id',
  name: 'ingress',
  subnet: '10.0.0.0/24',
  gateway: '10.0.0.1',
  ingress: true,
});

function silent(): void {
  // Progress that nobody wants.
}

function makeWorld() {
  const clock = new VirtualClock();
  const engine = new FakeEngine({ clock, random: seededRandom(1), images: [fakeWebImage()] });
  const makeExecutor = (): DockerExecutor =>
    new DockerExecutor({
      engine,
      networks: new NodeNetworks(engine),
      clock,
      random: seededRandom(2),
      log: new KeptLog(),
      nodeId,
      hostname: 'alpha',
    });
  const executor = makeExecutor();
  const run = <T>(call: Promise<T>): Promise<T> => drive(clock, call);
  const launch = async (assignment: Assignment): Promise<void> => {
    await run(executor.prepare(assignment, silent, signal));
    await run(executor.start(assignment, signal));
  };
  return { clock, engine, executor, makeExecutor, run, launch };
}

function assignmentOf(
  taskId: string,
  container: Partial<ContainerSpec> = {},
  more: Partial<Assignment> = {},
): Assignment {
  return newAssignment({
    taskId,
    serviceId: 'service1',
    serviceName: 'web',
    slot: 1,
    spec: newTaskSpec({ container: newContainerSpec({ image: webImage, ...container }) }),
    ...more,
  });
}

function onIngress(taskId: string, address: string): Assignment {
  return assignmentOf(
    taskId,
    {},
    {
      addresses: [newTaskAddress({ networkId: ingress.id, address: `${address}/24` })],
      networks: [ingress],
    },
  );
}

/** Follows the executor's events in the background. */
function follow(executor: DockerExecutor): {
  readonly seen: ExecutorEvent[];
  stop(): Promise<void>;
} {
  const ending = new AbortController();
  const seen: ExecutorEvent[] = [];
  const reading = (async () => {
    for await (const event of executor.events(ending.signal)) seen.push(event);
  })();
  return {
    seen,
    stop: async () => {
      ending.abort(new Error('test is over'));
      await reading;
    },
  };
}

async function failureOf(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  return await call.then(
    () => ({ code: 'none', message: '' }),
    (error: unknown) =>
      isShoalError(error)
        ? { code: error.code, message: error.message }
        : { code: 'not ours', message: String(error) },
  );
}

describe('running a task', () => {
  it('goes from nothing to running, stopped and removed', async () => {
    const { executor, engine, run, launch } = makeWorld();
    const task = onIngress('t1', '10.0.0.7');
    expect(await run(executor.inspect('t1', signal))).toBeUndefined();
    await run(executor.prepare(task, silent, signal));
    expect(await run(executor.inspect('t1', signal))).toMatchObject({
      taskId: 't1',
      state: 'created',
    });
    await launch(task);
    const running = await run(executor.inspect('t1', signal));
    expect(running).toMatchObject({ state: 'running', health: 'none', exitCode: 0, error: '' });
    expect(running?.pid).toBeGreaterThan(0);
    expect(running?.startedAtMs).toBeGreaterThan(0);
    expect(engine.containers()[0]?.name).toBe('web.1.t1');
    expect(await run(executor.addresses('t1', signal))).toEqual([
      newTaskAddress({ networkId: ingress.id, address: '10.0.0.7/24' }),
    ]);
    await run(executor.stop('t1', 10_000, signal));
    expect(await run(executor.inspect('t1', signal))).toMatchObject({
      state: 'exited',
      exitCode: 0,
    });
    await run(executor.remove('t1', signal));
    expect(await run(executor.inspect('t1', signal))).toBeUndefined();
    expect(engine.containers()).toEqual([]);
  });

  it('costs one create and one start, one look at the image and one network, however many start', async () => {
    const { executor, engine, run } = makeWorld();
    const events = follow(executor);
    const tasks = Array.from({ length: 20 }, (_, index) =>
      onIngress(`t${index}`, `10.0.0.${index + 2}`),
    );
    await run(
      Promise.all(
        tasks.map(async (task) => {
          await executor.inspect(task.taskId, signal);
          await executor.prepare(task, silent, signal);
          await executor.start(task, signal);
        }),
      ),
    );
    expect(engine.containers().every((container) => container.status === 'running')).toBe(true);
    expect(engine.callCount('create')).toBe(20);
    expect(engine.callCount('start')).toBe(20);
    expect(engine.callCount('inspectImage')).toBe(1);
    expect(engine.callCount('createNetwork')).toBe(1);
    expect(engine.callCount('connect')).toBe(0);
    await run(events.stop());
  });

  it('asks nothing while nothing changes, once events are followed', async () => {
    const { executor, engine, clock, run, launch } = makeWorld();
    const events = follow(executor);
    await clock.settle();
    await launch(assignmentOf('t1'));
    await run(executor.inspect('t1', signal));
    await clock.settle();
    const [inspects, lists] = [engine.callCount('inspect'), engine.callCount('list')];
    for (let turn = 0; turn < 10; turn += 1) await run(executor.inspect('t1', signal));
    expect(await run(executor.inspect('unknown', signal))).toBeUndefined();
    expect(engine.callCount('inspect') - inspects).toBeLessThanOrEqual(1);
    expect(engine.callCount('list')).toBe(lists);
    engine.exitContainer('web.1.t1', 9);
    await clock.settle();
    expect(await run(executor.inspect('t1', signal))).toMatchObject({
      state: 'exited',
      exitCode: 9,
    });
    await events.stop();
  });

  it('does each call again without harm, with and without events', async () => {
    const { executor, engine, clock, run, launch } = makeWorld();
    const task = assignmentOf('t1');
    await launch(task);
    await launch(task);
    const events = follow(executor);
    await clock.settle();
    await launch(task);
    expect(engine.containers()).toHaveLength(1);
    for (let turn = 0; turn < 2; turn += 1) await run(executor.stop('t1', 0, signal));
    for (let turn = 0; turn < 2; turn += 1) await run(executor.remove('t1', signal));
    await run(executor.stop('t1', 0, signal));
    await events.stop();
  });

  it('takes a container whose creation was answered into the void for its own', async () => {
    const { executor, engine, run } = makeWorld();
    const task = assignmentOf('t1');
    engine.setFaults({ lostAnswers: 1 });
    expect(await run(failureOf(executor.prepare(task, silent, signal)))).toMatchObject({
      code: 'engineUnavailable',
    });
    engine.setFaults({ lostAnswers: 0.5 });
    for (let turn = 0; turn < 100; turn += 1) {
      const failure = await run(failureOf(executor.prepare(task, silent, signal)));
      if (failure.code === 'none') break;
      expect(failure.code).toBe('engineUnavailable');
    }
    engine.setFaults({ lostAnswers: 0 });
    await run(executor.start(task, signal));
    expect(engine.containers()).toMatchObject([{ name: 'web.1.t1', status: 'running' }]);
  });

  it('refuses a name that another container has, in the engine`s words', async () => {
    const { executor, engine, run } = makeWorld();
    await run(engine.createContainer('web.1.t1', { Image: webImage }, signal));
    const failure = await run(failureOf(executor.prepare(assignmentOf('t1'), silent, signal)));
    expect(failure.code).toBe('engineRefused');
    expect(failure.message).toContain('The container name "/web.1.t1" is already in use');
  });

  it('reports host ports as they were bound', async () => {
    const { executor, run, launch } = makeWorld();
    const port = newPortConfig({ targetPort: 80, publishMode: PublishMode.host });
    await launch(assignmentOf('t1', {}, { hostPorts: [port] }));
    const view = await run(executor.inspect('t1', signal));
    expect(view?.ports).toEqual([{ ...port, publishedPort: 49_153 }]);
  });

  it('gives an exit that the engine forced for memory a reason', async () => {
    const { executor, engine, run, launch } = makeWorld();
    await launch(assignmentOf('t1'));
    engine.exitContainer('web.1.t1', 137, true);
    expect(await run(executor.inspect('t1', signal))).toMatchObject({
      exitCode: 137,
      error: 'the container ran out of memory',
    });
  });
});

describe('images', () => {
  it('are pulled once for all who wait, and only when missing', async () => {
    const { executor, engine, clock, run } = makeWorld();
    engine.addImage({ reference: 'slow:1', isLocal: false, pullMs: 5000 });
    const words: string[] = [];
    const tasks = ['t1', 't2', 't3'].map((taskId) => assignmentOf(taskId, { image: 'slow:1' }));
    await run(
      Promise.all(
        tasks.map((task) => executor.prepare(task, (message) => words.push(message), signal)),
      ),
    );
    expect(engine.callCount('pull')).toBe(2); // Begin and end of one pull.
    expect(clock.nowMs()).toBe(5000);
    expect(words[0]).toBe('pulling image slow:1');
    await run(executor.prepare(assignmentOf('t4', { image: 'slow:1' }), silent, signal));
    expect(engine.callCount('pull')).toBe(2);
  });

  it('that cannot be had are named together with what the registry said', async () => {
    const { executor, run } = makeWorld();
    const task = assignmentOf('t1', { image: 'none/such:1' });
    expect(await run(failureOf(executor.prepare(task, silent, signal)))).toEqual({
      code: 'notFound',
      message:
        "No such image: none/such:1: no such repository, or no access to it: pull access denied for none/such, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    });
  });

  it('for another machine are named when their program fails', async () => {
    const { executor, engine, clock, run, launch } = makeWorld();
    await run(executor.describe(signal));
    for (const [reference, exitCode] of [
      ['arm:1', 1],
      ['emulated:1', 0],
    ] as const)
      engine.addImage({ reference, architecture: 'arm64', program: { exitAfterMs: 1, exitCode } });
    engine.addImage({ reference: 'own:1', program: { exitAfterMs: 1, exitCode: 1 } });
    const errors: string[] = [];
    for (const image of ['arm:1', 'emulated:1', 'own:1']) {
      await launch(assignmentOf(image.replace(':', ''), { image }));
      await clock.advance(10);
      errors.push((await run(executor.inspect(image.replace(':', ''), signal)))?.error ?? 'none');
    }
    expect(errors).toEqual([
      'task: non-zero exit (1): the image is made for arm64, this node is amd64',
      '',
      '',
    ]);
  });

  it('tell how far their pull is to all who wait, also to those who come later, and rarely', async () => {
    const { executor, engine, clock, run } = makeWorld();
    engine.addImage({ reference: 'slow:1', isLocal: false, pullMs: 5000 });
    const told: string[] = [];
    const first = executor.pull(
      assignmentOf('a', { image: 'slow:1' }),
      (text) => told.push(`a ${text}`),
      signal,
    );
    await clock.advance(4000);
    const second = executor.pull(
      assignmentOf('b', { image: 'slow:1' }),
      (text) => told.push(`b ${text}`),
      signal,
    );
    await run(Promise.all([first, second]));
    expect(engine.callCount('pull')).toBe(2);
    expect(told).toEqual([
      'a pulling image slow:1',
      'b pulling image slow:1',
      'a pulling image slow:1: Status: Downloaded newer image for slow:1',
      'b pulling image slow:1: Status: Downloaded newer image for slow:1',
    ]);
  });

  it('that vanished after they were seen are pulled again', async () => {
    const { executor, engine, run } = makeWorld();
    await run(executor.prepare(assignmentOf('t1'), silent, signal));
    engine.dropImage(webImage);
    await run(executor.prepare(assignmentOf('t2'), silent, signal));
    expect(engine.containers()).toHaveLength(2);
    expect(engine.callCount('pull')).toBe(2);
  });

  it('stop being pulled when nobody wants them any more', async () => {
    const { executor, engine, clock, run } = makeWorld();
    engine.addImage({ reference: 'slow:1', isLocal: false, pullMs: 60_000 });
    const ending = new AbortController();
    const reason = new Error('the task is to stop');
    const call = failureOf(
      executor.prepare(assignmentOf('t1', { image: 'slow:1' }), silent, ending.signal),
    );
    await clock.settle();
    ending.abort(reason);
    expect((await run(call)).message).toContain('the task is to stop');
    await clock.settle();
    expect(clock.nextDueMs()).toBeUndefined();
  });
});

describe('networks', () => {
  it('that vanished are made again when a container is to start', async () => {
    const { executor, engine, run } = makeWorld();
    const task = onIngress('t1', '10.0.0.7');
    await run(executor.prepare(task, silent, signal));
    await run(engine.removeNetwork('shoal_ingress', signal));
    await run(executor.start(task, signal));
    expect(await run(executor.inspect('t1', signal))).toMatchObject({ state: 'running' });
  });

  it('say whose subnet they overlap, and leave other people`s networks alone', async () => {
    const { executor, engine, run } = makeWorld();
    const other = {
      Name: 'mine',
      Driver: 'bridge',
      CheckDuplicate: true,
      IPAM: { Driver: 'default', Config: [{ Subnet: '10.0.0.0/16', Gateway: '10.0.0.1' }] },
      Options: {},
      Labels: {},
    } as const;
    await run(engine.createNetwork(other, signal));
    const task = onIngress('t1', '10.0.0.7');
    expect(await run(failureOf(executor.prepare(task, silent, signal)))).toEqual({
      code: 'engineRefused',
      message: 'network ingress (10.0.0.0/24): Pool overlaps with other one on this address space',
    });
    await run(engine.removeNetwork('mine', signal));
    await run(engine.createNetwork({ ...other, Name: 'shoal_ingress' }, signal));
    expect(await run(failureOf(executor.prepare(task, silent, signal)))).toEqual({
      code: 'engineRefused',
      message: 'network shoal_ingress exists on the engine and is not a network of this cluster',
    });
  });

  it('of an earlier cluster make room, and all go when the node leaves', async () => {
    const { executor, engine, run } = makeWorld();
    const stale = { ...ingress, id: 'another000000000000000000' };
    const old = assignmentOf('t0', {}, { networks: [stale] });
    await run(executor.prepare(old, silent, signal));
    await run(executor.prepare(onIngress('t1', '10.0.0.7'), silent, signal));
    const named = (): readonly string[] => engine.networks().map((network) => network.name);
    expect(named()).toContain('shoal_ingress');
    expect(engine.networks().find(({ name }) => name === 'shoal_ingress')?.labels).toEqual({
      'shoal.network.id': ingress.id,
    });
    await run(executor.removeNetworks(signal));
    expect(named()).not.toContain('shoal_ingress');
  });

  it('of an earlier cluster whose containers still run are refused with the remedy', async () => {
    const { executor, makeExecutor, run } = makeWorld();
    const stale = { ...ingress, id: 'another000000000000000000' };
    const old = { ...onIngress('t0', '10.0.0.7'), networks: [stale] };
    const addresses = [newTaskAddress({ networkId: stale.id, address: '10.0.0.7/24' })];
    const earlier = makeExecutor();
    await run(earlier.prepare({ ...old, addresses }, silent, signal));
    await run(earlier.start({ ...old, addresses }, signal));
    expect(
      await run(failureOf(executor.prepare(onIngress('t1', '10.0.0.8'), silent, signal))),
    ).toEqual({
      code: 'engineRefused',
      message:
        'network shoal_ingress of an earlier cluster is still used by web.1.t0: remove them with "docker rm -f $(docker ps -aq --filter network=shoal_ingress)"',
    });
  });

  it('refuse an address that a running container has', async () => {
    const { executor, run, launch } = makeWorld();
    await launch(onIngress('t1', '10.0.0.7'));
    const second = onIngress('t2', '10.0.0.7');
    await run(executor.prepare(second, silent, signal));
    expect(await run(failureOf(executor.start(second, signal)))).toEqual({
      code: 'engineRefused',
      message: 'Address already in use',
    });
    expect(await run(executor.inspect('t2', signal))).toMatchObject({
      state: 'exited',
      exitCode: 128,
      error: 'Address already in use',
    });
  });
});

describe('events', () => {
  it('begin with the engine and a resync, then name the tasks', async () => {
    const { executor, engine, clock, launch } = makeWorld();
    const events = follow(executor);
    await clock.settle();
    expect(events.seen).toEqual([{ kind: 'engine', available: true }, { kind: 'resync' }]);
    const healthcheck = newHealthConfig({ test: ['CMD', '/web', 'health'] });
    await launch(assignmentOf('t1', { healthcheck }));
    await clock.advance(200);
    events.seen.length = 0;
    engine.setHealth('web.1.t1', 'unhealthy');
    await clock.settle();
    expect(events.seen).toEqual([{ kind: 'container', taskId: 't1' }]);
    expect(await drive(clock, executor.inspect('t1', signal))).toMatchObject({
      health: 'unhealthy',
    });
    await events.stop();
  });

  it('say resync after a break, but not that the engine was gone when it was not', async () => {
    const { executor, engine, clock, launch } = makeWorld();
    const events = follow(executor);
    await clock.settle();
    await launch(assignmentOf('t1'));
    await clock.settle();
    events.seen.length = 0;
    engine.breakEvents();
    engine.exitContainer('web.1.t1', 1);
    await clock.advance(limits.engineBackoffMsMax);
    expect(events.seen).toContainEqual({ kind: 'resync' });
    expect(events.seen.filter((event) => event.kind === 'engine')).toEqual([]);
    expect(await drive(clock, executor.inspect('t1', signal))).toMatchObject({ state: 'exited' });
    await events.stop();
  });

  it('say at once that the engine is gone, and when it is back', async () => {
    const { executor, engine, clock, launch } = makeWorld();
    const events = follow(executor);
    await clock.settle();
    await launch(assignmentOf('t1'));
    await clock.settle();
    events.seen.length = 0;
    engine.stop();
    await clock.settle();
    expect(events.seen).toEqual([{ kind: 'engine', available: false }]);
    expect(await failureOf(executor.inspect('t1', signal))).toMatchObject({
      code: 'engineUnavailable',
    });
    expect((await executor.describe(signal)).engineAvailable).toBe(false);
    await clock.advance(60_000);
    engine.start();
    await clock.advance(limits.engineBackoffMsMax);
    expect(events.seen.slice(1)).toEqual([{ kind: 'engine', available: true }, { kind: 'resync' }]);
    await events.stop();
  });

  it('find out that the engine hangs though its stream is open', async () => {
    const { executor, engine, clock } = makeWorld();
    const events = follow(executor);
    await clock.settle();
    engine.hang();
    await clock.advance(3 * (limits.engineQuietMs + limits.enginePingMs));
    expect(events.seen.at(-1)).toEqual({ kind: 'engine', available: false });
    engine.resume();
    await clock.advance(limits.engineBackoffMsMax + limits.enginePingMs);
    expect(events.seen.at(-1)).toEqual({ kind: 'resync' });
    await events.stop();
    await clock.settle();
    expect(clock.nextDueMs()).toBeUndefined();
  });

  it('keep the truth while calls are slow, fail and events come late', async () => {
    const { executor, engine, clock, run, launch } = makeWorld();
    const events = follow(executor);
    await clock.settle();
    for (let index = 0; index < 10; index += 1) await launch(assignmentOf(`t${index}`));
    engine.setFaults({ callMsMax: 200, refusedCalls: 0.2, lostAnswers: 0.1, eventMsMax: 500 });
    for (let index = 0; index < 10; index += 1) {
      if (index % 3 === 0) engine.exitContainer(`web.1.t${index}`, index);
      if (index % 4 === 0) engine.breakEvents();
      await clock.advance(100);
      await run(failureOf(executor.inspect(`t${index}`, signal)));
    }
    engine.setFaults({ callMsMax: 0, refusedCalls: 0, lostAnswers: 0, eventMsMax: 0 });
    await clock.advance(60_000);
    for (let index = 0; index < 10; index += 1) {
      const view = await run(executor.inspect(`t${index}`, signal));
      expect(view?.state).toBe(index % 3 === 0 ? 'exited' : 'running');
    }
    await events.stop();
  });
});

describe('a container that is taken off its network', () => {
  it('is named by an event, and shows that it has no address', async () => {
    const { executor, engine, clock, run, launch } = makeWorld();
    const events = follow(executor);
    await clock.settle();
    await launch(onIngress('t1', '10.0.0.7'));
    await launch(onIngress('t2', '10.0.0.8'));
    expect((await run(executor.inspect('t1', signal)))?.addresses).toEqual(['10.0.0.7']);
    await clock.advance(5000);
    events.seen.length = 0;
    engine.disconnectNetwork('shoal_ingress', 'web.1.t1');
    await clock.advance(limits.engineSettleMs);
    expect(events.seen).toEqual([{ kind: 'container', taskId: 't1' }]);
    expect((await run(executor.inspect('t1', signal)))?.addresses).toEqual([]);
    await events.stop();
  });

  it('by its end is looked at once', async () => {
    const { executor, engine, clock, run, launch } = makeWorld();
    const events = follow(executor);
    await clock.settle();
    await launch(onIngress('t1', '10.0.0.7'));
    await clock.advance(5000);
    events.seen.length = 0;
    engine.exitContainer('web.1.t1', 3);
    await clock.settle();
    await run(executor.inspect('t1', signal));
    const looks = engine.callCount('inspect');
    await clock.advance(5000);
    await run(executor.inspect('t1', signal));
    expect(events.seen).toEqual([{ kind: 'container', taskId: 't1' }]);
    expect(engine.callCount('inspect')).toBe(looks);
    await events.stop();
  });
});

describe('adoption', () => {
  it('finds what an earlier executor of this node made, and nothing else', async () => {
    const { makeExecutor, engine, clock, run, launch } = makeWorld();
    await launch(assignmentOf('t1'));
    await launch(assignmentOf('t2', { env: ['EXIT_AFTER_MS=0', 'EXIT_CODE=3'] }));
    await run(engine.createContainer('else', { Image: webImage }, signal));
    await clock.advance(1);
    const next = makeExecutor();
    const found = await run(next.list(signal));
    expect(found.toSorted((a, b) => (a.taskId < b.taskId ? -1 : 1))).toMatchObject([
      { taskId: 't1', state: 'running' },
      { taskId: 't2', state: 'exited', exitCode: 3 },
    ]);
    await run(next.prepare(assignmentOf('t1'), silent, signal));
    await run(next.start(assignmentOf('t1'), signal));
    expect(engine.callCount('create')).toBe(3);
    await run(next.remove('t2', signal));
    expect(await run(next.list(signal))).toHaveLength(1);
  });
});

describe('the description of the node', () => {
  it('says what the engine says, and keeps it while the engine is gone', async () => {
    const { executor, engine, run } = makeWorld();
    const before = await run(executor.describe(signal));
    expect(before).toMatchObject({
      hostname: 'alpha',
      platform: { architecture: 'x86_64', os: 'linux' },
      nanoCpus: 4_000_000_000,
      engineVersion: '20.10.24',
      engineAvailable: true,
    });
    expect(before.plugins.map(({ type, name }) => `${type}/${name}`)).toEqual([
      'Log/json-file',
      'Log/local',
      'Network/bridge',
      'Network/host',
      'Network/null',
      'Network/overlay',
      'Volume/local',
    ]);
    engine.stop();
    expect(await run(executor.describe(signal))).toEqual({ ...before, engineAvailable: false });
  });

  it('is told by the version of an engine whose info waits for a slow registry', async () => {
    const { engine, executor, run } = makeWorld();
    engine.info = async (waiting) => {
      await new Promise((_, reject) => {
        waiting.addEventListener('abort', () => {
          reject(waiting.reason as Error);
        });
      });
      throw new Error('it was aborted');
    };
    const brief = await run(executor.describe(signal));
    expect(brief).toMatchObject({ hostname: 'alpha', engineAvailable: true, nanoCpus: 0 });
    expect(brief.platform?.os).toBe('linux');
  });
});
