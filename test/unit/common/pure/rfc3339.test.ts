import { expect, it } from 'vitest';
import { parseRfc3339 } from '../../../../common/pure/rfc3339.ts';

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
