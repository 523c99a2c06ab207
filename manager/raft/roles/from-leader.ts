import { restoreConfig } from '../confchange/restore.ts';
import { inflightLimits, switchConfig } from '../configuration.ts';
import type { RaftCore } from '../core.ts';
import { describeConfState, hexId } from '../describe.ts';
import type { Message } from '../message.ts';
import type { ConfState, Snapshot } from '../snapshot.ts';
import { Tracker } from '../tracker/tracker.ts';

/** What only the leader of this member's term sends: entries, a heartbeat or a snapshot. */
export function receiveFromLeader(core: RaftCore, received: Message): void {
  if (received.type === 'MsgApp') receiveEntries(core, received);
  else if (received.type === 'MsgHeartbeat') receiveHeartbeat(core, received);
  else if (received.snapshot !== undefined) receiveSnapshot(core, received, received.snapshot);
}

function receiveEntries(core: RaftCore, received: Message): void {
  const { log } = core;
  const to = received.from;
  if (received.index < log.committed) {
    // An old message, or a leader that does not know what is there: everything up to here is the same.
    core.send({ type: 'MsgAppResp', to, index: log.committed });
    return;
  }
  const last = log.maybeAppend(
    {
      previous: { term: received.logTerm, index: received.index },
      entries: received.entries,
    },
    received.commit,
  );
  if (last !== undefined) {
    core.send({ type: 'MsgAppResp', to, index: last });
    return;
  }
  core.options.trace.debug(
    () =>
      `${hexId(core.id)} [logterm: ${log.termOrZero(received.index)}, index: ${received.index}] ` +
      `rejected MsgApp [logterm: ${received.logTerm}, index: ${received.index}] ` +
      `from ${hexId(to)}`,
  );
  // All above the hint certainly differs from the leader's log: see `findConflictByTerm`.
  const hint = log.findConflictByTerm(Math.min(received.index, log.lastIndex()), received.logTerm);
  core.send({
    type: 'MsgAppResp',
    to,
    index: received.index,
    reject: true,
    rejectHint: hint.index,
    logTerm: hint.term,
  });
}

function receiveHeartbeat(core: RaftCore, received: Message): void {
  core.log.commitTo(received.commit);
  core.send({ type: 'MsgHeartbeatResp', to: received.from, context: received.context });
}

function receiveSnapshot(core: RaftCore, received: Message, snapshot: Snapshot): void {
  const isRestored = restore(core, snapshot);
  core.options.trace.info(
    () =>
      `${hexId(core.id)} [commit: ${core.log.committed}] ${isRestored ? 'restored' : 'ignored'} ` +
      `snapshot [index: ${snapshot.index}, term: ${snapshot.term}]`,
  );
  const index = isRestored ? core.log.lastIndex() : core.log.committed;
  core.send({ type: 'MsgAppResp', to: received.from, index });
}

/** Begins anew behind the snapshot, log and configuration. False: there was no need, or it was not meant for here. */
function restore(core: RaftCore, snapshot: Snapshot): boolean {
  const { log } = core;
  const { trace } = core.options;
  if (snapshot.index <= log.committed) return false;
  if (!isMember(core.id, snapshot.confState)) {
    trace.warn(
      () =>
        `${hexId(core.id)} attempted to restore snapshot but it is not in the ConfState ` +
        `${describeConfState(snapshot.confState)}; should never happen`,
    );
    return false;
  }
  const id = { term: snapshot.term, index: snapshot.index };
  if (log.matchesTerm(id)) {
    // All of it is here: only that it is committed is news.
    traceRestore(core, snapshot, 'fast-forwarded commit to');
    log.commitTo(snapshot.index);
    return false;
  }
  const restored = restoreConfig(snapshot.confState, {
    lastIndex: snapshot.index,
    limits: inflightLimits(core),
  });
  if (!restored.ok) {
    trace.error(
      () => `${hexId(core.id)} refused snapshot with impossible ConfState: ${restored.reason}`,
    );
    return false;
  }
  log.restore(snapshot);
  core.tracker = new Tracker();
  switchConfig(core, restored.config, restored.progress);
  traceRestore(core, snapshot, 'restored');
  return true;
}

function isMember(id: number, { voters, learners, votersOutgoing }: ConfState): boolean {
  // Learners to be are outgoing voters.
  return [voters, learners, votersOutgoing].some((ids) => ids.includes(id));
}

function traceRestore(core: RaftCore, snapshot: Snapshot, what: string): void {
  const last = core.log.lastId();
  core.options.trace.info(
    () =>
      `${hexId(core.id)} [commit: ${core.log.committed}, lastindex: ${last.index}, ` +
      `lastterm: ${last.term}] ${what} snapshot [index: ${snapshot.index}, term: ${snapshot.term}]`,
  );
}
