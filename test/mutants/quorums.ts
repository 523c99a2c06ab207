import { inFile, type Mutant } from './mutant.ts';

/** Who counts, how that changes, and hand-over. */
export const quorumMutants: readonly Mutant[] = [
  ...inFile('manager/raft/quorum/majority.ts', [
    {
      name: 'half-is-a-quorum',
      from: 'return Math.floor(size / 2) + 1;',
      to: 'return Math.floor((size + 1) / 2);',
      reason: 'paper §5.2: more than half, also of an even number; etcd #11633',
    },
    {
      name: 'open-votes-count-as-lost',
      from: "return granted + open >= needed ? 'VotePending' : 'VoteLost';",
      to: "return granted + open > needed ? 'VotePending' : 'VoteLost';",
      reason: 'an election that could be won is given up',
    },
  ]),
  ...inFile('manager/raft/quorum/joint.ts', [
    {
      name: 'joint-votes-by-one-half',
      from: 'const outgoing = votedByMajority(voters.outgoing, votes);',
      to: 'const outgoing = incoming;',
      reason: 'thesis §4.3: separate majorities of both',
    },
    {
      name: 'joint-commit-by-one-half',
      from: 'return Math.min(incoming, committedByMajority(voters.outgoing, acked));',
      to: 'return incoming;',
      reason: 'thesis §4.3',
    },
    {
      name: 'outgoing-voters-not-asked',
      from: 'return [...new Set([...voters.incoming, ...voters.outgoing])].sort((a, b) => a - b);',
      to: 'return [...voters.incoming].sort((a, b) => a - b);',
      reason: 'thesis §4.3: elections need the votes of both halves',
    },
  ]),
  ...inFile('manager/raft/tracker/tracker.ts', [
    {
      name: 'learners-count-for-commit',
      from: 'return committedByBoth(this.config.voters, (id) => this.progress.get(id)?.match);',
      to: 'const incoming = new Set([...this.config.voters.incoming, ...this.config.learners]);\n    return committedByBoth({ ...this.config.voters, incoming }, (id) => this.progress.get(id)?.match);',
      reason: 'thesis §4.2.1',
    },
    {
      name: 'last-vote-counts',
      from: 'if (!this.#votes.has(id)) this.#votes.set(id, granted);',
      to: 'this.#votes.set(id, granted);',
      reason: 'an answer that comes twice, or late, must change nothing',
    },
    {
      name: 'removed-leader-is-the-only-voter',
      from: 'return incoming.size === 1 && outgoing.size === 0 && incoming.has(id);',
      to: 'return incoming.size === 1 && outgoing.size === 0;',
      reason: 'thesis §4.2.2: it leads on without counting itself',
    },
  ]),
  ...inFile('manager/raft/confchange/changer.ts', [
    {
      name: 'voter-that-cannot-be',
      from: "    if (!isMemberId(nodeId)) return 'not an id of a member';\n",
      to: '',
      reason: 'a voter that never answers is lost for every quorum (docs/raft.md, bad input)',
    },
    {
      name: 'new-member-counts-as-absent',
      from: '    recentActive: true,\n',
      to: '    recentActive: false,\n',
      reason: 'etcd, initProgress: the leader steps down before it could speak',
    },
    {
      name: 'two-voters-changed-at-once',
      from: 'if (differences(base.config.voters.incoming, draft.incoming) > 1) {',
      to: 'if (differences(base.config.voters.incoming, draft.incoming) > 2) {',
      reason: 'thesis §4.1: majorities that do not meet',
    },
    {
      name: 'all-voters-removed',
      from: "return draft.incoming.size === 0 ? 'removed all voters' : undefined;",
      to: 'return undefined;',
      reason: 'nobody could ever decide again',
    },
    {
      name: 'demoted-at-once-in-a-joint-configuration',
      from: '  if (draft.outgoing.has(id)) {\n    draft.learnersNext.add(id);',
      to: '  if (draft.outgoing.size < 0) {\n    draft.learnersNext.add(id);',
      reason: 'thesis §4.3; etcd, LearnersNext',
    },
    {
      name: 'removed-member-kept-after-joint',
      from: 'if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.progress.delete(id);',
      to: 'if (draft.incoming.size === 0) draft.progress.delete(id);',
      reason: 'the log is sent to those who left, for ever',
    },
    {
      name: 'learner-flag-kept-by-a-voter',
      from: '  setLearner(draft, id, false);\n',
      to: '',
      reason: 'etcd #11640, #21694: promoted, and still a learner',
    },
  ]),
  ...inFile('manager/raft/confchange/restore.ts', [
    {
      name: 'learners-restored-as-voters',
      from: "      ...changesTo('ConfChangeAddLearnerNode', learners),\n",
      to: "      ...changesTo('ConfChangeAddNode', learners),\n",
      reason: 'hashicorp/raft GH-398',
    },
    {
      name: 'contradicting-configuration-restored',
      from: 'if (!restored.ok || isSame(confStateOf(restored.config), confState)) return restored;',
      to: 'if (confState.voters.length >= 0) return restored;',
      reason: 'a snapshot that names a voter as a learner too is not what anybody wrote',
    },
  ]),
  ...inFile('manager/raft/configuration.ts', [
    {
      name: 'pending-change-ignored',
      from: '  if (core.pendingConfIndex > core.log.applied) {',
      to: '  if (core.pendingConfIndex < 0) {',
      reason: 'thesis §4.1 and its erratum: one change at a time',
    },
    {
      name: 'joint-configuration-takes-changes',
      from: "  if (inJoint && !isEmpty) return 'must transition out of joint config first';\n",
      to: '',
      reason: 'thesis §4.3',
    },
    {
      name: 'removed-leader-leads-on',
      from: '    if (core.options.stepDownOnRemoval) core.becomeFollower(core.term, none);\n',
      to: '',
      reason: 'thesis §4.2.2',
    },
    {
      name: 'smaller-quorum-not-looked-at',
      from: '  if (core.maybeCommit()) {\n    // A smaller quorum',
      to: '  if (core.term < 0) {\n    // A smaller quorum',
      reason: 'etcd, switchToConfig: what has its quorum waits for the next entry',
    },
    {
      name: 'transfer-to-one-who-left',
      from: '  if (core.transferee !== none && !isVoter(config.voters, core.transferee)) core.transferee = none;\n',
      to: '',
      reason: 'etcd, abortLeaderTransfer: no proposals until the timeout',
    },
    {
      name: 'reads-wait-for-one-who-left',
      from: '  releaseReads(core);\n  if (core.transferee',
      to: '  if (core.transferee',
      reason: 'docs/raft.md: a read that waits for ever',
    },
    {
      name: 'impossible-change-is-fatal',
      from: '  if (result.ok) return switchConfig(core, result.config, result.progress);\n',
      to: "  if (result.ok) return switchConfig(core, result.config, result.progress);\n  if (!result.ok) throw new Error('impossible change');\n",
      reason: 'etcd, applyConfChange: every member stops at the same entry',
    },
  ]),
  ...inFile('manager/raft/proposals.ts', [
    {
      name: 'dropped-change-is-waited-for',
      from: '    core.pendingConfIndex = pendingConfIndex;\n',
      to: '    core.pendingConfIndex = Math.max(core.pendingConfIndex, pendingConfIndex);\n',
      reason: 'docs/raft.md: the next change is refused, though nothing is on its way',
    },
    {
      name: 'joint-configuration-never-left',
      from: 'const mustLeave = core.tracker.config.autoLeave && applied >= core.pendingConfIndex;',
      to: 'const mustLeave = core.tracker.config.autoLeave && applied < 0;',
      reason: 'thesis §4.3; etcd, AutoLeave',
    },
    {
      name: 'joint-configuration-left-again-and-again',
      from: 'const mustLeave = core.tracker.config.autoLeave && applied >= core.pendingConfIndex;',
      to: 'const mustLeave = core.tracker.config.autoLeave;',
      reason: 'etcd, appliedTo: while one change is under way none is begun',
    },
    {
      name: 'removed-leader-takes-proposals',
      from: 'const isRemoved = !core.tracker.progress.has(core.id);',
      to: 'const isRemoved = core.term < 0;',
      reason: 'etcd, ErrProposalDropped: it is no member any more',
    },
    {
      name: 'proposals-taken-during-a-transfer',
      from: '  if (core.transferee !== none) {',
      to: '  if (core.term < 0) {',
      reason: 'thesis §3.10; hashicorp/raft GH-581',
    },
  ]),
  ...inFile('manager/raft/roles/leader.ts', [
    {
      name: 'quorum-not-checked',
      from: '    core.becomeFollower(core.term, none);\n  }\n  for (const',
      to: '  }\n  for (const',
      reason: 'thesis §6.2: a leader that is cut off steps down',
    },
    {
      name: 'heard-once-is-heard-for-ever',
      from: 'if (id !== core.id) progress.recentActive = false;',
      to: 'if (id === core.id) progress.recentActive = true;',
      reason: 'thesis §6.2',
    },
    {
      name: 'transfer-to-one-behind',
      from: '  if (progress.match === core.log.lastIndex()) {',
      to: '  if (progress.match <= core.log.lastIndex()) {',
      reason: 'thesis §3.10: the target must have the whole log first',
    },
    {
      name: 'transfer-to-a-learner',
      from: '  if (progress.isLearner) {',
      to: '  if (core.term < 0) {',
      reason: 'thesis §4.2.1: it can never lead',
    },
    {
      name: 'transfer-does-not-wait-a-whole-timeout',
      from: '  core.electionElapsed = 0;\n  core.transferee = target;',
      to: '  core.transferee = target;',
      reason: 'thesis §3.10',
    },
  ]),
  ...inFile('manager/raft/core.ts', [
    {
      name: 'new-leader-knows-of-no-change',
      from: '    this.pendingConfIndex = this.log.lastIndex();\n',
      to: '',
      reason: 'etcd #7625: there may be one among what is not committed',
    },
  ]),
];
