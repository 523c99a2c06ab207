import type { Clock } from '../ports/clock.ts';
import { ShoalError } from '../pure/errors.ts';

interface Deadline {
  readonly clock: Clock;
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` with a signal that aborts when `signal` does or after `durationMs`, and waits for it to end.
 *
 * `work` has to heed its signal: nothing is abandoned. The reason after the deadline is a `ShoalError` of code `timeout`.
 */
export async function withDeadline<T>(
  { clock, durationMs, signal }: Deadline,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const timer = new AbortController();
  const onAbort = (): void => {
    inner.abort(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const sleeping = expire({ clock, durationMs, signal: timer.signal }, inner);
  try {
    return await work(inner.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    timer.abort(finished);
    await sleeping;
  }
}

const finished = new Error('finished before the deadline');

async function expire(deadline: Deadline, target: AbortController): Promise<void> {
  try {
    await deadline.clock.sleep(deadline.durationMs, deadline.signal);
  } catch {
    return;
  }
  target.abort(new ShoalError('timeout', 'deadline passed'));
}
