import type { Clock } from '../ports/clock.ts';

/** Longest delay that a Node timer takes; beyond it one would fire at once. */
const timerMsMax = 2_147_483_647;

/** `Clock` of this machine. */
export class NodeClock implements Clock {
  nowMs(): number {
    return performance.now();
  }

  wallMs(): number {
    return Date.now();
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    const endMs = this.nowMs() + durationMs;
    for (let leftMs = durationMs; ; leftMs = endMs - this.nowMs()) {
      await sleepOnce(Math.min(Math.max(leftMs, 0), timerMsMax), signal);
      if (leftMs <= timerMsMax) return;
    }
  }
}

async function sleepOnce(durationMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = callAfter(durationMs, resolve);
  const onAbort = (): void => {
    reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

/** A timer of 0 takes a millisecond, which long work in slices would wait for in vain after each. The result calls it off. */
function callAfter(durationMs: number, callback: () => void): () => void {
  if (durationMs === 0) {
    const turn = setImmediate(callback);
    return () => {
      clearImmediate(turn);
    };
  }
  const timer = setTimeout(callback, durationMs);
  return () => {
    clearTimeout(timer);
  };
}
