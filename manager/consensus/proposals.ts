import type { Entry, EntryId, EntryType } from '../raft/entry.ts';

/** What is asked for under `requestId`, as an entry of `type` with so many bytes. */
export interface Proposal {
  readonly requestId: number;
  readonly type: EntryType;
  readonly bytes: number;
}

interface PlacedProposal extends Proposal {
  readonly term: number;
}

/** What became of a proposal once its place in the log is committed. */
export interface SettledProposal {
  readonly requestId: number;
  /** False: another entry has the place, and the proposal never will. */
  readonly isCommitted: boolean;
}

/** What this member proposed as leader and does not know the outcome of. */
export class Proposals {
  readonly #byIndex = new Map<number, PlacedProposal>();
  /** By request: those that have no place yet. */
  readonly #asked = new Map<number, Proposal>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#asked.size + this.#byIndex.size;
  }

  ask(proposal: Proposal): void {
    this.#asked.set(proposal.requestId, proposal);
    this.#bytes += proposal.bytes;
  }

  /** The log has it at `place`, or, where that is undefined, will never have it. False: it was given up before. */
  place(requestId: number, place: EntryId | undefined): boolean {
    const proposal = this.#asked.get(requestId);
    if (proposal === undefined) return false;
    this.#asked.delete(requestId);
    if (place === undefined) this.#bytes -= proposal.bytes;
    else {
      const { type, bytes } = proposal;
      this.#byIndex.set(place.index, { requestId, type, bytes, term: place.term });
    }
    return true;
  }

  /**
   * `entry` is committed: what was proposed for its place, if something was. A change of the configuration that could not begin has left
   * an empty entry there.
   */
  settle({ index, term, type }: Entry): SettledProposal | undefined {
    const proposal = this.#byIndex.get(index);
    if (proposal === undefined) return undefined;
    this.#byIndex.delete(index);
    this.#bytes -= proposal.bytes;
    const isCommitted = proposal.term === term && proposal.type === type;
    return { requestId: proposal.requestId, isCommitted };
  }

  /** Gives up all; they may be committed or not. */
  abandon(): readonly number[] {
    const placed = [...this.#byIndex.values()].map(({ requestId }) => requestId);
    const requestIds = [...placed, ...this.#asked.keys()];
    this.#byIndex.clear();
    this.#asked.clear();
    this.#bytes = 0;
    return requestIds;
  }
}
