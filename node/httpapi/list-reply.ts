import type { Clock } from '../../common/ports/clock.ts';
import type { RowList } from '../../common/ports/cluster-api.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Response } from './http.ts';
import { encodeText, streamReply, textReply } from './reply.ts';

/**
 * Writes lists as JSON. A short one is answered whole; a long one is encoded in slices, each when the client has taken the one before it.
 *
 * However many clients ask for long lists, at most `limits.apiListRenders` slices are made in one turn: the rest wait, holding no text.
 */
export class ListReplies {
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #rendering = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param render one row as JSON text.
   * @param signal aborts when the client is gone.
   */
  reply<Row>(rows: RowList<Row>, render: (row: Row) => string, signal: AbortSignal): Response {
    if (rows.length <= limits.apiListSliceRows)
      return textReply(200, `[${rows.map((row) => render(row)).join(',')}]`);
    return streamReply(this.#slices(rows, render, signal));
  }

  async *#slices<Row>(
    rows: RowList<Row>,
    render: (row: Row) => string,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < rows.length; start += limits.apiListSliceRows) {
      yield await this.#inTurn(signal, () => {
        const slice = rows.slice(start, start + limits.apiListSliceRows);
        return encodeText(`${start === 0 ? '[' : ','}${slice.map(render).join(',')}`);
      });
    }
    yield encodeText(']');
  }

  /** Renders once few enough others do, and others had their turn. */
  async #inTurn<Value>(signal: AbortSignal, render: () => Value): Promise<Value> {
    while (this.#rendering >= limits.apiListRenders) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#rendering += 1;
    try {
      await this.#clock.sleep(0, signal);
      return render();
    } finally {
      this.#rendering -= 1;
      this.#waiting.shift()?.();
    }
  }
}
