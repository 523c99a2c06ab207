/** Rows in one chunk before it is split: an insertion moves at most so many pointers. */
const chunkRows = 512;

/** Negative when the row stands before what is looked for, positive when after, 0 when it is that. */
type Probe<Row> = (row: Row) => number;

/**
 * Rows kept in order, in chunks: insertion and replacement move few pointers even among a million rows.
 *
 * `compare` gives 0 only for two states of the same row. A list that was handed out never changes: the next change copies.
 */
export class OrderedRows<Row> {
  readonly #compare: (left: Row, right: Row) => number;
  /** Each sorted, none empty, in order. */
  #chunks: Row[][] = [];
  #size = 0;
  /** What `list` gave last, while it is still right. Shares the only chunk when there is one. */
  #listed: readonly Row[] | undefined;

  constructor(compare: (left: Row, right: Row) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  /** Inserts `row`, or replaces the row that compares equal. */
  put(row: Row): void {
    const probe: Probe<Row> = (other) => this.#compare(other, row);
    const chunkIndex = this.#chunkFor(probe);
    const chunk = this.#writable(chunkIndex);
    const position = firstNotBefore(chunk, probe);
    const found = chunk[position];
    if (found !== undefined && probe(found) === 0) {
      chunk[position] = row;
      return;
    }
    chunk.splice(position, 0, row);
    this.#size += 1;
    if (chunk.length > chunkRows) this.#split(chunkIndex, chunk);
  }

  /** Removes the row that compares equal to `row`, if there is one. */
  remove(row: Row): void {
    const probe: Probe<Row> = (other) => this.#compare(other, row);
    const chunkIndex = this.#chunkFor(probe);
    const chunk = this.#writable(chunkIndex);
    const position = firstNotBefore(chunk, probe);
    const found = chunk[position];
    if (found !== undefined && probe(found) === 0) {
      chunk.splice(position, 1);
      this.#size -= 1;
    }
    if (chunk.length === 0) this.#chunks.splice(chunkIndex, 1);
  }

  /** All rows in order. The same array until the next change. */
  list(): readonly Row[] {
    this.#listed ??= this.#chunks.length === 1 ? this.#chunks[0] : this.#joined();
    return this.#listed ?? [];
  }

  /** All rows in order, without making a list of them. */
  *rows(): Iterable<Row> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** The rows for which `probe` is 0, in order; these stand together. */
  range(probe: Probe<Row>): Row[] {
    const found: Row[] = [];
    for (let index = this.#chunkFor(probe); index < this.#chunks.length; index += 1) {
      const chunk = this.#chunks[index] ?? [];
      for (let at = firstNotBefore(chunk, probe); at < chunk.length; at += 1) {
        const row = chunk[at];
        if (row === undefined || probe(row) !== 0) return found;
        found.push(row);
      }
    }
    return found;
  }

  /** All chunks in one array; `flat` takes ten times as long. */
  #joined(): Row[] {
    const rows: Row[] = [];
    for (const chunk of this.#chunks) for (const row of chunk) rows.push(row);
    return rows;
  }

  /** Index of the first chunk whose last row is not before what is looked for; the last one when all are. */
  #chunkFor(probe: Probe<Row>): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.#chunks[middle]?.at(-1);
      if (last !== undefined && probe(last) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The chunk at `index`, safe to change. */
  #writable(index: number): Row[] {
    const chunk = this.#chunks[index];
    const owned = chunk === undefined || chunk === this.#listed ? [...(chunk ?? [])] : chunk;
    this.#chunks[index] = owned;
    this.#listed = undefined;
    return owned;
  }

  #split(index: number, chunk: Row[]): void {
    this.#chunks.splice(index + 1, 0, chunk.splice(chunkRows >> 1));
  }
}

function firstNotBefore<Row>(chunk: readonly Row[], probe: Probe<Row>): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = chunk[middle];
    if (row !== undefined && probe(row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
