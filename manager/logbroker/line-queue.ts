import type { Clock } from '../../common/ports/clock.ts';
import { limits } from '../../common/pure/limits.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { LogVerdict } from '../../proto/gen/logs.ts';
import type { LogLine } from '../../proto/gen/logs.ts';
import type { TaskRead } from './task-read.ts';

/** Lines of one log, as they came together. */
export interface LineBatch {
  readonly read: TaskRead;
  readonly lines: readonly LogLine[];
}

/** What a line costs beside its text. */
const lineAllowanceBytes = 64;

/**
 * Lines that wait for one reader. Whoever finds it full waits for room with empty hands before it comes again, so that the queue holds no
 * more than its limit and one batch.
 */
export class LineQueue<Batch extends LineBatch = LineBatch> {
  readonly #batches: Batch[] = [];
  readonly #waiters = new Set<() => void>();
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= limits.logQueueBytes;
  }

  push(batch: Batch): void {
    this.#batches.push(batch);
    this.#bytes += bytesOf(batch);
  }

  /** The next batch. Those that wait for room hear of it when half of the queue is free. */
  take(): Batch | undefined {
    const batch = this.#batches.shift();
    if (batch !== undefined) this.#bytes -= bytesOf(batch);
    if (this.#bytes <= limits.logQueueBytes / 2) this.release();
    return batch;
  }

  /** Resolves when there is room, `signal` aborts, or all are let go: look at `isFull`. */
  async room(signal: AbortSignal): Promise<void> {
    if (!this.isFull || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      resolve();
    };
    this.#waiters.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await promise;
    this.#waiters.delete(wake);
    signal.removeEventListener('abort', wake);
  }

  /** Waits for room for a while: what to say to who has lines. @throws the reason of `signal` when it had aborted before */
  async awaitRoom(clock: Clock, signal: AbortSignal): Promise<LogVerdict> {
    const deadline = { clock, durationMs: limits.logRoomMs, signal };
    await withDeadline(deadline, (inner) => this.room(inner));
    return this.isFull ? LogVerdict.later : LogVerdict.accepted;
  }

  /** Lets go of all that wait for room. */
  release(): void {
    for (const wake of this.#waiters) wake();
  }
}

function bytesOf({ lines }: LineBatch): number {
  return lines.reduce(
    (sum, { text, details }) => sum + text.length + details.length + lineAllowanceBytes,
    0,
  );
}
