import {
  Facet,
  newTask,
  newTaskDesired,
  newTaskPlacement,
  Table,
  type TaskDesired,
} from '../../../proto/gen/objects.ts';
import type { Op, Read } from '../../../proto/gen/changeset.ts';
import { createOp, putOp, readOf, withUnknown } from '../../store/ops.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../../store/rows.ts';
import type { Slot } from './slot.ts';

/** What a new task of a service is made of. */
export interface NewTask {
  readonly id: string;
  readonly service: ServiceRow;
  /** The new task is younger than those that are there, so that the order of a slot's history is certain. */
  readonly slot: Slot;
  readonly clusterMs: number;
  readonly desired: Partial<TaskDesired>;
}

/** Creates a task of the service's current spec revision, for the slot's node if it has one. */
export function createTask({ id, service, slot, clusterMs, desired }: NewTask): Op {
  const { number, nodeId, tasks } = slot;
  return createOp({
    kind: 'task',
    value: newTask({
      id,
      serviceId: service.id,
      slot: number,
      specVersion: service.current.version,
      createdAtMs: Math.max(clusterMs, (tasks.at(-1)?.createdAtMs ?? 0) + 1),
      desired: newTaskDesired(desired),
      ...(nodeId === '' ? {} : { placement: newTaskPlacement({ nodeId }) }),
    }),
  });
}

/** Replaces what is wanted of `task`; who made it stays known. */
export function putDesired(task: TaskRow, desired: Partial<TaskDesired>): Op {
  const value = newTaskDesired({ byUpdate: task.byUpdate, ...desired });
  return putOp(
    { table: Table.tasks, key: task.id, facet: Facet.desired },
    { kind: 'taskDesired', value: withUnknown(value, task.unknown?.desired) },
  );
}

/** Relies on what is wanted of `task` being as it was. */
export function readDesired(task: TaskRow): Read {
  return readOf({ table: Table.tasks, key: task.id, facet: Facet.desired }, task.desiredVersion);
}

/** Relies on the task being where it is, or on no node having got it. */
export function readPlacement(task: TaskRow): Read {
  return readOf(
    { table: Table.tasks, key: task.id, facet: Facet.placement },
    task.placementVersion,
  );
}

/** Relies on the node having said nothing new of `task`. */
export function readStatus(task: TaskRow): Read {
  return readOf({ table: Table.tasks, key: task.id, facet: Facet.status }, task.statusVersion);
}

/** Relies on the service's spec being the one that was looked at, or on the service being gone. */
export function readServiceSpec(serviceId: string, service: ServiceRow | undefined): Read {
  return readOf(
    { table: Table.services, key: serviceId, facet: Facet.spec },
    service?.current.version ?? 0,
  );
}

/** Relies on the node's availability and liveness being as they were, or on the node being gone. */
export function readNode(nodeId: string, node: NodeRow | undefined): readonly Read[] {
  return [
    readOf({ table: Table.nodes, key: nodeId, facet: Facet.spec }, node?.specVersion ?? 0),
    readOf({ table: Table.nodes, key: nodeId, facet: Facet.status }, node?.statusVersion ?? 0),
  ];
}
