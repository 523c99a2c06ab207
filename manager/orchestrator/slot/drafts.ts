import {
  Facet,
  newTask,
  newTaskDesired,
  Table,
  type TaskDesired,
} from '../../../proto/gen/objects.ts';
import type { Op, Read } from '../../../proto/gen/changeset.ts';
import { createOp, putOp, readOf, withUnknown } from '../../store/ops.ts';
import type { NodeRow, ServiceRow, TaskRow } from '../../store/rows.ts';

/** What a new task of a service is made of. */
export interface NewTask {
  readonly id: string;
  readonly service: ServiceRow;
  readonly slot: number;
  /** Newest task of the slot so far: the new one is younger, so that the order of a slot's history is certain. */
  readonly after: TaskRow | undefined;
  readonly clusterMs: number;
  readonly desired: Partial<TaskDesired>;
}

/** Creates a task of the service's current spec revision. */
export function createTask(task: NewTask): Op {
  return createOp({
    kind: 'task',
    value: newTask({
      id: task.id,
      serviceId: task.service.id,
      slot: task.slot,
      specVersion: task.service.current.version,
      createdAtMs: Math.max(task.clusterMs, (task.after?.createdAtMs ?? 0) + 1),
      desired: newTaskDesired(task.desired),
    }),
  });
}

/** Replaces what is wanted of `task`. */
export function putDesired(task: TaskRow, desired: Partial<TaskDesired>): Op {
  return putOp(
    { table: Table.tasks, key: task.id, facet: Facet.desired },
    { kind: 'taskDesired', value: withUnknown(newTaskDesired(desired), task.unknown?.desired) },
  );
}

/** Relies on what is wanted of `task` being as it was. */
export function readDesired(task: TaskRow): Read {
  return readOf({ table: Table.tasks, key: task.id, facet: Facet.desired }, task.desiredVersion);
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
