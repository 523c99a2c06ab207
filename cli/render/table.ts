import { printable } from './text.ts';

/** Docker prints its tables with Go's tabwriter: cells at least this wide, padding included. */
const cellWidthMin = 10;
const cellPadding = 3;

/**
 * Lays out a table as Docker's commands do: columns padded to the widest cell, the last one not padded.
 *
 * @param header names of the columns; every row has as many cells.
 * @returns lines that each end with a line feed. Characters that could drive a terminal are made visible.
 */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [header, ...rows].map((cells) => cells.map(printable));
  const widths = header.map((_, column) => columnWidth(lines, column));
  return lines.map((cells) => renderLine(cells, widths)).join('');
}

function columnWidth(lines: readonly (readonly string[])[], column: number): number {
  let width = cellWidthMin;
  for (const cells of lines) {
    width = Math.max(width, countCharacters(cells[column] ?? '') + cellPadding);
  }
  return width;
}

function renderLine(cells: readonly string[], widths: readonly number[]): string {
  const last = cells.length - 1;
  const padded = cells.map((cell, column) =>
    column === last ? cell : cell + ' '.repeat((widths[column] ?? 0) - countCharacters(cell)),
  );
  return `${padded.join('')}\n`;
}

/** Characters as Go counts them: code points, not UTF-16 units. */
function countCharacters(cell: string): number {
  let count = 0;
  for (const _ of cell) count += 1;
  return count;
}
