import type { ContainerLogLine } from '../../ports/engine-api.ts';
import { concatBytes } from '../../pure/bytes.ts';
import { ShoalError } from '../../pure/errors.ts';
import { limits } from '../../pure/limits.ts';

const space = 0x20;
const newline = 0x0a;
/** Before each frame: its source, three zeros, its length. */
const headerBytes = 8;
const stderrSource = 2;
/** Frames by which the engine says that the log ends too early, and why. */
const failureSource = 3;
/** Where the engine cuts a long line. */
const engineCutBytes = 16_384;
const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z $/;
const timeFormBytes = 31;
const decoder = new TextDecoder();

/**
 * Takes the engine's stream of a log apart, which was asked for with times and details.
 *
 * @param chunks frames of its multiplexed format; with a terminal, the bare lines.
 * @returns the lines that each chunk makes whole, together.
 * @throws ShoalError `engineRefused` for what is no log, and with the engine's own words when it breaks off.
 */
export function containerLogLines(
  chunks: AsyncIterable<Uint8Array>,
  tty: boolean,
): AsyncGenerator<readonly ContainerLogLine[], void> {
  return tty ? terminalLines(chunks) : framedLines(chunks);
}

async function* framedLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly ContainerLogLine[], void> {
  const pending = new ByteQueue();
  let header: Uint8Array | undefined;
  for await (const chunk of chunks) {
    pending.push(chunk);
    const lines: ContainerLogLine[] = [];
    for (;;) {
      header ??= pending.take(headerBytes);
      if (header === undefined) break;
      const frame = pending.take(frameBytes(header));
      if (frame === undefined) break;
      if (header[0] === failureSource && lines.length > 0) yield lines;
      lines.push(frameLine(header[0] ?? 0, frame));
      header = undefined;
    }
    if (lines.length > 0) yield lines;
  }
  if (header !== undefined || pending.length > 0) throw brokenOff();
}

function frameBytes(header: Uint8Array): number {
  const bytes = new DataView(header.buffer, header.byteOffset).getUint32(4);
  if ((header[0] ?? 0) > failureSource || bytes > limits.engineLogPieceBytes) throw notALog();
  return bytes;
}

function frameLine(source: number, frame: Uint8Array): ContainerLogLine {
  if (source === failureSource) {
    throw new ShoalError('engineRefused', decoder.decode(frame).trim());
  }
  const line = parseLine(frame);
  return source === stderrSource ? { ...line, source: 'stderr' } : line;
}

/**
 * Lines end where they end, and pieces of long ones where the engine cuts: there the next one's time begins, which is the only mark that a
 * stream without frames has.
 */
async function* terminalLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly ContainerLogLine[], void> {
  let kept: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    kept = kept.length === 0 ? chunk : concatBytes([kept, chunk]);
    const lines: ContainerLogLine[] = [];
    for (let end = pieceEnd(kept); end !== undefined; end = pieceEnd(kept)) {
      lines.push(parseLine(kept.subarray(0, end)));
      kept = kept.subarray(end);
    }
    if (lines.length > 0) yield lines;
    if (kept.length > limits.engineLogPieceBytes) throw notALog();
  }
  if (kept.length > 0) yield [parseLine(kept)];
}

function pieceEnd(bytes: Uint8Array): number | undefined {
  const textStart = bytes.indexOf(space, bytes.indexOf(space) + 1) + 1;
  if (textStart === 0) return undefined;
  const lineEnd = bytes.indexOf(newline, textStart) + 1;
  const cut = textStart + engineCutBytes;
  if (lineEnd > 0 && lineEnd <= cut) return lineEnd;
  const next = new TextDecoder('latin1').decode(bytes.subarray(cut, cut + timeFormBytes));
  if (timeForm.test(next)) return cut;
  return lineEnd > 0 ? lineEnd : undefined;
}

/** `<time> <details> <text>` */
function parseLine(bytes: Uint8Array): ContainerLogLine {
  const timeEnd = bytes.indexOf(space);
  const detailsEnd = bytes.indexOf(space, timeEnd + 1);
  if (timeEnd < 0 || detailsEnd < 0) throw notALog();
  return {
    source: 'stdout',
    timestamp: decoder.decode(bytes.subarray(0, timeEnd)),
    details:
      detailsEnd === timeEnd + 1 ? '' : decoder.decode(bytes.subarray(timeEnd + 1, detailsEnd)),
    text: bytes.subarray(detailsEnd + 1),
  };
}

function notALog(): ShoalError {
  return new ShoalError('engineRefused', 'the engine sent a log that cannot be read');
}

function brokenOff(): ShoalError {
  return new ShoalError('engineUnavailable', 'the connection to the engine broke');
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
