import { limits } from '../../pure/limits.ts';
import { ShoalError } from '../../pure/errors.ts';
import { parseEngineJson } from './parse.ts';

/**
 * The JSON values of a stream, one a line. Ends where the stream ends; blank lines are skipped.
 * @throws ShoalError `engineRefused` for a line beyond `limits.engineLineLength` or one that is not JSON.
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > limits.engineLineLength) {
      throw new ShoalError('engineRefused', 'the engine sent a line beyond the limit');
    }
    for (const line of lines) {
      if (line.trim() !== '') yield parseEngineJson(line);
    }
  }
  if (rest.trim() !== '') yield parseEngineJson(rest);
}
