// How fast the log appends, as a ratio to a bare write + fdatasync loop of the same bytes in the same run.
// `node test/bench/wal.ts` prints the table; the bench project runs it once at its smallest size.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeDisk } from '../../common/platform/disk.ts';
import { NodeEntropy } from '../../common/platform/entropy.ts';
import { limits } from '../../common/pure/limits.ts';
import { driverOptions } from '../../manager/consensus/options.ts';
import { NodeLogCipher } from '../../manager/consensus/thread/node-cipher.ts';
import { ThreadConsensusPort } from '../../manager/consensus/thread/thread-port.ts';
import { NonceSource } from '../../manager/consensus/wal/cipher.ts';
import { WriteAheadLog } from '../../manager/consensus/wal/log.ts';

/** Entries a second of one way to write, for one number of concurrent writers. */
export interface WalFigures {
  readonly writers: number;
  /** Each loop writes the bytes of one entry a writer to a pre-filled file and syncs. */
  readonly bare: number;
  readonly log: number;
  /** Through the port and the thread, outcomes awaited. */
  readonly thread: number;
}

const entryBytes = 512;
const member = { clusterId: 'b'.repeat(25), memberId: 1 };

/** Measures all three ways for `durationMs` each, alternating in slices so that a busy machine hits all alike. */
export async function measureWal(writers: number, durationMs: number): Promise<WalFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-bench-wal-'));
  try {
    const bare = await makeBare(join(directory, 'bare'), writers);
    const log = await makeLog(join(directory, 'wal'), writers);
    const thread = await makeThread(join(directory, 'raft'), writers);
    const totals = { bare: 0, log: 0, thread: 0 };
    const slices = 5;
    for (let slice = 0; slice < slices; slice += 1) {
      totals.bare += await bare.run(durationMs / slices);
      totals.log += await log.run(durationMs / slices);
      totals.thread += await thread.run(durationMs / slices);
    }
    await Promise.all([bare.close(), log.close(), thread.close()]);
    const perSecond = 1000 / durationMs;
    return {
      writers,
      bare: totals.bare * perSecond,
      log: totals.log * perSecond,
      thread: totals.thread * perSecond,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Contender {
  /** Writes for so long; gives the number of entries that were durable. */
  run(durationMs: number): Promise<number>;
  close(): Promise<void>;
}

async function makeBare(path: string, writers: number): Promise<Contender> {
  const file = await new NodeDisk().open(path, 'create');
  await file.write(0, new Uint8Array(limits.walSegmentBytes));
  await file.sync();
  const bytes = new Uint8Array(entryBytes * writers).fill(1);
  let offset = 0;
  const run = async (durationMs: number): Promise<number> => {
    let count = 0;
    for (
      const endMs = performance.now() + durationMs;
      performance.now() < endMs;
      count += writers
    ) {
      if (offset + bytes.length > limits.walSegmentBytes) offset = 0;
      await file.write(offset, bytes);
      await file.sync();
      offset += bytes.length;
    }
    return count;
  };
  return { run, close: async () => await file.close() };
}

async function makeLog(directory: string, writers: number): Promise<Contender> {
  const disk = new NodeDisk();
  await disk.makeDirectory(directory);
  const log = await WriteAheadLog.open(
    {
      ...member,
      directory,
      voters: [1],
      segmentBytes: limits.walSegmentBytes,
      groupBytes: limits.walGroupBytes,
    },
    {
      disk,
      cipher: new NodeLogCipher(new Uint8Array(32)),
      nonces: new NonceSource(new NodeEntropy()),
    },
  );
  log.takeEntries();
  const data = new Uint8Array(entryBytes).fill(1);
  const append = async (): Promise<void> => {
    const index = log.lastIndex + 1;
    await log.append([
      { kind: 'entries', entries: [{ index, term: 1, type: 'EntryNormal', data }] },
    ]);
  };
  return {
    run: async (durationMs) => await runWriters(writers, durationMs, append),
    close: async () => await log.close(),
  };
}

async function makeThread(directory: string, writers: number): Promise<Contender> {
  const port = new ThreadConsensusPort({
    options: driverOptions({ ...member, directory }, { snapshotEntries: 1e9, snapshotBytes: 1e12 }),
    dataKey: new Uint8Array(32),
  });
  const waiting = new Map<number, () => void>();
  const led = Promise.withResolvers<void>();
  port.receive((message) => {
    if (message.kind === 'leadership') led.resolve();
    if (message.kind === 'failed') throw new Error(message.message);
    if (message.kind === 'outcome') waiting.get(message.requestId)?.();
    if (message.kind !== 'committed') return;
    const bytes = message.entries.reduce((sum, entry) => sum + entry.data.length, 0);
    port.post({ kind: 'applied', index: message.entries.at(-1)?.index ?? 0 });
    port.post({ kind: 'credit', entries: message.entries.length, bytes });
  });
  port.post({
    kind: 'credit',
    entries: limits.consensusCreditEntries,
    bytes: limits.consensusCreditBytes,
  });
  await led.promise;
  let requestId = 0;
  const data = new Uint8Array(entryBytes).fill(1);
  const append = async (): Promise<void> => {
    requestId += 1;
    const { promise, resolve } = Promise.withResolvers<void>();
    const id = requestId;
    waiting.set(id, resolve);
    port.post({ kind: 'propose', requestId: id, term: 0, data });
    await promise;
    waiting.delete(id);
  };
  return {
    run: async (durationMs) => await runWriters(writers, durationMs, append),
    close: async () => {
      await port[Symbol.asyncDispose]();
    },
  };
}

/** So many loops, each with one append under way. */
async function runWriters(
  writers: number,
  durationMs: number,
  append: () => Promise<void>,
): Promise<number> {
  let count = 0;
  const endMs = performance.now() + durationMs;
  const loop = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await append();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, loop));
  return count;
}

if (import.meta.main) {
  process.stdout.write('writers  bare/s    log/s     ratio  thread/s  ratio\n');
  for (const writers of [1, 16, 256]) {
    const { bare, log, thread } = await measureWal(writers, 2000);
    const cells = [
      writers,
      bare.toFixed(0),
      log.toFixed(0),
      (log / bare).toFixed(2),
      thread.toFixed(0),
      (thread / bare).toFixed(2),
    ];
    process.stdout.write(`${cells.map((cell) => String(cell).padEnd(9)).join(' ')}\n`);
  }
}
