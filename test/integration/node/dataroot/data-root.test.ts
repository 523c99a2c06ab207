// Opens data roots on the real disk, from this process and from others that are killed.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataRoot } from '../../../../node/dataroot/data-root.ts';

const source = join(import.meta.dirname, '../../../../node/dataroot/data-root.ts');

let folder: string;
let path: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'shoal-root-'));
  path = join(folder, 'root');
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await fs.rm(folder, { recursive: true });
});

/** A process that opens the root, says what came of it, and then lives on. */
async function opener(): Promise<{ readonly child: ChildProcess; readonly said: string }> {
  const script = `
    const { DataRoot } = await import(${JSON.stringify(source)});
    try {
      globalThis.root = await DataRoot.open(${JSON.stringify(path)});
      console.log('open');
    } catch (error) {
      console.log(error.code);
    }
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('a data root', () => {
  test('is made with its version, for its owner only', async () => {
    await using root = await DataRoot.open(path);
    expect(root.paths).toEqual({
      node: `${path}/node`,
      raft: `${path}/raft`,
      worker: `${path}/worker`,
      proxy: `${path}/proxy`,
    });
    expect(await fs.readFile(`${path}/VERSION`, 'utf8')).toBe('1\n');
    expect((await fs.stat(path)).mode & 0o777).toBe(0o700);
    expect((await fs.stat(`${path}/VERSION`)).mode & 0o777).toBe(0o600);
    expect((await fs.readdir(path)).sort()).toEqual(['LOCK', 'VERSION']);
  });

  test('takes no block of the disk for its lock', async () => {
    await using _ = await DataRoot.open(path);
    const lock = await fs.lstat(`${path}/LOCK`);
    expect(lock.isSymbolicLink()).toBe(true);
    expect(lock.size).toBeLessThan(60);
  });

  test('is for one at a time, in this process too, and free afterwards', async () => {
    const root = await DataRoot.open(path);
    await expect(DataRoot.open(path)).rejects.toMatchObject({
      code: 'dataRootInUse',
      fields: { pid: process.pid },
    });
    await root[Symbol.asyncDispose]();
    await using _ = await DataRoot.open(path);
    await root[Symbol.asyncDispose]();
    await expect(DataRoot.open(path)).rejects.toMatchObject({ code: 'dataRootInUse' });
  });

  test('of another process is in use until that is killed, and then free at once', async () => {
    const { child, said } = await opener();
    expect(said).toBe('open');
    await expect(DataRoot.open(path)).rejects.toMatchObject({
      code: 'dataRootInUse',
      fields: { pid: child.pid },
    });
    await kill(child);
    await using root = await DataRoot.open(path);
    expect(root.path).toBe(path);
  });

  test('that many want after its holder was killed is given to one', async () => {
    const { child } = await opener();
    await kill(child);
    const said = (await Promise.all(Array.from({ length: 5 }, opener))).map((one) => one.said);
    expect(said.filter((word) => word === 'open')).toHaveLength(1);
    expect(said.filter((word) => word === 'dataRootInUse')).toHaveLength(4);
  });

  test.each([
    ['empty', ''],
    ['of this pid but another start', `${process.pid} 1 x y\n`],
    ['of another boot', `1 0 another-boot y\n`],
    ['of no process', `4194304 5 x y\n`],
    ['damaged', 'garbage\n'],
  ])('whose lock is %s is free', async (_, lock) => {
    await fs.mkdir(path);
    // As an earlier version wrote it.
    await fs.writeFile(`${path}/LOCK`, lock);
    await (await DataRoot.open(path))[Symbol.asyncDispose]();
    if (lock !== '') await fs.symlink(lock, `${path}/LOCK`);
    await using root = await DataRoot.open(path);
    expect(root.path).toBe(path);
  });

  test('that a daemon of an earlier version holds is in use', async () => {
    await using root = await DataRoot.open(path);
    const text = await fs.readlink(`${path}/LOCK`);
    const boot = await fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const [pid = '', started = ''] = text.split(' ');
    await fs.rm(`${path}/LOCK`);
    await fs.writeFile(`${path}/LOCK`, `${pid} ${started} ${boot.trim()} nonce\n`);
    await expect(DataRoot.open(root.path)).rejects.toMatchObject({ code: 'dataRootInUse' });
  });

  test('of a newer version is refused, and not locked', async () => {
    await fs.mkdir(path);
    await fs.writeFile(`${path}/VERSION`, '2\n');
    await expect(DataRoot.open(path)).rejects.toMatchObject({
      code: 'dataRootTooNew',
      message: expect.stringContaining('upgrade this node') as unknown,
      fields: { version: 2, supported: 1 },
    });
    expect(await fs.readdir(path)).toEqual(['VERSION']);
  });

  test.each(['', 'x', '0', '1.5', '-1'])('whose version is %j is refused', async (text) => {
    await fs.mkdir(path);
    await fs.writeFile(`${path}/VERSION`, text);
    await expect(DataRoot.open(path)).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('that cannot be made is refused, with the reason', async () => {
    await fs.writeFile(path, '');
    await expect(DataRoot.open(path)).rejects.toMatchObject({
      code: 'storageFailed',
      message: expect.stringContaining('EEXIST') as unknown,
    });
  });
});
