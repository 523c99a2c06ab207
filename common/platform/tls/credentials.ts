import { constants } from 'node:crypto';
import {
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import type { PeerIdentity } from '../../ports/identity.ts';
import type { ClusterId } from '../../pure/ids.ts';
import { limits } from '../../pure/limits.ts';
import { readPeerIdentity } from './peer-identity.ts';

/** What a node proves itself with, and whom it believes. */
export interface NodeCredentials {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** The cluster's root, or several while one takes over from another. Nothing else is trusted. */
  readonly trustRootPem: string;
}

/**
 * What every TLS context of the cluster has: version 1.3 only, and no tickets, since whoever resumes shows no certificate again. These
 * belong into the context, also when it is replaced: options of the server alone are lost then.
 */
export const contextRules: SecureContextOptions = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  secureOptions: constants.SSL_OP_NO_TICKET,
};

/** A context for either end. */
export function contextOptions(credentials: NodeCredentials): SecureContextOptions {
  return {
    ...contextRules,
    ca: credentials.trustRootPem,
    cert: credentials.certificatePem,
    key: credentials.privateKeyPem,
  };
}

/** Makes the context once, for many connections. */
export function secureContextOf(credentials: NodeCredentials): SecureContext {
  return createSecureContext(contextOptions(credentials));
}

/** `checkServerIdentity` of `tls.connect`, by our own reading of the certificate. */
export function identityCheck(
  isExpected: (peer: PeerIdentity) => boolean,
): (hostname: string, certificate: PeerCertificate) => Error | undefined {
  return (_hostname, certificate) => {
    const peer = readPeerIdentity(certificate.raw);
    return peer !== undefined && isExpected(peer)
      ? undefined
      : new Error('the server is not the manager that was called');
  };
}

/** A manager of that cluster, and of that id if one is given. */
export function isManagerOf(
  peer: PeerIdentity,
  clusterId: ClusterId,
  nodeId: string | undefined,
): boolean {
  return (
    peer.role === 'manager' &&
    peer.clusterId === clusterId &&
    (nodeId === undefined || peer.nodeId === nodeId)
  );
}

/** Credentials of a gRPC server with mutual TLS, which can be replaced while it runs: connections that are open stay. */
export class ReloadableServerCredentials extends ServerCredentials {
  constructor(credentials: NodeCredentials) {
    super(
      { requestCert: true, rejectUnauthorized: true, handshakeTimeout: limits.tlsHandshakeMs },
      contextOptions(credentials),
    );
  }

  update(credentials: NodeCredentials): void {
    this.updateSecureContextOptions(contextOptions(credentials));
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
