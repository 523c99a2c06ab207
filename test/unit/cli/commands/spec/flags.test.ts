/** Shows how flags are read into the API's fields, and that each wrong one is named with what to give instead. */
import { describe, expect, test } from 'vitest';

import { CliError, exitCodes } from '../../../../../cli/commands/context.ts';
import { parseMount } from '../../../../../cli/commands/spec/mount.ts';
import { parsePublish } from '../../../../../cli/commands/spec/publish.ts';
import {
  parseCount,
  parseDurationNanoseconds,
  parseMemoryBytes,
  parseNanoCpus,
} from '../../../../../cli/commands/spec/quantities.ts';
import { parseEnv, parsePairs, splitWords } from '../../../../../cli/commands/spec/words.ts';

function refusalOf(read: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(read())}`;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    expect(error.exitCode).toBe(exitCodes.usage);
    return error.message;
  }
}

function port(
  PublishedPort: number | undefined,
  TargetPort: number,
  Protocol = 'tcp',
  PublishMode = 'ingress',
): unknown {
  return {
    Protocol,
    TargetPort,
    ...(PublishedPort === undefined ? {} : { PublishedPort }),
    PublishMode,
  };
}

describe('--publish', () => {
  test.each([
    ['80', [port(undefined, 80)]],
    ['8080:80', [port(8080, 80)]],
    ['53:53/UDP', [port(53, 53, 'udp')]],
    ['8080-8082:80-82', [port(8080, 80), port(8081, 81), port(8082, 82)]],
    ['90-91/sctp', [port(undefined, 90, 'sctp'), port(undefined, 91, 'sctp')]],
    ['target=80', [port(undefined, 80)]],
    ['published=8080,target=80,protocol=udp,mode=host', [port(8080, 80, 'udp', 'host')]],
    ['Target=80, published=0', [port(0, 80)]],
  ])('%s is read', (text, ports) => {
    expect(parsePublish(text)).toEqual(ports);
  });

  test.each([
    ['', '--publish "" has a wrong port ""; ports are numbers from 1 to 65535'],
    ['web', '--publish "web" has a wrong port "web"; ports are numbers from 1 to 65535'],
    ['0:80', '--publish "0:80" has a wrong port "0"; ports are numbers from 1 to 65535'],
    ['70000', '--publish "70000" has a wrong port "70000"; ports are numbers from 1 to 65535'],
    ['80/icmp', '--publish "80/icmp" has a wrong protocol "icmp"; give one of tcp, udp, sctp'],
    [
      '127.0.0.1:80:80',
      '--publish "127.0.0.1:80:80" is not [published:]target[/protocol]; addresses cannot be given',
    ],
    ['82-80', '--publish "82-80" has a wrong range "82-80"'],
    ['1-2-3', '--publish "1-2-3" has a wrong range "1-2-3"'],
    ['80-81:80', '--publish "80-81:80" has ranges of different lengths'],
    ['published=80', '--publish "published=80" has no target; add target=PORT'],
    [
      'target=80,x=1',
      '--publish "target=80,x=1" has an unknown field "x"; known are published, target, protocol, mode',
    ],
    ['target=80,target=81', '--publish "target=80,target=81" gives "target" twice'],
    [
      'target=80,mode=vip',
      '--publish "target=80,mode=vip" has a wrong mode "vip"; give one of ingress, host',
    ],
  ])('%s is refused', (text, message) => {
    expect(refusalOf(() => parsePublish(text))).toBe(message);
  });
});

describe('--mount', () => {
  test.each([
    ['target=/data', { Type: 'volume', Target: '/data' }],
    [
      'type=volume,src=d,dst=/data,ro',
      { Type: 'volume', Source: 'd', Target: '/data', ReadOnly: true },
    ],
    [
      'type=bind,"source=/a,b",destination=/x,readonly=false',
      { Type: 'bind', Source: '/a,b', Target: '/x' },
    ],
    ['type=tmpfs,target=/tmp', { Type: 'tmpfs', Target: '/tmp' }],
  ])('%s is read', (text, mount) => {
    expect(parseMount(text)).toEqual(mount);
  });

  test.each([
    [
      '/a:/b',
      '--mount "/a:/b" has an unknown field "/a:/b"; known are type, source, target, readonly',
    ],
    [
      'type=nfs,target=/x',
      '--mount "type=nfs,target=/x" has an unknown type "nfs"; give one of bind, volume, tmpfs',
    ],
    [
      'type=bind,source=/a',
      '--mount "type=bind,source=/a" has no absolute target; add target=/PATH',
    ],
    [
      'type=bind,source=a,target=/x',
      '--mount "type=bind,source=a,target=/x" has no absolute source; a bind needs source=/PATH',
    ],
    [
      'type=tmpfs,source=a,target=/x',
      '--mount "type=tmpfs,source=a,target=/x" has a source; a tmpfs takes none',
    ],
    ['target=/x,ro=maybe', '--mount "target=/x,ro=maybe" has readonly=maybe; give true or false'],
    ['src=a,source=b,target=/x', '--mount "src=a,source=b,target=/x" gives the source twice'],
    ['target', '--mount "target" gives no value to target'],
    ['target=/x,', '--mount "target=/x," has an empty field'],
    ['"target=/x', '--mount ""target=/x" has a quote in the wrong place'],
    [
      'constructor=1,target=/x',
      '--mount "constructor=1,target=/x" has an unknown field "constructor"; known are type, source, target, readonly',
    ],
  ])('%s is refused', (text, message) => {
    expect(refusalOf(() => parseMount(text))).toBe(message);
  });
});

describe('quantities', () => {
  test.each([
    ['0', 0],
    ['500ms', 500e6],
    ['10s', 10e9],
    ['1m30s', 90e9],
    ['1.5h', 5400e9],
    ['1us2ns', 1002],
  ])('a duration %s is %d ns', (text, nanoseconds) => {
    expect(parseDurationNanoseconds('--d', text)).toBe(nanoseconds);
  });

  test.each(['', '5', '-1s', '1 s', '1d', 's', '1..5s', '1s '])('"%s" is no duration', (text) => {
    expect(refusalOf(() => parseDurationNanoseconds('--d', text))).toBe(
      `--d "${text}" is not a duration; give one such as 500ms, 10s or 1m30s`,
    );
  });

  test('a duration beyond 2^53 ns is too long', () => {
    expect(refusalOf(() => parseDurationNanoseconds('--d', '9999h'))).toBe(
      '--d "9999h" is too long',
    );
  });

  test.each([
    ['1024', 1024],
    ['64m', 64 * 2 ** 20],
    ['1.5G', 1.5 * 2 ** 30],
    ['2KiB', 2048],
    ['3 mb', 3 * 2 ** 20],
    ['1t', 2 ** 40],
  ])('memory %s is %d bytes', (text, bytes) => {
    expect(parseMemoryBytes('--m', text)).toBe(bytes);
  });

  test.each(['', 'm', '-1m', '1x', '1e3', '99999p'])('"%s" is no memory', (text) => {
    expect(refusalOf(() => parseMemoryBytes('--m', text))).toContain('is not an amount of memory');
  });

  test.each([
    ['0.5', 5e8],
    ['2', 2e9],
    ['.1', 1e8],
    ['0.000000001', 1],
  ])('%s processors are %d billionths', (text, nanoCpus) => {
    expect(parseNanoCpus('--c', text)).toBe(nanoCpus);
  });

  test('wrong counts of processors and of things are refused', () => {
    expect(refusalOf(() => parseNanoCpus('--c', '0.0000000001'))).toContain('is too precise');
    expect(refusalOf(() => parseNanoCpus('--c', '1,5'))).toContain('is not a number of processors');
    expect(parseCount('--n', '7', 7)).toBe(7);
    for (const text of ['8', '-1', '1.5', '', '1e1']) {
      expect(refusalOf(() => parseCount('--n', text, 7))).toBe(
        `--n "${text}" is not a whole number from 0 to 7`,
      );
    }
  });
});

describe('words', () => {
  test.each([
    ['', []],
    ['  a  b ', ['a', 'b']],
    [`sh -c 'echo "$X"'`, ['sh', '-c', 'echo "$X"']],
    [String.raw`"a \"b\" \n" c\ d`, [String.raw`a "b" \n`, 'c d']],
    [`a''b"" ""`, ['ab', '']],
  ])('%j is split as a shell splits', (text, words) => {
    expect(splitWords('--entrypoint', text)).toEqual(words);
  });

  test.each(["'a", '"a', 'a\\'])('%j has no end', (text) => {
    expect(refusalOf(() => splitWords('--entrypoint', text))).toBe(
      `--entrypoint "${text}" has a quote or backslash without its end`,
    );
  });

  test('labels may lack a value, and the last of a key counts', () => {
    expect(parsePairs('--label', ['a=1', 'b', 'a=2=3', '__proto__=x'])).toEqual(
      JSON.parse('{"a":"2=3","b":"","__proto__":"x"}'),
    );
    expect(refusalOf(() => parsePairs('--label', ['=1']))).toBe(
      '--label "=1" has no key; give KEY=VALUE',
    );
  });

  test('a variable without a value takes that of the caller, or is dropped', () => {
    const variable = (name: string): string | undefined => (name === 'HOME' ? '/root' : undefined);
    expect(parseEnv(['A=1', 'HOME', 'NOPE', 'B=', 'A=2'], variable)).toEqual([
      'A=2',
      'HOME=/root',
      'B=',
    ]);
    expect(refusalOf(() => parseEnv(['=x'], variable))).toBe(
      '--env "=x" has no name; give NAME=VALUE',
    );
  });
});
