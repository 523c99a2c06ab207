/** The manager role put together, over consensus that is played by hand. */
import type { ClusterEvent } from '../../../common/ports/cluster-api.ts';
import { expect, test } from 'vitest';

import { asId } from '../../../common/pure/ids.ts';
import { seededRandom } from '../../../common/pure/random.ts';
import { foundingSet } from '../../../manager/founding.ts';
import { Manager, type ManagerParts } from '../../../manager/manager.ts';
import { encodeSet } from '../../../manager/proposer/encode-set.ts';
import { cutSnapshot } from '../../../manager/store/snapshot.ts';
import { Store } from '../../../manager/store/store.ts';
import { decodeChangeSet, encodeBatch, newBatch } from '../../../proto/gen/changeset.ts';
import { fixedEntropy } from '../../lib/consensus.ts';
import { KeptLog } from '../../lib/kept-log.ts';
import { FakeConsensus } from '../../lib/proposer-rig.ts';
import { VirtualClock } from '../../lib/virtual-clock.ts';
import { drawOptions } from '../../sim/options.ts';
import { simFounding } from '../../sim/founding.ts';

const nodeId = asId<'node'>('n'.repeat(25));

/** Of a manager that is alone. */
const noDialer = {
  dial: () => {
    throw new Error('nobody is dialled');
  },
};

/** The snapshot of a cluster that was just founded, a row a piece. */
function snapshotPieces(): {
  readonly index: number;
  readonly term: number;
  readonly pieces: Uint8Array[];
} {
  const store = new Store();
  const founding = simFounding(nodeId, seededRandom(1), drawOptions(1));
  const encoded = encodeSet(foundingSet(founding));
  if (encoded.kind === 'refused') throw new Error('the founding set is refused');
  const data = encodeBatch(newBatch({ sets: [decodeChangeSet(encoded.bytes)] }));
  store.apply({ index: 1, term: 1, data });
  const cut = cutSnapshot(store);
  const pieces: Uint8Array[] = [];
  while (!cut.isDone) pieces.push(cut.encodeSlice(1));
  return { ...cut.applied, pieces };
}

function newManager(
  consensus: FakeConsensus,
  clock: VirtualClock,
  fields: Pick<ManagerParts, 'failed'> & Partial<ManagerParts>,
): Manager {
  return new Manager({
    nodeId,
    raftId: 1,
    consensus,
    dialer: noDialer,
    entropy: fixedEntropy(1),
    signer: () => Promise.reject(new Error('nothing is signed here')),
    knownManagers: [],
    managerAddress: '10.0.0.1:2377',
    removedFromCluster: () => undefined,
    clock,
    random: seededRandom(2),
    log: new KeptLog(),
    founding: undefined,
    newSessionId: () => 'session',
    turn: (signal) => clock.sleep(0, signal),
    loopOptions: { fixedBudgetRows: 64 },
    ...fields,
  });
}

test('a manager that leads before it has taken in a snapshot of many pieces serves once it has', async () => {
  const consensus = new FakeConsensus();
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const noted: ClusterEvent[] = [];
  const manager = newManager(consensus, clock, {
    noteEvent: (event) => noted.push(event),
    failed: (error) => failures.push(error),
  });
  const { index, term, pieces } = snapshotPieces();
  expect(pieces.length).toBeGreaterThan(2);
  let isServing = false;
  const starting = manager.start(new AbortController().signal).then(() => {
    isServing = true;
  });
  for (const [count, data] of pieces.entries()) {
    const last = count === pieces.length - 1;
    consensus.say({ kind: 'snapshotChunk', index, term, data, last });
  }
  consensus.say({ kind: 'replayed', index });
  consensus.lead();
  expect(isServing).toBe(false);
  await clock.advance(100);
  await starting;
  expect(failures).toEqual([]);
  expect(manager.view.nodes()).toHaveLength(1);
  // What the log held was shown when it happened.
  expect(noted).toEqual([]);
  await manager[Symbol.asyncDispose]();
});

test('nodes are sent away once nobody has led for 2 s without a break, and taken again with the next leader', async () => {
  const consensus = new FakeConsensus();
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const manager = newManager(consensus, clock, { failed: (error) => failures.push(error) });
  const ended = new AbortController();
  const starting = manager.start(ended.signal).catch(() => undefined);
  const nobody = (term: number): void => {
    consensus.say({ kind: 'leadership', term, leader: undefined, self: false });
  };
  nobody(1);
  await clock.advance(1500);
  consensus.lead(false);
  await clock.advance(400);
  nobody(2);
  await clock.advance(1000);
  nobody(3);
  await clock.advance(900);
  expect(manager.servesNodes).toBe(true);
  await clock.advance(100);
  expect(manager.servesNodes).toBe(false);
  consensus.lead(false);
  expect(manager.servesNodes).toBe(true);
  expect(failures).toEqual([]);
  ended.abort(new Error('the test ends'));
  await starting;
  await manager[Symbol.asyncDispose]();
});
