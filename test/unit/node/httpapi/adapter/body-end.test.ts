import { describe, expect, test } from 'vitest';

import { type BodyEnd, bodyEnd } from '../../../../../node/httpapi/adapter/body-end.ts';

/** What is taken of the text when it comes in pieces of `size` bytes; undefined when it is refused. */
function taken(end: BodyEnd, text: string, size: number): string | undefined {
  let all = '';
  for (let at = 0; at < text.length && !end.isOver; at += size) {
    const piece = text.slice(at, at + size);
    const length = end.take(Buffer.from(piece, 'latin1'));
    if (length === undefined) return undefined;
    all += piece.slice(0, length);
  }
  return all;
}

const sizes = [1, 2, 3, 5, 7, 1000];

describe('a body in chunks', () => {
  const bodies = [
    '0\r\n\r\n',
    '3\r\nabc\r\n0\r\n\r\n',
    'A\r\n0123\r\n\r\n56\r\n00a\r\n0\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n',
    '1\r\na\r\n0\r\nX-Sum: 1\r\nX-Other:\r\n\r\n',
  ];

  test.each(bodies)('%j ends with its last byte, however it comes', (body) => {
    for (const size of sizes) {
      const end = bodyEnd({ kind: 'chunked' });
      expect(taken(end, `${body}HTTP/1.1 200 OK`, size)).toBe(body);
      expect(end.isOver).toBe(true);
    }
  });

  test.each(bodies)('%j is not over a byte before', (body) => {
    for (const size of sizes) {
      const end = bodyEnd({ kind: 'chunked' });
      expect(taken(end, body.slice(0, -1), size)).toBe(body.slice(0, -1));
      expect(end.isOver).toBe(false);
    }
  });

  test.each([
    ['an extension', '3;a=b\r\nabc\r\n'],
    ['a blank after the size', '3 \r\nabc\r\n'],
    ['a blank before the size', ' 3\r\nabc\r\n'],
    ['a sign', '+3\r\nabc\r\n'],
    ['0x', '0x3\r\nabc\r\n'],
    ['no size', '\r\nabc\r\n'],
    ['a size beyond all', `${'f'.repeat(13)}\r\n`],
    ['a line that ends with a bare line feed', '3\nabc\r\n'],
    ['a carriage return too many', '3\r\r\nabc\r\n'],
    ['a chunk that is longer than it says', '3\r\nabcd\r\n'],
    ['a chunk that ends with a bare line feed', '3\r\nabc\n0\r\n\r\n'],
    ['a trailer that is folded', '0\r\nX: a\r\n b\r\n\r\n'],
    ['a trailer that is none', '0\r\nGET / HTTP/1.1\r\n\r\n'],
    ['a line without end', '0'.repeat(20_000)],
    ['trailers without end', `0\r\n${'X: a\r\n'.repeat(100)}\r\n`],
  ])('has not %s', (_, body) => {
    for (const size of sizes)
      expect(taken(bodyEnd({ kind: 'chunked' }), body, size)).toBeUndefined();
  });
});

test('a body with its length ends there', () => {
  for (const size of sizes) {
    const end = bodyEnd({ kind: 'length', length: 5 });
    expect(taken(end, '0123456789', size)).toBe('01234');
    expect(end.isOver).toBe(true);
  }
});

test('no body is over before it begins', () => {
  expect(bodyEnd({ kind: 'none' }).isOver).toBe(true);
  expect(bodyEnd({ kind: 'length', length: 0 }).isOver).toBe(true);
});

test('a body up to the end of the connection is over only then', () => {
  const end = bodyEnd({ kind: 'close' });
  expect(taken(end, '0\r\n\r\n', 2)).toBe('0\r\n\r\n');
  expect(end.isOver).toBe(false);
});
