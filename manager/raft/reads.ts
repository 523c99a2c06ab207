import type { RaftCore } from './core.ts';
import { invariant } from './invariant.ts';
import { none } from './member.ts';
import { committedByBoth } from './quorum/joint.ts';
import { isFromSelf, type ReadRequest, type ReadState } from './read-queue.ts';
import { broadcastHeartbeat } from './replication.ts';

/** A leader takes a request to read. */
export function takeRead(core: RaftCore, request: ReadRequest): void {
  if (core.hasCommittedInTerm()) startReads(core, [request]);
  // Until then it cannot know what its predecessors committed (thesis, §6.4); not even when it was the only one, as its
  // commit index need not be durable.
  else core.earlyReads.push(request);
}

/** The first entry of the leader's term is committed: what waited for that goes on. */
export function releaseEarlyReads(core: RaftCore): void {
  if (core.earlyReads.length === 0 || !core.hasCommittedInTerm()) return;
  const requests = core.earlyReads;
  core.earlyReads = [];
  startReads(core, requests);
}

function startReads(core: RaftCore, requests: readonly ReadRequest[]): void {
  const index = core.log.committed;
  if (core.tracker.isOnlyVoter(core.id)) {
    for (const request of requests) respond(core, request, { index, context: request.context });
    return;
  }
  for (const request of requests) core.reads.add(request, index);
  confirmReads(core);
}

/** Asks all, once for everything that waits. */
function confirmReads(core: RaftCore): void {
  core.reads.ack(core.id, core.reads.position);
  broadcastHeartbeat(core);
}

/** Answers all reads that a quorum has confirmed. */
export function releaseReads(core: RaftCore): void {
  const position = committedByBoth(core.tracker.config.voters, core.reads.acked);
  for (const { from, ...state } of core.reads.releaseUpTo(position)) {
    respond(core, { from, context: state.context }, state);
  }
}

function respond(core: RaftCore, request: ReadRequest, state: ReadState): void {
  invariant(state.index <= core.log.committed, 'a read sees what is committed');
  if (isFromSelf(request, core.id)) {
    core.readStates.push(state);
    return;
  }
  invariant(request.from !== none, 'a read of another member has a sender');
  core.send({
    type: 'MsgReadIndexResp',
    to: request.from,
    index: state.index,
    context: state.context,
  });
}
