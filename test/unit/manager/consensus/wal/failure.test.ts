// Shows that everyone hears of a failure: whose group failed, who waits in line behind it, and who comes later.
import { describe, expect, it } from 'vitest';
import { isShoalError } from '../../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../../common/pure/random.ts';
import { entryAt, openLog } from '../../../../lib/consensus.ts';
import { MemoryDisk } from '../../../../lib/memory-disk.ts';

describe('a failed sync', () => {
  it('fails all appends, whenever they came', async () => {
    // From the first tick to after the sync: the second append joins the group, waits behind it, or comes after it.
    for (let ticks = 0; ticks < 40; ticks += 1) {
      const begun = new MemoryDisk({ random: seededRandom(1) });
      await (await openLog(begun)).close();
      const disk = begun.crash();
      const log = await openLog(disk, { entropySeed: 2 });
      disk.failOn({ operation: 'sync', nth: 1, pathPart: '.wal' });
      const outcomes: string[] = [];
      const append = (index: number): void => {
        log.append([{ kind: 'entries', entries: [entryAt(index)] }]).then(
          () => outcomes.push('durable'),
          (error: unknown) =>
            outcomes.push(isShoalError(error, 'storageFailed') ? 'failed' : String(error)),
        );
      };
      append(1);
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      append(2);
      await log.close();
      expect([ticks, ...outcomes]).toEqual([ticks, 'failed', 'failed']);
    }
  });
});
