import { invariant } from '../invariant.ts';
import { isMemberId, none, type MemberId } from '../member.ts';
import { isJoint } from '../quorum/joint.ts';
import type { Config } from '../tracker/config.ts';
import type { InflightLimits } from '../tracker/inflights.ts';
import { Progress } from '../tracker/progress.ts';
import type { ProgressMap } from '../tracker/tracker.ts';
import { jointEntry, leavesJoint, type ConfChange, type SingleChange } from './change.ts';

/** What a change starts from. */
export interface ChangeBase {
  readonly config: Config;
  readonly progress: ProgressMap;
  /** New members are sent to from here on. */
  readonly lastIndex: number;
  readonly limits: InflightLimits;
}

/** The configuration that a change makes, or why it makes none. Nothing given is ever touched. */
export type ChangeResult =
  | { readonly ok: true; readonly config: Config; readonly progress: ProgressMap }
  | { readonly ok: false; readonly reason: string };

/** The configuration while it is worked on. */
interface Draft {
  readonly incoming: Set<MemberId>;
  readonly outgoing: Set<MemberId>;
  readonly learners: Set<MemberId>;
  readonly learnersNext: Set<MemberId>;
  readonly progress: Map<MemberId, Progress>;
  readonly base: ChangeBase;
}

/** Makes a change the way that it asks for. */
export function applyConfChange(base: ChangeBase, change: ConfChange): ChangeResult {
  if (leavesJoint(change)) return leaveJointConfig(base);
  const joint = jointEntry(change);
  if (joint !== undefined) return enterJoint(base, change.changes, joint.autoLeave);
  return simpleChange(base, change.changes);
}

/** Makes changes that alter at most one voter: any majority before and any majority after share a member (thesis, §4.1). */
export function simpleChange(base: ChangeBase, changes: readonly SingleChange[]): ChangeResult {
  if (isJoint(base.config.voters)) {
    return refused("can't apply simple config change in joint config");
  }
  const draft = draftOf(base);
  const reason = applyAll(draft, changes);
  if (reason !== undefined) return refused(reason);
  if (differences(base.config.voters.incoming, draft.incoming) > 1) {
    return refused('more than one voter changed without entering joint config');
  }
  return finished(draft, base.config.autoLeave);
}

/** Makes any changes to the incoming half, and keeps the voters until now as the outgoing half (thesis, §4.3). */
export function enterJoint(
  base: ChangeBase,
  changes: readonly SingleChange[],
  autoLeave: boolean,
): ChangeResult {
  if (isJoint(base.config.voters)) return refused('config is already joint');
  if (base.config.voters.incoming.size === 0) {
    return refused("can't make a zero-voter config joint");
  }
  const draft = draftOf(base);
  for (const id of draft.incoming) draft.outgoing.add(id);
  const reason = applyAll(draft, changes);
  return reason === undefined ? finished(draft, autoLeave) : refused(reason);
}

/** Lets go of the outgoing half. */
export function leaveJointConfig(base: ChangeBase): ChangeResult {
  if (!isJoint(base.config.voters)) return refused("can't leave a non-joint config");
  const draft = draftOf(base);
  for (const id of draft.learnersNext) {
    draft.learners.add(id);
    setLearner(draft, id, true);
  }
  draft.learnersNext.clear();
  for (const id of draft.outgoing) {
    if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.progress.delete(id);
  }
  draft.outgoing.clear();
  return finished(draft, false);
}

function refused(reason: string): ChangeResult {
  return { ok: false, reason };
}

function draftOf(base: ChangeBase): Draft {
  const { voters, learners, learnersNext } = base.config;
  const draft = {
    incoming: new Set(voters.incoming),
    outgoing: new Set(voters.outgoing),
    learners: new Set(learners),
    learnersNext: new Set(learnersNext),
    progress: new Map(base.progress),
    base,
  };
  checkConsistent(draft, base.config.autoLeave);
  return draft;
}

function finished(draft: Draft, autoLeave: boolean): ChangeResult {
  checkConsistent(draft, autoLeave);
  const { incoming, outgoing, learners, learnersNext, progress } = draft;
  return {
    ok: true,
    config: { voters: { incoming, outgoing }, learners, learnersNext, autoLeave },
    progress,
  };
}

/** The reason why it cannot be, or undefined. */
function applyAll(draft: Draft, changes: readonly SingleChange[]): string | undefined {
  for (const { type, nodeId } of changes) {
    if (nodeId === none) continue;
    if (!isMemberId(nodeId)) return 'not an id of a member';
    if (type === 'ConfChangeAddNode') makeVoter(draft, nodeId);
    else if (type === 'ConfChangeAddLearnerNode') makeLearner(draft, nodeId);
    else if (type === 'ConfChangeRemoveNode') removeMember(draft, nodeId);
  }
  return draft.incoming.size === 0 ? 'removed all voters' : undefined;
}

function makeVoter(draft: Draft, id: MemberId): void {
  if (!draft.progress.has(id)) {
    addMember(draft, id, false);
    return;
  }
  setLearner(draft, id, false);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  draft.incoming.add(id);
}

/**
 * An outgoing voter stays a voter as long as the configuration is joint, and so cannot be a learner yet: it is noted as
 * one to become.
 */
function makeLearner(draft: Draft, id: MemberId): void {
  const progress = draft.progress.get(id);
  if (progress === undefined) {
    addMember(draft, id, true);
    return;
  }
  if (progress.isLearner) return;
  removeMember(draft, id);
  draft.progress.set(id, progress);
  if (draft.outgoing.has(id)) {
    draft.learnersNext.add(id);
  } else {
    setLearner(draft, id, true);
    draft.learners.add(id);
  }
}

/** What is known of an outgoing voter is kept until the joint configuration is left. */
function removeMember(draft: Draft, id: MemberId): void {
  draft.incoming.delete(id);
  draft.learners.delete(id);
  draft.learnersNext.delete(id);
  if (!draft.outgoing.has(id)) draft.progress.delete(id);
}

function addMember(draft: Draft, id: MemberId, isLearner: boolean): void {
  (isLearner ? draft.learners : draft.incoming).add(id);
  const progress = new Progress({
    match: 0,
    next: Math.max(draft.base.lastIndex, 1),
    isLearner,
    // Otherwise a leader that checks its quorum would step down before the new member could say a word.
    recentActive: true,
    limits: draft.base.limits,
  });
  draft.progress.set(id, progress);
}

function setLearner(draft: Draft, id: MemberId, isLearner: boolean): void {
  const progress = draft.progress.get(id)?.clone();
  if (progress === undefined) return;
  progress.isLearner = isLearner;
  draft.progress.set(id, progress);
}

function differences(before: ReadonlySet<MemberId>, after: ReadonlySet<MemberId>): number {
  return before.symmetricDifference(after).size;
}

function checkConsistent(draft: Draft, autoLeave: boolean): void {
  const { incoming, outgoing, learners, learnersNext, progress } = draft;
  for (const id of [...incoming, ...outgoing, ...learners, ...learnersNext]) {
    invariant(progress.has(id), 'each member has a progress');
  }
  for (const id of learnersNext) {
    invariant(outgoing.has(id), 'who becomes a learner is an outgoing voter');
    invariant(progress.get(id)?.isLearner === false, 'an outgoing voter is no learner yet');
  }
  for (const id of learners) {
    invariant(!incoming.has(id) && !outgoing.has(id), 'a learner is no voter');
    invariant(progress.get(id)?.isLearner === true, 'a learner is known as one');
  }
  if (outgoing.size > 0) return;
  invariant(learnersNext.size === 0, 'only a joint configuration has learners to be');
  invariant(!autoLeave, 'only a joint configuration can be left');
}
