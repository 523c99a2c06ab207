import { encodeBase64 } from '../../../common/pure/base64.ts';
import type { NodeDescription, NodeStatus } from '../../../proto/gen/objects.ts';
import { newNodeSpec, type NodeSpec } from '../../../proto/gen/specs.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import type { JsonFields } from '../../../proto/http/json-fields.ts';
import { type ShownMeta, writeMeta } from '../../../proto/http/meta.ts';
import { omit, textRecord } from '../../../proto/http/omit.ts';
import { availabilityWords, nodeStateWords, roleWords, wordOf } from './words.ts';

/** A node as the cluster knows it. */
export interface ShownNode {
  readonly meta: ShownMeta;
  readonly spec: NodeSpec;
  readonly status: NodeStatus;
  /** Undefined for a worker. */
  readonly manager:
    | { readonly leader: boolean; readonly reachable: boolean; readonly address: string }
    | undefined;
}

/** A Node of the Docker API. */
export function writeNode(node: ShownNode): JsonRecord {
  const { description } = node.status;
  return {
    ...writeMeta(node.meta),
    Spec: {
      Name: omit.text(node.spec.name),
      Labels: textRecord(node.spec.labels),
      Role: wordOf(roleWords, node.spec.role),
      Availability: wordOf(availabilityWords, node.spec.availability),
    },
    Description: description === undefined ? {} : writeDescription(description),
    Status: {
      State: wordOf(nodeStateWords, node.status.state),
      Message: omit.text(node.status.message),
      Addr: omit.text(node.status.address),
    },
    ManagerStatus:
      node.manager === undefined
        ? undefined
        : {
            Leader: omit.no(node.manager.leader),
            Reachability: node.manager.reachable ? 'reachable' : 'unreachable',
            Addr: omit.text(node.manager.address),
          },
  };
}

function writeDescription(description: NodeDescription): JsonRecord {
  return {
    Hostname: omit.text(description.hostname),
    Platform: {
      Architecture: omit.text(description.platform?.architecture ?? ''),
      OS: omit.text(description.platform?.os ?? ''),
    },
    Resources: {
      NanoCPUs: omit.zero(description.nanoCpus),
      MemoryBytes: omit.zero(description.memoryBytes),
    },
    Engine: {
      EngineVersion: omit.text(description.engineVersion),
      Labels: omit.emptyMap(description.engineLabels),
      Plugins: omit.empty(
        description.plugins.map(({ type, name }) => ({ Type: type, Name: name })),
      ),
    },
    TLSInfo: writeTlsInfo(description),
  };
}

interface TlsFacts {
  readonly trustRootPem: string;
  readonly issuerSubject: Uint8Array;
  readonly issuerPublicKey: Uint8Array;
}

/** What clients compare to see whether a node has certificates of the cluster's current root. */
export function writeTlsInfo(tls: TlsFacts): JsonRecord {
  return {
    TrustRoot: omit.text(tls.trustRootPem),
    CertIssuerSubject: omit.text(encodeBase64(tls.issuerSubject)),
    CertIssuerPublicKey: omit.text(encodeBase64(tls.issuerPublicKey)),
  };
}

/** Reads a NodeSpec, in which role and availability must be given. @throws ShoalError `invalidArgument {field}` */
export function readNodeSpec(spec: JsonFields): NodeSpec {
  return newNodeSpec({
    name: spec.text('Name'),
    labels: spec.textMap('Labels'),
    role: spec.choice('Role', 'Role', roleWords, undefined),
    availability: spec.choice('Availability', 'Availability', availabilityWords, undefined),
  });
}
