import type { RpcHandler, ServerCall } from '../common/ports/rpc.ts';
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
import type { DropReason, SetOutcome } from './proposer/port.ts';
import type { Proposer } from './proposer/proposer.ts';

export interface ClusterServicesParts {
  readonly proposer: Pick<Proposer, 'submitForwarded'>;
  readonly appliedIndex: () => number;
  readonly joining: Joining;
  readonly observe: (call: ServerCall) => AsyncIterable<Observation>;
}

/** What a manager answers to other managers, to nodes that join, and to those that need another certificate. */
export function clusterHandlers(parts: ClusterServicesParts): readonly RpcHandler[] {
  const { joining, observe } = parts;
  return [
    ...joiningHandlers({
      root: () => Promise.resolve(joining.root()),
      join: (request, { peer, signal }) => joining.join(request, peer, signal),
    }),
    ...managersHandlers({
      submit: (request, { signal }) => submit(parts, request, signal),
      observe: (_request, call) => observe(call),
    }),
    ...certificatesHandlers({
      renew: (request, { peer, signal }) => joining.renew(request, peer.nodeId, signal),
    }),
  ];
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

function resultOf(outcome: SetOutcome): SubmitResult {
  switch (outcome.kind) {
    case 'done':
    case 'refused':
      return SubmitResult.submitDecided;
    case 'dropped':
      return dropResults[outcome.reason];
    case 'unknown':
      return SubmitResult.submitUnknown;
  }
}
