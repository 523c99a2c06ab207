/** Shows what people and scripts see of each verb: output, errors and exit codes, from the real command over a socket. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { infoJson, nodeJson, serviceJson, taskJson } from '../../lib/cli-objects.ts';
import { FakeDaemon } from '../../lib/fake-daemon.ts';
import { type Outcome, runShoal } from './lib/run.ts';

let daemon: FakeDaemon;

beforeEach(async () => {
  daemon = await FakeDaemon.start();
});

afterEach(async () => {
  await daemon[Symbol.asyncDispose]();
});

function shoal(...args: readonly string[]): Promise<Outcome> {
  return runShoal(daemon.host, args);
}

function words(line: string): readonly string[] {
  return line.split(' ');
}

describe('swarm verbs', () => {
  test('init sends what was given and says which node is now a manager', async () => {
    daemon.answer('POST /swarm/init', { json: 'n1aaaaaaaaaaaaaaaaaaaaaaa' });
    const outcome = await shoal(
      ...words('init --advertise-addr 10.0.0.1 --task-history-limit 3'),
      ...words('--default-addr-pool 10.8.0.0/16 --availability drain'),
    );
    expect(outcome).toEqual({
      code: 0,
      out: 'Swarm initialized: current node (n1aaaaaaaaaaaaaaaaaaaaaaa) is now a manager.\n',
      err: '',
    });
    expect(daemon.requests[0]?.body).toEqual({
      ListenAddr: '0.0.0.0:2377',
      AdvertiseAddr: '10.0.0.1',
      Availability: 'drain',
      DefaultAddrPool: ['10.8.0.0/16'],
      SubnetSize: 24,
      ForceNewCluster: false,
      AutoLockManagers: false,
      Spec: { Orchestration: { TaskHistoryRetentionLimit: 3 } },
    });
  });

  test('join sends what was given, and says as what the node joined', async () => {
    daemon.answer('POST /swarm/join', {});
    daemon.answer('GET /info', { json: { Swarm: { LocalNodeState: 'active' } } });
    const outcome = await shoal(
      ...words('join --token SWMTKN-1-x-y --listen-addr 10.0.0.2:2477 10.0.0.1 10.0.0.9:2377'),
    );
    expect(outcome).toEqual({ code: 0, out: 'This node joined a swarm as a worker.\n', err: '' });
    expect(daemon.requests[0]?.body).toEqual({
      ListenAddr: '10.0.0.2:2477',
      AdvertiseAddr: '',
      RemoteAddrs: ['10.0.0.1', '10.0.0.9:2377'],
      JoinToken: 'SWMTKN-1-x-y',
      Availability: 'active',
    });
  });

  test('join-token prints the command that a further node needs', async () => {
    daemon.answer('GET /swarm', { json: { JoinTokens: { Worker: 'W', Manager: 'M' } } });
    const managers = [
      { NodeID: 'other', Addr: '10.0.0.2:2377' },
      { NodeID: 'self', Addr: '10.0.0.1:2377' },
    ];
    daemon.answer('GET /info', { json: { Swarm: { NodeID: 'self', RemoteManagers: managers } } });
    expect((await shoal('join-token', 'worker')).out).toContain(
      'shoal join --token W 10.0.0.1:2377\n',
    );
    expect(await shoal('join-token', '-q', 'manager')).toMatchObject({ code: 0, out: 'M\n' });
  });

  test('a refusal of the daemon is printed in its words, with exit code 1', async () => {
    daemon.answer('POST /swarm/leave', {
      status: 503,
      json: { message: 'This node is not part of a swarm' },
    });
    expect(await shoal('leave', '--force')).toEqual({
      code: 1,
      out: '',
      err: 'Error response from daemon: This node is not part of a swarm\n',
    });
    expect(daemon.requests[0]?.query).toEqual({ force: 'true' });
  });

  test('node ls stars the node that was asked', async () => {
    daemon
      .answer('GET /nodes', {
        json: [nodeJson({ id: 'n1aaaaaaaaaaaaaaaaaaaaaaa', hostname: 'box' })],
      })
      .answer('GET /info', { json: infoJson() });
    expect((await shoal('node', 'ls')).out).toContain('n1aaaaaaaaaaaaaaaaaaaaaaa *   box');
    expect((await shoal('node', 'ls', '-q')).out).toBe('n1aaaaaaaaaaaaaaaaaaaaaaa\n');
  });

  test('status of a manager shows services and problems', async () => {
    daemon
      .answer('GET /info', { json: infoJson() })
      .answer('GET /nodes', { json: [] })
      .answer('GET /services', {
        json: [serviceJson({ id: 's1', name: 'web', replicas: 2, running: 1 })],
      })
      .answer('GET /tasks', {
        json: [taskJson({ id: 't', slot: 2, state: 'pending', error: 'no room' })],
      });
    const { code, out } = await shoal('status');
    expect(code).toBe(0);
    expect(out).toContain('service web: 1/2 tasks run');
    expect(out).toMatch(/task web\.2 pending .* ago: no room/);
  });
});

describe('status', () => {
  test('shows the node where the swarm cannot be asked, and fails', async () => {
    const message = 'The swarm does not have a leader.';
    daemon.answer('GET /info', { json: infoJson() });
    for (const route of ['GET /nodes', 'GET /services', 'GET /tasks']) {
      daemon.answer(route, { status: 500, json: { message } });
    }
    const { code, out, err } = await shoal('status');
    expect({ code, err }).toEqual({ code: 1, err: `Error response from daemon: ${message}\n` });
    expect(out).toContain('box-1');
    expect(out).not.toContain('No problems');
  });
});

describe('service verbs', () => {
  test('create passes flags and what follows the image, prints the id, warns, and may be detached', async () => {
    daemon.answer('POST /services/create', {
      status: 201,
      json: { ID: 's1', Warnings: ['old image'] },
    });
    const outcome = await shoal(
      ...words(
        'service create -d --name web --replicas 2 -p80:8080/udp -eA=1 -e GREETING -e NOWHERE',
      ),
      ...words('-l a=b nginx:1 serve --name x -d'),
    );
    expect(outcome).toEqual({ code: 0, out: 's1\n', err: 'WARNING: old image\n' });
    expect(daemon.requests.map((request) => request.body)).toEqual([
      {
        Name: 'web',
        Labels: { a: 'b' },
        TaskTemplate: {
          ContainerSpec: {
            Image: 'nginx:1',
            Args: ['serve', '--name', 'x', '-d'],
            Env: ['A=1', 'GREETING=hello'],
          },
        },
        Mode: { Replicated: { Replicas: 2 } },
        EndpointSpec: {
          Mode: 'vip',
          Ports: [{ Protocol: 'udp', TargetPort: 8080, PublishedPort: 80, PublishMode: 'ingress' }],
        },
      },
    ]);
  });

  test('create waits until all tasks run, and prints only the id to standard output', async () => {
    let looks = 0;
    const spec = { UpdateConfig: { Monitor: 100_000_000 } };
    daemon
      .answer('POST /services/create', { status: 201, json: { ID: 's1' } })
      .answer('GET /services/s1', { json: serviceJson({ id: 's1', name: 'web', spec }) })
      .answer('GET /tasks', () => {
        looks += 1;
        return { json: [taskJson({ id: 't', state: looks < 3 ? 'preparing' : 'running' })] };
      });
    expect(await shoal('service', 'create', 'nginx:1')).toEqual({
      code: 0,
      out: 's1\n',
      err: [
        'overall progress: 0 out of 1 tasks',
        'web.1: preparing',
        'overall progress: 1 out of 1 tasks',
        'web.1: running',
        'verify: waiting 1 seconds to verify that tasks are stable',
        'verify: service web converged',
        '',
      ].join('\n'),
    });
    expect(daemon.seen('GET /tasks')[0]?.query).toEqual({
      filters: '{"service":{"s1":true},"_up-to-date":{"true":true}}',
    });
    expect((await shoal('service', 'create', '-q', 'nginx:1')).err).toBe('');
  });

  test('a service that is removed while it is waited for is an error', async () => {
    daemon.answer('POST /services/create', { status: 201, json: { ID: 's1' } });
    expect(await shoal('service', 'create', 'nginx:1')).toEqual({
      code: 1,
      out: 's1\n',
      err: 'service s1 was removed before it converged\n',
    });
  });

  test('scale changes the count and nothing else of the spec, numbers beyond 2^53 included', async () => {
    const spec = '{"Name":"web","Big":9223372036854775807,"Mode":{"Replicated":{"Replicas":1}}}';
    daemon
      .answer('GET /services/web', { text: `{"ID":"s1","Version":{"Index":7},"Spec":${spec}}` })
      .answer('POST /services/s1/update', { json: { Warnings: null } });
    expect(await shoal('service', 'scale', '-d', 'web=6')).toEqual({
      code: 0,
      out: 'web scaled to 6\n',
      err: '',
    });
    expect(daemon.seen('POST /services/s1/update')).toMatchObject([
      {
        query: { version: '7' },
        text: '{"Name":"web","Big":9223372036854775807,"Mode":{"Replicated":{"Replicas":6}}}',
      },
    ]);
  });

  test('rm removes what it can, and fails if one could not be removed', async () => {
    daemon
      .answer('DELETE /services/web', {})
      .answer('DELETE /services/api', { status: 404, json: { message: 'service api not found' } });
    expect(await shoal('service', 'rm', 'api', 'web')).toEqual({
      code: 1,
      out: 'web\n',
      err: 'Error response from daemon: service api not found\n',
    });
  });

  test('ps prints the tasks of services that exist, and fails if one does not', async () => {
    daemon
      .answer('GET /services/web', { json: serviceJson({ id: 's1', name: 'web' }) })
      .answer('GET /nodes', { json: [] })
      .answer('GET /tasks', { json: [taskJson({ id: 't1' })] });
    expect(await shoal('service', 'ps', '-q', '-f', 'desired-state=running', 'web', 'api')).toEqual(
      {
        code: 1,
        out: 't1\n',
        err: 'no such service: api\n',
      },
    );
    expect(daemon.seen('GET /tasks')[0]?.query).toEqual({
      filters: '{"desired-state":{"running":true},"service":{"s1":true}}',
    });
  });

  test('a name cannot lead to another route', async () => {
    await shoal('service', 'rm', '../nodes/n1?force=1');
    expect(daemon.requests[0]?.path).toBe('/services/..%2Fnodes%2Fn1%3Fforce%3D1');
    expect((await shoal('service', 'rm', '..')).code).toBe(2);
  });
});

describe('failures', () => {
  test.each([
    [['servce'], "error: unknown command 'servce'"],
    [['service', 'create'], "error: missing required argument 'image'"],
    [['service', 'create', '--evn', 'A=1', 'x'], "error: unknown option '--evn'"],
    [['service', 'create', '-p', 'x', 'nginx'], '--publish "x" has a wrong port "x"'],
    [['service', 'scale', 'web'], '"web" is not SERVICE=REPLICAS'],
    [
      ['init', '--availability', 'off'],
      "argument 'off' is invalid. Allowed choices are active, pause",
    ],
    [['join', '10.0.0.1'], "error: required option '--token <token>' not specified"],
    [['join', '--token', 'x'], "error: missing required argument 'manager'"],
    [['join-token', 'boss'], 'Allowed choices are worker, manager'],
    [
      ['-H', 'tcp://1.2.3.4:1', 'status'],
      '--host (or SHOAL_HOST) "tcp://1.2.3.4:1" is not a unix socket',
    ],
    [['-H', 'unix:///x', 'daemon'], '"daemon" must be the first word'],
  ])('%j is a wrong use: exit code 2, nothing asked of the daemon', async (args, text) => {
    const outcome = await shoal(...args);
    expect(outcome).toMatchObject({ code: 2, out: '' });
    expect(outcome.err).toContain(text);
    expect(daemon.requests).toEqual([]);
  });

  test('a daemon that does not run is named, with how to start it', async () => {
    expect(await shoal('-H', 'unix:///nowhere/shoal.sock', 'service', 'ls')).toEqual({
      code: 1,
      out: '',
      err: 'cannot connect to the Shoal daemon at unix:///nowhere/shoal.sock. Is it running? Start it with: shoal daemon\n',
    });
  });

  test('something else than a socket is named as a daemon that does not run', async () => {
    const path = join(daemon.folder, 'file');
    await writeFile(path, '');
    await chmod(path, 0o600);
    expect((await shoal('-H', `unix://${path}`, 'service', 'ls')).err).toContain('cannot connect');
  });

  test.each([
    [{ hangUp: true }, 'lost the Shoal daemon at unix://'],
    [{ text: '<html>' }, 'is not JSON: is it a Shoal daemon?'],
    [{ json: { message: 'odd' } }, 'the daemon answered something else than a list'],
    [{ status: 500, text: '' }, 'Error response from daemon: status 500'],
    [
      { status: 502, text: 'bad\u001b[2J gateway' },
      'Error response from daemon: bad\\u001b[2J gateway',
    ],
  ])('an answer such as %j is an error, not a crash', async (answer, text) => {
    daemon.answer('GET /services', answer);
    const outcome = await shoal('service', 'ls');
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toContain(text);
    expect(outcome.err).not.toContain('internal error');
  });

  test('help and version are no failures', async () => {
    expect((await shoal()).out).toContain('Exit codes:');
    expect(await shoal('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^shoal \d/) as string,
    });
    expect(await shoal('service', 'create', '--help')).toMatchObject({ code: 0, err: '' });
  });
});
