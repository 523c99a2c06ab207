// Shows that no damage goes unseen: every byte of a small log is flipped, every length tried, every call made the last one.
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../../../common/pure/crc.ts';
import { isShoalError, ShoalError } from '../../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../../common/pure/random.ts';
import { testCipher, entriesFrom, entryAt, openLog } from '../../../../lib/consensus.ts';
import { MemoryDisk } from '../../../../lib/memory-disk.ts';
import { readLog } from '../../../../../manager/consensus/wal/reader.ts';
import { smallLog } from '../../../../lib/consensus.ts';
import { scanSegment } from '../../../../../manager/consensus/wal/scan.ts';
import { segmentHeaderBytes } from '../../../../../manager/consensus/wal/segment.ts';

const segmentBytes = 8 * 512;
const small = { segmentBytes, groupBytes: 2048 };
const cipher = testCipher();

/** Two segments: groups of one and of several frames, of one sector and of several. */
async function writeSmallLog(disk: MemoryDisk): Promise<void> {
  const log = await openLog(disk, { ...small });
  await log.append([{ kind: 'entries', entries: entriesFrom(1, 2) }]);
  await log.append([{ kind: 'entries', entries: [entryAt(3, 1, 1500)] }]);
  for (let index = 4; index <= 6; index += 1) {
    await log.append([
      { kind: 'entries', entries: [entryAt(index, 2)] },
      { kind: 'hardState', state: { term: 2, vote: 1, commit: index - 1 } },
    ]);
  }
  await log.append([
    { kind: 'entries', entries: [entryAt(7, 2, 1100)] },
    { kind: 'hardState', state: { term: 2, vote: 1, commit: 6 } },
  ]);
  await log.close();
}

interface Files {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function segmentFiles(): Promise<Files[]> {
  const disk = new MemoryDisk({ random: seededRandom(1) });
  await writeSmallLog(disk);
  return await filesOf(disk.crash());
}

async function filesOf(disk: MemoryDisk): Promise<Files[]> {
  const files: Files[] = [];
  for (const { name } of await disk.list('/raft/wal')) {
    if (name.endsWith('.wal'))
      files.push({ name, bytes: await disk.readFile(`/raft/wal/${name}`) });
  }
  return files;
}

async function diskOf(files: readonly Files[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk({ random: seededRandom(1) });
  await disk.makeDirectory('/raft/wal');
  for (const { name, bytes } of files) {
    await using file = await disk.open(`/raft/wal/${name}`, 'create');
    await file.write(0, bytes);
  }
  return disk;
}

/** The entries of a log as one text, or the code of the refusal. */
async function readingOf(disk: MemoryDisk): Promise<string> {
  try {
    const read = await readLog(smallLog, { disk, cipher });
    const entries = read?.state.takeEntries() ?? [];
    const { term, vote, commit } = read?.state.hardState ?? { term: 0, vote: 0, commit: 0 };
    const texts = entries.map((entry) => `${entry.term} ${new TextDecoder().decode(entry.data)}`);
    return `${texts.join('|')}|${term}/${vote}/${commit}`;
  } catch (error) {
    if (error instanceof ShoalError) return error.code;
    throw error;
  }
}

async function reading(files: readonly Files[]): Promise<string> {
  return await readingOf(await diskOf(files));
}

function changed(
  files: readonly Files[],
  name: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Files[] {
  return files.map((file) => (file.name === name ? { name, bytes: change(file.bytes) } : file));
}

describe('a damaged log', () => {
  it('is refused or read unchanged when any one byte is wrong', async () => {
    const files = await segmentFiles();
    expect(files).toHaveLength(2);
    const right = await reading(files);
    expect(right).toContain('entry 7');
    const disk = await diskOf(files);
    const seen = new Set<string>();
    for (const { name, bytes } of files) {
      // Every byte that was written, the sector behind them, and samples of the zeros that follow.
      const used = Math.min(bytes.length, (bytes.findLastIndex((byte) => byte !== 0) | 511) + 513);
      for (let offset = 0; offset < bytes.length; offset += offset < used ? 1 : 61) {
        const mask = offset % 3 === 0 ? 0xff : 1 << (offset % 8);
        disk.corrupt(`/raft/wal/${name}`, offset, mask);
        seen.add(await readingOf(disk));
        disk.corrupt(`/raft/wal/${name}`, offset, mask);
      }
    }
    expect(await readingOf(disk)).toBe(right);
    expect([...seen].toSorted()).toEqual([right, 'corrupt'].toSorted());
  }, 60_000);

  it('is refused at every length but its own', async () => {
    const files = await segmentFiles();
    const seen = new Set<string>();
    for (const { name, bytes } of files) {
      const disk = await diskOf(files);
      await using file = await disk.open(`/raft/wal/${name}`, 'write');
      for (let length = bytes.length - 1; length >= 0; length -= 1) {
        await file.truncate(length);
        seen.add(await readingOf(disk));
      }
    }
    expect([...seen]).toEqual(['corrupt']);
  });

  it('is refused, or ends behind one of its groups, when it reads as zeros from some byte on', async () => {
    const files = await segmentFiles();
    const last = files[1];
    if (last === undefined) throw new Error('no second segment');
    const content = { bytes: last.bytes, sequence: 2, previousCrc: crcIn(last.bytes) };
    const { groups, end } = scanSegment(content, testCipher());
    const disk = await diskOf(files);
    const seen = new Set<string>();
    // Every byte of the last group, which takes three sectors, and samples of those before it.
    for (let from = end - 1; from >= segmentHeaderBytes; from -= from > end - 3 * 512 ? 1 : 32) {
      // The reader puts another file in its place.
      await using file = await disk.open(`/raft/wal/${last.name}`, 'write');
      await file.write(segmentHeaderBytes, last.bytes.subarray(segmentHeaderBytes, from));
      await file.write(from, new Uint8Array(end - from));
      seen.add(await readingOf(disk));
    }
    seen.delete('corrupt');
    expect(groups.length).toBeGreaterThan(2);
    // All of them (behind the last there is padding), all but one, and so on.
    expect(seen.size).toBe(groups.length + 1);
    const right = await reading(files);
    for (const text of seen) expect(right).toContain(text.replace(/\|[^|]*$/, ''));
  });

  it('says no more in the field of its sum than in any other', async () => {
    const files = await segmentFiles();
    const disk = await diskOf(files);
    for (const { name } of files) {
      for (let offset = segmentHeaderBytes + 4; offset < segmentHeaderBytes + 8; offset += 1) {
        disk.corrupt(`/raft/wal/${name}`, offset);
        expect(await readingOf(disk)).toBe('corrupt');
        disk.corrupt(`/raft/wal/${name}`, offset);
      }
    }
  });

  it('loses only the last group when the last write did not finish, whatever sectors of it are missing', async () => {
    const files = await segmentFiles();
    const last = files[1];
    const right = await reading(files);
    if (last === undefined) throw new Error('no second segment');
    const scanned = scanSegment(
      { bytes: last.bytes, sequence: 2, previousCrc: crcIn(last.bytes) },
      testCipher(),
    );
    // The last group takes three sectors.
    const start = scanned.end - 3 * 512;
    const results = new Set<string>();
    for (let kept = 0; kept < 7; kept += 1) {
      const torn = changed(files, last.name, (content) => {
        const copy = content.slice();
        for (let sector = 0; sector < 3; sector += 1) {
          const from = start + sector * 512;
          if ((kept & (1 << sector)) === 0) copy.fill(0, from, from + 512);
        }
        return copy;
      });
      results.add(await reading(torn));
    }
    const expected = right.replace(/\|2 entry 7[^|]*/, '').replace('2/1/6', '2/1/5');
    expect([...results]).toEqual([expected]);
  });

  it('is refused when an earlier group lost a sector, a segment is missing or one lost its end', async () => {
    const files = await segmentFiles();
    const [first, second] = files;
    if (first === undefined || second === undefined) throw new Error('no two segments');
    for (let from = segmentHeaderBytes; from < first.bytes.length; from += 512) {
      if (first.bytes.subarray(from, from + 512).every((byte) => byte === 0)) continue;
      const holed = changed(files, first.name, (content) =>
        content.slice().fill(0, from, from + 512),
      );
      expect(await reading(holed)).toBe('corrupt');
    }
    expect(await reading([second])).toBe('corrupt');
  });

  it('is refused when a group of the last segment lost a sector and a later group is there', async () => {
    const files = await segmentFiles();
    const last = files[1];
    if (last === undefined) throw new Error('no second segment');
    const content = { bytes: last.bytes, sequence: 2, previousCrc: crcIn(last.bytes) };
    const lastGroup = scanSegment(content, testCipher()).end - 3 * 512;
    expect(lastGroup).toBeGreaterThan(segmentHeaderBytes);
    for (let from = segmentHeaderBytes; from < lastGroup; from += 512) {
      const holed = changed(files, last.name, (bytes) => bytes.slice().fill(0, from, from + 512));
      expect(await reading(holed)).toBe('corrupt');
    }
  });

  it('is refused when two groups change places', async () => {
    const files = await segmentFiles();
    const last = files[1];
    if (last === undefined) throw new Error('no second segment');
    const swapped = changed(files, last.name, (content) => {
      const copy = content.slice();
      copy.set(content.subarray(1024, 1536), 1536);
      copy.set(content.subarray(1536, 2048), 1024);
      return copy;
    });
    expect(await reading(swapped)).toBe('corrupt');
  });
});

function crcIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(52, true);
}

describe('a crash at every call', () => {
  it('keeps what was acknowledged, in order, and at most the group that was under way', async () => {
    const total = await countCalls();
    expect(total).toBeGreaterThan(40);
    for (let call = 1; call <= total; call += 1) {
      for (let seed = 0; seed < 6; seed += 1) await crashAt(call, seed);
    }
  }, 60_000);
});

async function countCalls(): Promise<number> {
  const disk = new MemoryDisk({ random: seededRandom(1) });
  await workload(disk, []);
  return disk.mutations;
}

/** Appends until the disk ends it; what was acknowledged stands in `acknowledged`. */
async function workload(disk: MemoryDisk, acknowledged: number[]): Promise<void> {
  const log = await openLog(disk, {
    ...small,
    entropySeed: disk.mutations + 1,
  });
  const note = (indexes: number[]) => (): void => {
    acknowledged.push(...indexes);
  };
  const appends: Promise<void>[] = [];
  for (let index = 1; index <= 12; index += 2) {
    appends.push(
      log.append([{ kind: 'entries', entries: [entryAt(index, 1, 300)] }]).then(note([index])),
      log
        .append([{ kind: 'entries', entries: [entryAt(index + 1, 1, 900)] }])
        .then(note([index + 1])),
    );
    if (index % 4 === 1) await Promise.all(appends);
  }
  await Promise.all(appends);
  await log.append([{ kind: 'hardState', state: { term: 1, vote: 1, commit: 12 } }]);
  await log.append([
    { kind: 'snapshotMark', mark: { index: 9, term: 1, bytes: 1, sha256: new Uint8Array(32) } },
  ]);
  await log.compact(9);
  await log.close();
}

async function crashAt(call: number, seed: number): Promise<void> {
  let disk = new MemoryDisk({ random: seededRandom(seed * 1000 + call) });
  const acknowledged: number[] = [];
  disk.stopAt(call);
  await Promise.race([workload(disk, acknowledged), disk.stopped]);
  disk = disk.crash(seed % 3 === 0 ? 'kept' : 'cut');
  const log = await openLog(disk, { ...small, entropySeed: 99 });
  const found = log.takeEntries();
  const from = (log.mark?.index ?? 0) + 1;
  const expected = entriesFrom(from, found.length).map((entry) => entry.index);
  expect(found.map((entry) => entry.index)).toEqual(expected);
  for (const entry of found) {
    expect(entry).toEqual(entryAt(entry.index, 1, entry.index % 2 === 1 ? 300 : 900));
  }
  expect(log.lastIndex, `call ${call} seed ${seed}`).toBeGreaterThanOrEqual(
    acknowledged.at(-1) ?? 0,
  );
  // The log goes on as if nothing had been.
  await log.append([{ kind: 'entries', entries: [entryAt(log.lastIndex + 1)] }]);
  const last = log.lastIndex;
  await log.close();
  expect((await openLog(disk.crash(), { ...small, entropySeed: 100 })).lastIndex).toBe(last);
}

describe('refusals', () => {
  it('say what is wrong', async () => {
    const files = await threeSegments();
    const [first, second, third] = files;
    if (first === undefined || second === undefined || third === undefined) {
      throw new Error('no three segments');
    }
    expect(await refusalOf(files)).toBe('');
    expect(await refusalOf([first, third])).toContain('a segment of the log is missing');
    const exchanged = [
      first,
      { name: third.name, bytes: second.bytes },
      { name: second.name, bytes: third.bytes },
    ];
    expect(await refusalOf(exchanged)).toContain('has the name of another');
    const longer = changed(files, third.name, (bytes) => withZeros(bytes, 512));
    expect(await refusalOf(longer)).toContain('does not have its length');
    const cut = changed(files, first.name, (bytes) => lastSectorZeroed(bytes));
    expect(await refusalOf(cut)).toContain('the end of a segment is missing');
    const harmed = changed(files, second.name, (bytes) => bytes.with(20, 0xee));
    expect(await refusalOf(harmed)).toContain('header of a segment is damaged');
    expect(await refusalOf([second, third])).toContain('the log is not whole');
  });

  it('say that an unfinished write is damage where the log goes on in another segment', async () => {
    // Groups of two sectors.
    const files = await threeSegments(700);
    const torn = changed(files, files[0]?.name ?? '', (bytes) => lastSectorZeroed(bytes));
    expect(await refusalOf(torn)).toContain('the log is damaged');
  });

  it('of a later format say that this version is too old', async () => {
    const files = await segmentFiles();
    const newer = changed(files, files[1]?.name ?? '', (bytes) => {
      const copy = bytes.slice();
      const view = new DataView(copy.buffer);
      view.setUint32(8, 2, true);
      const sum = crc32(copy.subarray(16, 512), crc32(copy.subarray(0, 12)));
      view.setUint32(12, sum, true);
      return copy;
    });
    expect(await reading(newer)).toBe('dataRootTooNew');
  });

  it('say what a person can do', async () => {
    const disk = new MemoryDisk({ random: seededRandom(1) });
    await writeSmallLog(disk);
    const [name] = (await disk.list('/raft/wal')).map((entry) => entry.name);
    disk.corrupt(`/raft/wal/${name ?? ''}`, 600);
    await expect(openLog(disk.crash('kept'), small)).rejects.toSatisfy(
      (error) =>
        isShoalError(error, 'corrupt') &&
        error.message.includes('join it again') &&
        error.fields['offset'] === 512,
    );
  });
});

async function threeSegments(entryBytes = 20): Promise<Files[]> {
  const disk = new MemoryDisk({ random: seededRandom(1) });
  const log = await openLog(disk, { ...small });
  for (let index = 1; log.segmentNames.length < 3; index += 1) {
    await log.append([{ kind: 'entries', entries: [entryAt(index, 1, entryBytes)] }]);
  }
  await log.close();
  return await filesOf(disk.crash());
}

/** Why the log is refused; nothing if it is not. */
async function refusalOf(files: readonly Files[]): Promise<string> {
  try {
    await readLog(smallLog, { disk: await diskOf(files), cipher });
    return '';
  } catch (error) {
    return error instanceof ShoalError ? error.message : String(error);
  }
}

function withZeros(bytes: Uint8Array, count: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + count);
  longer.set(bytes);
  return longer;
}

/** Without the last sector of what was written: one group, in a log of small entries. */
function lastSectorZeroed(bytes: Uint8Array): Uint8Array {
  const last = bytes.findLastIndex((byte) => byte !== 0);
  return bytes.slice().fill(0, last - (last % 512));
}
