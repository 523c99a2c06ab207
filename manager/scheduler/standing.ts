import type { NodeRow } from '../store/rows.ts';

/** A node with what decides its place in the order of one service's candidates. */
export interface Standing {
  readonly row: NodeRow;
  /** Tasks of the service that are meant to run there. */
  readonly serviceTasks: number;
  /** All tasks that are meant to run there. */
  readonly totalTasks: number;
}

/** True when `left` is to be taken first: fewest tasks of the service, then fewest tasks, then the lower id. */
export function isBetter(left: Standing, right: Standing): boolean {
  if (left.serviceTasks !== right.serviceTasks) return left.serviceTasks < right.serviceTasks;
  if (left.totalTasks !== right.totalTasks) return left.totalTasks < right.totalTasks;
  return left.row.id < right.row.id;
}
