// Two event streams become one: whole lines, nothing lost, and no source left running when the reader or another source ends.
import { expect, test } from 'vitest';

import { decodeUtf8, encodeUtf8 } from '../../../../common/pure/utf8.ts';
import { mergeStreams, type Source } from '../../../../node/httpapi/merge-streams.ts';
import { wholeLines } from '../../../../node/httpapi/whole-lines.ts';

const never = new AbortController().signal;

function sourceOf(...texts: readonly string[]): Source {
  return async function* given() {
    for (const text of texts) yield await Promise.resolve(encodeUtf8(text));
  };
}

/** Says `text`, then waits for its signal; `ended` tells that it did. */
function waiting(text: string, ended: string[]): Source {
  return async function* given(signal) {
    try {
      yield encodeUtf8(text);
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      ended.push(text);
    }
  };
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = [];
  for await (const piece of stream) texts.push(decodeUtf8(piece));
  return texts;
}

test('the end of one source ends the stream and the others, after what was offered', async () => {
  const ended: string[] = [];
  const stream = mergeStreams([waiting('a', ended), sourceOf('b', 'c')], never);
  expect((await collect(stream)).sort()).toEqual(['a', 'b', 'c']);
  expect(ended).toEqual(['a']);
});

test('a reader that leaves ends the sources', async () => {
  const ended: string[] = [];
  for await (const piece of mergeStreams([waiting('a', ended), waiting('b', ended)], never)) {
    void piece;
    break;
  }
  expect(ended.sort()).toEqual(['a', 'b']);
});

test('an aborted request ends the stream without an error', async () => {
  const controller = new AbortController();
  const ended: string[] = [];
  const stream = mergeStreams([waiting('a', ended)], controller.signal);
  const collected = collect(stream);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  controller.abort(new Error('gone'));
  expect(await collected).toEqual(['a']);
  expect(ended).toEqual(['a']);
});

test('the failure of a source is the failure of the stream', async () => {
  const failing: Source = async function* given() {
    yield await Promise.resolve(encodeUtf8('x'));
    throw new Error('broken');
  };
  await expect(collect(mergeStreams([failing, waiting('a', [])], never))).rejects.toThrow('broken');
});

test('lines are never cut, however the pieces come', async () => {
  const pieces = sourceOf('{"a"', ':1}\n{"b":2}\n{"c', '":3}\n', 'rest')(never);
  expect(await collect(wholeLines(pieces))).toEqual(['{"a":1}\n{"b":2}\n', '{"c":3}\n']);
});
