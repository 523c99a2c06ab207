// Who may call what a manager answers to others, over memory RPC: the certificate lets a caller in, and the store says what it is now.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PeerIdentity } from '../../../common/ports/identity.ts';
import { isShoalError, ShoalError } from '../../../common/pure/errors.ts';
import { asId } from '../../../common/pure/ids.ts';
import { MemoryRpcServer } from '../../../common/run/rpc/memory-channel.ts';
import { Joining } from '../../../manager/ca/joining.ts';
import { clusterHandlers } from '../../../manager/cluster-services.ts';
import { renumber } from '../../../manager/membership/roles.ts';
import type { ForwardedOutcome } from '../../../manager/proposer/port.ts';
import { newStateCheck } from '../../../proto/gen/changeset.ts';
import {
  newJoinRequest,
  newObservation,
  newCompareRequest,
  newObserveRequest,
  newOrderLogsRequest,
  newOrderLogsResponse,
  newReadLogsRequest,
  newRenewRequest,
  newRootRequest,
  newSubmitRequest,
  SubmitResult,
} from '../../../proto/gen/managers.ts';
import { newNodeLifecycle } from '../../../proto/gen/objects.ts';
import { NodeRole } from '../../../proto/gen/specs.ts';
import { certificatesClient, joiningClient, managersClient } from '../../../proto/rpc/managers.ts';
import { nodeId, StoreProposer } from '../../lib/store-proposer.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';

const options = { signal: new AbortController().signal };
const appliedIndex = 41;

let server: MemoryRpcServer;
let proposer: StoreProposer;
/** By the first byte of a forwarded set. */
let outcomes: readonly (ForwardedOutcome | Error)[];

beforeEach(() => {
  proposer = new StoreProposer();
  outcomes = [];
  const clock = new VirtualClock();
  proposer.fixture.node('m', {
    lifecycle: newNodeLifecycle({ role: NodeRole.manager, raftId: 2 }),
  });
  proposer.fixture.node('w', { lifecycle: newNodeLifecycle({ role: NodeRole.worker }) });
  const joining = new Joining({
    proposer,
    signer: () => Promise.reject(new Error('nothing is signed here')),
    clock,
    entropy: { bytes: (length) => new Uint8Array(length) },
    newSetId: proposer.newSetId,
    newNodeId: () => nodeId('new'),
    newRaftId: () => 9,
    renumber: (row, fresh) => renumber(row, proposer.view.clusterId(), fresh),
    managers: () => [],
  });
  const handlers = clusterHandlers({
    proposer: {
      submitForwarded: (bytes) => {
        const outcome = outcomes[bytes[0] ?? 0];
        if (outcome === undefined) return Promise.reject(new Error('no such set'));
        return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
      },
    },
    appliedIndex: () => appliedIndex,
    joining,
    observe: async function* () {
      yield await Promise.resolve(newObservation({ complete: true, last: true }));
    },
    compare: async function* () {
      yield await Promise.resolve(newStateCheck());
    },
    logs: {
      readLogs: async function* () {
        yield* await Promise.resolve([]);
      },
      orderLogs: () => newOrderLogsResponse(),
    },
    isManager: (id) => proposer.view.node(id)?.lifecycle.role === NodeRole.manager,
  });
  server = new MemoryRpcServer(handlers, clock);
});

afterEach(() => server.close());

function as(role: PeerIdentity['role'], id: string): ReturnType<MemoryRpcServer['channel']> {
  return server.channel({ nodeId: nodeId(id), clusterId: asId<'cluster'>('c'), role });
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (error) {
    if (!isShoalError(error)) throw error;
    return error.code;
  }
}

async function read(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count += 1;
  return count;
}

/** How each call of one manager to another ends. */
async function codes(role: PeerIdentity['role'], id: string): Promise<readonly string[]> {
  const client = managersClient(as(role, id));
  return await Promise.all([
    codeOf(client.submit(newSubmitRequest(), options)),
    codeOf(read(client.observe(newObserveRequest(), options))),
    codeOf(read(client.compare(newCompareRequest(), options))),
    codeOf(read(client.readLogs(newReadLogsRequest(), options))),
    codeOf(client.orderLogs(newOrderLogsRequest(), options)),
  ]);
}

const none = ['none', 'none', 'none', 'none', 'none'];
const denied = none.map(() => 'permissionDenied');

describe('what managers ask each other', () => {
  test('is answered to a manager', async () => {
    expect(await codes('manager', 'm')).toEqual(none);
  });

  test.each([
    ['was demoted, whatever its certificate says', 'manager', 'w'],
    ['was removed', 'manager', 'gone'],
    ['shows the certificate of a worker', 'worker', 'm'],
    ['is a worker', 'worker', 'w'],
    ['has no certificate', 'anyone', ''],
  ] as const)('is not answered to a node that %s', async (_, role, id) => {
    expect(await codes(role, id)).toEqual(denied);
  });
});

describe('sets of another manager', () => {
  const submit = async (): Promise<readonly SubmitResult[]> => {
    const sets = outcomes.map((_, at) => new Uint8Array([at]));
    const answer = await managersClient(as('manager', 'm')).submit(
      newSubmitRequest({ sets }),
      options,
    );
    expect(answer.index).toBe(appliedIndex);
    return answer.sets.map(({ result }) => result);
  };

  test('are answered one by one, in order', async () => {
    outcomes = [
      { kind: 'done', revision: 1 },
      { kind: 'refused', refusal: { kind: 'term' } },
      { kind: 'unknown' },
      { kind: 'dropped', reason: 'notLeader' },
      { kind: 'dropped', reason: 'tooBusy' },
      { kind: 'dropped', reason: 'diskFull' },
      { kind: 'dropped', reason: 'stopping' },
      { kind: 'unfit' },
    ];
    expect(await submit()).toEqual([
      SubmitResult.submitDecided,
      SubmitResult.submitDecided,
      SubmitResult.submitUnknown,
      SubmitResult.submitNotLeader,
      SubmitResult.submitTooBusy,
      SubmitResult.submitDiskFull,
      SubmitResult.submitStopping,
      SubmitResult.submitUnfit,
    ]);
  });

  test('fail together when several fail, and nothing fails unheard', async () => {
    outcomes = [new ShoalError('cancelled', 'one'), new ShoalError('cancelled', 'two')];
    expect(await codeOf(submit())).toBe('cancelled');
  });
});

describe('certificates', () => {
  const renew = (role: PeerIdentity['role'], id: string): Promise<string> =>
    codeOf(certificatesClient(as(role, id)).renew(newRenewRequest(), options));

  test('are renewed for the caller, as its certificate names it', async () => {
    // The key is empty: whoever gets so far was let in.
    expect([await renew('worker', 'w'), await renew('manager', 'm')]).toEqual([
      'invalidArgument',
      'invalidArgument',
    ]);
    expect(await renew('anyone', '')).toBe('permissionDenied');
    expect(await renew('proxy', 'w')).toBe('permissionDenied');
  });

  test('are given to whoever joins, and the root to all who ask, once there is a cluster', async () => {
    const client = joiningClient(as('anyone', ''));
    expect(await codeOf(client.root(newRootRequest(), options))).toBe('unavailable');
    expect(await codeOf(client.join(newJoinRequest(), options))).toBe('unavailable');
  });
});
