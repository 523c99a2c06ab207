import { OrderedRows } from '../store/ordered-rows.ts';

/** A node where it stands among all: never changed, replaced. */
export interface Rank {
  readonly id: string;
  /** Tasks that are meant to run there. */
  readonly tasks: number;
}

/** All nodes, those with the fewest tasks first, then by id. A change costs nothing until somebody asks for the order. */
export class Ranking {
  /** How many tasks a node has now; undefined for one that is gone. */
  readonly #tasksOf: (id: string) => number | undefined;
  readonly #order = new OrderedRows<Rank>(compareRanks);
  readonly #ranks = new Map<string, Rank>();
  /** Nodes that may not stand where they belong. */
  readonly #moved = new Set<string>();

  constructor(tasksOf: (id: string) => number | undefined) {
    this.#tasksOf = tasksOf;
  }

  /** The node came, went, or has another number of tasks. */
  touch(id: string): void {
    this.#moved.add(id);
  }

  /** Number of nodes. */
  get size(): number {
    this.#settle();
    return this.#ranks.size;
  }

  /** All nodes in order; nothing may be touched while they are read. */
  inOrder(): Iterable<Rank> {
    this.#settle();
    return this.#order.rows();
  }

  #settle(): void {
    for (const id of this.#moved) this.#place(id);
    this.#moved.clear();
  }

  #place(id: string): void {
    const old = this.#ranks.get(id);
    const tasks = this.#tasksOf(id);
    if (old?.tasks === tasks) return;
    if (old !== undefined) this.#order.remove(old);
    this.#ranks.delete(id);
    if (tasks === undefined) return;
    const rank = { id, tasks };
    this.#order.put(rank);
    this.#ranks.set(id, rank);
  }
}

function compareRanks(left: Rank, right: Rank): number {
  if (left.tasks !== right.tasks) return left.tasks - right.tasks;
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}
