import type { EntryType, ProposedEntry } from '../entry.ts';
import { invariant } from '../invariant.ts';
import { memberIdMax, type MemberId } from '../member.ts';

export type ChangeType =
  | 'ConfChangeAddNode'
  | 'ConfChangeRemoveNode'
  | 'ConfChangeUpdateNode'
  | 'ConfChangeAddLearnerNode';

/** One member's part in a change of the configuration. Id 0 does nothing. */
export interface SingleChange {
  readonly type: ChangeType;
  readonly nodeId: MemberId;
}

/**
 * Auto: one change at a time is made simply, several through a joint configuration that the leader leaves by itself.
 * Implicit: always joint, left by the leader. Explicit: always joint, left by an empty change that somebody proposes.
 */
export type Transition =
  | 'ConfChangeTransitionAuto'
  | 'ConfChangeTransitionJointImplicit'
  | 'ConfChangeTransitionJointExplicit';

/** A change of the configuration. No changes at all: leave the joint configuration. */
export interface ConfChange {
  readonly transition: Transition;
  readonly changes: readonly SingleChange[];
}

export const leaveJoint: ConfChange = { transition: 'ConfChangeTransitionAuto', changes: [] };

/** The change asks to leave the joint configuration. */
export function leavesJoint(change: ConfChange): boolean {
  return change.transition === 'ConfChangeTransitionAuto' && change.changes.length === 0;
}

/** Whether the change passes through a joint configuration, and whether the leader leaves that by itself. */
export function jointEntry(change: ConfChange): { readonly autoLeave: boolean } | undefined {
  if (change.transition === 'ConfChangeTransitionAuto' && change.changes.length <= 1) {
    return undefined;
  }
  return { autoLeave: change.transition !== 'ConfChangeTransitionJointExplicit' };
}

const changeTypes: readonly ChangeType[] = [
  'ConfChangeAddNode',
  'ConfChangeRemoveNode',
  'ConfChangeUpdateNode',
  'ConfChangeAddLearnerNode',
];

const transitions: readonly Transition[] = [
  'ConfChangeTransitionAuto',
  'ConfChangeTransitionJointImplicit',
  'ConfChangeTransitionJointExplicit',
];

/** Bytes of one change: its type, then the id as six bytes, little end first. */
const changeBytes = 7;
const idBytes = 6;

/**
 * Whether the bytes are the first form (exactly one change, no transition, as clusters that know no joint
 * configuration want it) or the second. Leaving a joint configuration is the second form without data.
 *
 * @throws RaftInvariantError if an id is none that a member can have: cut to its bytes it would be another's.
 */
export function encodeConfChange(type: EntryType, change: ConfChange): ProposedEntry {
  const isEmpty = type === 'EntryConfChangeV2' && leavesJoint(change);
  return { type, data: isEmpty ? new Uint8Array(0) : encoded(change) };
}

function encoded(change: ConfChange): Uint8Array {
  const data = new Uint8Array(1 + change.changes.length * changeBytes);
  data[0] = transitions.indexOf(change.transition);
  for (const [position, single] of change.changes.entries()) {
    const at = 1 + position * changeBytes;
    data[at] = changeTypes.indexOf(single.type);
    let rest = single.nodeId;
    invariant(
      Number.isSafeInteger(rest) && rest >= 0 && rest <= memberIdMax,
      'ids fit their bytes',
    );
    for (let byte = 1; byte <= idBytes; byte += 1) {
      data[at + byte] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return data;
}

/** Undefined if the bytes are no change of a configuration; every member finds the same. */
export function decodeConfChange(entry: ProposedEntry): ConfChange | undefined {
  const { data } = entry;
  if (entry.type === 'EntryNormal') return undefined;
  if (data.length === 0) return entry.type === 'EntryConfChangeV2' ? leaveJoint : undefined;
  const transition = transitions[data[0] ?? transitions.length];
  if (transition === undefined || (data.length - 1) % changeBytes !== 0) return undefined;
  const changes: SingleChange[] = [];
  for (let at = 1; at < data.length; at += changeBytes) {
    const type = changeTypes[data[at] ?? changeTypes.length];
    if (type === undefined) return undefined;
    changes.push({ type, nodeId: decodedId(data, at + 1) });
  }
  const isFirstForm = entry.type === 'EntryConfChange';
  if (isFirstForm && (changes.length !== 1 || transition !== transitions[0])) return undefined;
  return { transition, changes };
}

function decodedId(data: Uint8Array, at: number): MemberId {
  let id = 0;
  for (let byte = idBytes - 1; byte >= 0; byte -= 1) id = id * 256 + (data[at + byte] ?? 0);
  return id;
}
