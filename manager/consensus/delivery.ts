import { invariant } from '../../common/pure/invariant.ts';
import type { CommittedEntry } from './port.ts';

/** Bytes of entries in one message at most, unless a single entry is larger: main applies a message in one slice. */
const messageBytes = 256 * 1024;
/** Entries in one message at most. */
const messageEntries = 512;

/**
 * Committed entries on their way to main: in order, each once, within the credit that main gave.
 *
 * Entries that become committed in the same turn leave in one message.
 */
export class Delivery {
  readonly #send: (entries: readonly CommittedEntry[]) => void;
  readonly #waiting: CommittedEntry[] = [];
  #waitingBytes = 0;
  #creditEntries = 0;
  #creditBytes = 0;
  #sentIndex = 0;
  #lastIndex = 0;
  #isFlushPlanned = false;
  /** Main is being given the snapshot at this index: entries wait until it has it. */
  #heldAt: number | undefined;
  #milestone: { readonly index: number; reached(): void } | undefined;
  #bytesSinceSnapshot = 0;
  #bytesAtWanted = 0;

  constructor(send: (entries: readonly CommittedEntry[]) => void) {
    this.#send = send;
  }

  /** Index of the newest committed entry. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** Index of the newest entry that main was given, or has in its snapshot. */
  get sentIndex(): number {
    return this.#sentIndex;
  }

  /** Bytes of entries that wait for credit. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Bytes of entries since the last snapshot was asked for and came. */
  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot;
  }

  noteSnapshotWanted(): void {
    this.#bytesAtWanted = this.#bytesSinceSnapshot;
  }

  noteSnapshotDone(): void {
    this.#bytesSinceSnapshot -= this.#bytesAtWanted;
    this.#bytesAtWanted = 0;
  }

  /** Entries begin behind `index`; main has the rest from a snapshot. Called once. */
  begin(index: number): void {
    this.#sentIndex = index;
    this.#lastIndex = index;
  }

  /** Main gets a snapshot of the state after `index` instead of what waits; entries go on behind it, after `release`. */
  restart(index: number): void {
    this.#heldAt = index;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#bytesSinceSnapshot = 0;
    this.#bytesAtWanted = 0;
    this.#sentIndex = index;
    this.#lastIndex = index;
  }

  /** Main has the snapshot at `index`, which may have been overtaken by another one. */
  release(index: number): void {
    if (this.#heldAt !== index) return;
    this.#heldAt = undefined;
    this.#planFlush();
  }

  /** Calls `reached` once main was given everything up to `index`, before it is given more. */
  whenReached(index: number, reached: () => void): void {
    this.#milestone = { index, reached };
    this.#planFlush();
  }

  addCredit(entries: number, bytes: number): void {
    this.#creditEntries += entries;
    this.#creditBytes += bytes;
    this.#planFlush();
  }

  /** Takes the next committed entry. */
  add(entry: CommittedEntry): void {
    invariant(entry.index === this.#lastIndex + 1, 'entries are committed in order');
    this.#lastIndex = entry.index;
    this.#waiting.push(entry);
    this.#waitingBytes += entry.data.length;
    this.#bytesSinceSnapshot += entry.data.length;
    this.#planFlush();
  }

  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#heldAt === undefined) {
      this.#passMilestone();
      const count = this.#countSendable();
      if (count === 0) return;
      const entries = this.#waiting.splice(0, count);
      for (const entry of entries) {
        this.#waitingBytes -= entry.data.length;
        this.#creditBytes -= entry.data.length;
      }
      this.#creditEntries -= count;
      this.#sentIndex += count;
      this.#send(entries);
    }
  }

  #passMilestone(): void {
    if (this.#milestone === undefined || this.#sentIndex < this.#milestone.index) return;
    const milestone = this.#milestone;
    this.#milestone = undefined;
    milestone.reached();
  }

  /** How many of the waiting entries fit into credit and one message, none beyond the milestone. */
  #countSendable(): number {
    const last = this.#milestone?.index ?? Number.POSITIVE_INFINITY;
    const countMax = Math.min(this.#creditEntries, messageEntries, last - this.#sentIndex);
    let bytes = 0;
    let count = 0;
    for (const entry of this.#waiting) {
      bytes += entry.data.length;
      const isTooMuch = bytes > this.#creditBytes || (count > 0 && bytes > messageBytes);
      if (count >= countMax || isTooMuch) break;
      count += 1;
    }
    return count;
  }
}
