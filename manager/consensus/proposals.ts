import type { Entry, EntryId, EntryType } from '../raft/entry.ts';

interface Proposal {
  readonly requestId: number;
  readonly term: number;
  readonly bytes: number;
  readonly type: EntryType;
}

/** What became of a proposal once its place in the log is committed. */
export interface SettledProposal {
  readonly requestId: number;
  /** False: another entry has the place, and the proposal never will. */
  readonly isCommitted: boolean;
}

/** What this member proposed as leader and does not know the outcome of. */
export class Proposals {
  readonly #byIndex = new Map<number, Proposal>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#byIndex.size;
  }

  /** `bytes` were proposed as an entry of `type`, and given that place. */
  add(
    requestId: number,
    { index, term }: EntryId,
    { type, bytes }: { readonly type: EntryType; readonly bytes: number },
  ): void {
    this.#byIndex.set(index, { requestId, term, bytes, type });
    this.#bytes += bytes;
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
    return {
      requestId: proposal.requestId,
      isCommitted: proposal.term === term && proposal.type === type,
    };
  }

  /** Gives up all; they may be committed or not. */
  abandon(): readonly number[] {
    const requestIds = [...this.#byIndex.values()].map(({ requestId }) => requestId);
    this.#byIndex.clear();
    this.#bytes = 0;
    return requestIds;
  }
}
