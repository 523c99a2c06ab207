// Shows what a test may rely on in the virtual clock: order, cancellation and that time moves only when told to.
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../lib/virtual-clock.ts';

describe('VirtualClock', () => {
  it('fires timers by deadline, equal ones in order of creation', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    for (const [name, delayMs] of [
      ['c', 30],
      ['a', 10],
      ['b1', 20],
      ['b2', 20],
    ] as const) {
      clock.schedule(delayMs, () => fired.push(`${name}@${clock.nowMs()}`));
    }
    await clock.advance(25);
    expect(fired).toEqual(['a@10', 'b1@20', 'b2@20']);
    expect(clock.nowMs()).toBe(25);
    await clock.advance(5);
    expect(fired.at(-1)).toBe('c@30');
  });

  it('lets what a timer woke run before the next timer', async () => {
    const clock = new VirtualClock();
    const signal = new AbortController().signal;
    const seen: number[] = [];
    const walk = async (): Promise<void> => {
      for (let step = 0; step < 3; step += 1) {
        await clock.sleep(10, signal);
        seen.push(clock.nowMs());
      }
    };
    const done = walk();
    await clock.advance(30);
    await done;
    expect(seen).toEqual([10, 20, 30]);
  });

  it('ends a sleep with the reason of its signal and forgets the timer', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(10, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.nextDueMs()).toBeUndefined();
  });

  it('keeps monotonic time when the wall clock is set', () => {
    const clock = new VirtualClock({ wallStartMs: 1000 });
    clock.shiftWall(-500);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([0, 500]);
  });

  it('keeps its order with thousands of timers', async () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    for (let index = 0; index < 2000; index += 1) {
      const delayMs = (index * 7919) % 1000;
      clock.schedule(delayMs, () => fired.push(delayMs));
    }
    while (await clock.step());
    expect(fired).toEqual(fired.toSorted((left, right) => left - right));
    expect(fired).toHaveLength(2000);
  });
});
