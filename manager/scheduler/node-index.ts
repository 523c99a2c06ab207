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
import { Ranking, type Rank } from './ranking.ts';
import type { Standing } from './standing.ts';

/** What the tasks of one node use of it. */
export interface NodeLoad {
  /** Tasks that are meant to run there. */
  readonly tasks: number;
  /** Reserved by tasks that have not ended, whatever is wanted of them. */
  readonly nanoCpus: number;
  readonly memoryBytes: number;
  /** How many tasks hold each host port; keys of `hostPortKey`. */
  readonly hostPorts: ReadonlyMap<string, number>;
}

interface Load extends NodeLoad {
  tasks: number;
  nanoCpus: number;
  memoryBytes: number;
  readonly hostPorts: Map<string, number>;
}

const noLoad: NodeLoad = {
  tasks: 0,
  nanoCpus: 0,
  memoryBytes: 0,
  hostPorts: new Map(),
};

/**
 * Load of each node, the nodes in order of it, and the tasks that wait for one. Follows the view task by task: a call costs what it places.
 *
 * Counts go with what is wanted of a task, resources and ports with whether it has ended: a task that is being stopped
 * still uses them.
 */
export class NodeIndex implements Follower {
  #view: StoreView | undefined;
  readonly #loads = new Map<string, Load>();
  /** Of each service: the nodes that are meant to run some of its tasks, and how many. */
  readonly #tasksOn = new Map<string, Map<string, number>>();
  #ranking: Ranking = this.#newRanking();
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
    this.#tasksOn.clear();
    this.#waiting.clear();
    this.#counted = new Table<TaskRow>();
    this.#ranking = this.#newRanking();
    for (const { id } of view.nodes()) this.#ranking.touch(id);
    for (const portion of taskPortions(view)) {
      for (const { id } of portion) this.#update(id, view);
      yield undefined;
    }
    return undefined;
  }

  follow(event: StoreEvent): void {
    const view = this.#view;
    if (event.table === TableName.nodes) this.#ranking.touch(event.key);
    if (view === undefined || event.table !== TableName.tasks) return;
    this.#update(asId<'task'>(event.key), view);
  }

  loadOf(nodeId: string): NodeLoad {
    return this.#loads.get(nodeId) ?? noLoad;
  }

  /** Number of nodes. */
  get nodeCount(): number {
    return this.#ranking.size;
  }

  /**
   * All nodes, in the order in which one task of the service would be offered to them: `isBetter` of each and the next. Made as they are
   * asked for, so that who takes the first pays for no other.
   */
  *inOrderFor(serviceId: string): Generator<Standing, undefined> {
    const counts = this.#tasksOn.get(serviceId);
    const later = new Map<number, Rank[]>();
    for (const rank of this.#ranking.inOrder()) {
      const serviceTasks = counts?.get(rank.id) ?? 0;
      if (serviceTasks === 0) yield* this.#standing(rank, 0);
      else groupOf(later, serviceTasks).push(rank);
    }
    for (const serviceTasks of [...later.keys()].toSorted((left, right) => left - right)) {
      for (const rank of groupOf(later, serviceTasks)) yield* this.#standing(rank, serviceTasks);
    }
    return undefined;
  }

  /** One node as `inOrderFor` gives it; undefined for one that is not there. */
  standingOf(nodeId: string, serviceId: string): Standing | undefined {
    const serviceTasks = this.#tasksOn.get(serviceId)?.get(nodeId) ?? 0;
    return this.#standing({ id: nodeId, tasks: this.loadOf(nodeId).tasks }, serviceTasks)[0];
  }

  /** Ids of the service's tasks that could run if they had a node, or if the one they are made for were confirmed. */
  waitingOf(serviceId: string): ReadonlySet<string> {
    return this.#waiting.get(serviceId) ?? noTasks;
  }

  /** Ids of services with such tasks. */
  get waitingServices(): Iterable<string> {
    return this.#waiting.keys();
  }

  #newRanking(): Ranking {
    return new Ranking((id) => {
      const isThere = this.#view?.node(asId<'node'>(id)) !== undefined;
      return isThere ? this.loadOf(id).tasks : undefined;
    });
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
    if (!isMeantToRun(task)) return;
    this.#ranking.touch(task.nodeId);
    const counts = this.#tasksOn.get(task.serviceId) ?? new Map<string, number>();
    addTo(counts, task.nodeId, sign);
    if (counts.size === 0) this.#tasksOn.delete(task.serviceId);
    else this.#tasksOn.set(task.serviceId, counts);
  }

  #standing({ id, tasks }: Rank, serviceTasks: number): readonly Standing[] {
    const row = this.#view?.node(asId<'node'>(id));
    return row === undefined ? [] : [{ row, serviceTasks, totalTasks: tasks }];
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
    hostPorts: new Map(from.hostPorts),
  };
}

function count(load: Load, task: TaskRow, sign: 1 | -1): void {
  const spec = task.revision.spec;
  load.nanoCpus += sign * (spec.task?.reservations?.nanoCpus ?? 0);
  load.memoryBytes += sign * (spec.task?.reservations?.memoryBytes ?? 0);
  for (const port of hostPortsOf(spec)) addTo(load.hostPorts, hostPortKey(port), sign);
  if (!isMeantToRun(task)) return;
  load.tasks += sign;
}

function groupOf(groups: Map<number, Rank[]>, key: number): Rank[] {
  const found = groups.get(key);
  if (found !== undefined) return found;
  const group: Rank[] = [];
  groups.set(key, group);
  return group;
}

function isMeantToRun(task: TaskRow): boolean {
  return task.desiredState <= TaskState.running;
}

function addTo(counts: Map<string, number>, key: string, sign: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + sign;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
