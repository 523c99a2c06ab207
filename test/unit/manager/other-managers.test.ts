// What one manager tells its consensus of the others, and whether they answer it, over channels played by hand.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ShoalError } from '../../../common/pure/errors.ts';
import { TaskGroup } from '../../../common/run/task-group.ts';
import type { ToConsensus } from '../../../manager/consensus/port.ts';
import { managersOf, OtherManagers } from '../../../manager/other-managers.ts';
import { createOp } from '../../../manager/store/ops.ts';
import { raftIdSpace } from '../../../manager/store/raft-ids.ts';
import { newClaim } from '../../../proto/gen/changeset.ts';
import { newManagerAddress } from '../../../proto/gen/dispatcher.ts';
import { encodeObservation, newObservation } from '../../../proto/gen/managers.ts';
import { newCluster, newNodeLifecycle } from '../../../proto/gen/objects.ts';
import { NodeRole } from '../../../proto/gen/specs.ts';
import { StoreFixture } from '../../lib/store-fixture.ts';
import { nodeId } from '../../lib/store-proposer.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';

/** One stream that the other side holds open. */
interface OpenStream {
  say(): void;
  fail(error: Error): void;
}

let clock: VirtualClock;
let fixture: StoreFixture;
let group: TaskGroup;
let posted: ToConsensus[];
let streams: OpenStream[];
let comparisons: OpenStream[];
let gone: string[];
let compared: string[];
let failures: unknown[];
let others: OtherManagers;

beforeEach(() => {
  clock = new VirtualClock();
  fixture = new StoreFixture();
  group = new TaskGroup();
  [posted, streams, comparisons] = [[], [], []];
  [gone, compared, failures] = [[], [], []];
  others = new OtherManagers({
    nodeId: nodeId('self'),
    dialer: {
      dial: () => ({
        unary: () => Promise.reject(new Error('nothing is asked here')),
        serverStream: (method, _request, { signal }) => {
          const list = method.name === 'Managers/compare' ? comparisons : streams;
          return stream(list, (bytes) => method.decodeResponse(bytes), signal);
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    },
    clock,
    post: (message) => {
      posted.push(message);
    },
    follow: async (_, observations) => {
      for await (const _observation of observations);
    },
    compare: async (managerId, checks) => {
      compared.push(managerId);
      for await (const _check of checks);
    },
    gone: (managerId) => {
      gone.push(managerId);
    },
    spawn: (name, job) => {
      group.spawn(name, async (signal) => {
        try {
          await job(signal);
        } catch (error) {
          if (!signal.aborted) failures.push(error);
        }
      });
    },
  });
});

afterEach(async () => {
  await others[Symbol.asyncDispose]();
  await group[Symbol.asyncDispose]();
});

async function* stream<Message>(
  list: OpenStream[],
  decode: (bytes: Uint8Array) => Message,
  signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  let next = Promise.withResolvers<void>();
  const fail = (error: Error): void => {
    next.promise.catch(() => undefined);
    next.reject(error);
  };
  list.push({
    say: () => {
      next.resolve();
    },
    fail,
  });
  signal.addEventListener('abort', () => {
    fail(new ShoalError('cancelled', 'aborted'));
  });
  for (;;) {
    await next.promise;
    next = Promise.withResolvers<void>();
    yield decode(encodeObservation(newObservation({ last: true })));
  }
}

function manager(id: string, raftId: number): void {
  const lifecycle = newNodeLifecycle({
    role: NodeRole.manager,
    raftId,
    managerAddress: `10.0.0.${raftId}:2377`,
  });
  fixture.node(id, { lifecycle });
}

function update(): void {
  others.update(managersOf(fixture.view), fixture.view);
}

describe('consensus', () => {
  test('hears where the others are, on the port after theirs, and only of changes', () => {
    for (const [id, raftId] of [['self', 1] as const, ['b', 2] as const]) manager(id, raftId);
    fixture.node('worker');
    update();
    update();
    const peers = [{ id: 2, nodeId: 'b', address: '10.0.0.2:2378' }];
    expect(posted).toEqual([{ kind: 'peers', peers, removed: [] }]);
  });

  test('hears which raft ids were given up', () => {
    fixture.change({ ops: [createOp({ kind: 'cluster', value: newCluster({ id: 'c' }) })] });
    fixture.change({ claims: [newClaim({ space: raftIdSpace, key: '77', owner: 'c' })] });
    update();
    expect(posted).toEqual([{ kind: 'peers', peers: [], removed: [77] }]);
  });

  test('hears nothing of a manager whose raft id is not known yet', () => {
    const address = newManagerAddress({ nodeId: 'b', address: '10.0.0.2:2377' });
    others.update([address], fixture.view);
    expect(posted).toEqual([{ kind: 'peers', peers: [], removed: [] }]);
  });
});

describe('another manager', () => {
  beforeEach(async () => {
    manager('b', 2);
    update();
    await clock.settle();
  });

  const isAnswering = (): boolean => others.isAnswering(nodeId('b'));

  test('answers from the first that it says until it says no more', async () => {
    expect(isAnswering()).toBe(false);
    streams[0]?.say();
    await clock.settle();
    expect(isAnswering()).toBe(true);
    streams[0]?.fail(new ShoalError('unavailable', 'connection is gone'));
    await clock.settle();
    expect([isAnswering(), gone]).toEqual([false, []]);
    await clock.advance(200);
    streams[1]?.say();
    await clock.settle();
    expect(isAnswering()).toBe(true);
  });

  test('is gone only where its machine says that nothing listens', async () => {
    streams[0]?.fail(new ShoalError('unavailable', 'no answer'));
    await clock.advance(200);
    expect(gone).toEqual([]);
    streams[1]?.fail(new ShoalError('unavailable', 'refused', { fields: { refused: true } }));
    await clock.settle();
    expect(gone).toEqual(['b']);
  });

  test('that does not know this one as a manager yet is asked again in a moment', async () => {
    streams[0]?.fail(new ShoalError('permissionDenied', 'the node is no manager of this cluster'));
    await clock.advance(199);
    expect(streams).toHaveLength(1);
    await clock.advance(1);
    expect(streams).toHaveLength(2);
    expect(failures).toEqual([]);
  });

  test('is asked no more once it is none', async () => {
    others.update([], fixture.view);
    await clock.advance(5000);
    expect([streams.length, group.running, isAnswering()]).toEqual([1, [], false]);
  });

  test('is asked what the log has made of it, and again when that ends', async () => {
    expect([comparisons.length, compared]).toEqual([1, ['b']]);
    comparisons[0]?.fail(new ShoalError('unavailable', 'connection is gone'));
    await clock.advance(999);
    expect(comparisons).toHaveLength(1);
    await clock.advance(1);
    expect([comparisons.length, isAnswering(), gone]).toEqual([2, false, []]);
  });

  test('that brings out a bug is not passed over', async () => {
    streams[0]?.fail(new TypeError('a bug'));
    await clock.settle();
    expect(failures).toHaveLength(1);
  });
});
