import { isShoalError } from '../../common/pure/errors.ts';
import { invariant } from '../../common/pure/invariant.ts';
import type { Disk } from '../../common/ports/disk.ts';
import type { Entropy } from '../../common/ports/entropy.ts';
import { Delivery } from './delivery.ts';
import type { CommittedEntry, FromConsensus, ToConsensus } from './port.ts';
import { Storage } from './storage.ts';
import type { DriverOptions } from './options.ts';
import type { LogCipher } from './wal/cipher.ts';
import type { LogEntry } from './wal/record.ts';

/** What the driver touches the world with. */
export interface DriverPorts {
  readonly disk: Disk;
  readonly entropy: Entropy;
  readonly cipher: LogCipher;
}

/** A snapshot that found the disk full is tried again so often in the time that one covers. */
const snapshotRetries = 10;

type SnapshotChunk = Extract<ToConsensus, { kind: 'snapshotChunk' }>;

/**
 * Consensus of a cluster with one voter: what its own log holds durably is committed.
 *
 * The contract of the driver (it holds for any number of voters):
 * 1. An outcome `committed` and a `committed` entry are sent only after the entry is durable.
 * 2. Entries go out in index order, each once, never beyond the credit.
 * 3. A completion belongs to this run of the process; none is stored.
 * 4. A snapshot file is durable before the log names it, and the log names it before anything older goes.
 * 5. Any storage error ends the run: everyone who waits hears `unknown`, then main hears `failed`.
 * 6. `post` never calls back into main: `emit` is called from jobs of the driver's own only, or by `post` after its work.
 */
export class ConsensusDriver {
  readonly #options: DriverOptions;
  readonly #ports: DriverPorts;
  readonly #emit: (message: FromConsensus) => void;
  readonly #delivery: Delivery;
  /** What `run` works off: chunks of a snapshot and the stop. */
  readonly #inbox: (SnapshotChunk | { readonly kind: 'stop' })[] = [];
  readonly #proposals = new Map<number, LogEntry>();
  #proposalBytes = 0;
  #barriers: number[] = [];
  #storage: Storage | undefined;
  #term = 0;
  #isLeader = false;
  #isEnding = false;
  #isOver = false;
  #appliedIndex = 0;
  #isSnapshotWanted = false;
  /** The disk was full in the middle of a snapshot: what is left of it is thrown away. */
  #isSnapshotGivenUp = false;
  /** No further snapshot is asked for before main has applied so much. */
  #snapshotFromIndex = 0;
  #wake: (() => void) | undefined;

  /** @param emit takes each message to main; it must not throw and not call `post` before it returns. */
  constructor(options: DriverOptions, ports: DriverPorts, emit: (message: FromConsensus) => void) {
    this.#options = options;
    this.#ports = ports;
    this.#emit = emit;
    this.#delivery = new Delivery((entries) => {
      this.#send({ kind: 'committed', entries });
    });
  }

  /** Works until `stop` or a failure; the last message is then `stopped` or `failed`. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#start();
      await this.#serve();
    } catch (error) {
      this.#fail(error);
    }
    try {
      await this.#stop();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Takes one message of main. Buffers in it belong to the driver from now on. */
  post(message: ToConsensus): void {
    if (this.#isOver) return;
    switch (message.kind) {
      case 'propose':
        this.#propose(message);
        return;
      case 'readBarrier':
        this.#readBarrier(message.requestId);
        return;
      case 'applied':
        this.#applied(message.index);
        return;
      case 'credit':
        this.#delivery.addCredit(message.entries, message.bytes);
        return;
      case 'snapshotChunk':
      case 'stop':
        this.#inbox.push(message);
        this.#wakeUp();
    }
  }

  /** Replays the log, then leads: the only voter needs no other vote than its own, and that must be durable. */
  async #start(): Promise<void> {
    const storage = await Storage.open(this.#options, this.#ports);
    this.#storage = storage;
    this.#delivery.begin(storage.log.mark?.index ?? 0);
    await this.#replaySnapshot(storage);
    const entries = storage.log.takeEntries();
    const replayIndex = storage.log.lastIndex;
    const { hardState } = storage.log;
    this.#term = Math.max(hardState.term, storage.log.lastTerm) + 1;
    const first: LogEntry = {
      index: replayIndex + 1,
      term: this.#term,
      type: 'normal',
      data: new Uint8Array(0),
    };
    const vote = { term: this.#term, vote: this.#options.memberId, commit: hardState.commit };
    await storage.log.append([
      { kind: 'hardState', state: vote },
      { kind: 'entries', entries: [first] },
    ]);
    for (const entry of entries) this.#delivery.add(toCommitted(entry));
    this.#delivery.whenReached(replayIndex, () => {
      this.#send({ kind: 'replayed', index: replayIndex });
      this.#lead();
    });
    this.#delivery.add(toCommitted(first));
  }

  async #replaySnapshot(storage: Storage): Promise<void> {
    const mark = storage.log.mark;
    if (mark === undefined) return;
    for await (const chunk of storage.snapshots.read(mark)) {
      this.#send({ kind: 'snapshotChunk', index: mark.index, term: mark.term, ...chunk });
    }
    this.#appliedIndex = mark.index;
  }

  #lead(): void {
    this.#isLeader = true;
    const leader = this.#options.memberId;
    this.#send({ kind: 'leadership', term: this.#term, leader, self: true });
    const waiting = this.#barriers;
    this.#barriers = [];
    for (const requestId of waiting) this.#readBarrier(requestId);
  }

  #propose(message: Extract<ToConsensus, { kind: 'propose' }>): void {
    const storage = this.#storage;
    const { requestId, term, data } = message;
    const isOurs = this.#isLeader && (term === 0 || term === this.#term);
    const canTake = storage !== undefined && isOurs && !this.#isEnding && this.#canTake(data);
    if (!canTake || !storage.log.hasRoomFor(data.length)) {
      const outcome = canTake ? 'noRoom' : 'dropped';
      this.#send({ kind: 'outcome', requestId, outcome, index: 0 });
      return;
    }
    const entry: LogEntry = {
      index: storage.log.lastIndex + 1,
      term: this.#term,
      type: 'normal',
      data,
    };
    this.#proposals.set(requestId, entry);
    this.#proposalBytes += data.length;
    storage.log.append([{ kind: 'entries', entries: [entry] }]).then(
      () => {
        this.#committed(requestId, entry);
      },
      (error: unknown) => {
        this.#fail(error);
      },
    );
  }

  #canTake(data: Uint8Array): boolean {
    if (data.length > this.#options.entryBytes) return false;
    const backlog = this.#delivery.waitingBytes + this.#proposalBytes + data.length;
    return backlog <= this.#options.backlogBytes;
  }

  #committed(requestId: number, entry: LogEntry): void {
    if (this.#isOver) return;
    this.#proposals.delete(requestId);
    this.#proposalBytes -= entry.data.length;
    this.#send({ kind: 'outcome', requestId, outcome: 'committed', index: entry.index });
    this.#delivery.add(toCommitted(entry));
  }

  /** What is durable is committed, and nothing was acknowledged beyond it: its index covers all that was. */
  #readBarrier(requestId: number): void {
    if (!this.#isLeader) {
      this.#barriers.push(requestId);
      return;
    }
    this.#send({ kind: 'barrierDone', requestId, index: this.#delivery.lastIndex });
  }

  #applied(index: number): void {
    invariant(index <= this.#delivery.sentIndex, 'main applies only what it was given');
    this.#appliedIndex = Math.max(this.#appliedIndex, index);
    this.#wantSnapshot();
  }

  #wantSnapshot(): void {
    if (this.#isSnapshotWanted || !this.#isLeader || this.#isEnding) return;
    if (this.#appliedIndex < this.#snapshotFromIndex) return;
    const since = this.#appliedIndex - (this.#storage?.log.mark?.index ?? 0);
    const isDue =
      since >= this.#options.snapshotEntries ||
      (since > 0 && this.#delivery.bytesSinceSnapshot >= this.#options.snapshotBytes);
    if (!isDue) return;
    this.#isSnapshotWanted = true;
    this.#delivery.noteSnapshotWanted();
    this.#send({ kind: 'snapshotWanted' });
  }

  async #serve(): Promise<void> {
    for (;;) {
      const message = this.#inbox.shift();
      if (this.#isOver || message?.kind === 'stop') return;
      if (message === undefined) await this.#nextMessage();
      else await this.#saveChunk(message);
    }
  }

  async #saveChunk(chunk: SnapshotChunk): Promise<void> {
    const storage = this.#storage;
    invariant(
      storage !== undefined && this.#isSnapshotWanted,
      'a snapshot is sent only when it is wanted',
    );
    invariant(chunk.index <= this.#appliedIndex, 'a snapshot holds only what was applied');
    const markIndex = storage.log.mark?.index ?? 0;
    invariant(chunk.index > markIndex, 'a snapshot is newer than the last one');
    if (!this.#isSnapshotGivenUp) await this.#save(storage, chunk);
    if (!chunk.last) return;
    this.#isSnapshotWanted = false;
    if (this.#isSnapshotGivenUp) this.#postponeSnapshot();
    else this.#delivery.noteSnapshotDone();
    this.#wantSnapshot();
  }

  /** A full disk costs the snapshot only: the log still holds everything. */
  async #save(storage: Storage, chunk: SnapshotChunk): Promise<void> {
    try {
      await storage.saveChunk(chunk);
    } catch (error) {
      if (!isShoalError(error, 'limitExceeded')) throw error;
      this.#isSnapshotGivenUp = true;
      await storage.giveUpSnapshot();
    }
  }

  #postponeSnapshot(): void {
    this.#isSnapshotGivenUp = false;
    const pause = Math.ceil(this.#options.snapshotEntries / snapshotRetries);
    this.#snapshotFromIndex = this.#appliedIndex + pause;
  }

  async #nextMessage(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** What was proposed before still gets its outcome; nothing new is taken. */
  async #stop(): Promise<void> {
    this.#isEnding = true;
    if (this.#isOver) {
      await this.#closeAfterFailure();
      return;
    }
    for (const requestId of this.#barriers) {
      this.#send({ kind: 'barrierDone', requestId, index: undefined });
    }
    await this.#storage?.close();
    this.#send({ kind: 'stopped' });
    this.#isOver = true;
  }

  /** Main has heard of the failure; a second one while files are closed says nothing new. */
  async #closeAfterFailure(): Promise<void> {
    try {
      await this.#storage?.close();
    } catch {
      return;
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    for (const requestId of this.#proposals.keys()) {
      this.#send({ kind: 'outcome', requestId, outcome: 'unknown', index: 0 });
    }
    this.#isOver = true;
    this.#emit({ kind: 'failed', ...describeFailure(error) });
    this.#wakeUp();
  }

  #send(message: FromConsensus): void {
    if (!this.#isOver) this.#emit(message);
  }
}

function toCommitted(entry: LogEntry): CommittedEntry {
  return { index: entry.index, term: entry.term, data: entry.data };
}

function describeFailure(error: unknown): {
  readonly code: 'storageFailed' | 'corrupt' | 'internal';
  readonly message: string;
} {
  const message = error instanceof Error ? error.message : String(error);
  if (!isShoalError(error)) return { code: 'internal', message };
  const details = Object.entries(error.fields).map(([name, value]) => `${name} ${value}`);
  const text = details.length === 0 ? message : `${message} (${details.join(', ')})`;
  if (error.code === 'corrupt' || error.code === 'dataRootTooNew')
    return { code: 'corrupt', message: text };
  return { code: 'storageFailed', message: text };
}
