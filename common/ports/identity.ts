import type { ClusterId, NodeId } from '../pure/ids.ts';

/** Who is at the other end of an RPC, read from its certificate. */
export interface PeerIdentity {
  /** Empty for `anyone`, like the cluster's. */
  readonly nodeId: NodeId;
  readonly clusterId: ClusterId;
  /** `anyone` has shown no certificate. */
  readonly role: 'manager' | 'worker' | 'proxy' | 'anyone';
  /** A manager's number in consensus. */
  readonly raftId?: number;
  /** Address from which the connection comes, without a port; absent within one process. */
  readonly host?: string;
}

/** Who asks for a change: a user of the API, a controller of the leader, or a node. Stands in each change set and timeline line. */
export type Actor =
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'controller'; readonly name: string }
  | { readonly kind: 'node'; readonly nodeId: NodeId };

/** The actor as one word for logs and change sets: `user:root`, `controller:replicated`, `node:<id>`. */
export function actorName(actor: Actor): string {
  if (actor.kind === 'node') return `node:${actor.nodeId}`;
  return `${actor.kind}:${actor.name}`;
}
