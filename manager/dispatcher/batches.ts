import { limits } from '../../common/pure/limits.ts';

/** Rows in one message. */
const batchRows = 64;

export interface Batch<Row> {
  readonly rows: readonly Row[];
  /** No other batch follows. */
  readonly isLast: boolean;
}

/**
 * Cuts `rows` into batches that fit one message each: at most 64 rows and `limits.rpcBatchBytes`, unless a single row is larger.
 *
 * Reads `rows` as it is read itself. No rows are one empty batch: the reader must hear that there are none.
 */
export function* batches<Row>(
  rows: Iterable<Row>,
  bytesOf: (row: Row) => number,
): Iterable<Batch<Row>> {
  let batch: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    const rowBytes = bytesOf(row);
    if (
      batch.length === batchRows ||
      (batch.length > 0 && bytes + rowBytes > limits.rpcBatchBytes)
    ) {
      yield { rows: batch, isLast: false };
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += rowBytes;
  }
  yield { rows: batch, isLast: true };
}
