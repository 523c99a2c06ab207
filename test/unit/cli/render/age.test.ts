/** Shows Docker's words for durations (go-units `HumanDuration`), at each border between two of them. */
import { describe, expect, test } from 'vitest';

import { humanAgo, humanDuration } from '../../../../cli/render/age.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('humanDuration', () => {
  test.each([
    [-5 * second, 'Less than a second'],
    [0, 'Less than a second'],
    [450, 'Less than a second'],
    [second, '1 second'],
    [2 * second - 1, '1 second'],
    [45 * second, '45 seconds'],
    [minute - 1, '59 seconds'],
    [minute, 'About a minute'],
    [2 * minute - 1, 'About a minute'],
    [3 * minute, '3 minutes'],
    [35 * minute + 40 * second, '35 minutes'],
    [hour - 1, '59 minutes'],
    [hour, 'About an hour'],
    [hour + 29 * minute, 'About an hour'],
    [hour + 30 * minute, '2 hours'],
    [3 * hour + 29 * minute, '3 hours'],
    [24 * hour, '24 hours'],
    [47 * hour + 29 * minute, '47 hours'],
    [48 * hour, '2 days'],
    [7 * day, '7 days'],
    [13 * day + 5 * hour, '13 days'],
    [14 * day, '2 weeks'],
    [59 * day, '8 weeks'],
    [60 * day, '2 months'],
    [23 * 30 * day, '23 months'],
    [729 * day, '24 months'],
    [730 * day, '2 years'],
    [1825 * day, '5 years'],
  ] as const)('%d ms reads "%s"', (durationMs, text) => {
    expect(humanDuration(durationMs)).toBe(text);
  });
});

test('an age is in lower case and never in the future', () => {
  expect(humanAgo(0, minute)).toBe('about a minute ago');
  expect(humanAgo(minute, 0)).toBe('less than a second ago');
});
