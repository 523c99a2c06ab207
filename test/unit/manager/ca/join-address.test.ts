// Where a node or its manager says that it is: addresses that others can dial, and all that they cannot.
import { describe, expect, test } from 'vitest';
import { isShoalError } from '../../../../common/pure/errors.ts';
import { checkAddress, checkPort, hostPort } from '../../../../manager/ca/join-address.ts';

function fieldOf(check: () => unknown): unknown {
  try {
    return check();
  } catch (error) {
    return isShoalError(error, 'invalidArgument') ? error.fields['field'] : error;
  }
}

describe('an address', () => {
  test.each(['10.0.0.5', '192.168.255.255', '127.0.0.1', '223.1.1.1', '2001:db8::5', '::1'])(
    '%s is taken as it is',
    (address) => {
      expect(checkAddress(address)).toBe(address);
    },
  );

  test('of IPv4 within IPv6 is one of IPv4', () => {
    expect(checkAddress('::ffff:10.0.0.5')).toBe('10.0.0.5');
    expect(checkAddress('::ffff:0a00:0005')).toBe('10.0.0.5');
  });

  test.each([
    ['', 'nothing'],
    ['0.0.0.0', 'all interfaces'],
    ['0.1.2.3', 'this network'],
    ['::', 'all interfaces'],
    ['0::0', 'all interfaces, in another form'],
    ['0:0:0:0:0:0:0:0', 'all interfaces, in full'],
    ['::ffff:0.0.0.0', 'all interfaces, of IPv4 within IPv6'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['ff02::1', 'multicast'],
    ['10.0.0', 'cut off'],
    ['10.0.0.256', 'out of range'],
    ['010.0.0.1', 'a leading zero'],
    ['10.0.0.5:2377', 'with a port'],
    ['manager.example', 'a name'],
    ['cafe', 'a name of hexadecimal digits'],
    ['beef.cafe', 'a domain of hexadecimal digits'],
    ['fe80::1%eth0', 'with a zone'],
    ['[::1]', 'in brackets'],
    [' 10.0.0.5', 'a space'],
  ])('%j is refused: %s', (address) => {
    expect(fieldOf(() => checkAddress(address))).toBe('AdvertiseAddr');
  });
});

describe('a port', () => {
  test.each([
    [0, 2377],
    [1, 1],
    [65_534, 65_534],
  ])('%d is %d', (port, taken) => {
    expect(checkPort(port)).toBe(taken);
  });

  test.each([65_535, 65_536, 4_294_967_295])('%d leaves none for consensus', (port) => {
    expect(fieldOf(() => checkPort(port))).toBe('ListenAddr');
  });
});

test('an IPv6 address with a port stands in brackets', () => {
  expect(hostPort('10.0.0.5', 2377)).toBe('10.0.0.5:2377');
  expect(hostPort('2001:db8::5', 2377)).toBe('[2001:db8::5]:2377');
});
