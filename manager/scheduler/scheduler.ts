import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import {
  Facet,
  newTaskPlacement,
  Table,
  TaskState,
  type TaskPlacement,
} from '../../proto/gen/objects.ts';
import type { Op, Read } from '../../proto/gen/changeset.ts';
import {
  noDecision,
  type Budget,
  type DecideTime,
  type Decider,
  type Decision,
  type Draft,
} from '../store/decider.ts';
import type { StoreEvent } from '../store/events.ts';
import { putOp, readOf, withUnknown } from '../store/ops.ts';
import type { NodeRow, TaskRow } from '../store/rows.ts';
import { isPlaced, isTerminal } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';
import { NodeIndex } from './node-index.ts';
import type { Placed } from './place-group.ts';
import { placeService, type ServicePlacement } from './place-service.ts';

/**
 * Gives tasks that have their addresses a node, a whole service a call, or says why none fits; a task that was made for one node gets that one.
 *
 * Writes the placement facet only. A set relies on the spec and the status of each node that it places onto, so that
 * nothing is placed onto a node that was drained or lost meanwhile.
 */
export class Scheduler implements Decider {
  readonly name = 'scheduler';
  readonly follower: NodeIndex = new NodeIndex();

  keysOf(event: StoreEvent, view: StoreView): readonly string[] {
    if (event.table === Table.nodes) return this.#waitingKeys(view);
    const task = (event.after ?? event.before) as TaskRow | undefined;
    if (event.table !== Table.tasks || task === undefined) return [];
    if (!isPlaced(task)) return isWaiting(task) ? [`service/${task.serviceId}`] : [];
    return freesSomething(event, task) ? this.#waitingKeys(view) : [];
  }

  *allKeys(view: StoreView): Iterable<string> {
    for (const service of view.services()) yield `service/${service.id}`;
  }

  decide(view: StoreView, key: string, now: DecideTime, budget: Budget): Decision {
    const [kind, id = ''] = key.split('/');
    if (kind !== 'service' || view.service(asId<'service'>(id)) === undefined) return noDecision;
    const index = this.#indexOf(view);
    const waiting = rowsOf(view, index.waitingOf(id));
    if (waiting.length === 0) return noDecision;
    budget.spend(index.nodeCount >> 4);
    const placement = placeService({ id, index }, waiting, budget);
    return { sets: draftsOf(placement, now), wakeAtMs: undefined, more: placement.more };
  }

  #indexOf(view: StoreView): NodeIndex {
    return this.follower.covers(view) ? this.follower : NodeIndex.of(view);
  }

  #waitingKeys(view: StoreView): readonly string[] {
    if (!this.follower.covers(view)) return [...this.allKeys(view)];
    return [...this.follower.waitingServices].map((id) => `service/${id}`);
  }
}

function isWaiting(task: TaskRow): boolean {
  return task.allocatedAtMs > 0 && task.desiredState <= TaskState.running && !isTerminal(task);
}

/** A placed task that ended, is not wanted any more, or is gone: what it used may let another one fit. */
function freesSomething(event: StoreEvent, task: TaskRow): boolean {
  if (event.kind === 'delete') return true;
  return event.kind === 'update' && (isTerminal(task) || task.desiredState > TaskState.running);
}

function rowsOf(view: StoreView, ids: Iterable<string>): TaskRow[] {
  const rows: TaskRow[] = [];
  for (const id of ids) {
    const task = view.task(asId<'task'>(id));
    if (task !== undefined) rows.push(task);
  }
  return rows;
}

function draftsOf(placement: ServicePlacement, now: DecideTime): Draft[] {
  const drafts: Draft[] = [];
  for (const placed of chunksOf(placement.placed)) {
    drafts.push({
      reason: 'tasks placed',
      reads: readsOf(placed),
      claims: [],
      ops: placed.map(({ task, node }) =>
        putPlacement(task, { nodeId: node.id, placedAtMs: Math.max(1, now.clusterMs) }),
      ),
    });
  }
  for (const explained of chunksOf(placement.explained)) {
    const ops = explained.map(({ task, explanation }) =>
      putPlacement(task, { nodeId: task.nodeId, explanation }),
    );
    drafts.push({ reason: 'no suitable node', reads: [], claims: [], ops });
  }
  return drafts;
}

function* chunksOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += limits.deciderChunkOps) {
    yield items.slice(start, start + limits.deciderChunkOps);
  }
}

/** Each node once: it is still what it was when it was found suitable. */
function readsOf(placed: readonly Placed[]): Read[] {
  const nodes = new Map<string, NodeRow>(placed.map(({ node }) => [node.id, node]));
  return [...nodes.values()].flatMap((node) => [
    readOf({ table: Table.nodes, key: node.id, facet: Facet.spec }, node.specVersion),
    readOf({ table: Table.nodes, key: node.id, facet: Facet.status }, node.statusVersion),
  ]);
}

function putPlacement(task: TaskRow, fields: Partial<TaskPlacement>): Op {
  return putOp(
    { table: Table.tasks, key: task.id, facet: Facet.placement },
    {
      kind: 'taskPlacement',
      value: withUnknown(newTaskPlacement(fields), task.unknown?.placement),
    },
  );
}
