import { ShoalError } from '../../common/pure/errors.ts';
import { invariant } from '../../common/pure/invariant.ts';
import { limits } from '../../common/pure/limits.ts';
import type { CommittedEntry, FromConsensus } from '../consensus/port.ts';
import { SnapshotInstaller } from '../store/snapshot-installer.ts';
import type { ApplyResult, SetResult, Store } from '../store/store.ts';

type SnapshotChunk = Extract<FromConsensus, { kind: 'snapshotChunk' }>;

type Work =
  | { readonly kind: 'entry'; readonly entry: CommittedEntry }
  | { readonly kind: 'chunk'; readonly chunk: SnapshotChunk };

/** Hears what this member had at an entry of which the leader has said what it had. */
export type StateComparer = (compared: NonNullable<ApplyResult['compared']>) => void;

/** What one round of work did. */
export interface IntakeRound {
  readonly entries: number;
  readonly bytes: number;
  readonly results: readonly SetResult[];
}

/** What consensus hands over, taken into the store in order and in rounds that are short enough for one turn. */
export class Intake {
  readonly #store: Store;
  readonly #compared: StateComparer;
  readonly #work: Work[] = [];
  #next = 0;
  #installer: SnapshotInstaller | undefined;

  constructor(store: Store, compared: StateComparer) {
    this.#store = store;
    this.#compared = compared;
  }

  get isEmpty(): boolean {
    return this.#next === this.#work.length;
  }

  addEntries(entries: readonly CommittedEntry[]): void {
    for (const entry of entries) this.#work.push({ kind: 'entry', entry });
  }

  addChunk(chunk: SnapshotChunk): void {
    this.#work.push({ kind: 'chunk', chunk });
  }

  /**
   * Takes in about `bytes`, at least one piece.
   * @throws ShoalError `corrupt`, `levelTooLow`
   */
  round(bytes: number): IntakeRound {
    const results: SetResult[] = [];
    let entries = 0;
    let entryBytes = 0;
    let done = 0;
    for (let work = this.#shift(); work !== undefined; work = this.#shift()) {
      if (work.kind === 'entry') {
        invariant(this.#installer === undefined, 'entries come after the whole snapshot');
        const applied = this.#store.apply(work.entry);
        for (const result of applied.results) results.push(result);
        if (applied.compared !== undefined) this.#compared(applied.compared);
        entries += 1;
        entryBytes += work.entry.data.length;
        done += work.entry.data.length;
      } else {
        this.#install(work.chunk);
        done += limits.applyTurnBytes;
      }
      if (done >= bytes) break;
    }
    return { entries, bytes: entryBytes, results };
  }

  #shift(): Work | undefined {
    const work = this.#work[this.#next];
    if (work === undefined) return undefined;
    this.#next += 1;
    if (this.isEmpty || this.#next >= limits.consensusCreditEntries) {
      this.#work.splice(0, this.#next);
      this.#next = 0;
    }
    return work;
  }

  /** Takes in one slice of a chunk; what is left of it is the next work. */
  #install(chunk: SnapshotChunk): void {
    const installer = this.#installer ?? new SnapshotInstaller();
    this.#installer = installer;
    installer.feed(chunk.data);
    if (installer.step(limits.snapshotSliceRows)) {
      const rest = { ...chunk, data: new Uint8Array() };
      this.#work.splice(this.#next, 0, { kind: 'chunk', chunk: rest });
    } else if (chunk.last) {
      const state = installer.finish();
      if (state.applied.index !== chunk.index || state.applied.term !== chunk.term) {
        throw new ShoalError('corrupt', 'snapshot is of another entry than its name says');
      }
      this.#store.replace(state);
      this.#installer = undefined;
    }
  }
}
