import type { PeerIdentity } from '../common/ports/identity.ts';
import type { RpcHandler, ServerCall } from '../common/ports/rpc.ts';
import { ShoalError } from '../common/pure/errors.ts';
import type { NodeId } from '../common/pure/ids.ts';
import type { StateCheck } from '../proto/gen/changeset.ts';
import {
  newSubmitResponse,
  newSubmittedSet,
  SubmitResult,
  type Observation,
  type SubmitRequest,
  type SubmitResponse,
} from '../proto/gen/managers.ts';
import { certificatesHandlers, joiningHandlers, managersHandlers } from '../proto/rpc/managers.ts';
import type { Joining } from './ca/joining.ts';
import type { LogBroker } from './logbroker/log-broker.ts';
import type { DropReason, ForwardedOutcome } from './proposer/port.ts';
import type { Proposer } from './proposer/proposer.ts';

export interface ClusterServicesParts {
  readonly proposer: Pick<Proposer, 'submitForwarded'>;
  readonly appliedIndex: () => number;
  readonly joining: Joining;
  readonly observe: (call: ServerCall) => AsyncIterable<Observation>;
  /** What the log has made of this manager. */
  readonly compare: (call: ServerCall) => AsyncIterable<StateCheck>;
  readonly logs: Pick<LogBroker, 'readLogs' | 'orderLogs'>;
  /** True while the node is a manager of the cluster: its certificate may outlive that. */
  readonly isManager: (nodeId: NodeId) => boolean;
}

/** What a manager answers to other managers, to nodes that join, and to those that need another certificate. */
export function clusterHandlers(parts: ClusterServicesParts): readonly RpcHandler[] {
  const { joining, observe, compare, logs } = parts;
  return [
    ...joiningHandlers({
      root: () => Promise.resolve(joining.root()),
      join: (request, { peer, signal }) => joining.join(request, peer, signal),
    }),
    ...managersHandlers({
      submit: async (request, { peer, signal }) => {
        requireManager(parts, peer);
        return await submit(parts, request, signal);
      },
      observe: (_request, call) => {
        requireManager(parts, call.peer);
        return observe(call);
      },
      compare: (_request, call) => {
        requireManager(parts, call.peer);
        return compare(call);
      },
      readLogs: (_request, call) => {
        requireManager(parts, call.peer);
        return logs.readLogs(call);
      },
      orderLogs: async (request, call) => {
        requireManager(parts, call.peer);
        return await Promise.resolve(logs.orderLogs(request, call));
      },
    }),
    ...certificatesHandlers({
      renew: (request, { peer, signal }) => joining.renew(request, peer.nodeId, signal),
    }),
  ];
}

/** @throws ShoalError `permissionDenied` */
function requireManager({ isManager }: ClusterServicesParts, { nodeId }: PeerIdentity): void {
  if (isManager(nodeId)) return;
  throw new ShoalError('permissionDenied', 'the node is no manager of this cluster', {
    fields: { nodeId },
  });
}

async function submit(
  { proposer, appliedIndex }: ClusterServicesParts,
  { sets }: SubmitRequest,
  signal: AbortSignal,
): Promise<SubmitResponse> {
  const outcomes = await Promise.all(sets.map((bytes) => proposer.submitForwarded(bytes, signal)));
  return newSubmitResponse({
    sets: outcomes.map((outcome) => newSubmittedSet({ result: resultOf(outcome) })),
    index: appliedIndex(),
  });
}

const dropResults: Readonly<Record<DropReason, SubmitResult>> = {
  notLeader: SubmitResult.submitNotLeader,
  tooBusy: SubmitResult.submitTooBusy,
  diskFull: SubmitResult.submitDiskFull,
  stopping: SubmitResult.submitStopping,
};

function resultOf(outcome: ForwardedOutcome): SubmitResult {
  switch (outcome.kind) {
    case 'unfit':
      return SubmitResult.submitUnfit;
    case 'done':
    case 'refused':
      return SubmitResult.submitDecided;
    case 'dropped':
      return dropResults[outcome.reason];
    case 'unknown':
      return SubmitResult.submitUnknown;
  }
}
