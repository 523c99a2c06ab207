import type { Clock } from '../../common/ports/clock.ts';

/** After a stall so many ticks are made up for at most: what was not heard meanwhile may have come all the same. */
const ticksAtOnce = 2;

/** Calls `tick` every `tickMs` until it says that no more are needed. @throws the signal's reason once `signal` aborts. */
export async function runTicks(
  { clock, tickMs, signal }: { clock: Clock; tickMs: number; signal: AbortSignal },
  tick: () => boolean,
): Promise<void> {
  let lastMs = clock.nowMs();
  for (;;) {
    await clock.sleep(tickMs, signal);
    const nowMs = clock.nowMs();
    const count = Math.min(ticksAtOnce, Math.max(1, Math.floor((nowMs - lastMs) / tickMs)));
    lastMs = nowMs;
    for (let made = 0; made < count; made += 1) {
      if (!tick()) return;
    }
  }
}
