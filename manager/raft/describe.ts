import { decodeConfChange, type ChangeType, type ConfChange } from './confchange/change.ts';
import type { Entry } from './entry.ts';
import { appendThread, applyThread, none, sortedIds, type MemberId } from './member.ts';
import type { Message } from './message.ts';
import type { ConfState, HardState, Snapshot } from './snapshot.ts';
import type { Config } from './tracker/config.ts';
import type { Progress } from './tracker/progress.ts';
import type { ProgressMap } from './tracker/tracker.ts';

/** Texts in the form of etcd's raft, which is what its scripts compare. */

export function hexId(id: MemberId): string {
  return id.toString(16);
}

function describeTarget(id: MemberId): string {
  if (id === none) return 'None';
  if (id === appendThread) return 'AppendThread';
  if (id === applyThread) return 'ApplyThread';
  return hexId(id);
}

function describeIds(ids: Iterable<MemberId>): string {
  return `(${sortedIds(ids).map(String).join(' ')})`;
}

export function describeConfig(config: Config): string {
  const { voters, learners, learnersNext } = config;
  let text = `voters=${describeIds(voters.incoming)}`;
  if (voters.outgoing.size > 0) text += `&&${describeIds(voters.outgoing)}`;
  if (learners.size > 0) text += ` learners=${describeIds(learners)}`;
  if (learnersNext.size > 0) text += ` learners_next=${describeIds(learnersNext)}`;
  return config.autoLeave ? `${text} autoleave` : text;
}

export function describeProgress(progress: Progress): string {
  let text = `${progress.state} match=${progress.match} next=${progress.next}`;
  if (progress.isLearner) text += ' learner';
  if (progress.isPaused) text += ' paused';
  if (progress.pendingSnapshot > 0) text += ` pendingSnap=${progress.pendingSnapshot}`;
  if (!progress.recentActive) text += ' inactive';
  const { count, isFull } = progress.inflights;
  if (count > 0) text += ` inflight=${count}${isFull ? '[full]' : ''}`;
  return text;
}

/** One line for each member, ascending. */
export function describeProgressMap(progress: ProgressMap): string {
  return sortedIds(progress.keys())
    .map((id) => {
      const one = progress.get(id);
      return one === undefined ? '' : `${id}: ${describeProgress(one)}\n`;
    })
    .join('');
}

const changeLetters: Readonly<Record<ChangeType, string>> = {
  ConfChangeAddNode: 'v',
  ConfChangeAddLearnerNode: 'l',
  ConfChangeRemoveNode: 'r',
  ConfChangeUpdateNode: 'u',
};

/** As the scripts write changes: `v1 l2 r3 u4`. */
function describeChanges(change: ConfChange): string {
  return change.changes.map(({ type, nodeId }) => `${changeLetters[type]}${nodeId}`).join(' ');
}

/** As the log of a refused change shows it. */
export function describeConfChange(change: ConfChange): string {
  const changes = change.changes.map(
    ({ type, nodeId }) => ` changes:{type:${type} node_id:${nodeId}}`,
  );
  return `transition:${change.transition}${changes.join('')}`;
}

export function describeEntry(entry: Entry): string {
  const start = `${entry.term}/${entry.index} ${entry.type}`;
  if (entry.type === 'EntryNormal') return `${start} ${quoted(entry.data)}`;
  const change = decodeConfChange(entry);
  const changes = change === undefined ? 'invalid' : describeChanges(change);
  return changes === '' ? start : `${start} ${changes}`;
}

export function describeConfState(state: ConfState): string {
  const list = (ids: readonly MemberId[]): string => `[${sortedIds(ids).map(String).join(' ')}]`;
  return (
    `Voters:${list(state.voters)} VotersOutgoing:${list(state.votersOutgoing)} ` +
    `Learners:${list(state.learners)} LearnersNext:${list(state.learnersNext)} ` +
    `AutoLeave:${String(state.autoLeave)}`
  );
}

export function describeSnapshot(snapshot: Snapshot): string {
  const { index, term, confState } = snapshot;
  return `Index:${index} Term:${term} ConfState:${describeConfState(confState)}`;
}

export function describeHardState(state: HardState): string {
  const vote = state.vote === none ? '' : ` Vote:${hexId(state.vote)}`;
  return `Term:${state.term}${vote} Commit:${state.commit}`;
}

/** One message; what does not fit on a line follows below, indented by `indent` more. */
export function describeMessage(message: Message, indent = ''): string {
  let text = `${indent}${describeTarget(message.from)}->${describeTarget(message.to)} ${message.type}`;
  text += ` Term:${message.term} Log:${message.logTerm}/${message.index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  if (message.vote !== none) text += ` Vote:${message.vote}`;
  text += describeListed(message.entries, indent);
  if (message.snapshot !== undefined && message.snapshot.index !== 0) {
    text += `\n${indent}  Snapshot: ${describeSnapshot(message.snapshot)}`;
  }
  if (message.responses.length > 0) {
    const responses = message.responses.map((one) => `\n${describeMessage(one, `${indent}  `)}`);
    text += ` Responses:[${responses.join('')}\n${indent}]`;
  }
  return text;
}

function describeListed(entries: readonly Entry[], indent: string): string {
  const [first, ...others] = entries;
  if (first === undefined) return '';
  if (others.length === 0) return ` Entries:[${describeEntry(first)}]`;
  const lines = entries.map((entry) => `\n${indent}  ${describeEntry(entry)}`);
  return ` Entries:[${lines.join('')}\n${indent}]`;
}

const escapes: Readonly<Record<number, string>> = {
  7: String.raw`\a`,
  8: String.raw`\b`,
  9: String.raw`\t`,
  10: String.raw`\n`,
  11: String.raw`\v`,
  12: String.raw`\f`,
  13: String.raw`\r`,
  34: String.raw`\"`,
  92: String.raw`\\`,
};

/** Between quotes; whatever is no printable ASCII is written as an escape, byte by byte. */
function quoted(data: Uint8Array): string {
  let text = '';
  for (const byte of data) {
    const isPrintable = byte >= 32 && byte < 127;
    const plain = isPrintable
      ? String.fromCharCode(byte)
      : String.raw`\x` + byte.toString(16).padStart(2, '0');
    text += escapes[byte] ?? plain;
  }
  return `"${text}"`;
}
