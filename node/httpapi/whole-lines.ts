import { concatBytes } from '../../common/pure/bytes.ts';
import { ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';

const newline = 10;

/**
 * The bytes of `source` in pieces that end with a line, so that others' lines may stand between them. What comes after the last line's end
 * is dropped with the stream.
 * @throws ShoalError `limitExceeded` for a line longer than `limits.engineLineLength`.
 */
export async function* wholeLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let pendingLength = 0;
  for await (const piece of source) {
    const end = piece.lastIndexOf(newline) + 1;
    if (end > 0) {
      yield concatBytes([...pending, piece.subarray(0, end)]);
      pending = [];
      pendingLength = 0;
    }
    if (end === piece.length) continue;
    pending.push(piece.slice(end));
    pendingLength += piece.length - end;
    if (pendingLength > limits.engineLineLength) {
      throw new ShoalError('limitExceeded', 'a line of the event stream is too long');
    }
  }
}
