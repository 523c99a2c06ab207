/** Shows which sequences redraw lines on a terminal. */
import { expect, test } from 'vitest';

import { TerminalScreen } from '../../../cli/terminal-screen.ts';

const esc = '\u001b';

function draw(drawings: readonly (readonly string[])[], rows = 24): string {
  let text = '';
  const screen = new TerminalScreen({
    columns: 80,
    rows,
    write: (piece) => {
      text += piece;
    },
  });
  for (const lines of drawings) screen.draw(lines);
  screen.done();
  return text;
}

test('lines are drawn over those before, and what is left of them is cleared', () => {
  expect(draw([['a', 'b'], ['c']])).toBe(
    `a${esc}[K\nb${esc}[K\n${esc}[J${esc}[2Ac${esc}[K\n${esc}[J`,
  );
});

test('nothing is written where nothing changed', () => {
  expect(draw([['a'], ['a']])).toBe(draw([['a']]));
});

test('lines that do not fit the terminal are left out', () => {
  expect(draw([['a', 'b', 'c']], 3)).toBe(draw([['a', 'b']]));
});

test('a terminal that does not know its size has the usual one', () => {
  const screen = new TerminalScreen({ columns: 0, rows: 0, write: () => undefined });
  expect(screen.columns()).toBe(80);
  expect(draw([['a', 'b']], 0)).toBe(draw([['a', 'b']]));
});
