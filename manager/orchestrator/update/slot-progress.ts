import { TaskState, type ServiceLifecycle } from '../../../proto/gen/objects.ts';
import type { TaskRow } from '../../store/rows.ts';
import { isOccupied, isWanted, slotName, type Slot } from '../slot/slot.ts';
import type { Freshness } from '../slot/freshness.ts';

/** How far a slot has come. */
export interface SlotProgress {
  readonly slot: Slot;
  readonly name: string;
  /** Wanted tasks that run what the service asks for. */
  readonly fresh: readonly TaskRow[];
  /** Wanted tasks of an older spec. */
  readonly stale: readonly TaskRow[];
  /** True when the slot has no fresh task and is to get one, for the first time in this update. */
  readonly isDue: boolean;
  /** Tasks that the running update put there, oldest first. */
  readonly updated: readonly TaskRow[];
}

/** Looks at one slot. `isOpen` is false when it cannot take a new task now. */
export function progressOf(
  slot: Slot,
  options: {
    readonly freshness: Freshness;
    readonly status: ServiceLifecycle | undefined;
    readonly isOpen: boolean;
  },
): SlotProgress {
  const { freshness, status, isOpen } = options;
  const fresh: TaskRow[] = [];
  const stale: TaskRow[] = [];
  for (const task of slot.tasks.filter(isWanted)) {
    (freshness.isStale(task) ? stale : fresh).push(task);
  }
  const since = status?.specVersion ?? Infinity;
  const updated = slot.tasks.filter((task) => task.byUpdate && task.revision.version >= since);
  const isOld = stale.length > 0 || hasEndedStale(slot, freshness);
  const isDue = isOpen && isOld && fresh.length === 0 && !isSpent(slot, updated);
  return { slot, name: slotName(slot), fresh, stale, isDue, updated };
}

/** The running update had its turn: its task ended by itself, and the restart policy asked for no other. What was there goes on. */
function isSpent(slot: Slot, updated: readonly TaskRow[]): boolean {
  const newest = updated.at(-1);
  if (newest === undefined || newest !== slot.tasks.at(-1)) return false;
  return !isWanted(newest) && endedByItself(newest);
}

/** A replica that ended for good still has its slot, and gets the new spec in its turn. That of a node is created anew by who keeps nodes. */
function hasEndedStale(slot: Slot, freshness: Freshness): boolean {
  const newest = slot.tasks.at(-1);
  if (newest === undefined || slot.nodeId !== '' || slot.tasks.some(isWanted)) return false;
  return isOccupied(slot) && freshness.isStale(newest);
}

/** When the slot's first updated task began to run or ended by itself; undefined while neither is so, as where its node was drained. */
export function settledAtMs({ updated }: SlotProgress): number | undefined {
  let firstMs: number | undefined;
  for (const task of updated) {
    const atMs = task.runningSinceMs || (endedByItself(task) ? task.appliedAtMs : undefined);
    if (atMs !== undefined) firstMs = Math.min(firstMs ?? atMs, atMs);
  }
  return firstMs;
}

/** The first updated task that ended by itself before it ran, or within `monitorMs` of it; those that restarts put there included. */
export function failureIn({ updated }: SlotProgress, monitorMs: number): TaskRow | undefined {
  return updated.find(
    (task) =>
      endedByItself(task) &&
      (task.runningSinceMs === 0 || task.appliedAtMs - task.runningSinceMs <= monitorMs),
  );
}

function endedByItself(task: TaskRow): boolean {
  if (task.desiredState === TaskState.remove) return false;
  return (
    task.reportedState === TaskState.complete ||
    task.reportedState === TaskState.failed ||
    task.reportedState === TaskState.rejected
  );
}
