import { OrderedRows } from './ordered-rows.ts';
import { compareIds } from './order.ts';
import { Table } from './table.ts';

/** Rows by id, in order of id, and by name without regard to case. */
export class NamedRows<Row extends { readonly id: string }> {
  readonly #nameOf: (row: Row) => string;
  readonly #rows = new Table<Row>();
  readonly #ordered = new OrderedRows<Row>(compareIds);
  readonly #names = new Map<string, OrderedRows<Row>>();

  constructor(nameOf: (row: Row) => string) {
    this.#nameOf = nameOf;
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  has(id: string): boolean {
    return this.#rows.get(id) !== undefined;
  }

  list(): readonly Row[] {
    return this.#ordered.list();
  }

  /** Names are unique by claims; if two rows have one name all the same, the lower id is found. */
  byName(name: string): Row | undefined {
    return this.#names.get(name.toLowerCase())?.list()[0];
  }

  commit(before: Row | undefined, after: Row | undefined): void {
    if (before !== undefined) this.#removeName(before);
    if (after !== undefined) {
      this.#rows.set(after.id, after);
      this.#ordered.put(after);
      this.#putName(after);
    } else if (before !== undefined) {
      this.#rows.delete(before.id);
      this.#ordered.remove(before);
    }
  }

  #putName(row: Row): void {
    const name = this.#nameOf(row).toLowerCase();
    if (name === '') return;
    const bucket = this.#names.get(name) ?? new OrderedRows<Row>(compareIds);
    bucket.put(row);
    this.#names.set(name, bucket);
  }

  #removeName(row: Row): void {
    const name = this.#nameOf(row).toLowerCase();
    const bucket = this.#names.get(name);
    bucket?.remove(row);
    if (bucket?.size === 0) this.#names.delete(name);
  }
}
