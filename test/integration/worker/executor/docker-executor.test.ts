import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeClock } from '../../../../common/platform/clock.ts';
import { EngineClient } from '../../../../common/platform/engine/client.ts';
import { isShoalError } from '../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import {
  newAssignment,
  newNodeNetwork,
  type Assignment,
} from '../../../../proto/gen/dispatcher.ts';
import { newTaskAddress } from '../../../../proto/gen/objects.ts';
import {
  MountType,
  newContainerSpec,
  newHealthConfig,
  newMount,
  newResourceLimits,
  newTaskSpec,
  newUlimit,
  type ContainerSpec,
  type TaskSpec,
} from '../../../../proto/gen/specs.ts';
import type { ContainerView, ExecutorEvent } from '../../../../worker/executor/contract.ts';
import { DockerExecutor } from '../../../../worker/executor/docker/docker-executor.ts';
import { NodeNetworks } from '../../../../worker/network/node-networks.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { startDockerd, type Dockerd } from '../../lib/dockerd.ts';
import { loadTestImage, testImage } from '../../lib/test-image.ts';

// The executor on a real Docker Engine: a task's whole life, adoption, refusals in the engine's words, an engine that is killed.

const signal = new AbortController().signal;
const nodeId = 'integrationnode1234567890';
const ingress = newNodeNetwork({
  id: 'ingressid0000000000000000',
  name: 'ingress',
  subnet: '10.0.0.0/24',
  gateway: '10.0.0.1',
  ingress: true,
});

let dockerd: Dockerd;
let engine: EngineClient;
let executor: DockerExecutor;

function makeExecutor(): DockerExecutor {
  return new DockerExecutor({
    engine,
    networks: new NodeNetworks(engine),
    clock: new NodeClock(),
    random: seededRandom(1),
    log: new KeptLog(),
    nodeId,
    hostname: 'alpha',
  });
}

beforeAll(async () => {
  dockerd = await startDockerd();
  await loadTestImage(dockerd.socketPath);
  engine = new EngineClient(dockerd.socketPath);
  executor = makeExecutor();
});

afterAll(async () => {
  await engine?.close();
  await dockerd?.stop();
});

function assignmentOf(
  taskId: string,
  container: Partial<ContainerSpec> = {},
  task: Partial<TaskSpec> = {},
  more: Partial<Assignment> = {},
): Assignment {
  return newAssignment({
    taskId,
    serviceId: 'serviceid0000000000000000',
    serviceName: 'web',
    slot: 1,
    spec: newTaskSpec({
      container: newContainerSpec({ image: testImage, ...container }),
      ...task,
    }),
    ...more,
  });
}

function onIngress(address: string): Partial<Assignment> {
  return {
    addresses: [newTaskAddress({ networkId: ingress.id, address: `${address}/24` })],
    networks: [ingress],
  };
}

async function launch(assignment: Assignment): Promise<void> {
  await executor.prepare(assignment, () => undefined, signal);
  await executor.start(assignment, signal);
}

async function until(
  taskId: string,
  condition: (view: ContainerView) => boolean,
): Promise<ContainerView> {
  for (let turn = 0; turn < 300; turn += 1) {
    const view = await executor.inspect(taskId, signal);
    if (view !== undefined && condition(view)) return view;
    await sleep(50);
  }
  throw new Error('the container did not get there');
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

describe('a task', () => {
  it('runs at its address with swarm mode`s name and labels, and ends by its stop signal', async () => {
    const task = assignmentOf('life', { env: ['SLOT={{.Task.Slot}}'] }, {}, onIngress('10.0.0.7'));
    await launch(task);
    const view = await executor.inspect('life', signal);
    expect(view).toMatchObject({ state: 'running', health: 'none', exitCode: 0, error: '' });
    expect(view?.pid).toBeGreaterThan(0);
    const details = await engine.inspectContainer('web.1.life', signal);
    expect(details.Labels).toEqual({
      'com.docker.swarm.node.id': nodeId,
      'com.docker.swarm.service.id': 'serviceid0000000000000000',
      'com.docker.swarm.service.name': 'web',
      'com.docker.swarm.task': '',
      'com.docker.swarm.task.id': 'life',
      'com.docker.swarm.task.name': 'web.1.life',
    });
    const { stdout } = await dockerd.exec('curl', ['-s', '-m', '5', 'http://10.0.0.7/env?SLOT']);
    expect(stdout).toBe('1');
    const bridge = await dockerd.exec('ip', ['addr', 'show', 'shoalingressid0']);
    expect(bridge.stdout).toContain('10.0.0.1/24');
    expect(bridge.stdout).toContain('mtu 1450');
    expect(await executor.addresses('life', signal)).toEqual([
      newTaskAddress({ networkId: ingress.id, address: '10.0.0.7/24' }),
    ]);
    await executor.stop('life', 10_000, signal);
    expect(await executor.inspect('life', signal)).toMatchObject({ state: 'exited', exitCode: 0 });
    await executor.remove('life', signal);
    expect(await executor.inspect('life', signal)).toBeUndefined();
  });

  it('is killed when it does not heed its stop signal', async () => {
    await launch(assignmentOf('deaf', { env: ['IGNORE_TERM=1'] }));
    await executor.stop('deaf', 1000, signal);
    expect(await executor.inspect('deaf', signal)).toMatchObject({
      state: 'exited',
      exitCode: 137,
    });
    await executor.remove('deaf', signal);
  });

  it('keeps its exit code', async () => {
    await launch(assignmentOf('three', { env: ['EXIT_AFTER_MS=50', 'EXIT_CODE=3'] }));
    const view = await until('three', ({ state }) => state === 'exited');
    expect(view).toMatchObject({ exitCode: 3, error: '', pid: 0 });
    expect(view.finishedAtMs).toBeGreaterThanOrEqual(view.startedAtMs);
    await executor.remove('three', signal);
  });

  it('takes what the spec may say', async () => {
    const container = {
      hostname: '{{.Service.Name}}-{{.Task.Slot}}',
      user: '1000:1000',
      dir: '/srv',
      init: true,
      readOnly: true,
      stopSignal: 'SIGINT',
      groups: ['2000'],
      hosts: ['10.9.9.9 db database'],
      sysctls: new Map([['net.ipv4.ip_unprivileged_port_start', '0']]),
      capabilityDrop: ['CAP_CHOWN'],
      ulimits: [newUlimit({ name: 'nofile', soft: 512, hard: 1024 })],
      mounts: [
        newMount({ type: MountType.tmpfs, target: '/tmp', tmpfsSizeBytes: 1 << 20 }),
        newMount({ type: MountType.volume, source: 'data-{{.Task.Slot}}', target: '/data' }),
        newMount({ type: MountType.bind, source: '/etc', target: '/host-etc', readOnly: true }),
      ],
    };
    const limits = newResourceLimits({ nanoCpus: 5e8, memoryBytes: 32 << 20, pids: 20 });
    await launch(assignmentOf('full', container, { limits }, onIngress('10.0.0.8')));
    const { stdout } = await dockerd.exec('curl', ['-s', '-m', '5', 'http://10.0.0.8/']);
    expect(stdout).toBe('web-1\n');
    await executor.remove('full', signal);
  });

  it('is checked for health, and its sickness is seen', async () => {
    const healthcheck = newHealthConfig({
      test: ['CMD', '/web', 'health'],
      intervalNs: 2e8,
      timeoutNs: 5e9,
      retries: 2,
    });
    await launch(assignmentOf('sick', { healthcheck }, {}, onIngress('10.0.0.9')));
    await until('sick', ({ health }) => health === 'healthy');
    await dockerd.exec('curl', ['-s', '-m', '5', 'http://10.0.0.9/sick']);
    await until('sick', ({ health }) => health === 'unhealthy');
    await executor.remove('sick', signal);
  });
});

describe('refusals', () => {
  it('name the image, and what the registry said', async () => {
    const task = assignmentOf('none', { image: '127.0.0.1:1/none:1' });
    const failure = await failureOf(executor.prepare(task, () => undefined, signal));
    expect(failure.code).toBe('notFound');
    expect(failure.message).toMatch(/^No such image: 127\.0\.0\.1:1\/none:1: .*connection refused/);
  });

  it('name the executable that is missing, also afterwards', async () => {
    const task = assignmentOf('nope', { command: ['/nope'] });
    const failure = await failureOf(launch(task));
    expect(failure.code).toBe('engineRefused');
    expect(failure.message).toContain('stat /nope: no such file or directory');
    const view = await executor.inspect('nope', signal);
    expect(view).toMatchObject({ state: 'exited', exitCode: 127, error: failure.message });
    await executor.remove('nope', signal);
  });

  it('name the source of a bind mount that does not exist', async () => {
    const mounts = [newMount({ type: MountType.bind, source: '/nonexistent', target: '/x' })];
    const task = assignmentOf('bind', { mounts });
    const failure = await failureOf(executor.prepare(task, () => undefined, signal));
    expect(failure).toEqual({
      code: 'engineRefused',
      message:
        'invalid mount config for type "bind": bind source path does not exist: /nonexistent',
    });
  });

  it('say that an address is taken', async () => {
    await launch(assignmentOf('first', {}, {}, onIngress('10.0.0.20')));
    const failure = await failureOf(launch(assignmentOf('second', {}, {}, onIngress('10.0.0.20'))));
    expect(failure).toEqual({ code: 'engineRefused', message: 'Address already in use' });
    await executor.remove('first', signal);
    await executor.remove('second', signal);
  });
});

describe('an engine that is killed', () => {
  it('makes tasks unknown, not failed; then everything is looked at again, and adopted', async () => {
    const ending = new AbortController();
    const seen: ExecutorEvent[] = [];
    const reading = (async () => {
      for await (const event of executor.events(ending.signal)) seen.push(event);
    })();
    const comes = async (wanted: ExecutorEvent): Promise<void> => {
      for (let turn = 0; turn < 400; turn += 1) {
        if (seen.some((event) => JSON.stringify(event) === JSON.stringify(wanted))) return;
        await sleep(50);
      }
      throw new Error(`no such event: ${JSON.stringify(wanted)} in ${JSON.stringify(seen)}`);
    };
    await comes({ kind: 'resync' });
    await launch(assignmentOf('kept', {}, {}, onIngress('10.0.0.30')));
    await comes({ kind: 'container', taskId: 'kept' });

    seen.length = 0;
    await dockerd.halt('SIGKILL');
    await comes({ kind: 'engine', available: false });
    expect((await failureOf(executor.inspect('kept', signal))).code).toBe('engineUnavailable');
    expect((await executor.describe(signal)).engineAvailable).toBe(false);

    seen.length = 0;
    await dockerd.start();
    await comes({ kind: 'engine', available: true });
    await comes({ kind: 'resync' });
    expect((await executor.describe(signal)).engineAvailable).toBe(true);
    expect(await executor.inspect('kept', signal)).toMatchObject({ state: 'exited' });

    const next = makeExecutor();
    const found = await next.list(signal);
    expect(found.map(({ taskId, state }) => [taskId, state])).toEqual([['kept', 'exited']]);
    await next.start(assignmentOf('kept'), signal);
    await comes({ kind: 'container', taskId: 'kept' });
    expect(await until('kept', ({ state }) => state === 'running')).toMatchObject({ exitCode: 0 });
    await next.remove('kept', signal);
    await next.removeNetworks(signal);
    expect(await engine.listNetworks({ label: ['shoal.network.id'] }, signal)).toEqual([]);
    ending.abort(new Error('test is over'));
    await reading;
  });
});
