import type { Read } from '../../../proto/gen/changeset.ts';
import { NodeState } from '../../../proto/gen/objects.ts';
import { NodeAvailability } from '../../../proto/gen/specs.ts';
import type { NodeRow, TaskRow } from '../../store/rows.ts';
import { isPlaced, isTerminal } from '../../store/task-state.ts';
import type { StoreView } from '../../store/view.ts';
import { readNode } from '../slot/drafts.ts';

/** Why a task cannot stay where it is: its node is gone from the cluster, down, or being drained. */
export type NodeLoss = 'gone' | 'down' | 'drained';

/** What became of the task's node; undefined while it may stay, also while it is not placed. */
export function nodeLoss(view: StoreView, task: TaskRow): NodeLoss | undefined {
  if (task.nodeId === '') return undefined;
  const node = view.node(task.nodeId);
  if (isSilent(node)) return node === undefined ? 'gone' : 'down';
  return node?.spec.availability === NodeAvailability.drain ? 'drained' : undefined;
}

/** True when nothing that runs there can be asked to stop, nor will say that it did. */
export function isSilent(node: NodeRow | undefined): boolean {
  return node === undefined || node.status.state === NodeState.nodeDown;
}

/**
 * Relies on nodes being as silent as they were, for a task that starts without waiting for what `others` still run there. One that comes back
 * at this moment can be asked to stop it.
 */
export function readSilence(view: StoreView, others: readonly TaskRow[]): readonly Read[] {
  const running = others.filter((task) => !isTerminal(task) && isPlaced(task));
  const nodeIds = new Set(running.map(({ nodeId }) => nodeId));
  return [...nodeIds]
    .map((id) => ({ id, node: view.node(id) }))
    .filter(({ node }) => isSilent(node))
    .flatMap(({ id, node }) => readNode(id, node));
}
