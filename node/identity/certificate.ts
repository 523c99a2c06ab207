import { createHash, X509Certificate } from 'node:crypto';

import { derTag, readElements, readOne } from '../../common/platform/tls/der.ts';
import { ShoalError } from '../../common/pure/errors.ts';

/** DER of the parts of a root that `TLSInfo` of a node shows. */
export interface IssuerFacts {
  readonly issuerSubject: Uint8Array;
  readonly issuerPublicKey: Uint8Array;
}

/** SHA-256 of a certificate. @throws ShoalError `invalidArgument` when `pem` is none */
export function certificateDigest(pem: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(readCertificate(pem).raw).digest());
}

/**
 * What is wrong with a certificate that a node got: signed by another root, or for another key. Undefined when nothing is.
 * @param publicKey SubjectPublicKeyInfo of the node's key, DER
 */
export function certificateFault(
  certificatePem: string,
  publicKey: Uint8Array,
  trustRootPem: string,
): string | undefined {
  const certificate = readCertificate(certificatePem);
  if (!certificate.verify(readCertificate(trustRootPem).publicKey))
    return 'is not signed by the root of the swarm';
  const named = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return named.equals(publicKey) ? undefined : 'is for another key';
}

/** Reads from the root what a node describes its certificate's issuer with. */
export function issuerFacts(trustRootPem: string): IssuerFacts {
  const root = readCertificate(trustRootPem);
  return {
    issuerSubject: subjectOf(new Uint8Array(root.raw)),
    issuerPublicKey: new Uint8Array(root.publicKey.export({ type: 'spki', format: 'der' })),
  };
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new ShoalError('invalidArgument', 'what should be a certificate cannot be read', {
      cause,
    });
  }
}

/** RFC 5280, 4.1: after version, serial number, algorithm, issuer and validity. The platform tells it as text only. */
function subjectOf(der: Uint8Array): Uint8Array {
  const certificate = readOne(der, derTag.sequence);
  const [signed] = certificate === undefined ? [] : (readElements(certificate, 3) ?? []);
  const fields = signed === undefined ? [] : (readElements(signed.content, 10) ?? []);
  const [validity, subject] = fields.slice(4, 6);
  if (validity === undefined || subject?.tag !== derTag.sequence)
    throw new ShoalError('corrupt', 'the root certificate of the swarm has no subject');
  return der.slice(endIn(der, validity.content), endIn(der, subject.content));
}

function endIn(der: Uint8Array, content: Uint8Array): number {
  return content.byteOffset - der.byteOffset + content.length;
}
