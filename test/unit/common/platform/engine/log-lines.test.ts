// Takes an engine's streams of logs apart, cut into pieces in every way.
import { describe, expect, test } from 'vitest';
import { containerLogLines } from '../../../../../common/platform/engine/log-lines.ts';
import { concatBytes } from '../../../../../common/pure/bytes.ts';
import { limits } from '../../../../../common/pure/limits.ts';
import { decodeUtf8, encodeUtf8 } from '../../../../../common/pure/utf8.ts';

const time = '2026-01-01T00:00:01.500000000Z';

function frame(source: number, text: string): Uint8Array {
  const body = encodeUtf8(text);
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  view.setUint8(0, source);
  view.setUint32(4, body.length);
  return concatBytes([header, body]);
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** Each line as `source timestamp|details|text`. */
async function read(bytes: Uint8Array, tty: boolean, size = 65_536): Promise<string[]> {
  const lines: string[] = [];
  for await (const together of containerLogLines(pieces(bytes, size), tty)) {
    for (const { source, timestamp, details, text } of together)
      lines.push(`${source} ${timestamp}|${details}|${decodeUtf8(text)}`);
  }
  return lines;
}

describe('frames', () => {
  const stream = concatBytes([
    frame(1, `${time}  hello world\n`),
    frame(2, `${time} a=b,c=d oops\n`),
    frame(1, `${time}  \n`),
  ]);
  const lines = [
    `stdout ${time}||hello world\n`,
    `stderr ${time}|a=b,c=d|oops\n`,
    `stdout ${time}||\n`,
  ];

  test('become lines wherever the stream is cut', async () => {
    for (const size of [1, 2, 7, 8, 9, 40, 1000])
      expect(await read(stream, false, size)).toEqual(lines);
  });

  test('that stop in the middle are a broken connection', async () => {
    await expect(read(stream.slice(0, -1), false)).rejects.toMatchObject({
      code: 'engineUnavailable',
    });
    await expect(read(stream.slice(0, 5), false)).rejects.toMatchObject({
      code: 'engineUnavailable',
    });
  });

  test('that are none, or too long, are refused', async () => {
    for (const bad of [
      encodeUtf8('<html>......'),
      frame(1, 'x'.repeat(limits.engineLogPieceBytes + 1)),
      frame(1, 'no time'),
    ]) {
      await expect(read(bad, false)).rejects.toMatchObject({ code: 'engineRefused' });
    }
  });

  test('in which the engine complains are its error', async () => {
    const complaint = frame(3, 'Error grabbing logs: disk is gone\n');
    await expect(read(complaint, false)).rejects.toMatchObject({
      code: 'engineRefused',
      message: 'Error grabbing logs: disk is gone',
    });
  });
});

describe('the output of a terminal', () => {
  test('is cut into its lines wherever the stream is cut', async () => {
    const stream = encodeUtf8(`${time}  one two\r\n${time} a=b \r\n${time}  prompt$`);
    for (const size of [1, 3, 31, 32, 33, 1000]) {
      expect(await read(stream, true, size)).toEqual([
        `stdout ${time}||one two\r\n`,
        `stdout ${time}|a=b|\r\n`,
        `stdout ${time}||prompt$`,
      ]);
    }
  });

  test('has long lines in the pieces that the engine made of them', async () => {
    const cut = 'x'.repeat(16_384);
    const stream = encodeUtf8(`${time}  ${cut}${time}  ${cut}${time}  end\r\n${time}  next\r\n`);
    for (const size of [1000, 16_383, 16_450, 65_536]) {
      const lines = await read(stream, true, size);
      expect(lines.map((line) => line.length)).toEqual(
        [cut, cut, 'end\r\n', 'next\r\n'].map((text) => `stdout ${time}||${text}`.length),
      );
    }
  });

  test('that never ends a line is refused at a limit', async () => {
    const stream = encodeUtf8(`${time}  ${'x'.repeat(limits.engineLogPieceBytes)}`);
    await expect(read(stream, true)).rejects.toMatchObject({ code: 'engineRefused' });
  });
});
