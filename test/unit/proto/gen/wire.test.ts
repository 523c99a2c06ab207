// Shows the parts of the wire runtime that no message of the contract reaches: zigzag numbers and the limit of depth.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../../common/pure/limits.ts';
import { Reader, Writer } from '../../../../proto/gen/wire.ts';

function zigzag(value: number): Uint8Array {
  const writer = new Writer();
  writer.sint64(8, value, 'x');
  return writer.take();
}

function readZigzag(bytes: Uint8Array): number {
  const reader = new Reader(bytes, 'Test');
  reader.tag();
  return reader.sint64('x');
}

describe('sint64', () => {
  test('comes back as it was, for every safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(readZigzag(zigzag(value))).toBe(value);
      }),
    );
    for (const value of [0, -1, 1, 2 ** 53 - 1, 1 - 2 ** 53, -(2 ** 32), 2 ** 31, -(2 ** 31)]) {
      expect(readZigzag(zigzag(value))).toBe(value);
    }
  });

  test('is short for small negative numbers', () => {
    expect([...zigzag(-1)]).toEqual([8, 1]);
    expect([...zigzag(-64)]).toEqual([8, 127]);
  });
});

describe('nesting', () => {
  /** A message that holds itself in field 1, `depth` times. */
  function nested(depth: number): Uint8Array {
    const writer = new Writer();
    const marks = Array.from({ length: depth }, () => writer.begin(10));
    for (const mark of marks.toReversed()) writer.finish(mark);
    return writer.take();
  }

  function descend(reader: Reader): number {
    let depth = 0;
    while (reader.pos < reader.end) {
      reader.tag();
      const outerEnd = reader.enter('self');
      depth = descend(reader) + 1;
      reader.leave(outerEnd);
    }
    return depth;
  }

  test('is followed to the limit and no further', () => {
    const { decodeDepth } = limits;
    expect(descend(new Reader(nested(decodeDepth), 'Test'))).toBe(decodeDepth);
    expect(() => descend(new Reader(nested(decodeDepth + 1), 'Test'))).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
  });
});

describe('Writer', () => {
  test('moves content along when its length takes more bytes than were left for it', () => {
    for (const length of [0, 127, 128, 16_383, 16_384, 2_097_152]) {
      const content = new Uint8Array(length).fill(7);
      const writer = new Writer();
      const mark = writer.begin(10);
      writer.raw(content);
      writer.finish(mark);
      writer.bool(16, true);
      const reader = new Reader(writer.take(), 'Test');
      expect(reader.tag()).toBe(10);
      expect(reader.bytes('x')).toStrictEqual(content);
      expect(reader.tag()).toBe(16);
      expect(reader.bool('y')).toBe(true);
    }
  });
});
