import { newNodeStatus, NodeState } from '../../proto/gen/objects.ts';
import type { NodeStatus } from '../../proto/gen/objects.ts';

/**
 * The status of a node as users are shown it. A node that speaks to its manager while its engine does not answer runs nothing new: for all that one
 * can do with it, it is down, as a node of swarm mode is whose engine is down.
 */
export function shownStatus(status: NodeStatus): NodeStatus {
  const isWithoutEngine = status.description?.engineAvailable === false;
  if (status.state !== NodeState.nodeReady || !isWithoutEngine) return status;
  const message = status.message || 'the Docker Engine of this node does not answer';
  return newNodeStatus({ ...status, state: NodeState.nodeDown, message });
}
