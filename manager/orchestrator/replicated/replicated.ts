import { Facet, Table, TaskState } from '../../../proto/gen/objects.ts';
import {
  noDecision,
  placeholderId,
  type Budget,
  type DecideTime,
  type Decider,
  type Decision,
} from '../../store/decider.ts';
import type { StoreEvent } from '../../store/events.ts';
import type { ServiceRow, TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';
import { inChunks, scanCost, spendUpTo, type Step } from '../slot/chunks.ts';
import { createTask, putDesired, readDesired, readServiceSpec } from '../slot/drafts.ts';
import { allServiceKeys, parseKey, serviceKey } from '../slot/keys.ts';
import { isOccupied, noNode, slotsOf, type Slot } from '../slot/slot.ts';
import { OccupiedSlots } from './occupied-slots.ts';
import { planReplicas } from './plan-replicas.ts';

/**
 * Keeps as many slots as a replicated service wants, and removes the tasks of a service that is gone.
 *
 * Writes task rows and their desired facet. It does not look at failures: those are the restart decider's.
 */
export class ReplicatedDecider implements Decider {
  readonly name = 'replicated';
  readonly follower: OccupiedSlots = new OccupiedSlots();

  keysOf(event: StoreEvent, view: StoreView): readonly string[] {
    if (event.table === Table.services) return isSpecChange(event) ? [serviceKey(event.key)] : [];
    if (event.table !== Table.tasks || !concernsSlots(event)) return [];
    const task = view.task(event.key as TaskRow['id']) ?? (event.before as TaskRow | undefined);
    return task === undefined ? [] : [serviceKey(task.serviceId)];
  }

  allKeys(view: StoreView): Iterable<string> {
    return allServiceKeys(view);
  }

  decide(view: StoreView, key: string, now: DecideTime, budget: Budget): Decision {
    const scope = parseKey(key);
    if (scope?.kind !== 'service') return noDecision;
    const { serviceId } = scope;
    const service = view.service(serviceId);
    if (service === undefined) return removeAll(view.tasksOfService(serviceId), budget);
    const mode = service.current.spec.mode?.mode;
    if (mode?.kind !== 'replicated') return noDecision;
    const { replicas } = mode.value;
    budget.spend(1);
    if (this.follower.count(view, serviceId) === replicas) return noDecision;
    return scale({ service, tasks: view.tasksOfService(serviceId), replicas }, now, budget);
  }
}

function isSpecChange(event: StoreEvent): boolean {
  return event.kind !== 'update' || event.facets.includes(Facet.spec);
}

function concernsSlots(event: StoreEvent): boolean {
  return event.kind !== 'update' || event.facets.includes(Facet.desired);
}

interface Wanted {
  readonly service: ServiceRow;
  readonly tasks: readonly TaskRow[];
  readonly replicas: number;
}

function scale(wanted: Wanted, now: DecideTime, budget: Budget): Decision {
  const { service, tasks, replicas } = wanted;
  budget.spend(scanCost(tasks.length));
  const slots = slotsOf(tasks);
  const slotsMax = spendUpTo(budget, Math.abs(replicas - slots.filter(isOccupied).length));
  const plan = planReplicas(slots, { replicas, slotsMax });
  const reads = [readServiceSpec(service.id, service)];
  const bySlot = new Map(slots.map((slot) => [slot.number, slot]));
  const creates = plan.create.map((number, index) =>
    createIn(service, bySlot.get(number) ?? { number, nodeId: noNode, tasks: [] }, index, now),
  );
  const removes = plan.remove.flatMap((slot) => slot.tasks.filter(isKept).map(remove));
  return {
    sets: [
      ...inChunks(creates, { reason: 'scale up', reads }),
      ...inChunks(removes, { reason: 'scale down', reads }),
    ],
    wakeAtMs: undefined,
    more: plan.left > 0,
  };
}

/** A task in a slot that nobody wants any more, which is relied on: the removal may itself still be in flight. */
function createIn(service: ServiceRow, slot: Slot, index: number, now: DecideTime): Step {
  const op = createTask({
    id: placeholderId(index),
    service,
    slot,
    clusterMs: now.clusterMs,
    desired: { state: TaskState.running },
  });
  return { ops: [op], reads: slot.tasks.map(readDesired) };
}

/** A service that is gone takes its tasks with it; a service of the same name has another id. */
function removeAll(tasks: readonly TaskRow[], budget: Budget): Decision {
  budget.spend(scanCost(tasks.length));
  const kept = tasks.filter(isKept);
  const going = kept.slice(0, spendUpTo(budget, kept.length));
  return {
    sets: inChunks(going.map(remove), { reason: 'service removed', reads: [] }),
    wakeAtMs: undefined,
    more: going.length < kept.length,
  };
}

function isKept(task: TaskRow): boolean {
  return task.desiredState < TaskState.remove;
}

function remove(task: TaskRow): Step {
  return { ops: [putDesired(task, { state: TaskState.remove })], reads: [] };
}
