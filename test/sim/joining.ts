import type { RpcChannel } from '../../common/ports/rpc.ts';
import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { newJoinRequest, newRenewRequest, type JoinResponse } from '../../proto/gen/managers.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import { certificatesClient, joiningClient } from '../../proto/rpc/managers.ts';
import type { Identity } from '../../node/identity/identity.ts';
import type { RenewalParts } from '../../node/daemon/renewal.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { clusterId } from './founding.ts';

/** SubjectPublicKeyInfo of a key on P-256, up to the point. */
const keyHead = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';
const pointBytes = 64;
const dataKeyBytes = 32;

/** What the founder of a cluster knows of itself. */
export function founderIdentity(
  founder: Pick<Identity, 'nodeId' | 'raftId' | 'advertiseAddress'>,
): Identity {
  const { nodeId, raftId, advertiseAddress } = founder;
  return {
    ...founder,
    clusterId,
    role: 'manager',
    founderRaftId: raftId,
    incarnation: 1,
    hasLog: false,
    ...noKeys,
    listenAddress: advertiseAddress,
    managers: [{ nodeId, address: advertiseAddress, raftId }],
  };
}

/** Asks a manager to take a node in, as `docker swarm join` does. Nothing proves anything here: certificates are tested elsewhere. */
export async function joinCluster(
  channel: RpcChannel,
  node: { readonly address: string; readonly keyNumber: number; readonly token: string },
): Promise<Identity> {
  const { address, token, keyNumber } = node;
  const request = newJoinRequest({ token, publicKey: publicKey(keyNumber), address });
  const response = await joiningClient(channel).join(request, {
    signal: new AbortController().signal,
  });
  const place = `${address}:2377`;
  return {
    nodeId: asId(response.nodeId),
    clusterId: asId(response.clusterId),
    ...credentialsOf(response),
    hasLog: false,
    ...noKeys,
    advertiseAddress: place,
    listenAddress: place,
  };
}

/** Stands for `renewCertificate`: the same call, without keys. */
export async function renewIdentity(
  { dialer, picks, identity, logLost }: RenewalParts,
  signal: AbortSignal,
): Promise<
  Pick<Identity, keyof ReturnType<typeof credentialsOf> | 'certificatePem' | 'privateKeyPem'>
> {
  const others = identity.managers.filter(({ nodeId }) => nodeId !== identity.nodeId);
  const manager = picks.next(others);
  if (manager === undefined)
    throw new ShoalError('unavailable', 'no other manager of the swarm is known');
  const [address = ''] = identity.advertiseAddress.split(':');
  await using channel = dialer.dial(manager);
  const request = newRenewRequest({ publicKey: publicKey(0), address, port: 2377, logLost });
  const options = { signal, deadlineMs: limits.rpcUnaryMs };
  const response = await certificatesClient(channel).renew(request, options);
  return { ...credentialsOf(response), certificatePem: '', privateKeyPem: '' };
}

function publicKey(number: number): Uint8Array {
  return Buffer.concat([Buffer.from(keyHead, 'hex'), Buffer.alloc(pointBytes, number)]);
}

const noKeys = {
  certificatePem: '',
  privateKeyPem: '',
  trustRootPem: 'root',
  dataKey: new Uint8Array(dataKeyBytes),
};

function credentialsOf(
  response: JoinResponse,
): Pick<Identity, 'role' | 'raftId' | 'founderRaftId' | 'incarnation' | 'managers'> {
  const isManager = response.role === NodeRole.manager;
  return {
    role: isManager ? 'manager' : 'worker',
    raftId: isManager ? response.raftId : 0,
    founderRaftId: isManager ? response.founderRaftId : 0,
    incarnation: Math.max(1, response.incarnation),
    managers: response.managers.map(({ nodeId, address, raftId }) => ({
      nodeId: asId(nodeId),
      address,
      raftId,
    })),
  };
}
