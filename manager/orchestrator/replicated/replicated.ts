import { limits } from '../../../common/pure/limits.ts';
import { Facet, Table, TaskState } from '../../../proto/gen/objects.ts';
import type { Op, Read } from '../../../proto/gen/changeset.ts';
import {
  noDecision,
  placeholderId,
  type Budget,
  type DecideTime,
  type Decider,
  type Decision,
  type Draft,
} from '../../store/decider.ts';
import type { StoreEvent } from '../../store/events.ts';
import type { ServiceRow, TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';
import { createTask, putDesired, readDesired, readServiceSpec } from '../slot/drafts.ts';
import { allServiceKeys, parseKey, serviceKey } from '../slot/keys.ts';
import { isOccupied, slotsOf, type Slot } from '../slot/slot.ts';
import { planReplicas } from './plan-replicas.ts';

/**
 * Keeps as many slots as a replicated service wants, and removes the tasks of a service that is gone.
 *
 * Writes task rows and their desired facet. It does not look at failures: those are the restart decider's.
 */
export class ReplicatedDecider implements Decider {
  readonly name = 'replicated';
  readonly follower = undefined;

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
    const service = view.service(scope.serviceId);
    const tasks = view.tasksOfService(scope.serviceId);
    if (service === undefined) return removeAll(tasks, budget);
    const mode = service.current.spec.mode?.mode;
    if (mode?.kind !== 'replicated') return noDecision;
    return scale({ service, tasks, replicas: mode.value.replicas }, now, budget);
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

/** One operation with what it alone relies on. */
interface Step {
  readonly op: Op;
  readonly reads: readonly Read[];
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
    createIn(service, bySlot.get(number) ?? { number, tasks: [] }, index, now),
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
    slot: slot.number,
    after: slot.tasks.at(-1),
    clusterMs: now.clusterMs,
    desired: { state: TaskState.running },
  });
  return { op, reads: slot.tasks.map(readDesired) };
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
  return { op: putDesired(task, { state: TaskState.remove }), reads: [] };
}

/** Rows that a pass over `count` of them is worth: it is far cheaper than a decision about each. */
function scanCost(count: number): number {
  return count >> 6;
}

/** Takes up to `count` rows from the budget; at least one chunk is always granted, so that each call makes progress. */
function spendUpTo(budget: Budget, count: number): number {
  let granted = 0;
  while (granted < count) {
    const chunk = Math.min(limits.deciderChunkOps, count - granted);
    const hasMore = budget.spend(chunk);
    granted += chunk;
    if (!hasMore) break;
  }
  return granted;
}

/** Several sets, each within the limits and right on its own. */
function inChunks(steps: readonly Step[], draft: Pick<Draft, 'reason' | 'reads'>): Draft[] {
  const drafts: Draft[] = [];
  for (let start = 0; start < steps.length; start += limits.deciderChunkOps) {
    const chunk = steps.slice(start, start + limits.deciderChunkOps);
    drafts.push({
      reason: draft.reason,
      reads: [...draft.reads, ...chunk.flatMap(({ reads }) => reads)],
      claims: [],
      ops: chunk.map(({ op }) => op),
    });
  }
  return drafts;
}
