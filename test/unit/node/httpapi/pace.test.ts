// Few pass at once; many are spaced out; nobody waits for too long.
import { describe, expect, it } from 'vitest';
import { Pace } from '../../../../node/httpapi/pace.ts';
import { VirtualClock } from '../../../lib/virtual-clock.ts';

const never = new AbortController().signal;

/** Times at which `count` that come at once pass, in milliseconds. */
async function passed(clock: VirtualClock, pace: Pace, count: number): Promise<number[]> {
  const times: number[] = [];
  const startMs = clock.nowMs();
  const all = Array.from({ length: count }, async () => {
    await pace.pass(never);
    times.push(clock.nowMs() - startMs);
  });
  await clock.advance(10_000);
  await Promise.all(all);
  return times;
}

describe('Pace', () => {
  it('lets as many as one second may have pass at once, and spaces out the rest', async () => {
    const clock = new VirtualClock();
    const pace = new Pace({ clock, perSecond: 10, waitMsMax: 5_000 });
    const times = await passed(clock, pace, 14);
    expect(times.filter((time) => time === 0)).toHaveLength(11);
    expect(times.slice(11)).toEqual([100, 200, 300]);
  });

  it('lets those through together whose time is nearly the same', async () => {
    const clock = new VirtualClock();
    const pace = new Pace({ clock, perSecond: 50, waitMsMax: 5_000 });
    await passed(clock, pace, 50);
    const times = await passed(clock, pace, 66);
    const counts = [0, 100, 200, 300].map((at) => times.filter((time) => time === at).length);
    expect(counts).toEqual([55, 5, 5, 1]);
  });

  it('lets nobody wait longer than its limit, however many come', async () => {
    const clock = new VirtualClock();
    const pace = new Pace({ clock, perSecond: 10, waitMsMax: 500 });
    const times = await passed(clock, pace, 1_000);
    expect(Math.max(...times)).toBe(500);
    expect(await passed(clock, pace, 5)).toEqual([0, 0, 0, 0, 0]);
  });

  it('lets go of one who gives up', async () => {
    const clock = new VirtualClock();
    const pace = new Pace({ clock, perSecond: 1, waitMsMax: 5_000 });
    await pace.pass(never);
    await pace.pass(never);
    const life = new AbortController();
    const waiting = pace.pass(life.signal);
    life.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
  });
});
