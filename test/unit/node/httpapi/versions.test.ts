// Clients take the lower of their own and the offered version; what the engine does not speak is not offered.
import { describe, expect, test } from 'vitest';

import { ShoalError } from '../../../../common/pure/errors.ts';
import { requestTarget } from '../../../../node/httpapi/target.ts';
import { negotiateMinor, offeredMinor } from '../../../../node/httpapi/versions.ts';

test.each([
  [undefined, 50],
  ['1.41', 41],
  ['1.50', 50],
  ['1.52', 50],
  ['1.12', 24],
  ['nonsense', 50],
])('an engine of %s makes the offer 1.%i', (engine, minor) => {
  expect(offeredMinor(engine)).toBe(minor);
});

describe('a request', () => {
  test.each([
    [undefined, 41],
    ['1.24', 24],
    ['1.41', 41],
  ])('for %s is answered in 1.%i', (asked, minor) => {
    expect(negotiateMinor(asked, 41)).toBe(minor);
  });

  test.each([
    ['1.42', { clientVersion: '1.42', maximum: '1.41' }],
    ['2.0', { clientVersion: '2.0', maximum: '1.41' }],
    ['1.23', { clientVersion: '1.23', minimum: '1.24' }],
    ['1', { clientVersion: '1', minimum: '1.24' }],
    ['0.9', { clientVersion: '0.9', minimum: '1.24' }],
    ['1.2.3', { clientVersion: '1.2.3', minimum: '1.24' }],
    ['...', { clientVersion: '...', minimum: '1.24' }],
  ])('for %s is refused', (asked, fields) => {
    const refused = (): number => negotiateMinor(asked, 41);
    expect(refused).toThrow(ShoalError);
    expect(refused).toThrow(expect.objectContaining({ fields }) as Error);
  });
});

describe('a request target', () => {
  test.each([
    ['/v1.41/services/web?status=true', '/services/web', '1.41', 'status=true'],
    ['/services', '/services', undefined, ''],
    ['/v1.41', '/v1.41', undefined, ''],
    ['/volumes/v1.41/x', '/volumes/v1.41/x', undefined, ''],
    ['/v1.41/a%2Fb', '/a%2Fb', '1.41', ''],
  ])('%s comes apart', (target, path, version, query) => {
    const apart = requestTarget(target);
    expect([apart.path, apart.version, apart.query.toString()]).toEqual([path, version, query]);
  });
});
