// Shows that several drivers are one log: what was acknowledged is at every member whatever crashes or is cut off, and each
// member hands over the same entries in the same order.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { seededRandom, type Random } from '../../../../common/pure/random.ts';
import { encodeHandle } from '../../../../manager/consensus/snapshot-handle.ts';
import { message as raftMessage } from '../../../../manager/raft/message.ts';
import { emptyConfState } from '../../../../manager/raft/snapshot.ts';
import { ConsensusGroup } from '../../../lib/consensus-group.ts';

describe('several drivers', () => {
  it('elect one leader, and hand over the same entries everywhere', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const requests = ['a', 'b', 'c'].map((text) => group.probe(leader).propose(text));
    await group.clock.advance(1000);
    expect(requests.map((request) => group.probe(leader).outcomeOf(request))).toEqual([
      'committed',
      'committed',
      'committed',
    ]);
    for (const id of group.ids) expect(group.texts(id)).toEqual(['a', 'b', 'c']);
    for (const id of group.ids) expect(group.entries(id)).toEqual(group.entries(1));
  });

  it('a follower drops what is proposed to it, and answers barriers with what covers all that was acknowledged', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const follower = group.ids.find((id) => id !== leader) ?? 0;
    const dropped = group.probe(follower).propose('mine');
    const taken = group.probe(leader).propose('theirs');
    await group.clock.advanceUntil(
      () => group.probe(leader).outcomeOf(taken) === 'committed',
      1000,
    );
    expect(group.probe(follower).outcomeOf(dropped)).toBe('dropped');
    const { index = 0 } = group.probe(leader).all('outcome').at(-1) ?? {};
    group.probe(follower).post({ kind: 'readBarrier', requestId: 70 });
    await group.clock.advance(500);
    const [answer] = group.probe(follower).all('barrierDone');
    expect(answer?.index).toBeGreaterThanOrEqual(index);
  });

  it('another one leads within two election timeouts when the leader dies, with all that was acknowledged', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    const request = group.probe(first).propose('kept');
    await group.clock.advanceUntil(
      () => group.probe(first).outcomeOf(request) === 'committed',
      1000,
    );
    group.crash(first);
    const second = await group.untilLeader(1500);
    group.probe(second).propose('after');
    await group.clock.advance(500);
    group.start(first);
    await group.clock.advance(2000);
    for (const id of group.ids) expect(group.texts(id)).toEqual(['kept', 'after']);
  });

  it('a leader that is cut off gives up, says unknown, and takes the log of the others when it is back', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    group.isolate(first);
    const lost = group.probe(first).propose('lost');
    await group.clock.advance(3000);
    expect(group.probe(first).outcomeOf(lost)).toBe('unknown');
    expect(group.probe(first).all('leadership').at(-1)).toMatchObject({ self: false });
    const second = await group.untilLeader();
    group.probe(second).propose('won');
    group.heal();
    await group.clock.advance(3000);
    for (const id of group.ids) expect(group.texts(id)).toEqual(['won']);
  });

  it('a barrier whose question is lost is asked again', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const follower = group.ids.find((id) => id !== leader) ?? 0;
    group.cut(follower, leader);
    group.probe(follower).post({ kind: 'readBarrier', requestId: 70 });
    await group.clock.advance(100);
    group.heal();
    await group.clock.advance(2000);
    expect(group.probe(follower).all('barrierDone')).toHaveLength(1);
  });

  it('a member without a quorum answers no barrier', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    group.isolate(leader);
    group.probe(leader).post({ kind: 'readBarrier', requestId: 70 });
    await group.clock.advance(5000);
    expect(group.probe(leader).all('barrierDone')).toEqual([]);
  });

  it('a lone voter becomes three, and any of them may die', async () => {
    const group = new ConsensusGroup({ members: 1 });
    const first = await group.untilLeader();
    group.probe(first).propose('alone');
    for (const id of [2, 3]) {
      group.addProcess(id);
      expect(await group.change('ConfChangeAddLearnerNode', id)).toBe('committed');
      expect(group.texts(id)).toEqual(['alone']);
      expect(await group.change('ConfChangeAddNode', id)).toBe('committed');
    }
    for (const id of group.ids) expect(group.members(id)?.voters).toEqual([1, 2, 3]);
    group.crash(first);
    const second = await group.untilLeader(1500);
    group.probe(second).propose('without the first');
    group.start(first);
    await group.clock.advance(2000);
    for (const id of group.ids) {
      expect(group.texts(id)).toEqual(['alone', 'without the first']);
      expect(group.members(id)?.voters).toEqual([1, 2, 3]);
    }
  });

  it('members know each other after a power cut, from the log or from a snapshot', async () => {
    for (const snapshotEntries of [1000, 4]) {
      const group = new ConsensusGroup({ members: 1, changes: { snapshotEntries } });
      await group.untilLeader();
      for (const id of [2, 3]) {
        group.addProcess(id);
        expect(await group.change('ConfChangeAddNode', id)).toBe('committed');
      }
      for (let count = 0; count < 6; count += 1) {
        group.probe(await group.untilLeader()).propose(`${count}`);
        await group.clock.advance(100);
      }
      for (const id of group.ids) group.crash(id);
      for (const id of group.ids) group.start(id);
      const leader = await group.untilLeader();
      expect(group.probe(leader).all('snapshotChunk').length > 0).toBe(snapshotEntries === 4);
      for (const id of group.ids) expect(group.members(id)?.voters).toEqual([1, 2, 3]);
      // Two of three decide: no member takes itself for the only one.
      group.isolate(leader);
      await group.clock.advance(2000);
      expect(group.probe(leader).all('leadership').at(-1)?.self).toBe(false);
    }
  });

  it('a member that was away too long gets a snapshot, and goes on from there, also after a power cut', async () => {
    const group = new ConsensusGroup({ changes: { snapshotEntries: 10, trailingEntries: 2 } });
    const leader = await group.untilLeader();
    const away = group.ids.find((id) => id !== leader) ?? 0;
    group.isolate(away);
    for (let count = 0; count < 50; count += 1) {
      group.probe(leader).propose(`${count}`);
      await group.clock.advance(30);
    }
    group.heal();
    await group.clock.advance(3000);
    expect(group.probe(away).all('snapshotChunk').length).toBeGreaterThan(0);
    expect(group.probe(away).state).toEqual(group.probe(leader).state);
    group.crash(away);
    group.start(away);
    await group.clock.advance(3000);
    expect(group.probe(away).state).toEqual(group.probe(leader).state);
    expect(group.members(away)?.voters).toEqual([1, 2, 3]);
  });

  it('a snapshot replaces a log of another history', async () => {
    const group = new ConsensusGroup({ changes: { snapshotEntries: 10, trailingEntries: 2 } });
    const first = await group.untilLeader();
    group.isolate(first);
    for (let count = 0; count < 5; count += 1) group.probe(first).propose(`lost ${count}`);
    await group.clock.advance(3000);
    const second = await group.untilLeader();
    for (let count = 0; count < 50; count += 1) {
      group.probe(second).propose(`${count}`);
      await group.clock.advance(30);
    }
    group.heal();
    await group.clock.advance(3000);
    expect(group.probe(first).all('snapshotChunk').length).toBeGreaterThan(0);
    group.crash(first);
    group.start(first);
    group.probe(await group.untilLeader()).propose('after');
    await group.clock.advance(3000);
    expect(group.probe(first).state).toEqual(group.probe(second).state);
    expect([...group.probe(first).state.values()].some((text) => text.startsWith('lost'))).toBe(
      false,
    );
  });

  it.for([
    ['one of other bytes', 'a snapshot is not what it says', 'stale of six'],
    ['a short one', 'a snapshot is not what it says', 'state'],
    ['a long one', 'a snapshot is longer than it says', 'state of six, and more'],
  ] as const)('%s is no snapshot, and nothing is left of it', async ([, message, text]) => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const id = group.ids.find((other) => other !== leader) ?? 0;
    const bytes = new TextEncoder().encode('state of six');
    const sha256 = createHash('sha256').update(bytes).digest();
    const data = encodeHandle({ bytes: bytes.length, sha256 });
    const confState = { ...emptyConfState, voters: group.ids };
    const snapshot = { data, index: 6, term: 9, confState };
    const sent = raftMessage({ type: 'MsgSnap', to: id, from: leader, term: 9, snapshot });
    const taken = group.probe(id).port.deliverSnapshot(sent, inPieces(text));
    const outcome = taken.catch((error: unknown) => error);
    await group.clock.advance(1000);
    expect(await outcome).toMatchObject({ code: 'invalidArgument', message });
    expect(await group.files(id)).toEqual([]);
    group.probe(leader).propose('goes on');
    await group.clock.advance(1000);
    expect(group.texts(id)).toEqual(['goes on']);
  });

  it('a lone voter that has forgotten its log takes a snapshot for the one that joins', async () => {
    const group = new ConsensusGroup({ members: 1 });
    const leader = await group.untilLeader();
    for (let count = 0; count < 600; count += 1) group.probe(leader).propose(`${count}`);
    await group.clock.advance(1000);
    group.addProcess(2);
    expect(await group.change('ConfChangeAddLearnerNode', 2)).toBe('committed');
    await group.clock.advance(3000);
    expect(group.probe(2).all('snapshotChunk').length).toBeGreaterThan(0);
    expect(group.probe(2).state).toEqual(group.probe(leader).state);
    expect(group.members(2)).toMatchObject({ voters: [1], learners: [2] });
  });

  it('who is left alone leads again after a power cut', async () => {
    const group = new ConsensusGroup({ members: 2 });
    const leader = await group.untilLeader();
    const other = leader === 1 ? 2 : 1;
    expect(await group.change('ConfChangeRemoveNode', other)).toBe('committed');
    group.probe(leader).propose('alone');
    await group.clock.advance(100);
    for (const id of group.ids) group.crash(id);
    group.start(leader);
    expect(await group.untilLeader(2000)).toBe(leader);
    await group.clock.advance(100);
    expect(group.texts(leader)).toEqual(['alone']);
  });

  it('a lone voter leads however slow its disk is, and waits for nothing then', async () => {
    const group = new ConsensusGroup({ members: 1, diskMs: 3000 });
    await group.untilLeader(120_000);
    await group.clock.advance(60_000);
    expect(group.probe(1).all('leadership')).toHaveLength(1);
    expect(group.clock.nextDueMs()).toBeUndefined();
  });

  it('a member whose first snapshot is far away gets to the end of its log also where that was of another history', async () => {
    const group = new ConsensusGroup({ members: 1 });
    const first = await group.untilLeader();
    for (const id of [2, 3]) {
      group.addProcess(id);
      expect(await group.change('ConfChangeAddNode', id)).toBe('committed');
    }
    group.isolate(first);
    for (let count = 0; count < 5; count += 1) group.probe(first).propose(`lost ${count}`);
    await group.clock.advance(200);
    group.crash(first);
    await group.untilLeader();
    group.heal();
    group.start(first);
    await group.clock.advance(3000);
    expect(group.probe(first).all('replayed')).toHaveLength(1);
    expect(group.probe(first).all('leadership').at(-1)?.leader).toBe(await group.untilLeader());
  });

  it('a removed leader steps down; the rest goes on', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    expect(await group.change('ConfChangeRemoveNode', first)).toBe('committed');
    await group.clock.advance(2000);
    const second = await group.untilLeader();
    expect(second).not.toBe(first);
    expect(group.probe(first).all('leadership').at(-1)?.self).toBe(false);
    group.probe(second).propose('without it');
    await group.clock.advance(500);
    const rest = group.ids.filter((id) => id !== first);
    for (const id of rest) expect(group.texts(id)).toEqual(['without it']);
    expect(group.members(second)?.voters).toEqual(rest);
  });

  it('a change is dropped while the one before is not applied', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const probe = group.probe(leader);
    const requests = [4, 5].map((id) => probe.changeMembers('ConfChangeAddLearnerNode', id));
    await group.clock.advance(1000);
    expect(requests.map((request) => probe.outcomeOf(request))).toEqual(['committed', 'dropped']);
    expect(group.members(leader)).toMatchObject({ voters: [1, 2, 3], learners: [4] });
  });

  it('leadership is handed over without a pause', async () => {
    const group = new ConsensusGroup();
    const first = await group.untilLeader();
    const next = group.ids.find((id) => id !== first) ?? 0;
    group.probe(first).post({ kind: 'transfer', to: next });
    await group.clock.advanceUntil(() => group.leader === next, 200);
  });

  it.for(Array.from({ length: 30 }, (_, seed) => seed))(
    'keeps what it acknowledged, and one order, through crashes and cuts (seed %i)',
    { timeout: 60_000 },
    async (seed) => {
      await checkChaos(seed);
    },
  );
});

async function* inPieces(text: string): AsyncGenerator<Uint8Array> {
  for (const letter of text) yield await Promise.resolve(new TextEncoder().encode(letter));
}

/** What was proposed and has no answer yet. */
interface Asked {
  readonly id: number;
  readonly request: number;
  readonly text: string;
}

/** A group in which members crash, start, and are cut off, and what it acknowledged. */
class Chaos {
  readonly group: ConsensusGroup;
  readonly acknowledged = new Map<number, string>();
  readonly #random: Random;
  #asked: Asked[] = [];

  constructor(seed: number) {
    this.#random = seededRandom(seed).fork('chaos');
    const members = this.#random.below(2) === 0 ? 3 : 5;
    const diskMs = this.#random.below(2) === 0 ? 4 : 60;
    const changes = this.#random.below(2) === 0 ? {} : { snapshotEntries: 10, trailingEntries: 3 };
    this.group = new ConsensusGroup({ members, seed, diskMs, changes });
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      await this.group.clock.advance(this.#random.below(this.#random.below(3) === 0 ? 1000 : 60));
      this.#note();
      this.#act(step);
    }
    this.#note();
  }

  #act(step: number): void {
    const { group } = this;
    const what = this.#random.below(20);
    const id = group.ids[this.#random.below(group.ids.length)] ?? 1;
    // The power of all.
    if (what === 0) for (const each of group.living) this.#crash(each);
    else if (what < 3) this.#crash(id);
    else if (what === 3) group.isolate(id);
    else if (what < 6) group.heal();
    else if (what < 12) for (const each of group.ids) this.#start(each);
    else for (const each of group.living) this.#propose(each, `${step} at ${each}`);
  }

  #crash(id: number): void {
    this.group.crash(id);
    this.#asked = this.#asked.filter((asked) => asked.id !== id);
  }

  #start(id: number): void {
    if (!this.group.living.includes(id)) this.group.start(id);
  }

  #propose(id: number, text: string): void {
    this.#asked.push({ id, text, request: this.group.probe(id).propose(text) });
  }

  #note(): void {
    for (const { id, request, text } of this.#asked) {
      const outcomes = this.group.probe(id).all('outcome');
      const told = outcomes.find(({ requestId }) => requestId === request);
      if (told?.outcome === 'committed') this.acknowledged.set(told.index, text);
    }
  }

  /** All are up and reach each other, and have had time. Gives who leads. */
  async calm(): Promise<number> {
    this.group.heal();
    for (const id of this.group.ids) this.#start(id);
    const leader = await this.group.untilLeader();
    this.group.probe(leader).propose('the end');
    await this.group.clock.advance(3000);
    return leader;
  }
}

async function checkChaos(seed: number): Promise<void> {
  const chaos = new Chaos(seed);
  await chaos.run(100);
  const leader = await chaos.calm();
  const { group, acknowledged } = chaos;
  const { state } = group.probe(leader);
  for (const id of group.ids) expect(group.probe(id).state).toEqual(state);
  expect([...state.values()].at(-1)).toBe('the end');
  for (const [index, text] of acknowledged)
    expect([index, state.get(index)]).toEqual([index, text]);
  expect(acknowledged.size).toBeGreaterThan(0);
}
