// Docker's multiplexed stream of logs comes apart into its frames, however it is cut, and what is none is refused.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { LogFrames } from '../../../../common/pure/log-frames.ts';
import { logFrame } from '../../../lib/cli-objects.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('frames come out whole, however their bytes are cut', () => {
  const frame = fc.tuple(fc.constantFrom(1, 2, 3), fc.string({ maxLength: 40 }));
  const cuts = fc.array(fc.nat({ max: 600 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), cuts, (frames, at) => {
      const bytes = Buffer.concat(frames.map(([source, line]) => logFrame(line, source)));
      const ends = [0, ...at.filter((cut) => cut < bytes.length), bytes.length].toSorted(
        (left, right) => left - right,
      );
      const cutter = new LogFrames(1000);
      const found = ends
        .slice(1)
        .flatMap((end, index) => cutter.push(bytes.subarray(ends[index], end)) ?? []);
      expect(cutter.isWhole).toBe(true);
      const names = ['', 'stdout', 'stderr', 'failure'];
      expect(found.map(({ source, bytes: line }) => [names.indexOf(source), text(line)])).toEqual(
        frames,
      );
    }),
  );
});

test('a stream is not whole within a head or a frame', () => {
  for (const length of [1, 7, 8, 10]) {
    const cutter = new LogFrames(1000);
    expect(cutter.push(logFrame('hello').subarray(0, length))).toEqual([]);
    expect(cutter.isWhole).toBe(false);
  }
});

test('what is no frame, or too long a one, is refused before it is gathered', () => {
  expect(new LogFrames(1000).push(Buffer.from('<html><body>'))).toBeUndefined();
  expect(new LogFrames(1000).push(Buffer.from([1, 0, 1, 0, 0, 0, 0, 1]))).toBeUndefined();
  expect(new LogFrames(100).push(logFrame('x'.repeat(101)).subarray(0, 8))).toBeUndefined();
});
