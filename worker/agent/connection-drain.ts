import { isShoalError } from '../../common/pure/errors.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import { TaskGroup } from '../../common/run/task-group.ts';
import type { Wakeup } from '../../common/run/wakeup.ts';

export interface ConnectionDrainParts {
  /** Resolves when no connection from outside to the task is open. @throws ShoalError when that cannot be known */
  readonly drained: (taskId: string, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** Something about the task may have changed. */
  readonly kicked: Wakeup;
}

/** Gives the connections of one task that is to stop the time to end. */
export class ConnectionDrain {
  readonly #parts: ConnectionDrainParts;
  readonly #taskId: string;
  #endsAtMs: number | undefined;
  #isOver = false;

  constructor(parts: ConnectionDrainParts, taskId: string) {
    this.#parts = parts;
    this.#taskId = taskId;
  }

  /**
   * Waits until no connection is open, but not longer than `graceMs` from the first call on.
   *
   * @returns true when the task may be stopped; false when something changed first, or `signal` aborted: look again.
   */
  async wait(graceMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#isOver) return true;
    const { clock, kicked } = this.#parts;
    this.#endsAtMs ??= clock.nowMs() + graceMs;
    const remainingMs = this.#endsAtMs - clock.nowMs();
    await using group = new TaskGroup(signal);
    const whenFirst = (name: string, job: (inner: AbortSignal) => Promise<void>): void => {
      group.spawn(name, async (inner) => {
        await job(inner);
        group.abort();
      });
    };
    whenFirst('connections', (inner) => this.#untilDrained(inner));
    whenFirst('grace', (inner) => this.#untilGraceEnds(remainingMs, inner));
    whenFirst('kick', (inner) => kicked.wait(inner));
    await group.settle();
    return this.#isOver;
  }

  /** Where nobody knows of connections there is nothing to wait for. */
  async #untilDrained(signal: AbortSignal): Promise<void> {
    try {
      await this.#parts.drained(this.#taskId, signal);
    } catch (error) {
      if (signal.aborted || !isShoalError(error)) throw error;
      this.#parts.log.at('warn', 'open connections of a task cannot be known', {
        taskId: this.#taskId,
        error,
      });
    }
    this.#isOver = true;
  }

  async #untilGraceEnds(remainingMs: number, signal: AbortSignal): Promise<void> {
    await this.#parts.clock.sleep(remainingMs, signal);
    this.#parts.log.at('info', 'connections of a task outlast its grace period', {
      taskId: this.#taskId,
    });
    this.#isOver = true;
  }
}
