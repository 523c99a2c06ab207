import { concatBytes } from './bytes.ts';

/** Which output of a container bytes come from; `failure` when whoever sends them breaks off and says why. */
export type LogSource = 'stdout' | 'stderr' | 'failure';

/** What a container wrote, as it came. */
export interface LogFrame {
  readonly source: LogSource;
  /** A part of what was pushed, not a copy. */
  readonly bytes: Uint8Array;
}

/** Before each frame: its source, three zeros, its length (big-endian). */
const headerBytes = 8;
const sources: readonly LogSource[] = ['stdout', 'stdout', 'stderr', 'failure'];

/** Cuts Docker's multiplexed stream into its frames: output of containers that have no terminal. Pieces may come cut anywhere. */
export class LogFrames {
  readonly #frameBytesMax: number;
  readonly #pending = new ByteQueue();
  #header: Uint8Array | undefined;

  /** @param frameBytesMax longest frame that is put together. */
  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** False within a frame, where no stream may end. */
  get isWhole(): boolean {
    return this.#header === undefined && this.#pending.length === 0;
  }

  /**
   * Takes the next piece.
   * @returns the frames that are whole now; undefined for what is no stream of frames, and then nothing more may be pushed.
   */
  push(piece: Uint8Array): readonly LogFrame[] | undefined {
    this.#pending.push(piece);
    const frames: LogFrame[] = [];
    for (;;) {
      this.#header ??= this.#pending.take(headerBytes);
      if (this.#header === undefined) return frames;
      const source = sourceOf(this.#header);
      const length = lengthOf(this.#header);
      if (source === undefined || length > this.#frameBytesMax) return undefined;
      const bytes = this.#pending.take(length);
      if (bytes === undefined) return frames;
      frames.push({ source, bytes });
      this.#header = undefined;
    }
  }
}

function sourceOf([source = 0, ...zeros]: Uint8Array): LogSource | undefined {
  return zeros.slice(0, 3).every((byte) => byte === 0) ? sources[source] : undefined;
}

function lengthOf(header: Uint8Array): number {
  return new DataView(header.buffer, header.byteOffset).getUint32(4);
}

/** Bytes that came and were not taken yet. */
class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `count` bytes; undefined until as many are there. */
  take(count: number): Uint8Array | undefined {
    if (this.#length < count) return undefined;
    let [first = new Uint8Array(0), ...others] = this.#chunks;
    if (first.length < count) [first, others] = [concatBytes(this.#chunks), []];
    const rest = first.subarray(count);
    this.#chunks = rest.length > 0 ? [rest, ...others] : others;
    this.#length -= count;
    return first.subarray(0, count);
  }
}
