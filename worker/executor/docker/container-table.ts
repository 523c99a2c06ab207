import type { ContainerDetails, ContainerSummary } from '../../../common/ports/engine-api.ts';
import { taskLabels } from './names.ts';

interface Row {
  readonly containerId: string;
  /** Number of the last change that may concern the container: an answer that was asked for before it is not kept. */
  changes: number;
  /** What the engine said last, unless something changed since. */
  details: ContainerDetails | undefined;
}

/**
 * What the executor knows of its node's containers, by task id, so that looking at a task does not cost a call each time.
 *
 * While `isComplete`, events keep it so: a task without a row has no container. Otherwise it only remembers ids, and details are not kept.
 */
export class ContainerTable {
  readonly #rows = new Map<string, Row>();
  #changes = 0;
  #isComplete = false;
  /** Tasks that got a container while a list was under way: the list may not have it. */
  #putWhileListing: Set<string> | undefined;

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** A list of all containers is about to be asked for; the event stream has begun. */
  beginListing(): void {
    this.#putWhileListing = new Set();
  }

  /** Takes the list. A container that is gone since then costs one vain look. */
  complete(containers: readonly ContainerSummary[]): void {
    const newer = this.#putWhileListing ?? new Set();
    this.#putWhileListing = undefined;
    for (const taskId of this.#rows.keys()) {
      if (!newer.has(taskId)) this.#rows.delete(taskId);
    }
    for (const container of containers) {
      this.putIfNone(container.Labels[taskLabels.taskId] ?? '', container.Id);
    }
    this.#isComplete = true;
  }

  /** Events may have been lost: nothing is sure any more. */
  lose(): void {
    this.#isComplete = false;
    for (const row of this.#rows.values()) {
      this.#note(row);
    }
  }

  /** The task that has this container, if any. */
  taskOf(containerId: string): string | undefined {
    for (const [taskId, row] of this.#rows) if (row.containerId === containerId) return taskId;
    return undefined;
  }

  containerId(taskId: string): string | undefined {
    return this.#rows.get(taskId)?.containerId;
  }

  /** What is known of the task's container and still holds. */
  details(taskId: string): ContainerDetails | undefined {
    return this.#isComplete ? this.#rows.get(taskId)?.details : undefined;
  }

  /** An event or a list, which may be late, tells that this container exists. True when that is news. */
  putIfNone(taskId: string, containerId: string): boolean {
    if (this.#rows.has(taskId)) return false;
    this.put(taskId, containerId);
    return true;
  }

  /** The task has this container now. */
  put(taskId: string, containerId: string): void {
    if (taskId === '') return;
    this.#putWhileListing?.add(taskId);
    if (this.#rows.get(taskId)?.containerId === containerId) this.touch(taskId);
    else this.#rows.set(taskId, { containerId, changes: this.#next(), details: undefined });
  }

  /** Something happened to the task's container. */
  touch(taskId: string): void {
    const row = this.#rows.get(taskId);
    if (row !== undefined) this.#note(row);
  }

  /** The container is gone; a newer one of the same task stays. */
  remove(taskId: string, containerId: string): void {
    if (this.#rows.get(taskId)?.containerId === containerId) this.#rows.delete(taskId);
  }

  /** Remember before asking the engine; `keep` wants it back. */
  changes(taskId: string): number {
    return this.#rows.get(taskId)?.changes ?? 0;
  }

  /** Keeps an answer of the engine, unless something happened since `changes` was read. */
  keep(taskId: string, details: ContainerDetails, changes: number): void {
    const row = this.#rows.get(taskId);
    if (!this.#isComplete || row === undefined) return;
    if (row.containerId === details.Id && row.changes === changes) row.details = details;
  }

  #note(row: Row): void {
    row.changes = this.#next();
    row.details = undefined;
  }

  #next(): number {
    this.#changes += 1;
    return this.#changes;
  }
}
