// Shows what the journal remembers: after a restart, a torn end, a crash at any call, and a disk that fails.
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../../../common/pure/crc.ts';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import { newAssignment, newEndpointSet, newTaskReport } from '../../../../proto/gen/dispatcher.ts';
import { newJournalMark, newJournalRecord } from '../../../../proto/gen/node.ts';
import type { JournalRecord, JournalRecordRecord } from '../../../../proto/gen/node.ts';
import { newTaskStatus, TaskState } from '../../../../proto/gen/objects.ts';
import { Journal } from '../../../../worker/journal/journal.ts';
import type { JournalContent } from '../../../../worker/journal/journal.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';

const directory = '/root/worker/journal';
const path = `${directory}/journal`;

function disk(seed = 1): MemoryDisk {
  return new MemoryDisk({ random: seededRandom(seed) });
}

function record(part: JournalRecordRecord): JournalRecord {
  return newJournalRecord({ record: part });
}

function assign(taskId: string, slot = 1): JournalRecord {
  return record({ kind: 'assign', value: newAssignment({ taskId, slot }) });
}

function status(taskId: string, state: TaskState, message = ''): JournalRecord {
  const value = newTaskReport({ taskId, status: newTaskStatus({ state, message }) });
  return record({ kind: 'status', value });
}

/** What the journal holds, as plain data. */
function plain({ assignments, statuses, endpoints, mark }: JournalContent): unknown {
  return {
    assignments: [...assignments.keys()],
    statuses: [...statuses].map(([id, report]) => [id, report.status?.state]),
    endpoints: [...endpoints.keys()],
    mark: mark.assignmentsVersion,
  };
}

async function open(on: MemoryDisk, log = new KeptLog()): Promise<Journal> {
  return Journal.open(on, directory, log);
}

/** Reopens what is on `on` now, as the next process would after kill -9. */
async function remembered(on: MemoryDisk): Promise<unknown> {
  await using journal = await open(on.crash('kept'));
  return plain(journal.content);
}

const some: readonly JournalRecord[] = [
  assign('a'),
  status('a', TaskState.running),
  assign('b'),
  status('b', TaskState.preparing),
  status('b', TaskState.running),
  record({ kind: 'endpoints', value: newEndpointSet({ serviceId: 'web' }) }),
  record({ kind: 'endpoints', value: newEndpointSet({ serviceId: 'old' }) }),
  record({ kind: 'forgetEndpoints', value: 'old' }),
  record({ kind: 'mark', value: newJournalMark({ assignmentsVersion: 7 }) }),
  record({ kind: 'forget', value: 'a' }),
];

const kept = {
  assignments: ['b'],
  statuses: [['b', TaskState.running]],
  endpoints: ['web'],
  mark: 7,
};

describe('a journal', () => {
  test('is empty at first', async () => {
    await using journal = await open(disk());
    expect(plain(journal.content)).toEqual({
      assignments: [],
      statuses: [],
      endpoints: [],
      mark: 0,
    });
  });

  test('shows at once what was appended, and remembers it', async () => {
    const on = disk();
    const journal = await open(on);
    journal.append(some);
    expect(plain(journal.content)).toEqual(kept);
    await journal.flush();
    expect(await remembered(on)).toEqual(kept);
  });

  test('goes on after an append of nothing', async () => {
    const on = disk();
    const journal = await open(on);
    journal.append([]);
    await journal.flush();
    journal.append(some);
    await journal[Symbol.asyncDispose]();
    expect(await remembered(on)).toEqual(kept);
  });

  test('keeps no status of a task that it does not have', async () => {
    await using journal = await open(disk());
    journal.append([
      assign('a'),
      record({ kind: 'forget', value: 'a' }),
      status('a', TaskState.failed),
    ]);
    expect(plain(journal.content)).toMatchObject({ assignments: [], statuses: [] });
  });

  test('is closed twice without harm', async () => {
    const journal = await open(disk());
    await journal[Symbol.asyncDispose]();
    await journal[Symbol.asyncDispose]();
  });
});

describe('a journal that was cut', () => {
  test('at any byte holds the records before the cut', async () => {
    const source = disk();
    await using first = await open(source);
    const header = (await source.readFile(path)).length;
    const lengths: number[] = [];
    for (const one of some) {
      first.append([one]);
      await first.flush();
      lengths.push((await source.readFile(path)).length);
    }
    const bytes = await source.readFile(path);
    for (let cut = header; cut <= bytes.length; cut += 1) {
      const on = disk();
      await on.makeDirectory(directory);
      await using file = await on.open(path, 'create');
      await file.write(0, bytes.subarray(0, cut));
      await using journal = await open(on);
      await using expected = await open(disk());
      expected.append(some.slice(0, lengths.filter((length) => length <= cut).length));
      expect(plain(journal.content)).toEqual(plain(expected.content));
    }
  });

  test('in its middle by a wrong byte holds what comes before it, and is whole again afterwards', async () => {
    const on = disk();
    const journal = await open(on);
    journal.append(some.slice(0, 2));
    await journal.flush();
    const good = (await on.readFile(path)).length;
    journal.append(some.slice(2));
    await journal[Symbol.asyncDispose]();
    {
      await using file = await on.open(path, 'write');
      await file.write(good + 8, Uint8Array.of(0xff));
    }
    const expected = { assignments: ['a'], statuses: [['a', TaskState.running]], endpoints: [] };
    const second = await open(on);
    expect(plain(second.content)).toMatchObject(expected);
    second.append([assign('c')]);
    await second[Symbol.asyncDispose]();
    expect(await remembered(on)).toMatchObject({ assignments: ['a', 'c'] });
  });

  test('by a record that only another version can read is used up to there', async () => {
    const on = disk();
    const journal = await open(on);
    journal.append([assign('a')]);
    await journal.flush();
    const bytes = await on.readFile(path);
    await journal[Symbol.asyncDispose]();
    {
      // A frame of one byte, a wire type that does not exist; its checksum is right.
      const record = Uint8Array.of(0x3f);
      const frame = new Uint8Array(9);
      const view = new DataView(frame.buffer);
      view.setUint32(0, record.length, true);
      view.setUint32(4, crc32(record), true);
      frame.set(record, 8);
      await using file = await on.open(path, 'write');
      await file.write(bytes.length, frame);
    }
    const log = new KeptLog();
    await using second = await open(on, log);
    expect([...second.content.assignments.keys()]).toEqual(['a']);
    expect(log.lines.map((line) => line.level)).toEqual(['warn']);
  });
});

describe('a journal that grows', () => {
  const long = 'x'.repeat(64 * 1024);

  test('is written anew with what counts, and loses nothing by it', async () => {
    const on = disk();
    const journal = await open(on);
    journal.append([assign('a'), assign('b')]);
    for (let round = 0; round < 40; round += 1) {
      journal.append([status('a', TaskState.preparing, `${long}${round}`)]);
      await journal.flush();
    }
    expect((await on.readFile(path)).length).toBeLessThan(20 * long.length);
    expect(journal.content.statuses.get('a')?.status?.message).toBe(`${long}39`);
    await journal[Symbol.asyncDispose]();
    await using next = await open(on.crash('kept'));
    expect([...next.content.assignments.keys()]).toEqual(['a', 'b']);
    expect(next.content.statuses.get('a')?.status?.message).toBe(`${long}39`);
  });

  test('and loses power at any call holds what it held at some moment, never a mixture without its tasks', async () => {
    for (let stopAt = 1; stopAt < 40; stopAt += 1) {
      const on = disk(stopAt);
      on.stopAt(stopAt);
      const isWriting = (async () => {
        const journal = await open(on);
        journal.append([assign('a'), status('a', TaskState.running)]);
        for (let round = 0; round < 30; round += 1) {
          journal.append([status('a', TaskState.running, `${long}${round}`)]);
          await journal.flush();
        }
      })();
      await Promise.race([isWriting, on.stopped]);
      await using next = await open(on.crash('cut'));
      const { assignments, statuses } = next.content;
      expect([...statuses.keys()].every((id) => assignments.has(id))).toBe(true);
    }
  });
});

describe('a disk that fails', () => {
  test('is logged once, costs nobody anything, and the next record brings everything', async () => {
    const on = disk();
    const log = new KeptLog();
    const journal = await open(on, log);
    on.failOn({ operation: 'write', nth: 1 });
    journal.append([assign('a')]);
    await journal.flush();
    on.failOn({ operation: 'sync', nth: 1 });
    journal.append([assign('b')]);
    await journal.flush();
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'journal write failed'],
    ]);
    expect([...journal.content.assignments.keys()]).toEqual(['a', 'b']);
    journal.append([assign('c')]);
    await journal.flush();
    expect(await remembered(on)).toMatchObject({ assignments: ['a', 'b', 'c'] });
  });

  test('that is full at the start keeps nobody from work: what was known is known, and the file is whole when there is room', async () => {
    const first = disk();
    const before = await open(first);
    before.append(some);
    await before.flush();
    const wanted = plain(before.content);
    first.setCapacity(first.usedBytes);
    const second = first.crash('kept');
    expect(plain((await open(second)).content)).toEqual(wanted);
    const third = second.crash('kept');
    const log = new KeptLog();
    const journal = await open(third, log);
    expect(plain(journal.content)).toEqual(wanted);
    journal.append([assign('late')]);
    await journal.flush();
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    third.setCapacity(Number.POSITIVE_INFINITY);
    journal.append([assign('later')]);
    await journal.flush();
    expect(await remembered(third)).toEqual(plain(journal.content));
  });

  test('at the start is told to the caller', async () => {
    const on = disk();
    await on.makeDirectory(directory);
    await using file = await on.open(path, 'create');
    await file.write(0, Uint8Array.of(0));
    on.failOn({ operation: 'read', nth: 1 });
    await expect(open(on)).rejects.toBeInstanceOf(ShoalError);
  });
});
