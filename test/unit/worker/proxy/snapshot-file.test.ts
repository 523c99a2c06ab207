// The endpoints that a proxy remembers: whole or not at all.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import { newEndpointSet } from '../../../../proto/gen/dispatcher.ts';
import { newProxyEndpoints } from '../../../../proto/gen/node.ts';
import { SnapshotFile } from '../../../../worker/proxy/snapshot-file.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';

const path = '/proxy/endpoints.bin';

async function newFile(): Promise<{ disk: MemoryDisk; log: KeptLog; file: SnapshotFile }> {
  const disk = new MemoryDisk({ random: seededRandom(1) });
  await disk.makeDirectory('/proxy');
  const log = new KeptLog();
  return { disk, log, file: new SnapshotFile(disk, path, log) };
}

function snapshotOf(version: number): ReturnType<typeof newProxyEndpoints> {
  return newProxyEndpoints({ version, sets: [newEndpointSet({ serviceId: 'web', version })] });
}

describe('SnapshotFile', () => {
  it('gives back the newest of what was saved', async () => {
    const { file } = await newFile();
    expect(await file.load()).toBeUndefined();
    await file.save(snapshotOf(1));
    await file.save(snapshotOf(2));
    expect(await file.load()).toEqual(snapshotOf(2));
    await file.remove();
    expect(await file.load()).toBeUndefined();
  });

  it('takes a file with any bit changed, or cut anywhere, for none', async () => {
    const { disk, file, log } = await newFile();
    await file.save(snapshotOf(3));
    const whole = await disk.readFile(path);
    const damaged = [...whole.keys()].flatMap((index) => {
      const flipped = whole.slice();
      flipped[index] = (whole[index] ?? 0) ^ 1;
      return [flipped, whole.slice(0, index)];
    });
    for (const bytes of damaged) {
      await disk.remove(path);
      await using handle = await disk.open(path, 'create');
      await handle.write(0, bytes);
      expect(await file.load()).toBeUndefined();
    }
    expect(log.lines).toHaveLength(damaged.length);
  });

  it('keeps the old one when the new one cannot be written, and says so', async () => {
    const { disk, file, log } = await newFile();
    await file.save(snapshotOf(1));
    disk.failOn({ operation: 'write', nth: 1 });
    await file.save(snapshotOf(2));
    expect(await file.load()).toEqual(snapshotOf(1));
    expect(log.lines.map(({ message }) => message)).toEqual([
      'endpoint snapshot cannot be written',
    ]);
  });
});
