// Shows that the log depends on nothing that the making of the next segment does besides, and takes no file that is not as it must be.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../../common/pure/random.ts';
import { entryAt, openLog } from '../../../../lib/consensus.ts';
import { MemoryDisk } from '../../../../lib/memory-disk.ts';

describe('the next segment', () => {
  it('is made anew when a file of another length stands in its place', async () => {
    for (const bytes of [0, 512, 2 * 64 * 512]) {
      const disk = new MemoryDisk({ random: seededRandom(1) });
      await disk.makeDirectory('/raft/wal');
      await using file = await disk.open('/raft/wal/spare.tmp', 'create');
      await file.truncate(bytes);
      const log = await openLog(disk);
      for (let index = 1; log.segmentNames.length < 2; index += 1) {
        await log.append([{ kind: 'entries', entries: [entryAt(index)] }]);
      }
      await log.close();
      expect((await openLog(disk.crash(), { entropySeed: 2 })).lastIndex).toBe(log.lastIndex);
    }
  });

  // A killed process may have given a segment its name without making that durable; the next one reads it, and goes on in it.
  it('need not fit on the disk: what a start found under a name is durable with the first that it acknowledges', async () => {
    let found = 0;
    for (let seed = 0; seed < 8; seed += 1) {
      for (let calls = 1; calls <= 6; calls += 1)
        found += await killWhileSegmentBegins(seed, calls);
    }
    expect(found).toBeGreaterThan(0);
  });
});

/** @returns 1 when the killed process had begun the second segment. */
async function killWhileSegmentBegins(seed: number, calls: number): Promise<number> {
  const disk = new MemoryDisk({ random: seededRandom(seed) });
  const log = await openLog(disk);
  // Header, first group and 62 entries fill the segment.
  for (let index = 1; index <= 62; index += 1) {
    await log.append([{ kind: 'entries', entries: [entryAt(index)] }]);
  }
  expect(log.segmentNames).toHaveLength(1);
  disk.stopAt(disk.mutations + calls);
  void log.append([{ kind: 'entries', entries: [entryAt(63)] }]);
  await disk.stopped;
  const killed = disk.crash('kept');
  const names = (await killed.list('/raft/wal')).map(({ name }) => name);
  if (names.includes('spare.tmp')) return 0;
  expect(names).toHaveLength(2);
  killed.setCapacity(killed.usedBytes);
  const again = await openLog(killed, { entropySeed: 2 });
  await again.append([{ kind: 'entries', entries: [entryAt(again.lastIndex + 1)] }]);
  const last = await openLog(killed.crash(), { entropySeed: 3 });
  expect([seed, calls, last.lastIndex]).toEqual([seed, calls, again.lastIndex]);
  return 1;
}
