import type { NodeId, SetId } from '../common/pure/ids.ts';
import { ShoalError } from '../common/pure/errors.ts';
import { newNodeLifecycle } from '../proto/gen/objects.ts';
import { NodeRole } from '../proto/gen/specs.ts';
import type { SetRequest } from './proposer/port.ts';
import { homeOf, putOp, readOf } from './store/ops.ts';
import { givenUpRaftId } from './store/raft-ids.ts';
import type { StoreView } from './store/view.ts';

/**
 * The set with which the last manager begins anew after its group has lost its quorum: another incarnation of the cluster, so that
 * nobody takes anything from before for something of now; and no other managers, whose raft ids nobody gets again. They are workers,
 * as far as they come back.
 *
 * @param self the last manager, and where it is found from now on: it may have been given another address.
 */
export function recoverySet(
  view: StoreView,
  { nodeId, managerAddress }: { readonly nodeId: NodeId; readonly managerAddress: string },
  setId: SetId,
): SetRequest {
  const cluster = view.cluster();
  if (cluster === undefined)
    throw new ShoalError(
      'corrupt',
      'the log holds no cluster: restore the data root from a backup',
    );
  const others = view
    .nodes()
    .filter(({ id, lifecycle }) => id !== nodeId && lifecycle.role === NodeRole.manager);
  const lifecycle = { ...homeOf.clusterLifecycle, key: cluster.id };
  const incarnation = cluster.lifecycle.incarnation + 1;
  return {
    id: setId,
    term: 0,
    actor: { kind: 'node', nodeId },
    reason: 'cluster recovered from a lost quorum',
    traceId: setId,
    minLevel: 1,
    reads: [readOf(lifecycle, cluster.lifecycleVersion)],
    claims: others.flatMap((row) => givenUpRaftId(row, cluster.id)),
    ops: [
      putOp(lifecycle, {
        kind: 'clusterLifecycle',
        value: { ...cluster.lifecycle, incarnation },
      }),
      ...view
        .nodes()
        .filter(({ id, lifecycle: own }) => id === nodeId && own.managerAddress !== managerAddress)
        .map(({ lifecycle: own }) =>
          putOp(
            { ...homeOf.nodeLifecycle, key: nodeId },
            { kind: 'nodeLifecycle', value: { ...own, managerAddress } },
          ),
        ),
      ...others.flatMap(({ id, spec }) => [
        putOp(
          { ...homeOf.nodeSpec, key: id },
          { kind: 'nodeSpec', value: { ...spec, role: NodeRole.worker } },
        ),
        putOp(
          { ...homeOf.nodeLifecycle, key: id },
          { kind: 'nodeLifecycle', value: newNodeLifecycle({ role: NodeRole.worker }) },
        ),
      ]),
    ],
  };
}
