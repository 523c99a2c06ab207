import { TaskState } from '../../proto/gen/objects.ts';
import type { TaskRow } from './rows.ts';

/**
 * Where a task is, from its facets: each has one writer, so NEW, PENDING and ASSIGNED are not stored but follow.
 *
 * The node's report wins once there is one; then placement makes it ASSIGNED, allocation PENDING.
 */
export function taskState(task: TaskRow): TaskState {
  if (task.reportedState > TaskState.assigned) return task.reportedState;
  if (isPlaced(task)) return TaskState.assigned;
  if (task.allocatedAtMs > 0) return TaskState.pending;
  return TaskState.new;
}

/**
 * True when the scheduler gave the task to its node, so that something of it may run there.
 *
 * A task that is made for one node, a global service's, names it from the beginning: it is placed once the scheduler has confirmed it.
 */
export function isPlaced(task: TaskRow): boolean {
  return task.nodeId !== '' && task.placedAtMs > 0;
}

/** True when the task will never run again. */
export function isTerminal(task: TaskRow): boolean {
  return task.reportedState > TaskState.running;
}

/** True when nothing of the task runs or ever will: it ended, or it is not wanted any more and no node was given it. */
export function isOver(task: TaskRow): boolean {
  return isTerminal(task) || (task.desiredState > TaskState.running && !isPlaced(task));
}

/** True when the task runs or is on its way to, and is meant to. */
export function isLive(task: TaskRow): boolean {
  return task.desiredState <= TaskState.running && !isTerminal(task);
}

/** The task's error as people see it: the first reason that keeps it from running. */
export function taskError(task: TaskRow): string {
  return task.error || task.networkError || (isPlaced(task) ? '' : task.explanation);
}
