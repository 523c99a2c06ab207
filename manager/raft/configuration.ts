import { applyConfChange } from './confchange/changer.ts';
import {
  decodeConfChange,
  encodeConfChange,
  leaveJoint,
  type ConfChange,
} from './confchange/change.ts';
import type { RaftCore } from './core.ts';
import { describeConfChange, describeConfig, hexId } from './describe.ts';
import { noData, type ProposedEntry } from './entry.ts';
import { none } from './member.ts';
import { isJoint, isVoter } from './quorum/joint.ts';
import { releaseReads } from './reads.ts';
import { broadcastAppend, maybeSendAppend } from './replication.ts';
import type { ConfState } from './snapshot.ts';
import { confStateOf, type Config } from './tracker/config.ts';
import type { ProgressMap } from './tracker/tracker.ts';

/**
 * Makes a committed change. One that cannot be made is none, on every member alike: the log may hold anything that a
 * proposer ever put into it, and must stay applicable.
 */
export function makeConfChange(core: RaftCore, change: ConfChange): ConfState {
  const { config, progress } = core.tracker;
  const result = applyConfChange(
    { config, progress, lastIndex: core.log.lastIndex(), limits: inflightLimits(core) },
    change,
  );
  if (result.ok) return switchConfig(core, result.config, result.progress);
  core.options.trace.warn(
    () =>
      `${hexId(core.id)} ignored applied conf change ${describeConfChange(change)} ` +
      `at config ${describeConfig(config)}: ${result.reason}`,
  );
  return confStateOf(config);
}

export function inflightLimits(core: RaftCore): {
  readonly messagesMax: number;
  readonly bytesMax: number;
} {
  return {
    messagesMax: core.options.inflightMessagesMax,
    bytesMax: core.options.inflightBytesMax,
  };
}

/** Puts a configuration in force, with all that follows from it. */
export function switchConfig(core: RaftCore, config: Config, progress: ProgressMap): ConfState {
  core.tracker.use(config, progress);
  core.options.trace.info(
    () => `${hexId(core.id)} switched to configuration ${describeConfig(config)}`,
  );
  const confState = confStateOf(config);
  if (core.role !== 'StateLeader') return confState;
  const own = progress.get(core.id);
  if (own === undefined || own.isLearner) {
    // It led until the change was committed, without counting itself (thesis, §4.2.2); now it is done.
    if (core.options.stepDownOnRemoval) core.becomeFollower(core.term, none);
    return confState;
  }
  if (confState.voters.length === 0) return confState;
  if (core.maybeCommit()) {
    // A smaller quorum may have all that it takes.
    broadcastAppend(core);
  } else {
    // New members are told at once instead of at the next heartbeat.
    for (const id of core.tracker.ids) {
      if (id !== core.id) maybeSendAppend(core, id, { evenIfEmpty: false });
    }
  }
  // Whoever is still asked for may be no voter any more.
  releaseReads(core);
  if (core.transferee !== none && !isVoter(config.voters, core.transferee)) core.transferee = none;
  return confState;
}

/**
 * A leader looks at what it is about to append. A change that may not be made now becomes an entry without effect, so
 * that its proposer sees it committed and its place taken.
 */
export function admitProposals(
  core: RaftCore,
  proposed: readonly ProposedEntry[],
): readonly ProposedEntry[] {
  if (proposed.every(({ type }) => type === 'EntryNormal')) return proposed;
  return proposed.map((one, position) => {
    if (one.type === 'EntryNormal') return one;
    const change = decodeConfChange(one);
    const reason = change === undefined ? 'not a conf change' : reasonAgainst(core, change);
    if (
      change === undefined ||
      (reason !== undefined && !core.options.disableConfChangeValidation)
    ) {
      core.options.trace.info(
        () =>
          `${hexId(core.id)} ignoring conf change ` +
          `${change === undefined ? 'of unknown form' : describeConfChange(change)} ` +
          `at config ${describeConfig(core.tracker.config)}: ${reason ?? ''}`,
      );
      return { type: 'EntryNormal', data: noData };
    }
    core.pendingConfIndex = core.log.lastIndex() + 1 + position;
    return one;
  });
}

function reasonAgainst(core: RaftCore, change: ConfChange): string | undefined {
  if (core.pendingConfIndex > core.log.applied) {
    return (
      `possible unapplied conf change at index ${core.pendingConfIndex} ` +
      `(applied to ${core.log.applied})`
    );
  }
  const inJoint = isJoint(core.tracker.config.voters);
  const isEmpty = change.changes.length === 0;
  if (inJoint && !isEmpty) return 'must transition out of joint config first';
  if (!inJoint && isEmpty) return 'not in joint state; refusing empty conf change';
  return undefined;
}

export function leaveJointProposal(): ProposedEntry {
  return encodeConfChange('EntryConfChangeV2', leaveJoint);
}
