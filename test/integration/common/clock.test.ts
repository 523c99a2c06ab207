// Shows that a sleep on the machine's clock ends by time or by its signal, and leaves no listener behind either way.
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { NodeClock } from '../../../common/platform/clock.ts';

describe('NodeClock', () => {
  it('sleeps for the time and removes its abort listener', async () => {
    const clock = new NodeClock();
    const { signal } = new AbortController();
    const startMs = clock.nowMs();
    await clock.sleep(20, signal);
    expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(19);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('throws the reason of its signal, before and during the sleep', async () => {
    const clock = new NodeClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(60_000, controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(clock.sleep(1, controller.signal)).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});
