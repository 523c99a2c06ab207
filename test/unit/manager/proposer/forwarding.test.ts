// Sets of a manager that follows: on their way to a leader played by hand, through changes of leader, lost answers and refusals.
import { describe, expect, it, test } from 'vitest';
import { ShoalError } from '../../../../common/pure/errors.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { decodeChangeSet, encodeBatch, newBatch } from '../../../../proto/gen/changeset.ts';
import {
  encodeSubmitRequest,
  newSubmitRequest,
  newSubmitResponse,
  newSubmittedSet,
  SubmitResult,
  type SubmitResponse,
} from '../../../../proto/gen/managers.ts';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import { Forwarding } from '../../../../manager/proposer/forwarding.ts';
import { Outbox } from '../../../../manager/proposer/outbox.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';
import type { LeaderLink } from '../../../../manager/proposer/port.ts';
import { ProposerRig } from '../../../lib/proposer-rig.ts';

interface Call {
  readonly leader: number;
  readonly sets: readonly Uint8Array[];
  readonly ids: readonly string[];
  readonly signal: AbortSignal;
  answer(...results: readonly SubmitResult[]): void;
  fail(fields?: Readonly<Record<string, boolean>>): void;
}

/** A leader that answers when the test says so. */
class HandLeader implements LeaderLink {
  #calls: Call[] = [];
  /** Index of the log that it says holds what it decided. */
  index = 1;

  submit(
    leader: number,
    sets: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<SubmitResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<SubmitResponse>();
    signal.addEventListener('abort', () => {
      reject(new ShoalError('cancelled', 'aborted'));
    });
    this.#calls.push({
      leader,
      sets,
      ids: sets.map((bytes) => decodeChangeSet(bytes).id),
      signal,
      answer: (...results) => {
        const answered = results.map((result) => newSubmittedSet({ result }));
        resolve(newSubmitResponse({ sets: answered, index: this.index }));
      },
      fail: (fields = {}) => {
        reject(new ShoalError('unavailable', 'connection is gone', { fields }));
      },
    });
    return promise;
  }

  /** Calls that were not looked at yet. */
  take(): Call[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }
}

function followers(): { rig: ProposerRig; leader: HandLeader } {
  const leader = new HandLeader();
  const rig = new ProposerRig({ leads: false, leader });
  rig.consensus.answersBarriers = true;
  rig.consensus.lead(false);
  return { rig, leader };
}

/** The entry in which the leader proposed these sets. */
function entryOf(call: Call | undefined): Uint8Array {
  const sets = call?.sets.map((bytes) => decodeChangeSet(bytes)) ?? [];
  return encodeBatch(newBatch({ sets }));
}

describe('a set of a manager that follows', () => {
  it('goes to the leader with all of its turn, and has its outcome once it is applied here', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const one = rig.submit();
    const two = rig.submit();
    await rig.clock.settle();
    const [call, ...more] = leader.take();
    expect(more).toEqual([]);
    expect([call?.leader, call?.ids]).toEqual([2, ['set-1', 'set-2']]);
    expect(rig.consensus.takeProposals()).toEqual([]);
    call?.answer(SubmitResult.submitDecided, SubmitResult.submitDecided);
    await rig.clock.settle();
    expect([one.outcome, two.outcome]).toEqual([undefined, undefined]);
    rig.consensus.commit(entryOf(call));
    await rig.clock.settle();
    expect([one.outcome, two.outcome]).toEqual([
      { kind: 'done', revision: 1 },
      { kind: 'done', revision: 2 },
    ]);
  });

  it('may be applied here before the leader answers', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const set = rig.submit();
    await rig.clock.settle();
    const [call] = leader.take();
    rig.consensus.commit(entryOf(call));
    await rig.clock.settle();
    expect(set.outcome).toEqual({ kind: 'done', revision: 1 });
    call?.answer(SubmitResult.submitDecided);
    await rig.clock.advance(1000);
    expect(leader.take()).toEqual([]);
  });

  it('that was decided long ago has the outcome that the store knows', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const set = rig.submit({ id: 'old' });
    await rig.clock.settle();
    const [call] = leader.take();
    rig.consensus.commit(entryOf(call));
    const again = rig.submit({ id: 'old' });
    await rig.clock.settle();
    expect([set.outcome, again.outcome]).toEqual([
      { kind: 'done', revision: 1 },
      { kind: 'done', revision: 1 },
    ]);
  });

  it('goes to the next leader at once when another one leads, whatever the old one does', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const set = rig.submit();
    await rig.clock.settle();
    const [first] = leader.take();
    rig.consensus.say({ kind: 'leadership', term: 2, leader: 3, self: false });
    await rig.clock.settle();
    expect(first?.signal.aborted).toBe(true);
    const [second] = leader.take();
    expect([second?.leader, second?.ids]).toEqual([3, ['set-1']]);
    rig.consensus.commit(entryOf(second));
    await rig.clock.settle();
    expect(set.outcome).toEqual({ kind: 'done', revision: 1 });
  });

  it('is proposed by this manager when it comes to lead', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    rig.submit();
    await rig.clock.settle();
    leader.take();
    rig.consensus.term = 2;
    rig.consensus.lead();
    await rig.clock.settle();
    expect(rig.consensus.takeProposals()).toHaveLength(1);
  });

  it('goes again in a moment when it did not get through, or the leader is none', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.fail();
    await rig.clock.settle();
    expect(leader.take()).toEqual([]);
    await rig.clock.advance(limits.proposerRetryMs);
    const [second] = leader.take();
    second?.answer(SubmitResult.submitNotLeader);
    await rig.clock.advance(limits.proposerRetryMs);
    expect(leader.take()[0]?.ids).toEqual(['set-1']);
  });

  it('is dropped as the leader says, but unknown if it had gone out before', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const busy = rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.answer(SubmitResult.submitTooBusy);
    await rig.clock.settle();
    expect(busy.outcome).toEqual({ kind: 'dropped', reason: 'tooBusy' });
    await rig.clock.advance(limits.proposerRetryMs);
    const doubtful = rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.fail();
    for (let at = 0; at < limits.proposerAgeMs + 2000; at += limits.proposerRetryMs) {
      await rig.clock.advance(limits.proposerRetryMs);
      for (const call of leader.take()) call.answer(SubmitResult.submitTooBusy);
    }
    expect(doubtful.outcome).toEqual({ kind: 'unknown' });
  });

  it('that certainly did not go out is in no doubt: it goes again without a look at what was decided', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    rig.consensus.answersBarriers = false;
    const set = rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.fail({ unsent: true });
    await rig.clock.advance(limits.proposerRetryMs);
    expect(rig.consensus.of('readBarrier')).toEqual([]);
    leader.take()[0]?.answer(SubmitResult.submitTooBusy);
    await rig.clock.settle();
    expect(set.outcome).toEqual({ kind: 'dropped', reason: 'tooBusy' });
  });

  it('that the leader is too old for is refused, but unknown if it had gone out before', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const refused = rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.answer(SubmitResult.submitUnfit);
    await rig.clock.advance(limits.proposerRetryMs);
    expect(refused.outcome).toEqual({ kind: 'refused', refusal: { kind: 'level' } });
    const doubtful = rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.fail();
    for (let at = 0; at < limits.proposerAgeMs + 2000; at += limits.proposerRetryMs) {
      await rig.clock.advance(limits.proposerRetryMs);
      for (const call of leader.take()) call.answer(SubmitResult.submitUnfit);
    }
    expect(doubtful.outcome).toEqual({ kind: 'unknown' });
  });

  it('is not one of a controller: those end where they were decided', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const set = rig.submit({ term: 1 });
    await rig.clock.settle();
    expect(set.outcome).toEqual({ kind: 'dropped', reason: 'notLeader' });
    expect(leader.take()).toEqual([]);
  });

  it('that may have been decided goes again only once this member knows all that was', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    rig.consensus.answersBarriers = false;
    const [decided, lost] = [rig.submit(), rig.submit()];
    await rig.clock.settle();
    const [call] = leader.take();
    call?.fail();
    await rig.clock.advance(limits.proposerRetryMs);
    expect(leader.take()).toEqual([]);
    const [ask] = rig.consensus.of('readBarrier');
    const first = call?.sets.slice(0, 1).map((bytes) => decodeChangeSet(bytes)) ?? [];
    rig.consensus.say({ kind: 'barrierDone', requestId: ask?.requestId ?? 0, index: 1 });
    await rig.clock.settle();
    expect(leader.take()).toEqual([]);
    rig.consensus.commit(encodeBatch(newBatch({ sets: first })));
    await rig.clock.settle();
    expect(leader.take().map(({ ids }) => ids)).toEqual([['set-2']]);
    expect([decided.outcome, lost.outcome]).toEqual([{ kind: 'done', revision: 1 }, undefined]);
  });

  it('goes again also while this manager ends, which waits for it', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.fail();
    let isDrained = false;
    void rig.proposer.drain(rig.signal).then(() => {
      isDrained = true;
    });
    await rig.clock.advance(limits.proposerRetryMs);
    const [again] = leader.take();
    expect([again?.ids, isDrained]).toEqual([['set-1'], false]);
    rig.consensus.commit(entryOf(again));
    await rig.clock.settle();
    expect(isDrained).toBe(true);
  });

  it('asks no leader again while nobody can say what was decided', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    rig.consensus.answersBarriers = false;
    const set = rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.fail();
    for (let passed = 0; passed < limits.proposerAgeMs + 2000; passed += limits.proposerRetryMs) {
      await rig.clock.advance(limits.proposerRetryMs);
      for (const { requestId } of rig.consensus.of('readBarrier')) {
        rig.consensus.say({ kind: 'barrierDone', requestId, index: undefined });
      }
      rig.consensus.forget('readBarrier');
    }
    expect(leader.take()).toEqual([]);
    expect(set.outcome).toEqual({ kind: 'unknown' });
  });

  it('goes out in the order in which it came, however often it has to', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    for (let n = 0; n < 5; n += 1) rig.submit();
    await rig.clock.settle();
    const { submitUnknown: lost, submitNotLeader: none, submitDecided: done } = SubmitResult;
    leader.take()[0]?.answer(none, lost, done, none, lost);
    await rig.clock.advance(limits.proposerRetryMs);
    expect(leader.take()[0]?.ids).toEqual(['set-2', 'set-5', 'set-1', 'set-4']);
  });

  it('shares a message with no more than one holds; what fills none waits for those that are under way', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const large = Array.from({ length: 14 }, () => rig.submit({ reason: 'x'.repeat(200_000) }));
    await rig.clock.settle();
    const calls = leader.take();
    expect(calls.map(({ ids }) => ids.length)).toEqual([5, 5]);
    for (const { sets } of calls) {
      const bytes = encodeSubmitRequest(newSubmitRequest({ sets })).length;
      expect(bytes).toBeLessThanOrEqual(limits.rpcMessageBytes);
    }
    for (const call of calls) call.answer(...call.ids.map(() => SubmitResult.submitDecided));
    await rig.clock.settle();
    expect(leader.take()[0]?.ids).toHaveLength(large.length - 10);
  });

  it('goes again in a moment, not at once, when the leader says nothing of it', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    rig.submit();
    await rig.clock.settle();
    leader.take()[0]?.answer();
    await rig.clock.settle();
    expect(leader.take()).toEqual([]);
    await rig.clock.advance(limits.proposerRetryMs);
    expect(leader.take()).toHaveLength(1);
  });

  it('waits where as many batches as may be are on their way', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    for (let n = 0; n < 4; n += 1) {
      rig.submit();
      await rig.clock.settle();
    }
    const [call, ...others] = leader.take();
    expect(others).toEqual([]);
    call?.answer(SubmitResult.submitDecided);
    await rig.clock.settle();
    expect(leader.take()[0]?.ids).toHaveLength(3);
  });

  it('waits where as many full batches as may be are on their way', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const sets = 5 * (limits.proposerForwards + 2);
    for (let n = 0; n < sets; n += 1) rig.submit({ reason: 'x'.repeat(200_000) });
    await rig.clock.settle();
    expect(leader.take()).toHaveLength(limits.proposerForwards);
  });
});

test('what was decided and given up is not kept while nothing is applied here', async () => {
  const outbox = new Outbox();
  await using group = new TaskGroup();
  let id = 0;
  let looked = 0;
  const forwarding = new Forwarding({
    leader: {
      submit: (_, sets) => {
        const result = SubmitResult.submitDecided;
        const answered = sets.map(() => newSubmittedSet({ result }));
        return Promise.resolve(newSubmitResponse({ sets: answered, index: 1000 }));
      },
    },
    outbox,
    clock: new VirtualClock(),
    spawn: (name, job) => {
      group.spawn(name, job);
    },
    nextId: () => (id += 1),
    outcomeOf: () => {
      looked += 1;
      return undefined;
    },
    appliedIndex: () => 1,
    caughtUp: () => Promise.resolve(),
    settled: () => {
      forwarding.flush(2);
    },
  });
  for (let round = 0; round < 5; round += 1) {
    for (let n = 0; n < limits.proposerSets; n += 1)
      outbox.add({ id: `${round}-${n}`, bytes: Uint8Array.of(1), ops: 1, term: 0, sinceMs: 0 });
    forwarding.flush(2);
    while (outbox.queued > 0 || outbox.entries > 0) await Promise.resolve();
    outbox.expire(1, { kind: 'unknown' });
  }
  forwarding.advance(1000);
  expect(looked).toBeGreaterThan(limits.proposerSets - 1);
  expect(looked).toBeLessThanOrEqual(2 * limits.proposerSets);
});

describe('a set of another manager', () => {
  const bytesOf = async (rig: ProposerRig): Promise<Uint8Array> => {
    const leader = new HandLeader();
    const other = new ProposerRig({ leads: false, leader });
    await using _other = other;
    other.consensus.lead(false);
    void other.proposer.submit(rig.request(), rig.signal).catch(() => undefined);
    await other.clock.settle();
    return leader.take()[0]?.sets[0] ?? new Uint8Array();
  };

  it('is proposed by the leader, stamped, once however often it comes', async () => {
    await using rig = new ProposerRig();
    const bytes = await bytesOf(rig);
    const first = rig.proposer.submitForwarded(bytes, rig.signal);
    const again = rig.proposer.submitForwarded(bytes, rig.signal);
    await rig.clock.settle();
    const [proposal, ...more] = rig.consensus.takeProposals();
    expect(more).toEqual([]);
    rig.consensus.commit(proposal?.data ?? new Uint8Array());
    const late = rig.proposer.submitForwarded(bytes, rig.signal);
    const done = { kind: 'done', revision: 1 };
    expect(await Promise.all([first, again, late])).toEqual([done, done, done]);
    expect(rig.proposer.view.clusterMs).toBe(rig.clock.wallMs());
  });

  it('goes no further where this one does not lead', async () => {
    const { rig, leader } = followers();
    await using _rig = rig;
    const bytes = await bytesOf(rig);
    expect(await rig.proposer.submitForwarded(bytes, rig.signal)).toEqual({
      kind: 'dropped',
      reason: 'notLeader',
    });
    expect(leader.take()).toEqual([]);
  });

  it('that this version could not apply gets no further', async () => {
    await using rig = new ProposerRig();
    const bytes = await bytesOf(rig);
    const cut = bytes.subarray(0, bytes.length - 3);
    for (const bad of [cut, new Uint8Array(), new Uint8Array(limits.setBytes + 1)]) {
      expect(await rig.proposer.submitForwarded(bad, rig.signal)).toEqual({ kind: 'unfit' });
    }
    expect(rig.consensus.takeProposals()).toEqual([]);
  });
});
