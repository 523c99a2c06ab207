import type { ClusterId, NetworkId, NodeId, SetId } from '../common/pure/ids.ts';
import { newClaim } from '../proto/gen/changeset.ts';
import {
  newAuthority,
  newCluster,
  newClusterLifecycle,
  newNetwork,
  newNode,
  newNodeLifecycle,
  newNodeStatus,
  NodeState,
} from '../proto/gen/objects.ts';
import { newNetworkSpec, newNodeSpec, NodeRole } from '../proto/gen/specs.ts';
import type { ClusterSpec, NodeAvailability } from '../proto/gen/specs.ts';
import type { Foundation } from './ca/authority.ts';
import type { SetRequest } from './proposer/port.ts';
import { newestLevel } from './store/levels.ts';
import { createOp } from './store/ops.ts';

/** What the founder of a cluster decides. */
export interface Founding {
  readonly setId: SetId;
  readonly clusterId: ClusterId;
  readonly nodeId: NodeId;
  readonly raftId: number;
  readonly ingressId: NetworkId;
  /** host:port under which other managers would reach this one. */
  readonly managerAddress: string;
  readonly availability: NodeAvailability;
  readonly spec: ClusterSpec;
  readonly foundation: Foundation;
  readonly addressPools: readonly string[];
  readonly subnetSize: number;
  readonly dataPathPort: number;
  /** Address of the node, without a port. */
  readonly nodeAddress: string;
  /** CIDR of the ingress network. */
  readonly ingressSubnet: string;
}

/** The first change set of a cluster: the cluster itself, what signs for it, its first node, and the ingress network. */
export function foundingSet(founding: Founding): SetRequest {
  const { clusterId, nodeId, ingressId } = founding;
  return {
    id: founding.setId,
    term: 0,
    actor: { kind: 'node', nodeId },
    reason: 'cluster founded',
    traceId: founding.setId,
    minLevel: 0,
    reads: [],
    claims: [
      newClaim({ space: 'raft-id', key: String(founding.raftId), owner: nodeId }),
      newClaim({ space: 'network-name', key: 'ingress', owner: ingressId }),
    ],
    ops: [
      createOp({ kind: 'cluster', value: foundedCluster(founding) }),
      createOp({
        kind: 'authority',
        value: newAuthority({ id: clusterId, keys: founding.foundation.keys }),
      }),
      createOp({ kind: 'node', value: foundedNode(founding) }),
      createOp({ kind: 'network', value: ingressNetwork(founding) }),
    ],
  };
}

function foundedCluster(founding: Founding): ReturnType<typeof newCluster> {
  const { trustRootPem, issuerSubject, issuerPublicKey } = founding.foundation;
  return newCluster({
    id: founding.clusterId,
    spec: founding.spec,
    lifecycle: newClusterLifecycle({
      trustRootPem,
      issuerSubject,
      issuerPublicKey,
      level: newestLevel,
      incarnation: 1,
      addressPools: founding.addressPools,
      subnetSize: founding.subnetSize,
      dataPathPort: founding.dataPathPort,
      founderRaftId: founding.raftId,
    }),
  });
}

function foundedNode(founding: Founding): ReturnType<typeof newNode> {
  return newNode({
    id: founding.nodeId,
    spec: newNodeSpec({ role: NodeRole.manager, availability: founding.availability }),
    status: newNodeStatus({ state: NodeState.nodeUnknown, address: founding.nodeAddress }),
    lifecycle: newNodeLifecycle({
      role: NodeRole.manager,
      raftId: founding.raftId,
      managerAddress: founding.managerAddress,
    }),
  });
}

function ingressNetwork(founding: Founding): ReturnType<typeof newNetwork> {
  return newNetwork({
    id: founding.ingressId,
    spec: newNetworkSpec({
      name: 'ingress',
      driver: 'overlay',
      ingress: true,
      subnet: founding.ingressSubnet,
    }),
  });
}
