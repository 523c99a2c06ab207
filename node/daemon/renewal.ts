import type { RpcDialer } from '../../common/ports/rpc.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import { newRenewRequest } from '../../proto/gen/managers.ts';
import { certificatesClient } from '../../proto/rpc/managers.ts';
import type { Identity } from '../identity/identity.ts';
import { newNodeKey } from '../identity/node-key.ts';
import { readHostPort } from './addresses.ts';
import { readCredentials } from './joining.ts';
import type { Credentials } from './joining.ts';
import type { ManagerPicks } from './manager-picks.ts';

export interface RenewalParts {
  readonly dialer: RpcDialer;
  readonly picks: ManagerPicks;
  readonly identity: Identity;
  /** The node's manager lost its log: it has to come back as a new member. */
  readonly logLost: boolean;
}

/**
 * Asks another manager for a certificate of the role that the cluster gives this node now.
 * @throws ShoalError `unavailable` when no other manager is known; `notFound`, `permissionDenied` or `unauthenticated` when the cluster does not know the node any more;
 *   whatever else can go wrong on the way: then another one may do better
 */
export async function renewCertificate(
  { dialer, picks, identity, logLost }: RenewalParts,
  signal: AbortSignal,
): Promise<Credentials> {
  const others = identity.managers.filter(({ nodeId }) => nodeId !== identity.nodeId);
  const manager = picks.next(others);
  if (manager === undefined)
    throw new ShoalError('unavailable', 'no other manager of the swarm is known');
  const key = await newNodeKey();
  const { host, port } = readHostPort(identity.advertiseAddress);
  await using channel = dialer.dial(manager);
  const request = newRenewRequest({ publicKey: key.publicKey, address: host, port, logLost });
  const options = { signal, deadlineMs: limits.rpcUnaryMs };
  const response = await certificatesClient(channel).renew(request, options);
  return readCredentials(response, key, identity.trustRootPem);
}

/** True when the cluster says that the node is none of its own. */
export function isExpelled(error: unknown): boolean {
  return (
    isShoalError(error, 'notFound') ||
    isShoalError(error, 'permissionDenied') ||
    isShoalError(error, 'unauthenticated')
  );
}
