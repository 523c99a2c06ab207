import { inFile, type Mutant } from './mutant.ts';

/** Entries, commit, progress and limits. */
export const replicationMutants: readonly Mutant[] = [
  ...inFile('manager/raft/core.ts', [
    {
      name: 'earlier-terms-committed-by-counting',
      from: 'return this.log.maybeCommit({ term: this.term, index: this.tracker.committed() });',
      to: 'const index = this.tracker.committed();\n    return this.log.maybeCommit({ term: this.log.termOrZero(index), index });',
      reason: 'paper §5.4.2, figure 8',
    },
    {
      name: 'new-leader-believes-old-progress',
      from: 'match: isSelf ? last : 0,',
      to: 'match: isSelf ? last : one.match,',
      reason: 'paper, figure 2: matchIndex begins at 0 after each election',
    },
    {
      name: 'uncommitted-without-limit',
      from: 'if (this.uncommittedBytes > 0 && bytes > 0 && total > this.options.uncommittedBytesMax) {',
      to: 'if (total < 0) {',
      reason: 'etcd, MaxUncommittedEntriesSize: a leader without quorum grows for ever',
    },
    {
      name: 'empty-entry-refused',
      from: 'if (this.uncommittedBytes > 0 && bytes > 0 && total > this.options.uncommittedBytesMax) {',
      to: 'if (this.uncommittedBytes > 0 && total > this.options.uncommittedBytesMax) {',
      reason: 'etcd, increaseUncommittedSize: a joint configuration is never left',
    },
    {
      name: 'first-proposal-refused-for-its-size',
      from: 'if (this.uncommittedBytes > 0 && bytes > 0 && total > this.options.uncommittedBytesMax) {',
      to: 'if (bytes > 0 && total > this.options.uncommittedBytesMax) {',
      reason: 'etcd, increaseUncommittedSize: one proposal always goes',
    },
    {
      name: 'uncommitted-of-an-earlier-term-counts',
      from: '    this.uncommittedBytes = 0;\n',
      to: '',
      reason: 'what was lost with the leadership would fill the limit for ever',
    },
  ]),
  ...inFile('manager/raft/log/raft-log.ts', [
    {
      name: 'blind-truncation',
      from: 'const conflict = this.#findConflict(slice.entries);',
      to: 'const conflict = slice.entries[0]?.index ?? 0;',
      reason:
        'paper §5.3, figure 2: only from the first conflict on; an old message must cut nothing',
    },
    {
      name: 'commit-beyond-the-last-new-entry',
      from: 'this.commitTo(Math.min(committed, last));',
      to: 'this.commitTo(Math.min(committed, this.lastIndex()));',
      reason: 'paper, figure 2: min(leaderCommit, index of last new entry)',
    },
    {
      name: 'preceding-entry-not-compared',
      from: 'if (!this.matchesTerm(slice.previous)) return undefined;',
      to: 'if (slice.previous.index > this.lastIndex()) return undefined;',
      reason: 'paper §5.3',
    },
    {
      name: 'back-tracking-skips-the-match',
      from: 'if (ours <= term) return { index: at, term: ours };',
      to: 'if (ours < term) return { index: at, term: ours };',
      reason: 'paper, end of §5.3: entries that agree are sent again',
    },
    {
      name: 'applying-without-limit',
      from: '    this.#applyingBytes += bytes;\n',
      to: '',
      reason: 'etcd, MaxCommittedSizePerReady with asynchronous writes',
    },
    {
      name: 'cut-slice-does-not-wait',
      from: 'this.#applyingBytes >= this.#applyingBytesMax || index < this.#maxAppliable(rule);',
      to: 'this.#applyingBytes >= this.#applyingBytesMax;',
      reason: 'etcd, acceptApplying: the limit would not be one',
    },
    {
      name: 'applied-before-it-is-durable',
      from: 'return rule.allowUnstable ? this.committed : Math.min(this.committed, this.unstable.offset - 1);',
      to: 'return this.committed;',
      reason: 'etcd, asynchronous writes: the state would be ahead of the log after a crash',
    },
    {
      name: 'applied-over-a-snapshot-that-comes',
      from: 'if (this.#isApplyingPaused || this.unstable.snapshot !== undefined) return false;',
      to: 'if (this.#isApplyingPaused) return false;',
      reason: 'etcd, hasNextCommittedEnts: the snapshot contains it',
    },
    {
      name: 'handed-out-twice',
      from: '    this.applying = index;\n    this.#applyingBytes',
      to: '    this.#applyingBytes',
      reason: 'paper §5.3: each entry is applied once',
    },
    {
      name: 'compacted-entry-before-the-first-unknown',
      from: "if (index + 1 < this.firstIndex()) return 'compacted';",
      to: "if (index < this.firstIndex()) return 'compacted';",
      reason: 'paper §7: the last included term is needed for the consistency check',
    },
  ]),
  ...inFile('manager/raft/log/unstable.ts', [
    {
      name: 'truncation-off-by-one',
      from: 'this.#entries = [...this.slice(this.offset, from), ...entries];',
      to: 'this.#entries = [...this.slice(this.offset, from - 1), ...entries];',
      reason: 'etcd, unstable.truncateAndAppend',
    },
    {
      name: 'replacement-taken-as-written',
      from: '      this.offsetInProgress = Math.min(this.offsetInProgress, from);\n',
      to: '',
      reason: 'etcd, unstable: entries that replaced others on their way are never written',
    },
    {
      name: 'storage-answer-without-term',
      from: '    if (term !== id.term) {',
      to: '    if (term < 0) {',
      reason: 'etcd, stableTo: an answer for entries that were replaced meanwhile',
    },
    {
      name: 'another-snapshot-taken-as-stored',
      from: 'if (this.snapshot?.index !== index) return;',
      to: 'if (this.snapshot === undefined) return;',
      reason: 'etcd, stableSnapTo; etcd #18055: two snapshots close together',
    },
  ]),
  ...inFile('manager/raft/roles/from-leader.ts', [
    {
      name: 'old-snapshot-restored',
      from: 'if (snapshot.index <= log.committed) return false;',
      to: 'if (snapshot.index === 0) return false;',
      reason: 'paper §7; etcd, RestoreIgnoreSnapshot',
    },
    {
      name: 'matching-snapshot-replaces-the-log',
      from: '  if (log.matchesTerm(id)) {',
      to: '  if (log.lastIndex() < 0) {',
      reason: 'paper, figure 13: retain what follows an entry that matches',
    },
    {
      name: 'snapshot-of-another-group-restored',
      from: '  if (!isMember(core.id, snapshot.confState)) {',
      to: '  if (core.term < 0) {',
      reason: 'etcd, restore: its configuration does not know this member',
    },
    {
      name: 'snapshot-without-its-configuration',
      from: '  core.tracker = new Tracker();\n  switchConfig(core, restored.config, restored.progress);\n',
      to: '',
      reason: 'openraft #1808: committed entries lost',
    },
    {
      name: 'old-entries-answered-as-refused',
      from: '  if (received.index < log.committed) {',
      to: '  if (received.index < 0) {',
      reason: 'etcd, handleAppendEntries: an old message may lie before what is compacted',
    },
    {
      name: 'refusal-without-hint',
      from: 'const hint = log.findConflictByTerm(Math.min(received.index, log.lastIndex()), received.logTerm);',
      to: 'const hint = { index: received.index - 1, term: 0 };',
      reason: 'paper, end of §5.3: a message for each entry of a diverged end',
    },
    {
      name: 'heartbeat-does-not-commit',
      from: '  core.log.commitTo(received.commit);\n',
      to: '',
      reason: 'an idle follower would not learn what is committed',
    },
  ]),
  ...inFile('manager/raft/replication.ts', [
    {
      name: 'heartbeat-commits-what-the-follower-lacks',
      from: 'const commit = Math.min(progress.match, core.log.committed);',
      to: 'const commit = core.log.committed;',
      reason: 'etcd, sendHeartbeat: its entries may be others',
    },
    {
      name: 'message-size-ignored',
      from: 'log.entriesFrom(progress.next, core.options.messageBytesMax)',
      to: 'log.entriesFrom(progress.next, Infinity)',
      reason: 'etcd, MaxSizePerMsg',
    },
    {
      name: 'snapshot-to-one-who-is-silent',
      from: '  if (!progress.recentActive) {',
      to: '  if (core.term < 0) {',
      reason: 'etcd, IgnoreProvidingSnap: it would wait for it for ever',
    },
    {
      name: 'full-window-says-nothing',
      from: 'if (entries.length === 0 && !evenIfEmpty) return false;',
      to: 'if (entries.length === 0 && (isWindowFull || !evenIfEmpty)) return false;',
      reason: 'etcd PR 14633, raft PR 31: after lost answers it stalls for ever',
    },
  ]),
  ...inFile('manager/raft/roles/leader.ts', [
    {
      name: 'window-never-freed',
      from: '    progress.inflights.freeUpTo(received.index);\n',
      to: '    progress.inflights.freeUpTo(0);\n',
      reason: 'etcd, slow_follower_after_compaction',
    },
    {
      name: 'heartbeat-answer-does-not-wake-a-probe',
      from: '  progress.isFlowPaused = false;\n  // An empty message',
      to: '  // An empty message',
      reason: 'etcd, heartbeat_resp_recovers_from_probing',
    },
    {
      name: 'probe-of-one-who-has-everything-never-ends',
      from: "if (progress.match < core.log.lastIndex() || progress.state === 'StateProbe') {",
      to: 'if (progress.match < core.log.lastIndex()) {',
      reason: 'etcd, heartbeat_resp_recovers_from_probing',
    },
    {
      name: 'hint-not-used',
      from: '    received.logTerm > 0\n',
      to: '    received.logTerm < 0\n',
      reason: 'paper, end of §5.3',
    },
    {
      name: 'lost-snapshot-taken-as-arrived',
      from: '  if (received.reject) progress.pendingSnapshot = 0;\n',
      to: '',
      reason: 'etcd, MsgSnapStatus',
    },
    {
      name: 'commit-not-told-to-one-who-catches-up',
      from: 'progress.canBumpCommit(core.log.committed)) {',
      to: 'core.log.committed < 0) {',
      reason: 'etcd, replicate_pause: an idle follower lags until the next heartbeat',
    },
    {
      name: 'unreachable-member-sent-a-stream',
      from: "if (progress.state === 'StateReplicate') progress.becomeProbe();\n  const why",
      to: 'const why',
      reason: 'etcd, MsgUnreachable: what was sent ahead is lost, and it goes on',
    },
    {
      name: 'snapshot-awaited-though-caught-up',
      from: '} else if (progress.match + 1 >= core.log.firstIndex()) {',
      to: '} else if (progress.match >= progress.pendingSnapshot) {',
      reason:
        'etcd, snapshot_succeed_via_app_resp_behind: an older snapshot of the application will do',
    },
  ]),
  ...inFile('manager/raft/tracker/progress.ts', [
    {
      name: 'match-goes-back',
      from: '    if (index <= this.match) return false;\n',
      to: '    if (index === this.match) return false;\n',
      reason: 'paper, figure 2: matchIndex increases monotonically; answers overtake each other',
    },
    {
      name: 'next-goes-back-with-each-answer',
      from: 'this.next = Math.max(this.next, index + 1);',
      to: 'this.next = index + 1;',
      reason: 'etcd, MaybeUpdate: what is on its way is sent again',
    },
    {
      name: 'old-refusal-of-a-probe-believed',
      from: '    if (this.next - 1 !== rejected) return false;\n',
      to: '',
      reason: 'etcd, MaybeDecrTo',
    },
    {
      name: 'old-refusal-of-a-stream-believed',
      from: '      if (rejected <= this.match) return false;\n',
      to: '',
      reason: 'etcd, MaybeDecrTo: an answer that was overtaken',
    },
    {
      name: 'refused-probe-repeated',
      from: 'this.next = Math.max(Math.min(rejected, matchHint + 1), this.match + 1);',
      to: 'this.next = Math.max(rejected + 1, this.match + 1);',
      reason: 'paper §5.3: nextIndex decreases until the logs match',
    },
    {
      name: 'snapshot-sent-again-after-it-arrived',
      from: 'this.next = Math.max(this.match + 1, afterSnapshot);',
      to: 'this.next = this.match + 1;',
      reason: 'etcd, BecomeProbe',
    },
    {
      name: 'probe-not-paused',
      from: '      this.isFlowPaused ||= entries > 0;\n',
      to: '',
      reason: 'etcd, StateProbe: one message a heartbeat',
    },
  ]),
  ...inFile('manager/raft/tracker/inflights.ts', [
    {
      name: 'window-without-limit-of-messages',
      from: 'return this.count >= this.limits.messagesMax || this.#bytes >= this.limits.bytesMax;',
      to: 'return this.#bytes >= this.limits.bytesMax;',
      reason: 'etcd, MaxInflightMsgs',
    },
    {
      name: 'window-without-limit-of-bytes',
      from: 'return this.count >= this.limits.messagesMax || this.#bytes >= this.limits.bytesMax;',
      to: 'return this.count >= this.limits.messagesMax;',
      reason: 'etcd, MaxInflightBytes',
    },
    {
      name: 'one-answer-frees-the-whole-window',
      from: 'while (first !== undefined && first.index <= index) {',
      to: 'while (first !== undefined) {',
      reason: 'etcd, Inflights.FreeLE',
    },
  ]),
  ...inFile('manager/raft/entry.ts', [
    {
      name: 'large-entry-never-sent',
      from: 'if (bytes > maxBytes && at > start) return at - start;',
      to: 'if (bytes > maxBytes) return at - start;',
      reason: 'etcd, limitSize: one entry always goes',
    },
  ]),
  ...inFile('manager/raft/raw-node.ts', [
    {
      name: 'vote-needs-no-sync',
      from: 'mustSync: entries.length > 0 || isVoteNew,',
      to: 'mustSync: entries.length > 0,',
      reason: 'etcd, MustSync: term and vote before the answer',
    },
    {
      name: 'promise-without-a-write-is-lost',
      from: '      ready.snapshot !== undefined ||\n      outboxAfterAppend.length > 0;',
      to: '      ready.snapshot !== undefined;',
      reason: 'etcd, asynchronous writes: answers that wait for nothing new must leave too',
    },
    {
      name: 'restart-applies-again',
      from: '  if (options.applied > 0) core.log.appliedTo(options.applied, 0);\n',
      to: '',
      reason: 'etcd, Config.Applied: a change of the configuration made twice',
    },
    {
      name: 'strangers-answers-taken',
      from: 'if (isResponse(received.type) && !isLocalThread(received.from) && !isKnown) {',
      to: 'if (isResponse(received.type) && received.from < 0) {',
      reason: 'etcd, ErrStepPeerNotFound',
    },
    {
      name: 'local-messages-taken-from-outside',
      from: 'if (isLocalMessage(received.type) && !isLocalThread(received.from)) {',
      to: 'if (isLocalMessage(received.type) && received.from < 0) {',
      reason: 'etcd, ErrStepLocalMsg',
    },
  ]),
  ...inFile('manager/raft/snapshot.ts', [
    {
      name: 'vote-alone-is-not-written',
      from: 'return a.term === b.term && a.vote === b.vote && a.commit === b.commit;',
      to: 'return a.term === b.term && a.commit === b.commit;',
      reason: 'paper, figure 2: votedFor is persistent',
    },
    {
      name: 'stored-vote-for-nobody-believed',
      from: 'const isVote = vote === none || (isMemberId(vote) && term > 0);',
      to: 'const isVote = vote === none || term > 0;',
      reason: 'a hard state that no member wrote (docs/raft.md, bad input)',
    },
  ]),
  ...inFile('manager/raft/well-formed.ts', [
    {
      name: 'entries-with-a-gap-taken',
      from: 'entry.index === previous.index + 1 && entry.term >= previous.term;',
      to: 'entry.term >= previous.term;',
      reason: 'openraft #1795: a follower’s log corrupted',
    },
    {
      name: 'acknowledgement-from-the-future-believed',
      from: '    received.index <= core.log.lastIndex() ||\n',
      to: '    received.index >= 0 ||\n',
      reason: 'dragonboat #256: tocommit out of range',
    },
    {
      name: 'message-for-another-believed',
      from: '    received.to === core.id &&\n',
      to: '',
      reason: 'a promise to another member counts here (docs/raft.md, bad input)',
    },
    {
      name: 'absurd-term-believed',
      from: '    received.term <= core.term + missedTermsMax &&\n',
      to: '',
      reason: 'after the last term there is none: no election ever again (docs/raft.md, bad input)',
    },
  ]),
  ...inFile('manager/raft/reads.ts', [
    {
      name: 'read-without-a-quorum',
      from: '  if (core.tracker.isOnlyVoter(core.id)) {',
      to: "  if (core.role === 'StateLeader') {",
      reason: 'thesis §6.4: a leader that was replaced serves old state',
    },
    {
      name: 'read-before-an-entry-of-the-own-term',
      from: 'if (core.hasCommittedInTerm()) startReads(core, [request]);',
      to: 'if (core.term > 0) startReads(core, [request]);',
      reason: 'thesis §6.4; etcd #7331, tikv #6340',
    },
  ]),
  ...inFile('manager/raft/read-queue.ts', [
    {
      name: 'early-answer-confirms-a-later-read',
      from: 'this.#acked.set(id, Math.max(position, this.#acked.get(id) ?? 0));',
      to: 'this.#acked.set(id, this.#lastPosition);',
      reason: 'etcd #20418: stale reads, found after years',
    },
  ]),
  ...inFile('manager/raft/core.ts', [
    {
      name: 'reads-outlive-the-leadership',
      from: '    this.reads = new ReadQueue();\n    this.earlyReads = [];\n',
      to: '    this.earlyReads = [];\n',
      reason: 'tikv #4810',
    },
    {
      name: 'early-reads-outlive-the-leadership',
      from: '    this.reads = new ReadQueue();\n    this.earlyReads = [];\n',
      to: '    this.reads = new ReadQueue();\n',
      reason: 'tikv #4810',
    },
  ]),
];
