import type { RpcChannel } from '../../common/ports/rpc.ts';
import type { NodeId } from '../../common/pure/ids.ts';

/** What the log broker has to know of the other managers. */
export interface LogManagers {
  /** Node id of another manager that says it has a session of the node. */
  managerOf(nodeId: NodeId): string | undefined;
  /** Calls `handler`, which must not throw, after the answer for a node may have changed; the result ends it. */
  watch(handler: (nodeId: NodeId) => void): () => void;
  /** The way to that manager; undefined while it is none of the cluster. */
  channelTo(managerId: string): RpcChannel | undefined;
}
