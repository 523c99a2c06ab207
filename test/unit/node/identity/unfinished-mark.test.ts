// Shows that the mark is there after any crash once it was set, and gone once its folder is.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import { UnfinishedMark } from '../../../../node/identity/unfinished-mark.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';

async function freshDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ random: seededRandom(1) });
  await disk.makeDirectory('/data');
  await disk.syncDirectory('/');
  return disk;
}

test('a mark that was set survives a loss of power, and is set twice without harm', async () => {
  const disk = await freshDisk();
  const mark = new UnfinishedMark(disk, '/data/node');
  expect(await mark.isSet()).toBe(false);
  await mark.set();
  await mark.set();
  expect(await new UnfinishedMark(disk.crash('cut'), '/data/node').isSet()).toBe(true);
});

test('a mark that was cleared is not set, and is cleared twice without harm', async () => {
  const mark = new UnfinishedMark(await freshDisk(), '/data/node');
  await mark.set();
  await mark.clear();
  await mark.clear();
  expect(await mark.isSet()).toBe(false);
});
