/** Shows how streams of logs are cut and read, however they arrive and whatever they hold. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { LogFrames, LogStreamError, type LogFrame } from '../../../../cli/render/log-frames.ts';
import { detailsText, parseLogLine, sourceOf } from '../../../../cli/render/log-line.ts';
import { printableLog } from '../../../../cli/render/text.ts';
import { logFrame } from '../../../lib/cli-objects.ts';

function read(pieces: readonly Uint8Array[], frameBytesMax = 1000): readonly LogFrame[] {
  const frames = new LogFrames(frameBytesMax);
  const found = pieces.flatMap((piece) => frames.push(piece));
  frames.end();
  return found;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('LogFrames', () => {
  test('frames come out whole, however their bytes are cut', () => {
    const frame = fc.tuple(fc.constantFrom(1, 2), fc.string({ maxLength: 40 }));
    const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), cuts, (frames, at) => {
        const bytes = Buffer.concat(frames.map(([source, line]) => logFrame(line, source)));
        const ends = [0, ...at.filter((cut) => cut < bytes.length), bytes.length].toSorted(
          (left, right) => left - right,
        );
        const pieces = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
        expect(
          read(pieces).map(({ source, bytes: line }) => [source === 'stderr' ? 2 : 1, text(line)]),
        ).toEqual(frames);
      }),
    );
  });

  test('a stream that ends within a frame is an error', () => {
    expect(() => read([logFrame('hello').subarray(0, 10)])).toThrow(LogStreamError);
  });

  test('what is no frame, or too long a one, is refused before it is gathered', () => {
    expect(() => read([Buffer.from('<html><body>')])).toThrow('something else than logs');
    expect(() => read([logFrame('x'.repeat(101))], 100)).toThrow('something else than logs');
  });

  test('an error of the daemon within the stream is told', () => {
    expect(() => read([logFrame('node n1 is gone\n', 3)])).toThrow('node n1 is gone');
  });
});

describe('parseLogLine', () => {
  const ids =
    'com.docker.swarm.node.id=n1,com.docker.swarm.service.id=s1,com.docker.swarm.task.id=t1';

  test('a line says where it is from, and keeps its blanks', () => {
    const line = parseLogLine(Buffer.from(`${ids},a=b%2Cc,d=e  hello  world\n`), false);
    if (line === undefined) throw new Error('not read');
    expect(sourceOf(line)).toEqual({ taskId: 't1', nodeId: 'n1' });
    expect(detailsText(line)).toBe('a=b,c,d=e');
    expect(text(line.message)).toBe(' hello  world\n');
  });

  test('a time stands in front if it was asked for', () => {
    const line = parseLogLine(Buffer.from(`2026-11-24T12:00:00Z ${ids} x`), true);
    expect(line?.time).toBe('2026-11-24T12:00:00Z');
    expect(text(line?.message ?? new Uint8Array())).toBe('x');
  });

  test('an empty message is one, and what has no blanks is no line', () => {
    expect(parseLogLine(Buffer.from(`${ids} `), false)?.message).toHaveLength(0);
    expect(parseLogLine(Buffer.from('hello'), false)).toBeUndefined();
    expect(parseLogLine(Buffer.from('hello world'), true)).toBeUndefined();
    expect(parseLogLine(Buffer.from([0xff, 0x20, 0x61]), false)).toBeUndefined();
  });

  test('a wrong escape is shown as it is', () => {
    const line = parseLogLine(Buffer.from('a=%zz x'), false);
    expect(line?.details.get('a')).toBe('%zz');
  });
});

test.each([
  ['plain\n', 'plain\n'],
  ['a\tb\r\n', 'a\tb\n'],
  ['\u001b[31mred\u001b[0m\n', '\u001b[31mred\u001b[0m\u001b[0m\n'],
  ['\u001b[2Jgone\u001b]0;title\u0007\n', '\\u001b[2Jgone\\u001b]0;title\\u0007\n'],
  ['over\rwritten\n', 'over written\n'],
  ['\u009b6n', '\\u009b6n'],
])('a terminal shows %j as %j', (written, shown) => {
  expect(printableLog(written)).toBe(shown);
});
