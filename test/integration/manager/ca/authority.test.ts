// Founds authorities with the real signer, and has what they sign judged by Node's parser and by `openssl verify -x509_strict`.
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { NodeEntropy } from '../../../../common/platform/entropy.ts';
import { foundAuthority, issueNode, signNode } from '../../../../manager/ca/authority.ts';
import type { Foundation, NodeCredentials } from '../../../../manager/ca/authority.ts';
import { toPem } from '../../../../manager/ca/pem.ts';
import { X509Signer } from '../../../../manager/ca/signer/x509-signer.ts';
import { nodeTemplate } from '../../../../manager/ca/templates.ts';

const signer = new X509Signer();
const entropy = new NodeEntropy();
const clusterId = asId<'cluster'>('c'.repeat(25));
const nodeId = asId<'node'>('n'.repeat(25));
const wallMs = Date.now();

let folder: string;
let foundation: Foundation;
let credentials: NodeCredentials;
let root: X509Certificate;
let leaf: X509Certificate;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shoal-ca-'));
  foundation = await foundAuthority(signer, entropy, wallMs);
  credentials = await issueNode(signer, foundation.keys, { nodeId, clusterId, raftId: 7, wallMs });
  root = new X509Certificate(foundation.trustRootPem);
  leaf = new X509Certificate(credentials.certificateDer);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function pemFile(name: string, der: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, toPem('CERTIFICATE', der));
  return path;
}

/** What `openssl verify` says of the certificate under that root. */
function verify(certificateDer: Uint8Array, more: readonly string[] = []): string {
  const root = pemFile('root.pem', foundation.keys.rootCertificateDer);
  const args = ['verify', '-x509_strict', '-CAfile', root, ...more];
  try {
    return execFileSync('openssl', [...args, pemFile('leaf.pem', certificateDer)], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    return String((error as { readonly stderr: unknown }).stderr);
  }
}

describe('a root', () => {
  test('signs itself, may sign others, and holds for twenty years', () => {
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.subject).toBe('CN=swarm-ca');
    expect(root.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(Date.parse(root.validFrom)).toBeLessThanOrEqual(wallMs - 3_599_000);
    expect(
      new Date(root.validTo).getUTCFullYear() - new Date(wallMs).getUTCFullYear(),
    ).toBeGreaterThan(18);
  });

  test('is what the tokens pin', () => {
    const digest = createHash('sha256').update(foundation.keys.rootCertificateDer).digest('hex');
    const text = BigInt(`0x${digest}`).toString(36).padStart(50, '0');
    const { workerJoinToken, managerJoinToken } = foundation.keys;
    expect(workerJoinToken.split('-')[2]).toBe(text);
    expect(managerJoinToken.split('-')[2]).toBe(text);
    expect(workerJoinToken).not.toBe(managerJoinToken);
  });

  test('is described by its subject and public key', () => {
    const spki = root.publicKey.export({ type: 'spki', format: 'der' });
    expect(Buffer.from(foundation.issuerPublicKey)).toEqual(spki);
    expect(Buffer.from(foundation.issuerSubject).toString('latin1')).toContain('swarm-ca');
  });

  test('has the key that it says', () => {
    const key = createPrivateKey({
      key: Buffer.from(foundation.keys.rootKeyPkcs8),
      format: 'der',
      type: 'pkcs8',
    });
    expect(root.checkPrivateKey(key)).toBe(true);
  });
});

describe('a node', () => {
  test('is verified under its root, as both ends of a connection', () => {
    expect(verify(credentials.certificateDer)).toContain(': OK');
    expect(verify(credentials.certificateDer, ['-purpose', 'sslserver'])).toContain(': OK');
    expect(verify(credentials.certificateDer, ['-purpose', 'sslclient'])).toContain(': OK');
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(true);
  });

  test('is named by cluster, role and id, for ninety days from an hour ago', () => {
    expect(leaf.subject).toBe(`O=${clusterId}\nOU=swarm-manager\nCN=${nodeId}`);
    expect(leaf.subjectAltName).toBe(`DNS:swarm-manager, DNS:${nodeId}, DNS:raft-000000000007`);
    const days = (Date.parse(leaf.validTo) - wallMs) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThan(90.1);
    expect(wallMs - Date.parse(leaf.validFrom)).toBeGreaterThan(3_599_000);
  });

  test('has the key that it says, and no other node has its serial number', async () => {
    const key = createPrivateKey({
      key: Buffer.from(credentials.keys.privateKeyPkcs8),
      format: 'der',
      type: 'pkcs8',
    });
    expect(leaf.checkPrivateKey(key)).toBe(true);
    const other = await issueNode(signer, foundation.keys, {
      nodeId,
      clusterId,
      raftId: 7,
      wallMs,
    });
    expect(new X509Certificate(other.certificateDer).serialNumber).not.toBe(leaf.serialNumber);
  });

  test('cannot sign another', async () => {
    expect(leaf.ca).toBe(false);
    const keys = await signer.newKeyPair();
    const template = nodeTemplate({
      nodeId,
      clusterId,
      role: 'manager',
      raftId: 7,
      nowMs: wallMs,
      validityMs: 1e9,
    });
    const forged = await signer.sign(template, keys.publicKeySpki, {
      certificateDer: credentials.certificateDer,
      privateKeyPkcs8: credentials.keys.privateKeyPkcs8,
    });
    const chain = pemFile('chain.pem', credentials.certificateDer);
    expect(verify(forged, ['-untrusted', chain])).toMatch(
      /invalid CA certificate|error 79|error 24/,
    );
  });

  test('of another cluster is not accepted', async () => {
    const other = await foundAuthority(signer, entropy, wallMs);
    const stranger = await issueNode(signer, other.keys, { nodeId, clusterId, raftId: 7, wallMs });
    expect(verify(stranger.certificateDer)).toMatch(/error (?:18|20|30)/);
  });

  test('that asks gets a certificate for its key, which says what the manager decided', async () => {
    const keys = await signer.newKeyPair();
    const der = await signNode(signer, foundation.keys, {
      nodeId,
      clusterId,
      role: 'worker',
      raftId: 0,
      nowMs: wallMs,
      publicKeySpki: keys.publicKeySpki,
    });
    const worker = new X509Certificate(der);
    expect(worker.subject).toContain('OU=swarm-worker');
    const spki = createPublicKey({
      key: Buffer.from(keys.publicKeySpki),
      format: 'der',
      type: 'spki',
    });
    expect(worker.publicKey.equals(spki)).toBe(true);
    expect(verify(der)).toContain(': OK');
  });
});
