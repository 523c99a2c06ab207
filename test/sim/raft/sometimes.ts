import type { Line, Trace } from '../../../manager/raft/trace.ts';

/**
 * What a batch of runs must have seen at least once: each is a line that the library logs in a branch of its own, by
 * which a run shows that it really got there.
 */
export const rareBranches: Readonly<Record<string, RegExp>> = {
  'an election is won': /became leader/,
  'an election is lost': /VoteResp rejection from/,
  'a pre-vote is asked': /became pre-candidate/,
  'a vote is refused to a log that lacks entries': /rejected MsgVote from/,
  'a pre-vote is refused': /rejected MsgPreVote from/,
  'a vote is not even considered while a leader is heard': /lease is not expired/,
  'a leader steps down without a quorum': /stepped down to follower since quorum/,
  'a member cannot stand for election': /unpromotable/,
  'a change to come forbids to stand for election': /pending configuration changes to apply/,
  'entries of another leader are overwritten': /found conflict at index/,
  'unwritten entries are replaced': /replace the unstable entries/,
  'unwritten entries are cut off': /truncate the unstable entries/,
  'a late answer of storage meets other entries': /mismatched with entry at/,
  'a late answer of storage meets no entry': /missing from unstable log/,
  'an answer of storage comes from an earlier term':
    /ignored entry appends from a MsgStorageAppendResp/,
  'a follower refuses entries': /rejected MsgApp/,
  'a leader goes back': /decreased progress/,
  'a snapshot is sent': /sent snapshot\[/,
  'a snapshot is installed': /\] restored snapshot/,
  'a snapshot is not needed': /ignored snapshot/,
  'a snapshot only tells what is committed': /fast-forwarded commit/,
  'a snapshot waits until its addressee is heard': /not recently active/,
  'a follower catches up while its snapshot is on the way': /recovered from needing snapshot/,
  'a snapshot is reported lost': /snapshot failed/,
  'a snapshot is reported arrived': /snapshot succeeded/,
  'a member is reported unreachable': /because it is unreachable/,
  'a joint configuration is entered': /switched to configuration .*&&/,
  'a joint configuration is left by itself': /initiating automatic transition/,
  'leaving a joint configuration is put off': /not initiating automatic transition/,
  'a change is refused because another is on its way': /possible unapplied conf change/,
  'a change is refused in a joint configuration': /must transition out of joint/,
  'leaving is refused where nothing is joint': /refusing empty conf change/,
  'a committed change cannot be made': /ignored applied conf change/,
  'a learner is made': /learners=\(/,
  'a voter is to become a learner': /learners_next=\(/,
  'leadership is handed over at once': /immediately as .* already has up-to-date log/,
  'leadership is handed over after catching up': /sent MsgTimeoutNow to .* after received/,
  'a transfer is replaced by another': /abort previous transferring/,
  'a transfer is asked for twice': /ignores request to same node/,
  'a transfer to a learner is ignored': /is learner. Ignored/,
  'a transfer forbids proposals': /transfer leadership to .* is in progress; dropping/,
  'a proposal finds no leader': /no leader at term .* dropping proposal/,
  'a proposal is not passed on': /not forwarding to leader/,
  'a proposal would be too much': /uncommitted entry size limit/,
  'a read finds no leader': /dropping index reading msg/,
  'a leader is forgotten': /forgetting leader/,
  'a higher term is entered': /message with higher term/,
  'a lower term is ignored': /message with lower term/,
};

/** Counts, over many runs, in which branches they were. */
export class Sometimes {
  readonly #seen = new Map<string, number>(Object.keys(rareBranches).map((name) => [name, 0]));

  readonly trace: Trace = {
    debug: (line) => this.#look(line),
    info: (line) => this.#look(line),
    warn: (line) => this.#look(line),
    error: (line) => this.#look(line),
  };

  #look(line: Line): void {
    const text = line();
    for (const [name, pattern] of Object.entries(rareBranches)) {
      if (pattern.test(text)) this.#seen.set(name, (this.#seen.get(name) ?? 0) + 1);
    }
  }

  get neverSeen(): readonly string[] {
    return [...this.#seen].filter(([, count]) => count === 0).map(([name]) => name);
  }

  get table(): string {
    const rows = [...this.#seen].map(([name, count]) => `${String(count).padStart(9)}  ${name}`);
    return rows.join('\n');
  }
}
