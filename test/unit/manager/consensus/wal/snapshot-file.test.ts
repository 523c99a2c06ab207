// Shows that a snapshot is read as it was written or refused: every byte flipped, every length, and the files of others.
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../../../common/pure/crc.ts';
import { ShoalError } from '../../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../../common/pure/random.ts';
import { NonceSource } from '../../../../../manager/consensus/wal/cipher.ts';
import type { SnapshotMark } from '../../../../../manager/consensus/wal/record.ts';
import {
  SnapshotFiles,
  type SnapshotPlace,
} from '../../../../../manager/consensus/wal/snapshot-file.ts';
import { clusterId, fixedEntropy, memberId, testCipher } from '../../../../lib/consensus.ts';
import { MemoryDisk } from '../../../../lib/memory-disk.ts';
import type { SectorFile } from '../../../../lib/sector-file.ts';

const place: SnapshotPlace = { directory: '/snap', clusterId, memberId };
const path = '/snap/0000000000000002-0000000000000007.snap';

function filesOn(disk: MemoryDisk, epoch = 1, changes: Partial<SnapshotPlace> = {}): SnapshotFiles {
  const nonces = new NonceSource(fixedEntropy(epoch));
  return new SnapshotFiles({ ...place, ...changes }, { disk, cipher: testCipher(), nonces });
}

async function freshDisk(seed = 1): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ random: seededRandom(seed) });
  await disk.makeDirectory('/snap');
  await disk.syncDirectory('/');
  return disk;
}

function pieces(text: string): Uint8Array[] {
  return [text.slice(0, 9), text.slice(9)].map((part) => new TextEncoder().encode(part));
}

async function write(files: SnapshotFiles, text: string, index = 7): Promise<SnapshotMark> {
  const writer = await files.begin(index, 2);
  for (const piece of pieces(text)) await writer.add(piece);
  return await writer.finish();
}

/** The whole content, or why it is refused; what came before a refusal is never called the last. */
async function reading(files: SnapshotFiles, mark: SnapshotMark): Promise<string> {
  let text = '';
  let isLast = false;
  try {
    for await (const { data, last } of files.read(mark)) {
      text += new TextDecoder().decode(data);
      isLast = last;
    }
    return text;
  } catch (error) {
    if (!(error instanceof ShoalError) || isLast) throw error;
    return error.code;
  }
}

/** Notes how many bytes were asked for at a time. */
class AskedDisk extends MemoryDisk {
  readonly asked: number[] = [];

  override async read(
    name: string,
    file: SectorFile,
    offset: number,
    length: number,
  ): Promise<Uint8Array> {
    this.asked.push(length);
    return await super.read(name, file, offset, length);
  }
}

const content = 'what the cluster is at index seven';

describe('a snapshot file', () => {
  it('gives back what was written, after a power cut', async () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const disk = await freshDisk(seed);
      const mark = await write(filesOn(disk), content);
      expect(await reading(filesOn(disk.crash(), 2), mark)).toBe(content);
    }
  });

  it('is refused when any one byte is wrong', async () => {
    const disk = await freshDisk();
    const files = filesOn(disk);
    const mark = await write(files, content);
    const { length } = await disk.readFile(path);
    const seen = new Set<string>();
    for (let offset = 0; offset < length; offset += 1) {
      for (const mask of [1 << (offset % 8), 0xff]) {
        disk.corrupt(path, offset, mask);
        seen.add(await reading(files, mark));
        disk.corrupt(path, offset, mask);
      }
    }
    expect([...seen]).toEqual(['corrupt']);
    expect(await reading(files, mark)).toBe(content);
  });

  it('of a later format says that this version is too old', async () => {
    const disk = await freshDisk();
    const mark = await write(filesOn(disk), content);
    const head = (await disk.readFile(path)).slice(0, 512);
    const view = new DataView(head.buffer);
    view.setUint32(8, 2, true);
    view.setUint32(12, crc32(head.subarray(16), crc32(head.subarray(0, 12))), true);
    await using file = await disk.open(path, 'write');
    await file.write(0, head);
    expect(await reading(filesOn(disk), mark)).toBe('dataRootTooNew');
  });

  it('is refused at every length but its own, and when it is missing', async () => {
    const disk = await freshDisk();
    const files = filesOn(disk);
    const mark = await write(files, content);
    await using file = await disk.open(path, 'write');
    const seen = new Set<string>();
    for (let length = (await file.size()) - 1; length >= 0; length -= 1) {
      await file.truncate(length);
      seen.add(await reading(files, mark));
    }
    await disk.remove(path);
    seen.add(await reading(files, mark));
    expect([...seen]).toEqual(['corrupt']);
  });

  it('never asks for more than a chunk may hold, whatever its length says', async () => {
    const disk = new AskedDisk({ random: seededRandom(1) });
    await disk.makeDirectory('/snap');
    const mark = await write(filesOn(disk), content);
    // The highest byte of the first chunk's length.
    disk.corrupt(path, 512 + 3, 0x7f);
    expect(await reading(filesOn(disk), mark)).toBe('corrupt');
    expect(Math.max(...disk.asked)).toBeLessThan(2 * 1024 * 1024);
  });

  it('is refused when it is another than the log names, or that of another index, member or cluster', async () => {
    const disk = await freshDisk();
    const mark = await write(filesOn(disk), content);
    await disk.remove(path);
    const other = await write(filesOn(disk, 2), 'what another cluster is at index s');
    expect(other.bytes).toBe(mark.bytes);
    expect(await reading(filesOn(disk), mark)).toBe('corrupt');
    expect(await reading(filesOn(disk, 3, { memberId: 5 }), other)).toBe('corrupt');
    expect(await reading(filesOn(disk, 3, { clusterId: 'd' }), other)).toBe('corrupt');
    const seven = await disk.readFile(path);
    await using file = await disk.open('/snap/0000000000000002-0000000000000008.snap', 'create');
    await file.write(0, seven);
    expect(await reading(filesOn(disk), { ...other, index: 8 })).toBe('corrupt');
  });

  it('is refused when a chunk of another snapshot stands in the place of one', async () => {
    const disk = await freshDisk();
    const mark = await write(filesOn(disk), content);
    const own = await disk.readFile(path);
    await disk.remove(path);
    // The same, but for its second piece; then the second chunk of the first.
    await write(filesOn(disk, 2), content.toUpperCase());
    await using file = await disk.open(path, 'write');
    const second = 512 + 32 + 9 + 16 + 7;
    const start = second - (second % 8);
    await file.write(start, own.subarray(start));
    expect(await reading(filesOn(disk), mark)).toBe('corrupt');
  });
});

describe('a crash at every call of writing a snapshot', () => {
  it('leaves what the log names, and of the new one all or nothing', async () => {
    for (let call = 1; ; call += 1) {
      let isOver = false;
      for (let seed = 0; seed < 8; seed += 1) {
        const disk = await freshDisk(seed);
        const old = await write(filesOn(disk), 'the old state', 3);
        disk.stopAt(disk.mutations + call);
        let mark: SnapshotMark | undefined;
        const work = write(filesOn(disk, 2), content).then((written) => {
          mark = written;
        });
        await Promise.race([work, disk.stopped]);
        const found = disk.crash(seed % 2 === 0 ? 'cut' : 'kept');
        expect(await reading(filesOn(found, 3), old)).toBe('the old state');
        if (mark === undefined) continue;
        isOver = true;
        expect(await reading(filesOn(found, 3), mark)).toBe(content);
      }
      if (isOver) return;
    }
  });
});
