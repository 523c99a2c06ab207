import type { Random } from '../../common/pure/random.ts';
import { decodeConfChange, type ConfChange } from '../raft/confchange/change.ts';
import { noData, type Entry, type EntryId } from '../raft/entry.ts';
import { appendThread, applyThread, none, type MemberId } from '../raft/member.ts';
import type { Message } from '../raft/message.ts';
import { RawNode } from '../raft/raw-node.ts';
import type { ReadState } from '../raft/read-queue.ts';
import type { Ready } from '../raft/ready.ts';
import type { HardState } from '../raft/snapshot.ts';
import { silentTrace } from '../raft/trace.ts';
import { Configurations } from './configurations.ts';
import { LogWindow } from './log-window.ts';
import type { DriverOptions } from './options.ts';
import type { Peers } from './peers.ts';
import type { Leadership } from './port.ts';
import type { WriteAheadLog } from './wal/log.ts';
import type { LogRecord } from './wal/record.ts';

/** What a member tells its driver; always in a job of its own, never within a call. */
export interface MemberEvents {
  /** The next committed entry. */
  committed(entry: Entry): void;
  /** Who leads may have changed. */
  led(): void;
  /** A read that was asked for may be served. */
  readable(state: ReadState): void;
  /** Who belongs to the group may have changed, with the entry at `index`. */
  reconfigured(index: number): void;
  /** The log failed, or an invariant broke. */
  failed(error: unknown): void;
}

export interface MemberParts {
  readonly options: DriverOptions;
  readonly log: WriteAheadLog;
  readonly peers: Peers;
  readonly random: Random;
  readonly events: MemberEvents;
}

/** Committed entries that the driver has, and what tells the library once main has applied them. */
interface Applying {
  readonly lastIndex: number;
  readonly responses: readonly Message[];
}

/**
 * One member of the group at work: the Raft library, its log on disk, and the way to the others.
 *
 * All that was asked of the library in one turn is dealt with together, so that its entries share a write. Messages that
 * promise something leave once that is durable.
 */
export class RaftMember {
  readonly #parts: MemberParts;
  readonly #window = new LogWindow();
  readonly #node: RawNode;
  readonly #configurations: Configurations;
  readonly #applying: Applying[] = [];
  #hardState: HardState;
  /** Ends when all that was given to the log is durable. */
  #lastWrite: Promise<void> = Promise.resolve();
  /** Proposed, and not given to the log yet. */
  #unwrittenBytes = 0;
  #isPlanned = false;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    const { log, options } = parts;
    const { index = 0, term = 0 } = log.mark ?? {};
    this.#configurations = new Configurations(log.voters, log.mark);
    const { confState } = this.#configurations;
    this.#window.applySnapshot({ data: noData, index, term, confState });
    this.#window.append(log.takeEntries());
    this.#window.setHardState(log.hardState);
    this.#hardState = log.hardState;
    this.#node = new RawNode({
      ...options.raft,
      id: options.memberId,
      storage: this.#window,
      chance: parts.random,
      trace: silentTrace,
      applied: index,
      asyncStorageWrites: true,
    });
    this.#plan();
  }

  /** Who belongs to the group, and has, by index. */
  get configurations(): Configurations {
    return this.#configurations;
  }

  /** True when this member votes and there is no other. */
  get isAlone(): boolean {
    return this.#configurations.isAlone(this.#parts.options.memberId);
  }

  /** True when nothing can happen to this member by mere waiting: it leads, and there is no other. */
  get isAtRest(): boolean {
    return this.isAlone && this.leadership.self;
  }

  get leadership(): Leadership {
    const { hardState, softState } = this.#node.status();
    const { leader, role } = softState;
    return {
      term: hardState.term,
      leader: leader === none ? undefined : leader,
      self: role === 'StateLeader',
    };
  }

  /** Everything up to here was committed when the process ended, as far as the log knows. */
  get commitIndex(): number {
    return this.#node.status().hardState.commit;
  }

  /** Stands for election now. */
  campaign(): void {
    this.#node.campaign();
    this.#plan();
  }

  tick(): void {
    this.#node.tick();
    this.#plan();
  }

  /**
   * Takes a message of another member. One with entries for which the disk has no room counts as lost, and so does a snapshot: none can
   * be had here (`LogWindow`).
   */
  receive(message: Message): void {
    if (message.type === 'MsgSnap') return;
    const bytes = message.entries.reduce((sum, entry) => sum + entry.data.length, 0);
    if (bytes > 0 && !this.#parts.log.hasRoomFor(bytes)) return;
    this.#node.step(message);
    this.#plan();
  }

  /** False when the disk is full. */
  hasRoomFor(bytes: number): boolean {
    return this.#parts.log.hasRoomFor(this.#unwrittenBytes + bytes);
  }

  /** The place that `data` was given in the log, or undefined: certainly none. */
  propose(data: Uint8Array): EntryId | undefined {
    if (this.#node.propose(data) !== undefined) return undefined;
    this.#unwrittenBytes += data.length;
    return this.#placed();
  }

  /** As `propose`, for a change of the configuration. One that cannot be begun now has the place as an entry without effect. */
  proposeChange(change: ConfChange): EntryId | undefined {
    const refusal = this.#node.proposeConfChange('EntryConfChangeV2', change);
    return refusal === undefined ? this.#placed() : undefined;
  }

  /** Asks to hand leadership over to `id`. Whether it comes to that shows in who leads. */
  transfer(id: MemberId): void {
    this.#node.transferLeader(id);
    this.#plan();
  }

  /** Answered by `readable` with the same `context`, or never. No context may be used twice. */
  readIndex(context: number): void {
    this.#node.readIndex(context);
    this.#plan();
  }

  /** Main has applied everything up to `index`. */
  applied(index: number): void {
    const { length } = this.#applying;
    while ((this.#applying[0]?.lastIndex ?? Number.POSITIVE_INFINITY) <= index) {
      for (const response of this.#applying.shift()?.responses ?? []) this.#node.step(response);
    }
    if (this.#applying.length === length) return;
    if (this.isAlone) this.#window.forget(this.#node.status().applied);
    this.#plan();
  }

  /** Entries up to `index` are in a snapshot, and nobody here needs them. */
  forget(index: number): void {
    this.#window.forget(Math.min(index, this.#node.status().applied));
    this.#configurations.forget(index);
  }

  /** Waits until all that was asked for before is durable. @throws `storageFailed` */
  async flush(): Promise<void> {
    this.#pump();
    await this.#lastWrite;
  }

  #placed(): EntryId {
    const { hardState, lastIndex } = this.#node.status();
    this.#plan();
    return { term: hardState.term, index: lastIndex };
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      this.#guard(() => {
        this.#pump();
      });
    });
  }

  #pump(): void {
    while (this.#node.hasReady) this.#handle(this.#node.ready());
  }

  #handle(ready: Ready): void {
    const { events } = this.#parts;
    if (ready.softState !== undefined || ready.hardState !== undefined) events.led();
    for (const state of ready.readStates) events.readable(state);
    for (const message of ready.messages) this.#route(message);
  }

  #route(message: Message): void {
    if (message.to === appendThread) this.#write(message);
    else if (message.to === applyThread) this.#handOver(message);
    else if (message.to === this.#parts.options.memberId) this.#node.step(message);
    else this.#parts.peers.send(message);
  }

  /** Entries before the hard state, which may name the last of them as committed. */
  #write(work: Message): void {
    const { log, options } = this.#parts;
    const { term, vote, commit } = work;
    if (term > 0) this.#hardState = { term, vote, commit };
    this.#unwrittenBytes = 0;
    const appends: LogRecord[][] = inGroups(work.entries, options.groupBytes).map((entries) => [
      { kind: 'entries', entries },
    ]);
    if (this.#mustWriteHardState(work.entries.length > 0)) {
      const record: LogRecord = { kind: 'hardState', state: this.#hardState };
      const last = appends.at(-1);
      if (last === undefined) appends.push([record]);
      else last.push(record);
    }
    const writes = appends.map((records) => log.append(records));
    // They become durable in order, and where one fails so do those behind it.
    if (writes.length > 0) this.#lastWrite = Promise.all(writes).then(() => undefined);
    this.#lastWrite.then(
      () => {
        this.#guard(() => {
          this.#written(work);
        });
      },
      (error: unknown) => {
        this.#parts.events.failed(error);
      },
    );
  }

  /** What is committed others know too, so that alone is worth no write of its own. */
  #mustWriteHardState(isWriting: boolean): boolean {
    const { term, vote, commit } = this.#parts.log.hardState;
    const isPromise = this.#hardState.term !== term || this.#hardState.vote !== vote;
    return isPromise || (isWriting && this.#hardState.commit !== commit);
  }

  #written({ entries, responses }: Message): void {
    this.#window.append(entries);
    for (const response of responses) this.#route(response);
    this.#plan();
  }

  #handOver({ entries, responses }: Message): void {
    for (const entry of entries) {
      this.#changeConfiguration(entry);
      this.#parts.events.committed(entry);
    }
    this.#applying.push({ lastIndex: entries.at(-1)?.index ?? 0, responses });
  }

  /** A change that cannot be made is none, at every member alike. */
  #changeConfiguration(entry: Entry): void {
    const change = decodeConfChange(entry);
    if (change === undefined) return;
    this.#configurations.add(entry.index, this.#node.applyConfChange(change));
    this.#parts.events.reconfigured(entry.index);
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.events.failed(error);
    }
  }
}

/** Pieces of at most `bytesMax`, each with at least one entry. */
function inGroups(entries: readonly Entry[], bytesMax: number): readonly (readonly Entry[])[] {
  const groups: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    bytes += entry.data.length;
    const group = groups.at(-1);
    if (group === undefined || bytes > bytesMax) {
      groups.push([entry]);
      bytes = entry.data.length;
    } else group.push(entry);
  }
  return groups;
}
