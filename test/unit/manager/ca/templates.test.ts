// Shows what certificates and join tokens say, without making a key.
import { describe, expect, test } from 'vitest';
import { asId } from '../../../../common/pure/ids.ts';
import { newJoinToken } from '../../../../manager/ca/join-token.ts';
import { encodeBase64 } from '../../../../common/pure/base64.ts';
import { toPem } from '../../../../manager/ca/pem.ts';
import { nodeTemplate, rootTemplate } from '../../../../manager/ca/templates.ts';

const hourMs = 3_600_000;
const nowMs = 1_767_225_600_000;

test('a root is an authority for twenty years, from an hour ago', () => {
  const template = rootTemplate(nowMs);
  expect(template).toMatchObject({ isAuthority: true, dnsNames: [], notBeforeMs: nowMs - hourMs });
  expect(template.subject.commonName).toBe('swarm-ca');
  expect(template.notAfterMs - nowMs).toBe(20 * 365 * 24 * hourMs);
});

test.each([
  ['manager', 0xabc, ['raft-000000000abc']],
  ['worker', 0, []],
] as const)('a node of role %s is named by its certificate', (role, raftId, names) => {
  const template = nodeTemplate({
    nodeId: asId<'node'>('n'),
    clusterId: asId<'cluster'>('c'),
    role,
    raftId,
    nowMs,
    validityMs: 5 * hourMs,
  });
  expect(template).toEqual({
    subject: { commonName: 'n', organizationalUnit: `swarm-${role}`, organization: 'c' },
    notBeforeMs: nowMs - hourMs,
    notAfterMs: nowMs + 5 * hourMs,
    isAuthority: false,
    dnsNames: [`swarm-${role}`, 'n', ...names],
  });
});

describe('a join token', () => {
  const entropy = (byte: number) => ({
    bytes: (length: number) => new Uint8Array(length).fill(byte),
  });

  test.each([0, 1, 0xff])('has its form whatever the bytes are (%d)', (byte) => {
    const token = newJoinToken(new Uint8Array(32).fill(byte), entropy(byte));
    expect(token).toMatch(/^SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}$/);
  });

  test('holds the digest in base 36', () => {
    const digest = new Uint8Array(32);
    digest[31] = 35;
    const [, , text, secret] = newJoinToken(digest, entropy(0)).split('-');
    expect(text).toBe('z'.padStart(50, '0'));
    expect(secret).toBe('0'.repeat(25));
  });
});

describe('base 64', () => {
  test.each([0, 1, 2, 3, 4, 47, 48, 49, 200])('of %d bytes is the platform’s', (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) % 256);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  });

  test('in PEM has lines of 64 and a line end at the end', () => {
    const pem = toPem('X', new Uint8Array(100));
    const lines = pem.split('\n');
    expect(lines[0]).toBe('-----BEGIN X-----');
    expect(lines.slice(1, -2).map((line) => line.length)).toEqual([64, 64, 8]);
    expect(lines.slice(-2)).toEqual(['-----END X-----', '']);
  });
});
