import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

/** What a node proves itself with. The private half never leaves the node. */
export interface NodeKey {
  readonly privateKeyPem: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

/** Makes a P-256 key pair. */
export async function newNodeKey(): Promise<NodeKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  };
}
