// Nodes join and renew over a store in this process, with a signer that writes down what it was asked to sign: which node a key becomes,
// in which role, and every way to be turned away.
import { beforeEach, describe, expect, test } from 'vitest';
import type { PeerIdentity } from '../../../../common/ports/identity.ts';
import { isShoalError } from '../../../../common/pure/errors.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { asId } from '../../../../common/pure/ids.ts';
import { Joining } from '../../../../manager/ca/joining.ts';
import type { CertificateSigner, CertificateTemplate } from '../../../../manager/ca/port.ts';
import { renumber } from '../../../../manager/membership/roles.ts';
import type { SetOutcome } from '../../../../manager/proposer/port.ts';
import { createOp, deleteOp } from '../../../../manager/store/ops.ts';
import { raftIdSpace, removedRaftIds } from '../../../../manager/store/raft-ids.ts';
import { newClaim } from '../../../../proto/gen/changeset.ts';
import {
  newJoinRequest,
  newRenewRequest,
  type JoinRequest,
  type JoinResponse,
  type RenewRequest,
} from '../../../../proto/gen/managers.ts';
import {
  newAuthority,
  newAuthorityKeys,
  newCluster,
  newClusterLifecycle,
  newNodeLifecycle,
  Table,
} from '../../../../proto/gen/objects.ts';
import { newNodeSpec, NodeAvailability, NodeRole } from '../../../../proto/gen/specs.ts';
import { putValue } from '../../../lib/store-fixture.ts';
import { nodeId, StoreProposer } from '../../../lib/store-proposer.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const digest = 'd'.repeat(50);
const workerToken = `SWMTKN-1-${digest}-${'w'.repeat(25)}`;
const managerToken = `SWMTKN-1-${digest}-${'m'.repeat(25)}`;
const { signal } = new AbortController();
/** SubjectPublicKeyInfo of a key on P-256, up to the point. */
const keyHead = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';

function keyOf(fill: number): Uint8Array {
  return Uint8Array.from(Buffer.concat([Buffer.from(keyHead, 'hex'), Buffer.alloc(64, fill)]));
}

/** A digest that differs where the bytes do, and certificates that say what they would say. */
class WritingSigner implements CertificateSigner {
  readonly signed: { readonly template: CertificateTemplate; readonly key: Uint8Array }[] = [];

  newKeyPair(): Promise<never> {
    return Promise.reject(new Error('a join makes no key'));
  }

  selfSign(): Promise<never> {
    return Promise.reject(new Error('a join makes no root'));
  }

  sign(template: CertificateTemplate, key: Uint8Array): Promise<Uint8Array> {
    this.signed.push({ template, key });
    return Promise.resolve(new TextEncoder().encode(template.subject.commonName));
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return bytes.slice(-32);
  }

  describe(): never {
    throw new Error('a join describes nothing');
  }
}

let proposer: StoreProposer;
let signer: WritingSigner;
let joining: Joining;
let raftIds: number[];
let clock: VirtualClock;

beforeEach(() => {
  proposer = new StoreProposer();
  signer = new WritingSigner();
  raftIds = [];
  clock = new VirtualClock();
  let nodes = 0;
  let drawn = 100;
  joining = new Joining({
    proposer,
    signer: () => Promise.resolve(signer),
    clock,
    entropy: { bytes: (length) => new Uint8Array(length) },
    newSetId: proposer.newSetId,
    newNodeId: () => nodeId(`node-${(nodes += 1)}`),
    newRaftId: () => raftIds.shift() ?? (drawn += 1),
    renumber: (row, fresh) => renumber(row, proposer.view.clusterId(), fresh),
    managers: () => [],
  });
  proposer.fixture.change({ ops: [clusterOp(), authorityOp(workerToken, managerToken)] });
});

function clusterOp(): ReturnType<typeof createOp> {
  const lifecycle = newClusterLifecycle({ trustRootPem: 'root', founderRaftId: 7, incarnation: 3 });
  return createOp({ kind: 'cluster', value: newCluster({ id: 'c', lifecycle }) });
}

function authorityOp(
  workerJoinToken: string,
  managerJoinToken: string,
): ReturnType<typeof createOp> {
  const keys = newAuthorityKeys({ workerJoinToken, managerJoinToken });
  return createOp({ kind: 'authority', value: newAuthority({ id: 'c', keys }) });
}

function peer(fields: Partial<PeerIdentity> = {}): PeerIdentity {
  return {
    nodeId: nodeId(''),
    clusterId: asId<'cluster'>(''),
    role: 'anyone',
    host: '10.0.0.9',
    ...fields,
  };
}

function join(fields: Partial<JoinRequest> = {}, from = peer()): Promise<JoinResponse> {
  const request = newJoinRequest({ token: workerToken, publicKey: keyOf(1), ...fields });
  return joining.join(request, from, signal);
}

function renew(id: string, fields: Partial<RenewRequest> = {}): Promise<JoinResponse> {
  const request = newRenewRequest({ publicKey: keyOf(2), ...fields });
  return joining.renew(request, nodeId(id), signal);
}

/** The code with which a call fails, and the field that it names. */
async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return 'none';
  } catch (error) {
    if (!isShoalError(error)) throw error;
    const { field } = error.fields;
    return field === undefined ? error.code : `${error.code} ${String(field)}`;
  }
}

function lifecycleOf(id: string): ReturnType<typeof newNodeLifecycle> | undefined {
  return proposer.view.node(nodeId(id))?.lifecycle;
}

const dropped = (reason: 'notLeader' | 'tooBusy' | 'diskFull' | 'stopping'): SetOutcome => ({
  kind: 'dropped',
  reason,
});
const moved: SetOutcome = { kind: 'refused', refusal: { kind: 'missing', table: 0, key: '' } };

describe('the token', () => {
  test('of a worker makes a worker, whatever else is asked for', async () => {
    const joined = await join({ port: 2377, availability: NodeAvailability.drain });
    expect(joined).toMatchObject({ nodeId: 'node-1', role: NodeRole.worker, raftId: 0 });
    expect(joined).toMatchObject({ trustRootPem: 'root', founderRaftId: 7, incarnation: 3 });
    const row = proposer.view.node(nodeId('node-1'));
    expect(row?.spec.availability).toBe(NodeAvailability.drain);
    expect(row?.status.address).toBe('10.0.0.9');
    expect(row?.lifecycle).toEqual(newNodeLifecycle({ role: NodeRole.worker }));
    expect(signer.signed[0]?.template).toMatchObject({
      subject: { commonName: 'node-1', organizationalUnit: 'swarm-worker', organization: 'c' },
      dnsNames: ['swarm-worker', 'node-1'],
    });
  });

  test('of a manager makes a manager with a raft id that is claimed for it', async () => {
    const joined = await join({ token: managerToken, address: '10.0.0.5', port: 4000 });
    expect(joined).toMatchObject({ role: NodeRole.manager, raftId: 101, address: '10.0.0.5' });
    expect(lifecycleOf('node-1')).toEqual(
      newNodeLifecycle({
        role: NodeRole.manager,
        raftId: 101,
        managerAddress: '10.0.0.5:4000',
      }),
    );
    expect(proposer.view.claimOwner(raftIdSpace, '101')).toBe('node-1');
    expect(signer.signed[0]?.template.dnsNames).toContain('raft-000000000065');
  });

  test.each([
    ['', 'nothing'],
    [managerToken.slice(0, -1), 'cut'],
    [`${managerToken}m`, 'too long'],
    [managerToken.toUpperCase(), 'in capitals'],
    [` ${managerToken}`, 'after a space'],
    [`SWMTKN-1-${digest}-${'x'.repeat(25)}`, 'with another secret'],
    [`SWMTKN-1-${'e'.repeat(50)}-${'m'.repeat(25)}`, 'with the digest of another root'],
    ['m'.repeat(25), 'without what stands before the secret'],
  ])('%j lets nobody in: %s', async (token) => {
    expect(await failure(join({ token, publicKey: new Uint8Array() }))).toBe('unauthenticated');
    expect(proposer.requests).toEqual([]);
  });

  test('that the cluster does not have lets nobody in', async () => {
    const keys = newAuthorityKeys({ workerJoinToken: workerToken });
    proposer.fixture.change({ ops: [putValue('c', { kind: 'authorityKeys', value: keys })] });
    expect(await failure(join({ token: '' }))).toBe('unauthenticated');
  });

  test('waits for a leader, and says that there is none before the node loses patience', async () => {
    proposer.barrier = (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    const refused = join();
    await clock.advance(limits.joinLeaderMs - 1);
    let isRefused = false;
    refused.catch(() => (isRefused = true));
    await clock.settle();
    expect(isRefused).toBe(false);
    await clock.advance(1);
    await expect(refused).rejects.toMatchObject({
      code: 'lostQuorum',
      message: 'the swarm does not have a leader: more than half of its managers have to be online',
    });
  });

  test('is not asked for where the cluster is not known yet', async () => {
    proposer.fixture.change({ ops: [deleteOp(Table.authorities, 'c')] });
    expect(await failure(join())).toBe('unavailable');
    expect(() => joining.root()).toThrow(/does not know the cluster yet/);
  });
});

describe('a key', () => {
  test('that comes again is the same node, in the role that it has, whatever the token', async () => {
    await join({ publicKey: keyOf(1) });
    const again = await join({ publicKey: keyOf(1), token: managerToken, address: '10.0.0.5' });
    expect(again).toMatchObject({ nodeId: 'node-1', role: NodeRole.worker, raftId: 0 });
    await join({ publicKey: keyOf(3), token: managerToken });
    const worker = await join({ publicKey: keyOf(3) });
    expect(worker).toMatchObject({ role: NodeRole.manager, raftId: 101 });
    expect(proposer.view.nodes()).toHaveLength(2);
  });

  test('that comes twice at once is one node', async () => {
    const first = proposer.holdOnce();
    const second = proposer.holdOnce();
    const calls = Promise.all([join({ token: managerToken }), join({ token: managerToken })]);
    second();
    first();
    const [one, two] = await calls;
    expect(one.nodeId).toBe(two.nodeId);
    expect(one.raftId).toBe(two.raftId);
    expect(proposer.view.nodes()).toHaveLength(1);
  });

  test('of a node that was removed, with its claims, is another node', async () => {
    await join();
    const claims = proposer.view
      .claimsOf('node-1')
      .map(({ space, key }) => newClaim({ space, key, owner: 'node-1', giveBack: true }));
    proposer.fixture.change({ ops: [deleteOp(Table.nodes, 'node-1')], claims });
    expect((await join()).nodeId).toBe('node-2');
  });

  const p384 = Uint8Array.from(
    Buffer.from(`3076301006072a8648ce3d020106052b81040022036200${'04'.padEnd(194, '1')}`, 'hex'),
  );
  const compressed = Uint8Array.from(
    Buffer.from(
      `3039301306072a8648ce3d020106082a8648ce3d030107032200${'02'.padEnd(66, '1')}`,
      'hex',
    ),
  );
  test.each([
    ['nothing', new Uint8Array()],
    ['cut', keyOf(1).slice(0, -1)],
    ['extended', Uint8Array.from([...keyOf(1), 0])],
    ['on P-384', p384],
    ['a compressed point', compressed],
    [
      'RSA',
      Uint8Array.from(
        Buffer.from('30820122300d06092a864886f70d0101010500'.padEnd(588, '0'), 'hex'),
      ),
    ],
    ['of the right length, and something else', new Uint8Array(keyOf(1).length)],
  ])('is refused: %s', async (_, publicKey) => {
    expect(await failure(join({ publicKey }))).toBe('invalidArgument publicKey');
    await join();
    expect(await failure(renew('node-1', { publicKey }))).toBe('invalidArgument publicKey');
  });
});

describe('where a node is', () => {
  test('is where it comes from unless it says so', async () => {
    await join({ token: managerToken }, peer({ host: '2001:db8::9' }));
    expect(lifecycleOf('node-1')?.managerAddress).toBe('[2001:db8::9]:2377');
    await join({ publicKey: keyOf(3), token: managerToken, address: '127.0.0.1' });
    expect(lifecycleOf('node-2')?.managerAddress).toBe('127.0.0.1:2377');
  });

  test.each(['0.0.0.0', '::', 'host.example', 'cafe', '10.0.0.5:2377'])(
    'is not %j',
    async (address) => {
      expect(await failure(join({ address }))).toBe('invalidArgument AdvertiseAddr');
    },
  );

  test('has to be said where nobody knows', async () => {
    const { host: _, ...nowhere } = peer();
    expect(await failure(join({}, nowhere))).toBe('invalidArgument AdvertiseAddr');
  });

  test('leaves a port for consensus', async () => {
    const asked = { token: managerToken, port: 65_535 };
    expect(await failure(join(asked))).toBe('invalidArgument ListenAddr');
    expect((await join({ ...asked, token: workerToken })).nodeId).toBe('node-1');
  });
});

test('an availability that this version does not know is refused', async () => {
  const availability = 9 as NodeAvailability;
  expect(await failure(join({ availability }))).toBe('invalidArgument availability');
});

describe('a join whose change', () => {
  test.each([
    [{ kind: 'unknown' } as const, 'unknownOutcome'],
    [dropped('notLeader'), 'lostQuorum'],
    [dropped('stopping'), 'lostQuorum'],
    [dropped('tooBusy'), 'tooBusy'],
    [dropped('diskFull'), 'tooBusy'],
  ])('ends as %j fails as %s', async (outcome, code) => {
    proposer.answerOnce(outcome);
    expect(await failure(join())).toBe(code);
    expect(signer.signed).toEqual([]);
  });

  test('is refused as the store had moved on is decided again, but not for ever', async () => {
    proposer.answerOnce(moved);
    expect((await join()).nodeId).toBe('node-2');
    for (let at = 0; at < 8; at += 1) proposer.answerOnce(moved);
    expect(await failure(join({ publicKey: keyOf(5) }))).toBe('conflict');
  });

  test('draws a raft id that somebody has takes another', async () => {
    await join({ token: managerToken });
    raftIds = [101];
    const joined = await join({ token: managerToken, publicKey: keyOf(3) });
    expect(joined.raftId).toBe(102);
  });
});

describe('a node that renews', () => {
  test('has its own key signed, for the role that it has now', async () => {
    await join();
    const lifecycle = newNodeLifecycle({ role: NodeRole.manager, raftId: 55 });
    proposer.fixture.change({
      ops: [putValue('node-1', { kind: 'nodeLifecycle', value: lifecycle })],
    });
    const renewed = await renew('node-1');
    expect(renewed).toMatchObject({ nodeId: 'node-1', role: NodeRole.manager, raftId: 55 });
    expect(signer.signed.at(-1)?.key).toEqual(keyOf(2));
    expect(signer.signed.at(-1)?.template.subject.commonName).toBe('node-1');
  });

  test('is where it says, if it is a manager', async () => {
    await join({ token: managerToken });
    await renew('node-1', { address: '10.0.0.77', port: 5000 });
    expect(lifecycleOf('node-1')).toMatchObject({ managerAddress: '10.0.0.77:5000', raftId: 101 });
    const before = proposer.requests.length;
    await renew('node-1', { address: '10.0.0.77', port: 5000 });
    expect(proposer.requests).toHaveLength(before);
    expect(await failure(renew('node-1', { address: '0.0.0.0' }))).toBe(
      'invalidArgument AdvertiseAddr',
    );
    await join({ publicKey: keyOf(3) });
    await renew('node-2', { address: '10.0.0.78', port: 5000, logLost: true });
    expect(lifecycleOf('node-2')).toEqual(newNodeLifecycle({ role: NodeRole.worker }));
  });

  test('is told when it was removed', async () => {
    expect(await failure(renew('nobody'))).toBe('notFound');
    expect(await failure(renew('nobody', { logLost: true }))).toBe('notFound');
    expect(signer.signed).toEqual([]);
  });

  test('without its log has another raft id, and nobody ever has the old one again', async () => {
    await join({ token: managerToken });
    const renewed = await renew('node-1', { logLost: true });
    expect(renewed).toMatchObject({ nodeId: 'node-1', role: NodeRole.manager, raftId: 102 });
    expect(lifecycleOf('node-1')?.managerAddress).toBe('10.0.0.9:2377');
    expect(removedRaftIds(proposer.view)).toEqual([101]);
    raftIds = [101];
    expect((await join({ token: managerToken, publicKey: keyOf(3) })).raftId).not.toBe(101);
    raftIds = [101];
    expect((await renew('node-1', { logLost: true })).raftId).not.toBe(101);
  });

  test('without its log never has the old raft id signed again, though the store moves on', async () => {
    await join({ token: managerToken });
    proposer.answerOnce((set) => {
      const spec = newNodeSpec({ role: NodeRole.manager, name: 'renamed' });
      proposer.fixture.change({ ops: [putValue('node-1', { kind: 'nodeSpec', value: spec })] });
      return proposer.commit(set);
    });
    const renewed = await renew('node-1', { logLost: true });
    expect(renewed.raftId).toBe(103);
    expect(removedRaftIds(proposer.view)).toEqual([101]);
    const before = signer.signed.length;
    for (let at = 0; at < 8; at += 1) proposer.answerOnce(moved);
    expect(await failure(renew('node-1', { logLost: true }))).toBe('conflict');
    expect(signer.signed).toHaveLength(before);
  });

  test('elsewhere is where it says, though the store moves on', async () => {
    await join({ token: managerToken });
    proposer.answerOnce(moved);
    await renew('node-1', { address: '10.0.0.77' });
    expect(lifecycleOf('node-1')?.managerAddress).toBe('10.0.0.77:2377');
  });

  test.each([
    [{ kind: 'unknown' } as const, 'unknownOutcome'],
    [dropped('notLeader'), 'lostQuorum'],
    [dropped('tooBusy'), 'tooBusy'],
  ])('hears when its change ends as %j', async (outcome, code) => {
    await join({ token: managerToken });
    proposer.answerOnce(outcome);
    expect(await failure(renew('node-1', { logLost: true }))).toBe(code);
  });
});
