import { shortId } from './text.ts';
import type { TaskView } from './views.ts';

/** One place of a service that a task fills: a numbered slot, or a node of a global service. */
export interface SlotView {
  /** Number of the slot, or the short id of the node. */
  readonly key: string;
  /** Newest first. */
  readonly tasks: readonly TaskView[];
  /** The newest task that is meant to run. */
  readonly live: TaskView | undefined;
  readonly isRunning: boolean;
}

/** The tasks of one service by slot, in the order of slots; those of a global service by node. */
export function groupBySlot(tasks: readonly TaskView[]): readonly SlotView[] {
  const bySlot = Map.groupBy(tasks, (task) =>
    task.slot > 0 ? String(task.slot) : shortId(task.nodeId),
  );
  const slots = [...bySlot].map(([key, members]): SlotView => {
    const newestFirst = members.toSorted((left, right) => right.createdMs - left.createdMs);
    const live = newestFirst.filter(isMeantToRun);
    return {
      key,
      tasks: newestFirst,
      live: live[0],
      isRunning: live.some((task) => task.state === 'running'),
    };
  });
  return slots.toSorted(compareSlots);
}

function isMeantToRun(task: TaskView): boolean {
  return !['shutdown', 'remove', 'complete', 'failed', 'rejected'].includes(task.desiredState);
}

function compareSlots(left: SlotView, right: SlotView): number {
  const bySlot = (left.tasks[0]?.slot ?? 0) - (right.tasks[0]?.slot ?? 0);
  if (bySlot !== 0 || left.key === right.key) return bySlot;
  return left.key < right.key ? -1 : 1;
}
