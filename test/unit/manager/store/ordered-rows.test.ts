// OrderedRows and Table against plain arrays and Maps: same rows, same order, and lists that never change once handed out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareIds } from '../../../../manager/store/order.ts';
import { OrderedRows } from '../../../../manager/store/ordered-rows.ts';
import { Table } from '../../../../manager/store/table.ts';

interface Row {
  readonly id: string;
  readonly n: number;
}

const changes = fc.array(
  fc.record({ id: fc.integer({ min: 0, max: 40 }), n: fc.nat(), isRemoval: fc.boolean() }),
  { maxLength: 120 },
);

describe('OrderedRows', () => {
  it('is a sorted list of the rows that were put and not removed', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const rows = new OrderedRows<Row>(compareIds);
        const model = new Map<string, Row>();
        for (const { id, n, isRemoval } of list) {
          const row = { id: `r${id}`, n };
          const before = rows.list();
          const copy = [...before];
          if (isRemoval) rows.remove(row);
          else rows.put(row);
          if (isRemoval) model.delete(row.id);
          else model.set(row.id, row);
          expect(before).toEqual(copy);
          expect(rows.list()).toEqual([...model.values()].toSorted(compareIds));
          expect(rows.size).toBe(model.size);
        }
      }),
    );
  });

  it('keeps order over many chunks', () => {
    const rows = new OrderedRows<Row>(compareIds);
    const ids = Array.from({ length: 5000 }, (_, n) => `r${(n * 7919) % 5000}`);
    for (const id of ids) rows.put({ id, n: 0 });
    for (const id of ids.slice(0, 2000)) rows.remove({ id, n: 0 });
    const expected = ids.slice(2000).toSorted();
    expect(rows.list().map((row) => row.id)).toEqual(expected);
    expect([...rows.rows()].map((row) => row.id)).toEqual(expected);
  });

  it('gives the same list until the next change', () => {
    const rows = new OrderedRows<Row>(compareIds);
    rows.put({ id: 'a', n: 1 });
    const list = rows.list();
    expect(rows.list()).toBe(list);
    rows.put({ id: 'a', n: 2 });
    expect(list).toEqual([{ id: 'a', n: 1 }]);
    expect(rows.list()).toEqual([{ id: 'a', n: 2 }]);
  });

  it('finds a range across chunks', () => {
    const rows = new OrderedRows<Row>((left, right) => left.n - right.n || compareIds(left, right));
    for (let n = 0; n < 3000; n += 1) rows.put({ id: `r${n}`, n: n % 3 });
    const found = rows.range((row) => row.n - 1);
    expect(found).toHaveLength(1000);
    expect(found.every((row) => row.n === 1)).toBe(true);
    expect(rows.range((row) => row.n - 5)).toEqual([]);
  });
});

describe('Table', () => {
  it('holds what a Map holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.string({ maxLength: 3 }), isDelete: fc.boolean() })),
        (list) => {
          const table = new Table<string>();
          const model = new Map<string, string>();
          for (const { key, isDelete } of list) {
            if (isDelete) table.delete(key);
            else table.set(key, key);
            if (isDelete) model.delete(key);
            else model.set(key, key);
          }
          expect(table.size).toBe(model.size);
          expect([...table.values()].toSorted()).toEqual([...model.values()].toSorted());
          for (const { key } of list) expect(table.get(key)).toBe(model.get(key));
        },
      ),
    );
  });

  it('is read as it was while it goes on', () => {
    const step = fc.record({ key: fc.string({ maxLength: 3 }), isDelete: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), fc.array(step), (before, after) => {
        const table = new Table<string>();
        const take = ({ key, isDelete }: { key: string; isDelete: boolean }, row: string): void => {
          if (isDelete) table.delete(key);
          else table.set(key, row);
        };
        for (const one of before) take(one, 'old');
        const expected = [...table.values()];
        const cuts = [table.cut(), table.cut()];
        const read = cuts.map((): string[] => []);
        const rows = cuts.map((cut) => cut.rows());
        for (const one of after) {
          take(one, 'new');
          const next = rows[0]?.next();
          if (next?.done === false) read[0]?.push(next.value);
        }
        for (const [index, rest] of rows.entries()) read[index]?.push(...rest);
        expect(read).toEqual([expected, expected]);
      }),
    );
  });

  it('copies nothing for a cut that was closed', () => {
    const table = new Table<string>();
    table.set('a', 'old');
    const cut = table.cut();
    cut.close();
    cut.close();
    table.set('a', 'new');
    expect([...cut.rows()]).toEqual([]);
  });
});
