/** Shows what is offered at the end of a command line of the real tree of commands. */
import { expect, test } from 'vitest';

import { buildProgram } from '../../../../cli/program.ts';
import { candidateLines, completeWords, nameCandidates } from '../../../../cli/render/complete.ts';

const ignore = (): void => undefined;
const tree = buildProgram({ out: ignore, err: ignore, run: () => Promise.resolve() }).describe();

function offered(line: string): readonly string[] {
  return completeWords(tree, line.split(' ')).candidates.map(({ value }) => value);
}

test.each([
  [
    '',
    ['daemon', 'init', 'join', 'join-token', 'leave', 'status', 'service', 'node', 'completion'],
  ],
  ['se', ['service']],
  ['service r', ['rollback', 'rm']],
  ['service list --j', ['--json']],
  ['service update --env', ['--env-add', '--env-rm']],
  ['service update --update-order ', ['stop-first', 'start-first']],
  ['service update --update-order=st', ['--update-order=stop-first', '--update-order=start-first']],
  ['service update --env-add --update-order --upd', undefined],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['service create nginx --rep', []],
  ['service create nginx ', []],
  ['service create --mode ', ['replicated', 'global']],
  ['service update -- --env', []],
  ['service nothing ', []],
  ['init --availability d', ['drain']],
  ['join-token ', ['worker', 'manager']],
  ['node inspect --p', ['--pretty']],
])('after "%s"', (line, expected) => {
  if (expected === undefined) expect(offered(line)).not.toEqual([]);
  else expect(offered(line)).toEqual(expected);
});

test.each([
  ['service update ', { kind: 'service', suffix: '' }],
  ['service update --force we', { kind: 'service', suffix: '' }],
  ['service update --env-add A=1 ', { kind: 'service', suffix: '' }],
  ['service update web ', undefined],
  ['service update --env-add ', undefined],
  ['service ps web ', { kind: 'service', suffix: '' }],
  ['service logs ', { kind: 'service', suffix: '' }],
  ['service scale ', { kind: 'service', suffix: '=' }],
  ['node inspect ', { kind: 'node', suffix: '' }],
  ['service create ', undefined],
])('"%s" wants the names that the daemon knows', (line, names) => {
  expect(completeWords(tree, line.split(' ')).names).toEqual(names);
});

test.each([
  ['-H unix:///a service rm ', 'unix:///a'],
  ['--host unix:///b service rm ', 'unix:///b'],
  ['--host=unix:///c service rm ', 'unix:///c'],
  ['service rm ', undefined],
])('"%s" is completed by the daemon that it names', (line, host) => {
  expect(completeWords(tree, line.split(' ')).host).toBe(host);
});

test('only names that a shell takes literally are offered', () => {
  const names = ['web', 'web-2', '$(reboot)', 'we b', '`x`', ';', 'wé'].map((value) => ({
    value,
    description: '',
  }));
  expect(nameCandidates(names, { kind: 'service', suffix: '=' }, 'w')).toEqual([
    { value: 'web=', description: '' },
    { value: 'web-2=', description: '' },
  ]);
});

test('a description cannot make a line of its own', () => {
  expect(candidateLines([{ value: 'a', description: 'x\ty\nb\t' }])).toBe('a\tx y b \n');
});
