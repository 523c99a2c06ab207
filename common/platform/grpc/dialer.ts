import { createSecureContext } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import type { DialedChannel, RpcDialer } from '../../ports/rpc.ts';
import type { ClusterId } from '../../pure/ids.ts';
import {
  contextRules,
  identityCheck,
  isManagerOf,
  secureContextOf,
  type NodeCredentials,
} from '../tls/credentials.ts';
import { GrpcChannel } from './channel.ts';

/** Sent in clear by a node that has no certificate yet: it chooses the way in for those. */
export const joinServername = 'swarm-join';

/** Opens channels to managers with the node's own certificate. */
export class GrpcDialer implements RpcDialer {
  readonly #clusterId: ClusterId;
  #credentials: NodeCredentials;

  constructor(credentials: NodeCredentials, clusterId: ClusterId) {
    this.#credentials = credentials;
    this.#clusterId = clusterId;
  }

  /** Channels that are opened from now on show another certificate. */
  update(credentials: NodeCredentials): void {
    this.#credentials = credentials;
  }

  dial({ nodeId, address }: { readonly nodeId: string; readonly address: string }): DialedChannel {
    const isExpected = identityCheck((peer) => isManagerOf(peer, this.#clusterId, nodeId));
    const context = secureContextOf(this.#credentials);
    const credentials = ChannelCredentials.createFromSecureContext(context, {
      checkServerIdentity: isExpected,
    });
    return new GrpcChannel(address, credentials, nodeId);
  }
}

/**
 * A channel for a node without a certificate.
 * @param trustRootPem whoever does not prove to be a manager by this root is not talked to; absent: anybody is, so only ask for the root,
 *   and check it.
 */
export function dialForJoining(address: string, trustRootPem?: string): DialedChannel {
  const isKnown = trustRootPem !== undefined;
  const context = createSecureContext({
    ...contextRules,
    ...(isKnown ? { ca: trustRootPem } : {}),
  });
  const credentials = ChannelCredentials.createFromSecureContext(context, {
    rejectUnauthorized: isKnown,
    checkServerIdentity: isKnown
      ? identityCheck(({ role }) => role === 'manager')
      : () => undefined,
  });
  return new GrpcChannel(address, credentials, joinServername);
}
