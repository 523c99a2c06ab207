import { type ClusterId, asId, type NodeId } from '../../common/pure/ids.ts';
import { NodeEntropy } from '../../common/platform/entropy.ts';
import type { NodeCredentials } from '../../common/platform/tls/credentials.ts';
import { type Foundation, foundAuthority } from '../../manager/ca/authority.ts';
import { toPem } from '../../manager/ca/pem.ts';
import type { CertificateTemplate, Issuer, KeyPair } from '../../manager/ca/port.ts';
import { X509Signer } from '../../manager/ca/signer/x509-signer.ts';
import { nodeTemplate } from '../../manager/ca/templates.ts';

/** 25 characters that begin with `name`. */
export function paddedId<Kind extends string>(name: string) {
  return asId<Kind>(name.padEnd(25, '0'));
}

/** A certificate with its key, as files hold them. */
export interface IssuedCertificate extends NodeCredentials {
  readonly certificateDer: Uint8Array;
  readonly keys: KeyPair;
}

interface NodeWish {
  readonly nodeId: NodeId;
  readonly role?: 'manager' | 'worker';
  readonly raftId?: number;
  readonly clusterId?: ClusterId;
  /** What the certificate says otherwise. */
  readonly change?: Partial<CertificateTemplate>;
  /** Signs it, instead of the root. */
  readonly issuer?: Issuer;
}

/** A root and the certificates that it signs, real ones. */
export class TestAuthority {
  readonly clusterId: ClusterId;
  readonly foundation: Foundation;
  readonly #signer: X509Signer;

  private constructor(clusterId: ClusterId, foundation: Foundation, signer: X509Signer) {
    this.clusterId = clusterId;
    this.foundation = foundation;
    this.#signer = signer;
  }

  static async found(
    clusterId: ClusterId = paddedId<'cluster'>('cluster'),
  ): Promise<TestAuthority> {
    const signer = new X509Signer();
    const foundation = await foundAuthority(signer, new NodeEntropy(), Date.now());
    return new TestAuthority(clusterId, foundation, signer);
  }

  get rootPem(): string {
    return this.foundation.trustRootPem;
  }

  async issue(wish: NodeWish): Promise<IssuedCertificate> {
    const role = wish.role ?? 'worker';
    const template = nodeTemplate({
      nodeId: wish.nodeId,
      clusterId: wish.clusterId ?? this.clusterId,
      role,
      raftId: wish.raftId ?? (role === 'manager' ? 7 : 0),
      nowMs: Date.now(),
      validityMs: 86_400_000,
    });
    const keys = await this.#signer.newKeyPair();
    const { rootCertificateDer, rootKeyPkcs8 } = this.foundation.keys;
    const certificateDer = await this.#signer.sign(
      { ...template, ...wish.change },
      keys.publicKeySpki,
      wish.issuer ?? { certificateDer: rootCertificateDer, privateKeyPkcs8: rootKeyPkcs8 },
    );
    return {
      certificateDer,
      keys,
      certificatePem: toPem('CERTIFICATE', certificateDer),
      privateKeyPem: toPem('PRIVATE KEY', keys.privateKeyPkcs8),
      trustRootPem: this.rootPem,
    };
  }
}
