/**
 * Shows that the scripts complete command lines in the real shells, and that none of them runs what stands on the line or
 * what the daemon calls its objects. Shells that are not installed are skipped, bash never is.
 */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { nodeJson, serviceJson } from '../../lib/cli-objects.ts';
import { FakeDaemon } from '../../lib/fake-daemon.ts';
import { launcher, runShoal } from './lib/run.ts';

let daemon: FakeDaemon;

beforeEach(async () => {
  daemon = await FakeDaemon.start();
  daemon
    .answer('GET /services', {
      json: ['web', 'web-2', 'api', '$(touch PWNED)', '`touch PWNED`'].map((name) =>
        serviceJson({ id: name, name }),
      ),
    })
    .answer('GET /nodes', { json: [nodeJson({ id: 'n1', hostname: 'box' })] });
  await mkdir(join(daemon.folder, 'bin'));
  await symlink(launcher, join(daemon.folder, 'bin', 'shoal'));
});

afterEach(async () => {
  await daemon[Symbol.asyncDispose]();
});

/** Runs a script in a shell, in a folder of its own. */
function runShell(shell: string, args: readonly string[]): Promise<string> {
  const env = {
    PATH: `${join(daemon.folder, 'bin')}:/usr/bin:/bin`,
    HOME: daemon.folder,
    SHOAL_HOST: daemon.host,
  };
  return new Promise((resolve, reject) => {
    execFile(shell, [...args], { env, cwd: daemon.folder }, (error, out, err) => {
      if (error !== null || err !== '') reject(new Error(`${shell}: ${err}`, { cause: error }));
      else resolve(out);
    });
  });
}

async function hasShell(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function expectNothingRan(): Promise<void> {
  expect(await readdir(daemon.folder)).not.toContain('PWNED');
}

/** What bash offers for a line that it cut into words itself. */
async function completeInBash(words: readonly string[]): Promise<readonly string[]> {
  const quoted = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
  const script = [
    'source <(shoal completion bash)',
    'source <(shoal completion bash)',
    `COMP_WORDS=(${quoted}) COMP_CWORD=${String(words.length - 1)}`,
    'compopt() { :; }',
    '_shoal',
    String.raw`printf '%s\n' "${'${COMPREPLY[@]}'}"`,
  ].join('\n');
  const out = await runShell('/bin/bash', ['--norc', '--noprofile', '-c', script]);
  return out.trimEnd().split('\n');
}

describe('bash', () => {
  test.each<[readonly string[], readonly string[]]>([
    [['shoal', 'service', 'up'], ['update']],
    [
      ['shoal', 'service', 'update', 'w'],
      ['web', 'web-2'],
    ],
    [
      ['shoal', 'service', 'update', ''],
      ['web', 'web-2', 'api'],
    ],
    [['shoal', 'service', 'update', '--env-add', 'A', '=', '1', 'a'], ['api']],
    [['shoal', 'service', 'update', '--update-order', '=', 'sto'], ['stop-first']],
    [
      ['shoal', 'service', 'update', '--update-order', '='],
      ['stop-first', 'start-first'],
    ],
    [['shoal', 'service', 'scale', 'ap'], ['api=']],
    [['shoal', 'node', 'inspect', ''], ['box']],
    [['shoal', 'service', 'update', 'nothing'], ['']],
  ])('%j', async (words, expected) => {
    expect(await completeInBash(words)).toEqual(expected);
  });

  test('what stands on the line is not run, nor is a name that came from the daemon', async () => {
    const words = ['shoal', 'service', 'update', '--env-add', 'A=$(touch PWNED)`touch PWNED`', ''];
    expect(await completeInBash(words)).toEqual(['web', 'web-2', 'api']);
    await expectNothingRan();
  });
});

describe('fish', async () => {
  const isThere = await hasShell('/usr/bin/fish');

  test.runIf(isThere)('offers names with descriptions, and runs nothing', async () => {
    const line = String.raw`shoal service update --env-add "A=\$(touch PWNED)" `;
    const script = `shoal completion fish | source; complete -C '${line}'`;
    const out = await runShell('/usr/bin/fish', ['--no-config', '-c', script]);
    expect(out.split('\n')).toEqual(
      expect.arrayContaining(['web\t1/1 nginx:1.27', 'api\t1/1 nginx:1.27']),
    );
    expect(out).not.toContain('touch');
    await expectNothingRan();
  });
});

describe('zsh', async () => {
  const isThere = await hasShell('/usr/bin/zsh');

  test.runIf(isThere)('offers names, and runs nothing', async () => {
    const script = `
compdef() { :; }
compadd() { [[ "$*" == *'-a values' ]] && print -l -- $values; [[ "$*" == *'-a open' ]] && print -l -- $open; :; }
source <(shoal completion zsh)
words=(shoal service update --env-add '"A=$(touch PWNED)"' w) CURRENT=6
_shoal
words=(shoal service scale a) CURRENT=4
_shoal`;
    const out = await runShell('/usr/bin/zsh', ['-f', '-c', script]);
    expect(out).toBe('web\nweb-2\napi=\n');
    await expectNothingRan();
  });
});

test('a daemon that is slow or gone costs a moment and says nothing', async () => {
  daemon.answer('GET /services', { silent: true });
  const start = performance.now();
  expect(await runShoal(daemon.host, ['__complete', 'service', 'rm', ''])).toEqual({
    code: 0,
    out: '',
    err: '',
  });
  expect(performance.now() - start).toBeLessThan(10_000);
  for (const host of ['unix:///nowhere', 'tcp://x']) {
    expect(await runShoal(host, ['__complete', 'service', 'rm', ''])).toEqual({
      code: 0,
      out: '',
      err: '',
    });
  }
});

test('a host on the line is the one that is asked', async () => {
  const words = ['__complete', '-H', daemon.host, 'service', 'rm', 'ap'];
  expect((await runShoal('unix:///nowhere', words)).out).toBe('api\t1/1 nginx:1.27\n');
});

test('the scripts are shell that their shells accept', async () => {
  const file = join(daemon.folder, 'script');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, out } = await runShoal(daemon.host, ['completion', shell]);
    expect(code).toBe(0);
    await writeFile(file, out);
    if (await hasShell(`/usr/bin/${shell}`)) await runShell(`/usr/bin/${shell}`, ['-n', file]);
  }
});
