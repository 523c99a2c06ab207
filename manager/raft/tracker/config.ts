import { sortedIds, type MemberId } from '../member.ts';
import type { JointVoters } from '../quorum/joint.ts';
import type { ConfState } from '../snapshot.ts';

/** Who belongs to the group, and as what. Never changed in place: a change makes a new one. */
export interface Config {
  readonly voters: JointVoters;
  /** Receive the log and do not count. */
  readonly learners: ReadonlySet<MemberId>;
  /** Outgoing voters that become learners when the joint configuration is left. */
  readonly learnersNext: ReadonlySet<MemberId>;
  readonly autoLeave: boolean;
}

export const emptyConfig: Config = {
  voters: { incoming: new Set(), outgoing: new Set() },
  learners: new Set(),
  learnersNext: new Set(),
  autoLeave: false,
};

export function confStateOf(config: Config): ConfState {
  return {
    voters: sortedIds(config.voters.incoming),
    learners: sortedIds(config.learners),
    votersOutgoing: sortedIds(config.voters.outgoing),
    learnersNext: sortedIds(config.learnersNext),
    autoLeave: config.autoLeave,
  };
}
