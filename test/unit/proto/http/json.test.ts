// Requests come from strangers: JSON that is malformed, too deep or hostile is refused with words that say why and repeat nothing of it.
import { describe, expect, test } from 'vitest';

import { ShoalError } from '../../../../common/pure/errors.ts';
import { limits } from '../../../../common/pure/limits.ts';
import { parseExactJson, parseUntrustedJson } from '../../../../proto/http/json.ts';

function refusal(text: string): unknown {
  try {
    parseUntrustedJson(text);
  } catch (error) {
    if (error instanceof ShoalError) return error.fields['syntax'];
    throw error;
  }
  return 'accepted';
}

describe('parseUntrustedJson', () => {
  test('reads what JSON is', () => {
    expect(parseUntrustedJson('{"a":[1,true,null,"x"]}')).toEqual({ a: [1, true, null, 'x'] });
  });

  test.each([
    ['{"a":', 'unexpected end of JSON input'],
    ['{"a":"b', 'unexpected end of JSON input'],
    ['', 'unexpected end of JSON input'],
    ['{"password":hunter2}', 'malformed text'],
    ['{} {}', 'malformed text at position 3'],
    ['{"__proto__":{"a":1}}', 'key __proto__ is not allowed in the body'],
    ['{"a":{"b":[{"constructor":1}]}}', 'key constructor is not allowed in a.b.0'],
    ['{"Labels":{"prototype":"x"}}', 'key prototype is not allowed in Labels'],
    ['{"\\u005f_proto__":1}', 'key __proto__ is not allowed in the body'],
  ])('%s is refused: %s', (text, syntax) => {
    expect(refusal(text)).toBe(syntax);
  });

  test('nesting up to the limit is read, beyond it refused, however deep', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(refusal(nested(limits.apiJsonDepth))).toBe('accepted');
    const words = `nested deeper than ${limits.apiJsonDepth} levels`;
    expect(refusal(nested(limits.apiJsonDepth + 1))).toBe(words);
    expect(refusal('['.repeat(1_000_000))).toBe(words);
    expect(refusal('{"a":'.repeat(1_000_000))).toBe(words);
  });

  test('brackets inside texts are no nesting', () => {
    expect(refusal(JSON.stringify('[{"\\'.repeat(100)))).toBe('accepted');
  });
});

describe('parseExactJson', () => {
  test('numbers beyond 2^53 survive being written again', () => {
    const text = '{"a":9223372036854775807,"b":1,"c":[18446744073709551615]}';
    expect(JSON.stringify(parseExactJson(text))).toBe(text);
  });
});
