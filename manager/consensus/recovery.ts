import { decodeConfChange, encodeConfChange, leaveJoint } from '../raft/confchange/change.ts';
import type { ChangeType, ConfChange } from '../raft/confchange/change.ts';
import type { Entry } from '../raft/entry.ts';
import type { ConfState } from '../raft/snapshot.ts';
import type { WriteAheadLog } from './wal/log.ts';

/**
 * Makes `memberId` the only voter by its own word, for good: for a group whose quorum is lost. Durable once it resolves.
 *
 * All that this member's log holds counts as committed: of what was acknowledged it may have been told last. Then come changes that leave
 * it alone, each of which is none where it does not apply. Nobody else ever gets these entries: whoever is still there is to be fenced by
 * another incarnation of the cluster.
 *
 * @throws `storageFailed`
 */
export async function recoverAlone(log: WriteAheadLog, memberId: number): Promise<void> {
  const others = new Set([...log.voters, ...membersOf(log.mark?.confState)]);
  for (const entry of log.heldEntries) for (const id of namedIn(entry)) others.add(id);
  others.delete(memberId);
  const changes = [
    leaveJoint,
    single('ConfChangeAddNode', memberId),
    ...[...others].map((id) => single('ConfChangeRemoveNode', id)),
  ];
  const term = Math.max(log.hardState.term, log.lastTerm) + 1;
  const first = log.lastIndex + 1;
  const entries = changes.map((change, offset) => ({
    ...encodeConfChange('EntryConfChangeV2', change),
    index: first + offset,
    term,
  }));
  const commit = first + entries.length - 1;
  await log.append([
    { kind: 'entries', entries },
    { kind: 'hardState', state: { term, vote: memberId, commit } },
  ]);
}

function single(type: ChangeType, nodeId: number): ConfChange {
  return { transition: 'ConfChangeTransitionAuto', changes: [{ type, nodeId }] };
}

function membersOf(confState: ConfState | undefined): readonly number[] {
  if (confState === undefined) return [];
  const { voters, learners, votersOutgoing, learnersNext } = confState;
  return [...voters, ...learners, ...votersOutgoing, ...learnersNext];
}

function namedIn(entry: Entry): readonly number[] {
  return decodeConfChange(entry)?.changes.map(({ nodeId }) => nodeId) ?? [];
}
