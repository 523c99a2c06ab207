import { concatBytes } from '../../common/pure/bytes.ts';
import { readUtf8 } from '../../common/pure/utf8.ts';

/** Which output of a container bytes come from. */
export type LogSource = 'stdout' | 'stderr';

/** What a container wrote, as it came. */
export interface LogFrame {
  readonly source: LogSource;
  readonly bytes: Uint8Array;
}

/** Bytes before each frame: the source, three zeros, the length (big-endian). */
const headerBytes = 8;

/** The stream that carries an error of the daemon instead of output. */
const errorSource = 3;

/** The daemon broke off the logs and says why, or sent what is no log. */
export class LogStreamError extends Error {}

/**
 * Cuts Docker's multiplexed stream into its frames: output of containers that have no terminal.
 * Pieces may come cut anywhere.
 */
export class LogFrames {
  readonly #frameBytesMax: number;
  #kept: Uint8Array = new Uint8Array(0);

  /** @param frameBytesMax longest frame that is put together. */
  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /**
   * Takes the next piece.
   * @returns the frames that are whole now.
   * @throws LogStreamError if it is not a stream of frames, or the daemon ends it with an error.
   */
  push(piece: Uint8Array): readonly LogFrame[] {
    const bytes = this.#kept.length === 0 ? piece : concatBytes([this.#kept, piece]);
    const frames: LogFrame[] = [];
    let offset = 0;
    for (;;) {
      const end = this.#frameEnd(bytes, offset);
      if (end === undefined || end > bytes.length) break;
      frames.push(readFrame(bytes, offset, end));
      offset = end;
    }
    this.#kept = bytes.slice(offset);
    return frames;
  }

  /**
   * Says that the stream is over.
   * @throws LogStreamError if it broke off within a frame.
   */
  end(): void {
    if (this.#kept.length > 0) throw new LogStreamError('the logs ended in the middle of a line');
  }

  #frameEnd(bytes: Uint8Array, offset: number): number | undefined {
    if (bytes.length - offset < headerBytes) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, headerBytes);
    const length = view.getUint32(4);
    const isHeader = view.getUint8(0) <= errorSource && (view.getUint32(0) & 0xffffff) === 0;
    if (!isHeader || length > this.#frameBytesMax) {
      throw new LogStreamError('the daemon sent something else than logs');
    }
    return offset + headerBytes + length;
  }
}

function readFrame(bytes: Uint8Array, start: number, end: number): LogFrame {
  const frame = bytes.slice(start + headerBytes, end);
  if (bytes[start] === errorSource) throw new LogStreamError(errorText(frame));
  return { source: bytes[start] === 2 ? 'stderr' : 'stdout', bytes: frame };
}

function errorText(frame: Uint8Array): string {
  const text = readUtf8(frame, 0, frame.length)?.trim() ?? '';
  return text === '' ? 'the daemon ended the logs with an error' : text;
}
