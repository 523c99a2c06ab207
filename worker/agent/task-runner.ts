import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { limits } from '../../common/pure/limits.ts';
import type { Clock } from '../../common/ports/clock.ts';
import type { Log } from '../../common/ports/log.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import type { Turn, Turns } from '../../common/run/turns.ts';
import { Wakeup } from '../../common/run/wakeup.ts';
import type { Assignment } from '../../proto/gen/dispatcher.ts';
import { newTaskStatus, TaskState } from '../../proto/gen/objects.ts';
import type { TaskStatus } from '../../proto/gen/objects.ts';
import type { ContainerView, Executor } from '../executor/contract.ts';
import { ConnectionDrain } from './connection-drain.ts';
import { stepTask } from '../task/step.ts';
import type { ActionFailure, StateChange } from '../task/step.ts';

/** How long a stop may take without a grace period of the spec, milliseconds (swarm mode's default). */
const defaultStopGraceMs = 10_000;

/** Wait before a look at an engine that did not answer is repeated, milliseconds. An engine event comes sooner as a rule. */
const engineRetryMs = 1_000;

export interface TaskRunnerParts {
  readonly executor: Executor;
  /** Resolves when no connection from outside to the task is open. @throws ShoalError when that cannot be known */
  readonly drained: (taskId: string, signal: AbortSignal) => Promise<void>;
  /** For creating and starting a container, one after the other. */
  readonly launches: Turns;
  /** For removing one. */
  readonly removals: Turns;
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
  readonly #kicked = new Wakeup();
  #isRemoved = false;
  /** Held from before the container is made until it has started, or waits for something else. */
  #launch: Turn | undefined;
  readonly #drain: ConnectionDrain;
  /** What the engine said when it failed last: logged when it changes. */
  #trouble = '';

  constructor(parts: TaskRunnerParts, assignment: Assignment, status: TaskStatus | undefined) {
    this.#parts = parts;
    this.#assignment = assignment;
    this.#status = status ?? newTaskStatus({ state: TaskState.assigned });
    this.#drain = new ConnectionDrain({ ...parts, kicked: this.#kicked }, assignment.taskId);
  }

  get assignment(): Assignment {
    return this.#assignment;
  }

  get status(): TaskStatus {
    return this.#status;
  }

  /** Something about the task may have changed. */
  kick(): void {
    this.#kicked.notify();
  }

  /** Takes a newer assignment of the same task. What is to stop never starts again, whoever says it: a new leader may not know yet. */
  update(assignment: Assignment): void {
    const before = this.#assignment.desiredState;
    const wasWanted = before <= TaskState.running;
    const isForward = wasWanted || assignment.desiredState >= before;
    const desiredState = isForward ? assignment.desiredState : before;
    this.#assignment = { ...assignment, desiredState };
    if (wasWanted && assignment.desiredState > TaskState.running) {
      this.#action?.abort(new ShoalError('cancelled', 'the task is to stop'));
    }
    this.kick();
  }

  /** The manager forgot the task: its container goes, without waiting for connections, and the runner ends. */
  remove(): void {
    if (this.#isRemoved) return;
    this.#isRemoved = true;
    this.#action?.abort(new ShoalError('cancelled', 'the task was removed'));
    this.kick();
  }

  /** Runs until the task was removed, with its container, or `signal` aborts; the container is left as it is then. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => {
      this.#action?.abort(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.kick();
    try {
      for (;;) {
        await this.#kicked.wait(signal);
        if (signal.aborted || (await this.#turn(signal))) return;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#endLaunch();
    }
  }

  /** One look and one step. True when the runner is done. */
  async #turn(signal: AbortSignal): Promise<boolean> {
    try {
      if (this.#isRemoved) return await this.#removeContainer(signal);
      await this.#step(signal);
      this.#trouble = '';
      return false;
    } catch (error) {
      if (signal.aborted) return true;
      if (!isShoalError(error)) throw error;
      this.#endLaunch();
      await this.#rest(error, signal);
      return false;
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    const taskId = this.#assignment.taskId;
    const container = await this.#parts.executor.inspect(taskId, signal);
    if (this.#isRemoved) return;
    const step = stepTask({
      desired: this.#assignment.desiredState,
      state: this.#status.state,
      container,
      failure: this.#failure,
      lostAddresses: lostAddresses(this.#assignment, container),
    });
    if (step.action !== 'start') this.#endLaunch();
    if (step.report !== undefined) this.#report(step.report, container);
    if (step.action === 'none') return;
    if (step.action === 'stop' && !(await this.#mayStop(signal))) return;
    await this.#act(step.action, signal);
    this.kick();
  }

  /** A task that serves published ports is not stopped before its connections had their time. False: look again. */
  async #mayStop(signal: AbortSignal): Promise<boolean> {
    const { networks, desiredState } = this.#assignment;
    const isServing = this.#status.state === TaskState.running && desiredState > TaskState.running;
    if (!isServing || !networks.some(({ ingress }) => ingress)) return true;
    if (await this.#drain.wait(stopGraceMs(this.#assignment), signal)) return true;
    this.kick();
    return false;
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
        await this.#prepare(signal);
        return;
      case 'start':
        await this.#start(signal);
        return;
      case 'stop':
        await executor.stop(this.#assignment.taskId, stopGraceMs(this.#assignment), signal);
    }
  }

  /** Only the pull, which may take long and waits for others, takes no turn. */
  async #prepare(signal: AbortSignal): Promise<void> {
    const { executor, launches } = this.#parts;
    const tell = (message: string): void => {
      this.#progress(message);
    };
    await executor.pull(this.#assignment, tell, signal);
    this.#progress('preparing');
    this.#launch = await launches.take(signal);
    signal.throwIfAborted();
    await executor.prepare(this.#assignment, tell, signal);
  }

  /** A container that is made already goes before those that are not: so as many as can run soon. */
  async #start(signal: AbortSignal): Promise<void> {
    const { executor, launches } = this.#parts;
    this.#launch ??= await launches.take(signal, true);
    try {
      signal.throwIfAborted();
      await executor.start(this.#assignment, signal);
    } finally {
      this.#endLaunch();
    }
  }

  #endLaunch(): void {
    this.#launch?.end();
    this.#launch = undefined;
  }

  async #removeContainer(signal: AbortSignal): Promise<boolean> {
    const { executor, log } = this.#parts;
    const { taskId } = this.#assignment;
    this.#endLaunch();
    const container = await executor.inspect(taskId, signal);
    if (container?.state === 'running') {
      try {
        await executor.stop(taskId, stopGraceMs(this.#assignment), signal);
      } catch (error) {
        if (signal.aborted || !isRefusal(error)) throw error;
        log.at('warn', 'container of a removed task cannot be stopped, only killed', {
          taskId,
          error,
        });
      }
    }
    const turn = await this.#parts.removals.take(signal);
    try {
      await executor.remove(taskId, signal);
    } finally {
      turn.end();
    }
    return true;
  }

  /** The engine did not answer: the task's state is unknown, not failed. Look again later, or when something happens. */
  async #rest(error: ShoalError, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts;
    if (error.code !== 'engineUnavailable' && error.message !== this.#trouble) {
      log.at('warn', 'task step failed', { taskId: this.#assignment.taskId, error });
      this.#trouble = error.message;
    }
    const deadline = { clock, durationMs: engineRetryMs, signal };
    await withDeadline(deadline, (inner) => this.#kicked.wait(inner));
    this.kick();
  }

  /** The state is as old as it was: only its words change. */
  #progress(text: string): void {
    const message = text.slice(0, limits.taskTextLength);
    if (this.#status.message === message || this.#status.state >= TaskState.ready) return;
    this.#setStatus({ ...this.#status, message });
  }

  #report(change: StateChange, container: ContainerView | undefined): void {
    this.#setStatus(
      newTaskStatus({
        state: change.state,
        timestampMs: this.#parts.clock.wallMs(),
        message: change.message.slice(0, limits.taskTextLength),
        error: change.error.slice(0, limits.taskTextLength),
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
}

function lostAddresses(
  { addresses }: Assignment,
  container: ContainerView | undefined,
): readonly string[] {
  if (container?.state !== 'running') return [];
  return addresses
    .map(({ address }) => address.split('/')[0] ?? '')
    .filter((address) => !container.addresses.includes(address));
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
