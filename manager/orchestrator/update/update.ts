import type { Op } from '../../../proto/gen/changeset.ts';
import { Facet, Table, TaskState, type ServiceLifecycle } from '../../../proto/gen/objects.ts';
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
import { putOp, readOf, withUnknown } from '../../store/ops.ts';
import type { ServiceRow, TaskRow } from '../../store/rows.ts';
import { isTerminal } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import { inChunks, scanCost, spendUpTo, type Step } from '../slot/chunks.ts';
import {
  createTask,
  putDesired,
  readDesired,
  readServiceSpec,
  readStatus,
} from '../slot/drafts.ts';
import { readSilence } from '../restart/node-health.ts';
import { allServiceKeys, parseKey, serviceKey } from '../slot/keys.ts';
import { isWanted, type Slot } from '../slot/slot.ts';
import { Freshness } from '../slot/freshness.ts';
import { isInProgress } from '../slot/update-state.ts';
import { planUpdate, type UpdatePlan } from './plan-update.ts';
import { ProgressMemo } from './progress-memo.ts';
import type { SlotProgress } from './slot-progress.ts';
import type { UpdateStep } from './slot-steps.ts';

/**
 * Replaces the tasks of a service, slot by slot, when their spec is no longer what the service asks for; pauses or rolls
 * back when new ones fail.
 *
 * Writes task rows, their desired facet and the life cycle of services; the spec of a service only to go back to an
 * earlier revision.
 */
export class UpdateDecider implements Decider {
  readonly name = 'update';
  readonly follower: ProgressMemo = new ProgressMemo();

  keysOf(event: StoreEvent, view: StoreView): readonly string[] {
    if (event.table === Table.services) return concernsUpdate(event) ? [serviceKey(event.key)] : [];
    if (event.table === Table.nodes) return globalServices(view);
    const task = (event.after ?? event.before) as TaskRow | undefined;
    if (event.table !== Table.tasks || task === undefined || !isProgress(event, task)) return [];
    const isUpdating = isInProgress(view.service(task.serviceId)?.lifecycle);
    return isUpdating ? [serviceKey(task.serviceId)] : [];
  }

  allKeys(view: StoreView): Iterable<string> {
    return allServiceKeys(view);
  }

  decide(view: StoreView, key: string, now: DecideTime, budget: Budget): Decision {
    const scope = parseKey(key);
    if (scope?.kind !== 'service') return noDecision;
    const service = view.service(scope.serviceId);
    const kind = service?.current.spec.mode?.mode?.kind;
    if (service === undefined || (kind !== 'replicated' && kind !== 'global')) return noDecision;
    const tasks = view.tasksOfService(service.id);
    budget.spend(scanCost(tasks.length));
    const memo = this.follower;
    if (!isInProgress(service.lifecycle)) {
      memo.forget(service.id);
      if (!hasStale(view, service, tasks)) return noDecision;
    }
    const look = (status: ServiceLifecycle | undefined): readonly SlotProgress[] =>
      memo.look(view, service, status);
    const grant = (count: number): number => spendUpTo(budget, count);
    const plan = planUpdate({ view, service, look, grant }, now);
    return {
      sets: draftsOf({ view, service }, plan, now),
      wakeAtMs: plan.wakeAtMs,
      more: plan.more,
    };
  }
}

function concernsUpdate({ kind, facets }: StoreEvent): boolean {
  return kind === 'update' && (facets.includes(Facet.spec) || facets.includes(Facet.lifecycle));
}

/** A node that is there again may have a task of an older spec. */
function globalServices(view: StoreView): string[] {
  return view
    .services()
    .filter(({ current }) => current.spec.mode?.mode?.kind === 'global')
    .map(({ id }) => serviceKey(id));
}

/** A task that came, went, began to run, ended, or is wanted otherwise; its steps before that decide nothing. */
function isProgress(event: StoreEvent, task: TaskRow): boolean {
  if (event.kind !== 'update' || event.facets.includes(Facet.desired)) return true;
  return task.reportedState === TaskState.running || isTerminal(task);
}

/** True when a task runs something older: else there is nothing to update, seen without building the slots. */
function hasStale(view: StoreView, service: ServiceRow, tasks: readonly TaskRow[]): boolean {
  const freshness = new Freshness(view, service);
  return tasks.some((task) => freshness.isStale(task));
}

interface Scope {
  readonly view: StoreView;
  readonly service: ServiceRow;
}

/** An update begins before its first step; it is over, or stands still, in one change with its last one. */
function draftsOf(scope: Scope, plan: UpdatePlan, now: DecideTime): readonly Draft[] {
  const { service } = scope;
  const steps = plan.steps.map((step, index) => stepOf(scope, step, { index, now }));
  const draft = { reason: 'rolling update', reads: [readServiceSpec(service.id, service)] };
  const work = inChunks(steps, draft);
  const status = statusDraft(service, plan);
  if (status === undefined) return work;
  if (isInProgress(plan.status)) return [status, ...work];
  const [last, ...more] = work;
  // Of so many steps the end waits until all have taken effect.
  if (more.length > 0) return work;
  const { reads, ops } = last ?? { reads: [], ops: [] };
  return [{ ...status, reads: [...status.reads, ...reads], ops: [...ops, ...status.ops] }];
}

/** Relies on spec and status being what was looked at: a user may have asked for something else, or gone back. */
function statusDraft(service: ServiceRow, { status, rollbackTo }: UpdatePlan): Draft | undefined {
  if (status === undefined) return undefined;
  const lifecycle = { table: Table.services, key: service.id, facet: Facet.lifecycle };
  const value = withUnknown(status, service.lifecycle?.unknown);
  const ops: Op[] = [putOp(lifecycle, { kind: 'serviceLifecycle', value })];
  if (rollbackTo !== undefined) {
    const spec = { table: Table.services, key: service.id, facet: Facet.spec };
    ops.push(putOp(spec, { kind: 'serviceSpec', value: rollbackTo.spec }));
  }
  return {
    reason: status.message,
    reads: [readServiceSpec(service.id, service), readOf(lifecycle, service.lifecycleVersion)],
    claims: [],
    ops,
  };
}

/**
 * Relies on what is wanted of the slot's tasks: the replica may have been scaled away meanwhile. And on what decided who goes on: that the
 * one which serves still does, for one that fails at this moment must not leave the slot empty; or that of none that is given up it is known
 * that it serves.
 */
function stepOf(
  { view, service }: Scope,
  { slot, stop, create }: UpdateStep,
  { index, now }: { readonly index: number; readonly now: DecideTime },
): Step {
  const ops = stop.map((task) => putDesired(task, { state: TaskState.shutdown }));
  if (create !== undefined) ops.push(creation(service, slot, { create, index, now }));
  const newest = slot.tasks.at(-1);
  const others = create === undefined ? [] : slot.tasks;
  const read = new Set([...stop, ...others, ...(newest === undefined ? [] : [newest])]);
  const staying = slot.tasks.filter((task) => isWanted(task) && !stop.includes(task));
  const serving = staying.filter((task) => task.reportedState === TaskState.running);
  const judged = staying.length > 0 && serving.length === 0 ? stop : serving;
  const silence = create === 'running' ? readSilence(view, slot.tasks) : [];
  return { ops, reads: [...[...read].map(readDesired), ...judged.map(readStatus), ...silence] };
}

function creation(
  service: ServiceRow,
  slot: Slot,
  options: {
    readonly create: 'running' | 'ready';
    readonly index: number;
    readonly now: DecideTime;
  },
): Op {
  const { create, index, now } = options;
  const clusterMs = now.clusterMs;
  const wait = { state: TaskState.ready, delaySinceMs: clusterMs, delayMs: 0 };
  return createTask({
    id: placeholderId(index),
    service,
    slot,
    clusterMs,
    desired: { ...(create === 'running' ? { state: TaskState.running } : wait), byUpdate: true },
  });
}
