import { isShoalError } from '../../common/pure/errors.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { TaskStatus } from '../../proto/gen/objects.ts';
import { newReportStatusRequest, newTaskReport } from '../../proto/gen/dispatcher.ts';
import type { DispatcherClient } from '../../proto/rpc/dispatcher.ts';

/** Statuses in one report. */
const reportTasksMax = 256;
/** How long one report may take, milliseconds. */
const reportDeadlineMs = 10_000;
/** Wait after a report that failed, milliseconds. */
const reportRetryMs = 250;

/**
 * Carries statuses to the manager: the latest of each task, again until it was acknowledged after commit.
 *
 * One report is in flight at a time; what changes meanwhile makes up the next, so a busy node sends few and full ones.
 */
export class Reporter {
  readonly #waiting = new Map<string, TaskStatus>();
  #wake: (() => void) | undefined;

  /** Queues a status in place of an older one of the same task. */
  push(taskId: string, status: TaskStatus): void {
    this.#waiting.set(taskId, status);
    this.#wake?.();
  }

  /** Forgets what was not yet told of a task that is gone. */
  drop(taskId: string): void {
    this.#waiting.delete(taskId);
  }

  /** Sends until `signal` aborts. `unknown` gets the tasks that the manager does not know. */
  async run(parts: ReporterRun, signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#wake?.();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        if (this.#waiting.size === 0) await this.#untilPushed();
        else await this.#sendOne(parts, signal);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #sendOne(parts: ReporterRun, signal: AbortSignal): Promise<void> {
    const batch = [...this.#waiting].slice(0, reportTasksMax);
    const request = newReportStatusRequest({
      sessionId: parts.sessionId,
      reports: batch.map(([taskId, status]) => newTaskReport({ taskId, status })),
    });
    try {
      const response = await parts.client.reportStatus(request, {
        signal,
        deadlineMs: reportDeadlineMs,
      });
      this.#acknowledge(batch);
      for (const taskId of response.unknownTasks) parts.unknown(taskId);
    } catch (error) {
      if (signal.aborted) return;
      if (!isShoalError(error)) throw error;
      await parts.clock.sleep(reportRetryMs, signal).catch(() => undefined);
    }
  }

  /** Drops what was told, unless something newer took its place meanwhile. */
  #acknowledge(batch: readonly (readonly [string, TaskStatus])[]): void {
    for (const [taskId, status] of batch) {
      if (this.#waiting.get(taskId) === status) this.#waiting.delete(taskId);
    }
  }

  #untilPushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

export interface ReporterRun {
  readonly client: DispatcherClient;
  readonly sessionId: string;
  readonly clock: Clock;
  readonly unknown: (taskId: string) => void;
}
