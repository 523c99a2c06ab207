import { asId, type NodeId } from '../../../common/pure/ids.ts';
import { Facet, Table, TaskState } from '../../../proto/gen/objects.ts';
import {
  noDecision,
  placeholderId,
  type Budget,
  type DecideTime,
  type Decider,
  type Decision,
} from '../../store/decider.ts';
import { nodeMatcher } from '../../store/constraint.ts';
import type { StoreEvent } from '../../store/events.ts';
import type { ServiceRow, TaskRow } from '../../store/rows.ts';
import type { StoreView } from '../../store/view.ts';
import { inChunks, scanCost, type Step } from '../slot/chunks.ts';
import { createTask, putDesired, readDesired, readNode, readServiceSpec } from '../slot/drafts.ts';
import { parseKey, serviceKey, slotKeyOf } from '../slot/keys.ts';
import { slotIn, slotsOf, type Slot } from '../slot/slot.ts';
import { Freshness } from '../slot/freshness.ts';
import { planNode, type NodeStep } from './plan-node.ts';

/**
 * Keeps one task of each global service on every node that may run it.
 *
 * Tasks are made for their node; the scheduler confirms that they fit. Failures are the restart decider's, new specs the
 * updater's.
 */
export class GlobalDecider implements Decider {
  readonly name = 'global';
  readonly follower = undefined;

  keysOf(event: StoreEvent, view: StoreView): readonly string[] {
    if (event.table === Table.nodes) return [`node/${event.key}`];
    if (event.table === Table.services) {
      const service = event.after as ServiceRow | undefined;
      const isChanged = event.kind === 'create' || event.facets.includes(Facet.spec);
      return isChanged && isGlobal(service) ? [serviceKey(event.key)] : [];
    }
    const task = (event.after ?? event.before) as TaskRow | undefined;
    if (event.table !== Table.tasks || task?.slot !== 0 || !isEnd(event)) return [];
    return isGlobal(view.service(task.serviceId)) ? [slotKeyOf(task)] : [];
  }

  *allKeys(view: StoreView): Iterable<string> {
    for (const service of view.services()) if (isGlobal(service)) yield serviceKey(service.id);
  }

  decide(view: StoreView, key: string, now: DecideTime, budget: Budget): Decision {
    const [kind, id = ''] = key.split('/');
    if (kind === 'node') return decideNode(view, asId<'node'>(id), now, budget);
    const scope = parseKey(key);
    const service = scope === undefined ? undefined : view.service(scope.serviceId);
    if (scope === undefined || !isGlobal(service)) return noDecision;
    const slots =
      scope.kind === 'service'
        ? slotsOfNodes(view, service)
        : [slotIn(view, service.id, scope.slot)];
    return decideSlots({ view, service, slots, firstId: 0 }, now, budget);
  }
}

function isGlobal(service: ServiceRow | undefined): service is ServiceRow {
  return service?.current.spec.mode?.mode?.kind === 'global';
}

/** A task that is gone, or not wanted any more. */
function isEnd(event: StoreEvent): boolean {
  return event.kind === 'delete' || event.facets.includes(Facet.desired);
}

function decideNode(view: StoreView, nodeId: NodeId, now: DecideTime, budget: Budget): Decision {
  const services = view.services().filter(isGlobal);
  const decisions = services.map((service, index) => {
    const slots = [slotIn(view, service.id, { number: 0, nodeId })];
    return decideSlots({ view, service, slots, firstId: index }, now, budget);
  });
  const sets = decisions.flatMap((decision) => decision.sets);
  return { sets, wakeAtMs: undefined, more: false };
}

/** A slot for each node, and those whose node is gone. */
function slotsOfNodes(view: StoreView, service: ServiceRow): readonly Slot[] {
  const tasks = view.tasksOfService(service.id);
  const slots = new Map<string, Slot>(slotsOf(tasks).map((slot) => [slot.nodeId, slot]));
  for (const { id } of view.nodes()) {
    if (!slots.has(id)) slots.set(id, { number: 0, nodeId: id, tasks: [] });
  }
  return [...slots.values()];
}

interface Scope {
  readonly view: StoreView;
  readonly service: ServiceRow;
  readonly slots: readonly Slot[];
  /** Tells the ids of new tasks apart within one decision: the first slot's, from which the others count on. */
  readonly firstId: number;
}

function decideSlots(scope: Scope, now: DecideTime, budget: Budget): Decision {
  const { view, service, slots, firstId } = scope;
  budget.spend(scanCost(slots.length) + 1);
  const matches = nodeMatcher(service.current.spec.task?.placement?.constraints ?? []);
  const freshness = new Freshness(view, service);
  const steps: Step[] = [];
  let more = false;
  for (const [index, slot] of slots.entries()) {
    const node = view.node(slot.nodeId);
    const step = planNode({ view, service, node, slot, matches, freshness });
    if (step.kind === 'none') continue;
    const id = placeholderId(firstId + index);
    steps.push(stepOf({ view, service, slot, id }, step, now));
    more = !budget.spend(1);
    if (more) break;
  }
  const draft = { reason: 'global service', reads: [readServiceSpec(service.id, service)] };
  return { sets: inChunks(steps, draft), wakeAtMs: undefined, more };
}

interface SlotScope {
  readonly view: StoreView;
  readonly service: ServiceRow;
  readonly slot: Slot;
  readonly id: string;
}

/** Relies on the node being what it was. */
function stepOf(
  scope: SlotScope,
  step: Exclude<NodeStep, { kind: 'none' }>,
  now: DecideTime,
): Step {
  const { view, service, slot, id } = scope;
  const reads = readNode(slot.nodeId, view.node(slot.nodeId));
  if (step.kind === 'stop') {
    const ops = step.tasks.map((task) => putDesired(task, { state: step.to }));
    return { ops, reads: [...reads, ...step.tasks.map(readDesired)] };
  }
  const wait = { state: TaskState.ready, delaySinceMs: now.clusterMs, delayMs: 0 };
  const create = createTask({
    id,
    service,
    slot,
    clusterMs: now.clusterMs,
    desired: step.isWaiting ? wait : { state: TaskState.running },
  });
  return { ops: [create], reads: [...reads, ...slot.tasks.map(readDesired)] };
}
