import type { RowList } from '../../common/ports/cluster-api.ts';

/** The views of rows, each made when it is read: rows never change, so that they are of one revision whenever that is. */
export class ViewList<Row, View> implements RowList<View> {
  readonly #rows: readonly Row[];
  readonly #viewOf: (row: Row) => View;

  constructor(rows: readonly Row[], viewOf: (row: Row) => View) {
    this.#rows = rows;
    this.#viewOf = viewOf;
  }

  get length(): number {
    return this.#rows.length;
  }

  slice(start?: number, end?: number): readonly View[] {
    return this.#rows.slice(start, end).map((row) => this.#viewOf(row));
  }

  map<Value>(valueOf: (row: View) => Value): Value[] {
    return this.#rows.map((row) => valueOf(this.#viewOf(row)));
  }

  *[Symbol.iterator](): Iterator<View> {
    for (const row of this.#rows) yield this.#viewOf(row);
  }
}
