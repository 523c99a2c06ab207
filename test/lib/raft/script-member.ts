import type { RaftOptions } from '../../../manager/raft/config.ts';
import { decodeConfChange } from '../../../manager/raft/confchange/change.ts';
import type { Entry } from '../../../manager/raft/entry.ts';
import { MemoryStorage } from '../../../manager/raft/log/memory-storage.ts';
import type { Message } from '../../../manager/raft/message.ts';
import { RawNode } from '../../../manager/raft/raw-node.ts';
import type { Ready } from '../../../manager/raft/ready.ts';
import { isEmptyHardState, type HardState, type Snapshot } from '../../../manager/raft/snapshot.ts';

/** What a member's state machine makes of a command. */
export type Fold = (state: Uint8Array, command: Uint8Array) => Uint8Array;

export interface MemberSetup {
  readonly options: Omit<RaftOptions, 'storage'>;
  readonly start: Snapshot;
  readonly fold: Fold;
  readonly observer?: MemberObserver;
}

/** Who watches what becomes durable and what is applied. */
export interface MemberObserver {
  appended(id: number, entries: readonly Entry[]): void;
  applied(id: number, entry: Entry): void;
  restored(id: number, snapshot: Snapshot): void;
}

/** The storage of a member: what it hands out is a snapshot of the newest state, what it keeps is the last one taken. */
class HistoryStorage extends MemoryStorage {
  history: Snapshot[];
  /** What a restart finds. */
  kept: Snapshot;

  constructor(first: Snapshot) {
    super();
    this.history = [first];
    this.kept = first;
  }

  override snapshot(): Snapshot | undefined {
    return this.history.at(-1);
  }

  override clone(): HistoryStorage {
    const copy = this.copyTo(new HistoryStorage(this.kept));
    copy.history = [...this.history];
    return copy;
  }
}

/** A member, with its storage, its state machine and its queued work. */
export class ScriptMember {
  node: RawNode;
  readonly storage: HistoryStorage;
  readonly isAsync: boolean;
  appendWork: Message[] = [];
  applyWork: Message[] = [];
  /** Counts restarts. */
  lives = 0;
  readonly #setup: MemberSetup;

  constructor(setup: MemberSetup, original?: ScriptMember) {
    const { options, start } = setup;
    this.isAsync = options.asyncStorageWrites;
    this.#setup = setup;
    this.storage = original?.storage.clone() ?? new HistoryStorage(start);
    if (original === undefined && start.index > 0) this.storage.applySnapshot(start);
    this.node =
      original?.node.clone(this.storage) ?? new RawNode({ ...options, storage: this.storage });
  }

  /** An independent copy, with the same observer. */
  clone(): ScriptMember {
    const copy = new ScriptMember(this.#setup, this);
    copy.appendWork = [...this.appendWork];
    copy.applyWork = [...this.applyWork];
    copy.lives = this.lives;
    return copy;
  }

  get id(): number {
    return this.#setup.options.id;
  }

  get state(): Snapshot {
    const state = this.storage.history.at(-1);
    if (state === undefined) throw new Error('a member has a history');
    return state;
  }

  /** With synchronous writes, does all that is asked for, but to send the messages. */
  doReady(ready: Ready): void {
    if (this.isAsync) return;
    this.write(ready.hardState, ready.entries, ready.snapshot);
    this.apply(ready.committedEntries);
  }

  /** Does the oldest piece of queued writing; undefined if there is none. */
  doAppendWork(): Message | undefined {
    const work = this.appendWork.shift();
    if (work !== undefined) {
      const { term, vote, commit } = work;
      this.write({ term, vote, commit }, work.entries, work.snapshot);
    }
    return work;
  }

  doApplyWork(): Message | undefined {
    const work = this.applyWork.shift();
    if (work !== undefined) this.apply(work.entries);
    return work;
  }

  /** The process ends in the middle of a write: the snapshot and so many entries are durable, the rest is not. */
  writePartly(entries: number): void {
    const work = this.appendWork.shift();
    if (work === undefined) return;
    this.write(undefined, work.entries.slice(0, entries), work.snapshot);
  }

  /** The process ends, and starts from what was durable. */
  restart(): void {
    this.lives += 1;
    this.appendWork = [];
    this.applyWork = [];
    this.storage.history = [this.storage.kept];
    const applied = this.storage.kept.index;
    this.node = new RawNode({ ...this.#setup.options, applied, storage: this.storage });
  }

  /** Keeps a snapshot of the state now, and all but `trailing` entries before it are forgotten. False: it is no news. */
  keepSnapshot(trailing: number): boolean {
    const { state, storage } = this;
    const { applied } = this.node.status();
    // Only what the member knows to be applied may be forgotten.
    if (state.index > applied || state.index <= storage.kept.index) return false;
    storage.noteSnapshot(state);
    storage.kept = state;
    const upTo = state.index - trailing;
    if (upTo >= storage.firstIndex()) storage.compact(upTo);
    return true;
  }

  write(
    hardState: HardState | undefined,
    entries: readonly Entry[],
    snapshot: Snapshot | undefined,
  ): void {
    if (hardState !== undefined && !isEmptyHardState(hardState)) {
      this.storage.setHardState(hardState);
    }
    if (snapshot !== undefined) this.#restore(snapshot);
    this.storage.append(entries);
    if (entries.length > 0) this.#setup.observer?.appended(this.id, entries);
  }

  #restore(snapshot: Snapshot): void {
    if (!this.storage.applySnapshot(snapshot)) return;
    this.storage.kept = snapshot;
    if (snapshot.index > this.state.index) this.storage.history.push(snapshot);
    this.#setup.observer?.restored(this.id, snapshot);
  }

  apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const previous = this.state;
      // A snapshot may have overtaken entries that were on their way.
      if (entry.index <= previous.index) continue;
      const change = decodeConfChange(entry);
      this.storage.history.push({
        data:
          entry.type === 'EntryNormal'
            ? this.#setup.fold(previous.data, entry.data)
            : previous.data,
        index: entry.index,
        term: entry.term,
        confState: change === undefined ? previous.confState : this.node.applyConfChange(change),
      });
      this.#setup.observer?.applied(this.id, entry);
    }
  }
}

/** Strings all commands together. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
