import { describe, expect, test } from 'vitest';

import {
  type AnswerHead,
  parseAnswerHead,
} from '../../../../../node/httpapi/adapter/answer-head.ts';

function parse(
  lines: readonly string[],
  method = 'GET',
  first = 'HTTP/1.1 200 OK',
): AnswerHead | undefined {
  return parseAnswerHead([first, ...lines].join('\r\n'), method);
}

describe('the head of an answer', () => {
  test('is handed on as it came, but for what belongs to one hop', () => {
    const head = parse([
      'Api-Version: 1.41',
      'X-Odd:a, b \t',
      'Connection: keep-alive, X-Hop, Content-Length',
      'X-Hop: 1',
      'Keep-Alive: timeout=5',
      'X-Odd: c',
      'Trailer: X',
      'Content-Length: 007',
    ]);
    expect(head).toEqual({
      status: 200,
      reason: 'OK',
      headers: ['Api-Version', '1.41', 'X-Odd', 'a, b', 'X-Odd', 'c', 'Content-Length', '007'],
      framing: { kind: 'length', length: 7 },
      apiVersion: '1.41',
      mayKeep: true,
    });
  });

  test.each([
    ['chunks', 'GET', '200 OK', ['Transfer-Encoding: Chunked'], 'chunked', true],
    ['the end of the connection', 'GET', '200 OK', [], 'close', false],
    ['nothing after HEAD', 'HEAD', '200 OK', ['Content-Length: 5'], 'none', true],
    ['nothing after 204', 'GET', '204 No Content', ['Transfer-Encoding: chunked'], 'none', true],
    ['nothing after 304', 'GET', '304 Not Modified', [], 'none', true],
    [
      'its length, once',
      'GET',
      '200 OK',
      ['Content-Length: 5', 'Connection: Close'],
      'length',
      false,
    ],
  ])('says that its body ends by %s', (_, method, status, lines, kind, mayKeep) => {
    const head = parse(lines, method, `HTTP/1.1 ${status}`);
    expect([head?.framing.kind, head?.mayKeep]).toEqual([kind, mayKeep]);
  });

  test('promises trailers and chunks only where they come', () => {
    const lines = ['Trailer: X', 'Transfer-Encoding: chunked'];
    expect(parse(lines)?.headers).toEqual(['Trailer', 'X', 'Transfer-Encoding', 'chunked']);
    expect(parse(lines, 'HEAD')?.headers).toEqual([]);
  });

  test.each([
    ['HTTP/1.0 200 OK'],
    ['HTTP/1.1 099 Odd'],
    ['HTTP/1.1 20 OK'],
    ['HTTP/1.1 2000 OK'],
    ['HTTP/1.1  200 OK'],
    ['HTTP/1.1 200 O\nK'],
    ['HTTP/2 200'],
    [''],
  ])('does not begin with %j', (first) => {
    expect(parse(['Content-Length: 0'], 'GET', first)).toBeUndefined();
  });

  test.each([
    ['length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['two lengths that agree', ['Content-Length: 5', 'content-length: 5']],
    ['lengths in a list', ['Content-Length: 5, 5']],
    ['a signed length', ['Content-Length: +5']],
    ['a length in hex', ['Content-Length: 0x5']],
    ['an empty length', ['Content-Length:']],
    ['a length beyond all', ['Content-Length: 9999999999999999']],
    ['two codings', ['Transfer-Encoding: gzip, chunked']],
    ['a coding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['a coding that is none', ['Transfer-Encoding: xchunked']],
    ['a coding after a vertical tab', ['Transfer-Encoding: \u000bchunked']],
    ['a blank before the colon', ['Transfer-Encoding : chunked']],
    ['a folded line', ['X: a', ' b']],
    ['no colon', ['X']],
    ['no name', [': a']],
    ['a bare line feed', ['X: a\nContent-Length: 5']],
    ['a bare carriage return', ['X: a\rContent-Length: 5']],
    ['NUL', ['X: \0']],
  ])('is none with %s', (_, lines) => {
    expect(parse(lines)).toBeUndefined();
    expect(parse(lines, 'HEAD')).toBeUndefined();
  });
});
