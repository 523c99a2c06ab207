import type { NodeId } from '../../common/pure/ids.ts';
import type { EndpointSet } from '../../proto/gen/dispatcher.ts';

/**
 * The endpoints that connections to this node's ports go to: those of tasks that run here, where there are any, else all of them.
 *
 * Addresses of tasks on other nodes cannot be reached from here as long as nothing joins the networks of nodes.
 */
export function nearest(sets: readonly EndpointSet[], nodeId: NodeId): readonly EndpointSet[] {
  return sets.map((set) => {
    const here = set.endpoints.filter((endpoint) => endpoint.nodeId === nodeId);
    return here.length === 0 ? set : { ...set, endpoints: here };
  });
}
