import { decodeConfChange } from '../../../manager/raft/confchange/change.ts';
import type { RaftCore } from '../../../manager/raft/core.ts';
import type { Entry } from '../../../manager/raft/entry.ts';
import type { RaftLog } from '../../../manager/raft/log/raft-log.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import type { Message } from '../../../manager/raft/message.ts';
import type { ConfState, HardState, Snapshot } from '../../../manager/raft/snapshot.ts';
import type { Config } from '../../../manager/raft/tracker/config.ts';
import type { Progress } from '../../../manager/raft/tracker/progress.ts';
import type { Tracker } from '../../../manager/raft/tracker/tracker.ts';
import type { ScriptMember } from '../../lib/raft/script-member.ts';
import { nameOf, type Names } from './names.ts';

/*
 * All that a member, or a message, consists of, as one text in which the members go under other names. Equal texts mean
 * equal futures; so every field is here, and what has no order is put into one that does not depend on names.
 */

export function memberText(member: ScriptMember, names: Names): string {
  const { core, knownSoftState, knownHardState, onAdvance } = member.node.explored;
  return [
    coreText(core, names),
    logText(core.log, names),
    trackerText(core.tracker, names),
    bagText(core.outbox, names),
    bagText(core.outboxAfterAppend, names),
    readsText(core, names),
    nameOf(names, knownSoftState.leader),
    knownSoftState.role,
    hardStateText(knownHardState, names),
    listText(onAdvance, names),
    storageText(member, names),
    listText(member.appendWork, names),
    listText(member.applyWork, names),
  ].join('|');
}

function coreText(core: RaftCore, names: Names): string {
  return [
    nameOf(names, core.id),
    core.term,
    nameOf(names, core.vote),
    core.role,
    nameOf(names, core.leader),
    core.electionElapsed,
    core.heartbeatElapsed,
    core.randomizedElectionTicks,
    nameOf(names, core.transferee),
    core.pendingConfIndex,
    core.uncommittedBytes,
  ].join();
}

function logText(log: RaftLog, names: Names): string {
  const { unstable, applyingNow } = log;
  return [
    log.committed,
    log.applying,
    log.applied,
    applyingNow.bytes,
    applyingNow.isPaused,
    unstable.offset,
    unstable.offsetInProgress,
    unstable.isSnapshotInProgress,
    snapshotText(unstable.snapshot, names),
    entriesText(unstable.entries, names),
  ].join();
}

function trackerText(tracker: Tracker, names: Names): string {
  const { config, progress, votes } = tracker;
  return [
    configText(config, names),
    byName(progress, names, progressText),
    byName(votes, names, String),
  ].join(';');
}

function configText(config: Config, names: Names): string {
  const { voters, learners, learnersNext, autoLeave } = config;
  const sets = [voters.incoming, voters.outgoing, learners, learnersNext];
  return `${sets.map((set) => idsText(set, names)).join('/')}${autoLeave ? '!' : ''}`;
}

function idsText(ids: Iterable<MemberId>, names: Names): string {
  return [...ids]
    .map((id) => nameOf(names, id))
    .sort((a, b) => a - b)
    .join();
}

function byName<Value>(
  values: ReadonlyMap<MemberId, Value>,
  names: Names,
  text: (value: Value) => string,
): string {
  const all = [...values].map(([id, value]) => `${nameOf(names, id)}=${text(value)}`);
  return all.sort().join(' ');
}

function progressText(progress: Progress): string {
  return [
    progress.state,
    progress.match,
    progress.next,
    progress.sentCommit,
    progress.pendingSnapshot,
    progress.recentActive,
    progress.isFlowPaused,
    progress.isLearner,
    progress.inflights.sent.map(({ index, bytes }) => `${index}:${bytes}`).join('+'),
  ].join();
}

function readsText(core: RaftCore, names: Names): string {
  const { waiting, lastPosition, acked } = core.reads.explored;
  const request = ({ from, context }: { from: MemberId; context: number }): string =>
    `${nameOf(names, from)}:${context}`;
  return [
    waiting.map((one) => `${request(one.request)}@${one.index}`).join(),
    lastPosition,
    byName(acked, names, String),
    core.earlyReads.map((one) => request(one)).join(),
    core.readStates.map(({ index, context }) => `${context}@${index}`).join(),
  ].join(';');
}

function storageText({ storage }: ScriptMember, names: Names): string {
  const first = storage.firstIndex();
  const entries = storage.entries(first, storage.lastIndex() + 1, Infinity);
  return [
    hardStateText(storage.initialState().hardState, names),
    first,
    storage.term(first - 1),
    typeof entries === 'string' ? entries : entriesText(entries, names),
    snapshotText(storage.kept, names),
    snapshotText(storage.snapshot(), names),
  ].join(';');
}

function hardStateText({ term, vote, commit }: HardState, names: Names): string {
  return `${term}:${nameOf(names, vote)}:${commit}`;
}

function entriesText(entries: readonly Entry[], names: Names): string {
  return entries.map((entry) => entryText(entry, names)).join(' ');
}

export function entryText(entry: Entry, names: Names): string {
  const change = decodeConfChange(entry);
  const data =
    change === undefined
      ? entry.data.join('.')
      : `${change.transition}(${change.changes
          .map(({ type, nodeId }) => `${type}${nameOf(names, nodeId)}`)
          .join()})`;
  return `${entry.term}/${entry.index}${entry.type}${data}`;
}

function snapshotText(snapshot: Snapshot | undefined, names: Names): string {
  if (snapshot === undefined) return '-';
  const { index, term, data, confState } = snapshot;
  return `${term}/${index}#${data.join('.')}#${confStateText(confState, names)}`;
}

export function confStateText(state: ConfState, names: Names): string {
  const { voters, learners, votersOutgoing, learnersNext, autoLeave } = state;
  const lists = [voters, votersOutgoing, learners, learnersNext];
  return `${lists.map((ids) => idsText(ids, names)).join('/')}${autoLeave ? '!' : ''}`;
}

export function messageText(one: Message, names: Names): string {
  const { committed } = one;
  return [
    one.type,
    nameOf(names, one.to),
    nameOf(names, one.from),
    one.term,
    one.logTerm,
    one.index,
    entriesText(one.entries, names),
    one.commit,
    nameOf(names, one.vote),
    snapshotText(one.snapshot, names),
    one.reject,
    one.rejectHint,
    committed === undefined ? '-' : `${committed.term}/${committed.index}`,
    one.force,
    one.context,
    bagText(one.responses, names),
  ].join();
}

function listText(messages: readonly Message[], names: Names): string {
  return messages.map((one) => `<${messageText(one, names)}>`).join('');
}

/**
 * What goes to others goes into one bag, so its order says nothing; but what a member has for itself it may take in
 * order.
 */
function bagText(messages: readonly Message[], names: Names): string {
  if (messages.length === 0) return '';
  const own = messages.filter(({ from, to }) => from === to);
  const others = messages.filter(({ from, to }) => from !== to);
  const texts = others.map((one) => `<${messageText(one, names)}>`).sort();
  return `${listText(own, names)}${texts.join('')}`;
}
