import { limits } from '../../common/pure/limits.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Response } from './http.ts';
import { encodeText, streamReply, textReply } from './reply.ts';

interface Pace {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * A list as JSON. A short one is answered whole; a long one is encoded in slices, between which others get their turn.
 * @param render one row as JSON text.
 */
export function listReply<Row>(
  rows: readonly Row[],
  render: (row: Row) => string,
  pace: Pace,
): Response {
  if (rows.length <= limits.apiListSliceRows)
    return textReply(200, `[${rows.map(render).join(',')}]`);
  return streamReply(slices(rows, render, pace));
}

async function* slices<Row>(
  rows: readonly Row[],
  render: (row: Row) => string,
  { clock, signal }: Pace,
): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < rows.length; start += limits.apiListSliceRows) {
    if (start > 0) await clock.sleep(0, signal);
    const slice = rows.slice(start, start + limits.apiListSliceRows);
    yield encodeText(`${start === 0 ? '[' : ','}${slice.map(render).join(',')}`);
  }
  yield encodeText(']');
}
