/** Number of Maps of one table: a Map of millions of entries stalls for a quarter of a second when it grows. */
const shardCount = 256;

/**
 * Rows by key, in 256 Maps, so that no growth of one is long. Without order: see `OrderedRows` for lists.
 */
export class Table<Row> {
  readonly #shards: (Map<string, Row> | undefined)[] = [];
  readonly #cuts = new Set<TableCut<Row>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): Row | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  set(key: string, row: Row): void {
    this.#holdFor(key);
    const shard = this.#shardFor(key);
    const sizeBefore = shard.size;
    shard.set(key, row);
    this.#size += shard.size - sizeBefore;
  }

  delete(key: string): void {
    this.#holdFor(key);
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

  /** All rows as they are now, to be read little by little while the table goes on. Close it when it was not read to its end. */
  cut(): TableCut<Row> {
    const cut = new TableCut<Row>(this.#shards, () => this.#cuts.delete(cut));
    this.#cuts.add(cut);
    return cut;
  }

  /** The shard of `key` is about to change: who reads the rows as they were copies it first. */
  #holdFor(key: string): void {
    if (this.#cuts.size === 0) return;
    const index = shardOf(key);
    for (const cut of this.#cuts) cut.hold(index);
  }

  #shardFor(key: string): Map<string, Row> {
    const index = shardOf(key);
    while (this.#shards.length <= index) this.#shards.push(undefined);
    const shard = this.#shards[index] ?? new Map<string, Row>();
    this.#shards[index] = shard;
    return shard;
  }
}

/**
 * The rows of a table as they were at one moment, in no order that means anything.
 *
 * Nothing is copied at that moment: a shard is when its turn comes, or just before it changes, so neither a cut nor a change is long.
 */
export class TableCut<Row> {
  readonly #shards: readonly (Map<string, Row> | undefined)[];
  readonly #ended: () => void;
  readonly #held = new Map<number, readonly Row[]>();
  /** Shards before this one have been read. */
  #next = 0;

  constructor(shards: readonly (Map<string, Row> | undefined)[], ended: () => void) {
    this.#shards = shards;
    this.#ended = ended;
  }

  /** Copies the shard at `index` as it is, unless it was read or copied before. */
  hold(index: number): void {
    if (index < this.#next || this.#held.has(index)) return;
    this.#held.set(index, [...(this.#shards[index]?.values() ?? [])]);
  }

  /** Gives each row once, and closes the cut at the end. */
  *rows(): Generator<Row, undefined> {
    while (this.#next < shardCount) {
      const index = this.#next;
      this.hold(index);
      const rows = this.#held.get(index) ?? [];
      this.#held.delete(index);
      this.#next += 1;
      yield* rows;
    }
    this.close();
  }

  /** Ends it: changes copy nothing for it any more. Twice is harmless. */
  close(): void {
    this.#held.clear();
    this.#next = shardCount;
    this.#ended();
  }
}

/** What varies in ids, addresses and ports stands within so many characters of the end. */
const mixedChars = 6;
const mixedBits = 12;

/**
 * The shard of each value of the hash: shard i gets a share of 2^(i/256), from 1 to 2.
 *
 * Maps grow by doubling. Shards of one size would all grow at the same moment, together as long as one large Map; of these, each grows
 * at another size of the table, and between one size and its double every shard does once.
 */
const shards = Uint8Array.from({ length: 1 << mixedBits }, (_, hash) =>
  Math.floor(shardCount * Math.log2(1 + hash / (1 << mixedBits))),
);

/** FNV-1a, and a last mixing. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = Math.max(0, key.length - mixedChars); at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return shards[hash >>> (32 - mixedBits)] ?? 0;
}
