import { asId, newId, type ClusterId, type NodeId } from '../../common/pure/ids.ts';
import type { Random } from '../../common/pure/random.ts';
import type { Founding } from '../../manager/founding.ts';
import { newAuthorityKeys } from '../../proto/gen/objects.ts';
import { newClusterSpec, NodeAvailability } from '../../proto/gen/specs.ts';
import { clusterId as logClusterId, memberId } from '../lib/consensus.ts';
import type { SimOptions } from './options.ts';

export const clusterId: ClusterId = asId<'cluster'>(logClusterId);

/** What lets nodes join, by role. */
export const joinTokens = { manager: 'SWMTKN-1-manager', worker: 'SWMTKN-1-worker' } as const;

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
        workerJoinToken: joinTokens.worker,
        managerJoinToken: joinTokens.manager,
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
