// Shows that IPv4 texts are read strictly and that subnet arithmetic holds at both ends of the address space.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstAddress,
  formatCidr,
  formatIpv4,
  lastAddress,
  parseCidr,
  parseIpv4,
  subnetContains,
  subnetsOverlap,
} from '../../../../common/pure/ipv4.ts';

const address = fc.nat({ max: 2 ** 32 - 1 });
const cidr = fc.record({ address, prefix: fc.nat({ max: 32 }) });

describe('texts', () => {
  test('what is written is read back', () => {
    fc.assert(
      fc.property(cidr, (value) => {
        expect(parseIpv4(formatIpv4(value.address))).toBe(value.address);
        expect(parseCidr(formatCidr(value))).toEqual(value);
      }),
    );
  });

  test('short, octal, hexadecimal and padded forms are refused', () => {
    const wrong = ['10.1', '010.0.0.1', '0x0a.0.0.1', ' 10.0.0.1', '10.0.0.256', '1.2.3.4.5', ''];
    expect(wrong.map(parseIpv4)).toEqual(wrong.map(() => undefined));
  });

  test('a prefix that is no number from 0 to 32 is refused', () => {
    const wrong = ['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/-1', '10.0/8'];
    expect(wrong.map(parseCidr)).toEqual(wrong.map(() => undefined));
  });
});

describe('subnets', () => {
  test('begin and end where their prefix says', () => {
    const subnet = { address: parseIpv4('192.168.7.77') ?? 0, prefix: 26 };
    expect(formatIpv4(firstAddress(subnet))).toBe('192.168.7.64');
    expect(formatIpv4(lastAddress(subnet))).toBe('192.168.7.127');
  });

  test('the whole address space is a subnet', () => {
    const all = { address: 5, prefix: 0 };
    expect([firstAddress(all), lastAddress(all)]).toEqual([0, 2 ** 32 - 1]);
  });

  test('two overlap when one contains the first address of the other', () => {
    fc.assert(
      fc.property(cidr, cidr, (left, right) => {
        const isWithin =
          subnetContains(left, firstAddress(right)) || subnetContains(right, firstAddress(left));
        expect(subnetsOverlap(left, right)).toBe(isWithin);
      }),
    );
  });
});
