import { asId, type ServiceId } from '../../../common/pure/ids.ts';
import { NodeState, Table, type ServiceLifecycle } from '../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../proto/gen/specs.ts';
import type { Follower } from '../../store/decider.ts';
import type { StoreEvent } from '../../store/events.ts';
import type { ServiceRow, SpecRevisionRow, TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';
import { Freshness } from '../slot/freshness.ts';
import { slotIdOf, slotIn, slotName, slotsOf, type Slot, type SlotId } from '../slot/slot.ts';
import { isInProgress } from '../slot/update-state.ts';
import { progressOf, type SlotProgress } from './slot-progress.ts';

/** What is known of one service: right for this spec and this beginning of its update. */
interface Known {
  readonly current: SpecRevisionRow;
  readonly since: number | undefined;
  readonly slots: SlotProgress[];
  /** Place of each slot in `slots`. */
  readonly places: ReadonlyMap<string, number>;
  /** Slots of which a task changed since. */
  readonly changed: Map<string, SlotId>;
}

/**
 * How far each slot of the services that are being updated has come: after a change of one task only its slot is looked at again.
 *
 * Services that are not being updated are looked at whole and not remembered.
 */
export class ProgressMemo implements Follower {
  #view: StoreView | undefined;
  readonly #services = new Map<ServiceId, Known>();

  /** True when the memo follows this very view. */
  covers(view: StoreView): boolean {
    return this.#view === view;
  }

  // Nothing is read here: services are when they are looked at.
  // oxlint-disable-next-line require-yield
  *restart(view: StoreView): Generator<undefined, undefined> {
    this.#view = view;
    this.#services.clear();
    return undefined;
  }

  follow(event: StoreEvent): void {
    // What a task may stay on, and whether its slot is open, depends on nodes.
    if (event.table === Table.nodes) this.#services.clear();
    if (event.table === Table.services && event.kind === 'delete') this.forget(event.key);
    const task = (event.after ?? event.before) as TaskRow | undefined;
    if (event.table !== Table.tasks || task === undefined) return;
    for (const row of [event.before as TaskRow | undefined, task]) {
      if (row === undefined) continue;
      const slot = slotIdOf(row);
      this.#services.get(row.serviceId)?.changed.set(slotName(slot), slot);
    }
  }

  forget(serviceId: string): void {
    this.#services.delete(asId<'service'>(serviceId));
  }

  /** The slots of `service` in ascending order, as its update stands if it has `status`. Holds for one call. */
  look(
    view: StoreView,
    service: ServiceRow,
    status: ServiceLifecycle | undefined,
  ): readonly SlotProgress[] {
    const since = status?.specVersion;
    const known = this.covers(view) ? this.#services.get(service.id) : undefined;
    const isRight = known?.current === service.current && known.since === since;
    const looker = new Looker(view, service, status);
    if (isRight && looker.refresh(known)) return known.slots;
    const slots = slotsOf(view.tasksOfService(service.id)).map((slot) => looker.look(slot));
    if (this.covers(view) && isInProgress(service.lifecycle)) {
      const places = new Map(slots.map(({ name }, place) => [name, place]));
      const { current } = service;
      this.#services.set(service.id, { current, since, slots, places, changed: new Map() });
    }
    return slots;
  }
}

/** Looks at slots of one service within one call. */
class Looker {
  readonly #view: StoreView;
  readonly #service: ServiceRow;
  readonly #status: ServiceLifecycle | undefined;
  readonly #freshness: Freshness;

  constructor(view: StoreView, service: ServiceRow, status: ServiceLifecycle | undefined) {
    this.#view = view;
    this.#service = service;
    this.#status = status;
    this.#freshness = new Freshness(view, service);
  }

  look(slot: Slot): SlotProgress {
    return progressOf(slot, {
      freshness: this.#freshness,
      status: this.#status,
      isOpen: isOpen(this.#view, slot),
    });
  }

  /** Looks at the slots that changed; false when one came or went, so that all must be looked at. */
  refresh({ slots, places, changed }: Known): boolean {
    for (const [name, id] of changed) {
      const slot = slotIn(this.#view, this.#service.id, id);
      const place = places.get(name);
      if (place === undefined || slot.tasks.length === 0) return false;
      slots[place] = this.look(slot);
    }
    changed.clear();
    return true;
  }
}

/** A replica can be anywhere; the slot of a node takes a new task only while the node does. */
function isOpen(view: StoreView, { nodeId }: Slot): boolean {
  if (nodeId === '') return true;
  const node = view.node(nodeId);
  return (
    node?.status.state === NodeState.nodeReady && node.spec.availability === NodeAvailability.active
  );
}
