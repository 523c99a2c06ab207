import { TaskState } from '../../../proto/gen/objects.ts';
import { UpdateOrder } from '../../../proto/gen/specs.ts';
import type { TaskRow } from '../../store/rows.ts';
import { isLive } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import { isStillStopping, mustStop } from '../restart/plan-restart.ts';
import type { Slot } from '../slot/slot.ts';
import type { SlotProgress } from './slot-progress.ts';

/** What to do in one slot, as one change. */
export interface UpdateStep {
  readonly slot: Slot;
  /** Tasks that are given up. */
  readonly stop: readonly TaskRow[];
  /** How the new task begins, if there is one: to run at once, or to be ready when what it waits for has stopped. */
  readonly create: 'running' | 'ready' | undefined;
}

/** Gives a slot its new task, and takes the old one away at once unless the new one is to run first. */
export function replaceStep(
  view: StoreView,
  progress: SlotProgress,
  order: UpdateOrder,
): UpdateStep {
  const { slot, stale } = progress;
  if (order === UpdateOrder.startFirst) {
    const kept = keptDuringStart(stale);
    return { slot, stop: stale.filter((task) => task !== kept), create: 'running' };
  }
  const isStopping = slot.tasks.some((task) =>
    stale.includes(task) ? mustStop(view, task) : isStillStopping(view, task),
  );
  return { slot, stop: stale, create: isStopping ? 'ready' : 'running' };
}

/** The one that serves, or will, while the new one starts: a slot never has more than two, and a dead one does neither. */
function keptDuringStart(stale: readonly TaskRow[]): TaskRow | undefined {
  return stale.find(isRunning) ?? stale.find(isLive);
}

/** Takes the old task away where the new one runs, or need not run first. */
export function finishSteps(
  slots: readonly SlotProgress[],
  order: UpdateOrder,
): readonly UpdateStep[] {
  return slots
    .filter(({ fresh, stale }) => fresh.length > 0 && stale.length > 0)
    .filter(({ fresh }) => order === UpdateOrder.stopFirst || fresh.some(isRunning))
    .map(({ slot, stale }) => ({ slot, stop: stale, create: undefined }));
}

/**
 * Leaves one task where an update that stands still has more: the new one if it runs, else the old one. Where an update
 * replaced another that was under way, both may be old.
 */
export function settleSteps(slots: readonly SlotProgress[]): readonly UpdateStep[] {
  return slots
    .filter(({ fresh, stale }) => fresh.length + stale.length > 1)
    .map(({ slot, fresh, stale }) => {
      const kept = fresh.find(isRunning) ?? keptDuringStart(stale) ?? fresh[0];
      return {
        slot,
        stop: [...stale, ...fresh].filter((task) => task !== kept),
        create: undefined,
      };
    });
}

function isRunning(task: TaskRow): boolean {
  return task.reportedState === TaskState.running;
}
