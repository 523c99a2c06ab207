import type { ServiceId } from '../../common/pure/ids.ts';
import type { TaskRow } from './rows.ts';

interface TaskSource {
  /** Services that have tasks, ascending; the list never changes. */
  readonly services: readonly ServiceId[];
  /** The tasks of a service as they are now, in a list that never changes. */
  readonly tasksOf: (id: ServiceId) => readonly TaskRow[];
  readonly ended: () => void;
}

/**
 * All tasks as they were at one moment: services ascending, within one by id.
 *
 * Nothing is copied at that moment: the list of a service is kept when its turn comes, or just before one of its tasks changes.
 */
export class TaskCut {
  readonly #source: TaskSource;
  readonly #held = new Map<ServiceId, readonly TaskRow[]>();
  /** The service that is being read; those up to it need not be kept any more. */
  #current: ServiceId | undefined;
  #isClosed = false;

  constructor(source: TaskSource) {
    this.#source = source;
  }

  /** Keeps the tasks of a service as they are, unless they were read or kept before. */
  hold(id: ServiceId): void {
    const isRead = this.#current !== undefined && id <= this.#current;
    if (isRead || this.#held.has(id)) return;
    this.#held.set(id, this.#source.tasksOf(id));
  }

  /** Gives each task once, and closes the cut at the end. */
  *rows(): Generator<TaskRow, undefined> {
    for (const id of this.#source.services) {
      if (this.#isClosed) return;
      const tasks = this.#held.get(id) ?? this.#source.tasksOf(id);
      this.#held.delete(id);
      this.#current = id;
      yield* tasks;
    }
    this.close();
  }

  /** Ends it: changes keep nothing for it any more. Twice is harmless. */
  close(): void {
    this.#isClosed = true;
    this.#held.clear();
    this.#source.ended();
  }
}
