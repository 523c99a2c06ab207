// Shows that the disk of this machine keeps to the port: modes, error codes, whole writes, order of names.
import { constants } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeDisk } from '../../../common/platform/disk.ts';
import { isShoalError } from '../../../common/pure/errors.ts';

const disk = new NodeDisk();
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'shoal-disk-'));
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

function withCode(code: 'notFound' | 'storageFailed' | 'limitExceeded') {
  return (error: unknown): boolean => isShoalError(error, code);
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

/** The flags with which `pathOfFile` is open in this process, by descriptor. */
async function flagsOf(pathOfFile: string): Promise<readonly number[]> {
  const flags: number[] = [];
  for (const descriptor of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${descriptor}`).catch(() => '');
    if (target !== pathOfFile) continue;
    const info = await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8');
    flags.push(Number.parseInt(/flags:\s*([0-7]+)/.exec(info)?.[1] ?? '', 8));
  }
  return flags;
}

describe('NodeDisk', () => {
  it('makes directories with 0700 and files with 0600', async () => {
    await disk.makeDirectory(`${root}/a/b`);
    await disk.makeDirectory(`${root}/a/b`);
    await (await disk.open(`${root}/a/b/f`, 'create')).close();
    expect([await modeOf(`${root}/a/b`), await modeOf(`${root}/a/b/f`)]).toEqual(['700', '600']);
  });

  it('writes at offsets, reads short only at the end, cuts and extends with zeros', async () => {
    await using file = await disk.open(`${root}/f`, 'create');
    await file.write(2, new Uint8Array([7, 8]));
    await file.sync();
    expect([...(await file.read(0, 10))]).toEqual([0, 0, 7, 8]);
    await file.truncate(3);
    await file.truncate(5);
    expect([...(await disk.readFile(`${root}/f`))]).toEqual([0, 0, 7, 0, 0]);
    expect(await file.size()).toBe(5);
    expect([...(await file.read(9, 1))]).toEqual([]);
  });

  it('writes durably at offsets, under whatever name the file has by then', async () => {
    const file = await disk.open(`${root}/f`, 'create');
    await file.write(0, new Uint8Array([1, 2, 3]));
    await disk.rename(`${root}/f`, `${root}/g`);
    await (await disk.open(`${root}/f`, 'create')).close();
    await file.writeDurably(1, new Uint8Array([9]));
    await file.writeDurably(3, new Uint8Array([4]));
    const isDurable = (flags: number): boolean => (flags & constants.O_DSYNC) !== 0;
    expect((await flagsOf(`${root}/g`)).map(isDurable)).toEqual([false, true]);
    expect([...(await file.read(0, 10))]).toEqual([1, 9, 3, 4]);
    expect([...(await disk.readFile(`${root}/g`))]).toEqual([1, 9, 3, 4]);
    expect(await disk.readFile(`${root}/f`)).toHaveLength(0);
    await file.close();
    expect(await flagsOf(`${root}/g`)).toEqual([]);
  });

  it('lists names in order, with kind and size', async () => {
    for (const name of ['b', 'a']) {
      await using file = await disk.open(`${root}/${name}`, 'create');
      await file.write(0, new Uint8Array(3));
    }
    await disk.makeDirectory(`${root}/c`);
    expect(await disk.list(root)).toEqual([
      { name: 'a', kind: 'file', bytes: 3 },
      { name: 'b', kind: 'file', bytes: 3 },
      { name: 'c', kind: 'directory', bytes: 0 },
    ]);
  });

  it('renames, removes, and takes a missing file for removed', async () => {
    await (await disk.open(`${root}/f`, 'create')).close();
    await disk.rename(`${root}/f`, `${root}/g`);
    await disk.syncDirectory(root);
    expect([await disk.exists(`${root}/f`), await disk.exists(`${root}/g`)]).toEqual([false, true]);
    await disk.remove(`${root}/g`);
    await disk.remove(`${root}/g`);
    await disk.makeDirectory(`${root}/tree/deep`);
    await disk.removeTree(`${root}/tree`);
    await disk.removeTree(`${root}/tree`);
    expect(await disk.list(root)).toEqual([]);
    expect(await disk.freeBytes(root)).toBeGreaterThan(0);
  });

  it('tells a missing path from other failures', async () => {
    await expect(disk.readFile(`${root}/none`)).rejects.toSatisfy(withCode('notFound'));
    await expect(disk.list(`${root}/none`)).rejects.toSatisfy(withCode('notFound'));
    await expect(disk.open(`${root}/none`, 'write')).rejects.toSatisfy(withCode('notFound'));
    await (await disk.open(`${root}/f`, 'create')).close();
    await expect(disk.open(`${root}/f`, 'create')).rejects.toSatisfy(withCode('storageFailed'));
    await expect(disk.readFile(root)).rejects.toSatisfy(withCode('storageFailed'));
  });

  it('reports a full disk as a limit', async () => {
    await using file = await disk.open('/dev/full', 'write');
    await expect(file.write(0, new Uint8Array(1))).rejects.toSatisfy(withCode('limitExceeded'));
  });

  it('closes twice', async () => {
    const file = await disk.open(`${root}/f`, 'create');
    await file.close();
    await expect(file.close()).resolves.toBeUndefined();
  });
});
