import { ShoalError } from '../../common/pure/errors.ts';

/** SubjectPublicKeyInfo of an uncompressed point on P-256, up to the point (RFC 5480). */
const prefix: readonly number[] = [
  0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
  0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
const pointBytes = 64;

/** @throws ShoalError `invalidArgument {field}` unless `spki` is a key of the one kind that nodes have, P-256 */
export function requireNodeKey(spki: Uint8Array): void {
  const isLong = spki.length === prefix.length + pointBytes;
  if (isLong && prefix.every((byte, at) => spki[at] === byte)) return;
  throw new ShoalError(
    'invalidArgument',
    'the public key of a node must be an ECDSA key on P-256',
    {
      fields: { field: 'publicKey' },
    },
  );
}
