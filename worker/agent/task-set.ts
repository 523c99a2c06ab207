import { isShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { TaskGroup } from '../../common/run/task-group.ts';
import { Turns } from '../../common/run/turns.ts';
import type { Assignment, TaskReport } from '../../proto/gen/dispatcher.ts';
import type { TaskStatus } from '../../proto/gen/objects.ts';
import type { Executor, ExecutorEvent } from '../executor/contract.ts';
import { TaskRunner } from './task-runner.ts';

/** Wait before removing orphans is tried again after the engine failed, milliseconds. */
const orphanRetryMs = 2_000;

export interface TaskSetParts {
  readonly executor: Executor;
  /** Resolves when no connection from outside to the task is open. @throws ShoalError when that cannot be known */
  readonly drained: (taskId: string, signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly group: TaskGroup;
  readonly report: (taskId: string, status: TaskStatus) => void;
  /** A task and its container are gone. */
  readonly forget: (taskId: string) => void;
}

/** The tasks of this node: one runner each, fed by assignments and by engine events. */
export class TaskSet {
  readonly #parts: TaskSetParts;
  readonly #launches: Turns;
  readonly #removals: Turns;
  readonly #runners = new Map<string, TaskRunner>();
  #isRemovingOrphans = false;
  /** There may be orphans that the look under way does not see. */
  #looksAgain = false;
  /** True once the manager has said everything: a container of no task here is nobody's. */
  #knowsAll = false;

  constructor(parts: TaskSetParts) {
    this.#parts = parts;
    const turns = { clock: parts.clock, turnMs: limits.engineTurnMs };
    this.#launches = new Turns({ ...turns, width: limits.launchTurns });
    this.#removals = new Turns({ ...turns, width: limits.removalTurns });
  }

  /** Statuses of all tasks, as last reported. */
  *reports(): Iterable<TaskReport> {
    for (const [taskId, runner] of this.#runners) yield { taskId, status: runner.status };
  }

  assign(assignment: Assignment, status: TaskStatus | undefined): void {
    const known = this.#runners.get(assignment.taskId);
    if (known !== undefined) {
      known.update(assignment);
      return;
    }
    const turns = { launches: this.#launches, removals: this.#removals };
    const runner = new TaskRunner({ ...this.#parts, ...turns }, assignment, status);
    this.#runners.set(assignment.taskId, runner);
    this.#parts.group.spawn(`task ${assignment.taskId}`, (signal) => this.#run(runner, signal));
  }

  remove(taskId: string): void {
    this.#runners.get(taskId)?.remove();
  }

  /** Removes every task that `keep` does not hold. */
  removeOthers(keep: ReadonlySet<string>): void {
    for (const [taskId, runner] of this.#runners) if (!keep.has(taskId)) runner.remove();
  }

  handle(event: ExecutorEvent): void {
    if (event.kind !== 'container') {
      for (const runner of this.#runners.values()) runner.kick();
      return;
    }
    const runner = this.#runners.get(event.taskId);
    if (runner !== undefined) runner.kick();
    else if (this.#knowsAll) this.#removeStray(event.taskId);
  }

  /** A container may come late, of a call that nobody waits for any more: when its task is gone, so is who would remove it. */
  #removeStray(taskId: string): void {
    const { executor } = this.#parts;
    this.#parts.group.spawn('stray container', async (signal) => {
      try {
        const container = await executor.inspect(taskId, signal);
        if (container === undefined || this.#runners.has(taskId)) return;
      } catch (error) {
        if (!isShoalError(error)) throw error;
      }
      if (!signal.aborted) this.removeOrphans();
    });
  }

  /** Removes containers of this node whose task nobody knows, in the background. Called once the manager has said everything. */
  removeOrphans(): void {
    this.#knowsAll = true;
    this.#looksAgain = true;
    if (this.#isRemovingOrphans) return;
    this.#isRemovingOrphans = true;
    this.#parts.group.spawn('orphans', async (signal) => {
      while (!signal.aborted && this.#looksAgain) {
        this.#looksAgain = false;
        if (await this.#removedAllOrphans(signal)) continue;
        this.#looksAgain = true;
        await this.#parts.clock.sleep(orphanRetryMs, signal).catch(() => undefined);
      }
      this.#isRemovingOrphans = false;
    });
  }

  /** False when some are left: look again later. */
  async #removedAllOrphans(signal: AbortSignal): Promise<boolean> {
    const { executor, log } = this.#parts;
    let areGone = true;
    try {
      for (const { taskId } of await executor.list(signal)) {
        if (this.#runners.has(taskId)) continue;
        log.at('info', 'removing a container without a task', { taskId });
        if (!(await this.#removedOrphan(taskId, signal))) areGone = false;
      }
      return areGone;
    } catch (error) {
      if (!isShoalError(error)) throw error;
      return false;
    }
  }

  async #removedOrphan(taskId: string, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#parts.executor.remove(taskId, signal);
      return true;
    } catch (error) {
      if (!isShoalError(error)) throw error;
      this.#parts.log.at('debug', 'container without a task stays', { taskId, error });
      return false;
    }
  }

  async #run(runner: TaskRunner, signal: AbortSignal): Promise<void> {
    await runner.run(signal);
    if (signal.aborted) return;
    this.#runners.delete(runner.assignment.taskId);
    this.#parts.forget(runner.assignment.taskId);
  }
}
