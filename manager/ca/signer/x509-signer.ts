import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate as PlatformCertificate } from 'node:crypto';

import * as x509 from '@peculiar/x509';

import type { CertificateSigner, CertificateTemplate, Issuer, KeyPair } from '../port.ts';

const curve = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signing = { name: 'ECDSA', hash: 'SHA-256' } as const;

/**
 * The signer over the platform's cryptography.
 *
 * Importing it costs over 100 ms and 20 MB: load it only where a certificate is signed.
 */
export class X509Signer implements CertificateSigner {
  async newKeyPair(): Promise<KeyPair> {
    const pair = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
    return {
      privateKeyPkcs8: new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey)),
      publicKeySpki: new Uint8Array(await webcrypto.subtle.exportKey('spki', pair.publicKey)),
    };
  }

  async selfSign(template: CertificateTemplate, keys: KeyPair): Promise<Uint8Array> {
    const publicKey = await importPublic(keys.publicKeySpki);
    const name = subjectName(template);
    return generate(template, {
      publicKey,
      issuerName: name,
      issuerKey: publicKey,
      signingKey: await importPrivate(keys.privateKeyPkcs8),
    });
  }

  async sign(
    template: CertificateTemplate,
    publicKeySpki: Uint8Array,
    issuer: Issuer,
  ): Promise<Uint8Array> {
    const authority = new x509.X509Certificate(Uint8Array.from(issuer.certificateDer));
    const issuerSpki = new Uint8Array(authority.publicKey.rawData);
    return generate(template, {
      publicKey: await importPublic(publicKeySpki),
      issuerName: authority.subjectName,
      issuerKey: await importPublic(issuerSpki),
      signingKey: await importPrivate(issuer.privateKeyPkcs8),
    });
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHash('sha256').update(bytes).digest());
  }

  describe(certificateDer: Uint8Array): {
    readonly subject: Uint8Array;
    readonly publicKey: Uint8Array;
  } {
    const parsed = new x509.X509Certificate(Uint8Array.from(certificateDer));
    const spki = new PlatformCertificate(certificateDer).publicKey.export({
      type: 'spki',
      format: 'der',
    });
    return {
      subject: new Uint8Array(parsed.subjectName.toArrayBuffer()),
      publicKey: new Uint8Array(spki),
    };
  }
}

interface GenerateParts {
  readonly publicKey: webcrypto.CryptoKey;
  readonly issuerName: x509.Name;
  readonly issuerKey: webcrypto.CryptoKey;
  readonly signingKey: webcrypto.CryptoKey;
}

/** Both key identifiers always: with two roots of one name, they say which signed. */
async function generate(template: CertificateTemplate, parts: GenerateParts): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: subjectName(template).toJSON(),
    issuer: parts.issuerName.toJSON(),
    notBefore: new Date(template.notBeforeMs),
    notAfter: new Date(template.notAfterMs),
    publicKey: parts.publicKey,
    signingKey: parts.signingKey,
    signingAlgorithm: signing,
    extensions: [
      ...extensionsOf(template),
      await x509.SubjectKeyIdentifierExtension.create(parts.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(parts.issuerKey),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

function extensionsOf(template: CertificateTemplate): x509.Extension[] {
  if (template.isAuthority) {
    const usage = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
    return [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(usage, true),
    ];
  }
  const purposes = [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth];
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(purposes),
    new x509.SubjectAlternativeNameExtension(
      template.dnsNames.map((value) => ({ type: 'dns', value })),
    ),
  ];
}

function subjectName(template: CertificateTemplate): x509.Name {
  const { organization, organizationalUnit, commonName } = template.subject;
  return new x509.Name([
    ...(organization === '' ? [] : [{ O: [organization] }]),
    ...(organizationalUnit === '' ? [] : [{ OU: [organizationalUnit] }]),
    { CN: [commonName] },
  ]);
}

/** 16 random bytes with the top bit clear: positive, and never the same twice. */
function newSerialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return Buffer.from(bytes).toString('hex');
}

function importPublic(spki: Uint8Array): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('spki', Uint8Array.from(spki), curve, true, ['verify']);
}

function importPrivate(pkcs8: Uint8Array): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), curve, false, ['sign']);
}
