import type { Clock } from '../../common/ports/clock.ts';

/** After a stall so many ticks are made up for at most: what was not heard meanwhile may have come all the same. */
const ticksAtOnce = 2;

/**
 * Calls `tick` every `tickMs` until it says that no more are needed.
 * @param late hears by how many ticks this thread was late itself.
 * @throws the signal's reason once `signal` aborts.
 */
export async function runTicks(
  { clock, tickMs, signal }: { clock: Clock; tickMs: number; signal: AbortSignal },
  tick: () => boolean,
  late: (ticks: number) => void,
): Promise<void> {
  let lastMs = clock.nowMs();
  for (;;) {
    await clock.sleep(tickMs, signal);
    const nowMs = clock.nowMs();
    const lateTicks = Math.floor((nowMs - lastMs) / tickMs) - 1;
    if (lateTicks > 0) late(lateTicks);
    const count = Math.min(ticksAtOnce, Math.max(1, Math.floor((nowMs - lastMs) / tickMs)));
    lastMs = nowMs;
    for (let made = 0; made < count; made += 1) {
      if (!tick()) return;
    }
  }
}
