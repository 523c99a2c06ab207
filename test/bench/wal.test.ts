// Runs the bench of the log once, briefly; `SHOAL_BENCH=full` runs it at full length. Only a collapse fails here: the disk
// under the tests is shared.
import { describe, expect, it } from 'vitest';
import { measureWal } from './wal.ts';

const isFull = process.env['SHOAL_BENCH'] === 'full';

describe('the log against a bare write + fdatasync loop', () => {
  it.each([1, 16, 256])('with %i writers', async (writers) => {
    const { bare, log, thread } = await measureWal(writers, isFull ? 5000 : 250);
    const ratio = (value: number): string => (value / bare).toFixed(2);
    console.log(
      `${writers} writers: bare ${bare.toFixed(0)}/s, log ${ratio(log)}, through the thread ${ratio(thread)}`,
    );
    expect(log).toBeGreaterThan(bare / 50);
    expect(thread).toBeGreaterThan(bare / 100);
  });
});
