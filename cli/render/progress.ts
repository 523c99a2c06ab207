import { groupBySlot, type SlotView } from './slots.ts';
import type { ServiceView, TaskView } from './views.ts';

/** How long tasks must stay up before a service counts as converged, unless its spec says otherwise. Docker's default. */
const monitorMsDefault = 5000;

/** How long a slot must lack a live task before it counts as given up: replacements are made at once. */
const givenUpMs = 3000;

/** Services with more tasks than this report no line for each task's state. */
export const reportedSlotsMax = 20;

/** Lines about single tasks that one wait prints, errors included. */
const taskLinesMax = 200;

/** What was printed and seen so far of a service that is on its way. */
export interface Progress {
  readonly overall: string;
  readonly taskLines: ReadonlySet<string>;
  /** Since when all tasks run, on the caller's clock. */
  readonly runningSinceMs: number | undefined;
  /** Since when a slot is without a task and gets no new one. */
  readonly givenUpSinceMs: number | undefined;
  /** Why the service went back to an earlier spec; `undefined` as long as it did not. */
  readonly rollbackCause: string | undefined;
  /** The newest error of a task, seen before a rollback; empty without one. */
  readonly taskError: string;
  /** What is waited for once all tasks run; empty before. */
  readonly note: string;
}

export const startProgress: Progress = {
  overall: '',
  taskLines: new Set(),
  runningSinceMs: undefined,
  givenUpSinceMs: undefined,
  rollbackCause: undefined,
  taskError: '',
  note: '',
};

/** How a wait ended; `message` is the whole text for people. */
export type Ending =
  | { readonly kind: 'converged' }
  /** It cannot converge by itself. */
  | { readonly kind: 'failed'; readonly message: string }
  /** It converged, but to the spec before the one that was asked for. */
  | { readonly kind: 'rolledBack'; readonly message: string }
  /** An update or rollback stands still, with tasks of two specs. */
  | { readonly kind: 'stoppedHalfway'; readonly message: string };

export type Verdict = { readonly kind: 'waiting' } | Ending;

export interface ProgressStep {
  readonly progress: Progress;
  /** What to print now, without line feeds; not yet made printable. */
  readonly lines: readonly string[];
  /** The slots as they are, for a screen that shows them all. */
  readonly slots: readonly SlotView[];
  /** How many slots there should be. */
  readonly wanted: number;
  readonly verdict: Verdict;
}

export interface Observation {
  readonly service: ServiceView;
  /** The tasks that follow the service's newest spec, history included. */
  readonly tasks: readonly TaskView[];
  /** Monotonic, in milliseconds. */
  readonly nowMs: number;
  /** Whether the user asked for the spec before: going back to it is no failure then. */
  readonly isRollbackWanted: boolean;
}

/**
 * Decides what one look at a service adds to what was printed, and whether the wait is over.
 *
 * Converged means that no update is under way and that every slot's task ran without a break for the service's monitor
 * time, or that the daemon says so of an update that it watched itself. Failed means that it can never come to that: a
 * task ended whose restart policy wants no new one.
 */
export function stepProgress(before: Progress, seen: Observation): ProgressStep {
  const slots = groupBySlot(seen.tasks);
  const wanted = countWanted(seen.service, slots);
  const running = slots.filter((slot) => slot.isRunning).length;
  const overall = overallText(seen.service, running, wanted);
  const told = newTaskLines(before.taskLines, slots, seen.service);
  const rollback = stepRollback(before, seen);
  const isComplete = running === wanted && isServiceSettled(seen.service, wanted);
  const stability = stepStability(before, seen, isComplete);
  const abandoned = isUpdating(seen.service) ? undefined : findAbandoned(slots, wanted);
  const givenUpSinceMs =
    abandoned === undefined ? undefined : (before.givenUpSinceMs ?? seen.nowMs);
  const progress: Progress = {
    overall,
    taskLines: new Set([...before.taskLines, ...told.lines]),
    runningSinceMs: stability.runningSinceMs,
    givenUpSinceMs,
    rollbackCause: rollback.cause,
    taskError:
      before.rollbackCause === undefined ? (told.error ?? before.taskError) : before.taskError,
    note: stability.note,
  };
  return {
    progress,
    lines: [
      ...(overall === before.overall ? [] : [overall]),
      ...told.lines,
      ...rollback.lines,
      ...stability.lines,
    ],
    slots,
    wanted,
    verdict:
      findStop(seen.service) ??
      findGivenUp(seen, abandoned, givenUpSinceMs) ??
      (stability.isConverged ? endOf(progress, seen) : { kind: 'waiting' }),
  };
}

/** A global service has a task for each node that takes one, which only the cluster knows: those that it made count. */
function countWanted(service: ServiceView, slots: readonly SlotView[]): number {
  if (service.mode !== 'global') return service.replicas ?? 0;
  return slots.filter((slot) => slot.live !== undefined).length;
}

function overallText(service: ServiceView, running: number, wanted: number): string {
  if (service.mode === 'global' && wanted === 0) return 'overall progress: waiting for new tasks';
  return `overall progress: ${String(running)} out of ${String(wanted)} tasks`;
}

function isUpdating(service: ServiceView): boolean {
  return service.updateState === 'updating' || service.updateState === 'rollback_started';
}

/** Of a global service no tasks at all may also mean that they are not made yet. */
function isServiceSettled(service: ServiceView, wanted: number): boolean {
  return !isUpdating(service) && (service.mode !== 'global' || wanted > 0);
}

interface ToldTasks {
  readonly lines: readonly string[];
  /** The last error among them. */
  readonly error: string | undefined;
}

/** Each line is told once: a task that fails over and over would fill the screen. */
function newTaskLines(
  told: ReadonlySet<string>,
  slots: readonly SlotView[],
  service: ServiceView,
): ToldTasks {
  const isReported = Math.max(service.replicas ?? 0, slots.length) <= reportedSlotsMax;
  const lines = new Set<string>();
  let error: string | undefined;
  for (const slot of slots) {
    const name = `${service.name}.${slot.key}`;
    for (const task of slot.tasks.toReversed()) {
      const line = `${name}: ${task.state}${task.error === '' ? '' : `: ${task.error}`}`;
      const isShown = task.error !== '' || (isReported && task === slot.live);
      if (!isShown || told.has(line)) continue;
      lines.add(line);
      if (task.error !== '') error = line;
    }
  }
  return { lines: [...lines].slice(0, Math.max(0, taskLinesMax - told.size)), error };
}

interface Rollback {
  readonly cause: string | undefined;
  readonly lines: readonly string[];
}

/** Told once. The cause stands in the first message: later ones only say how the rollback goes. */
function stepRollback(before: Progress, seen: Observation): Rollback {
  const { updateState, updateMessage } = seen.service;
  if (before.rollbackCause !== undefined) return { cause: before.rollbackCause, lines: [] };
  if (seen.isRollbackWanted || !updateState.startsWith('rollback_')) {
    return { cause: undefined, lines: [] };
  }
  return { cause: updateMessage, lines: [`service rolled back: ${updateMessage}`] };
}

interface Stability {
  readonly runningSinceMs: number | undefined;
  readonly note: string;
  readonly lines: readonly string[];
  readonly isConverged: boolean;
}

function stepStability(before: Progress, seen: Observation, isComplete: boolean): Stability {
  const { service, nowMs } = seen;
  if (!isComplete) {
    const broke = before.runningSinceMs !== undefined;
    const lines = broke ? ['verify: a task stopped running, waiting again'] : [];
    return { runningSinceMs: undefined, note: '', lines, isConverged: false };
  }
  const monitorMs = monitorMsOf(service);
  const runningSinceMs = before.runningSinceMs ?? nowMs;
  const isConverged = nowMs - runningSinceMs >= monitorMs;
  const seconds = String(Math.ceil(monitorMs / 1000));
  const note = isConverged
    ? `verify: service ${service.name} converged`
    : `verify: waiting ${seconds} seconds to verify that tasks are stable`;
  return { runningSinceMs, note, lines: note === before.note ? [] : [note], isConverged };
}

/** The daemon watched each task of an update for as long, before it called the update completed. */
function monitorMsOf(service: ServiceView): number {
  const isWatched = ['completed', 'rollback_completed'].includes(service.updateState);
  if (service.replicas === 0 || isWatched) return 0;
  return service.monitorMs ?? monitorMsDefault;
}

function endOf(progress: Progress, seen: Observation): Ending {
  if (progress.rollbackCause === undefined) return { kind: 'converged' };
  const why = progress.taskError === '' ? '' : ` (${progress.taskError})`;
  const cause = `${progress.rollbackCause}${why}`;
  return { kind: 'rolledBack', message: `service ${seen.service.name} was rolled back: ${cause}` };
}

function findStop(service: ServiceView): Ending | undefined {
  const words = { paused: 'update', rollback_paused: 'rollback' };
  const state = service.updateState;
  if (state !== 'paused' && state !== 'rollback_paused') return undefined;
  const message = `service ${words[state]} paused: ${service.updateMessage}`;
  return { kind: 'stoppedHalfway', message };
}

/** The task that ended in a slot which has no other, while the service lacks a slot. */
function findAbandoned(slots: readonly SlotView[], wanted: number): TaskView | undefined {
  const liveSlots = slots.filter((slot) => slot.live !== undefined).length;
  if (liveSlots >= wanted) return undefined;
  const ended = slots.filter((slot) => slot.live === undefined).map((slot) => slot.tasks[0]);
  return ended.find((task) => task !== undefined && hasEndedByItself(task));
}

function hasEndedByItself(task: TaskView): boolean {
  return task.desiredState !== 'remove' && ['complete', 'failed', 'rejected'].includes(task.state);
}

function findGivenUp(
  seen: Observation,
  task: TaskView | undefined,
  sinceMs: number | undefined,
): Ending | undefined {
  if (task === undefined || sinceMs === undefined) return undefined;
  if (seen.nowMs - sinceMs < givenUpMs) return undefined;
  const why = task.error === '' ? '' : `: ${task.error}`;
  const name = `${seen.service.name}.${String(task.slot)}`;
  return {
    kind: 'failed',
    message: `service ${seen.service.name} cannot converge: task ${name} ended (${task.state}) and will not be restarted${why}`,
  };
}
