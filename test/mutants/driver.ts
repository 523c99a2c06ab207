import { inFile, type Mutant } from './mutant.ts';

/** The contract of the driver: what is written, told, handed over and forgotten, and in which order. */
export const driverMutants: readonly Mutant[] = [
  ...inFile('manager/consensus/raft-member.ts', [
    {
      name: 'promises-told-before-they-are-durable',
      from: '    if (writes.length > 0) this.#lastWrite = Promise.all(writes).then(() => undefined);\n',
      to: '    for (const write of writes) write.catch(() => undefined);\n',
      reason: 'etcd #14370, #14394: acknowledged writes lost',
    },
    {
      name: 'hard-state-of-a-vote-not-written',
      from: 'const isPromise = this.#hardState.term !== term || this.#hardState.vote !== vote;',
      to: 'const isPromise = this.#hardState.term !== term && this.#hardState.vote !== vote;',
      reason: 'paper §5.2: term and vote are durable before anything is answered',
    },
    {
      name: 'entries-written-before-the-snapshot-that-they-follow',
      from: "appends.unshift([{ kind: 'snapshotMark', mark: installed }]);",
      to: "appends.push([{ kind: 'snapshotMark', mark: installed }]);",
      reason: 'etcd: a Ready may hold both, and tocommit is out of range then',
      survives:
        'the snapshot of another member is flushed in the turn in which the library hears of it, so that it is written alone',
    },
    {
      name: 'applied-told-before-main-has-applied',
      from: '    this.#applying.push({ lastIndex: entries.at(-1)?.index ?? 0, responses });\n',
      to: '    for (const response of responses) this.#node.step(response);\n',
      reason: 'the library compacts, campaigns and changes the group by what is applied',
    },
    {
      name: 'applied-told-for-all-at-once',
      from: 'while ((this.#applying[0]?.lastIndex ?? Number.POSITIVE_INFINITY) <= index) {',
      to: 'while (this.#applying.length > 0) {',
      reason: 'the library compacts, campaigns and changes the group by what is applied',
    },
    {
      name: 'snapshot-taken-that-was-never-stored',
      from: '    this.#received = mark;\n',
      to: '',
      reason: 'etcd #10219; SwarmKit writes the mark first',
    },
    {
      name: 'commit-of-a-change-not-noted',
      from: "    if (entries.some(({ type }) => type !== 'EntryNormal')) this.#noteCommit();\n",
      to: '',
      reason: 'who is left alone waits for members that are gone at its next start',
    },
    {
      name: 'failed-write-passed-over',
      from: '      (error: unknown) => {\n        this.#parts.events.failed(error);\n      },\n',
      to: '      () => undefined,\n',
      reason: 'fsyncgate; cockroach #37102: any storage error ends the process',
    },
    {
      name: 'entries-that-were-forgotten-not-noticed',
      from: 'return term >= hardState.term && commit > lastIndex;',
      to: 'return term < 0 && commit > lastIndex;',
      reason: 'etcd #10166, dragonboat #256: a data root that was put back from a copy',
    },
    {
      name: 'entries-taken-on-a-full-disk',
      from: '    if (bytes > 0 && !this.#parts.log.hasRoomFor(bytes)) return;\n',
      to: '',
      reason: 'etcd #2819: it is noticed only when it is too late',
    },
    {
      name: 'elections-while-the-disk-of-a-lone-voter-is-slow',
      from: '    if (this.isAlone && this.#writes > 0) return;\n',
      to: '',
      reason: 'it would stand again and again, and never lead',
    },
    {
      name: 'configuration-changed-in-the-library-alone',
      from: '    this.#configurations.add(entry.index, this.#node.applyConfChange(change));\n',
      to: '    this.#node.applyConfChange(change);\n',
      reason: 'etcd: the ConfState of a snapshot is that of its index',
    },
  ]),
  ...inFile('manager/consensus/delivery.ts', [
    {
      name: 'entries-handed-over-without-credit',
      from: 'const countMax = Math.min(this.#creditEntries, messageEntries, last - this.#sentIndex);',
      to: 'const countMax = Math.min(messageEntries, last - this.#sentIndex);',
      reason: 'a main that is slow is buried',
    },
    {
      name: 'bytes-handed-over-without-credit',
      from: 'const isTooMuch = bytes > this.#creditBytes || (count > 0 && bytes > messageBytes);',
      to: 'const isTooMuch = count > 0 && bytes > messageBytes;',
      reason: 'a main that is slow is buried',
    },
    {
      name: 'entries-overtake-the-snapshot-that-they-follow',
      from: '    while (this.#heldAt === undefined) {\n',
      to: '    for (;;) {\n',
      reason: 'paper §7: the state begins with the snapshot',
    },
    {
      name: 'entries-behind-the-milestone-come-before-it',
      from: '    const last = this.#milestone?.index ?? Number.POSITIVE_INFINITY;\n',
      to: '    const last = Number.POSITIVE_INFINITY;\n',
      reason: 'main takes for new what was in the log at the start',
    },
    {
      name: 'what-waited-before-a-snapshot-is-handed-over-behind-it',
      from: '    this.#heldAt = index;\n    this.#waiting.length = 0;\n',
      to: '    this.#heldAt = index;\n',
      reason: 'applied twice: skip what is at or below the snapshot',
    },
  ]),
  ...inFile('manager/consensus/driver.ts', [
    {
      name: 'nobody-hears-of-a-failure-who-waits',
      from: '    if (this.#isOver) return;\n    this.#abandonProposals();\n    this.#reads.abandon();\n',
      to: '    if (this.#isOver) return;\n',
      reason: 'who waits in line waits for ever',
    },
    {
      name: 'nobody-hears-of-a-lost-leadership-who-waits',
      from: '    if (before.self) this.#abandonProposals();\n',
      to: '',
      reason: 'three outcomes: what is unknown is said to be',
    },
    {
      name: 'proposal-of-an-earlier-leadership-taken',
      from: "    if (term !== 0 && term !== this.#told.term) return 'dropped';\n",
      to: '',
      reason: 'it was decided on a state that another leader may have changed',
    },
    {
      name: 'backlog-without-limit',
      from: "    if (backlog > this.#options.backlogBytes) return 'dropped';\n",
      to: '',
      reason: 'etcd, MaxUncommittedEntriesSize: memory without bound while no quorum answers',
    },
    {
      name: 'leads-before-main-has-what-was-in-the-log',
      from: 'if (now === undefined || !this.#isReplayed) return;',
      to: 'if (now === undefined) return;',
      reason: 'decisions on a state that is not whole',
    },
    {
      name: 'main-applies-what-it-was-not-given',
      from: "    invariant(index <= this.#delivery.sentIndex, 'main applies only what it was given');\n",
      to: '',
      reason: 'reported as applied is only what main has',
    },
    {
      name: 'outdated-log-left-in-its-place',
      from: '    await this.#storage?.setLogAside();\n',
      to: '',
      reason: 'a second start, under another leader, would vote with it',
    },
    {
      name: 'snapshot-of-another-member-replayed-without-its-end',
      from: '    this.#delivery.release(mark.index);\n',
      to: '',
      reason: 'entries behind an installed snapshot wait for ever',
    },
  ]),
  ...inFile('manager/consensus/proposals.ts', [
    {
      name: 'another-entry-in-its-place-taken-for-the-proposal',
      from: 'const isCommitted = proposal.term === term && proposal.type === type;',
      to: 'const isCommitted = proposal.type === type;',
      reason: 'committed is told of what another leader put there',
      survives: 'who leads no more gives up all proposals before it hears what is committed',
    },
  ]),
  ...inFile('manager/consensus/reads.ts', [
    {
      name: 'contexts-repeat-after-a-restart',
      from: 'const run = entropy.bytes(4).reduce((number, byte) => number * 256 + byte, 0);',
      to: 'const run = entropy.bytes(4).length;',
      reason: 'etcd #20418: an answer to the process before is taken for one to this',
    },
    {
      name: 'second-question-under-the-same-context',
      from: '    this.#nextContext += 1;\n',
      to: '',
      reason: 'etcd #20418: an answer to the first question is taken for one to the second',
    },
  ]),
  ...inFile('manager/consensus/group-watch.ts', [
    {
      name: 'stuck-main-keeps-the-lead',
      from: '    if (stuckForMs >= 3 * electionMs) member.yield(true);\n',
      to: '',
      reason: 'a leader that decides nothing stops the cluster',
    },
    {
      name: 'main-that-says-nothing-keeps-the-lead',
      from: '    this.#owedMs ??= this.#toldMs;\n',
      to: '',
      reason: 'a leader whose main is blocked takes no change, and nothing is there to apply',
    },
    {
      name: 'lead-handed-to-one-that-does-not-answer',
      from: '      .filter(({ id }) => this.#isActive(id))\n',
      to: '',
      reason: 'thesis §3.10: proposals are refused for an election timeout, in vain',
    },
  ]),
];
