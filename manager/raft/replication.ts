import type { RaftCore } from './core.ts';
import { describeProgress, hexId } from './describe.ts';
import { payloadBytes } from './entry.ts';
import { invariant } from './invariant.ts';
import type { MemberId } from './member.ts';
import type { Progress } from './tracker/progress.ts';

/** Sends what `to` lacks, or, if nothing, where the log ends and what is committed. */
export function sendAppend(core: RaftCore, to: MemberId): void {
  maybeSendAppend(core, to, { evenIfEmpty: true });
}

/**
 * Sends as much as one message takes, if the follower can take it now. True: something was sent, and there may be more.
 */
export function maybeSendAppend(
  core: RaftCore,
  to: MemberId,
  { evenIfEmpty }: { readonly evenIfEmpty: boolean },
): boolean {
  const progress = core.tracker.progress.get(to);
  if (progress === undefined || progress.isPaused) return false;
  const { log } = core;
  const previous = progress.next - 1;
  const logTerm = log.term(previous);
  if (typeof logTerm !== 'number') return maybeSendSnapshot(core, to, progress);
  // With a full window an empty message still goes out: the answer to it may be what frees the window.
  const isWindowFull = progress.state === 'StateReplicate' && progress.inflights.isFull;
  const entries = isWindowFull ? [] : log.entriesFrom(progress.next, core.options.messageBytesMax);
  if (typeof entries === 'string') return maybeSendSnapshot(core, to, progress);
  if (entries.length === 0 && !evenIfEmpty) return false;
  const commit = log.committed;
  core.send({ type: 'MsgApp', to, index: previous, logTerm, entries, commit });
  progress.sentEntries(entries.length, payloadBytes(entries));
  progress.sentCommit = commit;
  return true;
}

function maybeSendSnapshot(core: RaftCore, to: MemberId, progress: Progress): boolean {
  const { trace } = core.options;
  if (!progress.recentActive) {
    trace.debug(() => `ignore sending snapshot to ${hexId(to)} since it is not recently active`);
    return false;
  }
  const snapshot = core.log.snapshot();
  const id = hexId(core.id);
  const peer = hexId(to);
  if (snapshot === undefined) {
    trace.debug(
      () => `${id} failed to send snapshot to ${peer} because snapshot is temporarily unavailable`,
    );
    return false;
  }
  invariant(snapshot.index > 0, 'what is compacted is in a snapshot');
  trace.debug(
    () =>
      `${id} [firstindex: ${core.log.firstIndex()}, commit: ${core.log.committed}] sent snapshot` +
      `[index: ${snapshot.index}, term: ${snapshot.term}] to ${peer} [${describeProgress(progress)}]`,
  );
  progress.becomeSnapshot(snapshot.index);
  trace.debug(
    () => `${id} paused sending replication messages to ${peer} [${describeProgress(progress)}]`,
  );
  core.send({ type: 'MsgSnap', to, snapshot });
  return true;
}

export function broadcastAppend(core: RaftCore): void {
  for (const id of core.tracker.ids) {
    if (id !== core.id) sendAppend(core, id);
  }
}

/**
 * Heartbeats never tell a follower more than what it is known to have: they may overtake the entries, and its own may
 * differ beyond that (paper, §5.3).
 */
export function broadcastHeartbeat(core: RaftCore): void {
  const context = core.reads.position;
  for (const to of core.tracker.ids) {
    const progress = core.tracker.progress.get(to);
    if (to === core.id || progress === undefined) continue;
    const commit = Math.min(progress.match, core.log.committed);
    core.send({ type: 'MsgHeartbeat', to, commit, context });
    progress.sentCommit = commit;
  }
}
