import { encodeConfChange, type ConfChange } from './confchange/change.ts';
import { restoreConfig } from './confchange/restore.ts';
import type { RaftOptions } from './config.ts';
import { inflightLimits, makeConfChange, switchConfig } from './configuration.ts';
import { RaftCore } from './core.ts';
import { hexId } from './describe.ts';
import { entriesBytes, unplaced, type Entry, type EntryType, type ProposedEntry } from './entry.ts';
import { invariant } from './invariant.ts';
import type { ApplyRule } from './log/raft-log.ts';
import type { Gap, LogStorage } from './log/storage.ts';
import { appendThread, applyThread, isLocalThread, none, type MemberId } from './member.ts';
import { isLocalMessage, isResponse, message, type Message } from './message.ts';
import { refusals, type Outcome } from './outcome.ts';
import type { Ready, SoftState } from './ready.ts';
import { sameHardState, isEmptyHardState, type ConfState, type HardState } from './snapshot.ts';
import { step, tick } from './step.ts';
import type { Config } from './tracker/config.ts';
import type { ProgressMap } from './tracker/tracker.ts';
import { isWellFormed } from './well-formed.ts';

/** What can be asked of a member at any time. */
export interface RaftStatus {
  readonly id: MemberId;
  readonly hardState: HardState;
  readonly softState: SoftState;
  readonly applied: number;
  readonly lastIndex: number;
  readonly config: Config;
  /** What a leader knows of the members; empty on others. */
  readonly progress: ProgressMap;
  readonly transferee: MemberId;
}

/** What the two local threads say when they are done; undefined if they have nothing to do. */
interface StorageResponses {
  readonly append: Message | undefined;
  readonly apply: Message | undefined;
}

/** Two members with equal storage that agree in all of this do the same, whatever comes. */
export interface ExploredMember {
  readonly core: RaftCore;
  /** What the driver was told last. */
  readonly knownSoftState: SoftState;
  readonly knownHardState: HardState;
  /** What the member tells itself when the `Ready` that was handed out is dealt with. */
  readonly onAdvance: readonly Message[];
}

/**
 * One member of a group: fed with messages, proposals and ticks, asked for what is `Ready`.
 *
 * Nothing here waits, and nothing is called back. One `ready` is dealt with at a time: it is followed by `advance`, or,
 * with asynchronous writes, by the responses that its messages carry.
 */
export class RawNode {
  readonly #core: RaftCore;
  readonly #isAsync: boolean;
  #knownSoftState: SoftState;
  #knownHardState: HardState;
  /** Synchronous writes only: what this member tells itself when `ready` is dealt with. */
  #onAdvance: readonly Message[] = [];

  /**
   * Starts from what the storage has.
   *
   * @throws RaftInvariantError if what is stored contradicts itself, or the options do.
   */
  constructor(options: RaftOptions, core?: RaftCore) {
    this.#isAsync = options.asyncStorageWrites;
    this.#core = core ?? started(options);
    this.#knownSoftState = this.softState;
    this.#knownHardState = this.#core.hardState;
  }

  get softState(): SoftState {
    return { leader: this.#core.leader, role: this.#core.role };
  }

  status(): RaftStatus {
    const core = this.#core;
    const isLeader = core.role === 'StateLeader';
    return {
      id: core.id,
      hardState: core.hardState,
      softState: this.softState,
      applied: core.log.applied,
      lastIndex: core.log.lastIndex(),
      config: core.tracker.config,
      progress: isLeader ? core.tracker.progress : new Map(),
      transferee: core.transferee,
    };
  }

  /** The term of an entry of the log, durable or not. */
  termAt(index: number): number | Gap {
    return this.#core.log.term(index);
  }

  tick(): void {
    tick(this.#core);
  }

  /** Overrides the chance of the election timeout, until the next change of term or role. */
  setRandomizedElectionTicks(ticks: number): void {
    this.#core.randomizedElectionTicks = ticks;
  }

  /** Stands for election now. */
  campaign(): Outcome {
    return this.#stepLocal({ type: 'MsgHup', to: this.#core.id });
  }

  /** Asks for a command to be appended. Undefined: the leader, here or elsewhere, was asked; it may still be lost. */
  propose(data: Uint8Array): Outcome {
    return this.#proposeEntry({ type: 'EntryNormal', data });
  }

  /** As `propose`, for several commands that get places in a row: all of them, or none. */
  proposeAll(commands: readonly Uint8Array[]): Outcome {
    return this.#stepProposals(commands.map((data) => unplaced({ type: 'EntryNormal', data })));
  }

  /** As `propose`, for a change of the configuration; `EntryConfChange` only for one single change without transition. */
  proposeConfChange(type: Exclude<EntryType, 'EntryNormal'>, change: ConfChange): Outcome {
    return this.#proposeEntry(encodeConfChange(type, change));
  }

  /** Makes a committed change; called for each, in order, when it is applied. The configuration then in force. */
  applyConfChange(change: ConfChange): ConfState {
    return makeConfChange(this.#core, change);
  }

  /** Takes a message from outside. */
  step(received: Message): Outcome {
    if (isLocalMessage(received.type) && !isLocalThread(received.from)) {
      return refusals.localMessage;
    }
    const isKnown = this.#core.tracker.progress.has(received.from);
    if (isResponse(received.type) && !isLocalThread(received.from) && !isKnown) {
      return refusals.unknownPeer;
    }
    if (!isWellFormed(received, this.#core)) return refusals.malformed;
    return step(this.#core, received);
  }

  /** Something sent to `id` was lost for certain. */
  reportUnreachable(id: MemberId): void {
    this.#stepLocal({ type: 'MsgUnreachable', to: this.#core.id, from: id });
  }

  /** A snapshot sent to `id` has arrived, or will not. Must be called once for each. */
  reportSnapshot(id: MemberId, arrived: boolean): void {
    this.#stepLocal({ type: 'MsgSnapStatus', to: this.#core.id, from: id, reject: !arrived });
  }

  /** Asks the leader to hand over to `id`. Whether it happened is seen by who leads. */
  transferLeader(id: MemberId): void {
    this.#stepLocal({ type: 'MsgTransferLeader', to: this.#core.id, from: id });
  }

  /** A leader leads no more, as when too few answer it; nobody else changes. */
  stepDown(): void {
    if (this.#core.role === 'StateLeader') this.#core.becomeFollower(this.#core.term, none);
  }

  /** A follower behaves as if it had no leader, until it hears one. */
  forgetLeader(): Outcome {
    return this.#stepLocal({ type: 'MsgForgetLeader', to: this.#core.id });
  }

  /**
   * Asks for an index that covers all that is committed now; it comes with a later `Ready`, or never. `context` names the
   * request, and must never be used again: a repeated question needs a new one.
   */
  readIndex(context: number): void {
    this.#stepLocal({ type: 'MsgReadIndex', to: this.#core.id, from: this.#core.id, context });
  }

  get hasReady(): boolean {
    const core = this.#core;
    return (
      !this.#isSoftStateKnown() ||
      this.#changedHardState() !== undefined ||
      core.log.unstable.nextSnapshot() !== undefined ||
      core.outbox.length > 0 ||
      core.outboxAfterAppend.length > 0 ||
      core.log.unstable.hasNextEntries ||
      core.log.hasNextCommitted(this.#applyRule) ||
      core.readStates.length > 0
    );
  }

  /** All that makes up this member besides its storage, for those who explore what could happen; only to be read. */
  get explored(): ExploredMember {
    return {
      core: this.#core,
      knownSoftState: this.#knownSoftState,
      knownHardState: this.#knownHardState,
      onAdvance: this.#onAdvance,
    };
  }

  /** Everything there is to do. It counts as under way from now on. */
  ready(): Ready {
    invariant(this.#onAdvance.length === 0, 'the last ready was dealt with');
    const core = this.#core;
    const entries = core.log.unstable.nextEntries();
    const hardState = core.hardState;
    const isVoteNew =
      hardState.term !== this.#knownHardState.term || hardState.vote !== this.#knownHardState.vote;
    const ready: Ready = {
      softState: this.#isSoftStateKnown() ? undefined : this.softState,
      hardState: this.#changedHardState(),
      readStates: core.readStates,
      entries,
      snapshot: core.log.unstable.nextSnapshot(),
      committedEntries: core.log.nextCommitted(this.#applyRule),
      messages: core.outbox,
      mustSync: entries.length > 0 || isVoteNew,
    };
    const responses = this.#storageResponses(ready);
    const work = this.#work(ready, responses);
    const withWork = work.length === 0 ? ready : { ...ready, messages: [...core.outbox, ...work] };
    this.#accept(withWork, responses);
    return withWork;
  }

  /** Synchronous writes: all that `ready` handed out is done. */
  advance(): void {
    invariant(!this.#isAsync, 'asynchronous writes are answered by message');
    const own = this.#onAdvance;
    this.#onAdvance = [];
    for (const one of own) step(this.#core, one);
  }

  /** An independent copy over `storage`, for those who explore what could happen. */
  clone(storage: LogStorage): RawNode {
    const core = this.#core.clone(storage);
    const copy = new RawNode(core.options, core);
    copy.#knownSoftState = this.#knownSoftState;
    copy.#knownHardState = this.#knownHardState;
    copy.#onAdvance = this.#onAdvance;
    return copy;
  }

  /** Where writes are synchronous, entries are written before they are applied. */
  get #applyRule(): ApplyRule {
    return { allowUnstable: !this.#isAsync };
  }

  #isSoftStateKnown(): boolean {
    const { leader, role } = this.#core;
    return leader === this.#knownSoftState.leader && role === this.#knownSoftState.role;
  }

  #changedHardState(): HardState | undefined {
    const { hardState } = this.#core;
    const isKnown = isEmptyHardState(hardState) || sameHardState(hardState, this.#knownHardState);
    return isKnown ? undefined : hardState;
  }

  /** What the storage says when it has done what `ready` asks of it. */
  #storageResponses(ready: Ready): StorageResponses {
    const { id, term, log } = this.#core;
    const { snapshot, committedEntries: entries } = ready;
    const last = log.hasUnstableEntries ? log.lastId() : undefined;
    const isAwaited = last !== undefined || snapshot !== undefined;
    return {
      append: isAwaited
        ? message({
            type: 'MsgStorageAppendResp',
            to: id,
            from: appendThread,
            term,
            index: last?.index ?? 0,
            logTerm: last?.term ?? 0,
            snapshot,
          })
        : undefined,
      apply:
        entries.length > 0
          ? message({ type: 'MsgStorageApplyResp', to: id, from: applyThread, entries })
          : undefined,
    };
  }

  /** The messages that go out behind those that may go at once. */
  #work(ready: Ready, responses: StorageResponses): readonly Message[] {
    const { id, outboxAfterAppend } = this.#core;
    if (!this.#isAsync) return outboxAfterAppend.filter(({ to }) => to !== id);
    const work: Message[] = [];
    const hasAppend =
      ready.entries.length > 0 ||
      ready.hardState !== undefined ||
      ready.snapshot !== undefined ||
      outboxAfterAppend.length > 0;
    if (hasAppend) {
      const { append } = responses;
      const after = append === undefined ? outboxAfterAppend : [...outboxAfterAppend, append];
      work.push(this.#appendWork(ready, after));
    }
    if (responses.apply !== undefined) {
      work.push(
        message({
          type: 'MsgStorageApply',
          to: applyThread,
          from: id,
          entries: ready.committedEntries,
          responses: [responses.apply],
        }),
      );
    }
    return work;
  }

  #appendWork(ready: Ready, responses: readonly Message[]): Message {
    const { entries, snapshot, hardState } = ready;
    return message({
      type: 'MsgStorageAppend',
      to: appendThread,
      from: this.#core.id,
      entries,
      snapshot,
      responses,
      term: hardState?.term ?? 0,
      vote: hardState?.vote ?? none,
      commit: hardState?.commit ?? 0,
    });
  }

  #accept(ready: Ready, responses: StorageResponses): void {
    const core = this.#core;
    if (ready.softState !== undefined) this.#knownSoftState = ready.softState;
    if (ready.hardState !== undefined) this.#knownHardState = ready.hardState;
    if (!this.#isAsync) {
      const own = core.outboxAfterAppend.filter(({ to }) => to === core.id);
      const { append, apply } = responses;
      this.#onAdvance = [
        ...own,
        ...(append === undefined ? [] : [append]),
        ...(apply === undefined ? [] : [apply]),
      ];
    }
    core.readStates = [];
    core.outbox = [];
    core.outboxAfterAppend = [];
    core.log.unstable.acceptInProgress();
    const last = ready.committedEntries.at(-1);
    if (last === undefined) return;
    core.log.acceptApplying(last.index, entriesBytes(ready.committedEntries), this.#applyRule);
  }

  #proposeEntry(proposed: ProposedEntry): Outcome {
    return this.#stepProposals([unplaced(proposed)]);
  }

  #stepProposals(entries: readonly Entry[]): Outcome {
    return this.#stepLocal({ type: 'MsgProp', to: this.#core.id, from: this.#core.id, entries });
  }

  #stepLocal(fields: Parameters<typeof message>[0]): Outcome {
    return step(this.#core, message(fields));
  }
}

function started(options: RaftOptions): RaftCore {
  const core = new RaftCore(options);
  const { hardState, confState } = options.storage.initialState();
  const restored = restoreConfig(confState, {
    lastIndex: core.log.lastIndex(),
    limits: inflightLimits(core),
  });
  invariant(restored.ok, 'the stored configuration is one');
  switchConfig(core, restored.config, restored.progress);
  core.loadState(hardState);
  if (options.applied > 0) core.log.appliedTo(options.applied, 0);
  core.becomeFollower(core.term, none);
  const last = core.log.lastId();
  options.trace.info(
    () =>
      `newRaft ${hexId(core.id)} [peers: [${peersOf(core)}], term: ${core.term}, ` +
      `commit: ${core.log.committed}, applied: ${core.log.applied}, ` +
      `lastindex: ${last.index}, lastterm: ${last.term}]`,
  );
  return core;
}

function peersOf(core: RaftCore): string {
  const voters = core.tracker.ids.filter(
    (id) => core.tracker.progress.get(id)?.isLearner === false,
  );
  return voters.map((id) => hexId(id)).join(',');
}
