import { MemoryStorage } from '../raft/log/memory-storage.ts';
import type { Snapshot } from '../raft/snapshot.ts';

/** A lone voter forgets what main has applied in pieces of so many entries. */
const forgetEntries = 256;

/**
 * What the Raft library reads of the log that was written: entries that others may still need, in memory.
 *
 * It offers no snapshot: a member that needs what is not here waits for one to be sent to it beside the log.
 */
export class LogWindow extends MemoryStorage {
  override snapshot(): Snapshot | undefined {
    return undefined;
  }

  /** Forgets all up to `index`, if that is worth it. */
  forget(index: number): void {
    if (index - this.firstIndex() >= forgetEntries) this.compact(index);
  }
}
