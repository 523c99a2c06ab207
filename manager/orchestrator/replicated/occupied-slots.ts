import type { ServiceId } from '../../../common/pure/ids.ts';
import { Table } from '../../../proto/gen/objects.ts';
import type { Follower } from '../../store/decider.ts';
import type { StoreEvent } from '../../store/events.ts';
import type { TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';
import { isOccupied, noNode, slotIn, slotsOf } from '../slot/slot.ts';

/**
 * Which slots of each service count as replicas: seen for a service of any size without a look at its tasks, once it was asked about.
 * Follows slot by slot.
 */
export class OccupiedSlots implements Follower {
  #view: StoreView | undefined;
  readonly #slots = new Map<string, Set<number>>();

  /** True when the index follows this very view. */
  covers(view: StoreView): boolean {
    return this.#view === view;
  }

  /** Services are read when they are asked about. */
  *restart(view: StoreView): Generator<undefined, undefined> {
    this.#view = view;
    this.#slots.clear();
    yield undefined;
    return undefined;
  }

  follow(event: StoreEvent): void {
    const view = this.#view;
    if (view === undefined) return;
    if (event.table === Table.services && event.kind === 'delete') this.#slots.delete(event.key);
    const task = (event.after ?? event.before) as TaskRow | undefined;
    if (event.table !== Table.tasks || task === undefined || task.slot === 0) return;
    const slots = this.#slots.get(task.serviceId);
    if (slots === undefined) return;
    const slot = slotIn(view, task.serviceId, { number: task.slot, nodeId: noNode });
    if (isOccupied(slot)) slots.add(task.slot);
    else slots.delete(task.slot);
  }

  /** How many slots of the service count as replicas. */
  count(view: StoreView, serviceId: ServiceId): number {
    if (!this.covers(view)) return occupiedIn(view, serviceId).size;
    const known = this.#slots.get(serviceId);
    if (known !== undefined) return known.size;
    const slots = occupiedIn(view, serviceId);
    this.#slots.set(serviceId, slots);
    return slots.size;
  }
}

function occupiedIn(view: StoreView, serviceId: ServiceId): Set<number> {
  const slots = slotsOf(view.tasksOfService(serviceId)).filter(isOccupied);
  return new Set(slots.map(({ number }) => number));
}
