import type { ClusterId } from '../../common/pure/ids.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import { newAuthorityKeys } from '../../proto/gen/objects.ts';
import type { AuthorityKeys } from '../../proto/gen/objects.ts';
import { newJoinToken } from './join-token.ts';
import { toPem } from './pem.ts';
import type { CertificateSigner, KeyPair } from './port.ts';
import { defaultNodeCertificateMs, nodeTemplate, rootTemplate } from './templates.ts';
import type { NodeCertificateRequest } from './templates.ts';

/** What a new cluster is founded on. */
export interface Foundation {
  readonly keys: AuthorityKeys;
  readonly trustRootPem: string;
  readonly issuerSubject: Uint8Array;
  readonly issuerPublicKey: Uint8Array;
}

/** Makes the root of a new cluster and its two join tokens. */
export async function foundAuthority(
  signer: CertificateSigner,
  entropy: Entropy,
  wallMs: number,
): Promise<Foundation> {
  const rootKeys = await signer.newKeyPair();
  const rootDer = await signer.selfSign(rootTemplate(wallMs), rootKeys);
  const rootDigest = signer.sha256(rootDer);
  const { subject, publicKey } = signer.describe(rootDer);
  return {
    keys: newAuthorityKeys({
      rootCertificateDer: rootDer,
      rootKeyPkcs8: rootKeys.privateKeyPkcs8,
      workerJoinToken: newJoinToken(rootDigest, entropy),
      managerJoinToken: newJoinToken(rootDigest, entropy),
    }),
    trustRootPem: toPem('CERTIFICATE', rootDer),
    issuerSubject: subject,
    issuerPublicKey: publicKey,
  };
}

/** Signs a node's public key. */
export async function signNode(
  signer: CertificateSigner,
  keys: AuthorityKeys,
  request: Omit<NodeCertificateRequest, 'validityMs'> & { readonly publicKeySpki: Uint8Array },
): Promise<Uint8Array> {
  const template = nodeTemplate({ ...request, validityMs: defaultNodeCertificateMs });
  const issuer = { certificateDer: keys.rootCertificateDer, privateKeyPkcs8: keys.rootKeyPkcs8 };
  return signer.sign(template, request.publicKeySpki, issuer);
}

/** A key pair and the certificate for it. */
export interface NodeCredentials {
  readonly keys: KeyPair;
  readonly certificateDer: Uint8Array;
}

/** Makes a node's key and signs its certificate: the founding node's, whose key is in reach. */
export async function issueNode(
  signer: CertificateSigner,
  keys: AuthorityKeys,
  request: {
    readonly nodeId: NodeCertificateRequest['nodeId'];
    readonly clusterId: ClusterId;
    readonly raftId: number;
    readonly wallMs: number;
  },
): Promise<NodeCredentials> {
  const nodeKeys = await signer.newKeyPair();
  const certificateDer = await signNode(signer, keys, {
    nodeId: request.nodeId,
    clusterId: request.clusterId,
    role: 'manager',
    raftId: request.raftId,
    nowMs: request.wallMs,
    publicKeySpki: nodeKeys.publicKeySpki,
  });
  return { keys: nodeKeys, certificateDer };
}
