import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import type { Assignment } from '../../proto/gen/dispatcher.ts';
import { newTaskStatus, TaskState } from '../../proto/gen/objects.ts';
import type { TaskStatus } from '../../proto/gen/objects.ts';
import type { ContainerView, Executor } from '../executor/contract.ts';
import { stepTask } from '../task/step.ts';
import type { ActionFailure, StateChange } from '../task/step.ts';

/** How long a stop may take without a grace period of the spec, milliseconds (swarm mode's default). */
const defaultStopGraceMs = 10_000;

/** Wait before a look at an engine that did not answer is repeated, milliseconds. An engine event comes sooner as a rule. */
const engineRetryMs = 1_000;

export interface TaskRunnerParts {
  readonly executor: Executor;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes a new status: journal, report, endpoint view. */
  readonly report: (taskId: string, status: TaskStatus) => void;
}

/**
 * Drives one task to what is wanted, one step at a time.
 *
 * Level-triggered: `kick` says only that something may have changed; the runner looks, decides (`stepTask`), acts, and looks again. An action that
 * was begun for an older wish is ended when the wish turns to stopping.
 */
export class TaskRunner {
  readonly #parts: TaskRunnerParts;
  #assignment: Assignment;
  #status: TaskStatus;
  #failure: ActionFailure | undefined;
  #action: AbortController | undefined;
  #wake: (() => void) | undefined;
  #kicked = true;
  #removed = false;

  constructor(parts: TaskRunnerParts, assignment: Assignment, status: TaskStatus | undefined) {
    this.#parts = parts;
    this.#assignment = assignment;
    this.#status = status ?? newTaskStatus({ state: TaskState.assigned });
  }

  get assignment(): Assignment {
    return this.#assignment;
  }

  get status(): TaskStatus {
    return this.#status;
  }

  /** Something about the task may have changed. */
  kick(): void {
    this.#kicked = true;
    this.#wake?.();
  }

  /** Takes a newer assignment of the same task. */
  update(assignment: Assignment): void {
    const wasWanted = this.#assignment.desiredState <= TaskState.running;
    this.#assignment = assignment;
    if (wasWanted && assignment.desiredState > TaskState.running) {
      this.#action?.abort(new ShoalError('cancelled', 'the task is to stop'));
    }
    this.kick();
  }

  /** The manager forgot the task: its container goes, and the runner ends. */
  remove(): void {
    this.#removed = true;
    this.#action?.abort(new ShoalError('cancelled', 'the task was removed'));
    this.kick();
  }

  /** Runs until the task was removed, with its container, or `signal` aborts; the container is left as it is then. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => {
      this.#action?.abort(signal.reason);
      this.#wake?.();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        this.#kicked = false;
        if (await this.#turn(signal)) return;
        if (!this.#kicked && !signal.aborted) await this.#sleepUntilKicked();
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** One look and one step. True when the runner is done. */
  async #turn(signal: AbortSignal): Promise<boolean> {
    try {
      if (this.#removed) return await this.#removeContainer(signal);
      await this.#step(signal);
    } catch (error) {
      if (signal.aborted) return true;
      await this.#rest(error, signal);
    }
    return false;
  }

  async #step(signal: AbortSignal): Promise<void> {
    const taskId = this.#assignment.taskId;
    const container = await this.#parts.executor.inspect(taskId, signal);
    const step = stepTask({
      desired: this.#assignment.desiredState,
      state: this.#status.state,
      container,
      failure: this.#failure,
    });
    if (step.report !== undefined) this.#report(step.report, container);
    if (step.action === 'none') return;
    this.kick();
    await this.#act(step.action, signal);
  }

  async #act(action: 'prepare' | 'start' | 'stop', signal: AbortSignal): Promise<void> {
    const abort = new AbortController();
    this.#action = abort;
    if (signal.aborted) abort.abort(signal.reason);
    try {
      await this.#perform(action, abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return;
      if (!isRefusal(error)) throw error;
      this.#failure = { action, message: error.message };
    } finally {
      this.#action = undefined;
    }
  }

  async #perform(action: 'prepare' | 'start' | 'stop', signal: AbortSignal): Promise<void> {
    const { executor } = this.#parts;
    switch (action) {
      case 'prepare':
        await executor.prepare(this.#assignment, (message) => this.#progress(message), signal);
        return;
      case 'start':
        await executor.start(this.#assignment, signal);
        return;
      case 'stop':
        await executor.stop(this.#assignment.taskId, stopGraceMs(this.#assignment), signal);
    }
  }

  async #removeContainer(signal: AbortSignal): Promise<boolean> {
    const { taskId } = this.#assignment;
    const container = await this.#parts.executor.inspect(taskId, signal);
    if (container?.state === 'running')
      await this.#parts.executor.stop(taskId, stopGraceMs(this.#assignment), signal);
    await this.#parts.executor.remove(taskId, signal);
    return true;
  }

  /** The engine did not answer, or something unforeseen happened: the task's state is unknown, not failed. Look again later. */
  async #rest(error: unknown, signal: AbortSignal): Promise<void> {
    if (!isShoalError(error, 'engineUnavailable')) {
      this.#parts.log.at('warn', 'task step failed', { taskId: this.#assignment.taskId, error });
    }
    this.kick();
    await this.#parts.clock.sleep(engineRetryMs, signal).catch(() => undefined);
  }

  #progress(message: string): void {
    if (this.#status.message === message || this.#status.state >= TaskState.ready) return;
    this.#setStatus({ ...this.#status, message, timestampMs: this.#parts.clock.wallMs() });
  }

  #report(change: StateChange, container: ContainerView | undefined): void {
    this.#setStatus(
      newTaskStatus({
        state: change.state,
        timestampMs: this.#parts.clock.wallMs(),
        message: change.message,
        error: change.error,
        containerId: container?.containerId ?? this.#status.containerId,
        pid: container?.pid ?? 0,
        exitCode: container?.exitCode ?? this.#status.exitCode,
        ports: container?.ports ?? this.#status.ports,
        localRestarts: this.#status.localRestarts,
      }),
    );
  }

  #setStatus(status: TaskStatus): void {
    this.#status = status;
    this.#parts.report(this.#assignment.taskId, status);
  }

  #sleepUntilKicked(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/** Failures that say something of the task; all others say something of the engine or of us. */
function isRefusal(error: unknown): error is ShoalError {
  return (
    isShoalError(error) &&
    (error.code === 'engineRefused' ||
      error.code === 'notFound' ||
      error.code === 'invalidArgument' ||
      error.code === 'timeout')
  );
}

function stopGraceMs(assignment: Assignment): number {
  const graceNs = assignment.spec?.container?.stopGracePeriodNs;
  return graceNs === undefined ? defaultStopGraceMs : Math.ceil(graceNs / 1e6);
}
