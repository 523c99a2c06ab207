// The controller of the group on virtual time, with consensus played by hand: each step that it takes, and what it
// takes anew.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import type { PeerProgress, ToConsensus } from '../../../../manager/consensus/port.ts';
import { Membership } from '../../../../manager/membership/membership.ts';
import type { ConfChange } from '../../../../manager/raft/confchange/change.ts';
import { emptyConfState } from '../../../../manager/raft/snapshot.ts';
import { newestLevel } from '../../../../manager/store/levels.ts';
import { createOp, deleteOp } from '../../../../manager/store/ops.ts';
import { raftIdSpace } from '../../../../manager/store/raft-ids.ts';
import { newClaim } from '../../../../proto/gen/changeset.ts';
import {
  newCluster,
  newClusterLifecycle,
  newNodeLifecycle,
  newNodeStatus,
  NodeState,
  Table,
} from '../../../../proto/gen/objects.ts';
import { newNodeSpec, NodeRole } from '../../../../proto/gen/specs.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { putValue } from '../../../lib/store-fixture.ts';
import { nodeId, StoreProposer } from '../../../lib/store-proposer.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const term = 4;
const retryMs = 500;
const ready = newNodeStatus({ state: NodeState.nodeReady, address: '10.0.0.5' });

type Outcome = 'committed' | 'dropped' | 'noRoom' | 'unknown';

interface Asked {
  readonly term: number;
  readonly change: string;
}

let clock: VirtualClock;
let proposer: StoreProposer;
let membership: Membership;
let asked: Asked[];
let posted: ToConsensus[];
let outcomes: Outcome[];
let group: TaskGroup;
let voters: number[];
let learners: number[];

beforeEach(() => {
  clock = new VirtualClock();
  proposer = new StoreProposer();
  proposer.fixture.term = term;
  [asked, posted, outcomes, voters, learners] = [[], [], [], [], []];
  group = new TaskGroup();
  membership = new Membership({
    raftId: 1,
    proposer,
    changeMembers: (inTerm, change) => {
      asked.push({ term: inTerm, change: described(change) });
      return Promise.resolve(outcomes.shift() ?? 'committed');
    },
    post: (message) => {
      posted.push(message);
    },
    clock,
    log: new KeptLog(),
    entropy: { bytes: (length) => new Uint8Array(length).fill(1) },
    newSetId: proposer.newSetId,
  });
  proposer.subscribe(() => {
    membership.look();
  });
  const value = newCluster({ id: 'c', lifecycle: newClusterLifecycle({ level: newestLevel }) });
  proposer.fixture.change({ ops: [createOp({ kind: 'cluster', value })] });
});

afterEach(() => group[Symbol.asyncDispose]());

function described({ changes }: ConfChange): string {
  return changes.map(({ type, nodeId: id }) => `${type} ${id}`).join(', ');
}

function manager(id: string, raftId: number): void {
  proposer.fixture.node(id, {
    spec: newNodeSpec({ role: NodeRole.manager }),
    status: ready,
    lifecycle: newNodeLifecycle({ role: NodeRole.manager, raftId }),
  });
  const claim = newClaim({ space: raftIdSpace, key: String(raftId), owner: id });
  proposer.fixture.change({ claims: [claim] });
}

function want(id: string, role: NodeRole): void {
  proposer.fixture.change({
    ops: [putValue(id, { kind: 'nodeSpec', value: newNodeSpec({ role }) })],
  });
}

/** The group as consensus says that it is. */
async function become(
  members: readonly number[],
  catchingUp: readonly number[] = [],
): Promise<void> {
  [voters, learners] = [[...members], [...catchingUp]];
  const confState = { ...emptyConfState, voters, learners };
  membership.hear({ kind: 'members', index: 1, confState });
  await clock.settle();
}

async function progress(lastIndex: number, peers: Readonly<Record<number, number>>): Promise<void> {
  const others: PeerProgress[] = Object.entries(peers).map(([id, matchIndex]) => ({
    id: Number(id),
    matchIndex,
    isActive: matchIndex >= 0,
  }));
  membership.hear({ kind: 'progress', term, lastIndex, peers: others });
  await clock.settle();
}

async function lead(): Promise<void> {
  group.spawn('membership', (signal) => membership.lead(term, signal));
  await clock.settle();
}

function takeAsked(): string[] {
  expect(asked.every((one) => one.term === term)).toBe(true);
  const taken = asked.map(({ change }) => change);
  asked = [];
  return taken;
}

describe('a manager that comes', () => {
  test('learns first, and votes once it has caught up', async () => {
    manager('a', 1);
    await become([1]);
    await lead();
    expect(takeAsked()).toEqual([]);
    manager('b', 2);
    await clock.settle();
    expect(takeAsked()).toEqual(['ConfChangeAddLearnerNode 2']);
    await become([1], [2]);
    await progress(5000, { 2: 10 });
    expect(takeAsked()).toEqual([]);
    await progress(5000, { 2: 4990 });
    expect(takeAsked()).toEqual(['ConfChangeAddNode 2']);
    await become([1, 2]);
    expect(takeAsked()).toEqual([]);
  });

  test.each(['dropped', 'noRoom', 'unknown'] as const)(
    'is asked for again in a moment when the change is %s',
    async (outcome) => {
      manager('a', 1);
      manager('b', 2);
      outcomes = [outcome];
      await become([1]);
      await lead();
      expect(takeAsked()).toHaveLength(1);
      // What it is told meanwhile does not make it hurry.
      membership.look();
      await clock.advance(retryMs - 1);
      expect(takeAsked()).toEqual([]);
      await clock.advance(1);
      expect(new Set(takeAsked())).toEqual(new Set(['ConfChangeAddLearnerNode 2']));
    },
  );

  test('by promotion gets its role first', async () => {
    manager('a', 1);
    await become([1]);
    await lead();
    proposer.fixture.node('w', { status: ready, lifecycle: newNodeLifecycle() });
    want('w', NodeRole.manager);
    await clock.settle();
    const raftId = proposer.view.node(nodeId('w'))?.lifecycle.raftId;
    expect(raftId).toBeGreaterThan(0);
    expect(takeAsked()[0]).toBe(`ConfChangeAddLearnerNode ${raftId}`);
    expect(proposer.requests.at(-1)).toMatchObject({
      term,
      actor: { kind: 'controller', name: 'membership' },
    });
  });

  test('by promotion is tried again when its role could not be written', async () => {
    manager('a', 1);
    proposer.fixture.node('w', { status: ready, lifecycle: newNodeLifecycle() });
    want('w', NodeRole.manager);
    proposer.answerOnce({ kind: 'dropped', reason: 'tooBusy' });
    proposer.answerOnce({ kind: 'unknown' });
    await become([1]);
    await lead();
    await clock.advance(2 * retryMs);
    expect(proposer.view.node(nodeId('w'))?.lifecycle.role).toBe(NodeRole.manager);
  });
});

describe('a manager that goes', () => {
  beforeEach(async () => {
    manager('a', 1);
    manager('b', 2);
    manager('c', 3);
    await become([1, 2, 3]);
    await lead();
    await progress(100, { 2: 100, 3: 100 });
  });

  test('leaves the group, and is a worker then', async () => {
    want('b', NodeRole.worker);
    await clock.settle();
    expect(takeAsked()).toEqual(['ConfChangeRemoveNode 2']);
    expect(proposer.view.node(nodeId('b'))?.lifecycle.role).toBe(NodeRole.manager);
    await become([1, 3]);
    expect(proposer.view.node(nodeId('b'))?.lifecycle).toEqual(newNodeLifecycle());
    expect(takeAsked()).toEqual([]);
  });

  test('waits until those that are left are a quorum', async () => {
    await progress(100, { 2: 100, 3: -1 });
    want('b', NodeRole.worker);
    await clock.advance(5000);
    expect(takeAsked()).toEqual([]);
    await progress(100, { 2: 100, 3: 100 });
    expect(takeAsked()).toEqual(['ConfChangeRemoveNode 2']);
  });

  test('and leads hands leadership over, again and again until it leads no more', async () => {
    want('a', NodeRole.worker);
    await clock.advance(2 * retryMs);
    expect(takeAsked()).toEqual([]);
    expect(posted).toEqual([1, 2, 3].map(() => ({ kind: 'transfer', to: 0 })));
  });

  test('goes whether its node is there or not', async () => {
    const claim = newClaim({ space: raftIdSpace, key: '3', owner: 'c', giveBack: true });
    proposer.fixture.change({ claims: [claim], ops: [deleteOp(Table.nodes, 'c')] });
    await clock.settle();
    expect(takeAsked()).toEqual(['ConfChangeRemoveNode 3']);
  });

  test('may go by the word of the leader where a quorum is left', async () => {
    expect([1, 2, 3, 9].map((raftId) => membership.canGo(raftId))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    await progress(100, { 2: 100, 3: -1 });
    expect([1, 2, 3].map((raftId) => membership.canGo(raftId))).toEqual([false, false, true]);
  });

  test('may go by the word of a follower where those that answer it are a quorum without it', () => {
    const may = (...answering: number[]): boolean[] =>
      [1, 2, 3, 9].map((raftId) => membership.canGoBy((id) => answering.includes(id), raftId));
    expect(may(2, 3)).toEqual([true, true, true, true]);
    expect(may(2)).toEqual([false, false, true, true]);
    expect(may()).toEqual([false, false, false, true]);
  });
});

test('what was heard of the others before this leadership does not count', async () => {
  manager('a', 1);
  manager('b', 2);
  manager('c', 3);
  await become([1, 2, 3]);
  await progress(100, { 2: 100, 3: 100 });
  await lead();
  want('b', NodeRole.worker);
  await clock.advance(5000);
  expect(takeAsked()).toEqual([]);
});

test('a leadership that ends asks for nothing more', async () => {
  manager('a', 1);
  manager('b', 2);
  outcomes = ['dropped'];
  await become([1]);
  await lead();
  takeAsked();
  group.abort();
  await clock.advance(10_000);
  manager('c', 3);
  await clock.settle();
  expect(takeAsked()).toEqual([]);
});
