/**
 * Reads logs of services and tasks with the stock clients: what they show is compared with Docker swarm mode on the same engine, then how they
 * follow what changes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { findDockerClients, outputOf, runCommand, type DockerClient } from './lib/clients.ts';
import { LogFollower } from './lib/log-follower.ts';
import { curl } from './lib/traffic.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';

let engine: Dockerd;

beforeAll(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
});

afterAll(async () => {
  await engine.stop();
});

/** `docker` at a socket. */
type Docker = (...args: readonly string[]) => ReturnType<typeof runCommand>;

function dockerAt(client: DockerClient, socketPath: string): Docker {
  const environment = { DOCKER_HOST: `unix://${socketPath}`, DOCKER_CONFIG: '/nonexistent' };
  return async (...args) => await runCommand([client.program, ...args], environment);
}

async function createWeb(docker: Docker, ...flags: readonly string[]): Promise<void> {
  const common = ['--detach', '--no-resolve-image', '--quiet', '--name', 'web'];
  outputOf(await docker('service', 'create', ...common, ...flags, testImage));
}

/** Each is given the id of the first task. */
const readings: Readonly<Record<string, (taskId: string) => readonly string[]>> = {
  all: () => ['web'],
  'the last lines of each task': () => ['--tail', '3', 'web'],
  'no lines': () => ['--tail', '0', 'web'],
  'with times': () => ['-t', 'web'],
  'with details': () => ['--details', 'web'],
  'with times and details': () => ['-t', '--details', '--tail', '1', 'web'],
  raw: () => ['--raw', 'web'],
  'without ids of tasks': () => ['--no-task-ids', 'web'],
  'with whole ids': () => ['--no-trunc', 'web'],
  'with ids instead of names': () => ['--no-resolve', 'web'],
  'of a task': (taskId) => [taskId],
  'of a task, its last line, raw': (taskId) => ['--raw', '--tail', '1', taskId],
  'since an hour ago': () => ['--since', '1h', 'web'],
  'since a time to come': () => ['--since', '2100-01-01T00:00:00', 'web'],
  'of no service': () => ['nope'],
  'of no number of lines': () => ['--tail', 'x', 'web'],
  'of a negative number of lines': () => ['--tail', '-1', 'web'],
  'without an argument': () => [],
};

/** What each reading shows, without ids and times; the order of lines of several tasks is nobody's promise. */
async function readAll(docker: Docker): Promise<Readonly<Record<string, unknown>>> {
  outputOf(await docker('swarm', 'init'));
  await createWeb(
    docker,
    '--replicas=2',
    '--env=SAY=8',
    '--env=A=b c',
    '--label=x=y',
    '--container-label=z=1',
    '--log-opt=env=A',
    '--log-opt=labels=z',
  );
  const shown: Record<string, unknown> = {};
  try {
    await untilWritten(docker);
    const tasks = await docker('service', 'ps', '-q', '--no-trunc', '-f', 'name=web.1', 'web');
    for (const [name, argsFor] of Object.entries(readings)) {
      const result = await docker('service', 'logs', ...argsFor(tasks.stdout.trim()));
      shown[name] = {
        code: result.code,
        stdout: linesOf(result.stdout),
        stderr: linesOf(result.stderr),
      };
    }
  } finally {
    await docker('swarm', 'leave', '--force');
  }
  return shown;
}

/** Waits until both tasks wrote all of their lines. Swarm mode asks a registry for the image first, in vain. */
async function untilWritten(docker: Docker): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const { stdout } = await docker('service', 'logs', '--raw', 'web');
    return stdout.split('\n').length === 18 ? true : undefined;
  };
  await eventually('both tasks wrote all of their lines', look, 120_000);
}

function linesOf(text: string): readonly string[] {
  return text
    .replaceAll(/\b[0-9a-z]{25}\b/g, 'ID')
    .replaceAll(/\b(web|ID)\.(\d)\.[0-9a-z]{12}\b/g, '$1.$2.SHORTID')
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z/g, 'TIME')
    .replaceAll(/[ \t]+/g, ' ')
    .split('\n')
    .toSorted();
}

describe.each(findDockerClients())('with docker $version', (client) => {
  let ofDocker: Readonly<Record<string, unknown>> = {};
  let ofShoal: Readonly<Record<string, unknown>> = {};

  beforeAll(async () => {
    ofDocker = await readAll(dockerAt(client, engine.socketPath));
    await using node = await ShoalNode.start(engine);
    ofShoal = await readAll(dockerAt(client, node.socketPath));
  });

  test.each(Object.keys(readings))('logs %s: are what swarm mode shows', (name) => {
    expect(ofDocker[name]).toBeDefined();
    expect(ofShoal[name]).toEqual(ofDocker[name]);
  });

  test('that are followed have what comes, from tasks that come, too', async () => {
    await using node = await ShoalNode.start(engine);
    const docker = dockerAt(client, node.socketPath);
    outputOf(await docker('swarm', 'init'));
    await createWeb(docker, '--env=SAY=3', '-p=8080:80');
    await eventually('the task answers', async () => await curl(engine, 8080));
    const before = await engineStreams();
    await using logs = new LogFollower(client, node.socketPath, '-f', '--tail', '1', 'web');
    await logs.until('the last line', (text) => text.includes('| listening'));
    expect(logs.text).not.toContain('line 3');
    await say('say', 'hello');
    await say('complain', 'oops');
    await logs.until('what came', (text) => text.includes('hello') && text.includes('oops'));
    outputOf(await docker('service', 'scale', '--detach', 'web=2'));
    await logs.until('all of the new task', (text) => /web\.2\S* +\| line 1\n/.test(text));
    await logs.until('its end', (text) => /web\.2\S* +\| listening/.test(text));
    outputOf(await docker('service', 'update', '--detach', '--env-add=SAY=5', 'web'));
    await logs.until('tasks of the update', (text) => (text.match(/line 5/g) ?? []).length === 2);
    expect(await engineStreams()).toBeGreaterThan(before);
    await logs[Symbol.asyncDispose]();
    await eventually('the engine is let go', async () =>
      (await engineStreams()) <= before ? true : undefined,
    );
  });

  test('of one task that are followed end with it, and its container tells them afterwards', async () => {
    await using node = await ShoalNode.start(engine);
    const docker = dockerAt(client, node.socketPath);
    outputOf(await docker('swarm', 'init'));
    await createWeb(docker, '--env=EXIT_AFTER_MS=4000', '--restart-condition=none', '--tty');
    const taskId = await eventually('the task runs', async () => {
      const { stdout } = await docker('service', 'ps', '--no-trunc', '-q', 'web');
      return stdout.trim() || undefined;
    });
    await eventually('it writes', async () =>
      (await docker('service', 'logs', '--raw', taskId)).stdout.includes('listening')
        ? true
        : undefined,
    );
    const followed = await docker('service', 'logs', '-f', '--raw', taskId);
    expect(followed).toMatchObject({ code: 0, stdout: 'listening', stderr: '' });
    expect((await docker('service', 'logs', '--raw', 'web')).stdout).toBe('listening');
  });

  test('that nobody reads for a while cost no memory', async () => {
    await using node = await ShoalNode.start(engine);
    const docker = dockerAt(client, node.socketPath);
    outputOf(await docker('swarm', 'init'));
    await createWeb(docker, '--env=SAY=400000');
    await eventually('the task writes', async () =>
      (await docker('service', 'logs', '--tail', '1', 'web')).stdout.includes('listening')
        ? true
        : undefined,
    );
    await using logs = new LogFollower(client, node.socketPath, '--raw', 'web');
    logs.pause();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(logs.text.length).toBeLessThan(1_000_000);
    logs.resume();
    expect(await logs.end()).toBe(0);
    const lines = logs.text.trimEnd().split('\n');
    expect(lines.length).toBe(400_001);
    expect(lines.at(-2)).toBe('line 400000');
  });
});

async function say(how: 'say' | 'complain', word: string): Promise<void> {
  const url = `http://127.0.0.1:8080/${how}?${word}`;
  outputOf(await runCommand([...engine.inside, 'curl', '-sS', '-m', '5', url], {}));
}

/** Connections to the engine at this moment. */
async function engineStreams(): Promise<number> {
  const { stdout } = await engine.exec('ss', ['-Hxn', 'state', 'connected']);
  return stdout.split('\n').filter((line) => line.includes(engine.socketPath)).length;
}
