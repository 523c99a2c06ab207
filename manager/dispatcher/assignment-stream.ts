import type { NodeId, TaskId } from '../../common/pure/ids.ts';
import { encodeAssignment, newAssignmentsMessage } from '../../proto/gen/dispatcher.ts';
import type { Assignment, AssignmentsMessage } from '../../proto/gen/dispatcher.ts';
import { TaskState } from '../../proto/gen/objects.ts';
import { isPlaced } from '../store/task-state.ts';
import type { StoreView } from '../store/view.ts';
import { assignmentOf } from './assignment.ts';
import { batches } from './batches.ts';
import type { Feed } from './feed.ts';

export interface AssignmentStream {
  /** The store as it is now. */
  readonly view: () => StoreView;
  readonly nodeId: NodeId;
  /** Notes changes from before the first message is asked for. */
  readonly feed: Feed<TaskId>;
  /** True while the node may not hear yet that the task is to stop. */
  readonly isHeld: (taskId: TaskId) => boolean;
}

/** A task that is the node's, or was. */
type Change =
  | { readonly kind: 'assign'; readonly assignment: Assignment }
  | { readonly kind: 'remove'; readonly taskId: TaskId };

/**
 * Everything that is assigned to a node, then what changes, until `signal` aborts.
 *
 * Each round is cut at one version, which counts once its last message has come; what changes while it is being read follows in the next.
 * A task whose stop is held counts as wanted to run; `feed` names it again when it is released.
 */
export async function* streamAssignments(
  stream: AssignmentStream,
  signal: AbortSignal,
): AsyncIterable<AssignmentsMessage> {
  const { feed } = stream;
  feed.take();
  let version = stream.view().revision;
  const all = stream.view().tasksOfNode(stream.nodeId);
  for (const { rows, isLast } of batches(
    changesOf(
      stream,
      all.map(({ id }) => id),
    ),
    bytesOf,
  )) {
    yield newAssignmentsMessage({
      complete: true,
      version,
      last: isLast,
      assign: assignedIn(rows),
    });
  }
  while (!signal.aborted) {
    await feed.wait(signal);
    const appliesTo = version;
    const ids = feed.take().filter((id) => !stream.isHeld(id));
    if (ids.length === 0) continue;
    version = stream.view().revision;
    for (const { rows, isLast } of batches(changesOf(stream, ids), bytesOf)) {
      const remove = rows.flatMap((row) => (row.kind === 'remove' ? [row.taskId] : []));
      yield newAssignmentsMessage({
        appliesTo,
        version,
        last: isLast,
        assign: assignedIn(rows),
        remove,
      });
    }
  }
}

function* changesOf(stream: AssignmentStream, ids: readonly TaskId[]): Iterable<Change> {
  const { view, nodeId, isHeld } = stream;
  for (const taskId of ids) {
    const task = view().task(taskId);
    if (task?.nodeId !== nodeId) {
      if (!isHeld(taskId)) yield { kind: 'remove', taskId };
    } else if (isPlaced(task)) {
      const assignment = assignmentOf(view(), task);
      const held = { ...assignment, desiredState: TaskState.running };
      yield { kind: 'assign', assignment: isHeld(taskId) ? held : assignment };
    }
  }
}

function assignedIn(changes: readonly Change[]): Assignment[] {
  return changes.flatMap((change) => (change.kind === 'assign' ? [change.assignment] : []));
}

function bytesOf(change: Change): number {
  return change.kind === 'assign'
    ? encodeAssignment(change.assignment).length
    : change.taskId.length;
}
