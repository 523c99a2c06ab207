import { asId } from '../../common/pure/ids.ts';
import type { TaskId } from '../../common/pure/ids.ts';
import { parseIpv4 } from '../../common/pure/ipv4.ts';
import { Table, TaskState } from '../../proto/gen/objects.ts';
import { readWhole, type Follower } from '../store/decider.ts';
import type { StoreEvent } from '../store/events.ts';
import type { TaskRow } from '../store/rows.ts';
import { taskPortions } from '../store/task-portions.ts';
import { isOver } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';
import { bareAddress } from './address-source.ts';
import { addressSpace } from './spaces.ts';

/** The address that was given out last in a network. */
interface LastGiven {
  readonly atMs: number;
  readonly address: number;
}

/**
 * Which tasks wait for addresses, which hold some that they need no more, and where each network's search goes on.
 *
 * Follows the view, so that a call costs what there is to do and not what is there. The last address given out is a
 * hint: it is remembered when its task is gone, so that it is not given out again at once.
 */
export class AllocationIndex implements Follower {
  #view: StoreView | undefined;
  readonly #waiting = new Map<string, Set<string>>();
  readonly #serviceOfWaiting = new Map<string, string>();
  readonly #releasable = new Set<string>();
  readonly #lastGiven = new Map<string, LastGiven>();

  /** An index of `view` as it is now, for one call. */
  static of(view: StoreView): AllocationIndex {
    const index = new AllocationIndex();
    readWhole(index, view);
    return index;
  }

  /** True when the index follows this very view. */
  covers(view: StoreView): boolean {
    return this.#view === view;
  }

  *restart(view: StoreView): Generator<undefined, undefined> {
    this.#view = view;
    this.#waiting.clear();
    this.#serviceOfWaiting.clear();
    this.#releasable.clear();
    this.#lastGiven.clear();
    for (const portion of taskPortions(view)) {
      for (const { id } of portion) this.#update(id, view);
      yield undefined;
    }
    return undefined;
  }

  follow(event: StoreEvent): void {
    const view = this.#view;
    if (view === undefined || event.table !== Table.tasks) return;
    this.#update(asId<'task'>(event.key), view);
  }

  /** Ids of the service's tasks that wait for addresses. */
  waitingOf(serviceId: string): Iterable<string> {
    return this.#waiting.get(serviceId) ?? [];
  }

  /** Ids of services with tasks that wait for addresses. */
  get waitingServices(): Iterable<string> {
    return this.#waiting.keys();
  }

  /** Ids of tasks that ended, or will never run, and still hold addresses. */
  get releasable(): Iterable<string> {
    return this.#releasable;
  }

  get hasReleasable(): boolean {
    return this.#releasable.size > 0;
  }

  lastGiven(networkId: string): number | undefined {
    return this.#lastGiven.get(networkId)?.address;
  }

  /** Takes in a task as the view has it now. */
  #update(id: TaskId, view: StoreView): void {
    this.#remove(id);
    const task = view.task(id);
    if (task !== undefined) this.#add(task, view);
  }

  #add(task: TaskRow, view: StoreView): void {
    for (const { networkId, address } of task.addresses) {
      this.#noteGiven(networkId, parseIpv4(bareAddress(address)), task.allocatedAtMs);
    }
    if (isOver(task)) {
      if (heldAddresses(view, task).length > 0) this.#releasable.add(task.id);
      return;
    }
    if (task.allocatedAtMs > 0 || task.desiredState > TaskState.running) return;
    const waiting = this.#waiting.get(task.serviceId) ?? new Set<string>();
    waiting.add(task.id);
    this.#waiting.set(task.serviceId, waiting);
    this.#serviceOfWaiting.set(task.id, task.serviceId);
  }

  #remove(taskId: string): void {
    this.#releasable.delete(taskId);
    const serviceId = this.#serviceOfWaiting.get(taskId);
    if (serviceId === undefined) return;
    this.#serviceOfWaiting.delete(taskId);
    const waiting = this.#waiting.get(serviceId);
    waiting?.delete(taskId);
    if (waiting?.size === 0) this.#waiting.delete(serviceId);
  }

  #noteGiven(networkId: string, address: number | undefined, atMs: number): void {
    const last = this.#lastGiven.get(networkId);
    if (address === undefined) return;
    if (
      last !== undefined &&
      (last.atMs > atMs || (last.atMs === atMs && last.address > address))
    ) {
      return;
    }
    this.#lastGiven.set(networkId, { atMs, address });
  }
}

/** Keys of the addresses that the task's row shows and that it still holds. */
export function heldAddresses(
  view: StoreView,
  task: TaskRow,
): readonly { readonly space: string; readonly key: string }[] {
  return task.addresses
    .map(({ networkId, address }) => ({
      space: addressSpace(networkId),
      key: bareAddress(address),
    }))
    .filter(({ space, key }) => view.claimOwner(space, key) === task.id);
}
