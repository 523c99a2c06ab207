import { parseIpv4 } from './ipv4.ts';

const groupPattern = /^[0-9a-fA-F]{1,4}$/;
const groupCount = 8;

/** Reads an IPv6 address as eight groups of 16 bits (RFC 4291, section 2.2); undefined when it is anything else. It has no zone. */
export function parseIpv6(text: string): readonly number[] | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  if (tail === undefined) {
    const groups = groupsOf(head);
    return groups?.length === groupCount ? groups : undefined;
  }
  const before = head === '' ? [] : groupsOf(head);
  const after = tail === '' ? [] : groupsOf(tail);
  // An IPv4 address can only stand at the very end.
  if (before === undefined || after === undefined || head.includes('.')) return undefined;
  const missing = groupCount - before.length - after.length;
  return missing < 1
    ? undefined
    : [...before, ...Array.from({ length: missing }, () => 0), ...after];
}

function groupsOf(text: string): readonly number[] | undefined {
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [at, part] of parts.entries()) {
    const ipv4 = at === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) groups.push(Math.floor(ipv4 / 65_536), ipv4 % 65_536);
    else if (groupPattern.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
