import { TaskState } from '../../../proto/gen/objects.ts';
import type { TaskRow } from '../../store/rows.ts';

/** One replica of a service: all its task rows, history included, oldest first. */
export interface Slot {
  readonly number: number;
  readonly tasks: readonly TaskRow[];
}

/** The rows of one service by slot, in ascending order of slot. */
export function slotsOf(tasks: readonly TaskRow[]): Slot[] {
  const rows = new Map<number, TaskRow[]>();
  for (const task of tasks) {
    const slot = rows.get(task.slot);
    if (slot === undefined) rows.set(task.slot, [task]);
    else slot.push(task);
  }
  return [...rows.entries()]
    .toSorted(([left], [right]) => left - right)
    .map(([number, slotTasks]) => ({ number, tasks: oldestFirst(slotTasks) }));
}

/** `tasks` by creation, then by id. */
export function oldestFirst(tasks: readonly TaskRow[]): readonly TaskRow[] {
  return tasks.length < 2 ? tasks : tasks.toSorted(compareAge);
}

function compareAge(left: TaskRow, right: TaskRow): number {
  if (left.createdAtMs !== right.createdAtMs) return left.createdAtMs - right.createdAtMs;
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}

/**
 * True when the slot counts as a replica: a task of it is meant to run, or its last one ended and the restart policy
 * asked for no other, so that a completed replica still occupies its slot and is not created again.
 */
export function isOccupied(slot: Slot): boolean {
  if (slot.tasks.some(isWanted)) return true;
  return slot.tasks.at(-1)?.desiredState === TaskState.shutdown;
}

/** True while the task is meant to run, or to be ready for it. Whether it does is another matter. */
export function isWanted(task: TaskRow): boolean {
  return task.desiredState <= TaskState.running;
}
