import { TaskState } from '../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../proto/gen/specs.ts';
import type { DecideTime } from '../../store/decider.ts';
import type { TaskRow } from '../../store/rows.ts';
import { isPlaced, isTerminal } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import { earlier, remainingMs } from '../slot/decision-time.ts';
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
export function planRestart(view: StoreView, slot: Slot, now: DecideTime): RestartPlan {
  const steps: RestartStep[] = [];
  let wakeAtMs: number | undefined;
  for (const task of slot.tasks) {
    if (!isWanted(task)) continue;
    const waitMs = msUntilActed(view, slot, task, now);
    if (waitMs > 0) wakeAtMs = earlier(wakeAtMs, now.nowMs + waitMs);
    else steps.push(...stepsOf(view, slot, task, now));
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

function stepsOf(view: StoreView, slot: Slot, task: TaskRow, now: DecideTime): RestartStep[] {
  const loss = isTerminal(task) ? undefined : nodeLoss(view, task);
  // A slot of a node goes nowhere else: whether its task may stay is for the one who put it there.
  if (loss !== undefined && slot.nodeId !== '') return [];
  if (loss === undefined && !isTerminal(task)) {
    return task.desiredState === TaskState.ready ? [{ kind: 'start', task }] : [];
  }
  const endedAtMs = loss === undefined ? task.appliedAtMs : now.clusterMs;
  const isReplaced =
    !isFollowed(slot, task) && canHold(view, slot) && shouldRestart(slot, task, endedAtMs);
  const replacement = isReplaced ? replacementOf(view, slot, task) : undefined;
  return [{ kind: 'restart', task, loss, replacement }];
}

/** True when a younger task takes the slot over already, as in an update that starts the new one first. */
function isFollowed(slot: Slot, task: TaskRow): boolean {
  return slot.tasks.slice(slot.tasks.indexOf(task) + 1).some(isWanted);
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
function replacementOf(view: StoreView, slot: Slot, task: TaskRow): Replacement {
  const isSameTask = view.service(task.serviceId)?.current.spec.task === task.revision.spec.task;
  const delayMs = nodeLoss(view, task) === undefined && isSameTask ? restartDelayMs(task) : 0;
  const isStopping = slot.tasks.some((other) =>
    other === task ? mustStop(view, task) : isStillStopping(view, other),
  );
  return { delayMs, startsAtOnce: delayMs === 0 && !isStopping };
}
