import type { ProgressScreen } from './commands/context.ts';

/** What the screen needs of a terminal. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
}

/** Size of a terminal that does not know its own, such as a serial line. */
const usualColumns = 80;
const usualRows = 24;

/**
 * Draws lines over those that it drew before, with a few of the sequences that every terminal knows.
 *
 * A library for this measures characters by tables that take longer to load than a whole client verb; here lines are
 * cut to the width of the terminal beforehand, so that none wraps.
 */
export class TerminalScreen implements ProgressScreen {
  readonly #terminal: Terminal;
  #drawn: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  columns(): number {
    return this.#terminal.columns || usualColumns;
  }

  draw(lines: readonly string[]): void {
    // The cursor cannot go up to what has left the terminal at its top.
    const shown = lines.slice(0, Math.max(1, (this.#terminal.rows || usualRows) - 1));
    if (shown.join('\n') === this.#drawn.join('\n')) return;
    const up = this.#drawn.length === 0 ? '' : `\u001b[${String(this.#drawn.length)}A`;
    const text = shown.map((line) => `${line}\u001b[K\n`).join('');
    this.#terminal.write(`${up}${text}\u001b[J`);
    this.#drawn = shown;
  }

  done(): void {
    this.#drawn = [];
  }
}
