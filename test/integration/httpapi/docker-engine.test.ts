// Stock docker clients through the API to a real engine: what is not the cluster's works as if nothing stood between.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { findDockerClients, runCommand } from '../../e2e/lib/clients.ts';
import { busyboxImage as image, loadBusyboxImage } from '../lib/busybox-image.ts';
import { Typed } from '../../e2e/lib/typed.ts';
import { type Dockerd, startDockerd } from '../lib/dockerd.ts';
import { TestApi } from './test-api.ts';

let engine: Dockerd;
let api: TestApi;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-busybox-'));
  engine = await startDockerd();
  api = await TestApi.start(engine.socketPath);
  await loadBusyboxImage(engine.socketPath);
});

afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(findDockerClients())('docker $version', ({ program, version }) => {
  const name = `box-${version.replaceAll('.', '-')}`;

  async function docker(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand([program, ...args], api.environment);
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}${stdout}`);
    return stdout;
  }

  interface Typed {
    readonly code: number | null;
    readonly output: string;
  }

  /** Runs a command with `input` on its standard input, which then ends. */
  async function typed(input: string, ...args: readonly string[]): Promise<Typed> {
    const child = spawn(program, args, { env: { ...process.env, ...api.environment } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        output += chunk;
      });
    }
    child.stdin.end(input);
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.once('close', resolve);
    return { code: await promise, output };
  }

  beforeAll(async () => {
    await docker('run', '-d', '--name', name, image, 'busybox', 'sleep', '600');
  });

  test('version and info show both sides', async () => {
    expect(await docker('version')).toMatch(
      /Server: Shoal 1\.2\.3[\s\S]*Engine:[\s\S]*containerd:/,
    );
    const info = await docker('info');
    expect(info).toContain('Is Manager: true');
    expect(info).toMatch(/Storage Driver: \w+/);
  });

  test('run gives output and exit code, in the foreground and with a terminal', async () => {
    expect(await docker('run', '--rm', image, 'busybox', 'echo', 'hello')).toBe('hello');
    expect(await docker('run', '--rm', '-t', image, 'busybox', 'echo', 'tty')).toBe('tty');
    const { code } = await runCommand(
      [program, 'run', '--rm', image, 'busybox', 'sh', '-c', 'exit 7'],
      api.environment,
    );
    expect(code).toBe(7);
  });

  test('run -i carries standard input, its end, and what is said after it', async () => {
    const input = 'x'.repeat(300_000);
    const { code, output } = await typed(input, 'run', '--rm', '-i', image, 'busybox', 'wc', '-c');
    expect([code, output.trim()]).toEqual([0, '300000']);
  });

  test('exec carries both directions and tells a missing container', async () => {
    expect(await docker('exec', name, 'busybox', 'echo', 'in')).toBe('in');
    const { code, output } = await typed('ab\nc', 'exec', '-i', name, 'busybox', 'cat');
    expect([code, output]).toEqual([0, 'ab\nc']);
    const missing = await runCommand([program, 'exec', 'none', 'true'], api.environment);
    expect(missing.stderr).toContain('No such container: none');
  });

  test('ps, logs -f, wait, stop and rm see one container', async () => {
    const script = 'for i in 1 2 3; do echo line$i; busybox sleep 0.1; done';
    const id = await docker('run', '-d', image, 'busybox', 'sh', '-c', script);
    expect(await docker('logs', '-f', id)).toBe('line1\nline2\nline3');
    expect(await docker('wait', id)).toBe('0');
    expect(await docker('ps', '-aq', '--no-trunc')).toContain(id);
    expect(await docker('rm', id)).toBe(id);
    expect(await docker('ps')).toContain(name);
    expect(await docker('top', name)).toContain('sleep');
  });

  test('cp goes in and out', async () => {
    const file = join(folder, `in-${name}`);
    await writeFile(file, 'copied');
    await docker('cp', file, `${name}:/copied`);
    expect(await docker('exec', name, 'busybox', 'cat', '/copied')).toBe('copied');
    await docker('cp', `${name}:/copied`, `${file}.back`);
  });

  test('build by the classic builder sends its context', async () => {
    const context = join(folder, `context-${name}`);
    await mkdir(context);
    await writeFile(join(context, 'Dockerfile'), `FROM ${image}\nCOPY data /data\n`);
    await writeFile(join(context, 'data'), 'built');
    const { code, stderr } = await runCommand(
      [program, 'build', '-q', '-t', `built-${name}`, context],
      { ...api.environment, DOCKER_BUILDKIT: '0' },
    );
    expect([code, stderr]).toEqual([0, expect.any(String) as string]);
    expect(await docker('run', '--rm', `built-${name}`, 'busybox', 'cat', '/data')).toBe('built');
  });

  test("networks are the engine's and the cluster's", async () => {
    const list = await docker('network', 'ls');
    expect(list).toMatch(/bridge\s+bridge\s+local/);
    expect(list).toMatch(/ingress\s+overlay\s+swarm/);
    await docker('network', 'create', `net-${name}`);
    expect(await docker('network', 'inspect', '-f', '{{.Driver}} {{.Scope}}', `net-${name}`)).toBe(
      'bridge local',
    );
    expect(await docker('network', 'inspect', '-f', '{{.Scope}}', 'ingress')).toBe('swarm');
    await docker('network', 'rm', `net-${name}`);
  });

  test("events are the engine's and the cluster's in one stream", async () => {
    const since = String(Math.floor(Date.now() / 1000) - 1);
    const format = ['--format', '{{.Type}} {{.Action}}'];
    await using events = new Typed(
      [program, 'events', '--since', since, ...format],
      api.environment,
    );
    const attributes = new Map([['name', 'web']]);
    const timeMs = Date.now();
    api.control.memory.note({ type: 'service', action: 'create', id: 's', attributes, timeMs });
    await docker('run', '--rm', image, 'busybox', 'true');
    await events.untilSaid('service create');
    await events.untilSaid('container start');
  });

  test('an image that no registry has is a warning of create after two seconds, not a hang', async () => {
    const started = performance.now();
    const { stderr } = await runCommand(
      [program, 'service', 'create', '-d', '--name', `s-${name}`, '192.0.2.1:5000/none:1'],
      api.environment,
    );
    expect(stderr).toContain('could not be accessed on a registry to record');
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
