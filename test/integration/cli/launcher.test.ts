/**
 * Shows that the real launcher works as people and init systems call it: from any folder, through links, with the
 * Node that it finds by itself, and by becoming that process. A fake daemon answers on a unix socket.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { infoJson, serviceJson, taskJson } from '../../lib/cli-objects.ts';
import { FakeDaemon } from '../../lib/fake-daemon.ts';

const launcher = fileURLToPath(new URL('../../../cli/shoal', import.meta.url));
const systemPath = '/usr/local/bin:/usr/bin:/bin';

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly file?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'shoal-launcher-')));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  return spawn(options.file ?? launcher, [...args], {
    cwd: options.cwd ?? folder,
    env: { PATH: systemPath, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function finish(child: ChildProcess): Promise<Outcome> {
  const texts = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  await once(child, 'close');
  return { code: child.exitCode, ...texts };
}

function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return finish(start(args, options));
}

describe('the launcher', () => {
  test('runs the client from another folder and through a chain of links', async () => {
    await using daemon = await FakeDaemon.start();
    daemon.answer('GET /info', { json: infoJson({ LocalNodeState: 'inactive' }) });
    await mkdir(join(folder, 'bin'));
    await symlink(launcher, join(folder, 'first'));
    await symlink('../first', join(folder, 'bin', 'shoal'));
    const env = { SHOAL_HOST: daemon.host, PATH: `${join(folder, 'bin')}:${systemPath}` };
    for (const options of [
      { env },
      { env, file: join(folder, 'bin', 'shoal') },
      { env, file: 'shoal' },
    ]) {
      const outcome = await run(['status'], options);
      expect(outcome).toMatchObject({ code: 0, err: '' });
      expect(outcome.out).toContain('inactive: start one with "shoal init"');
    }
  });

  test('becomes Node, so that Ctrl-C reaches the client, which leaves the service and says so', async () => {
    await using daemon = await FakeDaemon.start();
    const service = serviceJson({ id: 's1', name: 'web' });
    daemon
      .answer('POST /services/create', { status: 201, json: { ID: 's1' } })
      .answer('GET /services/s1', { json: service })
      .answer('GET /tasks', () => {
        child.kill('SIGINT');
        return { json: [taskJson({ id: 't1', state: 'preparing' })] };
      });
    const child = start(['-H', daemon.host, 'service', 'create', '--name', 'web', 'nginx:1']);
    const outcome = await finish(child);
    expect(outcome).toMatchObject({ code: 130, out: 's1\n' });
    expect(outcome.err).toContain('Use `shoal service ps web` to check progress.');
  });

  test('Ctrl-C ends a verb that waits for a silent daemon', async () => {
    await using daemon = await FakeDaemon.start();
    daemon.answer('GET /services', () => {
      child.kill('SIGINT');
      return { silent: true };
    });
    const child = start(['-H', daemon.host, 'service', 'ls']);
    expect(await finish(child)).toEqual({
      code: 130,
      out: '',
      err: 'interrupted: what was asked of the daemon already may go on\n',
    });
  });

  test('hands the daemon its arguments, its heap limit and its threads, and becomes it', async () => {
    const copy = await fakePackage();
    const child = start(['daemon', '--hostname', 'a b'], {
      file: copy,
      env: { SHOAL_HEAP_MB: '77' },
    });
    const outcome = await finish(child);
    const [pid, heap, threads, ...args] = JSON.parse(outcome.out) as unknown[];
    expect(pid).toBe(child.pid);
    expect(heap).toContain('--max-old-space-size=77');
    expect(threads).toBe('16');
    expect(args).toEqual(['--hostname', 'a b']);
  });

  test('keeps the number of threads that was asked for', async () => {
    const copy = await fakePackage();
    const outcome = await run(['daemon'], { file: copy, env: { UV_THREADPOOL_SIZE: '5' } });
    expect(JSON.parse(outcome.out)).toContain('5');
  });

  test('refuses a heap limit that is no number', async () => {
    const outcome = await run(['daemon'], { env: { SHOAL_HEAP_MB: '1g' } });
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toContain('SHOAL_HEAP_MB "1g" is not a number');
  });

  test('says what is missing where there is no Node that is new enough', async () => {
    const copy = join(folder, 'empty', 'cli', 'shoal');
    await cp(launcher, copy, { recursive: true });
    const outcome = await run(['status'], { file: copy, env: { PATH: await oldNodePath() } });
    expect(outcome).toEqual({
      code: 1,
      out: '',
      err: `shoal: needs Node.js 24 or newer, and ${folder}/old/node on PATH is v20.1.0. Run "npm ci" in ${folder}/empty, which brings one, or put a newer one on PATH.\n`,
    });
  });

  test('passes over a packaged Node that is too old', async () => {
    const copy = await fakePackage('23.9.0');
    const outcome = await run(['daemon'], { file: copy, env: { PATH: await oldNodePath() } });
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toContain('needs Node.js 24 or newer');
  });

  test('says what to do where an installed package was not built', async () => {
    const copy = await fakePackage();
    const outcome = await run(['status'], { file: copy });
    expect(outcome).toMatchObject({ code: 1, out: '' });
    expect(outcome.err).toContain('dist/cli/main.js is missing. Run "npm run build"');
  });

  test('runs the client of an installed package as one file, if there is one', async () => {
    const copy = await fakePackage();
    const folder = join(dirname(copy), '..', 'dist', 'cli');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'main.js'), "console.log('many files')");
    expect((await run(['status'], { file: copy })).out).toBe('many files\n');
    await writeFile(join(folder, 'shoal.cjs'), "console.log('one file', process.argv[2])");
    expect((await run(['status'], { file: copy })).out).toBe('one file status\n');
  });

  /** A search path on which the only Node is one of long ago. */
  async function oldNodePath(): Promise<string> {
    const bin = join(folder, 'old');
    await mkdir(bin);
    await writeFile(join(bin, 'node'), '#!/bin/sh\necho v20.1.0\n');
    await chmod(join(bin, 'node'), 0o755);
    return `${bin}:/usr/bin:/bin`;
  }

  /** An installed package: built code, and the packaged Node hoisted to the folder above. */
  async function fakePackage(version = '24.0.0'): Promise<string> {
    const root = join(folder, 'node_modules', 'shoal');
    const main = join(root, 'dist', 'node', 'daemon', 'main.js');
    await cp(launcher, join(root, 'cli', 'shoal'), { recursive: true });
    await mkdir(dirname(main), { recursive: true });
    await writeFile(join(root, 'package.json'), '{"type":"module"}');
    await writeFile(
      main,
      'console.log(JSON.stringify([process.pid, process.execArgv, process.env.UV_THREADPOOL_SIZE, ...process.argv.slice(2)]));',
    );
    for (const arch of ['x64', 'arm64']) {
      const node = join(folder, 'node_modules', `node-linux-${arch}`);
      await mkdir(join(node, 'bin'), { recursive: true });
      await writeFile(
        join(node, 'package.json'),
        `{\n  "name": "x",\n  "version": "${version}"\n}\n`,
      );
      await symlink(process.execPath, join(node, 'bin', 'node'));
    }
    return join(root, 'cli', 'shoal');
  }
});
