import { isShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Clock } from '../../common/ports/clock.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import type { TaskStatus } from '../../proto/gen/objects.ts';
import {
  encodeTaskReport,
  newReportStatusRequest,
  newTaskReport,
} from '../../proto/gen/dispatcher.ts';
import type { TaskReport } from '../../proto/gen/dispatcher.ts';
import type { DispatcherClient } from '../../proto/rpc/dispatcher.ts';

/** Statuses in one report. */
const reportTasksMax = 256;
/** How long one report may take, milliseconds: longer than the manager waits for a commit. */
const reportDeadlineMs = 25_000;
/** Wait after a report that failed, milliseconds. */
const reportRetryMs = 250;

export interface ReporterRun {
  readonly client: DispatcherClient;
  readonly sessionId: string;
  readonly clock: Clock;
  /** Gets the tasks that the manager does not know. */
  readonly unknown: (taskId: string) => void;
}

/**
 * Carries statuses to the manager: the latest of each task, again until it was acknowledged after commit.
 *
 * One report is in flight at a time; what changes meanwhile makes up the next, so a busy node sends few and full ones.
 */
export class Reporter {
  readonly #waiting = new Map<string, TaskStatus>();
  readonly #pushed = new Wakeup();

  /** Queues a status in place of an older one of the same task. */
  push(taskId: string, status: TaskStatus): void {
    this.#waiting.set(taskId, status);
    this.#pushed.notify();
  }

  /** Forgets what was not yet told of a task that is gone. */
  drop(taskId: string): void {
    this.#waiting.delete(taskId);
  }

  /** Sends until `signal` aborts. @throws ShoalError `notFound` when the manager does not know the session */
  async run(parts: ReporterRun, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#waiting.size === 0) await this.#pushed.wait(signal);
      else await this.#sendOne(parts, signal);
    }
  }

  async #sendOne(parts: ReporterRun, signal: AbortSignal): Promise<void> {
    const reports = this.#nextBatch();
    const request = newReportStatusRequest({ sessionId: parts.sessionId, reports });
    try {
      const options = { signal, deadlineMs: reportDeadlineMs };
      const response = await parts.client.reportStatus(request, options);
      this.#acknowledge(reports);
      for (const taskId of response.unknownTasks) parts.unknown(taskId);
    } catch (error) {
      if (signal.aborted) return;
      if (!isShoalError(error) || error.code === 'notFound') throw error;
      await parts.clock.sleep(reportRetryMs, signal).catch(() => undefined);
    }
  }

  /** The longest-waiting statuses that fit one message. */
  #nextBatch(): TaskReport[] {
    const batch: TaskReport[] = [];
    let bytes = 0;
    for (const [taskId, status] of this.#waiting) {
      const report = newTaskReport({ taskId, status });
      bytes += encodeTaskReport(report).length;
      if (batch.length > 0 && bytes > limits.rpcBatchBytes) break;
      batch.push(report);
      if (batch.length === reportTasksMax) break;
    }
    return batch;
  }

  /** Drops what was told, unless something newer took its place meanwhile. */
  #acknowledge(reports: readonly TaskReport[]): void {
    for (const { taskId, status } of reports) {
      if (this.#waiting.get(taskId) === status) this.#waiting.delete(taskId);
    }
  }
}
