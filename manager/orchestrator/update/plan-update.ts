import { limits } from '../../../common/pure/limits.ts';
import { Facet, Table, type ServiceLifecycle } from '../../../proto/gen/objects.ts';
import { UpdateFailureAction } from '../../../proto/gen/specs.ts';
import type { DecideTime } from '../../store/decider.ts';
import type { ServiceRow, SpecRevisionRow, TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';
import { earlier, remainingMs } from '../slot/decision-time.ts';
import { isWanted } from '../slot/slot.ts';
import { isInProgress } from '../slot/update-state.ts';
import { failureIn, settledAtMs, type SlotProgress } from './slot-progress.ts';
import { finishSteps, replaceStep, settleSteps, type UpdateStep } from './slot-steps.ts';
import { settingsOf, type UpdateSettings } from './update-config.ts';
import {
  automaticRollback,
  completedStatus,
  isPaused,
  pausedStatus,
  startedStatus,
} from './update-status.ts';

export interface UpdateInput {
  readonly view: StoreView;
  readonly service: ServiceRow;
  /** How far each slot has come, in ascending order, if the update has this status. */
  readonly look: (status: ServiceLifecycle | undefined) => readonly SlotProgress[];
  /** Grants up to so many replacements in this call. */
  readonly grant: (count: number) => number;
}

export interface UpdatePlan {
  /** The status as it is to be; undefined = as it is. */
  readonly status: ServiceLifecycle | undefined;
  /** The revision to go back to, together with the status. */
  readonly rollbackTo: SpecRevisionRow | undefined;
  readonly steps: readonly UpdateStep[];
  /** When to look again though nothing changed, on `nowMs`. */
  readonly wakeAtMs: number | undefined;
  /** True when there is more to do than this call was granted. */
  readonly more: boolean;
}

/**
 * Decides what a rolling update does next (after swarmkit manager/orchestrator/update, without what that forgets).
 *
 * All it knows stands in rows: a slot's tasks say how far it has come, the status of the service which slots failed. So a
 * new leader goes on where the last one was. A slot is busy from the moment its old task is given up (or, start-first, its
 * new one made) until the new one ran for the delay; at most `parallelism` slots are. Slots that cannot start their new
 * task stay busy, so that no more than these lose their old one.
 */
export function planUpdate(input: UpdateInput, now: DecideTime): UpdatePlan {
  const before = input.service.lifecycle;
  const seen = input.look(before);
  if (isPaused(before)) return { ...nothing, steps: settleSteps(seen) };
  const status = begin(input.service, seen, now);
  if (!isInProgress(status) || status === undefined) return nothing;
  const slots = status === before ? seen : input.look(status);
  return proceed({ ...input, before, status, slots }, now);
}

const nothing: UpdatePlan = {
  status: undefined,
  rollbackTo: undefined,
  steps: [],
  wakeAtMs: undefined,
  more: false,
};

/** The status with which work goes on: as it is, or of an update that begins, or with the slots of a rollback counted. */
function begin(
  service: ServiceRow,
  slots: readonly SlotProgress[],
  now: DecideTime,
): ServiceLifecycle | undefined {
  const status = service.lifecycle;
  const due = slots.filter((slot) => slot.isDue || isHalf(slot));
  if (status !== undefined && isInProgress(status)) {
    // A restart may have been faster.
    const dueNow = new Set(due);
    const count = slots.filter((slot) => dueNow.has(slot) || slot.updated.length > 0).length;
    if (status.slots > 0 || count === 0) return status;
    return { ...status, startedAtMs: status.startedAtMs || now.clusterMs, slots: count };
  }
  if (due.length === 0) return status;
  const done = partBefore(service, slots);
  const scope = {
    slots: done.slots + due.length,
    failedSlots: done.failedSlots,
    rollbackVersion: rollbackVersionOf(service, due),
  };
  return startedStatus(service, scope, now.clusterMs);
}

/**
 * What was done of this very spec before, as where a node was shut at that time: it counts on, so that failures which were borne then are
 * not held against the rest alone.
 */
function partBefore(
  { lifecycle, current, previous }: ServiceRow,
  slots: readonly SlotProgress[],
): { readonly slots: number; readonly failedSlots: readonly string[] } {
  const isOfThisSpec = lifecycle !== undefined && lifecycle.specVersion > (previous?.version ?? 0);
  if (!isOfThisSpec) return { slots: 0, failedSlots: [] };
  const { monitorMs } = settingsOf(current.spec, lifecycle);
  const failed = slots.filter((slot) => failureIn(slot, monitorMs) !== undefined);
  const failedSlots = failed.map(({ name }) => name).slice(0, limits.updateFailedSlots);
  return { slots: lifecycle.slots, failedSlots };
}

/** The spec before this one; where that has the same task, as after a paused update, what the old tasks run. */
function rollbackVersionOf(service: ServiceRow, due: readonly SlotProgress[]): number {
  const { current, previous } = service;
  const before = previous?.version ?? 0;
  if (previous?.spec.task !== current.spec.task) return before;
  const versions = due.map(
    ({ slot, stale }) => (stale.at(-1) ?? slot.tasks.at(-1))?.revision.version,
  );
  return versions.reduce<number>((newest, version) => Math.max(newest, version ?? 0), 0) || before;
}

/** True when the slot has its new task and still the old one. */
function isHalf({ fresh, stale }: SlotProgress): boolean {
  return fresh.length > 0 && stale.length > 0;
}

interface Work extends Omit<UpdateInput, 'look'> {
  readonly before: ServiceLifecycle | undefined;
  readonly status: ServiceLifecycle;
  readonly slots: readonly SlotProgress[];
}

function proceed(work: Work, now: DecideTime): UpdatePlan {
  const settings = settingsOf(work.service.current.spec, work.status);
  const { status, culprit } = noteFailures(work, settings);
  if (culprit !== undefined) return giveUp({ ...work, status }, { settings, culprit }, now);
  const rolled = roll({ ...work, status }, settings, now);
  const isAtEnd = !rolled.more && isDone({ ...work, status }, rolled.steps);
  const ended = isAtEnd ? complete({ ...work, status }, settings, now) : undefined;
  const next = ended?.status ?? status;
  return {
    ...rolled,
    status: next === work.before ? undefined : next,
    wakeAtMs: earlier(rolled.wakeAtMs, ended?.wakeAtMs),
  };
}

/** The status with all failed slots, and the task because of which the update cannot go on, if it cannot. */
function noteFailures(
  { status, slots }: Work,
  settings: UpdateSettings,
): { readonly status: ServiceLifecycle; readonly culprit: TaskRow | undefined } {
  const known = new Set(status.failedSlots);
  const added: string[] = [];
  let last: TaskRow | undefined;
  for (const slot of slots) {
    const failure = failureIn(slot, settings.monitorMs);
    if (failure === undefined) continue;
    if (known.has(slot.name)) last ??= failure;
    else {
      last = failure;
      added.push(slot.name);
    }
  }
  const count = known.size + added.length;
  const failedSlots = [...known, ...added].slice(0, limits.updateFailedSlots);
  const isSame = failedSlots.length === status.failedSlots.length;
  const isTooMany =
    count > limits.updateFailedSlots ||
    count / Math.max(1, status.slots) > settings.maxFailureRatio;
  const isGivenUp = isTooMany && settings.failureAction !== UpdateFailureAction.updateContinue;
  return {
    status: isSame ? status : { ...status, failedSlots },
    culprit: isGivenUp ? last : undefined,
  };
}

/** Pauses, or goes back where that is asked for and there is something to go back to. */
function giveUp(
  { view, service, status, slots }: Work,
  { settings, culprit }: { readonly settings: UpdateSettings; readonly culprit: TaskRow },
  now: DecideTime,
): UpdatePlan {
  const target =
    settings.failureAction === UpdateFailureAction.updateRollback
      ? (view.specRevision(service.id, status.rollbackVersion) ?? service.previous)
      : undefined;
  if (target === undefined) {
    return { ...nothing, status: pausedStatus(status, culprit.id), steps: settleSteps(slots) };
  }
  const rollback = automaticRollback(service, culprit.id, now.clusterMs);
  return { ...nothing, status: rollback, rollbackTo: target, more: true };
}

/** Finishes slots whose new task is there, and takes as many others as workers are free. */
function roll(work: Work, settings: UpdateSettings, now: DecideTime): UpdatePlan {
  const failed = new Set(work.status.failedSlots);
  let busy = 0;
  let wakeAtMs: number | undefined;
  for (const slot of work.slots) {
    const waitMs = failed.has(slot.name) ? 0 : busyMs(work.view, slot, { settings, now });
    if (waitMs > 0) busy += 1;
    if (waitMs < Infinity && waitMs > 0) wakeAtMs = earlier(wakeAtMs, now.nowMs + waitMs);
  }
  const due = work.slots.filter((slot) => slot.isDue);
  const free = Math.min(due.length, Math.max(0, settings.parallelism - busy));
  const count = work.grant(free);
  const steps = [
    ...finishSteps(work.slots, settings.order),
    ...due.slice(0, count).map((slot) => replaceStep(work.view, slot, settings.order)),
  ];
  const isWaiting = due.length > count;
  return { ...nothing, steps, wakeAtMs: isWaiting ? wakeAtMs : undefined, more: count < free };
}

/**
 * How long the slot keeps its worker: until its new task ran for the delay. 0 = no more, or never; infinite = unknown, as while it is not certain
 * that its new task was given up.
 */
function busyMs(
  view: StoreView,
  slot: SlotProgress,
  { settings, now }: { readonly settings: UpdateSettings; readonly now: DecideTime },
): number {
  if (!slot.updated.some(isWanted)) {
    return slot.updated.some((task) => isDesireInFlight(view, task)) ? Infinity : 0;
  }
  const sinceMs = settledAtMs(slot);
  return sinceMs === undefined
    ? Infinity
    : remainingMs({ sinceMs, delayMs: settings.delayMs }, now);
}

/** True when after `steps` every slot has its new task alone, and that ran or ended. That the old one was given up must be certain. */
function isDone({ view, slots, status }: Work, steps: readonly UpdateStep[]): boolean {
  const failed = new Set(status.failedSlots);
  const finished = new Set(steps.map(({ slot }) => slot));
  return slots.every((slot) => {
    if (slot.isDue || (isHalf(slot) && !finished.has(slot.slot))) return false;
    const isStarting = slot.updated.some(isWanted) && settledAtMs(slot) === undefined;
    if (isStarting && !failed.has(slot.name)) return false;
    return !slot.slot.tasks.some((task) => !isWanted(task) && isDesireInFlight(view, task));
  });
}

function isDesireInFlight(view: StoreView, { id }: TaskRow): boolean {
  return view.isInFlight({ table: Table.tasks, key: id, facet: Facet.desired });
}

/**
 * The end: once the slot that came last was watched long enough. Who goes on in spite of failures need not watch, nor is a slot watched that
 * has failed: its failure counts already, and its tasks may come and go for ever.
 */
function complete(
  { status, slots }: Work,
  { failureAction, monitorMs }: UpdateSettings,
  now: DecideTime,
): { readonly status: ServiceLifecycle | undefined; readonly wakeAtMs: number | undefined } {
  const isWatched = failureAction !== UpdateFailureAction.updateContinue;
  const failed = new Set(status.failedSlots);
  const watched = slots.filter(({ name }) => !failed.has(name));
  const sinceMs = watched.reduce((latest, slot) => Math.max(latest, settledAtMs(slot) ?? 0), 0);
  const restMs = isWatched ? remainingMs({ sinceMs, delayMs: monitorMs }, now) : 0;
  if (restMs > 0) return { status: undefined, wakeAtMs: now.nowMs + restMs };
  return { status: completedStatus(status, now.clusterMs), wakeAtMs: undefined };
}
