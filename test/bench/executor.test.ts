/**
 * Time from nothing to N running containers through the executor, as a ratio to the same creates and starts straight on the same engine,
 * with the same concurrency, in the same run.
 *
 * The executor does per task what the agent asks of it: look, prepare, look, start, look, with its events followed.
 * Rounds alternate and the medians are compared, since the machine is not ours alone. `SHOAL_BENCH=full` measures N = 20 and 60 in
 * more rounds; otherwise one small round shows that it works.
 */
import { describe, expect, it } from 'vitest';
import { NodeClock } from '../../common/platform/clock.ts';
import { EngineClient } from '../../common/platform/engine/client.ts';
import { seededRandom } from '../../common/pure/random.ts';
import { newAssignment, newNodeNetwork, type Assignment } from '../../proto/gen/dispatcher.ts';
import { newTaskAddress } from '../../proto/gen/objects.ts';
import { newContainerSpec, newTaskSpec } from '../../proto/gen/specs.ts';
import { containerBody } from '../../worker/executor/docker/container-body.ts';
import { DockerExecutor } from '../../worker/executor/docker/docker-executor.ts';
import { NodeNetworks } from '../../worker/network/node-networks.ts';
import { startDockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { KeptLog } from '../lib/kept-log.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';
const sizes = isFull ? [20, 60] : [4];
const rounds = isFull ? 5 : 1;
const signal = new AbortController().signal;
const network = newNodeNetwork({
  id: 'benchnetwork0000000000000',
  name: 'bench',
  subnet: '10.77.0.0/24',
  gateway: '10.77.0.1',
});

function assignmentOf(round: string, index: number): Assignment {
  return newAssignment({
    taskId: `${round}x${index}`,
    serviceId: 'service',
    serviceName: 'web',
    slot: index + 1,
    spec: newTaskSpec({ container: newContainerSpec({ image: testImage }) }),
    addresses: [newTaskAddress({ networkId: network.id, address: `10.77.0.${index + 2}/24` })],
    networks: [network],
  });
}

describe('executor against the engine', () => {
  it.each(sizes)('starts %i containers in the time of the engine alone', async (count) => {
    await using dockerd = await startDockerd();
    await loadTestImage(dockerd.socketPath);
    await using engine = new EngineClient(dockerd.socketPath);
    const executor = new DockerExecutor({
      engine,
      networks: new NodeNetworks(engine),
      clock: new NodeClock(),
      random: seededRandom(1),
      log: new KeptLog(),
      nodeId: 'node',
      hostname: 'bench',
    });
    const ending = new AbortController();
    const reading = (async () => {
      for await (const event of executor.events(ending.signal)) void event;
    })();
    await oneRound(executor, assignments('warm', 2), launch);
    const straight: number[] = [];
    const through: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      straight.push(
        await oneRound(executor, assignments(`s${round}`, count), (_, task) =>
          launchStraight(engine, task),
        ),
      );
      through.push(await oneRound(executor, assignments(`t${round}`, count), launch));
    }
    ending.abort(new Error('measured'));
    await reading;
    const ratio = median(through) / median(straight);
    const figures = `${median(through).toFixed(0)} ms against ${median(straight).toFixed(0)} ms`;
    console.log(`executor, ${count} containers: ${figures}, ratio ${ratio.toFixed(3)}`);
    expect(ratio).toBeLessThan(isFull ? 1.1 : 3);
  });
});

function assignments(round: string, count: number): readonly Assignment[] {
  return Array.from({ length: count }, (_, index) => assignmentOf(round, index));
}

/** Milliseconds until all run; they are removed afterwards. */
async function oneRound(
  executor: DockerExecutor,
  tasks: readonly Assignment[],
  launchOne: (executor: DockerExecutor, task: Assignment) => Promise<void>,
): Promise<number> {
  const startMs = performance.now();
  await Promise.all(tasks.map((task) => launchOne(executor, task)));
  const tookMs = performance.now() - startMs;
  await Promise.all(tasks.map((task) => executor.remove(task.taskId, signal)));
  return tookMs;
}

async function launch(executor: DockerExecutor, task: Assignment): Promise<void> {
  await executor.inspect(task.taskId, signal);
  await executor.prepare(task, () => undefined, signal);
  await executor.inspect(task.taskId, signal);
  await executor.start(task, signal);
  const view = await executor.inspect(task.taskId, signal);
  if (view?.state !== 'running') throw new Error('the container does not run');
}

/** The same container, by the two calls that nobody can do without. */
async function launchStraight(engine: EngineClient, task: Assignment): Promise<void> {
  const node = { nodeId: 'node', hostname: 'bench', platform: undefined };
  const address = task.addresses[0]?.address.split('/')[0] ?? '';
  const body = containerBody(task, node, [{ networkName: 'shoal_bench', address, aliases: [] }]);
  const { Id: id } = await engine.createContainer(`web.${task.taskId}`, body, signal);
  await engine.startContainer(id, signal);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
