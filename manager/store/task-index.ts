import type { NodeId, ServiceId, TaskId } from '../../common/pure/ids.ts';
import type { TaskState } from '../../proto/gen/objects.ts';
import { OrderedRows } from './ordered-rows.ts';
import { compareIds, compareText } from './order.ts';
import type { TaskRow } from './rows.ts';
import { TaskCut } from './task-cut.ts';

interface ServiceTasks {
  readonly byId: OrderedRows<TaskRow>;
  readonly bySlot: OrderedRows<TaskRow>;
}

/**
 * Tasks by service, slot, node and desired state, each in ascending order of id.
 *
 * Services hold rows, because their lists are read most; nodes and states hold ids, so that a status, the most frequent change, leaves
 * them alone.
 */
export class TaskIndex {
  readonly #find: (id: TaskId) => TaskRow | undefined;
  readonly #services = new Map<ServiceId, ServiceTasks>();
  readonly #nodes = new Map<NodeId, OrderedRows<TaskId>>();
  readonly #desired = new Map<TaskState, OrderedRows<TaskId>>();
  readonly #cuts = new Set<TaskCut>();
  readonly #serviceIds = new OrderedRows<ServiceId>(compareText);

  /** @param find gives a task that is in the index, as it is now. */
  constructor(find: (id: TaskId) => TaskRow | undefined) {
    this.#find = find;
  }

  /** Follows one change of one task. */
  commit(before: TaskRow | undefined, after: TaskRow | undefined): void {
    const serviceId = (after ?? before)?.serviceId;
    if (serviceId !== undefined) for (const cut of this.#cuts) cut.hold(serviceId);
    if (before !== undefined) this.#removeMoved(before, after);
    if (after !== undefined) this.#put(before, after);
  }

  ofService(id: ServiceId): readonly TaskRow[] {
    return this.#services.get(id)?.byId.list() ?? [];
  }

  ofSlot(id: ServiceId, slot: number): readonly TaskRow[] {
    return this.#services.get(id)?.bySlot.range((task) => task.slot - slot) ?? [];
  }

  ofNode(id: NodeId): readonly TaskRow[] {
    return [...this.#rowsOf(this.#nodes.get(id))];
  }

  withDesiredState(state: TaskState): Iterable<TaskRow> {
    return this.#rowsOf(this.#desired.get(state));
  }

  /** Ids of services that have tasks, ascending. */
  services(): readonly ServiceId[] {
    return this.#serviceIds.list();
  }

  /** All tasks: services ascending, within one by id. */
  *all(): Iterable<TaskRow> {
    for (const id of this.services()) {
      const tasks = this.#services.get(id);
      if (tasks !== undefined) yield* tasks.byId.rows();
    }
  }

  /** All tasks as they are now, in the order of `all`, to be read little by little while the index goes on. */
  cut(): TaskCut {
    const cut: TaskCut = new TaskCut({
      services: this.services(),
      tasksOf: (id) => this.ofService(id),
      ended: () => this.#cuts.delete(cut),
    });
    this.#cuts.add(cut);
    return cut;
  }

  hasService(id: ServiceId): boolean {
    return this.#services.has(id);
  }

  hasNode(id: NodeId): boolean {
    return this.#nodes.has(id);
  }

  *#rowsOf(ids: OrderedRows<TaskId> | undefined): Iterable<TaskRow> {
    for (const id of ids?.rows() ?? []) {
      const task = this.#find(id);
      if (task !== undefined) yield task;
    }
  }

  /** Takes `before` out of the buckets in which `after` is not. */
  #removeMoved(before: TaskRow, after: TaskRow | undefined): void {
    if (after === undefined) {
      const tasks = this.#services.get(before.serviceId);
      tasks?.byId.remove(before);
      tasks?.bySlot.remove(before);
      if (tasks?.byId.size === 0) {
        this.#services.delete(before.serviceId);
        this.#serviceIds.remove(before.serviceId);
      }
    }
    if (before.nodeId !== after?.nodeId) removeFrom(this.#nodes, before.nodeId, before.id);
    if (before.desiredState !== after?.desiredState) {
      removeFrom(this.#desired, before.desiredState, before.id);
    }
  }

  #put(before: TaskRow | undefined, task: TaskRow): void {
    const tasks = this.#tasksFor(task.serviceId);
    tasks.byId.put(task);
    tasks.bySlot.put(task);
    if (task.nodeId !== '' && task.nodeId !== before?.nodeId) {
      bucketFor(this.#nodes, task.nodeId).put(task.id);
    }
    if (task.desiredState !== before?.desiredState) {
      bucketFor(this.#desired, task.desiredState).put(task.id);
    }
  }

  #tasksFor(id: ServiceId): ServiceTasks {
    const found = this.#services.get(id);
    if (found !== undefined) return found;
    const made: ServiceTasks = {
      byId: new OrderedRows<TaskRow>(compareIds),
      bySlot: new OrderedRows<TaskRow>(compareSlots),
    };
    this.#services.set(id, made);
    this.#serviceIds.put(id);
    return made;
  }
}

function compareSlots(left: TaskRow, right: TaskRow): number {
  return left.slot - right.slot || compareText(left.id, right.id);
}

function bucketFor<Key>(buckets: Map<Key, OrderedRows<TaskId>>, key: Key): OrderedRows<TaskId> {
  const found = buckets.get(key);
  if (found !== undefined) return found;
  const made = new OrderedRows<TaskId>(compareText);
  buckets.set(key, made);
  return made;
}

function removeFrom<Key>(buckets: Map<Key, OrderedRows<TaskId>>, key: Key, id: TaskId): void {
  const bucket = buckets.get(key);
  bucket?.remove(id);
  if (bucket?.size === 0) buckets.delete(key);
}
