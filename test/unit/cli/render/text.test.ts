/** Shows how names, images and foreign text come to the screen. */
import { expect, test } from 'vitest';

import { renderTable } from '../../../../cli/render/table.ts';
import { compareNatural, familiarImage, printable } from '../../../../cli/render/text.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

test.each([
  ['nginx', 'nginx'],
  ['nginx:1.27', 'nginx:1.27'],
  [`nginx:1.27@${digest}`, 'nginx:1.27'],
  [`docker.io/library/nginx:1.27@${digest}`, 'nginx:1.27'],
  [`docker.io/bitnami/redis:7@${digest}`, 'bitnami/redis:7'],
  [`registry:5000/a/b:2@${digest}`, 'registry:5000/a/b:2'],
  ['registry:5000/a/b', 'registry:5000/a/b'],
  [`nginx@${digest}`, `nginx@${digest}`],
  ['', ''],
])('image "%s" is shown as "%s"', (image, shown) => {
  expect(familiarImage(image)).toBe(shown);
});

test('numbers within names count as numbers', () => {
  const names = ['web.10', 'web.2', 'web.1', 'api', 'web', 'web.02', 'Web', ''];
  expect(names.toSorted(compareNatural)).toEqual([
    '',
    'Web',
    'api',
    'web',
    'web.1',
    'web.02',
    'web.2',
    'web.10',
  ]);
});

test('control characters and direction marks are made visible, line breaks and tabs become blanks', () => {
  expect(printable('a\u001b[31m\u0007b\nc\td\u202ee\u009bf')).toBe(
    'a\\u001b[31m\\u0007b c d\\u202ee\\u009bf',
  );
  expect(printable('Grüße 日本 😀')).toBe('Grüße 日本 😀');
});

test('columns are as wide as their widest cell and three blanks, ten at least, the last one not padded', () => {
  const text = renderTable(
    ['ID', 'NAME', 'X'],
    [
      ['1', 'grüße-😀', ''],
      ['22', 'b', 'long'],
    ],
  );
  expect(text).toBe(
    ['ID        NAME      X', '1         grüße-😀   ', '22        b         long', ''].join('\n'),
  );
});
