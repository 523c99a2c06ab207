// A deadline ends the work's signal and waits for the work to heed it.
import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../../../common/run/deadline.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const never = new AbortController().signal;

describe('withDeadline', () => {
  it('gives the result of work that ends in time, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const result = await withDeadline({ clock, durationMs: 100, signal: never }, async () => 7);
    expect(result).toBe(7);
    expect(clock.nextDueMs()).toBeUndefined();
  });

  it('aborts late work with a timeout', async () => {
    const clock = new VirtualClock();
    const late = withDeadline({ clock, durationMs: 100, signal: never }, (signal) =>
      clock.sleep(1_000, signal),
    );
    const [outcome] = await Promise.all([
      late.catch((error: unknown) => error),
      clock.advance(100),
    ]);
    expect(outcome).toMatchObject({ code: 'timeout' });
  });

  it('aborts the work with the reason of the signal outside', async () => {
    const clock = new VirtualClock();
    const outer = new AbortController();
    const late = withDeadline({ clock, durationMs: 100, signal: outer.signal }, (signal) =>
      clock.sleep(1_000, signal),
    );
    outer.abort(new Error('enough'));
    await expect(late).rejects.toThrow('enough');
    expect(clock.nextDueMs()).toBeUndefined();
  });
});
