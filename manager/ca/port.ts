/** Who a certificate names: CN = node id, OU = role, O = cluster id (swarm mode's convention). */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizationalUnit: string;
  readonly organization: string;
}

/** Everything that a certificate says; a signer adds nothing of its own but the serial number and the key identifiers. */
export interface CertificateTemplate {
  readonly subject: CertificateSubject;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** A root, which may sign others; otherwise a leaf for both ends of mutual TLS. */
  readonly isAuthority: boolean;
  readonly dnsNames: readonly string[];
}

/** A P-256 key pair. */
export interface KeyPair {
  readonly privateKeyPkcs8: Uint8Array;
  readonly publicKeySpki: Uint8Array;
}

/** A certificate with the key that signs under it. */
export interface Issuer {
  readonly certificateDer: Uint8Array;
  readonly privateKeyPkcs8: Uint8Array;
}

/** The one place that makes keys and signs. Real ones use the platform's cryptography; the simulator has a deterministic one. */
export interface CertificateSigner {
  newKeyPair(): Promise<KeyPair>;
  selfSign(template: CertificateTemplate, keys: KeyPair): Promise<Uint8Array>;
  sign(
    template: CertificateTemplate,
    publicKeySpki: Uint8Array,
    issuer: Issuer,
  ): Promise<Uint8Array>;
  sha256(bytes: Uint8Array): Uint8Array;
  /** DER of the subject and of the public key, as `TLSInfo` shows the issuer. */
  describe(certificateDer: Uint8Array): {
    readonly subject: Uint8Array;
    readonly publicKey: Uint8Array;
  };
}
