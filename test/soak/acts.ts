import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { callSocket, getJson, member } from '../../deploy/quickstart/socket-http.ts';
import { outputOf, runCommand } from '../e2e/lib/clients.ts';
import { eventually } from '../e2e/lib/shoal-node.ts';
import { testImage } from '../integration/lib/test-image.ts';
import type { Expected } from './checks.ts';
import type { Rig } from './rig.ts';
import type { EventStreams } from './streams.ts';

export const lasting: Expected = { name: 'lasting', replicas: 2, port: 8100 };
export const quiet: Expected = { name: 'quiet', replicas: 0 };
const web: Expected = { name: 'web', replicas: 4, port: 8101 };
const back: Expected = { name: 'back', replicas: 2 };
const passing = ['web', 'back', 'flaky', 'once', 'every'];
/** Changes of a label that `changeOften` makes. */
export const smallChanges = 300;

/** What stays for the whole run. */
export async function createLasting(rig: Rig): Promise<void> {
  const flags = `--name lasting --replicas 2 -p 8100:80 --env GRACEFUL=1`;
  await rig.docker(`service create --detach ${flags} ${testImage}`);
  await rig.docker(`service create --detach --name quiet --replicas 0 ${testImage}`);
  await rig.untilRunning('lasting', 2);
}

/** One of each kind: published, plain, one that fails all the time, one that ends, one on every node. */
export async function createPassing(rig: Rig): Promise<void> {
  const kinds = [
    `--name web --replicas ${String(web.replicas)} -p 8101:80 --env GRACEFUL=1 --stop-grace-period 3s --update-parallelism 2 --update-monitor 100ms`,
    '--name back --replicas 2 --env SAY=20',
    '--name flaky --env EXIT_AFTER_MS=700 --env EXIT_CODE=3 --restart-delay 2s',
    '--name once --env EXIT_AFTER_MS=200 --restart-condition none',
    '--name every --mode global',
  ];
  for (const kind of kinds) await rig.docker(`service create --detach ${kind} ${testImage}`);
  await rig.untilRunning('web', web.replicas);
  await rig.untilRunning('back', back.replicas);
  await rig.untilRunning('every', 1);
}

export async function removePassing(rig: Rig): Promise<void> {
  for (const name of passing) await rig.docker(`service rm ${name}`);
}

/** Logs read to the end and given up in the middle, exec, a container of one's own, streams of events, a client that waits in vain. */
export async function look(rig: Rig, streams: EventStreams): Promise<void> {
  streams.open(10);
  await rig.docker('service logs --tail 5 back');
  await abandon(rig, 'service logs -f back', 500);
  await abandon(rig, 'events', 300);
  await abandon(rig, 'stats', 500);
  const [container = ''] = await rig.running('web');
  await rig.docker(`exec ${container} /web health`);
  await abandon(rig, `logs -f ${container}`, 300);
  await rig.docker(`run --rm --env EXIT_AFTER_MS=50 ${testImage}`);
  await abandon(
    rig,
    `service create --name stuck --constraint node.hostname==none ${testImage}`,
    700,
  );
  await rig.docker('service ps web').then(async () => await rig.docker('node ls'));
  streams.abort(7);
  await removeStuck(rig);
}

/** The client was killed while it waited, or before it asked. */
async function removeStuck(rig: Rig): Promise<void> {
  const names = await rig.docker('service ls --format {{.Name}}');
  if (names.split('\n').includes('stuck')) await rig.docker('service rm stuck');
}

/** Starts a client and kills it after `afterMs`. */
async function abandon(rig: Rig, command: string, afterMs: number): Promise<void> {
  const environment = { ...process.env, DOCKER_HOST: `unix://${rig.node.socketPath}` };
  const child = spawn(rig.client.program, command.split(' '), {
    env: environment,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await Promise.race([ended, sleep(afterMs)]);
  child.kill('SIGKILL');
  await ended;
}

/** Many small changes: the log is to be compacted more than once. */
export async function changeOften(rig: Rig, round: number): Promise<void> {
  const { socketPath } = rig.node;
  for (let count = 0; count < smallChanges; count += 1) {
    const service = await getJson(socketPath, '/v1.41/services/quiet');
    const spec = member(service, 'Spec') as Readonly<Record<string, unknown>>;
    const version = String(member(service, 'Version', 'Index'));
    const labels = { round: String(round), count: String(count), filling: 'x'.repeat(500) };
    const answer = await callSocket({
      socketPath,
      method: 'POST',
      path: `/v1.41/services/quiet/update?version=${version}`,
      body: Buffer.from(JSON.stringify({ ...spec, Labels: labels })),
      limitMs: 30_000,
    });
    if (answer.status !== 200) throw new Error(`a label was not changed: ${answer.text}`);
  }
}

export async function rollOut(rig: Rig, round: number): Promise<void> {
  const first = await rig.running('web');
  const order = round % 2 === 0 ? 'stop-first' : 'start-first';
  await rig.docker(
    `service update --detach --update-order ${order} --env-add ROUND=${String(round)} web`,
  );
  await rig.untilRunning('web', web.replicas, first);
  const second = await rig.running('web');
  await rig.docker('service rollback --detach web');
  await rig.untilRunning('web', web.replicas, second);
  for (const count of [6, 1, web.replicas]) {
    await rig.docker(`service scale --detach web=${String(count)}`);
    await rig.untilRunning('web', count);
  }
}

/** Kills a container in one way each; all are replaced. */
export async function killContainers(rig: Rig): Promise<void> {
  const [first = '', second = ''] = await rig.running('web');
  const [third = ''] = await rig.running('back');
  await onEngine(rig, 'kill', first);
  await onEngine(rig, 'rm', '-f', second);
  await onEngine(rig, 'stop', '-t', '1', third);
  await rig.untilRunning('web', web.replicas, [first, second]);
  await rig.untilRunning('back', back.replicas, [third]);
}

/** Past Shoal, as people do. */
async function onEngine(rig: Rig, ...args: readonly string[]): Promise<void> {
  outputOf(await runCommand(['docker', '-H', `unix://${rig.engine.socketPath}`, ...args], {}));
}

/** @param between looks at what is on the disk while no daemon runs. */
export async function restartDaemon(
  rig: Rig,
  signal: 'SIGTERM' | 'SIGKILL',
  between: () => Promise<void>,
): Promise<void> {
  await rig.node.end(signal);
  await between();
  await rig.node.start();
  await untilServed(rig);
}

export async function restartEngine(rig: Rig, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await rig.engine.halt(signal);
  await sleep(500);
  await rig.engine.start();
  await untilServed(rig);
  await rig.untilRunning('lasting', lasting.replicas);
}

export async function killProxy(rig: Rig): Promise<void> {
  const pid = await rig.node.proxyPid();
  process.kill(pid, 'SIGKILL');
  await eventually('another proxy', async () =>
    (await rig.node.proxyPid()) === pid ? undefined : true,
  );
}

async function untilServed(rig: Rig): Promise<void> {
  await eventually('the swarm is served', async () => {
    const { code } = await rig.node.docker(rig.client, 'node', 'ls');
    return code === 0 ? true : undefined;
  });
}
