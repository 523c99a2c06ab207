// Stock docker clients against the API over a fake cluster, without any engine: what people type and what they see.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { findDockerClients, runCommand } from '../../e2e/lib/clients.ts';
import { fakeNodeId, FakeNodeControl } from '../../lib/fake-cluster.ts';
import { TestApi } from './test-api.ts';

describe.each(findDockerClients())('docker $version', ({ program }) => {
  let api: TestApi;

  beforeEach(async () => {
    api = await TestApi.start('/nonexistent/engine.sock', new FakeNodeControl());
  });

  afterEach(async () => {
    await api[Symbol.asyncDispose]();
  });

  async function docker(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand([program, ...args], api.environment);
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  async function refusal(...args: readonly string[]): Promise<string> {
    const { code, stderr } = await runCommand([program, ...args], api.environment);
    expect(code).not.toBe(0);
    return stderr;
  }

  async function initWithWeb(): Promise<void> {
    await docker('swarm', 'init');
    await docker(
      'service',
      'create',
      '-d',
      '--no-resolve-image',
      '--name',
      'web',
      '--replicas',
      '3',
      '-p',
      '8080:80',
      'nginx:1',
    );
  }

  test('version and info answer while the engine is down', async () => {
    expect(await docker('version')).toContain('Shoal 1.2.3');
    expect(await docker('version', '--format', '{{.Server.APIVersion}}')).toBe('1.50');
    const { stdout, stderr } = await runCommand([program, 'info'], api.environment);
    expect(stdout).toContain('Swarm: inactive');
    expect(`${stdout}${stderr}`).toContain('WARNING: engine unavailable');
  });

  test('outside a swarm is told how to get into one', async () => {
    expect(await refusal('service', 'ls')).toContain(
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
    );
    expect(await refusal('swarm', 'leave')).toContain('This node is not part of a swarm');
    expect(await refusal('swarm', 'init', '--autolock')).toContain(
      'AutoLockManagers is not supported yet',
    );
  });

  test('makes a swarm, sees it and leaves it', async () => {
    expect(await docker('swarm', 'init')).toContain(
      `current node (${fakeNodeId}) is now a manager`,
    );
    expect(await docker('info')).toContain('Is Manager: true');
    expect(await docker('node', 'ls')).toMatch(
      new RegExp(`${fakeNodeId} \\*\\s+host1\\s+Ready\\s+Active\\s+Leader`),
    );
    expect(await docker('node', 'inspect', '--pretty', 'self')).toContain('Availability:');
    expect(await docker('swarm', 'join-token', '-q', 'worker')).toBe('SWMTKN-1-a-w');
    expect(await refusal('swarm', 'unlock-key')).toContain('no unlock key is set');
    expect(await refusal('swarm', 'init')).toContain('This node is already part of a swarm.');
    expect(await refusal('swarm', 'leave')).toContain('Removing the last manager erases');
    expect(await docker('swarm', 'leave', '--force')).toBe('Node left the swarm.');
  });

  test('creates a service and waits until it has converged', async () => {
    await docker('swarm', 'init');
    const created = await docker(
      'service',
      'create',
      '--name',
      'web',
      '--update-monitor',
      '300ms',
      '--replicas',
      '2',
      'nginx:1',
    );
    expect(created).toContain('converged');
  });

  test('lists, inspects, scales and removes services', async () => {
    await initWithWeb();
    expect(await docker('service', 'ls')).toMatch(
      /web\s+replicated\s+3\/3\s+nginx:1\s+\*:8080->80\/tcp/,
    );
    expect(await docker('service', 'ps', 'web')).toMatch(
      /web\.3\s+nginx:1\s+host1\s+Running\s+Running/,
    );
    expect(await docker('service', 'inspect', '--pretty', 'web')).toContain('PublishedPort = 8080');
    expect(
      await docker(
        'service',
        'inspect',
        '--format',
        '{{.Spec.TaskTemplate.RestartPolicy.Condition}}',
        'web',
      ),
    ).toBe('any');
    await docker('service', 'scale', '-d', 'web=5');
    expect(await docker('service', 'ls')).toMatch(/5\/5/);
    await docker('service', 'update', '-d', '--label-add', 'a=b', 'web');
    expect(await docker('service', 'inspect', '--format', '{{.Spec.Labels.a}}', 'web')).toBe('b');
    expect(await docker('service', 'rm', 'web')).toBe('web');
    expect(await refusal('service', 'inspect', 'web')).toContain('web');
  });

  test("scaling leaves the tasks' spec as it was, to the byte", async () => {
    await initWithWeb();
    const before = [...api.control.api.services.values()][0]?.spec.task;
    await docker('service', 'scale', '-d', 'web=4');
    const after = [...api.control.api.services.values()][0]?.spec.task;
    expect(after).toEqual(before);
  });

  test('is told by name what is not there yet', async () => {
    await docker('swarm', 'init');
    const create = ['service', 'create', '-d', '--no-resolve-image', '--name', 'x'];
    expect(await refusal(...create, '--mode', 'global-job', 'nginx')).toContain(
      'Mode.GlobalJob is not supported yet',
    );
    expect(await refusal(...create, '--endpoint-mode', 'dnsrr', 'nginx')).toContain(
      'EndpointSpec.Mode "dnsrr" is not supported yet',
    );
    expect(await refusal('network', 'create', '-d', 'overlay', 'n')).toContain(
      'Driver "overlay" is not supported yet',
    );
    expect(await docker('secret', 'ls')).toContain('ID');
    expect(await docker('config', 'ls')).toContain('ID');
  });

  test('drains a node', async () => {
    await docker('swarm', 'init');
    await docker('node', 'update', '--availability', 'drain', fakeNodeId);
    expect(await docker('node', 'ls')).toContain('Drain');
  });

  test("hears the cluster's events", async () => {
    await docker('swarm', 'init');
    const attributes = new Map([['name', 'web']]);
    api.control.memory.note({
      type: 'service',
      action: 'create',
      id: 'svc1',
      attributes,
      timeMs: Date.now(),
    });
    api.control.endEvents();
    expect(await docker('events', '--since', '1')).toMatch(/service create svc1 \(name=web\)/);
  });
});
