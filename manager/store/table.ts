/** Number of Maps of one table: a Map of millions of entries stalls for a quarter of a second when it grows. */
const shardCount = 256;

/**
 * Rows by key, in 256 Maps, so that no growth of one is long. Without order: see `OrderedRows` for lists.
 */
export class Table<Row> {
  readonly #shards: (Map<string, Row> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): Row | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  set(key: string, row: Row): void {
    const shard = this.#shardFor(key);
    const sizeBefore = shard.size;
    shard.set(key, row);
    this.#size += shard.size - sizeBefore;
  }

  delete(key: string): void {
    if (this.#shards[shardOf(key)]?.delete(key) === true) this.#size -= 1;
  }

  /** Every row, in no order that means anything. */
  *values(): Iterable<Row> {
    for (const shard of this.#shards) {
      if (shard !== undefined) yield* shard.values();
    }
  }

  /** Every key with its row, in no order that means anything. */
  *entries(): Iterable<readonly [string, Row]> {
    for (const shard of this.#shards) {
      if (shard !== undefined) yield* shard.entries();
    }
  }

  /** Pointers to all rows as they are now. */
  copy(): Row[] {
    const rows: Row[] = [];
    for (const shard of this.#shards) {
      shard?.forEach((row) => {
        rows.push(row);
      });
    }
    return rows;
  }

  #shardFor(key: string): Map<string, Row> {
    const index = shardOf(key);
    while (this.#shards.length <= index) this.#shards.push(undefined);
    const shard = this.#shards[index] ?? new Map<string, Row>();
    this.#shards[index] = shard;
    return shard;
  }
}

/** Spreads by the last characters: ids are random, and in addresses and ports the end varies most. */
function shardOf(key: string): number {
  const last = key.length - 1;
  if (last < 2) return last < 0 ? 0 : (key.charCodeAt(0) * 31 + key.charCodeAt(last)) % shardCount;
  const mixed = (key.charCodeAt(last) * 31 + key.charCodeAt(last - 1)) * 31;
  return (mixed + key.charCodeAt(last - 2)) % shardCount;
}
