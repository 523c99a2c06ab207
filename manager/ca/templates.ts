import type { ClusterId, NodeId } from '../../common/pure/ids.ts';
import type { CertificateTemplate } from './port.ts';

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;

/** Certificates begin that much in the past, so that a clock a little behind accepts them. */
const backdateMs = hourMs;
/** Life of a root. */
const rootYears = 20;
/** Life of a node's certificate unless the cluster says otherwise: 90 days. */
export const defaultNodeCertificateMs: number = 90 * 24 * hourMs;

/** The root of a new cluster. */
export function rootTemplate(nowMs: number): CertificateTemplate {
  return {
    subject: { commonName: 'swarm-ca', organizationalUnit: '', organization: '' },
    notBeforeMs: nowMs - backdateMs,
    notAfterMs: nowMs + rootYears * yearMs,
    isAuthority: true,
    dnsNames: [],
  };
}

export interface NodeCertificateRequest {
  readonly nodeId: NodeId;
  readonly clusterId: ClusterId;
  readonly role: 'manager' | 'worker';
  /** A manager's number in consensus; 0 for a worker. */
  readonly raftId: number;
  readonly nowMs: number;
  readonly validityMs: number;
}

/** A node's certificate: the request decides only whose key it is, never what the certificate says. */
export function nodeTemplate(request: NodeCertificateRequest): CertificateTemplate {
  const role = `swarm-${request.role}`;
  return {
    subject: {
      commonName: request.nodeId,
      organizationalUnit: role,
      organization: request.clusterId,
    },
    notBeforeMs: request.nowMs - backdateMs,
    notAfterMs: request.nowMs + request.validityMs,
    isAuthority: false,
    dnsNames: [role, request.nodeId, ...(request.raftId === 0 ? [] : [raftName(request.raftId)])],
  };
}

/** The DNS name that binds a raft id to its certificate: `raft-` and 12 hexadecimal digits. */
function raftName(raftId: number): string {
  return `raft-${raftId.toString(16).padStart(12, '0')}`;
}
