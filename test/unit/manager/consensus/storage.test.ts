// Shows that a member finds its log and identity again after any crash of its first start, and its newest snapshot of any later.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import { Storage } from '../../../../manager/consensus/storage.ts';
import {
  clusterId,
  entriesFrom,
  fixedEntropy,
  memberId,
  testCipher,
} from '../../../lib/consensus.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';

const options = {
  directory: '/data/raft',
  clusterId,
  memberId,
  segmentBytes: 16 * 512,
  groupBytes: 2048,
  entryBytes: 1024,
  trailingEntries: 1,
  voters: [memberId],
};

async function freshDisk(seed: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ random: seededRandom(seed) });
  await disk.makeDirectory('/data');
  await disk.syncDirectory('/');
  return disk;
}

async function open(disk: MemoryDisk, epoch: number): Promise<Storage> {
  return await Storage.open(options, {
    disk,
    entropy: fixedEntropy(epoch),
    cipher: testCipher(),
  });
}

async function snapshotText(storage: Storage): Promise<string> {
  const { mark } = storage.log;
  if (mark === undefined) return '';
  let text = '';
  for await (const { data } of storage.snapshots.read(mark)) text += new TextDecoder().decode(data);
  return text;
}

describe('Storage', () => {
  it('finds log and identity again after a power cut once it was opened', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const disk = await freshDisk(seed);
      const storage = await open(disk, 1);
      await storage.log.append([{ kind: 'entries', entries: entriesFrom(1, 1) }]);
      const found = disk.crash();
      expect(await found.exists('/data/raft/identity.json')).toBe(true);
      expect((await open(found, 2)).log.lastIndex).toBe(1);
    }
  });

  it('always has the snapshot that its log names, whenever it crashes while it takes another', async () => {
    const total = await crashAt(Infinity, 0);
    expect(total).toBeGreaterThan(20);
    for (let call = 1; call <= total; call += 1) {
      for (let seed = 0; seed < 10; seed += 1) await crashAt(call, seed);
    }
  }, 60_000);
});

/** Takes two snapshots, ends at `call`, and starts again. @returns how many calls it made. */
async function crashAt(call: number, seed: number): Promise<number> {
  const disk = await freshDisk(seed * 1000 + Math.min(call, 999));
  const first = await open(disk, 1);
  const before = disk.mutations;
  const taken: number[] = [];
  const work = async (): Promise<void> => {
    for (const index of [4, 8]) {
      await first.log.append([
        { kind: 'entries', entries: entriesFrom(index - 3, 4) },
        { kind: 'hardState', state: { term: 1, vote: memberId, commit: index } },
      ]);
      const data = new TextEncoder().encode(`state at ${index}`);
      await first.saveChunk({ index, term: 1, data, last: true });
      taken.push(index);
    }
    await first.close();
  };
  disk.stopAt(before + call);
  await Promise.race([work(), disk.stopped]);
  const calls = disk.mutations - before;
  const again = await open(disk.crash(seed % 2 === 0 ? 'cut' : 'kept'), 2);
  const named = again.log.mark?.index ?? 0;
  expect(named, `call ${call} seed ${seed}`).toBeGreaterThanOrEqual(taken.at(-1) ?? 0);
  expect(await snapshotText(again)).toBe(named === 0 ? '' : `state at ${named}`);
  const entries = again.log.takeEntries();
  expect(entries.map(({ index }) => index)).toEqual(
    entriesFrom(named + 1, entries.length).map(({ index }) => index),
  );
  await again.close();
  return calls;
}
