import type { RaftOptions } from '../../../manager/raft/config.ts';
import { decodeConfChange } from '../../../manager/raft/confchange/change.ts';
import type { Entry } from '../../../manager/raft/entry.ts';
import { MemoryStorage } from '../../../manager/raft/log/memory-storage.ts';
import type { Message } from '../../../manager/raft/message.ts';
import { RawNode } from '../../../manager/raft/raw-node.ts';
import { isEmptyHardState, type HardState, type Snapshot } from '../../../manager/raft/snapshot.ts';

/** The storage of a script's member: its snapshot is always of the newest state. */
class HistoryStorage extends MemoryStorage {
  readonly history: Snapshot[];

  constructor(first: Snapshot) {
    super();
    this.history = [first];
  }

  override snapshot(): Snapshot | undefined {
    return this.history.at(-1);
  }
}

/** A member of a script, with its storage, its state machine (which strings all data together) and its queued work. */
export class ScriptMember {
  readonly node: RawNode;
  readonly storage: HistoryStorage;
  readonly isAsync: boolean;
  readonly appendWork: Message[] = [];
  readonly applyWork: Message[] = [];

  constructor(options: Omit<RaftOptions, 'storage'>, start: Snapshot) {
    this.storage = new HistoryStorage(start);
    if (start.index > 0) this.storage.applySnapshot(start);
    this.isAsync = options.asyncStorageWrites;
    this.node = new RawNode({ ...options, storage: this.storage });
  }

  write(
    hardState: HardState | undefined,
    entries: readonly Entry[],
    snapshot: Snapshot | undefined,
  ): void {
    if (hardState !== undefined && !isEmptyHardState(hardState)) {
      this.storage.setHardState(hardState);
    }
    if (snapshot !== undefined) this.storage.applySnapshot(snapshot);
    this.storage.append(entries);
  }

  apply(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const previous = this.storage.history.at(-1);
      if (previous === undefined) throw new Error('a member has a history');
      const change = decodeConfChange(entry);
      const isNormal = entry.type === 'EntryNormal';
      this.storage.history.push({
        data: isNormal ? joined(previous.data, entry.data) : previous.data,
        index: entry.index,
        term: entry.term,
        confState: change === undefined ? previous.confState : this.node.applyConfChange(change),
      });
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
