import type { ServiceView, TaskView } from './views.ts';

/** How long tasks must stay up before a service counts as converged, unless its spec says otherwise. Docker's default. */
const monitorMsDefault = 5000;

/** How long a slot must lack a live task before it counts as given up: replacements are made at once. */
const givenUpMs = 3000;

/** Services with more tasks than this report no line for each task's state. */
const reportedSlotsMax = 20;

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
}

export const startProgress: Progress = {
  overall: '',
  taskLines: new Set(),
  runningSinceMs: undefined,
  givenUpSinceMs: undefined,
};

export type Verdict =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'converged' }
  | { readonly kind: 'failed'; readonly message: string };

export interface ProgressStep {
  readonly progress: Progress;
  /** What to print now, without line feeds; not yet made printable. */
  readonly lines: readonly string[];
  readonly verdict: Verdict;
}

export interface Observation {
  readonly service: ServiceView;
  /** The tasks that follow the service's newest spec, history included. */
  readonly tasks: readonly TaskView[];
  /** Monotonic, in milliseconds. */
  readonly nowMs: number;
}

/**
 * Decides what one look at a replicated service adds to what was printed, and whether the wait is over.
 *
 * Converged means that every slot's task ran without a break for the service's monitor time. Failed means that it can
 * never come to that by itself: a rolling update stopped, or a task ended whose restart policy wants no new one.
 */
export function stepProgress(before: Progress, seen: Observation): ProgressStep {
  const replicas = seen.service.replicas ?? 0;
  const slots = groupBySlot(seen.tasks);
  const running = slots.filter((slot) => slot.isRunning).length;
  const overall = `overall progress: ${String(running)} out of ${String(replicas)} tasks`;
  const taskLines = newTaskLines(before.taskLines, slots, seen.service);
  const stability = stepStability(before, seen, running === replicas);
  const abandoned = findAbandoned(slots, replicas);
  const givenUpSinceMs =
    abandoned === undefined ? undefined : (before.givenUpSinceMs ?? seen.nowMs);
  return {
    progress: {
      overall,
      taskLines: new Set([...before.taskLines, ...taskLines]),
      runningSinceMs: stability.runningSinceMs,
      givenUpSinceMs,
    },
    lines: [...(overall === before.overall ? [] : [overall]), ...taskLines, ...stability.lines],
    verdict:
      findStop(seen.service) ??
      findGivenUp(seen, abandoned, givenUpSinceMs) ??
      (stability.isConverged ? { kind: 'converged' } : { kind: 'waiting' }),
  };
}

interface SlotView {
  readonly slot: number;
  /** Newest first. */
  readonly tasks: readonly TaskView[];
  /** The newest task that is meant to run. */
  readonly live: TaskView | undefined;
  readonly isRunning: boolean;
}

function groupBySlot(tasks: readonly TaskView[]): readonly SlotView[] {
  const bySlot = Map.groupBy(tasks, (task) => task.slot);
  const slots = [...bySlot].map(([slot, members]): SlotView => {
    const newestFirst = members.toSorted((left, right) => right.createdMs - left.createdMs);
    const live = newestFirst.filter(isMeantToRun);
    return {
      slot,
      tasks: newestFirst,
      live: live[0],
      isRunning: live.some((task) => task.state === 'running'),
    };
  });
  return slots.toSorted((left, right) => left.slot - right.slot);
}

function isMeantToRun(task: TaskView): boolean {
  return !['shutdown', 'remove', 'complete', 'failed', 'rejected'].includes(task.desiredState);
}

/** Each line is told once: a task that fails over and over would fill the screen. */
function newTaskLines(
  told: ReadonlySet<string>,
  slots: readonly SlotView[],
  service: ServiceView,
): readonly string[] {
  const isReported = (service.replicas ?? 0) <= reportedSlotsMax;
  const lines = new Set<string>();
  for (const slot of slots) {
    const name = `${service.name}.${String(slot.slot)}`;
    for (const task of slot.tasks.toReversed()) {
      if (task.error !== '') lines.add(`${name}: ${task.state}: ${task.error}`);
      else if (isReported && task === slot.live) lines.add(`${name}: ${task.state}`);
    }
  }
  const fresh = [...lines].filter((line) => !told.has(line));
  return fresh.slice(0, Math.max(0, taskLinesMax - told.size));
}

interface Stability {
  readonly runningSinceMs: number | undefined;
  readonly lines: readonly string[];
  readonly isConverged: boolean;
}

function stepStability(before: Progress, seen: Observation, isComplete: boolean): Stability {
  const { service, nowMs } = seen;
  if (!isComplete) {
    const broke = before.runningSinceMs !== undefined;
    const lines = broke ? ['verify: a task stopped running, waiting again'] : [];
    return { runningSinceMs: undefined, lines, isConverged: false };
  }
  const monitorMs = service.replicas === 0 ? 0 : (service.monitorMs ?? monitorMsDefault);
  const runningSinceMs = before.runningSinceMs ?? nowMs;
  if (nowMs - runningSinceMs >= monitorMs) {
    return {
      runningSinceMs,
      lines: [`verify: service ${service.name} converged`],
      isConverged: true,
    };
  }
  const seconds = String(Math.ceil(monitorMs / 1000));
  const waiting = `verify: waiting ${seconds} seconds to verify that tasks are stable`;
  const lines = before.runningSinceMs === undefined ? [waiting] : [];
  return { runningSinceMs, lines, isConverged: false };
}

function findStop(service: ServiceView): Verdict | undefined {
  if (service.updateState === 'paused') {
    return { kind: 'failed', message: `service update paused: ${service.updateMessage}` };
  }
  if (service.updateState === 'rollback_paused') {
    return { kind: 'failed', message: `service rollback paused: ${service.updateMessage}` };
  }
  return undefined;
}

/** The task that ended in a slot which has no other, while the service lacks a slot. */
function findAbandoned(slots: readonly SlotView[], replicas: number): TaskView | undefined {
  const liveSlots = slots.filter((slot) => slot.live !== undefined).length;
  if (liveSlots >= replicas) return undefined;
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
): Verdict | undefined {
  if (task === undefined || sinceMs === undefined) return undefined;
  if (seen.nowMs - sinceMs < givenUpMs) return undefined;
  const why = task.error === '' ? '' : `: ${task.error}`;
  const name = `${seen.service.name}.${String(task.slot)}`;
  return {
    kind: 'failed',
    message: `service ${seen.service.name} cannot converge: task ${name} ended (${task.state}) and will not be restarted${why}`,
  };
}
