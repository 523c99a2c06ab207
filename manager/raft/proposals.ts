import { admitProposals, leaveJointProposal } from './configuration.ts';
import type { RaftCore } from './core.ts';
import { describeConfig, hexId } from './describe.ts';
import type { ProposedEntry } from './entry.ts';
import { none } from './member.ts';
import { refusals, type Outcome } from './outcome.ts';
import { broadcastAppend } from './replication.ts';

/** A leader appends and sends, or refuses: then nothing of it is in the log, and never will be. */
export function proposeAsLeader(core: RaftCore, proposed: readonly ProposedEntry[]): Outcome {
  if (proposed.length === 0) return refusals.malformed;
  const isRemoved = !core.tracker.progress.has(core.id);
  if (isRemoved) return refusals.proposalDropped;
  if (core.transferee !== none) {
    core.options.trace.debug(
      () =>
        `${hexId(core.id)} [term ${core.term}] transfer leadership to ${hexId(core.transferee)} ` +
        'is in progress; dropping proposal',
    );
    return refusals.proposalDropped;
  }
  const { pendingConfIndex } = core;
  if (!core.appendEntries(admitProposals(core, proposed))) {
    // A change that was dropped is nothing to wait for.
    core.pendingConfIndex = pendingConfIndex;
    return refusals.proposalDropped;
  }
  broadcastAppend(core);
  return undefined;
}

/** The state machine has everything up to `index`; `bytes` of what was handed out are done with. */
export function entriesApplied(core: RaftCore, index: number, bytes: number): void {
  const applied = Math.max(index, core.log.applied);
  core.log.appliedTo(applied, bytes);
  const mustLeave = core.tracker.config.autoLeave && applied >= core.pendingConfIndex;
  if (!mustLeave || core.role !== 'StateLeader') return;
  // Whoever began the joint configuration is committed by now, so its end may begin (thesis, §4.3). If it is dropped,
  // the next entry that is applied tries again.
  const outcome = proposeAsLeader(core, [leaveJointProposal()]);
  const config = describeConfig(core.tracker.config);
  if (outcome === undefined) {
    core.options.trace.info(
      () => `initiating automatic transition out of joint configuration ${config}`,
    );
  } else {
    core.options.trace.debug(
      () => `not initiating automatic transition out of joint configuration ${config}: ${outcome}`,
    );
  }
}
