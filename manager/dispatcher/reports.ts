import { equalBytes } from '../../common/pure/bytes.ts';
import { asId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import type { NodeId } from '../../common/pure/ids.ts';
import type { Op } from '../../proto/gen/changeset.ts';
import type { TaskReport } from '../../proto/gen/dispatcher.ts';
import { encodeNodeStatus, newNodeStatus, TaskState } from '../../proto/gen/objects.ts';
import type { NodeDescription, NodeState, TaskStatus } from '../../proto/gen/objects.ts';
import { homeOf, putOp } from '../store/ops.ts';
import type { TaskRow } from '../store/rows.ts';
import { isPlaced, isTerminal } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';

/** What a report comes to. */
export interface ReportPlan {
  readonly ops: readonly Op[];
  /** Tasks that are not this node's, or not known. */
  readonly unknown: readonly string[];
}

/** States in which a node may report a task. */
const reportedStates: ReadonlySet<TaskState> = new Set([
  TaskState.assigned,
  TaskState.accepted,
  TaskState.preparing,
  TaskState.ready,
  TaskState.starting,
  TaskState.running,
  TaskState.complete,
  TaskState.shutdown,
  TaskState.failed,
  TaskState.rejected,
]);

/**
 * Decides which statuses of a report become changes.
 *
 * A task of another node is as good as unknown; a state only moves forward until the task has ended, and only to where a node may bring a
 * task; what says nothing new costs no change.
 */
export function planReports(
  view: StoreView,
  nodeId: NodeId,
  reports: readonly TaskReport[],
): ReportPlan {
  const ops: Op[] = [];
  const unknown: string[] = [];
  for (const report of reports) {
    const task = view.task(asId<'task'>(report.taskId));
    if (task?.nodeId !== nodeId || !isPlaced(task)) {
      unknown.push(report.taskId);
      continue;
    }
    if (report.status === undefined) continue;
    const value = bounded(report.status, view.clusterMs);
    if (isNews(task, value)) {
      ops.push(putOp({ ...homeOf.taskStatus, key: task.id }, { kind: 'taskStatus', value }));
    }
  }
  return { ops, unknown };
}

/** A status as it is stored: texts cut to their limit, stamped with cluster time. */
function bounded(status: TaskStatus, clusterMs: number): TaskStatus {
  return {
    ...status,
    message: status.message.slice(0, limits.taskTextLength),
    error: status.error.slice(0, limits.taskTextLength),
    appliedAtMs: clusterMs,
  };
}

function isNews(task: TaskRow, status: TaskStatus): boolean {
  if (!reportedStates.has(status.state)) return false;
  if (status.state !== task.reportedState) {
    // How it ended is known: a node that lost its memory cannot tell it better.
    return !isTerminal(task) && status.state > task.reportedState;
  }
  return (
    status.message !== task.message ||
    status.error !== task.error ||
    status.containerId !== task.containerId ||
    status.localRestarts !== task.localRestarts
  );
}

/** How a node was seen. An absent description keeps the last known one. */
export interface SeenStatus {
  readonly state: NodeState;
  readonly message: string;
  readonly description: NodeDescription | undefined;
}

/** The change that gives a node another status, or undefined when it has it or is not there. */
export function nodeStatusOp(view: StoreView, nodeId: NodeId, seen: SeenStatus): Op | undefined {
  const before = view.node(nodeId)?.status;
  if (before === undefined) return undefined;
  const { state, message } = seen;
  const value = newNodeStatus({
    ...before,
    state,
    message,
    description: seen.description ?? before.description,
  });
  if (equalBytes(encodeNodeStatus(before), encodeNodeStatus(value))) return undefined;
  return putOp({ ...homeOf.nodeStatus, key: nodeId }, { kind: 'nodeStatus', value });
}
