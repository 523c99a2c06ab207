import { asId, type NodeId, type ServiceId } from '../../../common/pure/ids.ts';
import { TaskState } from '../../../proto/gen/objects.ts';
import type { TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';

/** Stands where a slot belongs to no node. */
export const noNode: NodeId = asId<'node'>('');

/** What tells a slot of a service from its others. */
export interface SlotId {
  /** From 1; 0 when the slot is that of a node. */
  readonly number: number;
  /** The node whose slot of a global service this is; empty for a replica, which may be anywhere. */
  readonly nodeId: NodeId;
}

/** One replica of a service: all its task rows, history included, oldest first. */
export interface Slot extends SlotId {
  readonly tasks: readonly TaskRow[];
}

/** The slot that `task` stands in. */
export function slotIdOf(task: TaskRow): SlotId {
  return { number: task.slot, nodeId: task.slot === 0 ? task.nodeId : noNode };
}

/** The slot as text, unlike those of the others of its service: its number, or the id of its node. */
export function slotName({ number, nodeId }: SlotId): string {
  return number === 0 ? nodeId : String(number);
}

/** The rows of one service by slot, in ascending order of number, then of node. */
export function slotsOf(tasks: readonly TaskRow[]): Slot[] {
  const rows = new Map<string, TaskRow[]>();
  for (const task of tasks) {
    const name = slotName(slotIdOf(task));
    const slot = rows.get(name);
    if (slot === undefined) rows.set(name, [task]);
    else slot.push(task);
  }
  const slots: Slot[] = [];
  for (const slotTasks of rows.values()) {
    const [first] = slotTasks;
    if (first !== undefined) slots.push({ ...slotIdOf(first), tasks: oldestFirst(slotTasks) });
  }
  return slots.toSorted(compareSlots);
}

function compareSlots(left: SlotId, right: SlotId): number {
  if (left.number !== right.number) return left.number - right.number;
  if (left.nodeId === right.nodeId) return 0;
  return left.nodeId < right.nodeId ? -1 : 1;
}

/** One slot of a service as the view has it. */
export function slotIn(view: StoreView, serviceId: ServiceId, id: SlotId): Slot {
  const tasks =
    id.number > 0
      ? view.tasksOfSlot(serviceId, id.number)
      : view
          .tasksOfNode(id.nodeId)
          .filter((task) => task.serviceId === serviceId && task.slot === 0);
  return { number: id.number, nodeId: id.nodeId, tasks: oldestFirst(tasks) };
}

/** `tasks` by creation, then by id. */
function oldestFirst(tasks: readonly TaskRow[]): readonly TaskRow[] {
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
