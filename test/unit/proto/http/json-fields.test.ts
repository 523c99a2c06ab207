// A field of the wrong type is named with what was expected and what was found; what is missing, null or unknown is no error.
import { describe, expect, test } from 'vitest';

import { ShoalError } from '../../../../common/pure/errors.ts';
import { JsonFields } from '../../../../proto/http/json-fields.ts';
import type { JsonValue } from '../../../../proto/http/json.ts';

function failure(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof ShoalError) return { code: error.code, ...error.fields };
    throw error;
  }
}

const wrong = (field: string, expected: string, found: string): unknown => ({
  code: 'invalidArgument',
  field,
  expected,
  found,
});

describe('JsonFields', () => {
  test('names count in any case and the last of several wins, as in Go', () => {
    const fields = new JsonFields({ HEALTHCHECK: 'a', healthCheck: 'b' });
    expect(fields.text('Healthcheck')).toBe('b');
  });

  test('missing and null read as empty', () => {
    const fields = new JsonFields({ text: null, list: null, map: null, child: null });
    expect(fields.text('text')).toBe('');
    expect(fields.texts('list')).toEqual([]);
    expect(fields.textMap('map').size).toBe(0);
    expect(fields.child('child')).toBeUndefined();
    expect(fields.integer('absent')).toBe(0);
    expect(fields.optionalFlag('absent')).toBeUndefined();
  });

  const cases: readonly [string, JsonValue, (fields: JsonFields) => unknown, unknown][] = [
    ['text', 1, (f) => f.text('a'), wrong('a', 'string', 'number 1')],
    ['text', {}, (f) => f.text('a'), wrong('a', 'string', 'object')],
    ['flag', 'true', (f) => f.flag('a'), wrong('a', 'boolean', 'string')],
    ['integer', 1.5, (f) => f.integer('a'), wrong('a', 'integer', 'number 1.5')],
    [
      'integer',
      2 ** 53,
      (f) => f.integer('a'),
      wrong('a', 'integer of at most 9007199254740991', 'number 9007199254740992'),
    ],
    [
      'integer',
      Number.POSITIVE_INFINITY,
      (f) => f.integer('a'),
      wrong('a', 'integer', 'number Infinity'),
    ],
    ['integer', '5', (f) => f.integer('a'), wrong('a', 'integer', 'string')],
    ['count', -1, (f) => f.count('a'), wrong('a', 'unsigned integer', 'number -1')],
    [
      'count32',
      2 ** 32,
      (f) => f.count32('a'),
      wrong('a', 'unsigned 32-bit integer', 'number 4294967296'),
    ],
    [
      'number',
      Number.POSITIVE_INFINITY,
      (f) => f.number('a'),
      wrong('a', 'finite number', 'number Infinity'),
    ],
    ['texts', 'x', (f) => f.texts('a'), wrong('a', 'array', 'string')],
    ['texts', ['x', null], (f) => f.texts('a'), wrong('a.1', 'string', 'null')],
    ['textMap', [], (f) => f.textMap('a'), wrong('a', 'object', 'array')],
    ['textMap', { k: 1 }, (f) => f.textMap('a'), wrong('a.k', 'string', 'number 1')],
    ['child', [], (f) => f.child('a'), wrong('a', 'object', 'array')],
    ['children', [1], (f) => f.children('a'), wrong('a.0', 'object', 'number 1')],
  ];
  test.each(cases)('%s refuses %j', (_, value, read, expected) => {
    expect(failure(() => read(new JsonFields({ a: value })))).toEqual(expected);
  });

  test('paths lead from the root', () => {
    const fields = new JsonFields({ A: { B: [{ C: 1 }] } });
    const leaf = fields.child('A')?.children('B')[0];
    expect(failure(() => leaf?.text('C'))).toEqual(wrong('A.B.0.C', 'string', 'number 1'));
  });

  test('a body that is no object is named as such', () => {
    expect(failure(() => new JsonFields(['x']))).toEqual(wrong('', 'object', 'array'));
  });

  test('a word outside the table is refused with what Docker calls it', () => {
    const fields = new JsonFields({ Condition: 'never' });
    expect(failure(() => fields.choice('Condition', 'RestartCondition', { any: 0 }, 0))).toEqual({
      code: 'invalidArgument',
      field: 'Condition',
      noun: 'RestartCondition',
      value: 'never',
    });
    const inherited = new JsonFields({ Condition: 'toString' });
    expect(failure(() => inherited.choice('Condition', 'X', { any: 0 }, 0))).toMatchObject({
      value: 'toString',
    });
  });
});
