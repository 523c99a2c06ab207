// Shows that a disk that fills up is told once, in the log and to whoever asks, and once more when there is room.
import { expect, test } from 'vitest';
import { limits } from '../../../../common/pure/limits.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import { DiskWatch } from '../../../../node/daemon/disk-watch.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

test('being short and having room again are each logged once, and refused as long as it lasts', async () => {
  const disk = new MemoryDisk({ random: seededRandom(1), capacityBytes: 0 });
  const log = new KeptLog();
  const watch = new DiskWatch({ disk, clock: new VirtualClock(), log, path: '/' });
  expect(watch.refusal()).toBeUndefined();
  await watch.look();
  await watch.look();
  expect(watch.freeBytes).toBe(0);
  expect(watch.refusal()).toMatchObject({
    code: 'diskFull',
    message: expect.stringContaining('no space left on the device that holds /') as unknown,
  });
  disk.setCapacity(limits.diskFreeBytesAmple);
  await watch.look();
  await watch.look();
  expect(watch.refusal()).toBeUndefined();
  expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
    ['error', 'the disk is nearly full: changes are refused'],
    ['info', 'the disk has room again: changes are taken'],
  ]);
});
