// Reads IPv6 addresses: the forms of RFC 4291, and texts that only look like one.
import { expect, test } from 'vitest';
import { parseIpv6 } from '../../../../common/pure/ipv6.ts';

test.each([
  ['2001:db8:0:0:8:800:200C:417A', [0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a]],
  ['2001:DB8::8:800:200c:417a', [0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a]],
  ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
  ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
  ['fe80::', [0xfe80, 0, 0, 0, 0, 0, 0, 0]],
  ['::ffff:10.0.0.5', [0, 0, 0, 0, 0, 0xffff, 0x0a00, 0x0005]],
  ['1:2:3:4:5:6:1.2.3.4', [1, 2, 3, 4, 5, 6, 0x0102, 0x0304]],
  ['1:2:3:4:5:6:7::', [1, 2, 3, 4, 5, 6, 7, 0]],
])('%s is one', (text, groups) => {
  expect(parseIpv6(text)).toEqual(groups);
});

test.each([
  '',
  ':',
  ':::',
  '1',
  'dead',
  'beef.cafe',
  '10.0.0.5',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '1::2::3',
  '12345::',
  ':1::',
  '1:::2',
  '1.2.3.4::',
  '::1.2.3.4:5',
  '::1.2.3',
  '::256.1.1.1',
  'fe80::1%eth0',
  '[::1]',
  '::1 ',
  '::g',
])('%j is none', (text) => {
  expect(parseIpv6(text)).toBeUndefined();
});
