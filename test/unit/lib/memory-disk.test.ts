// Shows that the memory disk forgets what a real one may forget, and nothing that was synced.
import { describe, expect, it } from 'vitest';
import { isShoalError } from '../../../common/pure/errors.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { MemoryDisk } from '../../lib/memory-disk.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const bytesOf = (value: Uint8Array): string => new TextDecoder().decode(value);

async function diskWith(seed: number, content: string): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ random: seededRandom(seed) });
  await disk.makeDirectory('/d');
  await disk.syncDirectory('/');
  const file = await disk.open('/d/f', 'create');
  await file.write(0, text(content));
  await file.sync();
  await disk.syncDirectory('/d');
  return disk;
}

/** The distinct results of `observe` after a power cut, over many seeds. */
async function outcomes(
  change: (disk: MemoryDisk) => Promise<void>,
  observe: (disk: MemoryDisk) => Promise<string>,
): Promise<string[]> {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed += 1) {
    const disk = await diskWith(seed, 'old');
    await change(disk);
    seen.add(await observe(disk.crash()));
  }
  return [...seen].toSorted();
}

describe('MemoryDisk', () => {
  it('keeps what was synced and keeps, loses or zeroes what was not', async () => {
    const overwrite = async (disk: MemoryDisk): Promise<void> => {
      const file = await disk.open('/d/f', 'write');
      await file.write(0, text('new'));
    };
    const read = async (disk: MemoryDisk): Promise<string> => bytesOf(await disk.readFile('/d/f'));
    expect(await outcomes(overwrite, read)).toEqual(['\0\0\0', 'new', 'old']);
    const sync = async (disk: MemoryDisk): Promise<void> => {
      await overwrite(disk);
      await (await disk.open('/d/f', 'write')).sync();
    };
    expect(await outcomes(sync, read)).toEqual(['new']);
  });

  it('keeps or loses a rename as a whole until its directory is synced', async () => {
    const rename = async (disk: MemoryDisk): Promise<void> => await disk.rename('/d/f', '/d/g');
    const names = async (disk: MemoryDisk): Promise<string> =>
      (await disk.list('/d')).map((entry) => entry.name).join();
    expect(await outcomes(rename, names)).toEqual(['f', 'g']);
    const renameAndSync = async (disk: MemoryDisk): Promise<void> => {
      await rename(disk);
      await disk.syncDirectory('/d');
    };
    expect(await outcomes(renameAndSync, names)).toEqual(['g']);
  });

  it('keeps the cache when only the process is killed', async () => {
    const disk = await diskWith(1, 'old');
    await (await disk.open('/d/f', 'write')).write(0, text('new'));
    expect(bytesOf(await disk.crash('kept').readFile('/d/f'))).toBe('new');
  });

  it('never makes bytes durable whose sync failed, though they stay readable', async () => {
    const disk = await diskWith(1, 'old');
    disk.failOn({ operation: 'sync', nth: 1 });
    const file = await disk.open('/d/f', 'write');
    await file.write(0, text('new'));
    await expect(file.sync()).rejects.toSatisfy((error) => isShoalError(error, 'storageFailed'));
    await file.sync();
    expect(bytesOf(await disk.readFile('/d/f'))).toBe('new');
    expect(bytesOf(await disk.crash().readFile('/d/f'))).toBe('old');
  });

  it('fails a write beyond the capacity with limitExceeded', async () => {
    const disk = await diskWith(1, 'old');
    disk.setCapacity(4);
    const file = await disk.open('/d/f', 'write');
    await expect(file.write(3, text('xy'))).rejects.toSatisfy((error) =>
      isShoalError(error, 'limitExceeded'),
    );
    await file.write(3, text('x'));
  });

  it('ends the process at the planned call', async () => {
    const disk = await diskWith(1, 'old');
    disk.stopAt(disk.mutations + 1);
    const file = await disk.open('/d/f', 'write');
    let isDone = false;
    void file.write(0, text('new')).then(() => (isDone = true));
    await disk.stopped;
    expect(isDone).toBe(false);
    expect(bytesOf(await disk.crash().readFile('/d/f'))).toBe('old');
  });

  it('allows to close a file twice', async () => {
    const disk = await diskWith(1, 'old');
    const file = await disk.open('/d/f', 'read');
    await file.close();
    await expect(file.close()).resolves.toBeUndefined();
  });
});
