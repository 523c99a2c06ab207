// Shows, on a disk that forgets, that the log gives back exactly what it acknowledged, and refuses what was not written.
import { describe, expect, it } from 'vitest';
import { isShoalError } from '../../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../../common/pure/random.ts';
import { MemoryDisk } from '../../../../lib/memory-disk.ts';
import { entriesFrom, entryAt, openLog } from '../../../../lib/consensus.ts';
import type { WriteAheadLog } from '../../../../../manager/consensus/wal/log.ts';

function freshDisk(seed = 1): MemoryDisk {
  return new MemoryDisk({ random: seededRandom(seed) });
}

function indexesOf(log: WriteAheadLog): number[] {
  return log.takeEntries().map((entry) => entry.index);
}

const mark = (index: number) => ({
  index,
  term: 1,
  bytes: 10,
  sha256: new Uint8Array(32).fill(index),
});

describe('WriteAheadLog', () => {
  it('gives back entries, hard state and mark after a power cut', async () => {
    const disk = freshDisk();
    const log = await openLog(disk);
    await log.append([
      { kind: 'entries', entries: entriesFrom(1, 3) },
      { kind: 'hardState', state: { term: 1, vote: 9, commit: 2 } },
    ]);
    await log.append([{ kind: 'snapshotMark', mark: mark(2) }]);
    const again = await openLog(disk.crash(), { entropySeed: 2 });
    expect(again.takeEntries()).toEqual([entryAt(3)]);
    expect(again.hardState).toEqual({ term: 1, vote: 9, commit: 2 });
    expect(again.mark).toEqual(mark(2));
    expect([again.lastIndex, again.lastTerm]).toEqual([3, 1]);
  });

  it('writes what is appended during a sync as one group', async () => {
    const disk = freshDisk();
    const log = await openLog(disk);
    const before = disk.mutations;
    const appends = entriesFrom(1, 50).map((entry) =>
      log.append([{ kind: 'entries', entries: [entry] }]),
    );
    await Promise.all(appends);
    // The first append goes alone; the other 49 take the bytes of two groups. Each group is a write and a sync.
    expect(disk.mutations - before).toBeLessThanOrEqual(10);
    await log.close();
    expect(indexesOf(await openLog(disk.crash()))).toHaveLength(50);
  });

  it('goes on in further segments and removes those that a mark covers', async () => {
    let disk = freshDisk();
    let log = await openLog(disk);
    for (let index = 1; index <= 200; index += 1) {
      await log.append([{ kind: 'entries', entries: [entryAt(index)] }]);
    }
    expect(log.segmentNames.length).toBeGreaterThan(2);
    await log.append([{ kind: 'hardState', state: { term: 1, vote: 0, commit: 190 } }]);
    await log.append([{ kind: 'snapshotMark', mark: mark(180) }]);
    await log.compact(150);
    expect(log.segmentNames[0]).not.toMatch(/^0000000000000001-/);
    disk = disk.crash();
    log = await openLog(disk, { entropySeed: 2 });
    expect(indexesOf(log)).toEqual(entriesFrom(181, 20).map((entry) => entry.index));
    expect(log.hardState.commit).toBe(190);
  });

  it('replaces entries from a lower index on', async () => {
    const disk = freshDisk();
    const log = await openLog(disk);
    await log.append([{ kind: 'entries', entries: entriesFrom(1, 5) }]);
    await log.append([{ kind: 'entries', entries: [entryAt(3, 2)] }]);
    const again = await openLog(disk.crash());
    expect(again.takeEntries()).toEqual([entryAt(1), entryAt(2), entryAt(3, 2)]);
    expect(again.lastTerm).toBe(2);
  });

  it.each(['write', 'sync'] as const)(
    'fails everyone after a failed %s, and never tries again',
    async (operation) => {
      const begun = freshDisk();
      await (await openLog(begun)).close();
      const disk = begun.crash();
      const log = await openLog(disk, { entropySeed: 5 });
      await log.append([{ kind: 'entries', entries: [entryAt(1)] }]);
      disk.failOn({ operation, nth: 1, pathPart: '.wal' });
      const results = await Promise.allSettled([
        log.append([{ kind: 'entries', entries: [entryAt(2)] }]),
        log.append([{ kind: 'entries', entries: [entryAt(3)] }]),
      ]);
      await expect(log.append([{ kind: 'entries', entries: [entryAt(4)] }])).rejects.toSatisfy(
        (error) => isShoalError(error, 'storageFailed'),
      );
      expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
      await log.close();
      const again = indexesOf(await openLog(disk.crash(), { entropySeed: 2 }));
      expect([[1], [1, 2]]).toContainEqual(again);
    },
  );

  // What can be read after a failed sync is clean for the kernel and not on the disk: a start that went on from it would lose it at a power cut.
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'what is read at start is durable, also after a failed sync (world %i)',
    async (seed) => {
      const begun = freshDisk(seed);
      await (await openLog(begun)).close();
      const disk = begun.crash();
      const log = await openLog(disk, { entropySeed: 5 });
      await log.append([{ kind: 'entries', entries: [entryAt(1)] }]);
      disk.failOn({ operation: 'sync', nth: 1, pathPart: '.wal' });
      const failed = log.append([{ kind: 'entries', entries: [entryAt(2, 1, 1500)] }]);
      await expect(failed).rejects.toThrow('log');
      await log.close();
      const kept = disk.crash('kept');
      const again = await openLog(kept, { entropySeed: 2 });
      const read = indexesOf(again);
      await again.append([{ kind: 'entries', entries: [entryAt(read.length + 1)] }]);
      const last = await openLog(kept.crash('cut'), { entropySeed: 3 });
      expect(indexesOf(last)).toEqual([...read, read.length + 1]);
    },
  );

  // What is written anew at start was on the disk before: a power cut within that may lose a sector, but not of what stands in its place.
  it('loses nothing when the power is cut at any change of a start', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const begun = freshDisk(seed);
      const log = await openLog(begun);
      await log.append([{ kind: 'entries', entries: [entryAt(1), entryAt(2)] }]);
      await log.close();
      const disk = begun.crash();
      disk.stopAt(1 + (seed % 10));
      void openLog(disk, { entropySeed: 2 });
      await disk.stopped;
      const again = await openLog(disk.crash('cut'), { entropySeed: 3 });
      expect(indexesOf(again)).toEqual([1, 2]);
      await again.close();
    }
  });

  it.each(['rename', 'syncDirectory'] as const)(
    'fails when a new segment cannot be made: %s',
    async (operation) => {
      const disk = freshDisk();
      const log = await openLog(disk);
      const fill = async (): Promise<void> => {
        for (let index = 1; index < 100; index += 1) {
          await log.append([{ kind: 'entries', entries: [entryAt(index)] }]);
        }
      };
      disk.failOn({ operation, nth: operation === 'rename' ? 1 : 2, pathPart: '/wal' });
      await expect(fill()).rejects.toSatisfy((error) => isShoalError(error, 'storageFailed'));
    },
  );

  it('says that the disk is full before it has to fail, and goes on when there is space', async () => {
    const disk = freshDisk();
    disk.setCapacity(2 * 64 * 512);
    const log = await openLog(disk);
    let index = 1;
    // The second segment begins; no third can be made.
    while (log.segmentNames.length < 2) {
      await log.append([{ kind: 'entries', entries: [entryAt(index)] }]);
      index += 1;
    }
    await expect.poll(() => log.hasRoomFor(20_000), { timeout: 10_000 }).toBe(false);
    disk.setCapacity(10 * 64 * 512);
    await expect.poll(() => log.hasRoomFor(20_000), { timeout: 10_000 }).toBe(true);
  });

  it('opens on a full disk again and again, and takes what an earlier opening made ready', async () => {
    let disk = freshDisk();
    const first = await openLog(disk);
    await first.append([{ kind: 'entries', entries: [entryAt(1)] }]);
    await first.close();
    disk.setCapacity(disk.usedBytes);
    for (let opening = 2; opening < 8; opening += 1) {
      disk = disk.crash('kept');
      const log = await openLog(disk, { entropySeed: opening });
      expect(log.hasRoomFor(1000)).toBe(true);
      await log.append([{ kind: 'entries', entries: [entryAt(opening)] }]);
      expect(log.lastIndex).toBe(opening);
      await log.close();
    }
    // The rest of the segment and the spare one.
    disk = disk.crash('kept');
    const log = await openLog(disk, { entropySeed: 9 });
    let index = log.lastIndex;
    while (log.hasRoomFor(100)) {
      index += 1;
      await log.append([{ kind: 'entries', entries: [entryAt(index)] }]);
    }
    expect(log.segmentNames).toHaveLength(2);
  });

  it('refuses the log of another member, key or cluster', async () => {
    const disk = freshDisk();
    await (await openLog(disk)).append([{ kind: 'entries', entries: [entryAt(1)] }]);
    for (const other of [{ memberId: 5 }, { clusterId: 'd'.repeat(25) }, { keyFill: 8 }]) {
      await expect(openLog(disk.crash('kept'), other)).rejects.toSatisfy((error) =>
        isShoalError(error, 'corrupt'),
      );
    }
  });

  it('makes durable what a killed process had only written', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const disk = freshDisk(seed);
      const log = await openLog(disk);
      await log.append([{ kind: 'entries', entries: [entryAt(1)] }]);
      disk.stopAt(disk.mutations + 2);
      void log.append([{ kind: 'entries', entries: [entryAt(2)] }]);
      await disk.stopped;
      const afterKill = disk.crash('kept');
      const seen = indexesOf(await openLog(afterKill, { entropySeed: 2 }));
      const afterCut = indexesOf(await openLog(afterKill.crash(), { entropySeed: 3 }));
      expect(seen).toEqual([1, 2]);
      expect(afterCut).toEqual(seen);
    }
  });

  it('makes it durable too when a new segment has to be begun for the next group', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const disk = freshDisk(seed);
      const log = await openLog(disk);
      // Header, first group and 61 entries: one sector is left.
      for (const entry of entriesFrom(1, 61))
        await log.append([{ kind: 'entries', entries: [entry] }]);
      expect(log.segmentNames).toHaveLength(1);
      disk.stopAt(disk.mutations + 2);
      void log.append([{ kind: 'entries', entries: [entryAt(62)] }]);
      await disk.stopped;
      const afterKill = disk.crash('kept');
      const again = await openLog(afterKill, { entropySeed: 2 });
      expect(again.segmentNames).toHaveLength(2);
      const seen = indexesOf(again);
      expect(indexesOf(await openLog(afterKill.crash(), { entropySeed: 3 }))).toEqual(seen);
    }
  });

  it('survives a power cut at every call of the removal of many segments', async () => {
    const compactUntil = async (disk: MemoryDisk, calls: number): Promise<void> => {
      const log = await openLog(disk);
      for (const entry of entriesFrom(1, 300))
        await log.append([{ kind: 'entries', entries: [entry] }]);
      await log.append([
        { kind: 'hardState', state: { term: 1, vote: 0, commit: 299 } },
        { kind: 'snapshotMark', mark: mark(299) },
      ]);
      expect(log.segmentNames.length).toBeGreaterThan(3);
      disk.stopAt(disk.mutations + calls);
      await log.compact(299);
    };
    for (let calls = 1; calls <= 8; calls += 1) {
      for (let seed = 0; seed < 8; seed += 1) {
        const disk = freshDisk(seed);
        await Promise.race([compactUntil(disk, calls), disk.stopped]);
        const again = await openLog(disk.crash(), { entropySeed: 2 });
        expect([again.lastIndex, again.mark?.index]).toEqual([300, 299]);
      }
    }
  }, 60_000);

  it('may be closed twice', async () => {
    const log = await openLog(freshDisk());
    await log.close();
    await expect(log.close()).resolves.toBeUndefined();
  });
});
