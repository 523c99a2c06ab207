import { expect, it } from 'vitest';
import { formatRfc3339, parseRfc3339 } from '../../../../common/pure/rfc3339.ts';

// Times of the engine, read without a Date.

it.each([
  '1970-01-01T00:00:00Z',
  '2026-11-24T11:01:50.618Z',
  '2000-02-29T23:59:59.999Z',
  '1999-12-31T23:59:59Z',
  '2024-03-01T00:00:00.000Z',
  '2026-11-24T11:01:50+02:00',
  '2026-11-24T11:01:50.5-07:30',
  '0001-01-01T00:00:00Z',
])('reads %s as Date does', (text) => {
  expect(parseRfc3339(text)).toBe(Date.parse(text));
});

it('cuts nanoseconds', () => {
  expect(parseRfc3339('2026-11-24T11:01:50.618597798Z')).toBe(
    Date.parse('2026-11-24T11:01:50.618Z'),
  );
});

it.each(['', 'now', '2026-11-24', '2026-11-24 11:01:50Z', '2026-11-24T11:01:50'])(
  'refuses %j',
  (text) => {
    expect(parseRfc3339(text)).toBeUndefined();
  },
);

it.each([0, 1, 1_500, 951_868_799_999, 951_868_800_000, 1_767_225_600_000, 4_107_542_400_010, -1])(
  'writes %d as a time that reads as the same',
  (ms) => {
    const text = formatRfc3339(ms);
    expect(Date.parse(text)).toBe(ms);
    expect(text).not.toMatch(/\.0*Z|0Z$(?<=\.\d*0Z)/);
  },
);

it('leaves zeros at the end of the fraction out, as Go does', () => {
  expect(formatRfc3339(1_767_225_601_500)).toBe('2026-01-01T00:00:01.5Z');
  expect(formatRfc3339(1_767_225_601_000)).toBe('2026-01-01T00:00:01Z');
  expect(formatRfc3339(1_767_225_601_007)).toBe('2026-01-01T00:00:01.007Z');
});
