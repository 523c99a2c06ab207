import { limits } from '../../../common/pure/limits.ts';
import { Facet, Table, TaskState } from '../../../proto/gen/objects.ts';
import type { Op } from '../../../proto/gen/changeset.ts';
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
import { createTask, putDesired, readServiceSpec } from '../slot/drafts.ts';
import { allServiceKeys, parseKey, serviceKey } from '../slot/keys.ts';
import { isOccupied, slotsOf } from '../slot/slot.ts';
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

function scale(wanted: Wanted, now: DecideTime, budget: Budget): Decision {
  const { service, tasks, replicas } = wanted;
  budget.spend(scanCost(tasks.length));
  const slots = slotsOf(tasks);
  const slotsMax = spendUpTo(budget, Math.abs(replicas - slots.filter(isOccupied).length));
  const plan = planReplicas(slots, { replicas, slotsMax });
  const read = readServiceSpec(service.id, service);
  const newest = new Map(slots.map((slot) => [slot.number, slot.tasks.at(-1)]));
  const creates = plan.create.map((slot, index) =>
    createTask({
      id: placeholderId(index),
      service,
      slot,
      after: newest.get(slot),
      clusterMs: now.clusterMs,
      desired: { state: TaskState.running },
    }),
  );
  const going = plan.remove.flatMap((slot) => slot.tasks.filter(isKept));
  return {
    sets: [
      ...inChunks(creates, { reason: 'scale up', reads: [read], claims: [] }),
      ...inChunks(going.map(remove), { reason: 'scale down', reads: [read], claims: [] }),
    ],
    wakeAtMs: undefined,
    more: plan.left > 0,
  };
}

/** A service that is gone takes its tasks with it; a service of the same name has another id. */
function removeAll(tasks: readonly TaskRow[], budget: Budget): Decision {
  budget.spend(scanCost(tasks.length));
  const kept = tasks.filter(isKept);
  const going = kept.slice(0, spendUpTo(budget, kept.length));
  const draft = { reason: 'service removed', reads: [], claims: [] };
  return {
    sets: inChunks(going.map(remove), draft),
    wakeAtMs: undefined,
    more: going.length < kept.length,
  };
}

function isKept(task: TaskRow): boolean {
  return task.desiredState < TaskState.remove;
}

function remove(task: TaskRow): Op {
  return putDesired(task, { state: TaskState.remove });
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
function inChunks(ops: readonly Op[], draft: Omit<Draft, 'ops'>): Draft[] {
  const drafts: Draft[] = [];
  for (let start = 0; start < ops.length; start += limits.deciderChunkOps) {
    drafts.push({ ...draft, ops: ops.slice(start, start + limits.deciderChunkOps) });
  }
  return drafts;
}
