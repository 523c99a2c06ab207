import type { ContainerLogLine } from '../../ports/engine-api.ts';
import { concatBytes } from '../../pure/bytes.ts';
import { ShoalError } from '../../pure/errors.ts';
import { limits } from '../../pure/limits.ts';
import { type LogFrame, LogFrames } from '../../pure/log-frames.ts';

const space = 0x20;
const newline = 0x0a;
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
  const cutter = new LogFrames(limits.engineLogPieceBytes);
  for await (const chunk of chunks) {
    const frames = cutter.push(chunk);
    if (frames === undefined) throw notALog();
    const failed = frames.findIndex(({ source }) => source === 'failure');
    const lines = (failed < 0 ? frames : frames.slice(0, failed)).map(frameLine);
    if (lines.length > 0) yield lines;
    const failure = frames[failed];
    if (failure === undefined) continue;
    throw new ShoalError('engineRefused', decoder.decode(failure.bytes).trim());
  }
  if (!cutter.isWhole) throw brokenOff();
}

function frameLine({ source, bytes }: LogFrame): ContainerLogLine {
  const line = parseLine(bytes);
  return source === 'stderr' ? { ...line, source } : line;
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
