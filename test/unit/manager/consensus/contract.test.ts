// Shows the contract of the driver at its edges: what main may apply, what it is given first, whom the library hears, and what is asked twice. Each test is of one
// bug of test/mutants/driver.ts.
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../../common/pure/random.ts';
import { Delivery } from '../../../../manager/consensus/delivery.ts';
import { ConsensusDriver } from '../../../../manager/consensus/driver.ts';
import { driverOptions } from '../../../../manager/consensus/options.ts';
import { noPeers } from '../../../../manager/consensus/peers.ts';
import { Reads } from '../../../../manager/consensus/reads.ts';
import {
  clusterId,
  ConsensusProbe,
  fixedEntropy,
  lonePorts,
  memberId,
} from '../../../lib/consensus.ts';
import { ConsensusGroup } from '../../../lib/consensus-group.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';

function freshDisk(): MemoryDisk {
  return new MemoryDisk({ random: seededRandom(1) });
}

describe('main', () => {
  it('applies only what it was given', () => {
    const options = driverOptions({ directory: '/raft', clusterId, memberId });
    const driver = new ConsensusDriver(options, lonePorts(freshDisk(), 1), () => undefined);
    expect(() => {
      driver.post({ kind: 'applied', index: 1 });
    }).toThrow('main applies only what it was given');
  });

  it('is told how far it has applied by itself alone: a change waits for the one before', async () => {
    const probe = new ConsensusProbe(freshDisk());
    probe.credit();
    await probe.untilLeader();
    probe.propose('before');
    await probe.until(() => probe.texts.includes('before'));
    const first = probe.changeMembers('ConfChangeAddLearnerNode', 4);
    await probe.until(() => probe.outcomeOf(first) === 'committed' && probe.texts.length === 3);
    probe.post({ kind: 'applied', index: 2 });
    const early = probe.changeMembers('ConfChangeAddLearnerNode', 5);
    await probe.until(() => probe.outcomeOf(early) !== undefined);
    expect(probe.outcomeOf(early)).toBe('dropped');
    await probe.until(() => probe.texts.length === 4);
    probe.post({ kind: 'applied', index: 4 });
    const late = probe.changeMembers('ConfChangeAddLearnerNode', 6);
    await probe.until(() => probe.outcomeOf(late) !== undefined);
    expect(probe.outcomeOf(late)).toBe('committed');
  });

  it('has all that was in the log, and knows that it has, before it leads and is given more', async () => {
    const disk = freshDisk();
    const before = new ConsensusProbe(disk);
    before.credit();
    await before.untilLeader();
    for (const text of ['a', 'b', 'c']) before.propose(text);
    await before.until(() => before.texts.length === 4);
    await before.stop();
    const probe = new ConsensusProbe(disk.crash(), {}, 2);
    // The log is read, and its voter leads, while main is busy elsewhere.
    for (let turn = 0; turn < 200; turn += 1) {
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
    expect(probe.all('leadership')).toEqual([]);
    probe.credit();
    await probe.until(() => probe.texts.length === 5);
    const order = probe.heard.flatMap((message): readonly (number | string)[] =>
      message.kind === 'committed' ? message.entries.map(({ index }) => index) : [message.kind],
    );
    expect(order.filter((what) => what !== 'members')).toEqual([
      1,
      2,
      3,
      4,
      'replayed',
      'leadership',
      5,
    ]);
  });
});

describe('entries that wait for credit', () => {
  it('are gone where another member’s snapshot holds them', async () => {
    const sent: number[] = [];
    const delivery = new Delivery((entries) => sent.push(...entries.map(({ index }) => index)));
    const entry = (index: number) => ({ index, term: 1, data: new Uint8Array(1) });
    delivery.begin(0);
    for (const index of [1, 2, 3]) delivery.add(entry(index));
    delivery.restart(20);
    delivery.add(entry(21));
    delivery.addCredit(10, 10);
    delivery.release(20);
    await Promise.resolve();
    await Promise.resolve();
    expect(sent).toEqual([21]);
  });
});

describe('a question for an index', () => {
  function asked(seed: number): { reads: Reads; contexts: number[]; answers: unknown[] } {
    const contexts: number[] = [];
    const answers: unknown[] = [];
    const reads = new Reads(fixedEntropy(seed), {
      ask: (context) => contexts.push(context),
      answer: (requestId, index) => answers.push([requestId, index]),
    });
    reads.led(true);
    return { reads, contexts, answers };
  }

  it('that is asked again is another one: an answer to the first says nothing', async () => {
    const { reads, contexts, answers } = asked(1);
    reads.add(7);
    await Promise.resolve();
    reads.askAgain();
    await Promise.resolve();
    const [first = 0, second = 0] = contexts;
    reads.answered(first, 10);
    expect(answers).toEqual([]);
    reads.answered(second, 11);
    expect(answers).toEqual([[7, 11]]);
  });

  it('is none of the process before', async () => {
    const runs = [1, 2, 3].map((seed) => asked(seed));
    for (const { reads } of runs) for (let id = 0; id < 5; id += 1) reads.add(id);
    await Promise.resolve();
    for (const { reads } of runs) reads.askAgain();
    await Promise.resolve();
    const contexts = runs.flatMap((run) => run.contexts);
    expect(contexts).toHaveLength(6);
    expect(new Set(contexts).size).toBe(contexts.length);
  });
});

describe('the library', () => {
  it('hears of what cannot be sent only after it has told all', async () => {
    const holder: { driver?: ConsensusDriver } = {};
    const heard: string[] = [];
    const peers = {
      ...noPeers,
      send: ({ to }: { readonly to: number }) => {
        holder.driver?.unreachable(to);
      },
    };
    const options = driverOptions(
      { directory: '/raft', clusterId, memberId: 1 },
      { voters: [1, 2, 3], tickMs: 1, segmentBytes: 64 * 512, groupBytes: 4096 },
    );
    const group = new ConsensusGroup({ members: 0 });
    const ports = { ...lonePorts(freshDisk(), 1, group.clock), peers };
    holder.driver = new ConsensusDriver(options, ports, ({ kind }) => heard.push(kind));
    const running = holder.driver.run();
    await group.clock.advance(2000);
    expect(heard).not.toContain('failed');
    holder.driver.post({ kind: 'stop' });
    await running;
    expect(heard.at(-1)).toBe('stopped');
  });
});

describe('leadership', () => {
  it('is not handed to one that does not answer, though it has as much', async () => {
    for (let gone = 0; gone < 2; gone += 1) {
      const group = new ConsensusGroup();
      const leader = await group.untilLeader();
      group.probe(leader).propose('all have it');
      await group.clock.advance(1000);
      const others = group.ids.filter((id) => id !== leader);
      group.crash(others[gone] ?? 0);
      await group.clock.advance(3000);
      group.probe(leader).post({ kind: 'transfer', to: 0 });
      await group.clock.advance(300);
      expect(group.leader).toBe(others[1 - gone]);
    }
  });
});

describe('a disk that is full', () => {
  it('takes no entries of a leader, and does when it has room', async () => {
    const group = new ConsensusGroup();
    const leader = await group.untilLeader();
    const id = group.ids.find((other) => other !== leader) ?? 0;
    await group.clock.advance(1000);
    group.limitDisk(id, 0);
    for (let count = 0; count < 300; count += 1) {
      group.probe(leader).propose(`entry ${count} `.padEnd(400, '.'));
      await group.clock.advance(20);
    }
    await group.clock.advance(2000);
    expect(group.probe(id).all('failed')).toEqual([]);
    expect(group.texts(id).length).toBeLessThan(300);
    expect(group.texts(leader)).toHaveLength(300);
    group.limitDisk(id, Number.POSITIVE_INFINITY);
    await group.clock.advance(10_000);
    expect(group.texts(id)).toHaveLength(300);
  });
});

describe('a follower whose main stands still', () => {
  it('keeps no more than its memory is for, holds up nobody, and takes the rest when main goes on', async () => {
    const group = new ConsensusGroup({ changes: { waitingBytes: 20_000, snapshotEntries: 100 } });
    const leader = await group.untilLeader();
    const id = group.ids.find((other) => other !== leader) ?? 0;
    group.probe(id).appliesAll = false;
    for (let count = 0; count < 300; count += 1) {
      group.probe(leader).propose(`entry ${count} `.padEnd(400, '.'));
      await group.clock.advance(20);
    }
    await group.clock.advance(1000);
    expect(group.texts(leader)).toHaveLength(300);
    expect(group.texts(id).length).toBeGreaterThan(10);
    expect(group.texts(id).length).toBeLessThan(80);
    group.probe(id).catchUp();
    await group.clock.advance(10_000);
    expect(group.probe(id).state).toEqual(group.probe(leader).state);
  });
});
