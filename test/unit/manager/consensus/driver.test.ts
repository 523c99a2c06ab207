// Shows what main may rely on behind the port: the three outcomes, order, credit, barriers, snapshots and the end.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import { ConsensusProbe } from '../../../lib/consensus.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';

function freshDisk(seed = 1): MemoryDisk {
  return new MemoryDisk({ random: seededRandom(seed) });
}

async function leading(disk: MemoryDisk, changes = {}, seed = 1): Promise<ConsensusProbe> {
  const probe = new ConsensusProbe(disk, changes, seed);
  probe.credit();
  await probe.untilLeader();
  return probe;
}

/** Sends a snapshot at `index` in two chunks. */
function sendSnapshot(probe: ConsensusProbe, index: number): void {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const at = { kind: 'snapshotChunk', index, term: 1 } as const;
  probe.post({ ...at, data: encode('state up to '), last: false });
  probe.post({ ...at, data: encode(String(index)), last: true });
}

describe('ConsensusDriver', () => {
  it('replays nothing, leads in term 1 and commits an empty entry', async () => {
    const probe = await leading(freshDisk());
    await probe.until(() => probe.texts.length === 1);
    expect(probe.heard.map((message) => message.kind)).toEqual([
      'members',
      'replayed',
      'leadership',
      'committed',
    ]);
    expect(probe.all('leadership')[0]).toMatchObject({ term: 1, self: true });
    expect(probe.all('committed')[0]?.entries[0]).toMatchObject({ index: 1, term: 1 });
  });

  it('answers a proposal once it is durable, before it hands the entry over', async () => {
    const disk = freshDisk();
    const probe = await leading(disk);
    const request = probe.propose('one');
    await probe.until(() => probe.texts.includes('one'));
    expect(probe.all('outcome')).toEqual([
      { kind: 'outcome', requestId: request, outcome: 'committed', index: 2 },
    ]);
    const again = await leading(disk.crash(), {}, 2);
    await again.until(() => again.texts.length === 3);
    expect(again.texts).toEqual(['', 'one', '']);
    expect(again.all('replayed')).toEqual([{ kind: 'replayed', index: 2 }]);
    expect(again.all('leadership')[0]?.term).toBe(2);
  });

  it('drops what is proposed before it leads, for another term, or is too large', async () => {
    const probe = new ConsensusProbe(freshDisk(), { entryBytes: 100 });
    const early = probe.propose('early');
    probe.credit();
    await probe.untilLeader();
    const stale = probe.propose('stale', 7);
    const large = probe.propose('x'.repeat(101));
    const good = probe.propose('good', 1);
    await probe.until(() => probe.outcomeOf(good) !== undefined);
    const outcomes = [early, stale, large, good].map((request) => probe.outcomeOf(request));
    expect(outcomes).toEqual(['dropped', 'dropped', 'dropped', 'committed']);
  });

  it('hands over no more than the credit, and drops proposals when too much waits', async () => {
    const probe = new ConsensusProbe(freshDisk(), { backlogBytes: 10 });
    probe.credit(2, 5);
    await probe.untilLeader();
    const first = probe.propose('12345');
    const second = probe.propose('67890');
    const third = probe.propose('!');
    await probe.until(() => probe.outcomeOf(second) === 'committed');
    expect(probe.outcomeOf(first)).toBe('committed');
    expect(probe.outcomeOf(third)).toBe('dropped');
    expect(probe.texts).toEqual(['', '12345']);
    probe.credit(1, 4);
    await probe.until(() => probe.heard.length > 0);
    expect(probe.texts).toEqual(['', '12345']);
    probe.credit(0, 1);
    await probe.until(() => probe.texts.length === 3);
  });

  it('holds a barrier back until it leads, then covers all that was acknowledged', async () => {
    const probe = new ConsensusProbe(freshDisk());
    probe.post({ kind: 'readBarrier', requestId: 70 });
    probe.credit();
    await probe.untilLeader();
    const request = probe.propose('one');
    await probe.until(() => probe.outcomeOf(request) === 'committed');
    probe.post({ kind: 'readBarrier', requestId: 71 });
    await probe.until(() => probe.all('barrierDone').length === 2);
    expect(probe.all('barrierDone').map((message) => message.index)).toEqual([1, 2]);
  });

  it('asks for a snapshot, stores it, starts from it and forgets what it covers', async () => {
    const disk = freshDisk();
    const options = { snapshotEntries: 300, trailingEntries: 5 };
    const probe = await leading(disk, options);
    for (let count = 0; count < 400; count += 1) probe.propose(`${count}`.padEnd(200, '.'));
    await probe.until(() => probe.texts.length === 401);
    probe.post({ kind: 'applied', index: 350 });
    await probe.until(() => probe.all('snapshotWanted').length === 1);
    sendSnapshot(probe, 350);
    await probe.stop();
    const names = (await disk.crash('kept').list('/raft/wal')).map((entry) => entry.name);
    expect(names[0]).not.toMatch(/^0000000000000001-/);

    const again = await leading(disk.crash('kept').crash(), options, 2);
    await again.until(() => again.texts.length === 52);
    const chunks = again.all('snapshotChunk');
    expect(chunks.map((chunk) => new TextDecoder().decode(chunk.data)).join('')).toBe(
      'state up to 350',
    );
    expect(chunks.map((chunk) => chunk.last)).toEqual([false, false, true]);
    expect(chunks.every((chunk) => chunk.index === 350)).toBe(true);
    expect(again.all('committed')[0]?.entries[0]?.index).toBe(351);
    expect(again.all('replayed')).toEqual([{ kind: 'replayed', index: 401 }]);
    expect(again.all('snapshotWanted')).toEqual([]);
  });

  it('asks for a snapshot by bytes too', async () => {
    const probe = await leading(freshDisk(), { snapshotBytes: 3000 });
    for (let count = 0; count < 4; count += 1) probe.propose('x'.repeat(1000));
    await probe.until(() => probe.texts.length === 5);
    probe.post({ kind: 'applied', index: 3 });
    await probe.until(() => probe.all('snapshotWanted').length === 1);
  });

  it('gives a snapshot up when the disk is full, goes on, and asks for another later', async () => {
    const disk = freshDisk();
    const probe = await leading(disk, { snapshotEntries: 20 });
    const add = async (count: number, index: number): Promise<void> => {
      for (let number = 0; number < count; number += 1) probe.propose('x'.repeat(100));
      await probe.until(() => probe.texts.length === index);
      probe.post({ kind: 'applied', index });
    };
    await add(20, 21);
    await probe.until(() => probe.all('snapshotWanted').length === 1);
    disk.setCapacity(disk.usedBytes);
    sendSnapshot(probe, 21);
    await add(1, 22);
    expect(await disk.list('/raft/snap')).toEqual([]);
    expect(probe.all('snapshotWanted')).toHaveLength(1);
    disk.setCapacity(Number.POSITIVE_INFINITY);
    await add(1, 23);
    await probe.until(() => probe.all('snapshotWanted').length === 2);
    sendSnapshot(probe, 23);
    await probe.stop();
    const again = await leading(disk.crash(), { snapshotEntries: 20 }, 2);
    expect(again.all('snapshotChunk')[0]?.index).toBe(23);
  });

  it('has no room on a full disk, keeps what it took, starts on it often, and goes on when there is space', async () => {
    const first = freshDisk();
    // Each start takes up to three sectors of what is kept free for it.
    const options = { segmentBytes: 128 * 512 };
    let probe = await leading(first, options);
    let disk = first;
    // Nothing but the log's own files fits.
    await probe.until(() => disk.usedBytes >= 2 * options.segmentBytes);
    disk.setCapacity(disk.usedBytes);
    const taken: string[] = [];
    for (let refused = false; !refused;) {
      const text = `${taken.length}`.padEnd(200, '.');
      const request = probe.propose(text);
      await probe.until(() => probe.outcomeOf(request) !== undefined);
      refused = probe.outcomeOf(request) === 'noRoom';
      if (!refused) taken.push(text);
    }
    expect(taken.length).toBeGreaterThan(50);
    const kept = (): string[] => probe.texts.filter((text) => text !== '');
    for (let start = 2; start < 5; start += 1) {
      disk = disk.crash('kept');
      probe = await leading(disk, options, start);
      await probe.until(() => kept().length === taken.length);
      expect(kept()).toEqual(taken);
    }
    disk.setCapacity(Number.POSITIVE_INFINITY);
    let request = probe.propose('late'.repeat(50));
    await probe.until(() => {
      if (probe.outcomeOf(request) === 'noRoom') request = probe.propose('late'.repeat(50));
      return probe.outcomeOf(request) === 'committed';
    });
  });

  it('answers unknown to all who wait and then ends, when the disk fails', async () => {
    const first = await leading(freshDisk());
    await first.stop();
    const disk = freshDisk();
    const begun = await leading(disk);
    await begun.stop();
    const next = disk.crash();
    const probe = await leading(next, {}, 2);
    next.failOn({ operation: 'sync', nth: 1, pathPart: '.wal' });
    const requests = [probe.propose('a'), probe.propose('b')];
    await probe.port.done;
    await probe.until(() => probe.heard.at(-1)?.kind === 'failed');
    expect(requests.map((request) => probe.outcomeOf(request))).toEqual(['unknown', 'unknown']);
    expect(probe.heard.at(-1)).toMatchObject({ kind: 'failed', code: 'storageFailed' });
    expect(probe.all('failed')).toHaveLength(1);
  });

  it('refuses a log that is gone though this member had one', async () => {
    const disk = freshDisk();
    await (await leading(disk)).stop();
    const next = disk.crash();
    await next.removeTree('/raft/wal');
    const probe = new ConsensusProbe(next);
    await probe.port.done;
    await probe.until(() => probe.heard.length === 1);
    expect(probe.heard).toMatchObject([{ kind: 'failed', code: 'corrupt' }]);
  });

  it('refuses a snapshot that is missing or damaged', async () => {
    for (const harm of ['missing', 'damaged'] as const) {
      const disk = freshDisk();
      const options = { snapshotEntries: 2 };
      const probe = await leading(disk, options);
      probe.propose('one');
      await probe.until(() => probe.texts.length === 2);
      probe.post({ kind: 'applied', index: 2 });
      await probe.until(() => probe.all('snapshotWanted').length === 1);
      sendSnapshot(probe, 2);
      await probe.stop();
      const next = disk.crash();
      const [snapshot] = await next.list('/raft/snap');
      const path = `/raft/snap/${snapshot?.name ?? ''}`;
      if (harm === 'missing') await next.remove(path);
      else next.corrupt(path, 550);
      const again = new ConsensusProbe(next, options, 2);
      await again.port.done;
      await again.until(() => again.heard.some((message) => message.kind === 'failed'));
      expect(again.heard.at(-1)).toMatchObject({ kind: 'failed', code: 'corrupt' });
      expect(again.all('snapshotChunk').some((chunk) => chunk.last)).toBe(false);
    }
  });

  it('stops in good order before it has begun', async () => {
    for (let turns = 0; turns < 30; turns += 1) {
      const probe = new ConsensusProbe(freshDisk());
      probe.credit();
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await probe.stop();
      await probe.until(() => probe.heard.length > 0);
      expect(probe.heard.at(-1)).toEqual({ kind: 'stopped' });
    }
  });

  it('gives every proposal its outcome before it stops', async () => {
    const disk = freshDisk();
    const probe = await leading(disk);
    const requests = Array.from({ length: 20 }, (_, count) => probe.propose(`${count}`));
    await probe.stop();
    await probe.until(() => probe.heard.at(-1)?.kind === 'stopped');
    expect(new Set(requests.map((request) => probe.outcomeOf(request)))).toEqual(
      new Set(['committed']),
    );
    const late = probe.propose('late');
    expect(probe.outcomeOf(late)).toBeUndefined();
  });

  it('shares no buffer with main', async () => {
    const probe = await leading(freshDisk());
    const data = new TextEncoder().encode('before');
    probe.post({ kind: 'propose', requestId: 99, term: 0, data });
    data.fill(0);
    await probe.until(() => probe.texts.length === 2);
    expect(probe.texts[1]).toBe('before');
  });

  it('loses nothing acknowledged in a crash at any call, snapshots included', async () => {
    const total = await crashRun(Number.POSITIVE_INFINITY, 0);
    for (let call = 1; call <= total; call += 1) {
      for (let seed = 0; seed < 3; seed += 1) await crashRun(call, seed);
    }
  }, 60_000);
});

/** Runs a workload that dies at `call`, restarts it and checks. Gives the number of calls when it did not die. */
async function crashRun(call: number, seed: number): Promise<number> {
  const disk = freshDisk(seed * 10_000 + Math.min(call, 9999));
  const options = {
    snapshotEntries: 6,
    trailingEntries: 2,
    segmentBytes: 16 * 512,
    groupBytes: 2048,
  };
  disk.stopAt(call);
  const probe = new ConsensusProbe(disk, options, 1);
  await Promise.race([workload(probe), disk.stopped]);
  const acknowledged = probe
    .all('outcome')
    .filter((message) => message.outcome === 'committed')
    .map((message) => message.index);
  if (call === Number.POSITIVE_INFINITY) return disk.mutations;
  const again = await leading(disk.crash(seed === 0 ? 'kept' : 'cut'), options, 2);
  const replayed = again.all('replayed')[0]?.index ?? -1;
  const from = again.all('snapshotChunk').at(-1)?.index ?? 0;
  await again.until(() => again.all('committed').length > 0);
  const entries = again.all('committed').flatMap((message) => message.entries);
  expect(replayed, `call ${call} seed ${seed}`).toBeGreaterThanOrEqual(acknowledged.at(-1) ?? 0);
  expect(entries[0]?.index).toBe(from + 1);
  for (const entry of entries.slice(0, replayed - from)) {
    const text = new TextDecoder().decode(entry.data);
    expect(text).toBe(entry.index === 1 ? '' : `proposal ${entry.index - 1}`.padEnd(300, '.'));
  }
  return disk.mutations;
}

async function workload(probe: ConsensusProbe): Promise<void> {
  probe.credit();
  await probe.untilLeader();
  for (let round = 0; round < 3; round += 1) {
    for (let count = 1; count <= 6; count += 1) {
      probe.propose(`proposal ${round * 6 + count}`.padEnd(300, '.'));
    }
    const index = 1 + (round + 1) * 6;
    await probe.until(() => probe.texts.length === index);
    probe.post({ kind: 'applied', index });
    await probe.until(() => probe.all('snapshotWanted').length === round + 1);
    sendSnapshot(probe, index);
  }
  await probe.stop();
}
