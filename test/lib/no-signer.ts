import type { CertificateSigner } from '../../manager/ca/port.ts';

/** Signs nothing: certificates are tested elsewhere. */
export const noSigner: CertificateSigner = {
  newKeyPair: () => Promise.reject(new Error('no keys here')),
  selfSign: () => Promise.reject(new Error('no roots here')),
  sign: () => Promise.resolve(new Uint8Array([1])),
  sha256: (bytes) => Uint8Array.from({ length: 32 }, (_, at) => bytes[at + 27] ?? at),
  describe: () => ({ subject: new Uint8Array(), publicKey: new Uint8Array() }),
};
