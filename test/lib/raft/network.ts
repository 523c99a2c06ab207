import type { RaftOptions } from '../../../manager/raft/config.ts';
import { decodeConfChange } from '../../../manager/raft/confchange/change.ts';
import type { Entry } from '../../../manager/raft/entry.ts';
import { MemoryStorage } from '../../../manager/raft/log/memory-storage.ts';
import type { MemberId } from '../../../manager/raft/member.ts';
import { message, type Message, type MessageFields } from '../../../manager/raft/message.ts';
import { RawNode } from '../../../manager/raft/raw-node.ts';
import type { ReadState } from '../../../manager/raft/read-queue.ts';
import type { Ready } from '../../../manager/raft/ready.ts';
import {
  emptyConfState,
  type ConfState,
  type HardState,
  type Snapshot,
} from '../../../manager/raft/snapshot.ts';
import type { Line, Trace } from '../../../manager/raft/trace.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A command at this place of the log. */
export function entry(term: number, index: number, text = ''): Entry {
  return { type: 'EntryNormal', term, index, data: bytes(text) };
}

/** Empty commands from `first` on, one of each term given. */
export function entriesOf(terms: readonly number[], first = 1): readonly Entry[] {
  return terms.map((term, position) => entry(term, first + position));
}

export function confState(voters: readonly MemberId[], rest: Partial<ConfState> = {}): ConfState {
  return { ...emptyConfState, voters, ...rest };
}

export function snapshotOf(term: number, index: number, state: ConfState): Snapshot {
  return { data: bytes(''), term, index, confState: state };
}

/** What a member starts with; whatever is left out is as small as can be. */
export interface MemberStart {
  readonly options?: Partial<Omit<RaftOptions, 'id' | 'storage' | 'trace'>>;
  readonly voters?: readonly MemberId[];
  readonly learners?: readonly MemberId[];
  /** Terms of the entries that the log has, from index 1, or behind the snapshot. */
  readonly terms?: readonly number[];
  readonly hardState?: Partial<HardState>;
  readonly snapshot?: Snapshot;
}

/** What a member begins with unless a test says otherwise. */
export const usualOptions: Omit<RaftOptions, 'id' | 'storage' | 'trace'> = {
  chance: { below: () => 0 },
  electionTicks: 10,
  heartbeatTicks: 1,
  applied: 0,
  messageBytesMax: Infinity,
  applyingBytesMax: Infinity,
  uncommittedBytesMax: Infinity,
  inflightMessagesMax: 256,
  inflightBytesMax: Infinity,
  asyncStorageWrites: false,
  checkQuorum: false,
  preVote: false,
  readOnly: 'safe',
  disableProposalForwarding: false,
  disableConfChangeValidation: false,
  stepDownOnRemoval: false,
};

function storageOf(start: MemberStart): MemoryStorage {
  const storage = new MemoryStorage();
  const learners = start.learners ?? [];
  const snapshot = start.snapshot ?? snapshotOf(0, 0, confState(start.voters ?? [1], { learners }));
  storage.applySnapshot(snapshot);
  storage.append(entriesOf(start.terms ?? [], snapshot.index + 1));
  storage.setHardState({ term: 0, vote: 0, commit: 0, ...start.hardState });
  return storage;
}

/** A member with a driver that does at once whatever is `Ready`, and keeps what it saw. */
export class TestMember {
  node: RawNode;
  readonly id: MemberId;
  readonly storage: MemoryStorage;
  /** What was applied, in order. */
  readonly applied: Entry[] = [];
  /** What may be read, in order. */
  readonly reads: ReadState[] = [];
  /** What the member logged. */
  readonly lines: string[] = [];
  readonly readies: Ready[] = [];
  readonly #options: RaftOptions;

  constructor(id: MemberId, start: MemberStart = {}) {
    this.id = id;
    this.storage = storageOf(start);
    const options = { ...usualOptions, ...start.options };
    this.#options = { ...options, id, storage: this.storage, trace: this.#trace() };
    this.node = new RawNode(this.#options);
  }

  get term(): number {
    return this.node.status().hardState.term;
  }

  get vote(): MemberId {
    return this.node.status().hardState.vote;
  }

  get commit(): number {
    return this.node.status().hardState.commit;
  }

  get role(): string {
    return this.node.softState.role;
  }

  get leader(): MemberId {
    return this.node.softState.leader;
  }

  /** Terms of the whole log, durable or not, from its first index on. */
  get terms(): readonly number[] {
    const { lastIndex } = this.node.status();
    const terms: number[] = [];
    for (let index = this.storage.firstIndex(); index <= lastIndex; index += 1) {
      terms.push(Number(this.node.termAt(index)));
    }
    return terms;
  }

  /** The commands that were applied, without the empty ones of leaders. */
  get commands(): readonly string[] {
    const texts = this.applied.map(({ type, data }) => (type === 'EntryNormal' ? data : bytes('')));
    return texts.map((data) => decoder.decode(data)).filter((text) => text !== '');
  }

  /** Does all that is to be done; the messages for others that came of it. */
  work(): readonly Message[] {
    const sent: Message[] = [];
    while (this.node.hasReady) sent.push(...this.#doReady());
    return sent;
  }

  /** A message from outside, and what comes of it. */
  receive(fields: Omit<MessageFields, 'to'>): readonly Message[] {
    this.node.step(message({ ...fields, to: this.id }));
    return this.work();
  }

  ticks(count: number): readonly Message[] {
    const sent: Message[] = [];
    for (let done = 0; done < count; done += 1) {
      this.node.tick();
      sent.push(...this.work());
    }
    return sent;
  }

  campaign(): readonly Message[] {
    this.node.campaign();
    return this.work();
  }

  propose(text: string): readonly Message[] {
    this.node.propose(bytes(text));
    return this.work();
  }

  /** The process ends, and another begins with what was durable; the state machine is empty again. */
  restart(): void {
    this.applied.length = 0;
    this.node = new RawNode({ ...this.#options, applied: 0 });
  }

  #doReady(): readonly Message[] {
    const ready = this.node.ready();
    this.readies.push(ready);
    if (ready.snapshot !== undefined) this.storage.applySnapshot(ready.snapshot);
    this.storage.append(ready.entries);
    if (ready.hardState !== undefined) this.storage.setHardState(ready.hardState);
    for (const one of ready.committedEntries) {
      this.applied.push(one);
      const change = decodeConfChange(one);
      if (change === undefined) continue;
      // Whoever joins needs a snapshot in which it is a member.
      const state = this.node.applyConfChange(change);
      this.storage.noteSnapshot(snapshotOf(one.term, one.index, state));
    }
    this.reads.push(...ready.readStates);
    this.node.advance();
    return ready.messages;
  }

  #trace(): Trace {
    const note = (line: Line): void => void this.lines.push(line());
    return { debug: note, info: note, warn: note, error: note };
  }
}

/** Members, and a network between them that delivers at once, where it delivers. */
export class TestNetwork {
  readonly members = new Map<MemberId, TestMember>();
  /** Pairs `from-to` between whom everything is lost. */
  readonly #cut = new Set<string>();
  /** Says of a message that it is lost. */
  loses: (one: Message) => boolean = () => false;

  constructor(...members: readonly TestMember[]) {
    for (const member of members) this.members.set(member.id, member);
  }

  member(id: MemberId): TestMember {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  get leaders(): readonly MemberId[] {
    const all = [...this.members.values()];
    return all.filter(({ role }) => role === 'StateLeader').map(({ id }) => id);
  }

  cut(a: MemberId, b: MemberId): void {
    this.#cut.add(`${a}-${b}`).add(`${b}-${a}`);
  }

  /** Cuts a member off from all others. */
  isolate(id: MemberId): void {
    for (const other of this.members.keys()) if (other !== id) this.cut(id, other);
  }

  heal(): void {
    this.#cut.clear();
    this.loses = () => false;
  }

  /** Delivers these messages, and all that comes of them, until nobody has anything to say. */
  deliver(messages: readonly Message[] = []): void {
    const waiting = [...messages];
    for (const member of this.members.values()) waiting.push(...member.work());
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      if (this.#cut.has(`${one.from}-${one.to}`) || this.loses(one)) continue;
      const member = this.members.get(one.to);
      if (member !== undefined) waiting.push(...member.receive(one));
    }
  }

  elect(id: MemberId): void {
    this.deliver(this.member(id).campaign());
  }

  propose(id: MemberId, text: string): void {
    this.deliver(this.member(id).propose(text));
  }

  /** So many ticks of one member, everything delivered after each. */
  tick(id: MemberId, count = 1): void {
    for (let done = 0; done < count; done += 1) this.deliver(this.member(id).ticks(1));
  }
}

/** A group in which all are voters and nothing has happened. */
export function groupOf(size: number, options: MemberStart['options'] = {}): TestNetwork {
  const voters = Array.from({ length: size }, (_, position) => position + 1);
  return new TestNetwork(...voters.map((id) => new TestMember(id, { voters, options })));
}
