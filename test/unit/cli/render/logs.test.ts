/** Shows how lines of logs are read, whatever they hold. */
import { describe, expect, test } from 'vitest';

import { detailsText, parseLogLine, sourceOf } from '../../../../cli/render/log-line.ts';
import { printableLog } from '../../../../cli/render/text.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

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
