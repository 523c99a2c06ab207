import type { Clock } from '../../common/ports/clock.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import type { PeerIdentity } from '../../common/ports/identity.ts';
import { encodeBase64 } from '../../common/pure/base64.ts';
import { isShoalError, ShoalError } from '../../common/pure/errors.ts';
import { asId } from '../../common/pure/ids.ts';
import type { NodeId, SetId } from '../../common/pure/ids.ts';
import { limits } from '../../common/pure/limits.ts';
import { withDeadline } from '../../common/run/deadline.ts';
import { newClaim } from '../../proto/gen/changeset.ts';
import { newJoinResponse, newRootResponse } from '../../proto/gen/managers.ts';
import type {
  JoinRequest,
  JoinResponse,
  RenewRequest,
  RootResponse,
} from '../../proto/gen/managers.ts';
import type { ManagerAddress } from '../../proto/gen/dispatcher.ts';
import { newNode, newNodeLifecycle, newNodeStatus, NodeState } from '../../proto/gen/objects.ts';
import type { NodeLifecycle } from '../../proto/gen/objects.ts';
import { newNodeSpec, NodeAvailability, NodeRole } from '../../proto/gen/specs.ts';
import type { ProposerPort, SetRequest } from '../proposer/port.ts';
import { createOp, homeOf, putOp, readOf } from '../store/ops.ts';
import { raftIdSpace } from '../store/raft-ids.ts';
import type { AuthorityRow, ClusterRow, NodeRow } from '../store/rows.ts';
import type { StoreView } from '../store/view.ts';
import { signNode } from './authority.ts';
import { checkAddress, checkPort, hostPort } from './join-address.ts';
import { hasSecretOf } from './join-token.ts';
import { requireNodeKey } from './node-key.ts';
import type { CertificateSigner } from './port.ts';

/** Space of the claims that tell which node a key belongs to. */
const keySpace = 'node-key';
/** Times a join is computed again because the store had moved on. */
const attemptsMax = 8;

export interface JoiningParts {
  readonly proposer: ProposerPort;
  /** Loaded with the first certificate: a manager that signs nothing does without. */
  readonly signer: () => Promise<CertificateSigner>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly newSetId: () => SetId;
  readonly newNodeId: () => NodeId;
  readonly newRaftId: () => number;
  /** The set that gives a manager another raft id: what it had under the old one is lost. */
  readonly renumber: (row: NodeRow, fresh: NodeLifecycle) => NodeChange;
  /** Every manager with its address. */
  readonly managers: () => readonly ManagerAddress[];
}

type NodeChange = Pick<SetRequest, 'reads' | 'claims' | 'ops' | 'reason'>;

/** What a node that asks for a certificate is, or becomes. */
interface Admission {
  readonly row: NodeRow;
  readonly cluster: ClusterRow;
  readonly authority: AuthorityRow;
}

/**
 * Takes nodes into the cluster and signs their keys, on any manager: all hold the cluster's key, and each reads behind a barrier first.
 *
 * What is asked for decides only whose key it is; role, ids and addresses are the cluster's to say.
 */
export class Joining {
  readonly #parts: JoiningParts;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  /** The root that the cluster trusts. @throws ShoalError `unavailable` while this manager has none */
  root(): RootResponse {
    const { cluster } = this.#cluster();
    return newRootResponse({ trustRootPem: cluster.lifecycle.trustRootPem });
  }

  /** @throws ShoalError `unauthenticated`, `invalidArgument {field}`, `lostQuorum`, `tooBusy`, `unknownOutcome` */
  async join(request: JoinRequest, peer: PeerIdentity, signal: AbortSignal): Promise<JoinResponse> {
    await this.#awaitLeader(signal);
    const role = this.#roleOf(request.token);
    requireNodeKey(request.publicKey);
    requireAvailability(request.availability);
    const host = checkAddress(request.address === '' ? (peer.host ?? '') : request.address);
    const managerAddress = role === NodeRole.manager ? hostPort(host, checkPort(request.port)) : '';
    const signer = await this.#parts.signer();
    const key = encodeBase64(signer.sha256(request.publicKey));
    const row = await this.#admit({ request, role, host, managerAddress, key }, signal);
    return this.#sign(signer, row, request.publicKey);
  }

  /** Signs the caller's key for the role that it has now. @throws as `join`, and `notFound` when the node was removed */
  async renew(request: RenewRequest, nodeId: NodeId, signal: AbortSignal): Promise<JoinResponse> {
    await this.#parts.proposer.barrier(signal);
    requireNodeKey(request.publicKey);
    if (request.logLost) await this.#renumber(request, nodeId, signal);
    else await this.#readdress(request, nodeId, signal);
    const signer = await this.#parts.signer();
    return this.#sign(signer, this.#requireNode(nodeId), request.publicKey);
  }

  /** Before the caller loses patience, and learns nothing. */
  async #awaitLeader(signal: AbortSignal): Promise<void> {
    const { proposer, clock } = this.#parts;
    const deadline = { clock, durationMs: limits.joinLeaderMs, signal };
    try {
      await withDeadline(deadline, (inner) => proposer.barrier(inner));
    } catch (error) {
      if (!isShoalError(error, 'timeout')) throw error;
      throw new ShoalError(
        'lostQuorum',
        'the swarm does not have a leader: more than half of its managers have to be online',
        { cause: error },
      );
    }
  }

  #roleOf(token: string): NodeRole {
    const { keys } = this.#cluster().authority;
    if (hasSecretOf(token, keys.managerJoinToken)) return NodeRole.manager;
    if (hasSecretOf(token, keys.workerJoinToken)) return NodeRole.worker;
    throw new ShoalError('unauthenticated', 'a valid join token is necessary to join this cluster');
  }

  /** The node that this key belongs to: the same one however often it is asked. */
  async #admit(node: NewNode, signal: AbortSignal): Promise<NodeRow> {
    const { proposer, newSetId, newNodeId, newRaftId } = this.#parts;
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const known = proposer.view.claimOwner(keySpace, node.key);
      if (known !== undefined) return this.#requireNode(asId<'node'>(known));
      const id = newNodeId();
      const raftId = node.role === NodeRole.manager ? newRaftId() : 0;
      await this.#submit(joinSet(node, { id, raftId, setId: newSetId() }), signal);
    }
    throw restless();
  }

  async #renumber(request: RenewRequest, nodeId: NodeId, signal: AbortSignal): Promise<void> {
    if (this.#requireNode(nodeId).lifecycle.role !== NodeRole.manager) return;
    const { address, port } = request;
    const given = address === '' ? undefined : hostPort(checkAddress(address), checkPort(port));
    await this.#change(nodeId, signal, (row) => {
      const fresh = newNodeLifecycle({
        role: NodeRole.manager,
        raftId: this.#parts.newRaftId(),
        managerAddress: given ?? row.lifecycle.managerAddress,
      });
      return this.#parts.renumber(row, fresh);
    });
  }

  /** A manager is where it says: it was promoted without being asked for its port, or has moved. */
  async #readdress(request: RenewRequest, nodeId: NodeId, signal: AbortSignal): Promise<void> {
    if (this.#requireNode(nodeId).lifecycle.role !== NodeRole.manager) return;
    if (request.address === '') return;
    const managerAddress = hostPort(checkAddress(request.address), checkPort(request.port));
    await this.#change(nodeId, signal, ({ lifecycle, lifecycleVersion }) => {
      if (managerAddress === lifecycle.managerAddress) return undefined;
      const facet = { ...homeOf.nodeLifecycle, key: nodeId };
      return {
        reason: 'manager has another address',
        reads: [readOf(facet, lifecycleVersion)],
        claims: [],
        ops: [putOp(facet, { kind: 'nodeLifecycle', value: { ...lifecycle, managerAddress } })],
      };
    });
  }

  /**
   * Changes the row of a manager, for as long as the node is one; what the store refuses is decided anew.
   * @param decide the change to the row as it is now; undefined when there is nothing to do.
   */
  async #change(
    nodeId: NodeId,
    signal: AbortSignal,
    decide: (row: NodeRow) => NodeChange | undefined,
  ): Promise<void> {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const row = this.#requireNode(nodeId);
      const change = row.lifecycle.role === NodeRole.manager ? decide(row) : undefined;
      if (change === undefined) return;
      const id = this.#parts.newSetId();
      const actor = { kind: 'node', nodeId } as const;
      const set = { ...change, id, term: 0, actor, traceId: id, minLevel: 1 };
      if (await this.#submit(set, signal)) return;
    }
    throw restless();
  }

  /** False when the set took no effect, because the store had moved on. */
  async #submit(set: SetRequest, signal: AbortSignal): Promise<boolean> {
    const outcome = await this.#parts.proposer.submit(set, signal);
    if (outcome.kind === 'unknown')
      throw new ShoalError('unknownOutcome', 'the node may or may not have joined; try again');
    if (outcome.kind !== 'dropped') return outcome.kind === 'done';
    if (outcome.reason === 'notLeader' || outcome.reason === 'stopping')
      throw new ShoalError('lostQuorum', 'no manager leads at the moment');
    throw new ShoalError('tooBusy', 'the cluster takes no changes now; try again later');
  }

  async #sign(
    signer: CertificateSigner,
    row: NodeRow,
    publicKeySpki: Uint8Array,
  ): Promise<JoinResponse> {
    const { cluster, authority } = this.#cluster();
    const { role, raftId } = row.lifecycle;
    const certificateDer = await signNode(signer, authority.keys, {
      nodeId: row.id,
      clusterId: cluster.id,
      role: role === NodeRole.manager ? 'manager' : 'worker',
      raftId,
      nowMs: this.#parts.clock.wallMs(),
      publicKeySpki,
    });
    return newJoinResponse({
      nodeId: row.id,
      clusterId: cluster.id,
      role,
      certificateDer,
      trustRootPem: cluster.lifecycle.trustRootPem,
      raftId,
      founderRaftId: cluster.lifecycle.founderRaftId,
      incarnation: cluster.lifecycle.incarnation,
      managers: this.#parts.managers(),
      address: row.status.address,
    });
  }

  #requireNode(nodeId: NodeId): NodeRow {
    const row = this.#view.node(nodeId);
    if (row !== undefined) return row;
    throw new ShoalError('notFound', 'the node was removed from the cluster', {
      fields: { kind: 'node', ref: nodeId },
    });
  }

  #cluster(): Omit<Admission, 'row'> {
    const [cluster, authority] = [this.#view.cluster(), this.#view.authority()];
    if (cluster !== undefined && authority !== undefined) return { cluster, authority };
    throw new ShoalError('unavailable', 'this manager does not know the cluster yet');
  }

  get #view(): StoreView {
    return this.#parts.proposer.view;
  }
}

function restless(): ShoalError {
  return new ShoalError('conflict', 'the cluster changes all the time; try again');
}

/** @throws ShoalError `invalidArgument {field}` for one that this version does not know */
function requireAvailability(availability: NodeAvailability): void {
  if (Object.values(NodeAvailability).includes(availability)) return;
  throw new ShoalError(
    'invalidArgument',
    'the availability of a node must be active, pause or drain',
    { fields: { field: 'availability' } },
  );
}

interface NewNode {
  readonly request: JoinRequest;
  readonly role: NodeRole;
  /** Address without a port. */
  readonly host: string;
  readonly managerAddress: string;
  /** Digest of its key. */
  readonly key: string;
}

function joinSet(
  { request, role, host, managerAddress, key }: NewNode,
  { id, raftId, setId }: { id: NodeId; raftId: number; setId: SetId },
): SetRequest {
  const value = newNode({
    id,
    spec: newNodeSpec({ role, availability: request.availability }),
    status: newNodeStatus({ state: NodeState.nodeUnknown, address: host }),
    lifecycle: newNodeLifecycle({ role, raftId, managerAddress }),
  });
  const raftClaims =
    raftId === 0 ? [] : [newClaim({ space: raftIdSpace, key: String(raftId), owner: id })];
  return {
    id: setId,
    term: 0,
    actor: { kind: 'node', nodeId: id },
    reason: 'node joined',
    traceId: setId,
    minLevel: 1,
    reads: [],
    claims: [newClaim({ space: keySpace, key, owner: id }), ...raftClaims],
    ops: [createOp({ kind: 'node', value })],
  };
}
