import type { NodeRow } from '../store/rows.ts';
import { isBetter, type Candidate } from './candidate.ts';

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

/** Answers whether a candidate on which a task was just placed may take another one. */
export type StillAdmits = (candidate: Candidate) => boolean;

/** @param preferences label paths such as `node.labels.zone`, the most important first. */
export function arrange(
  candidates: readonly Candidate[],
  preferences: readonly string[],
  stillAdmits: StillAdmits,
): Branch {
  const [preference, ...rest] = preferences;
  if (preference === undefined) return new Leaf(candidates, stillAdmits);
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const value = labelValue(candidate.row, preference);
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [candidate]);
    else group.push(candidate);
  }
  const branches = [...groups.entries()]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, group]) => arrange(group, rest, stillAdmits));
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

/** Nodes among which only their load decides: a binary heap, the best first. */
class Leaf implements Branch {
  tasks = 0;
  readonly #heap: Candidate[];
  readonly #stillAdmits: StillAdmits;

  constructor(candidates: readonly Candidate[], stillAdmits: StillAdmits) {
    this.#heap = candidates.filter(({ isOpen }) => isOpen);
    this.#stillAdmits = stillAdmits;
    for (const candidate of candidates) this.tasks += candidate.serviceTasks;
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at -= 1) this.#sink(at);
  }

  place(): Candidate | undefined {
    const best = this.#heap[0];
    if (best === undefined) return undefined;
    best.place();
    this.tasks += 1;
    if (!this.#stillAdmits(best)) this.#dropFirst();
    this.#sink(0);
    return best;
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
