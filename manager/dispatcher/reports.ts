import { asId } from '../../common/pure/ids.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import { newOp, newPut } from '../../proto/gen/changeset.ts';
import type { Op, PutValue } from '../../proto/gen/changeset.ts';
import type { TaskReport } from '../../proto/gen/dispatcher.ts';
import { Facet, newNodeStatus, Table } from '../../proto/gen/objects.ts';
import type { NodeDescription, NodeState, TaskStatus } from '../../proto/gen/objects.ts';
import type { TaskRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';

/** What a report comes to. */
export interface ReportPlan {
  readonly ops: readonly Op[];
  /** Tasks that are not this node's, or not known. */
  readonly unknown: readonly string[];
}

/**
 * Decides which statuses of a report become changes.
 *
 * A task of another node is as good as unknown; a state only moves forward; what says nothing new costs no change.
 */
export function planReports(
  view: StoreView,
  nodeId: NodeId,
  reports: readonly TaskReport[],
): ReportPlan {
  const ops: Op[] = [];
  const unknown: string[] = [];
  for (const { taskId, status } of reports) {
    const task = view.task(asId<'task'>(taskId));
    if (task === undefined || task.nodeId !== nodeId) unknown.push(taskId);
    else if (status !== undefined && isNews(task, status)) {
      ops.push(
        putOp(Table.tasks, taskId, Facet.status, {
          kind: 'taskStatus',
          value: { ...status, appliedAtMs: view.clusterMs },
        }),
      );
    }
  }
  return { ops, unknown };
}

function isNews(task: TaskRow, status: TaskStatus): boolean {
  if (status.state !== task.reportedState) return status.state > task.reportedState;
  return (
    status.message !== task.message ||
    status.error !== task.error ||
    status.containerId !== task.containerId ||
    status.localRestarts !== task.localRestarts
  );
}

/** The change that gives a node another status, or undefined when it has it. An absent description keeps the last known one. */
export function nodeStatusOp(
  view: StoreView,
  nodeId: NodeId,
  status: {
    readonly state: NodeState;
    readonly message: string;
    readonly description: NodeDescription | undefined;
  },
): Op | undefined {
  const before = view.node(nodeId)?.status;
  if (before === undefined) return undefined;
  const description = status.description ?? before.description;
  if (
    before.state === status.state &&
    before.message === status.message &&
    description === before.description
  )
    return undefined;
  const value = newNodeStatus({
    ...before,
    state: status.state,
    message: status.message,
    description,
  });
  return putOp(Table.nodes, nodeId, Facet.status, { kind: 'nodeStatus', value });
}

function putOp(table: Table, key: string, facet: Facet, value: PutValue): Op {
  return newOp({ op: { kind: 'put', value: newPut({ table, key, facet, value }) } });
}
