// The proposer against consensus played by hand: what it proposes, what it answers and when, and that nothing is left waiting.
import { describe, expect, it } from 'vitest';
import { limits } from '../../../../common/pure/limits.ts';
import { decodeBatch, encodeBatch, newBatch } from '../../../../proto/gen/changeset.ts';
import { Table, newNode } from '../../../../proto/gen/objects.ts';
import { newServiceSpec } from '../../../../proto/gen/specs.ts';
import type { Leadership } from '../../../../manager/consensus/port.ts';
import { createOp, deleteOp } from '../../../../manager/store/ops.ts';
import { cutSnapshot, stateHash } from '../../../../manager/store/snapshot.ts';
import { StoreFixture, putValue } from '../../../lib/store-fixture.ts';
import { ProposerRig } from '../../../lib/proposer-rig.ts';

function setsOf(data: Uint8Array): string[] {
  return decodeBatch(data).sets.map((set) => set.id);
}

/** What `promise` rejects with; listened to from now on. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** A set of these is nearly as large as may be: eight fill an entry. */
const largeOps = [
  putValue('s', {
    kind: 'serviceSpec',
    value: newServiceSpec({ name: 'n'.repeat(limits.setBytes - 1000) }),
  }),
];

describe('proposing', () => {
  it('sets of one turn share an entry, and each has its own outcome once it is applied', async () => {
    await using rig = new ProposerRig();
    const first = rig.submit();
    const second = rig.submit({ ops: [deleteOp(Table.nodes, 'none')] });
    await rig.clock.settle();
    const [proposal, ...more] = rig.consensus.takeProposals();
    expect(more).toEqual([]);
    expect(setsOf(proposal?.data ?? new Uint8Array())).toEqual(['set-1', 'set-2']);
    rig.consensus.answer(proposal?.requestId ?? 0, 'committed');
    await rig.clock.settle();
    expect(first.outcome).toBeUndefined();
    rig.consensus.commit(proposal?.data ?? new Uint8Array());
    await rig.clock.settle();
    expect(first.outcome).toEqual({ kind: 'done', revision: 1 });
    expect(second.outcome).toMatchObject({ kind: 'refused', refusal: { kind: 'missing' } });
    expect(rig.proposer.view.claimOwner('key', 'k1')).toBe('me');
  });

  it('an entry may be committed and applied before its outcome comes', async () => {
    await using rig = new ProposerRig();
    const set = rig.submit();
    await rig.clock.settle();
    const [proposal] = rig.consensus.takeProposals();
    rig.consensus.commit(proposal?.data ?? new Uint8Array());
    await rig.clock.settle();
    expect(set.outcome?.kind).toBe('done');
    rig.consensus.answer(proposal?.requestId ?? 0, 'committed');
  });

  it('entries that are answered out of order settle their own sets', async () => {
    await using rig = new ProposerRig();
    const sets = Array.from({ length: 17 }, () => rig.submit({ ops: largeOps }));
    await rig.clock.settle();
    const [one, two] = rig.consensus.takeProposals();
    rig.consensus.say({
      kind: 'outcome',
      requestId: two?.requestId ?? 0,
      outcome: 'noRoom',
      index: 0,
    });
    rig.consensus.answer(one?.requestId ?? 0, 'committed');
    rig.consensus.commit(one?.data ?? new Uint8Array());
    await rig.clock.settle();
    const outcomes = sets.map(({ outcome }) => outcome);
    expect(outcomes.slice(0, 8).every((outcome) => outcome?.kind === 'refused')).toBe(true);
    const full = { kind: 'dropped', reason: 'diskFull' };
    expect(outcomes.slice(8)).toEqual([...Array<unknown>(8).fill(full), undefined]);
  });

  it('what consensus does not take goes out again in a moment', async () => {
    await using rig = new ProposerRig();
    const set = rig.submit();
    await rig.clock.settle();
    const [refused] = rig.consensus.takeProposals();
    rig.consensus.answer(refused?.requestId ?? 0, 'dropped');
    await rig.clock.settle();
    expect(rig.consensus.takeProposals()).toEqual([]);
    await rig.clock.advance(limits.proposerRetryMs);
    const [again] = rig.consensus.takeProposals();
    rig.consensus.commit(again?.data ?? new Uint8Array());
    await rig.clock.settle();
    expect(set.outcome).toEqual({ kind: 'done', revision: 1 });
  });

  it('a retry of a set in flight waits for the same outcome, a later one is answered from the timeline', async () => {
    await using rig = new ProposerRig();
    const first = rig.submit({ id: 'same' });
    const again = rig.submit({ id: 'same' });
    await rig.clock.settle();
    const [proposal, ...more] = rig.consensus.takeProposals();
    expect(more).toEqual([]);
    expect(setsOf(proposal?.data ?? new Uint8Array())).toEqual(['same']);
    rig.consensus.commit(proposal?.data ?? new Uint8Array());
    const late = rig.submit({ id: 'same' });
    await rig.clock.settle();
    const done = { kind: 'done', revision: 1 };
    expect([first.outcome, again.outcome, late.outcome]).toEqual([done, done, done]);
    expect(rig.consensus.takeProposals()).toEqual([]);
  });

  it('a set that was feared lost and comes all the same is not repeated', async () => {
    await using rig = new ProposerRig();
    const set = rig.submit({ id: 'same' });
    await rig.clock.settle();
    const [proposal] = rig.consensus.takeProposals();
    rig.consensus.answer(proposal?.requestId ?? 0, 'unknown');
    rig.consensus.term = 2;
    rig.consensus.lead();
    await rig.clock.settle();
    const [second] = rig.consensus.takeProposals();
    expect(setsOf(second?.data ?? new Uint8Array())).toEqual(['same']);
    rig.consensus.commit(proposal?.data ?? new Uint8Array());
    rig.consensus.commit(second?.data ?? new Uint8Array());
    await rig.clock.settle();
    expect(set.outcome).toEqual({ kind: 'done', revision: 1 });
    expect(rig.proposer.view.revision).toBe(1);
  });

  it('without a leader sets wait for one; those of another term are dropped at once', async () => {
    await using rig = new ProposerRig({ leads: false });
    const early = rig.submit();
    const tooEarly = rig.submit({ term: 1 });
    await rig.clock.settle();
    expect(early.outcome).toBeUndefined();
    expect(tooEarly.outcome).toEqual({ kind: 'dropped', reason: 'notLeader' });
    expect(rig.consensus.takeProposals()).toEqual([]);
    rig.consensus.lead();
    const fenced = rig.submit({ term: 7 });
    const ours = rig.submit({ term: 1 });
    await rig.clock.settle();
    expect(fenced.outcome).toEqual({ kind: 'dropped', reason: 'notLeader' });
    expect(ours.outcome).toBeUndefined();
    const sets = rig.consensus.takeProposals().flatMap(({ data }) => setsOf(data));
    expect(sets).toEqual(['set-1', 'set-4']);
  });

  it('once nobody has led for long, sets and reads fail at once', async () => {
    await using rig = new ProposerRig({ leads: false });
    const early = rig.submit();
    const read = failureOf(rig.proposer.barrier(rig.signal));
    await rig.clock.advance(limits.leaderlessMs + 1000);
    const dropped = { kind: 'dropped', reason: 'notLeader' };
    expect(early.outcome).toEqual(dropped);
    expect(await read).toMatchObject({ code: 'lostQuorum' });
    const late = rig.submit();
    await rig.clock.settle();
    expect(late.outcome).toEqual(dropped);
    await expect(rig.proposer.barrier(rig.signal)).rejects.toMatchObject({ code: 'lostQuorum' });
    rig.consensus.lead();
    const after = rig.submit();
    await rig.clock.settle();
    expect(after.outcome).toBeUndefined();
    expect(rig.consensus.takeProposals()).toHaveLength(1);
  });

  it('fails at once when nobody has led for long, however many elections were tried', async () => {
    await using rig = new ProposerRig();
    for (let passed = 0; passed < limits.leaderlessMs; passed += 1000) {
      const term = 2 + passed / 1000;
      rig.consensus.say({ kind: 'leadership', term, leader: undefined, self: false });
      await rig.clock.advance(1000);
    }
    const late = rig.submit();
    await rig.clock.settle();
    expect(late.outcome).toEqual({ kind: 'dropped', reason: 'notLeader' });
  });

  it('with leadership lost, only what is bound to the term ends; the rest waits for the next leader', async () => {
    await using rig = new ProposerRig();
    const proposed = rig.submit();
    const bound = rig.submit({ term: 1 });
    await rig.clock.settle();
    const queued = rig.submit({ term: 1 });
    rig.consensus.term = 2;
    rig.consensus.lead(false);
    await rig.clock.settle();
    expect(proposed.outcome).toBeUndefined();
    expect(bound.outcome).toEqual({ kind: 'unknown' });
    expect(queued.outcome).toEqual({ kind: 'dropped', reason: 'notLeader' });
    // It went out once: nobody may be told that it certainly takes no effect.
    await rig.clock.advance(limits.proposerAgeMs + 2000);
    expect(proposed.outcome).toEqual({ kind: 'unknown' });
  });

  it('what no member could apply is refused before it is in the log', async () => {
    await using rig = new ProposerRig();
    const noId = rig.submit({ id: '' });
    const tooNew = rig.submit({ minLevel: 99 });
    const node = newNode({ id: 'n' });
    const ops = Array.from({ length: limits.setOps + 1 }, () =>
      createOp({ kind: 'node', value: node }),
    );
    const tooMany = rig.submit({ ops });
    const name = 'n'.repeat(limits.setBytes);
    const spec = newServiceSpec({ name });
    const tooLarge = rig.submit({ ops: [putValue('s', { kind: 'serviceSpec', value: spec })] });
    const negative = createOp({ kind: 'node', value: newNode({ id: 'n', createdAtMs: -1 }) });
    const unfit = rig.submit({ ops: [negative] });
    await rig.clock.settle();
    expect(tooNew.outcome).toEqual({ kind: 'refused', refusal: { kind: 'level' } });
    for (const { outcome } of [noId, tooMany, tooLarge, unfit]) {
      expect(outcome).toMatchObject({ kind: 'refused', refusal: { kind: 'invalid' } });
    }
    expect(rig.consensus.takeProposals()).toEqual([]);
  });

  it('entries keep to their limits, and a few sets wait for those that are under way', async () => {
    await using rig = new ProposerRig();
    const results = Array.from({ length: 20 }, () => rig.submit({ ops: largeOps }));
    await rig.clock.settle();
    const entries = rig.consensus.takeProposals();
    const sizes = entries.map((entry) => setsOf(entry.data).length);
    const perEntry = sizes[0] ?? 0;
    expect(sizes).toEqual([perEntry, perEntry]);
    for (const entry of entries) expect(entry.data.length).toBeLessThanOrEqual(limits.entryBytes);
    rig.consensus.answer(entries[0]?.requestId ?? 0, 'committed');
    expect(rig.consensus.takeProposals()).toEqual([]);
    rig.consensus.answer(entries[1]?.requestId ?? 0, 'committed');
    const [held] = rig.consensus.takeProposals();
    expect(setsOf(held?.data ?? new Uint8Array())).toHaveLength(results.length - 2 * perEntry);
  });

  it('no more full entries are under way than may be', async () => {
    await using rig = new ProposerRig();
    const ops = Array.from({ length: limits.setOps }, () => deleteOp(Table.nodes, 'none'));
    const perEntry = Math.floor(limits.entryOps / limits.setOps);
    for (let n = 0; n < (limits.proposerEntries + 2) * perEntry; n += 1) rig.submit({ ops });
    await rig.clock.settle();
    const entries = rig.consensus.takeProposals();
    expect(entries).toHaveLength(limits.proposerEntries);
    rig.consensus.answer(entries[0]?.requestId ?? 0, 'committed');
    expect(rig.consensus.takeProposals()).toHaveLength(1);
  });

  it('more sets than the limit are dropped as too busy', async () => {
    await using rig = new ProposerRig();
    for (let n = 0; n < limits.proposerSets; n += 1) rig.submit();
    const one = rig.submit();
    await rig.clock.settle();
    expect(one.outcome).toEqual({ kind: 'dropped', reason: 'tooBusy' });
  });

  it('a set that waits too long is unknown', async () => {
    await using rig = new ProposerRig();
    const set = rig.submit();
    await rig.clock.advance(limits.proposerAgeMs + 2000);
    expect(set.outcome).toEqual({ kind: 'unknown' });
    expect(rig.clock.nextDueMs()).toBeUndefined();
  });

  it('a caller that gives up leaves the set to its fate', async () => {
    await using rig = new ProposerRig();
    const caller = new AbortController();
    const submitted = rig.proposer.submit(rig.request({ id: 'left' }), caller.signal);
    await rig.clock.settle();
    caller.abort(new Error('gone'));
    await expect(submitted).rejects.toThrow('gone');
    const [proposal] = rig.consensus.takeProposals();
    rig.consensus.commit(proposal?.data ?? new Uint8Array());
    expect(rig.store.outcomeOf('left')?.kind).toBe('done');
  });
});

describe('time stamps', () => {
  async function stamped(rig: ProposerRig): Promise<number> {
    rig.submit();
    await rig.clock.settle();
    const [proposal] = rig.consensus.takeProposals();
    const data = proposal?.data ?? new Uint8Array();
    rig.consensus.answer(proposal?.requestId ?? 0, 'committed');
    rig.consensus.commit(data);
    return decodeBatch(data).sets[0]?.wallMs ?? 0;
  }

  it('the first set of a leader is free, later ones stay near cluster time', async () => {
    await using rig = new ProposerRig();
    const startMs = await stamped(rig);
    expect(startMs).toBe(rig.clock.wallMs());
    rig.clock.shiftWall(3_600_000);
    expect(await stamped(rig)).toBe(startMs + limits.wallAheadMs);
    await rig.clock.advance(1000);
    const clusterMs = rig.proposer.view.clusterMs;
    expect(await stamped(rig)).toBe(clusterMs + 1000 + limits.wallAheadMs);
    rig.consensus.term = 2;
    rig.consensus.lead();
    expect(await stamped(rig)).toBe(rig.clock.wallMs());
  });

  it('a set that was under way while the process slept does not hold back those after it', async () => {
    await using rig = new ProposerRig();
    await stamped(rig);
    await rig.clock.advance(10);
    rig.submit();
    await rig.clock.settle();
    const [slept] = rig.consensus.takeProposals();
    await rig.clock.advance(60_000);
    rig.consensus.answer(slept?.requestId ?? 0, 'committed');
    rig.consensus.commit(slept?.data ?? new Uint8Array());
    expect(await stamped(rig)).toBe(rig.clock.wallMs());
  });

  it('a clock that goes back does not take cluster time with it', async () => {
    await using rig = new ProposerRig();
    await stamped(rig);
    const clusterMs = rig.proposer.view.clusterMs;
    rig.clock.shiftWall(-3_600_000);
    await stamped(rig);
    expect(rig.proposer.view.clusterMs).toBe(clusterMs);
  });
});

describe('barriers', () => {
  it('one question serves all that came before it was asked', async () => {
    await using rig = new ProposerRig();
    const done: string[] = [];
    const wait = (name: string): void => {
      void rig.proposer.barrier(rig.signal).then(() => done.push(name));
    };
    wait('a');
    wait('b');
    await rig.clock.settle();
    const [first, ...more] = rig.consensus.of('readBarrier');
    expect(more).toEqual([]);
    wait('c');
    await rig.clock.settle();
    expect(rig.consensus.of('readBarrier')).toHaveLength(1);
    rig.consensus.say({ kind: 'barrierDone', requestId: first?.requestId ?? 0, index: 1 });
    await rig.clock.settle();
    expect(done).toEqual([]);
    rig.consensus.commit(new Uint8Array());
    await rig.clock.settle();
    expect(done).toEqual(['a', 'b']);
    const second = rig.consensus.of('readBarrier')[1];
    rig.consensus.say({ kind: 'barrierDone', requestId: second?.requestId ?? 0, index: 1 });
    await rig.clock.settle();
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('without a leader, after too long, and at the end, they fail', async () => {
    await using rig = new ProposerRig();
    const lost = rig.proposer.barrier(rig.signal);
    await rig.clock.settle();
    const requestId = rig.consensus.of('readBarrier')[0]?.requestId ?? 0;
    rig.consensus.say({ kind: 'barrierDone', requestId, index: undefined });
    await expect(lost).rejects.toMatchObject({ code: 'lostQuorum' });
    const late = failureOf(rig.proposer.barrier(rig.signal));
    await rig.clock.advance(limits.proposerAgeMs + 2000);
    expect(await late).toMatchObject({ code: 'timeout' });
    const ended = failureOf(rig.proposer.barrier(rig.signal));
    await rig.proposer[Symbol.asyncDispose]();
    expect(await ended).toMatchObject({ code: 'unavailable' });
    await expect(rig.proposer.barrier(rig.signal)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('taking in what is committed', () => {
  it('gives credit first, and back what it has applied', async () => {
    await using rig = new ProposerRig();
    expect(rig.consensus.of('credit')).toEqual([
      {
        kind: 'credit',
        entries: limits.consensusCreditEntries,
        bytes: limits.consensusCreditBytes,
      },
    ]);
    const data = encodeBatch(newBatch({ sets: [new StoreFixture().complete({})] }));
    rig.consensus.commit(data);
    expect(rig.consensus.of('credit')[1]).toEqual({
      kind: 'credit',
      entries: 1,
      bytes: data.length,
    });
    expect(rig.consensus.of('applied').at(-1)).toEqual({ kind: 'applied', index: 1 });
  });

  it('applies a long log over several turns, in order', async () => {
    await using rig = new ProposerRig({ leads: false });
    const fixture = new StoreFixture();
    const entries = Array.from({ length: 400 }, () =>
      rig.consensus.entry(fixture.encode([{ reason: 'r'.repeat(1000) }])),
    );
    rig.consensus.say({ kind: 'committed', entries });
    const atOnce = rig.store.applied.index;
    expect(atOnce).toBeGreaterThan(0);
    expect(atOnce).toBeLessThan(400);
    const ready = rig.proposer.ready(rig.signal);
    rig.consensus.say({ kind: 'replayed', index: 400 });
    rig.consensus.lead();
    await rig.clock.advance(1);
    expect(rig.store.applied.index).toBe(400);
    await ready;
  });

  it('starts from a snapshot and goes on with the entries after it', async () => {
    const fixture = new StoreFixture();
    for (let n = 0; n < 50; n += 1) fixture.node(`n${n}`);
    await using rig = new ProposerRig({ leads: false });
    const cut = cutSnapshot(fixture.store);
    const { index, term } = cut.applied;
    while (!cut.isDone) {
      const data = cut.encodeSlice(7);
      rig.consensus.say({ kind: 'snapshotChunk', index, term, data, last: cut.isDone });
    }
    const data = fixture.encode([{}]);
    rig.consensus.say({ kind: 'committed', entries: [{ index: index + 1, term, data }] });
    fixture.applyBytes(data);
    await rig.clock.advance(1);
    expect(rig.store.applied.index).toBe(index + 1);
    expect(stateHash(rig.store)).toBe(stateHash(fixture.store));
  });

  it('a snapshot that is wanted is cut at once and streamed a slice a turn', async () => {
    await using rig = new ProposerRig();
    const fixture = new StoreFixture();
    const nodes = Array.from({ length: limits.snapshotSliceRows * 2 }, (_, n) => ({
      ops: [createOp({ kind: 'node', value: newNode({ id: `n${n}` }) })],
    }));
    rig.consensus.commit(fixture.encode(nodes));
    const hash = stateHash(rig.store);
    rig.consensus.say({ kind: 'snapshotWanted' });
    rig.consensus.say({ kind: 'snapshotWanted' });
    rig.consensus.commit(fixture.encode([{}]));
    await rig.clock.advance(1);
    const chunks = rig.consensus.of('snapshotChunk');
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.map((chunk) => chunk.last)).toEqual(
      chunks.map((_, n) => n + 1 === chunks.length),
    );
    await using other = new ProposerRig({ leads: false });
    for (const chunk of chunks) other.consensus.say(chunk);
    await other.clock.advance(1);
    expect(other.store.applied).toEqual({ index: 1, term: 1 });
    expect(stateHash(other.store)).toBe(hash);
  });
});

describe('leadership, failure and end', () => {
  it('who asks is told who leads, and of every change until it stops asking', async () => {
    await using rig = new ProposerRig();
    const heard: Leadership[] = [];
    const stop = rig.proposer.onLeadership((leadership) => heard.push(leadership));
    rig.consensus.term = 2;
    rig.consensus.lead(false);
    stop();
    rig.consensus.lead();
    expect(heard).toEqual([
      { term: 1, leader: 1, self: true },
      { term: 2, leader: 2, self: false },
    ]);
    expect(rig.proposer.leadership).toEqual({ term: 2, leader: 1, self: true });
  });

  it('a failure of consensus ends everything with its cause', async () => {
    await using rig = new ProposerRig();
    const proposed = rig.submit();
    await rig.clock.settle();
    rig.consensus.say({ kind: 'failed', code: 'storageFailed', message: 'disk is gone' });
    await expect(rig.proposer.failure).rejects.toMatchObject({
      code: 'storageFailed',
      message: 'disk is gone',
    });
    const late = rig.submit();
    await rig.clock.settle();
    expect(proposed.outcome).toEqual({ kind: 'unknown' });
    expect(late.outcome).toEqual({ kind: 'dropped', reason: 'stopping' });
    await expect(rig.proposer.ready(rig.signal)).rejects.toMatchObject({ code: 'storageFailed' });
  });

  it('an entry that only a newer version can apply ends the node', async () => {
    await using rig = new ProposerRig();
    rig.consensus.commit(new StoreFixture().encode([{ minLevel: 99 }]));
    await expect(rig.proposer.failure).rejects.toMatchObject({ code: 'levelTooLow' });
  });

  it('drain takes no more and waits for what is in flight', async () => {
    await using rig = new ProposerRig();
    const proposed = rig.submit();
    await rig.clock.settle();
    let isDrained = false;
    void rig.proposer.drain(rig.signal).then(() => {
      isDrained = true;
    });
    const late = rig.submit();
    await rig.clock.settle();
    expect(late.outcome).toEqual({ kind: 'dropped', reason: 'stopping' });
    expect(isDrained).toBe(false);
    const [proposal] = rig.consensus.takeProposals();
    rig.consensus.commit(proposal?.data ?? new Uint8Array());
    await rig.clock.settle();
    expect(isDrained).toBe(true);
    expect(proposed.outcome?.kind).toBe('done');
  });

  it('the end leaves nobody waiting, and may come twice', async () => {
    const rig = new ProposerRig();
    const proposed = rig.submit();
    await rig.clock.settle();
    const queued = rig.submit();
    await rig.proposer[Symbol.asyncDispose]();
    await rig.proposer[Symbol.asyncDispose]();
    await rig.clock.settle();
    expect(proposed.outcome).toEqual({ kind: 'unknown' });
    expect(queued.outcome).toEqual({ kind: 'dropped', reason: 'stopping' });
    await rig.clock.advance(0);
    expect(rig.clock.nextDueMs()).toBeUndefined();
  });
});
