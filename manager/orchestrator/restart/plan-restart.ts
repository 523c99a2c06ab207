import { TaskState } from '../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../proto/gen/specs.ts';
import type { DecideTime } from '../../store/decider.ts';
import type { TaskRow } from '../../store/rows.ts';
import { isPlaced, isTerminal } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import { earlier, remainingMs } from '../slot/decision-time.ts';
import type { Freshness } from '../slot/freshness.ts';
import { isWanted, type Slot } from '../slot/slot.ts';
import { isSilent, nodeLoss, type NodeLoss } from './node-health.ts';
import { restartDelayMs, shouldRestart } from './policy.ts';

/** How long a replacement waits for the task before it to stop, from the beginning of its delay. */
const oldTaskStopMs = 60_000;

/** How the task that takes a slot over begins. */
export interface Replacement {
  readonly delayMs: number;
  /** True when there is nothing to wait for: it is to run from the beginning. */
  readonly startsAtOnce: boolean;
  /** True when it belongs to the update that runs: it takes another spec to the slot, or is there for one that did. */
  readonly byUpdate: boolean;
}

/** What to do about one task of a slot. */
export type RestartStep =
  /** Give `task` up: it ended, or its node was lost; `replacement` takes its slot, or nothing does. */
  | {
      readonly kind: 'restart';
      readonly task: TaskRow;
      readonly loss: NodeLoss | undefined;
      readonly replacement: Replacement | undefined;
    }
  /** The delay of `task` is over and what it replaces has stopped: let it run. */
  | { readonly kind: 'start'; readonly task: TaskRow };

/** A slot with what decides about its tasks. */
export interface RestartInput {
  readonly view: StoreView;
  readonly slot: Slot;
  /** Tells which tasks of the slot's service run what it asks for now. */
  readonly freshness: Freshness;
  /** True while the service's tasks are being replaced by those of another spec. */
  readonly isUpdating: boolean;
}

export interface RestartPlan {
  readonly steps: readonly RestartStep[];
  /** When to look again though nothing changed, on `nowMs`. */
  readonly wakeAtMs: number | undefined;
}

/**
 * Decides which tasks of one slot have to be replaced, and which replacements may start.
 *
 * A replacement is created with desired state READY, so that pulling and preparing overlap the delay, and RUNNING
 * when the delay is over and the old task has stopped, or 60 s have passed, or the old task's node is silent. A task
 * that ends while its own delay lasts is replaced only after it: no failure loops faster than the policy's delay.
 */
export function planRestart(input: RestartInput, now: DecideTime): RestartPlan {
  const { view, slot } = input;
  const steps: RestartStep[] = [];
  let wakeAtMs: number | undefined;
  for (const task of slot.tasks) {
    if (!isWanted(task)) continue;
    const waitMs = msUntilActed(view, slot, task, now);
    if (waitMs > 0) wakeAtMs = earlier(wakeAtMs, now.nowMs + waitMs);
    else steps.push(...stepsOf(input, task, now));
  }
  return { steps, wakeAtMs };
}

/** 0 when the task is to be looked at now; otherwise when, at the latest, it is. */
function msUntilActed(view: StoreView, slot: Slot, task: TaskRow, now: DecideTime): number {
  if (task.desiredState !== TaskState.ready) return 0;
  const delay = { sinceMs: task.delaySinceMs, delayMs: task.delayMs };
  const restMs = remainingMs(delay, now);
  if (restMs > 0 || isOver(view, task)) return restMs;
  if (!slot.tasks.some((other) => other !== task && isStillStopping(view, other))) return 0;
  return remainingMs({ sinceMs: task.delaySinceMs, delayMs: oldTaskStopMs }, now);
}

/** True when the task ended or has to leave its node. */
function isOver(view: StoreView, task: TaskRow): boolean {
  return isTerminal(task) || nodeLoss(view, task) !== undefined;
}

/** True when nobody wants the task any more but something of it may run, and can be heard to stop. */
export function isStillStopping(view: StoreView, task: TaskRow): boolean {
  return !isWanted(task) && mustStop(view, task);
}

/** True when something of the task may run that can be heard to stop. */
export function mustStop(view: StoreView, task: TaskRow): boolean {
  return !isTerminal(task) && isPlaced(task) && !isSilent(view.node(task.nodeId));
}

function stepsOf(input: RestartInput, task: TaskRow, now: DecideTime): RestartStep[] {
  const { view, slot } = input;
  const loss = isTerminal(task) ? undefined : nodeLoss(view, task);
  // A slot of a node goes nowhere else: whether its task may stay is for the one who put it there.
  if (loss !== undefined && slot.nodeId !== '') return [];
  if (loss === undefined && !isTerminal(task)) {
    return task.desiredState === TaskState.ready ? [{ kind: 'start', task }] : [];
  }
  const endedAtMs = loss === undefined ? task.appliedAtMs : now.clusterMs;
  const isReplaced =
    !isTakenOver(input, task) && canHold(view, slot) && shouldRestart(slot, task, endedAtMs);
  const replacement = isReplaced ? replacementOf(input, task) : undefined;
  return [{ kind: 'restart', task, loss, replacement }];
}

/**
 * True when another task has the slot: a younger one, as in an update that starts the new one first, or one that goes on
 * and runs what is asked for, as when such an update is rolled back.
 */
function isTakenOver({ view, slot, freshness }: RestartInput, task: TaskRow): boolean {
  const at = slot.tasks.indexOf(task);
  return slot.tasks.some((other, index) => {
    if (other === task || !isWanted(other)) return false;
    return index > at || (!isOver(view, other) && !freshness.isStale(other));
  });
}

/** False when the slot is that of a node which may run nothing now. */
function canHold(view: StoreView, slot: Slot): boolean {
  if (slot.nodeId === '') return true;
  const node = view.node(slot.nodeId);
  return !isSilent(node) && node?.spec.availability !== NodeAvailability.drain;
}

/**
 * The policy's delay is for what fails by itself and may do so again: what a lost or drained node ended starts elsewhere at
 * once, and so does another spec, as when a failed update is rolled back.
 */
function replacementOf(input: RestartInput, task: TaskRow): Replacement {
  const { view, slot, freshness, isUpdating } = input;
  const isStale = freshness.isStale(task);
  const delayMs = nodeLoss(view, task) === undefined && !isStale ? restartDelayMs(task) : 0;
  const isStopping = slot.tasks.some((other) =>
    other === task ? mustStop(view, task) : isStillStopping(view, other),
  );
  const byUpdate = isUpdating && (task.byUpdate || isStale);
  return { delayMs, startsAtOnce: delayMs === 0 && !isStopping, byUpdate };
}
