// Shows that UTF-8 is written and read as the platform does it, and that nothing malformed is read. The platform's encoder is the model.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, readUtf8, utf8Length } from '../../../../common/pure/utf8.ts';

const anyUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }))
  .map((units) => String.fromCharCode(...units));

describe('encodeUtf8', () => {
  test('writes every text as the platform does, lone surrogates as U+FFFD', () => {
    const model = new TextEncoder();
    fc.assert(
      fc.property(fc.oneof(anyUnits, fc.string({ unit: 'binary' })), (text) => {
        expect([...encodeUtf8(text)]).toEqual([...model.encode(text)]);
        expect(utf8Length(text)).toBe(model.encode(text).length);
      }),
    );
  });
});

describe('decodeUtf8', () => {
  const model = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const modelText = (bytes: Uint8Array): string | undefined => {
    try {
      return model.decode(bytes);
    } catch {
      return undefined;
    }
  };
  const nearUtf8 = fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc
      .array(
        fc.constantFrom(
          0x41,
          0x80,
          0xbf,
          0xc1,
          0xc2,
          0xe0,
          0xed,
          0xa0,
          0x9f,
          0xf0,
          0x90,
          0xf4,
          0x8f,
          0xf5,
        ),
        { maxLength: 6 },
      )
      .map((bytes) => Uint8Array.from(bytes)),
  );

  test('reads what the platform reads and refuses what it refuses', () => {
    fc.assert(
      fc.property(nearUtf8, (bytes) => {
        expect(readUtf8(bytes, 0, bytes.length)).toBe(modelText(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  test('reads back long texts', () => {
    const text = 'aé€😀'.repeat(5000);
    expect(decodeUtf8(encodeUtf8(text))).toBe(text);
  });

  test('keeps a byte order mark', () => {
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf))).toBe('\ufeff');
  });

  test('never reads beyond the end that it was given', () => {
    const bytes = encodeUtf8('é');
    expect(readUtf8(bytes, 0, 1)).toBeUndefined();
  });

  test.each([
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['a lone continuation', [0x80]],
  ])('refuses %s as corrupt', (_name, bytes) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'corrupt' }),
    );
  });
});
