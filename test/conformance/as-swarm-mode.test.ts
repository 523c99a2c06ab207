// Shows, without an engine, that the cases which compare Shoal with swarm mode are there, say where each meant difference stands, and that the
// comparison finds what it is for.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import type { CommandResult } from '../e2e/lib/clients.ts';
import { describeDifference, expectedOf } from '../e2e/as-swarm-mode/compare.ts';
import { normalized } from '../e2e/as-swarm-mode/normalize.ts';
import { readScripts } from '../e2e/as-swarm-mode/read-scripts.ts';
import { casesOf, parseScript, type Case } from '../e2e/as-swarm-mode/script.ts';

const cases = readScripts().flatMap(({ steps }) => casesOf(steps));

function rowsOfPage(): readonly string[] {
  const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');
  return page.split('\n').flatMap((line) => {
    const [, first] = /^\| ([^|]+?) \|/.exec(line) ?? [];
    return first === undefined ? [] : [first];
  });
}

function onlyCase(text: string): Case {
  const [found] = casesOf(parseScript(text));
  if (found === undefined) throw new Error(`no case: ${text}`);
  return found;
}

const result = (fields: Partial<CommandResult>): CommandResult => ({
  code: 0,
  stdout: '',
  stderr: '',
  ...fields,
});

describe('the cases', () => {
  test('are at least 150 command lines and 50 requests', () => {
    expect(cases.filter(({ kind }) => kind === 'command').length).toBeGreaterThanOrEqual(150);
    expect(cases.filter(({ kind }) => kind === 'request').length).toBeGreaterThanOrEqual(50);
  });

  test('name a row of docs/compatibility.md for each difference that is meant', () => {
    const named = new Set(cases.flatMap(({ differences }) => differences.map(({ row }) => row)));
    expect([...named].filter((row) => !rowsOfPage().includes(row))).toEqual([]);
    expect(named.size).toBeGreaterThan(5);
  });
});

describe('a script', () => {
  test('holds commands, requests, waits and differences, one a line', () => {
    const steps = parseScript(
      [
        '# words',
        `!28 A=1 service create --label 'a b' {id /nodes} IMAGE`,
        '  ~ a row (engines before 23) | old text => new\\ntext',
        'until ^2/2$ | service ls --format {{.Replicas}}',
        '404 POST /services/{id /services}/update?version=1 {"Name": "x"}',
      ].join('\n'),
    );
    expect(steps).toMatchObject([
      {
        kind: 'command',
        mustSucceed: false,
        onlyClient: '28',
        environment: { A: '1' },
        args: ['service', 'create', '--label', 'a b', '{id /nodes}', 'IMAGE'],
        differences: [{ row: 'a row', engineBelow: 23, from: 'old text', to: 'new\ntext' }],
      },
      { kind: 'wait', args: ['service', 'ls', '--format', '{{.Replicas}}'] },
      {
        kind: 'request',
        status: 404,
        method: 'POST',
        path: '/services/{id /services}/update?version=1',
        body: '{"Name": "x"}',
      },
    ]);
  });

  test.each(['service ls', '$service ls', '  ~ row | a => b', '$ service ls\n  ~ row', '404 /x'])(
    'is refused when a line says nothing: %s',
    (text) => {
      expect(() => parseScript(text)).toThrow(/line 1|of no case|line 2/);
    },
  );
});

describe('the comparison', () => {
  const listed = onlyCase('$ service ls');

  test('finds other output, another exit code, another order and a line too many', () => {
    const wanted = result({ stdout: 'a\nb' });
    expect(describeDifference(wanted, wanted)).toBe('');
    expect(describeDifference(wanted, result({ stdout: 'a\nc' }))).toBe('- b\n+ c');
    expect(describeDifference(wanted, result({ stdout: 'a\nb\nb' }))).toBe('+ b');
    expect(describeDifference(wanted, result({ stdout: 'b\na' }))).toContain('another order');
    expect(describeDifference(wanted, { ...wanted, code: 1 })).toBe('- ends with 0\n+ ends with 1');
    expect(describeDifference(wanted, { ...wanted, stderr: 'x' })).toBe('+ stderr: x');
  });

  test('is not made when swarm mode did not do what the case is about', () => {
    const failed = result({ code: 1, stderr: 'unknown flag: --nope' });
    expect(() => expectedOf(listed, failed, 20)).toThrow('swarm mode ends with 1');
    expect(() => expectedOf(onlyCase('! service ls --nope'), failed, 20)).toThrow('not reached');
    expect(() => expectedOf(onlyCase('! service ls'), result({}), 20)).toThrow('ends with 0');
    expect(() => expectedOf(onlyCase('200 GET /x'), result({ code: 404 }), 20)).toThrow('404');
  });

  test('takes a difference as it is meant, and complains of one that is none any more', () => {
    const differs = onlyCase('$ service ls\n  ~ row (engines before 23) | Old => new');
    expect(expectedOf(differs, result({ stdout: 'Old x' }), 20)).toEqual(
      result({ stdout: 'new x' }),
    );
    expect(expectedOf(differs, result({ stdout: 'Old x' }), 23)).toEqual(
      result({ stdout: 'Old x' }),
    );
    expect(() => expectedOf(differs, result({ stdout: 'x' }), 20)).toThrow(
      'no difference any more',
    );
    const refused = onlyCase('$ service ls\n  ~ row | * => 501 later');
    expect(expectedOf(refused, result({}), 20)).toEqual(
      result({ code: 1, stderr: 'Error response from daemon: later' }),
    );
    const same = result({ code: 1, stderr: 'Error response from daemon: later' });
    const stale = onlyCase('! service ls\n  ~ row | * => 501 later');
    expect(() => expectedOf(stale, same, 20)).toThrow('no difference any more');
  });

  test('takes out what differs from run to run, and no more', () => {
    const text = [
      'ID                          HOSTNAME  STATUS',
      'p2r0u9qv4jzq9p2r0u9qv4jzq *   engine-x  Up 3 seconds ago',
      'task a is ambiguous (2 matches found)',
      '"Index": 12, 2026-11-24T14:09:01.285Z 10.0.0.7/24 10.0.0.0/8',
      'p2r0u9qv4jzq',
      'overall progress: 1 out of 2 tasks',
      'rollback: rollback completed',
    ].join('\n');
    expect(normalized(text, 'engine-x')).toBe(
      [
        'ID HOSTNAME STATUS',
        'ID * HOST Up AGE',
        'task X is ambiguous (N matches found)',
        '"Index": N, TIME 10.0.0.N/24 10.0.0.0/8',
        'SHORTID',
      ].join('\n'),
    );
  });
});
