import { TaskState } from '../../../proto/gen/objects.ts';
import type { TaskRow } from '../../store/rows.ts';
import { isPlaced, isTerminal } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import { isWanted, type Slot } from '../slot/slot.ts';
import { isInProgress } from '../slot/update-state.ts';

/** Tasks kept for each slot when the cluster's spec is not there to say it. */
const defaultHistoryLimit = 5;

/**
 * True when the row of a task that is to be removed may go: nothing of it runs, or its node has left the cluster.
 *
 * A task of a service that is gone counts as to be removed once it was given up as orphaned.
 */
export function isReapable(view: StoreView, task: TaskRow): boolean {
  if (task.desiredState === TaskState.remove) {
    return isAtRest(view, task);
  }
  return task.reportedState === TaskState.orphaned && view.service(task.serviceId) === undefined;
}

/** Ended, never given to a node, or given to one that has left the cluster and will not report its end. */
function isAtRest(view: StoreView, task: TaskRow): boolean {
  return isTerminal(task) || !isPlaced(task) || view.node(task.nodeId) === undefined;
}

/**
 * Rows of one slot that are beyond the history to keep, oldest first.
 *
 * Only what is not wanted any more and does not run may go; never the newest row, which shows that the slot is
 * occupied when its replica has ended for good.
 */
export function planHistory(view: StoreView, slot: Slot, limit: number): readonly TaskRow[] {
  const surplus = slot.tasks.length - limit;
  if (limit < 0 || surplus <= 0) return [];
  const counted = countedRows(slot);
  return slot.tasks
    .slice(0, -1)
    .filter((task) => !isWanted(task) && isAtRest(view, task) && !counted.has(task))
    .slice(0, surplus);
}

/** Rows by which attempts of the newest spec are counted: a row of another spec that cannot go yet must not push them out. */
function countedRows({ tasks }: Slot): ReadonlySet<TaskRow> {
  const newest = tasks.at(-1);
  const attemptsMax = newest?.revision.spec.task?.restart?.maxAttempts ?? 0;
  if (newest === undefined || attemptsMax === 0) return new Set();
  const { version } = newest.revision;
  return new Set(
    tasks.filter(({ revision }) => revision.version === version).slice(-attemptsMax - 1),
  );
}

/**
 * How many rows to keep in a slot, those that live included; negative = all. Counting attempts needs their history, and a
 * running update that of its failures.
 */
export function historyLimit(view: StoreView, slot: Slot): number {
  const newest = slot.tasks.at(-1);
  const attemptsMax = newest?.revision.spec.task?.restart?.maxAttempts ?? 0;
  if (attemptsMax > 0) return attemptsMax + 1;
  const limit = view.cluster()?.spec.taskHistoryRetentionLimit ?? defaultHistoryLimit;
  const isUpdating =
    newest !== undefined && isInProgress(view.service(newest.serviceId)?.lifecycle);
  return isUpdating && limit >= 0 ? Math.max(limit, defaultHistoryLimit) : limit;
}
