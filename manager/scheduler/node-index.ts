import { asId } from '../../common/pure/ids.ts';
import type { TaskId } from '../../common/pure/ids.ts';
import { Table as TableName, TaskState } from '../../proto/gen/objects.ts';
import { readWhole, type Follower } from '../store/decider.ts';
import type { StoreEvent } from '../store/events.ts';
import type { TaskRow } from '../store/rows.ts';
import { Table } from '../store/table.ts';
import { taskPortions } from '../store/task-portions.ts';
import { isPlaced, isTerminal } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';
import { hostPortKey, hostPortsOf } from './host-port.ts';

/** What the tasks of one node use of it. */
export interface NodeLoad {
  /** Tasks that are meant to run there. */
  readonly tasks: number;
  readonly tasksByService: ReadonlyMap<string, number>;
  /** Reserved by tasks that have not ended, whatever is wanted of them. */
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  /** How many tasks hold each host port; keys of `hostPortKey`. */
  readonly hostPorts: ReadonlyMap<string, number>;
}

interface Load extends NodeLoad {
  tasks: number;
  readonly tasksByService: Map<string, number>;
  nanoCpus: number;
  memoryBytes: number;
  readonly hostPorts: Map<string, number>;
}

const noLoad: NodeLoad = {
  tasks: 0,
  tasksByService: new Map(),
  nanoCpus: 0,
  memoryBytes: 0,
  hostPorts: new Map(),
};

/**
 * Load of each node and the tasks that wait for one. Follows the view task by task: a call costs what it places.
 *
 * Counts go with what is wanted of a task, resources and ports with whether it has ended: a task that is being stopped
 * still uses them.
 */
export class NodeIndex implements Follower {
  #view: StoreView | undefined;
  readonly #loads = new Map<string, Load>();
  readonly #waiting = new Map<string, Set<string>>();
  /** Rows as they were counted: what is taken off when they change. */
  #counted = new Table<TaskRow>();

  /** An index of `view` as it is now, for one call. */
  static of(view: StoreView): NodeIndex {
    const index = new NodeIndex();
    readWhole(index, view);
    return index;
  }

  /** True when the index follows this very view. */
  covers(view: StoreView): boolean {
    return this.#view === view;
  }

  *restart(view: StoreView): Generator<undefined, undefined> {
    this.#view = view;
    this.#loads.clear();
    this.#waiting.clear();
    this.#counted = new Table<TaskRow>();
    for (const portion of taskPortions(view)) {
      for (const { id } of portion) this.#update(id, view);
      yield undefined;
    }
    return undefined;
  }

  follow(event: StoreEvent): void {
    const view = this.#view;
    if (view === undefined || event.table !== TableName.tasks) return;
    this.#update(asId<'task'>(event.key), view);
  }

  loadOf(nodeId: string): NodeLoad {
    return this.#loads.get(nodeId) ?? noLoad;
  }

  /** Ids of the service's tasks that could run if they had a node, or if the one they are made for were confirmed. */
  waitingOf(serviceId: string): ReadonlySet<string> {
    return this.#waiting.get(serviceId) ?? noTasks;
  }

  /** Ids of services with such tasks. */
  get waitingServices(): Iterable<string> {
    return this.#waiting.keys();
  }

  /** Counts a task as the view has it now. */
  #update(id: TaskId, view: StoreView): void {
    const counted = this.#counted.get(id);
    const task = view.task(id);
    if (counted !== undefined) this.#remove(counted);
    if (task !== undefined) this.#add(task);
  }

  #add(task: TaskRow): void {
    if (isTerminal(task)) return;
    if (isPlaced(task)) this.#count(task, 1);
    else if (task.allocatedAtMs > 0 && task.desiredState <= TaskState.running) this.#wait(task);
    else return;
    this.#counted.set(task.id, task);
  }

  #remove(task: TaskRow): void {
    this.#counted.delete(task.id);
    if (isPlaced(task)) {
      this.#count(task, -1);
      return;
    }
    const waiting = this.#waiting.get(task.serviceId);
    waiting?.delete(task.id);
    if (waiting?.size === 0) this.#waiting.delete(task.serviceId);
  }

  #wait(task: TaskRow): void {
    const waiting = this.#waiting.get(task.serviceId) ?? new Set<string>();
    waiting.add(task.id);
    this.#waiting.set(task.serviceId, waiting);
  }

  #count(task: TaskRow, sign: 1 | -1): void {
    const load = this.#loads.get(task.nodeId) ?? newLoad(noLoad);
    this.#loads.set(task.nodeId, load);
    count(load, task, sign);
  }
}

/** A node's load with `tasks` on it as well, whatever their rows say of where they are. */
export function withTasks(load: NodeLoad, tasks: readonly TaskRow[]): NodeLoad {
  const sum = newLoad(load);
  for (const task of tasks) count(sum, task, 1);
  return sum;
}

const noTasks: ReadonlySet<string> = new Set();

function newLoad(from: NodeLoad): Load {
  return {
    ...from,
    tasksByService: new Map(from.tasksByService),
    hostPorts: new Map(from.hostPorts),
  };
}

function count(load: Load, task: TaskRow, sign: 1 | -1): void {
  const spec = task.revision.spec;
  load.nanoCpus += sign * (spec.task?.reservations?.nanoCpus ?? 0);
  load.memoryBytes += sign * (spec.task?.reservations?.memoryBytes ?? 0);
  for (const port of hostPortsOf(spec)) addTo(load.hostPorts, hostPortKey(port), sign);
  if (task.desiredState > TaskState.running) return;
  load.tasks += sign;
  addTo(load.tasksByService, task.serviceId, sign);
}

function addTo(counts: Map<string, number>, key: string, sign: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + sign;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
