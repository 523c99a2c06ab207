// Holds the format of log and snapshot still: what was written with fixed chance and key is, byte for byte, what is in the
// tree, and it is read. A change here means that logs of a release can no longer be read: it needs a new version.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../../common/pure/random.ts';
import { driverOptions } from '../../../../../manager/consensus/options.ts';
import { Storage } from '../../../../../manager/consensus/storage.ts';
import type { LogRecord } from '../../../../../manager/consensus/wal/record.ts';
import { clusterId, ConsensusProbe, lonePorts, memberId } from '../../../../lib/consensus.ts';
import { MemoryDisk } from '../../../../lib/memory-disk.ts';

const files = [
  'identity.json',
  'snap/0000000000000001-0000000000000004.snap',
  'wal/0000000000000001-0000000000000001.wal',
  'wal/0000000000000002-0000000000000008.wal',
] as const;

const options = {
  segmentBytes: 16 * 512,
  groupBytes: 2048,
  snapshotEntries: 4,
  trailingEntries: 9,
};

function goldenPath(name: string): string {
  const flat = name.replace('/', '-');
  return fileURLToPath(new URL(`../../../../testdata/wal/v1-${flat}`, import.meta.url));
}

/** What a lone member writes that begins, is given nine entries, and takes a snapshot after the fourth of its log. */
async function write(): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ random: seededRandom(1) });
  const member = driverOptions({ directory: '/raft', clusterId, memberId }, options);
  const storage = await Storage.open(member, lonePorts(disk, 1));
  storage.log.takeEntries();
  const vote: LogRecord = { kind: 'hardState', state: { term: 1, vote: memberId, commit: 0 } };
  await storage.log.append([vote, entry(1, '')]);
  // One more entry comes while it is written.
  let snapshot: Promise<boolean> | undefined;
  for (let index = 2; index <= 10; index += 1) {
    const text = `golden ${index} `.padEnd(index === 8 ? 1200 : 700, '.');
    await storage.log.append([entry(index, text)]);
    if (index === 5) await snapshot;
    if (index !== 4) continue;
    const data = new TextEncoder().encode('golden state');
    snapshot = storage.saveChunk({ index, term: 1, data, last: true });
  }
  await snapshot;
  await storage.close();
  return disk.crash('kept');
}

function entry(index: number, text: string): LogRecord {
  const data = new TextEncoder().encode(text);
  return { kind: 'entries', entries: [{ index, term: 1, type: 'EntryNormal', data }] };
}

describe('the format', () => {
  it('is written as it always was', async () => {
    const disk = await write();
    for (const name of files) {
      const bytes = await disk.readFile(`/raft/${name}`);
      if (process.env['SHOAL_UPDATE_GOLDEN'] === '1') await writeFile(goldenPath(name), bytes);
      const golden = new Uint8Array(await readFile(goldenPath(name)));
      expect([name, Buffer.compare(bytes, golden)]).toEqual([name, 0]);
    }
  });

  it('of earlier logs is read', async () => {
    const disk = new MemoryDisk({ random: seededRandom(1) });
    await disk.makeDirectory('/raft/wal');
    await disk.makeDirectory('/raft/snap');
    for (const name of files) {
      await using file = await disk.open(`/raft/${name}`, 'create');
      await file.write(0, new Uint8Array(await readFile(goldenPath(name))));
    }
    const probe = new ConsensusProbe(disk, options, 2);
    probe.credit();
    await probe.untilLeader();
    expect(probe.all('replayed')).toEqual([{ kind: 'replayed', index: 10 }]);
    const state = probe.all('snapshotChunk').map((chunk) => new TextDecoder().decode(chunk.data));
    expect(state.join('')).toBe('golden state');
    const texts = probe.texts.slice(0, 6).map((text) => text.replace(/\.+$/, ''));
    expect(texts).toEqual([5, 6, 7, 8, 9, 10].map((index) => `golden ${index} `));
  });
});
