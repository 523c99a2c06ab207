import { invariant } from '../../common/pure/invariant.ts';
import type { Random } from '../../common/pure/random.ts';
import { decodeConfChange, type ConfChange } from '../raft/confchange/change.ts';
import { noData, type Entry, type EntryId } from '../raft/entry.ts';
import { appendThread, applyThread, none, type MemberId } from '../raft/member.ts';
import type { Message } from '../raft/message.ts';
import { RawNode } from '../raft/raw-node.ts';
import type { ReadState } from '../raft/read-queue.ts';
import type { Ready } from '../raft/ready.ts';
import type { HardState, Snapshot } from '../raft/snapshot.ts';
import { silentTrace } from '../raft/trace.ts';
import { Configurations } from './configurations.ts';
import { LogWindow } from './log-window.ts';
import type { DriverOptions } from './options.ts';
import type { Peers } from './peers.ts';
import type { Leadership, PeerProgress } from './port.ts';
import type { WriteAheadLog } from './wal/log.ts';
import { encodeHandle } from './snapshot-handle.ts';
import type { LogRecord, SnapshotMark } from './wal/record.ts';

/** So many times longer than others waits one that yields before it stands for election. */
const yieldFactor = 4;

/** What a member tells its driver. */
export interface MemberEvents {
  /** The place that a proposal was given in the log, or undefined: certainly none. */
  placed(requestId: number, place: EntryId | undefined): void;
  /** The next committed entry. */
  committed(entry: Entry): void;
  /** Who leads may have changed. */
  led(): void;
  /** A read that was asked for may be served. */
  readable(state: ReadState): void;
  /** Who belongs to the group may have changed, with the entry at `index`. */
  reconfigured(index: number): void;
  /** Send this message, a snapshot, with its content, and report. */
  sendSnapshot(message: Message): void;
  /** Somebody needs a newer snapshot than there is. */
  snapshotMissed(): void;
  /** Another member's snapshot is this one's state now: main begins anew with it, before any entry that comes behind. */
  installed(mark: SnapshotMark): void;
  /** This member has acknowledged entries up to `index` that its log lacks. It does nothing any more. */
  outdated(index: number): void;
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
  /** The file of a snapshot that came from another member last. */
  #received: SnapshotMark | undefined;
  /** Ends when all that was given to the log is durable. */
  #lastWrite: Promise<void> = Promise.resolve();
  /** Asked for in this turn. */
  #proposed: { readonly requestId: number; readonly data: Uint8Array }[] = [];
  /** What was sent to them may be lost, and the library does not know yet. */
  readonly #unreachable = new Set<MemberId>();
  /** Proposed, and not given to the log yet. */
  #unwrittenBytes = 0;
  /** How many were given to the log and are not durable. */
  #writes = 0;
  #isPlanned = false;
  /** Another one is to lead. */
  #isYielding = false;
  #yieldedTicks = 0;
  /** Ticks that do not count. */
  #patienceTicks = 0;
  #isClosed = false;
  /** The library, or what it told, is being worked off. */
  #isInside = false;
  /** The log had changes of the configuration at the start. */
  readonly #hasChanges: boolean;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    const { log, options } = parts;
    const { index = 0, term = 0 } = log.mark ?? {};
    this.#configurations = new Configurations(log.voters, log.mark);
    const { confState } = this.#configurations;
    const data = log.mark === undefined ? noData : encodeHandle(log.mark);
    this.#window.applySnapshot({ data, index, term, confState });
    this.#window.configIndex = index;
    const entries = log.takeEntries();
    this.#hasChanges = entries.some(({ type }) => type !== 'EntryNormal');
    this.#window.append(entries);
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

  /** True when all that this member had at the start is committed as soon as it leads: nobody else is heard of in its log. */
  get startsAlone(): boolean {
    return this.isAlone && !this.#hasChanges;
  }

  /** Everything up to here is committed, as far as this member knows. */
  get commitIndex(): number {
    return this.#node.status().hardState.commit;
  }

  /** Stands for election now. */
  campaign(): void {
    if (this.#isYielding) return;
    this.#do(() => {
      this.#node.campaign();
    });
  }

  /** Time goes by. Not for a lone voter that waits for its own disk: it would stand again and again. */
  tick(): void {
    if (this.isAlone && this.#writes > 0) return;
    if (!this.leadership.self && !this.#isTimeForElections()) return;
    this.#do(() => {
      this.#node.tick();
    });
  }

  /**
   * This thread was late by so many ticks: what others sent meanwhile may only now be read, so a follower waits as many more before it stands for
   * election.
   */
  bePatient(lateTicks: number): void {
    this.#patienceTicks = Math.min(lateTicks, this.#parts.options.raft.electionTicks);
  }

  /** Takes a message of another member, but no snapshot. One with entries for which disk or memory has no room counts as lost. */
  receive(message: Message): void {
    if (message.type === 'MsgSnap') return;
    const bytes = message.entries.reduce((sum, entry) => sum + entry.data.length, 0);
    if (bytes > 0 && !this.#parts.log.hasRoomFor(bytes)) return;
    if (bytes > 0 && this.#window.waitingBytes > this.#parts.options.waitingBytes) return;
    if (this.#showsLoss(message)) {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#parts.events.outdated(message.commit);
      return;
    }
    this.#do(() => {
      this.#node.step(message);
    });
  }

  /**
   * A heartbeat names no commit index that this member has not acknowledged in the leader's term, and what is acknowledged stays as long as the term
   * lasts: where the log ends before it, entries were lost, and with them perhaps a vote.
   */
  #showsLoss({ type, term, commit }: Message): boolean {
    if (type !== 'MsgHeartbeat') return false;
    const { hardState, lastIndex } = this.#node.status();
    return term >= hardState.term && commit > lastIndex;
  }

  /** Takes a `MsgSnap` whose content is in the file that `mark` tells of; undefined: it holds nothing new, and is only answered. */
  install(message: Message, mark: SnapshotMark | undefined): void {
    this.#received = mark;
    this.#do(() => {
      this.#node.step(message);
    });
  }

  /** What `sendSnapshot` asked to send to `id` has arrived, or will not. */
  reportSnapshot(id: MemberId, hasArrived: boolean): void {
    this.#do(() => {
      this.#node.reportSnapshot(id, hasArrived);
    });
  }

  /** False when the disk is full. */
  hasRoomFor(bytes: number): boolean {
    return this.#parts.log.hasRoomFor(this.#unwrittenBytes + bytes);
  }

  /** Proposes `data` together with all that is proposed in this turn; then `placed` tells. */
  propose(requestId: number, data: Uint8Array): void {
    this.#proposed.push({ requestId, data });
    this.#unwrittenBytes += data.length;
    this.#plan();
  }

  /** As `propose`, for a change of the configuration. One that cannot be begun now has the place as an entry without effect. */
  proposeChange(requestId: number, change: ConfChange): void {
    this.#do(() => {
      this.#proposeAll();
      const refusal = this.#node.proposeConfChange('EntryConfChangeV2', change);
      this.#placed([requestId], refusal === undefined);
    });
  }

  /** The others, as the leader knows them; nobody unless this member leads. */
  get progress(): readonly Omit<PeerProgress, 'isActive'>[] {
    const { memberId } = this.#parts.options;
    const others = [...this.#node.status().progress].filter(([id]) => id !== memberId);
    return others.map(([id, { match }]) => ({ id, matchIndex: match }));
  }

  /** Those of `progress` that vote. */
  get voterProgress(): readonly Omit<PeerProgress, 'isActive'>[] {
    const { voters } = this.#configurations.confState;
    return this.progress.filter(({ id }) => voters.includes(id));
  }

  get lastIndex(): number {
    return this.#node.status().lastIndex;
  }

  /** What was sent to `id` may be lost. May be said while it is sent. */
  unreachable(id: MemberId): void {
    this.#unreachable.add(id);
    this.#plan();
  }

  /** Behaves as if there were no leader until one is heard: who leads is known to be gone. */
  forgetLeader(): void {
    this.#do(() => {
      this.#node.forgetLeader();
    });
  }

  /**
   * Leads no more, and until this is taken back stands for election only where no other one does, who may lack what was decided; it
   * follows, and votes for others.
   */
  yield(isYielding: boolean): void {
    if (isYielding === this.#isYielding) return;
    this.#isYielding = isYielding;
    if (!isYielding) return;
    this.#do(() => {
      this.#node.stepDown();
    });
  }

  /** Asks to hand leadership over to `id`. Whether it comes to that shows in who leads. */
  transfer(id: MemberId): void {
    // A follower would ask in the name of another.
    if (!this.leadership.self) return;
    this.#do(() => {
      this.#node.transferLeader(id);
    });
  }

  /** Answered by `readable` with the same `context`, or never. No context may be used twice. */
  readIndex(context: number): void {
    this.#do(() => {
      this.#node.readIndex(context);
    });
  }

  /** Main has applied everything up to `index`. */
  applied(index: number): void {
    if ((this.#applying[0]?.lastIndex ?? Number.POSITIVE_INFINITY) > index) return;
    this.#do(() => {
      while ((this.#applying[0]?.lastIndex ?? Number.POSITIVE_INFINITY) <= index) {
        for (const response of this.#applying.shift()?.responses ?? []) this.#node.step(response);
      }
      this.#window.noteApplied(this.#node.status().applied);
      if (this.isAlone) this.#window.forgetInPieces(this.#node.status().applied);
    });
  }

  /** `mark` names a snapshot of this member's own; of the entries in it so many stay for those who are a little behind. */
  snapshotSaved(mark: SnapshotMark, trailingEntries: number): void {
    const { index, term } = mark;
    const confState = this.#configurations.at(index);
    if (this.#window.term(index) === term)
      this.#window.noteSnapshot({ data: encodeHandle(mark), index, term, confState });
    this.#window.forget(Math.min(index - trailingEntries, this.#node.status().applied));
    this.#configurations.forget(index);
  }

  /** Waits until all that was asked for before is durable. @throws `storageFailed` */
  async flush(): Promise<void> {
    this.#guard(() => {
      this.#pump();
    });
    await this.#lastWrite;
  }

  /** Asks nothing more of the log, and does nothing any more but to tell what becomes durable. */
  close(): void {
    this.#isClosed = true;
  }

  /** One message to the library for all, so that there is one to each other member, too. */
  #proposeAll(): void {
    if (this.#proposed.length === 0) return;
    const proposed = this.#proposed;
    this.#proposed = [];
    const refusal = this.#node.proposeAll(proposed.map(({ data }) => data));
    if (refusal !== undefined) this.#unwrittenBytes = 0;
    this.#placed(
      proposed.map(({ requestId }) => requestId),
      refusal === undefined,
    );
  }

  /** The entries that were just taken stand at the end of the log. */
  #placed(requestIds: readonly number[], isTaken: boolean): void {
    const { hardState, lastIndex } = this.#node.status();
    const first = lastIndex - requestIds.length + 1;
    for (const [position, requestId] of requestIds.entries()) {
      const place = { term: hardState.term, index: first + position };
      this.#parts.events.placed(requestId, isTaken ? place : undefined);
    }
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
    if (this.#isClosed) return;
    this.#proposeAll();
    for (const id of this.#unreachable) this.#node.reportUnreachable(id);
    this.#unreachable.clear();
    while (this.#node.hasReady) this.#handle(this.#node.ready());
  }

  #handle(ready: Ready): void {
    const { events } = this.#parts;
    if (ready.softState !== undefined || ready.hardState !== undefined) events.led();
    for (const state of ready.readStates) events.readable(state);
    for (const message of ready.messages) this.#route(message);
    if (this.#window.takeMissed()) events.snapshotMissed();
  }

  #route(message: Message): void {
    this.#checkPromise(message);
    if (message.to === appendThread) this.#write(message);
    else if (message.to === applyThread) this.#handOver(message);
    else if (message.to === this.#parts.options.memberId) this.#node.step(message);
    else if (message.type === 'MsgSnap') this.#parts.events.sendSnapshot(message);
    else this.#parts.peers.send(message);
  }

  /**
   * What this member acknowledges and grants, to itself as well, must outlive a power cut. What it said in an earlier term binds it no more: its log may
   * have been replaced since.
   */
  #checkPromise({ type, to, term, index, reject }: Message): void {
    const isPromise = (type === 'MsgAppResp' && index > 0) || type === 'MsgVoteResp';
    const { hardState, lastIndex } = this.#parts.log.durable;
    if (!isPromise || reject || term < hardState.term) return;
    invariant(term === hardState.term, 'a promise is made in a term that is durable');
    if (type === 'MsgVoteResp')
      invariant(hardState.vote === to, 'a vote is durable before it is told');
    else invariant(index <= lastIndex, 'what is acknowledged is durable');
  }

  /** A snapshot before entries, and these before the hard state, which may name the last of them as committed. */
  #write(work: Message): void {
    const { options } = this.#parts;
    const { term, vote, commit } = work;
    if (term > 0) this.#hardState = { term, vote, commit };
    this.#unwrittenBytes = 0;
    const appends: LogRecord[][] = inGroups(work.entries, options.groupBytes).map((entries) => [
      { kind: 'entries', entries },
    ]);
    const installed = work.snapshot && this.#beginInstall(work.snapshot);
    if (installed !== undefined) appends.unshift([{ kind: 'snapshotMark', mark: installed }]);
    if (this.#mustWriteHardState(work.entries.length > 0)) {
      const record: LogRecord = { kind: 'hardState', state: this.#hardState };
      const last = appends.at(-1);
      if (last === undefined) appends.push([record]);
      else last.push(record);
    }
    this.#append(appends, () => {
      this.#written(work, installed);
    });
  }

  /** Calls `written` when these records are durable, and all that were given to the log before. */
  #append(appends: readonly (readonly LogRecord[])[], written: () => void): void {
    const writes = appends.map((records) => this.#parts.log.append(records));
    // They become durable in order, and where one fails so do those behind it.
    if (writes.length > 0) this.#lastWrite = Promise.all(writes).then(() => undefined);
    this.#writes += 1;
    this.#lastWrite.then(
      () => {
        this.#writes -= 1;
        this.#guard(written);
      },
      (error: unknown) => {
        this.#parts.events.failed(error);
      },
    );
  }

  /** A change that was made must be known to be committed at the next start: the one before may ask for members that are gone. */
  #noteCommit(): void {
    const { hardState } = this.#parts.log;
    if (hardState.commit >= this.#hardState.commit) return;
    this.#append([[{ kind: 'hardState', state: this.#hardState }]], () => undefined);
  }

  /**
   * The commit index goes with entries: others know it too, and where there are none, all that is written is committed as soon as this
   * member leads. But see `#noteCommit`.
   */
  #mustWriteHardState(isWriting: boolean): boolean {
    const { term, vote, commit } = this.#parts.log.hardState;
    const isPromise = this.#hardState.term !== term || this.#hardState.vote !== vote;
    const isProgress = this.#hardState.commit !== commit && !this.isAlone;
    return isPromise || (isWriting && isProgress);
  }

  /** The mark of a snapshot that the library has taken, and with it the configuration in force. */
  #beginInstall({ index, term, confState }: Snapshot): SnapshotMark {
    const mark = this.#received;
    invariant(
      mark?.index === index && mark.term === term,
      'a snapshot is stored before it is taken',
    );
    this.#configurations.restart(index, confState);
    this.#window.configIndex = index;
    this.#parts.events.reconfigured(index);
    return { ...mark, confState, isInstalled: true };
  }

  #written({ entries, responses, snapshot }: Message, installed: SnapshotMark | undefined): void {
    if (snapshot !== undefined) this.#window.applySnapshot(snapshot);
    if (installed !== undefined) this.#parts.events.installed(installed);
    this.#window.append(entries);
    for (const response of responses) this.#route(response);
    this.#plan();
  }

  #handOver({ entries, responses }: Message): void {
    const { lastIndex } = this.#parts.log.durable;
    for (const entry of entries) {
      invariant(entry.index <= lastIndex, 'only what is durable here is applied');
      this.#changeConfiguration(entry);
      this.#parts.events.committed(entry);
    }
    this.#applying.push({ lastIndex: entries.at(-1)?.index ?? 0, responses });
    if (entries.some(({ type }) => type !== 'EntryNormal')) this.#noteCommit();
  }

  /** A change that cannot be made is none, at every member alike. */
  #changeConfiguration(entry: Entry): void {
    const change = decodeConfChange(entry);
    if (change === undefined) return;
    this.#configurations.add(entry.index, this.#node.applyConfChange(change));
    this.#window.configIndex = entry.index;
    this.#parts.events.reconfigured(entry.index);
  }

  /** Whether a tick counts for one that does not lead. */
  #isTimeForElections(): boolean {
    this.#yieldedTicks = this.#isYielding ? (this.#yieldedTicks + 1) % yieldFactor : 0;
    if (this.#yieldedTicks !== 0) return false;
    if (this.#patienceTicks === 0) return true;
    this.#patienceTicks -= 1;
    return false;
  }

  /** Asks something of the library, unless it is too late for that; what follows from it comes later. */
  #do(action: () => void): void {
    if (this.#isClosed) return;
    this.#guard(action);
    this.#plan();
  }

  /** After an invariant broke nothing is right any more. */
  #guard(action: () => void): void {
    try {
      invariant(!this.#isInside, 'nobody calls the library while it tells something');
      this.#isInside = true;
      action();
    } catch (error) {
      this.#isClosed = true;
      this.#parts.events.failed(error);
    } finally {
      this.#isInside = false;
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
