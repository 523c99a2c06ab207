import type { Budget } from '../store/decider.ts';
import type { TaskRow } from '../store/rows.ts';
import { withTasks, type NodeIndex } from './node-index.ts';
import { confirm, placeGroup, type Nodes, type Placed } from './place-group.ts';
import { isBetter, type Standing } from './standing.ts';

/** What became of a service's waiting tasks. */
export interface ServicePlacement {
  readonly placed: readonly Placed[];
  /** Tasks that fit nowhere and whose row does not say so yet, or says something else. */
  readonly explained: readonly { readonly task: TaskRow; readonly explanation: string }[];
  /** True when the budget ended before all were placed or explained. */
  readonly more: boolean;
}

/** Places the waiting tasks of one service: those made for one node there, then the lower slots first, one spec revision after the other. */
export function placeService(
  service: { readonly id: string; readonly index: NodeIndex },
  waiting: readonly TaskRow[],
  budget: Budget,
): ServicePlacement {
  const nodes = new PlacedOn(service.id, service.index);
  const explained: { readonly task: TaskRow; readonly explanation: string }[] = [];
  const isFree = ({ nodeId }: TaskRow): boolean => nodeId === '';
  for (const task of waiting.filter((one) => !isFree(one))) {
    const { placed, explanation } = confirm(nodes, task);
    nodes.add(placed);
    // What is known already costs nothing: whoever comes after it must have its turn.
    if (placed.length === 0 && explanation === task.explanation) continue;
    if (placed.length === 0) explained.push({ task, explanation });
    if (!budget.spend(1)) return { placed: nodes.placed, explained, more: true };
  }
  for (const group of groupsOf(waiting.filter(isFree))) {
    const { placed, explanation } = placeGroup(nodes, group, budget);
    nodes.add(placed);
    const rest = group.slice(placed.length);
    if (rest.length > 0 && explanation === '')
      return { placed: nodes.placed, explained, more: true };
    for (const task of rest) {
      if (task.explanation === explanation) continue;
      explained.push({ task, explanation });
      if (!budget.spend(1)) return { placed: nodes.placed, explained, more: true };
    }
  }
  return { placed: nodes.placed, explained, more: false };
}

function groupsOf(waiting: readonly TaskRow[]): Iterable<readonly TaskRow[]> {
  const groups = new Map<number, TaskRow[]>();
  for (const task of waiting.toSorted(bySlot)) {
    const group = groups.get(task.revision.version);
    if (group === undefined) groups.set(task.revision.version, [task]);
    else group.push(task);
  }
  return groups.values();
}

function bySlot(left: TaskRow, right: TaskRow): number {
  if (left.slot !== right.slot) return left.slot - right.slot;
  return left.id < right.id ? -1 : 1;
}

/** The nodes as the index has them, with what this decision has placed on them so far. */
class PlacedOn implements Nodes {
  readonly placed: Placed[] = [];
  readonly #serviceId: string;
  readonly #index: NodeIndex;
  readonly #tasks = new Map<string, TaskRow[]>();

  constructor(serviceId: string, index: NodeIndex) {
    this.#serviceId = serviceId;
    this.#index = index;
  }

  /** The index has the order of the nodes as they were: those that took something since are put where they belong now. */
  *inOrder(): Generator<Standing, undefined> {
    const moved = [...this.#tasks.keys()]
      .map((id) => this.standingOf(id))
      .filter((standing) => standing !== undefined)
      .toSorted((left, right) => (isBetter(left, right) ? -1 : 1));
    let next = 0;
    for (const standing of this.#index.inOrderFor(this.#serviceId)) {
      if (this.#tasks.has(standing.row.id)) continue;
      for (let one = moved[next]; one !== undefined && isBetter(one, standing);) {
        yield one;
        next += 1;
        one = moved[next];
      }
      yield standing;
    }
    yield* moved.slice(next);
    return undefined;
  }

  standingOf(nodeId: string): Standing | undefined {
    const standing = this.#index.standingOf(nodeId, this.#serviceId);
    const more = this.#tasks.get(nodeId)?.length ?? 0;
    if (standing === undefined || more === 0) return standing;
    const { row, serviceTasks, totalTasks } = standing;
    return { row, serviceTasks: serviceTasks + more, totalTasks: totalTasks + more };
  }

  loadOf(nodeId: string): ReturnType<NodeIndex['loadOf']> {
    const load = this.#index.loadOf(nodeId);
    const tasks = this.#tasks.get(nodeId);
    return tasks === undefined ? load : withTasks(load, tasks);
  }

  add(placed: readonly Placed[]): void {
    for (const one of placed) {
      this.placed.push(one);
      const tasks = this.#tasks.get(one.node.id);
      if (tasks === undefined) this.#tasks.set(one.node.id, [one.task]);
      else tasks.push(one.task);
    }
  }
}
