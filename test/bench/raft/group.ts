// A group of members in memory, as production drives them: writes beside the core, and messages that come with the next turn.
import type { RaftOptions } from '../../../manager/raft/config.ts';
import type { Entry } from '../../../manager/raft/entry.ts';
import { MemoryStorage } from '../../../manager/raft/log/memory-storage.ts';
import { appendThread, applyThread, type MemberId } from '../../../manager/raft/member.ts';
import type { Message } from '../../../manager/raft/message.ts';
import { RawNode } from '../../../manager/raft/raw-node.ts';
import { emptyConfState } from '../../../manager/raft/snapshot.ts';
import { silentTrace } from '../../../manager/raft/trace.ts';

/** Bytes of the entries of one message. */
const messageBytesMax = 65_536;

const options: Omit<RaftOptions, 'id' | 'storage' | 'applied'> = {
  chance: { below: () => 0 },
  trace: silentTrace,
  electionTicks: 10,
  heartbeatTicks: 2,
  messageBytesMax,
  applyingBytesMax: 1 << 20,
  uncommittedBytesMax: 1 << 26,
  inflightMessagesMax: 256,
  inflightBytesMax: 1 << 24,
  asyncStorageWrites: true,
  checkQuorum: true,
  preVote: true,
  readOnly: 'safe',
  disableProposalForwarding: false,
  disableConfChangeValidation: false,
  stepDownOnRemoval: true,
};

class BenchMember {
  readonly id: MemberId;
  readonly node: RawNode;
  readonly #storage = new MemoryStorage();
  inbox: Message[] = [];
  /** The index up to which it has applied. */
  applied: number;

  constructor(id: MemberId, voters: readonly MemberId[], log: readonly Entry[]) {
    const data = new Uint8Array(0);
    this.#storage.applySnapshot({
      data,
      index: 0,
      term: 0,
      confState: { ...emptyConfState, voters },
    });
    this.#storage.append(log);
    this.#storage.setHardState({ term: 1, vote: 0, commit: log.length });
    this.applied = log.length;
    this.id = id;
    this.node = new RawNode({ ...options, id, storage: this.#storage, applied: log.length });
  }

  /** Takes what came, and does what is to be done. */
  turn(send: (one: Message) => void): void {
    const { inbox, node } = this;
    this.inbox = [];
    for (const one of inbox) node.step(one);
    if (!node.hasReady) return;
    for (const one of node.ready().messages) {
      if (one.to === appendThread) this.#write(one);
      else if (one.to === applyThread) this.applied = one.entries.at(-1)?.index ?? this.applied;
      else send(one);
      for (const response of one.responses) send(response);
    }
  }

  #write({ entries, term, vote, commit }: Message): void {
    this.#storage.append(entries);
    if (term > 0) this.#storage.setHardState({ term, vote, commit });
  }
}

/** Members 1 to `size`, each with the entries `log`, all committed; member 1 leads. */
export class BenchGroup {
  readonly #members: readonly BenchMember[];
  readonly #cut = new Set<MemberId>();
  /** Messages with entries that were delivered between members. */
  appends = 0;

  constructor(size: number, log: readonly Entry[] = [], cut: readonly MemberId[] = []) {
    const voters = Array.from({ length: size }, (_, position) => position + 1);
    this.#members = voters.map((id) => new BenchMember(id, voters, cut.includes(id) ? [] : log));
    for (const id of cut) this.#cut.add(id);
    this.#leader.node.campaign();
    this.settle(log.length + 1);
  }

  propose(data: Uint8Array): void {
    this.#leader.node.propose(data);
  }

  /** One turn of each member. */
  turn(): void {
    for (const member of this.#members) member.turn(this.#send);
  }

  /** Turns until all that are not cut off have applied `index`, and so have the others once they are back. */
  settle(index: number): void {
    for (let idle = 0; !this.#hasApplied(index); idle += 1) {
      if (idle > 1_000_000) throw new Error(`no member gets to ${index}`);
      this.turn();
    }
  }

  /** Lets all hear again; they do with the next heartbeat. */
  join(): void {
    this.#cut.clear();
    this.#leader.node.tick();
    this.#leader.node.tick();
  }

  get #leader(): BenchMember {
    const leader = this.#members[0];
    if (leader === undefined) throw new Error('a group has members');
    return leader;
  }

  #hasApplied(index: number): boolean {
    return this.#members.every(({ applied, id }) => applied >= index || this.#cut.has(id));
  }

  readonly #send = (one: Message): void => {
    if (this.#cut.has(one.to)) return;
    if (one.type === 'MsgApp' && one.entries.length > 0) this.appends += 1;
    this.#members[one.to - 1]?.inbox.push(one);
  };
}
