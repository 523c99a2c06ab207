import type { RaftCore } from '../core.ts';
import { describeProgress, hexId } from '../describe.ts';
import { none } from '../member.ts';
import type { Message, MessageType } from '../message.ts';
import type { Outcome } from '../outcome.ts';
import { proposeAsLeader } from '../proposals.ts';
import { releaseEarlyReads, releaseReads, takeRead } from '../reads.ts';
import {
  broadcastAppend,
  broadcastHeartbeat,
  maybeSendAppend,
  sendAppend,
} from '../replication.ts';
import type { Progress } from '../tracker/progress.ts';

/** What needs no knowledge of the sender. */
const handlers: Partial<Record<MessageType, (core: RaftCore, received: Message) => void>> = {
  MsgBeat: broadcastHeartbeat,
  MsgCheckQuorum: checkQuorum,
  MsgReadIndex: (core, { from, context }) => takeRead(core, { from, context }),
  // A leader knows who leads.
  MsgForgetLeader: () => undefined,
};

/** What the leader hears from, or about, one member. */
const memberHandlers: Partial<
  Record<MessageType, (core: RaftCore, received: Message, progress: Progress) => void>
> = {
  MsgAppResp: appendAnswered,
  MsgHeartbeatResp: heartbeatAnswered,
  MsgSnapStatus: snapshotReported,
  MsgUnreachable: memberUnreachable,
  MsgTransferLeader: transferLeadership,
};

export function stepLeader(core: RaftCore, received: Message): Outcome {
  if (received.type === 'MsgProp') return proposeAsLeader(core, received.entries);
  const handle = handlers[received.type];
  if (handle !== undefined) {
    handle(core, received);
    return undefined;
  }
  const progress = core.tracker.progress.get(received.from);
  if (progress === undefined) {
    core.options.trace.debug(
      () => `${hexId(core.id)} no progress available for ${hexId(received.from)}`,
    );
    return undefined;
  }
  memberHandlers[received.type]?.(core, received, progress);
  return undefined;
}

/** Heard from too few since it last asked: others may have a leader already (thesis, §6.2). */
function checkQuorum(core: RaftCore): void {
  if (!core.tracker.isQuorumActive()) {
    core.options.trace.warn(
      () => `${hexId(core.id)} stepped down to follower since quorum is not active`,
    );
    core.becomeFollower(core.term, none);
  }
  for (const [id, progress] of core.tracker.progress) {
    if (id !== core.id) progress.recentActive = false;
  }
}

function appendAnswered(core: RaftCore, received: Message, progress: Progress): void {
  progress.recentActive = true;
  if (received.reject) appendRejected(core, received, progress);
  else appendAccepted(core, received, progress);
}

function appendRejected(core: RaftCore, received: Message, progress: Progress): void {
  const { trace } = core.options;
  const from = hexId(received.from);
  trace.debug(
    () =>
      `${hexId(core.id)} received MsgAppResp(rejected, hint: (index ${received.rejectHint}, ` +
      `term ${received.logTerm})) from ${from} for index ${received.index}`,
  );
  // The follower has an entry of `logTerm` at the hint. Whatever of this log has a greater term differs from it there,
  // so one answer skips a whole term (a refinement of the paper, end of §5.3).
  const hint =
    received.logTerm > 0
      ? core.log.findConflictByTerm(received.rejectHint, received.logTerm).index
      : received.rejectHint;
  if (!progress.maybeDecreaseTo(received.index, hint)) return;
  trace.debug(
    () => `${hexId(core.id)} decreased progress of ${from} to [${describeProgress(progress)}]`,
  );
  if (progress.state === 'StateReplicate') progress.becomeProbe();
  sendAppend(core, received.from);
}

function appendAccepted(core: RaftCore, received: Message, progress: Progress): void {
  // A probe that was sent only to find the match has found it, even where the match was known.
  const isProbeAnswer = progress.match === received.index && progress.state === 'StateProbe';
  if (!progress.maybeUpdate(received.index) && !isProbeAnswer) return;
  leaveWaiting(core, received, progress);
  if (core.maybeCommit()) {
    releaseEarlyReads(core);
    broadcastAppend(core);
  } else if (received.from !== core.id && progress.canBumpCommit(core.log.committed)) {
    sendAppend(core, received.from);
  }
  if (received.from === core.id) return;
  // The window may have opened for more than one message.
  while (maybeSendAppend(core, received.from, { evenIfEmpty: false }));
  if (received.from === core.transferee && progress.match === core.log.lastIndex()) {
    core.options.trace.info(
      () =>
        `${hexId(core.id)} sent MsgTimeoutNow to ${hexId(received.from)} after received MsgAppResp`,
    );
    core.send({ type: 'MsgTimeoutNow', to: received.from });
  }
}

/** The follower is known to match, so it may be sent a stream. */
function leaveWaiting(core: RaftCore, received: Message, progress: Progress): void {
  if (progress.state === 'StateProbe') {
    progress.becomeReplicate();
  } else if (progress.state === 'StateReplicate') {
    progress.inflights.freeUpTo(received.index);
  } else if (progress.match + 1 >= core.log.firstIndex()) {
    // It caught up by whatever snapshot it got: the one under way need not arrive.
    traceProgress(
      core,
      received,
      progress,
      'recovered from needing snapshot, resumed sending replication messages to',
    );
    progress.becomeProbe();
    progress.becomeReplicate();
  }
}

function heartbeatAnswered(core: RaftCore, received: Message, progress: Progress): void {
  progress.recentActive = true;
  progress.isFlowPaused = false;
  // An empty message in a probe, or with a full window, makes the follower say what it has: answers may have been lost.
  if (progress.match < core.log.lastIndex() || progress.state === 'StateProbe') {
    sendAppend(core, received.from);
  }
  if (received.context === 0) return;
  core.reads.ack(received.from, received.context);
  releaseReads(core);
}

function snapshotReported(core: RaftCore, received: Message, progress: Progress): void {
  if (progress.state !== 'StateSnapshot') return;
  if (received.reject) progress.pendingSnapshot = 0;
  progress.becomeProbe();
  const verdict = received.reject ? 'failed' : 'succeeded';
  traceProgress(
    core,
    received,
    progress,
    `snapshot ${verdict}, resumed sending replication messages to`,
  );
  // It answers when it has the snapshot; after a failure, the next heartbeat finds out.
  progress.isFlowPaused = true;
}

/** What was sent is probably lost: back to one message at a time, until something is heard. */
function memberUnreachable(core: RaftCore, received: Message, progress: Progress): void {
  if (progress.state === 'StateReplicate') progress.becomeProbe();
  const why = ' because it is unreachable';
  traceProgress(core, received, progress, 'failed to send message to', why);
}

function transferLeadership(core: RaftCore, received: Message, progress: Progress): void {
  const { trace } = core.options;
  const id = hexId(core.id);
  const target = received.from;
  if (progress.isLearner) {
    trace.debug(() => `${id} is learner. Ignored transferring leadership`);
    return;
  }
  const previous = core.transferee;
  if (previous === target) {
    trace.info(
      () =>
        `${id} [term ${core.term}] transfer leadership to ${hexId(target)} is in progress, ` +
        `ignores request to same node ${hexId(target)}`,
    );
    return;
  }
  if (previous !== none) {
    core.transferee = none;
    trace.info(
      () =>
        `${id} [term ${core.term}] abort previous transferring leadership to ${hexId(previous)}`,
    );
  }
  if (target === core.id) {
    trace.debug(() => `${id} is already leader. Ignored transferring leadership to self`);
    return;
  }
  trace.info(() => `${id} [term ${core.term}] starts to transfer leadership to ${hexId(target)}`);
  // It must be done within an election timeout, or it is given up.
  core.electionElapsed = 0;
  core.transferee = target;
  if (progress.match === core.log.lastIndex()) {
    core.send({ type: 'MsgTimeoutNow', to: target });
    trace.info(
      () =>
        `${id} sends MsgTimeoutNow to ${hexId(target)} immediately as ${hexId(target)} ` +
        'already has up-to-date log',
    );
  } else {
    sendAppend(core, target);
  }
}

function traceProgress(
  core: RaftCore,
  received: Message,
  progress: Progress,
  what: string,
  why = '',
): void {
  core.options.trace.debug(
    () => `${hexId(core.id)} ${what} ${hexId(received.from)}${why} [${describeProgress(progress)}]`,
  );
}
