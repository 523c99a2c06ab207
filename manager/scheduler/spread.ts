import type { NodeRow } from '../store/rows.ts';
import type { Candidate } from './candidate.ts';
import { isBetter, type Standing } from './standing.ts';

/**
 * Nodes of one demand, arranged by its spread preferences: on each level those with the same value of a label form a
 * branch, and each task goes to the branch that has the fewest of the service, those on nodes that are full included. A
 * node without the label belongs to the branch of the empty value. Below the last preference the best node is taken.
 */
export interface Branch {
  /** Tasks of the service in this branch. */
  readonly tasks: number;
  /** Places one task; undefined when no node here can take it. */
  place(): Candidate | undefined;
}

/** What the demand makes of the nodes; asked of a node only when its turn comes. */
export interface Offers {
  offer(standing: Standing): Candidate;
  /** True when the node may take a task; asked once for each. */
  admits(candidate: Candidate): boolean;
  /** True when a node on which a task was just placed may take another one. */
  stillAdmits(candidate: Candidate): boolean;
}

/**
 * @param nodes the better ones first.
 * @param preferences label paths such as `node.labels.zone`, the most important first.
 */
export function arrange(
  nodes: Iterable<Standing>,
  preferences: readonly string[],
  offers: Offers,
): Pick<Branch, 'place'> {
  return preferences.length === 0
    ? new Leaf(nodes, 0, offers)
    : branchOf([...nodes], preferences, offers);
}

function branchOf(
  nodes: readonly Standing[],
  preferences: readonly string[],
  offers: Offers,
): Branch {
  const [preference, ...rest] = preferences;
  if (preference === undefined) {
    const tasks = nodes.reduce((sum, { serviceTasks }) => sum + serviceTasks, 0);
    return new Leaf(nodes, tasks, offers);
  }
  const groups = new Map<string, Standing[]>();
  for (const standing of nodes) {
    const value = labelValue(standing.row, preference);
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [standing]);
    else group.push(standing);
  }
  const branches = [...groups.entries()]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, group]) => branchOf(group, rest, offers));
  return new Fork(branches);
}

const nodeLabelPrefix = 'node.labels.';
const engineLabelPrefix = 'engine.labels.';

function labelValue(node: NodeRow, path: string): string {
  const lower = path.toLowerCase();
  if (lower.startsWith(nodeLabelPrefix)) {
    return node.spec.labels.get(path.slice(nodeLabelPrefix.length)) ?? '';
  }
  if (lower.startsWith(engineLabelPrefix)) {
    const labels = node.status.description?.engineLabels;
    return labels?.get(path.slice(engineLabelPrefix.length)) ?? '';
  }
  return '';
}

class Fork implements Branch {
  tasks: number;
  #open: Branch[];

  constructor(branches: Branch[]) {
    this.#open = branches;
    this.tasks = branches.reduce((sum, branch) => sum + branch.tasks, 0);
  }

  place(): Candidate | undefined {
    for (let branch = this.#emptiest(); branch !== undefined; branch = this.#emptiest()) {
      const placed = branch.place();
      if (placed !== undefined) {
        this.tasks += 1;
        return placed;
      }
      const full = branch;
      this.#open = this.#open.filter((other) => other !== full);
    }
    return undefined;
  }

  #emptiest(): Branch | undefined {
    let best: Branch | undefined;
    for (const branch of this.#open) {
      if (best === undefined || branch.tasks < best.tasks) best = branch;
    }
    return best;
  }
}

/**
 * Nodes among which only their load decides: those that took a task in a binary heap, the best first, and the others in their order, which
 * nothing changes, looked at no further than to the first that may take a task.
 */
class Leaf implements Branch {
  tasks: number;
  readonly #offers: Offers;
  readonly #others: Iterator<Standing>;
  /** The best of the others, once it is known. */
  #other: Candidate | undefined;
  readonly #heap: Candidate[] = [];

  constructor(nodes: Iterable<Standing>, tasks: number, offers: Offers) {
    this.tasks = tasks;
    this.#offers = offers;
    this.#others = nodes[Symbol.iterator]();
  }

  place(): Candidate | undefined {
    this.#other ??= this.#nextOther();
    const taken = this.#heap[0];
    const other = this.#other;
    const best = taken === undefined || (other && isBetter(other, taken)) ? other : taken;
    if (best === undefined) return undefined;
    best.place();
    this.tasks += 1;
    const isOpen = this.#offers.stillAdmits(best);
    if (best !== taken) {
      this.#other = undefined;
      if (isOpen) this.#push(best);
      return best;
    }
    if (!isOpen) this.#dropFirst();
    this.#sink(0);
    return best;
  }

  #nextOther(): Candidate | undefined {
    for (let next = this.#others.next(); next.done !== true; next = this.#others.next()) {
      const candidate = this.#offers.offer(next.value);
      if (this.#offers.admits(candidate)) return candidate;
    }
    return undefined;
  }

  #push(candidate: Candidate): void {
    let at = this.#heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBetter(candidate, above)) break;
      this.#heap[at] = above;
      at = parent;
    }
    this.#heap[at] = candidate;
  }

  #dropFirst(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#heap[0] = last;
  }

  #sink(from: number): void {
    const sinking = this.#heap[from];
    if (sinking === undefined) return;
    let at = from;
    for (;;) {
      const child = this.#betterChild(at);
      const below = this.#heap[child];
      if (below === undefined || !isBetter(below, sinking)) break;
      this.#heap[at] = below;
      at = child;
    }
    this.#heap[at] = sinking;
  }

  #betterChild(at: number): number {
    const left = this.#heap[2 * at + 1];
    const right = this.#heap[2 * at + 2];
    return left !== undefined && right !== undefined && isBetter(right, left)
      ? 2 * at + 2
      : 2 * at + 1;
  }
}
