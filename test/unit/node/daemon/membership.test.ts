// Shows how a node follows what its cluster says of it: address book, role, removal and a lost log, with managers over memory that sign with real keys.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ShoalError } from '../../../../common/pure/errors.ts';
import { asId } from '../../../../common/pure/ids.ts';
import { seededRandom } from '../../../../common/pure/random.ts';
import { TaskGroup } from '../../../../common/run/task-group.ts';
import { Membership } from '../../../../node/daemon/membership.ts';
import { IdentityFile } from '../../../../node/identity/identity.ts';
import type { Identity } from '../../../../node/identity/identity.ts';
import { KeptIdentity } from '../../../../node/identity/kept-identity.ts';
import { newSessionMessage } from '../../../../proto/gen/dispatcher.ts';
import type { SessionMessage } from '../../../../proto/gen/dispatcher.ts';
import { newNode, newNodeLifecycle } from '../../../../proto/gen/objects.ts';
import { NodeRole } from '../../../../proto/gen/specs.ts';
import { address, FakeManagers } from '../../../lib/fake-cluster-net.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { MemoryDisk } from '../../../lib/memory-disk.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const nodeId = asId<'node'>('m1');

let clock: VirtualClock;
let managers: FakeManagers;
let disk: MemoryDisk;
let kept: KeptIdentity;
let membership: Membership;
let group: TaskGroup;
/** What was done to the roles, in order. */
let done: string[];

beforeEach(async () => {
  clock = new VirtualClock();
  managers = await FakeManagers.found(clock);
  disk = new MemoryDisk({ random: seededRandom(1) });
  done = [];
  group = new TaskGroup();
});

afterEach(async () => {
  await group[Symbol.asyncDispose]();
});

/** A manager `m1` with a log, beside `m2`. */
async function node(fields: Partial<Identity> = {}): Promise<void> {
  const identity: Identity = {
    nodeId,
    clusterId: asId('c'),
    role: 'manager',
    raftId: 1,
    founderRaftId: 1,
    incarnation: 1,
    hasLog: true,
    certificatePem: '',
    privateKeyPem: '',
    trustRootPem: managers.foundation.trustRootPem,
    dataKey: new Uint8Array(32),
    advertiseAddress: '10.0.0.1:2477',
    listenAddress: '0.0.0.0:2477',
    managers: [
      { nodeId, address: 'm1:2377', raftId: 1 },
      { nodeId: asId('m2'), address: 'm2:2377', raftId: 2 },
    ],
    ...fields,
  };
  kept = new KeptIdentity(new IdentityFile(disk, '/root/node'), identity, false);
  membership = new Membership({
    identity: kept,
    net: managers.open(identity),
    disk,
    paths: { raft: '/root/raft' },
    clock,
    random: seededRandom(2),
    log: new KeptLog(),
    startManager: () => done.push('start'),
    endManager: () => {
      done.push('end');
      return Promise.resolve();
    },
    reconnect: () => done.push('reconnect'),
    degraded: (reason) => done.push(reason),
  });
}

async function writeLog(): Promise<void> {
  await disk.makeDirectory('/root/raft/wal');
  await using file = await disk.open('/root/raft/wal/1.wal', 'create');
  await file.sync();
}

function said(role: NodeRole, fields: Partial<SessionMessage> = {}): SessionMessage {
  const lifecycle = newNodeLifecycle({ role });
  return newSessionMessage({ node: newNode({ lifecycle }), clusterIncarnation: 1, ...fields });
}

/** Lets time pass in small steps, so that what takes real time, as keys do, comes about meanwhile. */
async function until(look: () => boolean): Promise<void> {
  while (!look()) await clock.advance(1);
}

function follow(): void {
  group.spawn('membership', (signal) => membership.run(signal));
}

describe('the address book', () => {
  test('is kept as it was last heard, with the incarnation', async () => {
    await node();
    const book = [address('m1', 1), address('m3', 3)];
    membership.hear(said(NodeRole.manager, { managers: book, clusterIncarnation: 2 }));
    expect(kept.current).toMatchObject({
      incarnation: 2,
      managers: [
        { nodeId: 'm1', address: 'm1:2377', raftId: 1 },
        { nodeId: 'm3', address: 'm3:2377', raftId: 3 },
      ],
    });
  });

  test('is not lost to a manager that names nobody', async () => {
    await node();
    membership.hear(said(NodeRole.manager, { managers: [], clusterIncarnation: 9 }));
    expect(kept.current.managers).toHaveLength(2);
  });
});

describe('a role that the cluster gives', () => {
  test('makes a worker a manager: a new certificate first', async () => {
    await node({ role: 'worker', raftId: 0, founderRaftId: 0, hasLog: false });
    managers.role = NodeRole.manager;
    follow();
    membership.hear(said(NodeRole.manager));
    await until(() => done.includes('start'));
    expect(done).toEqual(['reconnect', 'start']);
    expect(kept.current).toMatchObject({ role: 'manager', raftId: 77, hasLog: false });
    expect(kept.current.certificatePem).toContain('BEGIN CERTIFICATE');
    expect(managers.renewed).toMatchObject([{ address: '10.0.0.1', port: 2477, logLost: false }]);
  });

  test('makes a manager a worker: its log goes', async () => {
    await node();
    await writeLog();
    follow();
    membership.hear(said(NodeRole.worker));
    await until(() => done.includes('reconnect'));
    expect(done).toEqual(['end', 'reconnect']);
    expect(kept.current).toMatchObject({ role: 'worker', raftId: 0, hasLog: false });
    expect(await disk.exists('/root/raft')).toBe(false);
    expect(managers.dialed).toEqual(['m2:2377']);
  });

  test('is asked for again and again while no manager answers', async () => {
    await node();
    managers.failures.set('m2:2377', new ShoalError('unavailable', 'no'));
    follow();
    membership.hear(said(NodeRole.worker));
    await until(() => managers.dialed.length > 0);
    managers.failures.clear();
    await until(() => done.includes('reconnect'));
    expect(kept.current.role).toBe('worker');
  });
});

describe('a manager that was removed from the group', () => {
  test('waits for its role to follow, and is a worker then', async () => {
    await node();
    managers.role = NodeRole.manager;
    managers.raftId = 1;
    follow();
    membership.removed();
    await until(() => managers.renewed.length > 0);
    managers.role = NodeRole.worker;
    await until(() => done.includes('reconnect'));
    expect(kept.current.role).toBe('worker');
    expect(done[0]).toBe('end');
  });

  test('and from the cluster says so, and asks no more', async () => {
    await node();
    managers.failures.set('m2:2377', new ShoalError('notFound', 'the node was removed'));
    follow();
    membership.removed();
    await until(() => done.length > 2);
    expect(done.at(-1)).toBe(
      'this node was removed from the swarm: leave it with --force, then join again',
    );
    await clock.advance(60_000);
    expect(managers.dialed).toHaveLength(1);
  });
});

describe('a log', () => {
  test('that is there is used', async () => {
    await node();
    await writeLog();
    await membership.regainLog(group.signal);
    expect(managers.dialed).toEqual([]);
  });

  test('that was never begun is begun', async () => {
    await node({ hasLog: false });
    await membership.regainLog(group.signal);
    expect(managers.dialed).toEqual([]);
  });

  test('that is gone is not begun again: the node comes back under another number', async () => {
    await node();
    managers.role = NodeRole.manager;
    await membership.regainLog(group.signal);
    expect(managers.renewed).toMatchObject([{ logLost: true }]);
    expect(kept.current).toMatchObject({ raftId: 77, hasLog: false, nodeId });
  });

  test('that is gone with the only manager is an error that says what to do', async () => {
    await node({ managers: [{ nodeId, address: 'm1:2377', raftId: 1 }] });
    await expect(membership.regainLog(group.signal)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('restore /root/raft from a backup') as string,
    });
  });
});
