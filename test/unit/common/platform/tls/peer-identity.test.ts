// Reads certificates that the real signer made, as it should and as a forger would (names doubled, in one RDN, of other characters or
// string types), and holds that only the exact form names anybody.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  isStillValid,
  readPeerIdentity,
} from '../../../../../common/platform/tls/peer-identity.ts';
import { paddedId, TestAuthority } from '../../../../lib/certificates.ts';

const nodeId = paddedId<'node'>('node1');
const clusterId = paddedId<'cluster'>('cluster');
let authority: TestAuthority;
let keys: webcrypto.CryptoKeyPair;

beforeAll(async () => {
  authority = await TestAuthority.found();
  keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
});

/** A certificate with any subject and names, signed by itself: who signed is not what is tested. */
async function forge(
  subject: x509.JsonName,
  dnsNames: readonly string[] = [],
): Promise<Uint8Array> {
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: subject,
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new x509.SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns', value }))),
    ],
  });
  return new Uint8Array(certificate.rawData);
}

const good = [{ O: [clusterId] }, { OU: ['swarm-manager'] }, { CN: [nodeId] }];

describe('a certificate of the cluster', () => {
  test('names a manager with its raft id', async () => {
    const { certificateDer } = await authority.issue({ nodeId, role: 'manager', raftId: 0xabc });
    expect(readPeerIdentity(certificateDer)).toEqual({
      nodeId,
      clusterId,
      role: 'manager',
      raftId: 0xabc,
    });
  });

  test('names a worker, and a proxy', async () => {
    const { certificateDer } = await authority.issue({ nodeId });
    expect(readPeerIdentity(certificateDer)).toEqual({ nodeId, clusterId, role: 'worker' });
    const subject = {
      commonName: nodeId,
      organizationalUnit: 'swarm-proxy',
      organization: clusterId,
    };
    const proxy = await authority.issue({ nodeId, change: { subject } });
    expect(readPeerIdentity(proxy.certificateDer)?.role).toBe('proxy');
  });

  test('holds from its first moment to its last', async () => {
    const second = Math.floor(Date.now() / 1000) * 1000;
    const change = { notBeforeMs: second, notAfterMs: second + 5000 };
    const { certificateDer } = await authority.issue({ nodeId, change });
    const atMs = [second - 1, second, second + 5000, second + 5001];
    const held = atMs.map((wallMs) => isStillValid(certificateDer, wallMs));
    expect(held).toEqual([false, true, true, false]);
    expect(isStillValid(certificateDer.subarray(1), second)).toBe(false);
  });
});

describe('what names nobody', () => {
  const subjects: Readonly<Record<string, x509.JsonName>> = {
    'no unit': [{ O: [clusterId] }, { CN: [nodeId] }],
    'two units': [...good, { OU: ['swarm-worker'] }],
    'a unit in other letters': [{ O: [clusterId] }, { OU: ['Swarm-Manager'] }, { CN: [nodeId] }],
    'a unit of the prototype': [{ O: [clusterId] }, { OU: ['constructor'] }, { CN: [nodeId] }],
    'a unit with a NUL': [{ O: [clusterId] }, { OU: ['swarm-manager\0'] }, { CN: [nodeId] }],
    'a name twice': [...good, { CN: [paddedId<'node'>('node2')] }],
    'the same name twice': [...good, { CN: [nodeId] }],
    'no name': [{ O: [clusterId] }, { OU: ['swarm-manager'] }],
    'no cluster': [{ OU: ['swarm-manager'] }, { CN: [nodeId] }],
    'an empty cluster': [{ O: [''] }, { OU: ['swarm-manager'] }, { CN: [nodeId] }],
    'one more attribute': [...good, { C: ['DE'] }],
    'several attributes in one RDN': [{ O: [clusterId] }, { OU: ['swarm-manager'], CN: [nodeId] }],
    'two values in one RDN': [{ O: [clusterId] }, { OU: ['swarm-manager', 'x'] }, { CN: [nodeId] }],
    'a name with a line break': [
      { O: [clusterId] },
      { OU: ['swarm-worker'] },
      { CN: [`${nodeId}\nOU=swarm-manager`] },
    ],
    'a name like a path': [{ O: [clusterId] }, { OU: ['swarm-worker'] }, { CN: ['../x'] }],
    'an empty name': [{ O: [clusterId] }, { OU: ['swarm-worker'] }, { CN: [''] }],
    'a name in capitals': [
      { O: [clusterId] },
      { OU: ['swarm-worker'] },
      { CN: [nodeId.toUpperCase()] },
    ],
    'a name that is too long': [
      { O: [clusterId] },
      { OU: ['swarm-worker'] },
      { CN: [`${nodeId}0`] },
    ],
    'an enormous name': [
      { O: [clusterId] },
      { OU: ['swarm-worker'] },
      { CN: ['x'.repeat(60_000)] },
    ],
    'a name of 16-bit characters': [
      { O: [clusterId] },
      { OU: ['swarm-worker'] },
      { CN: [`#1e32${Buffer.from(nodeId, 'utf16le').swap16().toString('hex')}`] },
    ],
  };

  test.for(Object.keys(subjects))('%s', async (name) => {
    expect(readPeerIdentity(await forge(good))).toBeDefined();
    expect(readPeerIdentity(await forge(subjects[name] ?? []))).toBeUndefined();
  });

  test('two raft ids, one that is none, and one of a worker', async () => {
    const one = 'raft-000000000001';
    expect(readPeerIdentity(await forge(good, [one]))?.raftId).toBe(1);
    const wrong = [
      [one, 'raft-000000000002'],
      [one, one],
      ['raft-1'],
      ['raft-000000000000'],
      ['raft-00000000000G'],
    ];
    for (const names of wrong) expect(readPeerIdentity(await forge(good, names))).toBeUndefined();
    const worker = [{ O: [clusterId] }, { OU: ['swarm-worker'] }, { CN: [nodeId] }];
    expect(readPeerIdentity(await forge(worker, [one]))).toBeUndefined();
  });

  test('a root', () => {
    expect(readPeerIdentity(authority.foundation.keys.rootCertificateDer)).toBeUndefined();
  });

  test('a certificate that is cut off anywhere, or has one bit turned, never names another', async () => {
    const { certificateDer } = await authority.issue({ nodeId, role: 'manager' });
    const whole = readPeerIdentity(certificateDer);
    for (let at = 0; at < certificateDer.length; at += 1) {
      expect(readPeerIdentity(certificateDer.subarray(0, at))).toBeUndefined();
      const turned = Uint8Array.from(certificateDer);
      turned[at] = (turned[at] ?? 0) ^ 0x80;
      const read = readPeerIdentity(turned);
      if (read?.raftId !== undefined) expect(read).toEqual(whole);
    }
  });
});
