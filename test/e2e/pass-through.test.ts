/**
 * Stock clients through a daemon to a real engine: whatever is no matter of the swarm works, byte for byte and with the same exit codes, as
 * if nothing stood between. One engine, one daemon; each client runs all of it.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { busyboxImage as image, loadBusyboxImage } from '../integration/lib/busybox-image.ts';
import { startDockerd, type Dockerd } from '../integration/lib/dockerd.ts';
import { Registry } from '../integration/lib/registry.ts';
import { findDockerClients, outputOf, type CommandResult, runCommand } from './lib/clients.ts';
import { eventually, ShoalNode } from './lib/shoal-node.ts';
import { Typed } from './lib/typed.ts';

const registryAddress = '127.0.0.1:5000';
let engine: Dockerd;
let node: ShoalNode;
let registry: Registry;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoal-pass-'));
  engine = await startDockerd();
  await loadBusyboxImage(engine.socketPath);
  [node, registry] = await Promise.all([
    ShoalNode.start(engine),
    Registry.start(engine, { address: registryAddress }),
  ]);
});

afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
  await engine?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(findDockerClients())('docker $version', (client) => {
  const tag = client.version.replaceAll('.', '-');
  const box = `box-${tag}`;

  async function docker(...args: readonly string[]): Promise<CommandResult> {
    return await node.docker(client, ...args);
  }

  async function output(...args: readonly string[]): Promise<string> {
    return outputOf(await docker(...args));
  }

  function environment(): Readonly<Record<string, string>> {
    return {
      DOCKER_HOST: `unix://${node.socketPath}`,
      DOCKER_CONFIG: join(node.directory, 'docker-config'),
      SHELL: '/bin/sh',
    };
  }

  function typed(...args: readonly string[]): Typed {
    return new Typed([client.program, ...args], environment());
  }

  /** The client in a terminal of 33 rows and 111 columns, whose device is the first line of what it says. */
  function terminal(...args: readonly string[]): Typed {
    const line = [client.program, ...args].map((word) => `'${word}'`).join(' ');
    const script = `tty; stty rows 33 cols 111; exec ${line}`;
    return new Typed(['script', '-q', '-e', '-c', script, '/dev/null'], environment());
  }

  beforeAll(async () => {
    await output('run', '-d', '--name', box, image, 'sleep', '3600');
  });

  describe('run, exec and attach', () => {
    test('give both outputs apart, and the exit code', async () => {
      const both = 'echo out; echo err >&2; exit 7';
      const expected = { code: 7, stdout: 'out', stderr: 'err' };
      expect(await docker('run', '--rm', image, 'sh', '-c', both)).toEqual(expected);
      expect(await docker('exec', box, 'sh', '-c', both)).toEqual(expected);
      expect((await docker('run', '--rm', image, 'none')).code).toBe(127);
      expect((await docker('exec', 'none', 'true')).stderr).toContain('No such container: none');
    });

    test.each([
      ['run', ['run', '--rm', '-i', image]],
      ['exec', ['exec', '-i', box]],
    ])('%s -i: the end of the input arrives while the output goes on', async (_, args) => {
      await using cat = typed(...args, 'sh', '-c', 'echo ready; wc -c; echo after; exit 3');
      await cat.untilSaid('ready');
      cat.end('x'.repeat(1_000_000));
      expect(await cat.exit()).toBe(3);
      expect(cat.stdout).toBe('ready\n1000000\nafter\n');
    });

    test.each([
      ['run', ['run', '--rm', '-it', image]],
      ['exec', ['exec', '-it', box]],
    ])('%s -it: a terminal that follows the size of the one outside', async (_, args) => {
      await using shell = terminal(...args, 'sh');
      await shell.untilSaid('# ');
      const device = /\/dev\/pts\/\d+/.exec(shell.stdout)?.[0] ?? '';
      const says = async (size: string): Promise<true | undefined> => {
        shell.say('stty size\n');
        await sleep(100);
        return shell.stdout.includes(size) ? true : undefined;
      };
      // The client tells the size only once the process has started.
      await eventually('the first size', async () => await says('33 111'));
      // Twice, for the client may not listen yet when it has the first prompt.
      await eventually('the new size', async () => {
        for (const columns of ['98', '99'])
          await promisify(execFile)('stty', ['-F', device, 'rows', '44', 'cols', columns]);
        return await says('44 99');
      });
      shell.say('exit 5\n');
      expect(await shell.exit()).toBe(5);
    });

    test('Ctrl-C in a terminal reaches the process, outside of one the container', async () => {
      const script = 'trap "echo caught; exit 9" INT; echo up; while :; do sleep 0.1; done';
      await using inside = terminal('run', '--rm', '-it', image, 'sh', '-c', script);
      await inside.untilSaid('up');
      inside.say('\u0003');
      expect(await inside.exit()).toBe(9);
      await using outside = typed('run', '--rm', image, 'sh', '-c', script);
      await outside.untilSaid('up');
      outside.kill('SIGINT');
      expect([await outside.exit(), outside.stdout]).toEqual([9, 'up\ncaught\n']);
    });

    test('attach joins a container in both directions and has its exit code', async () => {
      const script = 'read line; echo got $line; exit 4';
      const id = await output('create', '-i', image, 'sh', '-c', script);
      await output('start', id);
      await using attached = typed('attach', id);
      attached.say('word\n');
      expect([await attached.exit(), attached.stdout]).toEqual([4, 'got word\n']);
      await output('rm', id);
    });
  });

  describe('logs, wait, events and stats', () => {
    test('logs -f follows to the end, wait has the code, and both outputs stay apart', async () => {
      const script = 'for i in 1 2 3; do echo o$i; echo e$i >&2; sleep 0.1; done; exit 6';
      const id = await output('run', '-d', image, 'sh', '-c', script);
      const [logs, code] = await Promise.all([docker('logs', '-f', id), output('wait', id)]);
      expect(logs).toEqual({ code: 0, stdout: 'o1\no2\no3', stderr: 'e1\ne2\ne3' });
      expect(code).toBe('6');
      await output('rm', id);
    });

    test('events come as they happen', async () => {
      const name = `event-${tag}`;
      await using events = typed('events', '--filter', `container=${name}`);
      await sleep(200);
      await output('run', '--rm', '--name', name, image, 'true');
      for (const action of ['create', 'start', 'die', 'destroy'])
        await events.untilSaid(`container ${action}`);
    });

    test('stats once, and as a stream', async () => {
      const once = await output('stats', '--no-stream', '--format', '{{.Name}}', box);
      expect(once).toBe(box);
      await using stream = typed('stats', '--format', '{{.Name}}', box);
      await stream.untilSaid(new RegExp(`(?:${box}[\\s\\S]*){2}`));
    });
  });

  describe('files and images', () => {
    test('cp carries a large file in and out, unchanged', async () => {
      const file = join(folder, `file-${tag}`);
      const bytes = Buffer.alloc(32 * 1024 * 1024, `shoal ${tag} `);
      await writeFile(file, bytes);
      await output('cp', file, `${box}:/file`);
      await output('cp', `${box}:/file`, `${file}.back`);
      expect(await digest(`${file}.back`)).toBe(createHash('md5').update(bytes).digest('hex'));
      const missing = await docker('cp', `${box}:/none`, folder);
      expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('/none')]);
      const refused = await docker('cp', file, 'none:/file');
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('none')]);
    });

    test('save and load, export and import, commit', async () => {
      const saved = join(folder, `saved-${tag}.tar`);
      const copy = `copy-${tag}:1`;
      await output('tag', image, copy);
      await output('save', '-o', saved, copy);
      await output('rmi', copy);
      expect(await output('load', '-i', saved)).toContain(`Loaded image: ${copy}`);
      const exported = join(folder, `exported-${tag}.tar`);
      await output('exec', box, 'sh', '-c', 'echo kept > /kept');
      await output('export', '-o', exported, box);
      await output('import', exported, `imported-${tag}:1`);
      await output('commit', box, `committed-${tag}:1`);
      for (const made of [`imported-${tag}:1`, `committed-${tag}:1`])
        expect(await output('run', '--rm', made, 'cat', '/kept')).toBe('kept');
      const refused = await docker('load', '-i', '/bin/busybox');
      expect(refused.code).toBe(1);
      expect((await stat(saved)).size).toBeGreaterThan(1_000_000);
    });

    test('push and pull show their progress, and failures in the words of the engine', async () => {
      const name = `${registryAddress}/box-${tag}:1`;
      await output('tag', image, name);
      const pushed = await output('push', name);
      expect(pushed).toMatch(
        /The push refers to repository[\s\S]*(?:Pushed|Mounted)[\s\S]*digest: sha256:/,
      );
      await output('rmi', name);
      const pulled = await output('pull', name);
      expect(pulled).toMatch(/Pulling from box[\s\S]*Digest: sha256:[\s\S]*Downloaded newer image/);
      const missing = await docker('pull', `${registryAddress}/none:1`);
      expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('not found')]);
    });
  });

  describe('build', () => {
    async function context(name: string, dockerfile: string): Promise<string> {
      const path = join(folder, `${name}-${tag}`);
      await mkdir(path);
      await writeFile(join(path, 'Dockerfile'), dockerfile);
      await writeFile(join(path, 'data'), Buffer.alloc(8 * 1024 * 1024, 'built '));
      return path;
    }

    async function build(kit: '0' | '1', ...args: readonly string[]): Promise<CommandResult> {
      const command = [client.program, 'build', ...args];
      return await runCommand(command, { ...environment(), DOCKER_BUILDKIT: kit });
    }

    test('classic sends its context and shows its steps', async () => {
      const path = await context('classic', `FROM ${image}\nCOPY data /data\nRUN wc -c /data\n`);
      const built = await build('0', '-t', `classic-${tag}`, path);
      expect([built.code, built.stdout]).toEqual([0, expect.stringContaining('8388608 /data')]);
      expect(await output('run', '--rm', `classic-${tag}`, 'wc', '-c', '/data')).toContain(
        '8388608',
      );
    });

    test('classic is refused while it still sends', async () => {
      const path = await context('bad', 'NONSENSE\n');
      await writeFile(join(path, 'more'), Buffer.alloc(64 * 1024 * 1024));
      const { code, stderr } = await build('0', path);
      expect([code, stderr]).toEqual([1, expect.stringContaining('unknown instruction: NONSENSE')]);
      const failing = await context('failing', `FROM ${image}\nRUN exit 9\n`);
      expect(await build('0', failing)).toMatchObject({
        code: 9,
        stderr: expect.stringContaining('returned a non-zero code: 9') as string,
      });
    });

    // BuildKit is in the client up to 20.10; newer ones want a plugin for it, which Debian has not got.
    const kits = client.version.startsWith('20.') ? ['over a session'] : [];
    test.each(kits)('by BuildKit, %s', async () => {
      const path = await context('kit', `FROM ${image}\nCOPY data /data\nRUN wc -c /data\n`);
      const args = ['--progress', 'plain', '-t', `kit-${tag}`];
      const built = await build('1', ...args, path);
      expect([built.code, built.stderr]).toEqual([0, expect.stringContaining('8388608 /data')]);
      expect(await output('run', '--rm', `kit-${tag}`, 'wc', '-c', '/data')).toContain('8388608');
      const failing = await context('kit-failing', `FROM ${image}\nRUN exit 9\n`);
      expect(await build('1', failing)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('exit code: 9') as string,
      });
    });
  });
});

async function digest(path: string): Promise<string> {
  return createHash('md5')
    .update(await readFile(path))
    .digest('hex');
}
