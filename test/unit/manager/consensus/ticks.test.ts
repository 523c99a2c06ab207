// Shows that a thread which was late makes up for few ticks only, and tells by how many it was late: on a clock that wakes when the test says.
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../../common/ports/clock.ts';
import { runTicks } from '../../../../manager/consensus/ticks.ts';

const tickMs = 50;

/** Wakes each sleeper so late as it is told, in order. */
function lateClock(latenesses: readonly number[]): Clock {
  let nowMs = 0;
  const rest = [...latenesses];
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    sleep: (durationMs) => {
      nowMs += durationMs + (rest.shift() ?? 0);
      return Promise.resolve();
    },
  };
}

/** How many ticks each wake-up made, and what was told of its lateness, until the list of wake-ups is over. */
async function heardOf(latenesses: readonly number[]): Promise<{ ticks: number; late: number[] }> {
  const clock = lateClock(latenesses);
  const endMs = latenesses.reduce((sum, lateMs) => sum + tickMs + lateMs, 0);
  const late: number[] = [];
  let ticks = 0;
  const signal = new AbortController().signal;
  const tick = (): boolean => {
    ticks += 1;
    return clock.nowMs() < endMs;
  };
  await runTicks({ clock, tickMs, signal }, tick, (count) => late.push(count));
  return { ticks, late };
}

describe('runTicks', () => {
  it('ticks once a tick, and says nothing of a little lateness', async () => {
    expect(await heardOf([0, 3, 20, 0, 0])).toEqual({ ticks: 5, late: [] });
  });

  it('makes up for one tick after a stall of many, and tells how many it was', async () => {
    expect(await heardOf([0, 50, 0])).toEqual({ ticks: 4, late: [1] });
    expect(await heardOf([0, 3000, 0])).toEqual({ ticks: 4, late: [60] });
  });
});
