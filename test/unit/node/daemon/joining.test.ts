// Shows how a node is taken into a cluster, and what it refuses: managers over memory that sign with real keys, at addresses of which some answer and some do not.
import { beforeEach, describe, expect, test } from 'vitest';

import type { JoinRequest } from '../../../../common/ports/node-control.ts';
import { isShoalError, ShoalError } from '../../../../common/pure/errors.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { foundAuthority } from '../../../../manager/ca/authority.ts';
import { X509Signer } from '../../../../manager/ca/signer/x509-signer.ts';
import { enrol, planJoin } from '../../../../node/daemon/joining.ts';
import { certificateDigest, issuerFacts } from '../../../../node/identity/certificate.ts';
import type { Identity } from '../../../../node/identity/identity.ts';
import { NodeAvailability, NodeRole } from '../../../../proto/gen/specs.ts';
import { FakeManagers } from '../../../lib/fake-cluster-net.ts';
import { KeptLog } from '../../../lib/kept-log.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const entropy = { bytes: (length: number): Uint8Array => new Uint8Array(length).fill(7) };
const never = new AbortController().signal;

let clock: VirtualClock;
let managers: FakeManagers;

beforeEach(async () => {
  clock = new VirtualClock();
  managers = await FakeManagers.found(clock);
});

function request(fields: Partial<JoinRequest> = {}): JoinRequest {
  return {
    listenAddress: '0.0.0.0:2377',
    advertiseAddress: '',
    dataPathAddress: '',
    remoteAddresses: ['m1:2377'],
    token: managers.foundation.keys.workerJoinToken,
    availability: NodeAvailability.active,
    ...fields,
  };
}

async function join(fields: Partial<JoinRequest> = {}): Promise<Identity> {
  const parts = { nets: managers, clock, entropy, log: new KeptLog() };
  return await enrol(parts, planJoin(request(fields), {}), never);
}

async function refusal(joining: Promise<unknown>): Promise<ShoalError> {
  const error: unknown = await joining.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isShoalError(error)) throw new Error('no refusal', { cause: error });
  return error;
}

describe('a node is taken in', () => {
  test('as a worker: with a certificate for its own key, and the address that the manager sees', async () => {
    const identity = await join({ availability: NodeAvailability.drain });
    expect(identity).toMatchObject({
      nodeId: 'nodeaaaaaaaaaaaaaaaaaaaaa',
      role: 'worker',
      raftId: 0,
      founderRaftId: 0,
      hasLog: false,
      trustRootPem: managers.foundation.trustRootPem,
      advertiseAddress: '10.0.0.9:2377',
      listenAddress: '0.0.0.0:2377',
      managers: [
        { nodeId: 'm1', address: 'm1:2377', raftId: 1 },
        { nodeId: 'm2', address: 'm2:2377', raftId: 2 },
      ],
    });
    expect(identity.privateKeyPem).toContain('BEGIN PRIVATE KEY');
    expect(managers.joined).toMatchObject([
      { availability: NodeAvailability.drain, address: '', port: 2377 },
    ]);
  });

  test('as a manager: with its number, and the address that it gave', async () => {
    managers.role = NodeRole.manager;
    const identity = await join({
      listenAddress: '127.0.0.5:2477',
      advertiseAddress: '10.1.1.1:2577',
    });
    expect(identity).toMatchObject({
      role: 'manager',
      raftId: 77,
      founderRaftId: 1,
      advertiseAddress: '10.1.1.1:2577',
      listenAddress: '127.0.0.5:2477',
    });
    expect(managers.joined).toMatchObject([{ address: '10.1.1.1', port: 2577 }]);
  });

  test('by the next manager where one does not answer, leads not, or forgets to', async () => {
    managers.failures.set('m1:2377', new ShoalError('lostQuorum', 'nobody leads'));
    await join({ remoteAddresses: ['gone:2377', 'm1', 'm2'] });
    expect(managers.joined).toHaveLength(1);
    expect(managers.dialed).toEqual(['gone:2377', 'm1:2377', 'm2:2377', 'm2:2377']);
  });
});

describe('nothing is asked for', () => {
  test.each([
    [{ token: '' }, 'invalid join token'],
    [{ token: 'SWMTKN-2-x-y' }, 'invalid join token'],
    [{ remoteAddresses: [] }, 'at least 1 RemoteAddr is required to join'],
    [{ remoteAddresses: ['a b:x'] }, 'invalid remoteAddr "a b:x": give host:port of a manager'],
    [{ remoteAddresses: ['m1:0'] }, 'invalid remoteAddr "m1:0": give host:port of a manager'],
    [
      { remoteAddresses: Array.from({ length: 65 }, () => 'm') },
      'too many remote addresses: give up to 64',
    ],
    [{ listenAddress: 'nowhere' }, 'listen address must be an IP address or network interface'],
    [{ listenAddress: '10.0.0.1:65535' }, 'listen port 65535 is too high'],
    [{ advertiseAddress: '0.0.0.0' }, 'advertise address must be a non-zero IP address'],
    [{ advertiseAddress: '10.0.0.1:65535' }, 'advertise port 65535 is too high'],
    [{ dataPathAddress: '10.0.0.1:1' }, 'data path address must be a non-zero IP address'],
  ])('with %j', async (fields, text) => {
    const error = await refusal(join(fields));
    expect([error.code, error.message]).toEqual(['invalidArgument', expect.stringContaining(text)]);
    expect(managers.dialed).toEqual([]);
  });
});

describe('a node does not join', () => {
  test('a cluster with another root: the secret is not told, nor another manager asked', async () => {
    const other = await foundAuthority(new X509Signer(), entropy, clock.wallMs());
    const token = other.keys.workerJoinToken;
    const error = await refusal(join({ token, remoteAddresses: ['m1:2377', 'm2:2377'] }));
    const digest = Buffer.from(certificateDigest(other.trustRootPem)).toString('hex');
    expect(error).toMatchObject({
      code: 'invalidArgument',
      message: `remote CA does not match fingerprint. Expected: ${digest}`,
    });
    expect([managers.joined, managers.dialed]).toEqual([[], ['m1:2377']]);
  });

  test('with a secret that is not one', async () => {
    managers.spoil = () => {
      throw new ShoalError('unauthenticated', 'no');
    };
    const error = await refusal(join());
    expect(error).toMatchObject({
      code: 'invalidSpec',
      message: 'A valid join token is necessary to join this cluster',
    });
  });

  test('where no manager answers: each is named, with the cause', async () => {
    const error = await refusal(join({ remoteAddresses: ['gone', 'away:1'] }));
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain(
      'no manager took this node in: gone:2377 (connection refused), away:1 (connection refused)',
    );
  });

  test('where a manager says nothing: it has five seconds', async () => {
    const asked = Promise.withResolvers<void>();
    managers.spoil = () => {
      asked.resolve();
      return new Promise(() => undefined);
    };
    const joining = refusal(join());
    await asked.promise;
    await clock.advance(limits.joinAttemptMs);
    expect((await joining).message).toContain('m1:2377 (');
  });

  test.each([
    [
      'another key',
      (other: Uint8Array) => ({ certificateDer: other }),
      'the certificate that a manager gave is for another key',
    ],
    ['no id', () => ({ nodeId: '' }), 'comes without the ids that belong to it'],
    [
      'a role without its number',
      () => ({ role: NodeRole.manager, raftId: 0 }),
      'comes without the ids',
    ],
  ])('with a certificate for %s', async (_, changes, text) => {
    const first: Uint8Array[] = [];
    managers.spoil = (response) => {
      first.push(response.certificateDer);
      return response;
    };
    await join();
    managers.spoil = (response) => ({ ...response, ...changes(first[0] ?? new Uint8Array(0)) });
    const error = await refusal(join());
    expect([error.code, error.message]).toEqual(['corrupt', expect.stringContaining(text)]);
  });
});

test('a root tells its subject and key as the signer does', () => {
  const { trustRootPem, issuerSubject, issuerPublicKey } = managers.foundation;
  expect(issuerFacts(trustRootPem)).toEqual({ issuerSubject, issuerPublicKey });
});
