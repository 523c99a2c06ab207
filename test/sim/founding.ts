import { asId, newId, type ClusterId, type NodeId } from '../../common/pure/ids.ts';
import type { Random } from '../../common/pure/random.ts';
import type { Founding } from '../../manager/founding.ts';
import type { SetRequest } from '../../manager/proposer/port.ts';
import { createOp } from '../../manager/store/ops.ts';
import {
  newAuthorityKeys,
  newNode,
  newNodeLifecycle,
  newNodeStatus,
  NodeState,
} from '../../proto/gen/objects.ts';
import { newClusterSpec, newNodeSpec, NodeAvailability, NodeRole } from '../../proto/gen/specs.ts';
import { clusterId as logClusterId, memberId } from '../lib/consensus.ts';
import type { SimOptions } from './options.ts';

export const clusterId: ClusterId = asId<'cluster'>(logClusterId);

const text = new TextEncoder();

/** What the simulated cluster begins with. Its authority signs nothing: certificates are tested elsewhere. */
export function simFounding(nodeId: NodeId, random: Random, options: SimOptions): Founding {
  return {
    setId: newId(random),
    clusterId,
    nodeId,
    raftId: memberId,
    ingressId: newId(random),
    managerAddress: '192.168.0.1:2377',
    nodeAddress: '192.168.0.1',
    availability: NodeAvailability.active,
    spec: newClusterSpec({
      name: 'default',
      taskHistoryRetentionLimit: options.historyLimit,
      heartbeatPeriodNs: options.heartbeatMs * 1e6,
    }),
    foundation: {
      keys: newAuthorityKeys({
        rootCertificateDer: text.encode('root'),
        rootKeyPkcs8: text.encode('key'),
        workerJoinToken: 'SWMTKN-1-worker',
        managerJoinToken: 'SWMTKN-1-manager',
      }),
      trustRootPem: 'root',
      issuerSubject: text.encode('subject'),
      issuerPublicKey: text.encode('public key'),
    },
    addressPools: ['10.0.0.0/8'],
    subnetSize: 24,
    dataPathPort: 4789,
    ingressSubnet: '10.0.0.0/24',
  };
}

/** Makes the rows of nodes that joined: what a join will do once nodes can. */
export function joinSet(
  nodes: readonly { readonly nodeId: NodeId; readonly address: string }[],
  random: Random,
): SetRequest {
  const id = newId(random);
  return {
    id,
    term: 0,
    actor: { kind: 'user', name: 'harness' },
    reason: 'nodes joined',
    traceId: id,
    minLevel: 0,
    reads: [],
    claims: [],
    ops: nodes.map(({ nodeId, address }) =>
      createOp({
        kind: 'node',
        value: newNode({
          id: nodeId,
          spec: newNodeSpec({ role: NodeRole.worker, availability: NodeAvailability.active }),
          status: newNodeStatus({ state: NodeState.nodeUnknown, address }),
          lifecycle: newNodeLifecycle({ role: NodeRole.worker }),
        }),
      }),
    ),
  };
}
