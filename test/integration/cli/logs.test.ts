/** Shows `service logs` from the real command over a socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { logFrame, nodeJson, serviceJson, taskJson } from '../../lib/cli-objects.ts';
import { FakeDaemon } from '../../lib/fake-daemon.ts';
import { launcher, type Outcome, runShoal } from './lib/run.ts';

let daemon: FakeDaemon;

beforeEach(async () => {
  daemon = await FakeDaemon.start();
  daemon
    .answer('GET /services/web', { json: serviceJson({ id: 's1', name: 'web', replicas: 12 }) })
    .answer('GET /services/s1', { json: serviceJson({ id: 's1', name: 'web', replicas: 12 }) })
    .answer('GET /tasks/t1', { json: taskJson({ id: 't1', slot: 1 }) })
    .answer('GET /nodes/n1', { json: nodeJson({ id: 'n1', hostname: 'box' }) });
});

afterEach(async () => {
  await daemon[Symbol.asyncDispose]();
});

function shoal(line: string): Promise<Outcome> {
  return runShoal(daemon.host, line.split(' '));
}

function ids(taskId: string): string {
  return `com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=${taskId}`;
}

test('lines carry their task and node, and go where the container wrote them', async () => {
  const bytes = Buffer.concat([
    logFrame(`${ids('t1')} hello\n`),
    logFrame(`${ids('t1')} oh no\u001b[2J\n`, 2),
    logFrame(`${ids('t9gone')} bye\n`),
  ]);
  daemon.answer('GET /services/web/logs', { pieces: [bytes.subarray(0, 50), bytes.subarray(50)] });
  expect(await shoal('service logs web')).toEqual({
    code: 0,
    out: 'web.1.t1@box     | hello\nt9gone@box    | bye\n',
    err: 'web.1.t1@box     | oh no\u001b[2J\n',
  });
  expect(daemon.seen('GET /services/web/logs')[0]?.query).toEqual({
    stdout: '1',
    stderr: '1',
    details: '1',
    tail: 'all',
  });
  expect(daemon.seen('GET /tasks/t1')).toHaveLength(1);
});

test('options choose what is asked for and how it is shown', async () => {
  const time = '2026-11-24T12:00:00.000000001Z';
  daemon.answer('GET /services/web/logs', {
    pieces: [logFrame(`${time} ${ids('t1')},a=b hello\n`)],
  });
  const line = 'service logs -t -n 5 --since 1700000000 --details --no-resolve --no-task-ids web';
  expect((await shoal(line)).out).toBe(`${time} s1.1@n1     | a=b hello\n`);
  expect(daemon.seen('GET /services/web/logs')[0]?.query).toMatchObject({
    timestamps: '1',
    tail: '5',
    since: '1700000000',
  });
  expect(JSON.parse((await shoal('service logs --json web')).out)).toEqual({
    Time: time,
    TaskID: 't1',
    NodeID: 'n1',
    Stream: 'stdout',
    Message: 'hello',
  });
});

test('--raw prints the bytes of the containers alone', async () => {
  daemon.answer('GET /services/web/logs', { pieces: [logFrame('a b\u0007\n')] });
  expect((await shoal('service logs --raw web')).out).toBe('a b\u0007\n');
  expect(daemon.seen('GET /services/web/logs')[0]?.query).not.toHaveProperty('details');
});

test('a service with a terminal has no lines', async () => {
  const spec = { TaskTemplate: { ContainerSpec: { TTY: true } } };
  daemon
    .answer('GET /services/tty', { json: serviceJson({ id: 's2', name: 'tty', spec }) })
    .answer('GET /services/tty/logs', { text: 'prompt> ' });
  expect(await shoal('service logs tty')).toMatchObject({
    code: 1,
    err: 'logs of services with a terminal have no lines: use --raw\n',
  });
  expect((await shoal('service logs --raw tty')).out).toBe('prompt> ');
});

test('what is no service may be a task', async () => {
  daemon.answer('GET /tasks/t1/logs', { pieces: [logFrame(`${ids('t1')} hello\n`)] });
  expect((await shoal('service logs t1')).out).toContain('| hello\n');
  expect(await shoal('service logs nothing')).toMatchObject({
    code: 1,
    err: 'no such task or service: nothing\n',
  });
});

test.each([
  [
    { status: 501, json: { message: 'logs are not there yet' } },
    'Error response from daemon: logs',
  ],
  [{ pieces: [logFrame('x').subarray(0, 8)] }, 'the logs ended in the middle of a line'],
  [{ pieces: [logFrame('node n2 is gone', 3)] }, 'node n2 is gone'],
  [{ text: '<html></html>' }, 'the daemon sent something else than logs'],
  [{ pieces: [logFrame('no context')] }, 'a line of the logs does not say where it is from'],
])('an answer such as %j is an error in words', async (answer, text) => {
  daemon.answer('GET /services/web/logs', answer);
  const outcome = await shoal('service logs web');
  expect(outcome.code).toBe(1);
  expect(outcome.err).toContain(text);
  expect(outcome.err).not.toContain('internal error');
});

test('logs that are followed go on until Ctrl-C, which ends them silently', async () => {
  daemon.answer('GET /services/web/logs', {
    pieces: [logFrame(`${ids('t1')} hello\n`)],
    endless: true,
  });
  const child: ChildProcess = spawn(launcher, ['service', 'logs', '-f', 'web'], {
    env: { PATH: '/usr/bin:/bin', SHOAL_HOST: daemon.host },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let err = '';
  child.stderr?.on('data', (text: Buffer) => (err += text.toString()));
  const [out] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  expect(out.toString()).toContain('| hello\n');
  child.kill('SIGINT');
  await once(child, 'close');
  expect({ code: child.exitCode, err }).toEqual({ code: 130, err: '' });
  expect(daemon.seen('GET /services/web/logs')[0]?.query).toMatchObject({ follow: '1' });
});
