/** Shows with the stock clients what services do on one node, beyond what they print: replicas that answer, and traces that go. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { loadTestImage, testImage } from '../integration/lib/test-image.ts';
import { findDockerClients, outputOf, type DockerClient } from './lib/clients.ts';
import { unexplained, type Outage } from './lib/failures.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';
import { curl, Traffic } from './lib/traffic.ts';

let engine: Dockerd;

beforeAll(async () => {
  engine = await startDockerd();
  await loadTestImage(engine.socketPath);
});

afterAll(async () => {
  await engine.stop();
});

/** Asks with curl until `count` replicas answered. */
async function answering(count: number): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  return await eventually(`${String(count)} replicas answer`, async () => {
    const replica = await curl(engine, 8080);
    if (replica !== undefined) seen.add(replica);
    return seen.size === count ? seen : undefined;
  });
}

function runningIds(containers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(containers)
    .filter(([, text]) => text.endsWith(' running'))
    .map(([id]) => id.slice(0, 12))
    .toSorted();
}

/** What the engine and the kernel hold that a swarm could leave behind. */
async function traces(): Promise<readonly string[]> {
  const docker = ['-H', `unix://${engine.socketPath}`];
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['docker', [...docker, 'ps', '-a', '--format', '{{.Names}}']],
    ['docker', [...docker, 'network', 'ls', '--format', '{{.Name}} {{.Driver}}']],
    ['docker', [...docker, 'volume', 'ls', '-q']],
    ['ip', ['-o', 'link', 'show', 'type', 'bridge']],
    ['ip', ['-o', 'link', 'show', 'type', 'veth']],
    ['ip', ['rule']],
    ['iptables-save', ['-t', 'filter']],
    ['iptables-save', ['-t', 'nat']],
    ['ss', ['-Hltn']],
  ];
  const outputs = await Promise.all(
    commands.map(async ([program, args]) => await engine.exec(program, args)),
  );
  return outputs.map(({ stdout }) =>
    stdout
      .split('\n')
      // Comments name the time, chains count packets, and links have a state.
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.replace(/\[\d+:\d+\]|state \w+|<[\w,-]+>/g, '').trim())
      .toSorted()
      .join('\n'),
  );
}

async function initialized(client: DockerClient): Promise<ShoalNode> {
  const node = await ShoalNode.start(engine);
  outputOf(await node.docker(client, 'swarm', 'init'));
  return node;
}

async function createWeb(
  node: ShoalNode,
  client: DockerClient,
  ...flags: readonly string[]
): Promise<void> {
  const args = ['--name', 'web', '--replicas', '3', '-p', '8080:80', ...flags, testImage];
  const created = await node.docker(client, 'service', 'create', '--quiet', ...args);
  outputOf(created);
}

describe.each(findDockerClients())('with docker $version', (client) => {
  test('a published port reaches every replica, before and after scaling, and leaving leaves no trace', async () => {
    const before = await traces();
    {
      await using node = await initialized(client);
      await createWeb(node, client);
      const three = await answering(3);
      expect([...three].toSorted()).toEqual(runningIds(await node.containers()));
      const scaled = await node.docker(client, 'service', 'scale', 'web=6');
      outputOf(scaled);
      const six = await answering(6);
      for (const replica of three) expect(six).toContain(replica);
      expect(await node.docker(client, 'service', 'rm', 'web')).toMatchObject({
        code: 0,
        stdout: 'web',
      });
      await eventually('no container is left', async () =>
        Object.keys(await node.containers()).length === 0 ? true : undefined,
      );
      await createWeb(node, client);
      outputOf(await node.docker(client, 'swarm', 'leave', '--force'));
      expect(await node.containers()).toEqual({});
    }
    expect(await traces()).toEqual(before);
  });

  test('containers carry the names and labels that tools know from swarm mode', async () => {
    await using node = await initialized(client);
    await createWeb(node, client, '--label', 'a=b', '--container-label', 'c=d');
    const [id = '', text = ''] =
      Object.entries(await node.containers()).toSorted((a, b) => (a[1] < b[1] ? -1 : 1))[0] ?? [];
    expect(text).toMatch(/^web\.1\.[0-9a-z]{25} running$/);
    const labels = await node.docker(client, 'inspect', '--format', '{{json .Config.Labels}}', id);
    const taskId = text.slice('web.1.'.length, -' running'.length);
    const service = await node.docker(client, 'service', 'inspect', '--format', '{{.ID}}', 'web');
    const self = await node.docker(client, 'info', '--format', '{{.Swarm.NodeID}}');
    expect(JSON.parse(labels.stdout)).toMatchObject({
      c: 'd',
      'com.docker.swarm.node.id': self.stdout,
      'com.docker.swarm.service.id': service.stdout,
      'com.docker.swarm.service.name': 'web',
      'com.docker.swarm.task': '',
      'com.docker.swarm.task.id': taskId,
      'com.docker.swarm.task.name': `web.1.${taskId}`,
    });
  });

  test('events tell of services as they come, change and go, beside those of containers', async () => {
    await using node = await initialized(client);
    const format = '{{.Scope}} {{.Type}} {{.Action}} {{index .Actor.Attributes "name"}}';
    const events = spawn(client.program, ['events', '--format', format], {
      env: { ...process.env, DOCKER_HOST: `unix://${node.socketPath}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seen = '';
    events.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    await sleep(500);
    await createWeb(node, client);
    await node.docker(client, 'service', 'scale', '--detach', 'web=1');
    await node.docker(client, 'service', 'rm', 'web');
    await eventually('the last event', async () =>
      seen.includes('service remove web') ? true : undefined,
    );
    events.kill('SIGTERM');
    await once(events, 'exit');
    const ofServices = seen.split('\n').filter((line) => line.startsWith('swarm service '));
    expect(ofServices).toEqual([
      'swarm service create web',
      'swarm service update web',
      'swarm service remove web',
    ]);
    expect(seen).toMatch(/^local container start web\.1\.[0-9a-z]{25}$/m);
  });

  test('a killed container is replaced after the delay, and all that was not in flight on it is answered', async () => {
    await using node = await initialized(client);
    await createWeb(node, client, '--restart-delay', '2s');
    await answering(3);
    await using traffic = new Traffic(engine, 8080);
    await eventually('traffic', async () => (traffic.count > 50 ? true : undefined));
    const [victim = ''] = runningIds(await node.containers());
    const killedAtMs = performance.now();
    const killMs = Date.now();
    outputOf(await node.docker(client, 'kill', victim));
    const kill: Outage = [killMs, Date.now()];
    const now = await eventually('three run again', async () => {
      const running = runningIds(await node.containers());
      return running.length === 3 && !running.includes(victim) ? running : undefined;
    });
    expect(performance.now() - killedAtMs).toBeGreaterThan(1900);
    const three = await answering(3);
    expect([...three].toSorted()).toEqual(now);
    const history = await node.docker(
      client,
      'service',
      'ps',
      'web',
      '--no-trunc',
      '--format',
      '{{.Name}} {{.CurrentState}} {{.Error}}',
    );
    expect(history.stdout).toMatch(/Failed .*task: non-zero exit \(137\)/);
    const { failures, requests } = await traffic.stop();
    expect(unexplained(failures, [kill])).toEqual([]);
    expect(requests).toBeGreaterThan(100);
  });

  test('what is not there yet is refused by name, and nothing of it is made', async () => {
    await using node = await initialized(client);
    const refusals = [
      [
        ['service', 'create', '--endpoint-mode', 'dnsrr', testImage],
        '"dnsrr" is not supported yet',
      ],
      [['network', 'create', '-d', 'overlay', 'wide'], '"overlay" is not supported yet'],
      [['config', 'create', 'a', import.meta.filename], 'a config is not supported yet'],
    ] as const;
    for (const [args, text] of refusals) {
      const refused = await node.docker(client, ...args);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(text) as unknown });
    }
    expect((await node.docker(client, 'service', 'ls', '-q')).stdout).toBe('');
  });

  test('what is no matter of the swarm reaches the engine: run, exec, logs and build context', async () => {
    await using node = await initialized(client);
    const run = await node.docker(client, 'run', '-d', '--name', 'alone', testImage);
    outputOf(run);
    const logs = await eventually('its output', async () => {
      const { stdout } = await node.docker(client, 'logs', 'alone');
      return stdout === '' ? undefined : stdout;
    });
    expect(logs).toBe('listening');
    const exec = await node.docker(client, 'exec', 'alone', '/web', 'health');
    outputOf(exec);
    expect(await node.docker(client, 'rm', '-f', 'alone')).toMatchObject({
      code: 0,
      stdout: 'alone',
    });
  });
});
