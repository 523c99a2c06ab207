// Shows that join tokens are read strictly: what is not exactly one is none.
import { expect, test } from 'vitest';

import { newJoinToken, parseJoinToken, rootDigestText } from '../../../../manager/ca/join-token.ts';

const digest = new Uint8Array(32).fill(0xff);
const token = newJoinToken(digest, { bytes: (length) => new Uint8Array(length).fill(1) });

test('a token tells the digest of the root and its secret', () => {
  const parsed = parseJoinToken(token);
  expect(parsed?.rootDigest).toBe(rootDigestText(digest));
  expect(`SWMTKN-1-${String(parsed?.rootDigest)}-${String(parsed?.secret)}`).toBe(token);
});

test('small digests keep their length', () => {
  expect(rootDigestText(new Uint8Array(32))).toBe('0'.repeat(50));
});

test.each([
  ['', 'nothing'],
  [token.replace('SWMTKN-1', 'SWMTKN-2'), 'another version'],
  [token.slice(0, -1), 'a short secret'],
  [`${token}0`, 'a long secret'],
  [token.replace('-1-', '-1-0'), 'a long digest'],
  [token.toUpperCase(), 'capitals'],
  [`${token}\n`, 'a line feed'],
  [` ${token}`, 'a space'],
])('%j is none: %s', (text) => {
  expect(parseJoinToken(text)).toBeUndefined();
});
