import type { ClusterId, NodeId } from '../../common/pure/ids.ts';
import { newClaim, type Claim, type Op, type Read } from '../../proto/gen/changeset.ts';
import { newNodeLifecycle, NodeState } from '../../proto/gen/objects.ts';
import type { NodeLifecycle } from '../../proto/gen/objects.ts';
import { NodeRole } from '../../proto/gen/specs.ts';
import type { ConfState } from '../raft/snapshot.ts';
import { homeOf, putOp, readOf } from '../store/ops.ts';
import { givenUpRaftId, raftIdSpace } from '../store/raft-ids.ts';
import type { NodeRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';

/** Port of a manager's cluster services unless it says another. */
const defaultManagerPort = 2377;

/** What a change set does to a node's role. */
export interface RoleChange {
  readonly nodeId: NodeId;
  readonly reason: string;
  readonly reads: readonly Read[];
  readonly claims: readonly Claim[];
  readonly ops: readonly Op[];
}

/**
 * Decides the next role to give to a node, so that in the end each has the role that its spec asks for: a manager-to-be gets its raft id;
 * a manager that is to be none loses it once it belongs to the group no more.
 *
 * @param freshRaftId one that nobody ever had.
 */
export function planRole(
  view: StoreView,
  confState: ConfState,
  freshRaftId: number,
): RoleChange | undefined {
  const clusterId = view.clusterId();
  if (clusterId === undefined) return undefined;
  for (const row of view.nodes()) {
    const { spec, lifecycle, status } = row;
    if (spec.role === lifecycle.role) continue;
    if (spec.role === NodeRole.worker) {
      if (!belongs(confState, lifecycle.raftId)) return demote(row, clusterId);
    } else if (status.state === NodeState.nodeReady) return promote(row, freshRaftId);
  }
  return undefined;
}

/** Gives a manager another raft id, because what it had under the old one is lost. */
export function renumber(
  row: NodeRow,
  clusterId: ClusterId | undefined,
  fresh: NodeLifecycle,
): RoleChange {
  const lost = clusterId === undefined ? [] : givenUpRaftId(row, clusterId);
  return {
    ...put(row, 'manager comes back without its log', fresh),
    claims: [...lost, take(row, fresh.raftId)],
  };
}

function promote(row: NodeRow, raftId: number): RoleChange {
  const { address } = row.status;
  const host = address.includes(':') ? `[${address}]` : address;
  const managerAddress = `${host}:${defaultManagerPort}`;
  const lifecycle = newNodeLifecycle({ role: NodeRole.manager, raftId, managerAddress });
  return { ...put(row, 'node promoted', lifecycle), claims: [take(row, raftId)] };
}

function demote(row: NodeRow, clusterId: ClusterId): RoleChange {
  const lifecycle = newNodeLifecycle({ role: NodeRole.worker });
  return { ...put(row, 'node demoted', lifecycle), claims: givenUpRaftId(row, clusterId) };
}

function put(row: NodeRow, reason: string, value: NodeLifecycle): Omit<RoleChange, 'claims'> {
  const facet = { ...homeOf.nodeLifecycle, key: row.id };
  const spec = { ...homeOf.nodeSpec, key: row.id };
  return {
    nodeId: row.id,
    reason,
    reads: [readOf(facet, row.lifecycleVersion), readOf(spec, row.specVersion)],
    ops: [putOp(facet, { kind: 'nodeLifecycle', value })],
  };
}

function take({ id }: NodeRow, raftId: number): Claim {
  return newClaim({ space: raftIdSpace, key: String(raftId), owner: id });
}

function belongs(
  { voters, learners, votersOutgoing, learnersNext }: ConfState,
  id: number,
): boolean {
  return [...voters, ...learners, ...votersOutgoing, ...learnersNext].includes(id);
}
