import type { Clock } from '../../common/ports/clock.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { InitRequest } from '../../common/ports/node-control.ts';
import { newId } from '../../common/pure/ids.ts';
import type { ClusterId, NodeId } from '../../common/pure/ids.ts';
import type { Random } from '../../common/pure/random.ts';
import { foundAuthority, issueNode } from '../../manager/ca/authority.ts';
import { toPem } from '../../manager/ca/pem.ts';
import type { Founding } from '../../manager/founding.ts';
import type { Identity } from '../identity/identity.ts';
import {
  checkDataPath,
  chooseAdvertiseAddress,
  chooseIngressSubnet,
  defaultPools,
  hostPortText,
  parseListenAddress,
} from './addresses.ts';
import type { Interfaces } from './addresses.ts';

const dataKeyBytes = 32;
const defaultDataPathPort = 4789;
const defaultSubnetSize = 24;

/**
 * Decides everything that a new cluster begins with, and makes its keys. Nothing is written.
 * @throws ShoalError `invalidArgument {field}` when an address or a pool cannot be used
 */
export async function planFounding(
  parts: { readonly random: Random; readonly entropy: Entropy; readonly clock: Clock },
  request: InitRequest,
  interfaces: Interfaces,
): Promise<{ readonly identity: Identity; readonly founding: Founding }> {
  const listen = parseListenAddress(request.listenAddress, interfaces);
  const advertise = chooseAdvertiseAddress(request.advertiseAddress, listen, interfaces);
  checkDataPath(request.dataPathAddress, request.dataPathPort, interfaces);
  const ingressSubnet = chooseIngressSubnet(request.addressPools, request.subnetSize, interfaces);
  const random = parts.random.fork(
    `founding ${Buffer.from(parts.entropy.bytes(8)).toString('hex')}`,
  );
  const clusterId: ClusterId = newId(random);
  const nodeId: NodeId = newId(random);
  const raftId = newRaftId(parts.entropy);
  const wallMs = parts.clock.wallMs();
  // Loaded here only: the library that writes certificates is large, and a running cluster of one node signs nothing.
  const { X509Signer } = await import('../../manager/ca/signer/x509-signer.ts');
  const signer = new X509Signer();
  const foundation = await foundAuthority(signer, parts.entropy, wallMs);
  const credentials = await issueNode(signer, foundation.keys, {
    nodeId,
    clusterId,
    raftId,
    wallMs,
  });
  const managerAddress = hostPortText(advertise);
  return {
    identity: {
      nodeId,
      clusterId,
      role: 'manager',
      raftId,
      founderRaftId: raftId,
      incarnation: 1,
      hasLog: false,
      certificatePem: toPem('CERTIFICATE', credentials.certificateDer),
      privateKeyPem: toPem('PRIVATE KEY', credentials.keys.privateKeyPkcs8),
      trustRootPem: foundation.trustRootPem,
      dataKey: parts.entropy.bytes(dataKeyBytes),
      advertiseAddress: managerAddress,
      listenAddress: hostPortText(listen),
      managers: [{ nodeId, address: managerAddress, raftId }],
    },
    founding: {
      setId: newId(random),
      clusterId,
      nodeId,
      raftId,
      ingressId: newId(random),
      managerAddress,
      nodeAddress: advertise.host,
      availability: request.availability,
      spec: request.spec,
      foundation,
      addressPools: request.addressPools.length > 0 ? request.addressPools : defaultPools,
      subnetSize: request.subnetSize === 0 ? defaultSubnetSize : request.subnetSize,
      dataPathPort: request.dataPathPort === 0 ? defaultDataPathPort : request.dataPathPort,
      ingressSubnet,
    },
  };
}

/** 48 random bits, never 0. */
function newRaftId(entropy: Entropy): number {
  const bytes = Buffer.from(entropy.bytes(6));
  return Math.max(1, bytes.readUIntBE(0, 6));
}
